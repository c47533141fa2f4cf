/* IEEE 802.11, bare and behind the headers that capture tools put before it. */
#ifndef DECODE_WLAN_H
#define DECODE_WLAN_H

#include "decode/layer.h"

DecodeResult wlan_decode(Layer *layer);
DecodeResult wlan_decode_radiotap(Layer *layer);

/* Prism's header or AVS's: files of one link type carry either. */
DecodeResult wlan_decode_prism(Layer *layer);

#endif

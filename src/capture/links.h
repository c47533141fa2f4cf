/* Link types: their numbers in files and on this system, their names, and those of a capture. */
#ifndef CAPTURE_LINKS_H
#define CAPTURE_LINKS_H

#include "capture/reader.h"

/* The DLT_ value of this system for a link type as files number it. */
int capture_link_type_of_file(uint32_t link_type);

/* The number in files for a DLT_ value of this system. */
uint16_t capture_link_type_in_file(int link_type);

/* libpcap's name of a link type ("EN10MB"), static; NULL if libpcap does not know it. */
const char *capture_link_name(int link_type);

/* The index of this pair in `info->links`. Adds the pair if it is new; returns link_count if all
 * places are taken. */
unsigned capture_note_link(CaptureInfo *info, int link_type, uint32_t snap_length);

#endif

#include "capture/links.h"

#include <pcap.h>

/* Link types have the same numbers in all files. libpcap's own numbers differ for these few,
 * because systems had chosen them earlier. */
static const struct {
    uint16_t in_file;
    int here;
} DIFFERENT[] = {
    { 100, DLT_ATM_RFC1483 }, { 101, DLT_RAW },      { 102, DLT_SLIP_BSDOS },
    { 103, DLT_PPP_BSDOS },   { 106, DLT_ATM_CLIP },
};

int capture_link_type_of_file(uint32_t link_type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DIFFERENT); i++)
        if (DIFFERENT[i].in_file == link_type)
            return DIFFERENT[i].here;
    return (int)link_type;
}

uint16_t capture_link_type_in_file(int link_type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DIFFERENT); i++)
        if (DIFFERENT[i].here == link_type)
            return DIFFERENT[i].in_file;
    return (uint16_t)link_type;
}

unsigned capture_note_link(CaptureInfo *info, int link_type, uint32_t snap_length)
{
    unsigned at = 0;
    while (at < info->link_count &&
           (info->links[at].link_type != link_type || info->links[at].snap_length != snap_length))
        at++;
    if (at < info->link_count)
        return at;
    if (at == CAPTURE_LINKS_MAX) {
        info->links_omitted++;
        return at;
    }
    if (at == 0)
        info->link_type = link_type;
    info->links[at] = (CaptureLink){ .link_type = link_type, .snap_length = snap_length };
    info->link_count++;
    return at;
}

const char *capture_link_name(int link_type)
{
    return pcap_datalink_val_to_name(link_type);
}

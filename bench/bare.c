/* The floor under every packet program: libpcap's own loop over a capture with its defaults,
 * nothing done with the packets but counting them and their captured bytes. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bare CAPTURE\n");
        return 2;
    }
    char message[PCAP_ERRBUF_SIZE];
    pcap_t *capture = pcap_open_offline(argv[1], message);
    if (!capture) {
        fprintf(stderr, "bare: %s\n", message);
        return EXIT_FAILURE;
    }

    uint64_t packets = 0, octets = 0;
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result;
    while ((result = pcap_next_ex(capture, &header, &bytes)) == 1) {
        packets++;
        octets += header->caplen;
    }
    if (result != PCAP_ERROR_BREAK)
        fprintf(stderr, "bare: %s\n", pcap_geterr(capture));
    printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, octets);
    pcap_close(capture);
    return result == PCAP_ERROR_BREAK ? EXIT_SUCCESS : EXIT_FAILURE;
}

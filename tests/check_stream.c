/* Segments in, events out, both as text.
 *
 * A segment is `ms DIR FLAGS OFFSET ACK LENGTH[/CAPTURED] [wN] [!] [isn=N]`. DIR is > for the side
 * of 10.0.0.1:1000 and < for that of 10.0.0.2:80. FLAGS are of S, A, F, R. OFFSET and ACK are
 * offsets (a SYN has -1); `.` means no ACK. w sets the side's window from here on (65535). ! sends
 * other bytes. isn=N adds N to the side's initial number from here on. The frame is the segment's
 * place in the row. `T` is a tick.
 *
 * An event is D, G, F, R or E with the sender's mark: `D> 0+10 #4`, `G< 5+1 #7 loss`, `F> 10 #6
 * seen`, `R< 3 #8`, `E final`.
 *
 * Every row runs with several initial numbers, so that each of its numbers once lies near 2^31 and
 * near 2^32. Every byte of data is compared with the byte expected at its offset. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "stream/backlog.h"
#include "stream_table.h"

enum {
    SHOW_ACKED = 1, /* ack=, before= of the stamp */
    SHOW_QUIET = 2, /* quiet= */
    SHOW_FREE = 4,  /* free= in ms */
    SHOW_OPEN = 8,  /* E: the frames of the witnesses */
    SHOW_ANSWERS = 16,
    SHOW_FINS = 32, /* E: the acknowledgements of the FINs */
};

#define HANDSHAKE "0 > S -1 . 0; 1 < SA -1 0 0; 2 > A 0 0 0; "

typedef struct Row {
    const char *name;
    const char *segments;
    const char *events;
    unsigned show;
} Row;

static const Row ROWS[] = {
    /* In order. */
    { "request, response, both FINs",
      HANDSHAKE
      "10 > A 0 0 10; 20 < A 0 10 20; 30 > FA 10 20 0; 31 < FA 20 11 0; 32 > A 11 21 0; T",
      "D> 0+10 #4; D< 0+20 #5; F> 10 #6 seen; F< 20 #7 seen; E final", 0 },
    { "FIN with data, half-close, the other side goes on",
      HANDSHAKE "10 > FA 0 0 10; 20 < A 0 11 5; 30 < A 5 11 5; 40 < FA 10 11 0; 41 > A 11 11 0",
      "D> 0+10 #4; F> 10 #4 seen; D< 0+5 #5; D< 5+5 #6; F< 10 #7 seen; E final", 0 },
    { "simultaneous FINs", HANDSHAKE "10 > FA 0 0 0; 10 < FA 0 0 0; 11 > A 1 1 0; 11 < A 1 1 0",
      "F> 0 #4 seen; F< 0 #5 seen; E final", 0 },
    { "a FIN that nobody acknowledged is no end", HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0",
      "F> 0 #4 seen; F< 0 #5 seen; E unended", 0 },
    { "acknowledged by RST and ACK", HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > RA 1 1 0",
      "F> 0 #4 seen; F< 0 #5 seen; R> 1 #6; E final rst>#6", 0 },
    { "simultaneous open", "0 > S -1 . 0; 1 < S -1 . 0; 2 > SA -1 0 0; 3 < SA -1 0 0; 4 > A 0 0 3",
      "D> 0+3 #5; E unended", 0 },
    { "SYN with data is data at offset 0", "0 > S -1 . 5; 1 < SA -1 5 0; 2 > A 5 0 4",
      "D> 0+5 #1; D> 5+4 #3; E unended", 0 },
    { "SYN with data that the server did not take", "0 > S -1 . 5; 1 < SA -1 0 0; 2 > A 0 0 9",
      "D> 0+5 #1; D> 5+4 #3 cont; E unended", 0 },

    /* Doubled, shuffled, overlapped. */
    { "doubled", HANDSHAKE "10 > A 0 0 10; 11 > A 0 0 10; 12 > A 10 0 5; 13 > A 10 0 5",
      "D> 0+10 #4; D> 10+5 #6; E unended", 0 },
    { "shuffled", HANDSHAKE "10 > A 20 0 10; 11 > A 10 0 10; 12 > A 0 0 10",
      "D> 0+10 #6; D> 10+10 #5; D> 20+10 #4; E unended", 0 },
    { "shuffled, it seems, but sent again on an acknowledgement",
      HANDSHAKE "10 > A 10 0 10; 11 < A 0 0 0; 12 > A 0 0 10",
      "D> 0+10 #6 resent; D> 10+10 #4; E unended", 0 },
    { "sent again after more than the capture can have shuffled",
      HANDSHAKE "10 > A 10 0 10; 31 > A 0 0 10", "D> 0+10 #5 resent; D> 10+10 #4; E unended", 0 },
    { "a held segment again", HANDSHAKE "10 > A 10 0 10; 11 > A 10 0 10; 12 > A 0 0 10",
      "D> 0+10 #6; D> 10+10 #4; E unended", 0 },
    { "overlapped ahead", HANDSHAKE "10 > A 0 0 10; 11 > A 5 0 10",
      "D> 0+10 #4; D> 10+5 #5 cont; E unended", 0 },
    { "a retransmission that covers what is held", HANDSHAKE "10 > A 5 0 5; 11 > A 0 0 20",
      "D> 0+20 #5 resent; E unended", 0 },
    { "two versions of held bytes", HANDSHAKE "10 > A 5 0 5 !; 11 > A 0 0 20",
      "D> 0+20 #5 resent; E unended conflict", 0 },
    { "FIN before its data", HANDSHAKE "10 > FA 10 0 0; 11 > A 0 0 10",
      "D> 0+10 #5; F> 10 #4 seen; E unended", 0 },
    { "FIN again", HANDSHAKE "10 > FA 0 0 3; 11 > FA 0 0 3; 12 > FA 3 0 0",
      "D> 0+3 #4; F> 3 #4 seen; E unended", 0 },
    { "two copies of a FIN, the first transmission captured last",
      HANDSHAKE "10 < FA 0 0 0; 11 > FA 0 1 0; 11 > FA 0 0 0; 12 < A 1 1 0",
      "F< 0 #4 seen; F> 0 #5 seen; E final fin=0 fin=0", SHOW_FINS },
    { "two copies of a FIN, in order",
      HANDSHAKE "10 < FA 0 0 0; 11 > FA 0 0 0; 11 > FA 0 1 0; 12 < A 1 1 0",
      "F< 0 #4 seen; F> 0 #5 seen; E final fin=0 fin=0", SHOW_FINS },
    { "data beyond a FIN is none", HANDSHAKE "10 > FA 0 0 3; 11 > A 4 0 5; 12 > A 3 0 5",
      "D> 0+3 #4; F> 3 #4 seen; E unended", 0 },

    { "held data beyond a FIN is none", HANDSHAKE "10 > A 50 0 5; 11 > FA 0 0 3; 12 < A 0 4 0",
      "D> 0+3 #5; F> 3 #5 retransmitted; E unended", 0 },

    /* Causal order. */
    { "an answer captured before what it answers", HANDSHAKE "10 < A 0 10 5; 11 > A 0 0 10",
      "D> 0+10 #5 ack=0 before=0; D< 0+5 #4 ack=10 before=0; E unended", SHOW_ACKED },
    { "acknowledgements ahead, several",
      HANDSHAKE "10 < A 0 10 0; 11 < A 0 20 5; 12 > A 0 0 10; 13 > A 10 0 10; 14 > A 20 5 1",
      "D> 0+10 #6 ack=0 before=0; D> 10+10 #7 ack=0 before=0; D< 0+5 #5 ack=20 before=10; "
      "D> 20+1 #8 ack=5 before=0; E unended",
      SHOW_ACKED },
    { "each acknowledges the other", HANDSHAKE "10 > A 0 5 5; 11 < A 0 5 5",
      "D> 0+5 #4; D< 0+5 #5; E unended", 0 },
    { "two holes that wait for each other",
      HANDSHAKE "10 > A 10 10 5; 11 < A 10 10 5; 12 > A 15 15 0; 13 < A 15 15 0; 40 > A 15 15 0; "
                "41 < A 15 15 0",
      "G> 0+10 #4 loss; G< 0+10 #4 loss; D> 10+5 #4; D< 10+5 #5; E unended", 0 },

    /* Holes. */
    { "given up: acknowledged, 20 ms, three segments",
      HANDSHAKE "10 > A 10 0 5; 11 < A 0 15 0; 12 > A 15 0 5; 30 < A 0 20 0; 31 < A 0 20 3",
      "G> 0+10 #4 loss; D> 10+5 #4; D> 15+5 #6; D< 0+3 #8; E unended", 0 },
    { "filled within 20 ms",
      HANDSHAKE "10 > A 10 0 5; 11 < A 0 15 0; 12 > A 15 0 5; 28 < A 0 20 0; 29 > A 0 0 10",
      "D> 0+10 #8 resent; D> 10+5 #4; D> 15+5 #6; E unended", 0 },
    { "filled before three segments",
      HANDSHAKE "10 > A 10 0 5; 11 < A 0 15 0; 900 < A 0 15 0; 901 > A 0 0 10",
      "D> 0+10 #7 resent; D> 10+5 #4; E unended", 0 },
    { "not acknowledged: a retransmission may come",
      HANDSHAKE "10 > A 10 0 5; 11 < A 0 0 0; 12 < A 0 0 0; 13 < A 0 0 0; 9000 > A 0 0 10",
      "D> 0+10 #8 resent; D> 10+5 #4; E unended", 0 },
    { "filled late",
      HANDSHAKE
      "10 > A 10 0 5; 11 < A 0 15 0; 12 < A 0 15 0; 39 < A 0 15 0; 40 < A 0 15 0; 41 > A 0 0 10; "
      "42 > A 15 0 1",
      "G> 0+10 #4 loss; D> 10+5 #4; D> 15+1 #10; E unended late=10", 0 },
    { "an old hole, its acknowledgement just ahead of what fills it",
      HANDSHAKE "10 > A 10 0 5; 11 < A 0 0 0; 12 < A 0 0 0; 13 < A 0 0 0; 99 < A 0 15 0; "
                "100 > A 0 0 10",
      "D> 0+10 #9 resent; D> 10+5 #4; E unended", 0 },
    { "an old hole, 20 ms and three segments after its acknowledgement",
      HANDSHAKE "10 > A 10 0 5; 99 < A 0 15 0; 100 < A 0 15 0; 101 < A 0 15 0; 119 < A 0 15 0; "
                "120 > A 0 0 10",
      "G> 0+10 #4 loss; D> 10+5 #4; E unended late=10", 0 },
    { "at the end", HANDSHAKE "10 > A 10 0 5; 11 > FA 20 0 0",
      "G> 0+10 #4 loss; D> 10+5 #4; G> 15+5 #5 loss; F> 20 #5 seen; E unended", 0 },
    { "the end of a stream is missing", HANDSHAKE "10 > A 0 0 10; 11 < A 0 30 4",
      "D> 0+10 #4; G> 10+20 #5 loss; D< 0+4 #5; E unended", 0 },
    { "one direction only: its own segments suffice",
      "10 > A 0 0 5; 11 > A 10 0 5; 12 > A 15 0 5; 13 > A 20 0 5; 40 > A 25 0 5; 41 > A 5 0 5",
      "D> 0+5 #1; G> 5+5 #2 loss; D> 10+5 #2; D> 15+5 #3; D> 20+5 #4; D> 25+5 #5; "
      "E unended late=5",
      0 },
    { "cut by the snap length", HANDSHAKE "10 > A 0 0 100/30; 11 > A 100 0 5; 12 > A 105 0 5/0",
      "D> 0+30 #4; G> 30+70 #4 snaplen; D> 100+5 #5; G> 105+5 #6 snaplen; E unended", 0 },
    { "cut, and behind what is there", HANDSHAKE "10 > A 0 0 10; 11 > A 5 0 10/3; 12 > A 12 0 10/5",
      "D> 0+10 #4; G> 10+5 #5 snaplen; D> 15+2 #6 cont; G> 17+5 #6 snaplen; E unended", 0 },

    /* FINs that the capture lacks. */
    { "the peer acknowledged it",
      HANDSHAKE "10 > A 0 0 10; 11 < A 0 10 5; 12 > A 10 5 0; 13 < A 5 11 0",
      "D> 0+10 #4 ack=0 before=0; D< 0+5 #5 ack=10 before=0; F> 10 #7 implied ack=. before=5; "
      "E unended",
      SHOW_ACKED },
    { "its sender stands behind it", HANDSHAKE "10 > A 0 0 10; 11 < A 0 10 5; 12 > A 11 5 0",
      "D> 0+10 #4 ack=0 before=0; D< 0+5 #5 ack=10 before=0; F> 10 #6 implied ack=5 before=0; "
      "E unended",
      SHOW_ACKED },
    { "a RST stands behind it", HANDSHAKE "10 > A 0 0 10; 11 > R 11 . 0",
      "D> 0+10 #4; F> 10 #5 implied; R> 11 #5; E final rst>#5", 0 },
    { "seen after its sender stood behind it",
      HANDSHAKE "10 > A 11 0 0; 11 > A 0 0 10; 12 > FA 10 0 0",
      "D> 0+10 #5; F> 10 #6 retransmitted; E unended", 0 },
    { "implied, then seen",
      HANDSHAKE "11 < A 0 1 0; 12 < A 0 1 0; 13 < A 0 1 0; 40 < A 0 1 0; 50 > FA 0 0 0",
      "F> 0 #4 implied; F> 0 #8 retransmitted; E unended", 0 },
    { "implied, but it was a byte",
      HANDSHAKE
      "11 < A 0 1 0; 12 < A 0 1 0; 13 < A 0 1 0; 40 < A 0 1 0; 50 > A 1 0 5; 51 > A 6 0 5; "
      "52 < A 0 11 0; 90 < A 0 11 0",
      "F> 0 #4 implied; G> 0+1 #8 loss; D> 1+5 #8; D> 6+5 #9; E unended", 0 },
    { "implied, but the byte came",
      HANDSHAKE "11 < A 0 1 0; 12 < A 0 1 0; 13 < A 0 1 0; 40 < A 0 1 0; 50 > A 0 0 5",
      "F> 0 #4 implied; D> 0+5 #8; E unended", 0 },
    { "one byte is missing and data follows: no FIN", HANDSHAKE "10 > A 1 0 5; 11 < A 0 6 0",
      "G> 0+1 #4 loss; D> 1+5 #4; E unended", 0 },
    { "both implied: 120 s of silence end it",
      HANDSHAKE
      "10 < A 0 1 0; 11 > A 1 1 0; 12 < A 1 1 0; 13 > A 1 1 0; 50 > A 1 1 0; 51 < A 1 1 0; T",
      "F> 0 #4 implied; F< 0 #5 implied; E final", 0 },

    { "both implied, but one was a byte",
      HANDSHAKE
      "10 < A 0 1 0; 11 > A 1 1 0; 12 < A 1 1 0; 13 > A 1 1 0; 50 > A 1 1 0; "
      "51 < A 1 1 0; 60 > A 1 1 5; 61 < A 1 6 0; 62 < A 1 6 0; 63 > A 6 1 0; 90 > A 6 1 0",
      "F> 0 #4 implied; F< 0 #5 implied; G> 0+1 #10 loss; D> 1+5 #10; E unended", 0 },

    /* RSTs. */
    { "accepted", HANDSHAKE "10 > A 0 0 10; 11 < RA 0 10 0; T",
      "D> 0+10 #4; R< 0 #5; E final rst<#5", 0 },
    { "refused connection", "0 > S -1 . 0; 1 < RA -1 0 0", "R< 0 #2; E final rst<#2", 0 },
    { "beyond the window", HANDSHAKE "10 > A 0 0 10; 11 < R 65536 . 0",
      "D> 0+10 #4; R< 65536 #5; E unended ignored=1", 0 },
    { "at the end of the window", HANDSHAKE "10 > A 0 0 10; 11 < RA 65535 10 0",
      "D> 0+10 #4; G< 0+65535 #5 loss; R< 65535 #5; E final rst<#5", 0 },
    { "before what was acknowledged", HANDSHAKE "10 < A 0 0 10; 11 > A 0 10 0; 12 < R 9 . 0",
      "D< 0+10 #4; R< 9 #6; E unended ignored=1", 0 },
    { "acknowledged past it later", HANDSHAKE "10 < R 0 . 0; 11 < A 0 0 10; 12 > A 0 10 0",
      "R< 0 #4; D< 0+10 #5; E unended ignored=1", 0 },
    { "its receiver goes on", HANDSHAKE "10 < R 0 . 0; 1011 > A 0 0 10",
      "R< 0 #4; D> 0+10 #5; E unended ignored=1", 0 },
    { "its receiver sends what was under way", HANDSHAKE "10 < R 0 . 0; 1010 > A 0 0 10",
      "R< 0 #4; D> 0+10 #5; E final rst<#4", 0 },
    { "a second one that stands", HANDSHAKE "10 < R 0 . 0; 2000 > A 0 0 10; 2001 < R 0 . 0",
      "R< 0 #4; D> 0+10 #5; R< 0 #6; E final rst<#6 ignored=1", 0 },
    { "its payload is no data", HANDSHAKE "10 < RA 0 0 20", "R< 0 #4; E final rst<#4", 0 },
    { "answers data", HANDSHAKE "9 < A 0 0 7; 10 > A 0 7 10; 5000 < R 7 . 0",
      "D< 0+7 #4; D> 0+10 #5; R< 7 #6; E final rst<#6 answers", SHOW_ANSWERS },
    { "more of them than are kept",
      HANDSHAKE "10 < RA 0 0 0; 11 < RA 0 0 0; 12 < RA 0 0 0; 13 < RA 0 0 0; 14 < RA 0 0 0; T",
      "R< 0 #4; R< 0 #5; R< 0 #6; R< 0 #7; R< 0 #8; E final rst<#4", 0 },
    { "answers nothing that was captured", HANDSHAKE "10 > A 0 0 10; 11 < R 7 . 0",
      "D> 0+10 #4; G< 0+7 #5 loss; R< 7 #5; E final rst<#5", SHOW_ANSWERS },
    { "answers a bare acknowledgement of a second ago", HANDSHAKE "1002 < R 0 . 0",
      "R< 0 #4; E final rst<#4 answers", SHOW_ANSWERS },
    { "too late to answer a bare acknowledgement", HANDSHAKE "1003 < R 0 . 0",
      "R< 0 #4; E final rst<#4", SHOW_ANSWERS },

    /* Endpoints used again. */
    { "a new connection after the FINs",
      HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; 20 > S -1 . 0 isn=900000; "
                "21 < SA -1 0 0 isn=700000; 22 > A 0 0 5",
      "F> 0 #4 seen; F< 0 #5 seen; E final; D> 0+5 #9; E unended", 0 },
    { "the same across a tick",
      HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; T; 20 > S -1 . 0 isn=900000; "
                "21 < SA -1 0 0 isn=700000; 22 > A 0 0 5",
      "F> 0 #4 seen; F< 0 #5 seen; E final; D> 0+5 #10; E unended", 0 },
    { "stragglers are counted",
      HANDSHAKE
      "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; 13 > A 1 1 0; T; 14 > A 1 1 0; 15 < RA 1 1 0",
      "F> 0 #4 seen; F< 0 #5 seen; E final; after=3", 0 },
    { "120 s later they are a connection",
      HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; T; 120013 > A 1 1 4",
      "F> 0 #4 seen; F< 0 #5 seen; E final; D> 0+4 #8; E unended", 0 },
    { "the SYN is answered by the old connection, and reset",
      "0 > S -1 . 0; 60 < A 777777 900000000 0; 61 > R 900000000 . 0; 1061 > S -1 . 0; "
      "1111 < SA -1 0 0; 1112 > A 0 0 0; 1113 > A 0 0 5; 1160 < A 0 5 3; 1661 < FA 3 5 0; "
      "1662 > FA 5 4 0; 1711 < A 4 6 0",
      "D> 0+5 #7; D< 0+3 #8; F< 3 #9 seen; F> 5 #10 seen; E final", 0 },
    { "reset, used again with other numbers, the handshake lost",
      HANDSHAKE "10 > A 0 0 5; 11 < RA 0 5 0; 500 > A 900000000 700000000 0; "
                "501 > A 900000000 700000000 5; 502 < A 700000000 900000005 3",
      "D> 0+5 #4; R< 0 #5; E final rst<#5; D> 0+5 #7; D< 0+3 #8; E unended midstream", 0 },
    { "used again behind the FINs, near their numbers",
      HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; 900 > A 500 800 5; 901 < A 800 505 3",
      "F> 0 #4 seen; F< 0 #5 seen; E final; D> 0+5 #7; D< 0+3 #8; E unended midstream", 0 },
    { "the same behind a tick",
      HANDSHAKE
      "10 > FA 0 0 0; 11 < FA 0 1 0; 12 > A 1 1 0; T; 900 > A 500 800 5; 901 < A 800 505 3",
      "F> 0 #4 seen; F< 0 #5 seen; E final; D> 0+5 #8; D< 0+3 #9; E unended midstream", 0 },
    { "near miss: a peer that was not seen yet, and knows more than the FIN",
      "0 < FA 100 50 0; 50 > A 60 140 0; 140 < FA 100 50 0; 150 > A 60 140 0",
      "F< 0 #1 seen; G> 0+10 #2 loss; E unended midstream swapped", 0 },
    { "used again while nothing showed an end",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 500 > A 900000000 700000000 5; "
                "502 < A 700000000 900000005 3",
      "D> 0+5 #4; E replaced; D> 0+5 #6; D< 0+3 #7; E unended midstream", 0 },
    { "near miss: a download behind an outage of the capture",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 10; 12 > A 5 10 0; 900 < A 50000000 5 10; "
                "901 > A 5 50000010 0; 930 > A 5 50000010 0; 960 > A 5 50000010 0",
      "D> 0+5 #4; D< 0+10 #5; G< 10+49999990 #7 loss; D< 50000000+10 #7; E unended", 0 },
    { "all of it once more, behind the tick",
      HANDSHAKE "10 > FA 0 0 5; 11 < FA 0 6 0; 12 > A 6 1 0; T; 1000 > S -1 . 0; 1001 < SA -1 0 0; "
                "1002 > A 0 0 0; 1010 > FA 0 0 5; 1011 < FA 0 6 0; 1012 > A 6 1 0",
      "D> 0+5 #4; F> 5 #4 seen; F< 0 #5 seen; E final; after=6", 0 },
    { "all of it once more, no tick between",
      HANDSHAKE "10 > FA 0 0 5; 11 < FA 0 6 0; 12 > A 6 1 0; 1000 > S -1 . 0; 1001 < SA -1 0 0; "
                "1002 > A 0 0 0; 1010 > FA 0 0 5; 1011 < FA 0 6 0; 1012 > A 6 1 0",
      "D> 0+5 #4; F> 5 #4 seen; F< 0 #5 seen; E final; after=6", 0 },
    { "a SYN that waits for its SYN-ACK",
      HANDSHAKE
      "10 > A 0 0 5; 20 > S -1 . 0 isn=900000; 21 < A 0 -899995 0; 22 < SA -1 0 0 isn=700000; "
      "23 > A 0 0 7",
      "D> 0+5 #4; E replaced; D> 0+7 #8; E unended", 0 },
    { "a SYN that nobody answers changes nothing",
      HANDSHAKE "10 > A 0 0 5; 20 > S -1 . 0 isn=900000; 30 > A 5 0 5 isn=-900000",
      "D> 0+5 #4; D> 5+5 #6; E unended", 0 },
    { "a SYN-ACK after a teardown",
      HANDSHAKE "10 < RA 0 0 0; 20 < SA -1 900000 0 isn=700000; 21 > A 0 0 5 isn=900000",
      "R< 0 #4; E final rst<#4; D> 0+5 #6; E unended", 0 },
    { "a forged RST and FIN before the SYN-ACK: its SYN is the same",
      "0 > S -1 . 0; 60 < RA 5000000 0 0; 61 < FA 5000000 0 0; 62 > R 0 . 0; "
      "64 < SA -1 0 0 isn=-900000000; 64 > A 0 0 0; 65 > A 0 0 9; 99 < A 0 9 5; 100 > A 9 5 0",
      "R< 0 #2; F< 0 #3 seen; R> 0 #4; D> 0+9 #7; D< 0+5 #8; E unended ignored=2", 0 },
    { "the last acknowledgement of the old connection behind the SYN",
      HANDSHAKE "10 > FA 0 0 0; 11 < FA 0 1 0; 20 > S -1 . 0 isn=900000000; "
                "21 > A -899999999 1 0; 22 < SA -1 0 0 isn=700000000; 23 > A 0 0 5; 24 < A 0 5 7",
      "F> 0 #4 seen; F< 0 #5 seen; E replaced; D> 0+5 #9; D< 0+7 #10; E unended", 0 },
    { "a SYN whose SYN-ACK is lost: what goes on from it confirms it",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 20 > S -1 . 0 isn=900000; "
                "30 > A 0 700000 7; 31 < A 0 7 3 isn=700000",
      "D> 0+5 #4; E replaced; D> 0+7 #7; D< 0+3 #8; E unended", 0 },
    { "the same, its SYN with data",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 20 > S -1 . 4 isn=900000; "
                "30 > A 4 700000 7; 31 < A 0 11 3 isn=700000",
      "D> 0+5 #4; E replaced; D> 0+4 #6; D> 4+7 #7; D< 0+3 #8; E unended", 0 },
    { "a SYN-ACK whose SYN is lost: what goes on from it confirms it",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 20 < SA -1 900000 0 isn=700000; "
                "30 > A 0 0 7 isn=900000; 31 < A 0 7 3",
      "D> 0+5 #4; E replaced; D> 0+7 #7; D< 0+3 #8; E unended", 0 },
    { "near miss: they go on from the old connection",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 20 < SA -1 900000 0 isn=700000; 30 > A 5 -700000 7",
      "D> 0+5 #4; D> 5+7 #7; E unended", 0 },
    { "SYN and SYN-ACK again",
      "0 > S -1 . 0; 1 > S -1 . 0; 2 < SA -1 0 0; 3 < SA -1 0 0; 4 > A 0 0 5",
      "D> 0+5 #5; E unended", 0 },
    { "a RST settles after 120 s",
      HANDSHAKE "10 < RA 0 0 0; 120010 > R 0 . 0; T; 120011 > R 0 . 0; T",
      "R< 0 #4; R> 0 #5; E final rst>#5 rst<#4; after=1", 0 },

    /* The beginning is missing. */
    { "mid-stream", "0 > A 0 0 10; 1 < A 0 10 20; 2 > A 10 20 5",
      "D> 0+10 #1; D< 0+20 #2; D> 10+5 #3; E unended midstream", 0 },
    { "mid-stream, the peer's base is what is acknowledged",
      "0 > A 0 0 10; 1 < A 5 10 5; 2 > A 10 10 0",
      "D> 0+10 #1; G< 0+5 #2 loss; D< 5+5 #2; E unended midstream", 0 },
    { "mid-stream, old bytes first", "0 < A 0 10 5; 21 > A 0 0 10; 22 > A 10 5 5",
      "D< 0+5 #1; D> 0+5 #3; E unended midstream swapped", 0 },
    { "mid-stream, an acknowledgement just ahead of its data",
      "0 > A 0 10 0; 20 < A 0 0 10; 21 < A 10 0 5", "D< -10+10 #2; D< 0+5 #3; E unended midstream",
      0 },
    { "mid-stream, the same with a segment more", "0 > A 0 20 0; 1 < A 0 0 10; 2 < A 10 0 10",
      "D< -20+10 #2; D< -10+10 #3; E unended midstream", 0 },
    { "mid-stream, a probe with an old byte", "0 > A 0 10 0; 1 < A 9 0 1; 2 < A 10 0 5",
      "D< 0+5 #3; E unended midstream", 0 },
    { "mid-stream begins with a probe", "0 > A -1 0 0; 1 < A 0 0 0; 2 > A 0 0 5; 3 < A 0 5 3",
      "D> 0+5 #3; D< 0+3 #4; E unended midstream", 0 },
    { "mid-stream begins with a probe that nobody answers", "0 > A -1 0 0; 2 > A 0 0 5",
      "D> 0+5 #2; E unended midstream", 0 },
    { "begins with SYN-ACK", "0 < SA -1 0 0; 1 > A 0 0 5; 2 < A 0 5 5",
      "D> 0+5 #2; D< 0+5 #3; E unended", 0 },
    { "SYN after SYN-ACK", "0 < SA -1 0 0; 0 > S -1 . 0; 1 > A 0 0 5", "D> 0+5 #3; E unended", 0 },
    { "the handshake was captured late", "0 < A 0 0 0; 1 > S -1 . 0; 2 < SA -1 0 0; 3 > A 0 0 5",
      "D> 0+5 #4; E unended", 0 },

    { "the handshake was captured late, behind data that is held",
      "0 < A 0 0 0; 1 < A 10 0 5; 2 > S -1 . 0; 3 < SA -1 0 0; 4 > A 0 0 0; 5 < A 0 0 10",
      "D< 0+10 #6 resent; D< 10+5 #2; E unended", 0 },

    /* Out of its place, ahead of where the numbers begin. */
    { "an acknowledgement before the SYN-ACK",
      "0 > S -1 . 0; 900 > A 10 20 0; 1 < SA -1 0 0; 2 > A 0 0 0; 10 > A 0 0 10; 20 < A 0 10 20",
      "D> 0+10 #5 resent; D< 0+20 #6 resent; E unended", 0 },
    { "a FIN before the SYN-ACK",
      "0 > S -1 . 0; 900 < FA 20 10 0; 1 < SA -1 0 0; 2 > A 0 0 0; 10 > A 0 0 10; 20 < A 0 10 20",
      "D> 0+10 #5; D< 0+20 #6 resent; F< 20 #2 seen; E unended", 0 },
    { "an acknowledgement before the SYN",
      "900 > A 10 20 0; 0 > S -1 . 0; 1 < SA -1 0 0; 2 > A 0 0 0; 10 > A 0 0 10; 20 < A 0 10 20",
      "D> 0+10 #5 resent; D< 0+20 #6 resent; E unended", 0 },
    { "data before the SYN: torn off", "10 < A 0 10 20; 0 > S -1 . 0; 1 < SA -1 0 0; 9 > A 0 0 10",
      "D< 0+20 #1; E torn swapped; D> 0+10 #4; E unended", 0 },
    { "another initial number: replaced",
      "10 < A 0 10 20; 0 > S -1 . 0 isn=900000000; 1 < SA -1 0 0; 9 > A 0 0 10",
      "D< 0+20 #1; E replaced swapped; D> 0+10 #4; E unended", 0 },
    { "mid-stream, a later segment first", "900 < A 20 10 0; 0 > A 0 0 10; 1 < A 0 10 20",
      "D> 0+10 #2 resent; D< 0+20 #3 resent; E unended midstream swapped", 0 },

    /* Probes and windows. */
    { "keep-alive probes are nothing",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 0; 5000 > A 4 0 0; 5001 < A 0 5 0; 6000 > A 4 0 1 !; "
                "7000 > A 5 0 5",
      "D> 0+5 #4; D> 5+5 #9; E unended", 0 },
    { "a zero-window probe is data",
      HANDSHAKE "10 < A 0 0 0 w0; 11 > A 0 0 1; 12 < A 0 1 0; 13 > A 0 0 9",
      "D> 0+1 #5; D> 1+8 #7 cont; E unended", 0 },
    { "witnesses", HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 9; 12 > A 5 9 0; 13 < A 9 5 0; 14 < A 0 5 9",
      "D> 0+5 #4; D< 0+9 #5; E unended open>#6 open<#7", SHOW_OPEN },
    { "no witnesses",
      HANDSHAKE
      "10 > A 0 0 5; 11 < A 0 5 9; 12 > A 4 9 0; 13 < A 0 5 9; 14 < FA 9 5 0; 15 > FA 5 10 0",
      "D> 0+5 #4; D< 0+9 #5; F< 9 #8 seen; F> 5 #9 seen; E unended open>#4 open<#5", SHOW_OPEN },
    { "a witness of an earlier time out of its place",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 9; 3000 < A 9 5 0; 12 < A 9 5 0",
      "D> 0+5 #4; D< 0+9 #5; E unended open>#4 open<#6", SHOW_OPEN },
    { "a retransmission after a later segment is no witness",
      HANDSHAKE "10 < A 5 0 5; 300 < A 0 0 5",
      "D< 0+5 #5 resent; D< 5+5 #4; E unended open>#3 open<#4", SHOW_OPEN },
    { "quiet: everything acknowledged, then an empty segment, then data",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 5 7; 12 > A 5 7 0; 13 > A 5 7 4; 14 > A 9 7 3",
      "D> 0+5 #4 quiet=0; D< 0+7 #5; D> 5+4 #7 quiet=7; D> 9+3 #8; E unended", SHOW_QUIET },
    { "not quiet: bytes are under way",
      HANDSHAKE "10 > A 0 0 5; 11 < A 0 0 7; 12 > A 5 7 0; 13 > A 5 7 4",
      "D> 0+5 #4 quiet=0; D< 0+7 #5; D> 5+4 #7; E unended", SHOW_QUIET },
    { "free to send since the acknowledgement",
      HANDSHAKE "10 > A 0 0 5; 15 < A 0 5 0; 40 < A 0 5 0; 100 > A 5 0 5; 101 > A 10 0 5",
      "D> 0+5 #4 free=9; D> 5+5 #7 free=85; D> 10+5 #8; E unended", SHOW_FREE },
    { "free to send since the window opened",
      HANDSHAKE "10 > A 0 0 5; 15 < A 0 5 0 w4; 40 < A 0 5 0 w5; 100 > A 5 0 5",
      "D> 0+5 #4 free=9; D> 5+5 #7 free=60; E unended", SHOW_FREE },
    { "an acknowledgement out of its place opens no window",
      HANDSHAKE "10 > A 0 0 5; 15 < A 0 5 0 w4; 14 < A 0 4 0 w9; 100 > A 5 0 5",
      "D> 0+5 #4 free=9; D> 5+5 #7; E unended", SHOW_FREE },
};

static const uint32_t ISNS[][2] = {
    { 1000, 500000 },
    { 0xffffffff, 0xfffffffe },
    { 0xfffffff8, 0x7ffffff0 },
    { 0x7ffffffc, 0xfffffff0 },
};

typedef struct Run {
    const Row *row;
    StreamTable *table;
    GString *events;
    uint32_t isn[2];
    uint16_t window[2];
} Run;

static uint8_t byte_at(int sender, int64_t offset)
{
    return (uint8_t)((uint64_t)offset * 7 + (uint64_t)sender * 101 + ((uint64_t)offset >> 8));
}

static int sender_of(const Connection *connection, int side)
{
    return connection->port[side] == 80;
}

static void append_offset(GString *text, const char *label, int64_t offset)
{
    if (offset == NO_OFFSET)
        g_string_append_printf(text, " %s=.", label);
    else
        g_string_append_printf(text, " %s=%" G_GINT64_FORMAT, label, offset);
}

static void append_end(Run *run, const StreamEvent *event)
{
    static const char *const ENDS[] = { "?", "final", "replaced", "evicted", "unended", "torn" };
    const Connection *connection = event->connection;
    GString *text = run->events;
    g_string_append_printf(text, "E %s", ENDS[connection->end]);
    for (int side = 0; side < 2; side++) {
        const RstFact *reset = connection_reset(connection, side);
        char mark = "><"[sender_of(connection, side)];
        if (reset)
            g_string_append_printf(
                text, " rst%c#%u%s", mark, (unsigned)frame_number(reset->stamp.frame),
                (run->row->show & SHOW_ANSWERS) && reset->answers ? " answers" : "");
        if (run->row->show & SHOW_OPEN)
            g_string_append_printf(text, " open%c#%u", mark,
                                   (unsigned)frame_number(connection->half[side].open_frame));
    }
    for (int side = 0; side < 2 && (run->row->show & SHOW_FINS); side++)
        append_offset(text, "fin", connection->half[side].fin.stamp.acked);
    if (connection->overlap_conflict)
        g_string_append(text, " conflict");
    if (strstr(run->row->events, "midstream") && !connection->opener_known)
        g_string_append(text, " midstream");
    if (connection->opener_known)
        ck_assert_uint_eq(connection->port[0], 1000);
    else if (connection->port[0] == 80)
        g_string_append(text, " swapped");
}

static void append_data(Run *run, const StreamEvent *event)
{
    int sender = sender_of(event->connection, event->side);
    g_string_append_printf(run->events, "+%zu #%u", event->data.length,
                           (unsigned)frame_number(event->stamp.frame));
    if (!event->segment_start)
        g_string_append(run->events, " cont");
    if (event->resent)
        g_string_append(run->events, " resent");
    if ((run->row->show & SHOW_QUIET) && event->quiet_acked != NO_OFFSET)
        append_offset(run->events, "quiet", event->quiet_acked);
    if ((run->row->show & SHOW_FREE) && event->free_to_send)
        append_offset(run->events, "free", event->free_to_send / NS_PER_MS);
    if (event->connection->opener_known)
        for (size_t i = 0; i < event->data.length; i++)
            ck_assert_uint_eq(event->data.bytes[i],
                              byte_at(sender, event->stamp.offset + (int64_t)i));
}

static const char *reason_word(Reason reason)
{
    return reason == REASON_LOSS ? "loss" : reason == REASON_SNAPLEN ? "snaplen" : "limit";
}

static void append_event(Run *run, const StreamEvent *event)
{
    static const char *const PROOFS[] = { "none", "seen", "retransmitted", "implied" };
    GString *text = run->events;
    if (text->len)
        g_string_append(text, "; ");
    if (event->kind == STREAM_END) {
        append_end(run, event);
        return;
    }
    const Half *half = &event->connection->half[event->side];
    unsigned frame = (unsigned)frame_number(event->stamp.frame);
    g_string_append_printf(text, "%c%c %" G_GINT64_FORMAT, "DGFR"[event->kind],
                           "><"[sender_of(event->connection, event->side)], event -> stamp.offset);
    if (event->kind == STREAM_DATA)
        append_data(run, event);
    else if (event->kind == STREAM_GAP)
        g_string_append_printf(text, "+%" G_GINT64_FORMAT " #%u %s", event->gap, frame,
                               reason_word(event->reason));
    else if (event->kind == STREAM_FIN)
        g_string_append_printf(text, " #%u %s", frame, PROOFS[half->fin.proof]);
    else
        g_string_append_printf(text, " #%u", frame);
    if (run->row->show & SHOW_ACKED) {
        append_offset(text, "ack", event->stamp.acked);
        append_offset(text, "before", event->stamp.acked_before);
    }
}

static void drain(Run *run)
{
    StreamEvent event;
    while (stream_table_next(run->table, &event))
        append_event(run, &event);
}

static uint8_t flags_of(const char *text)
{
    uint8_t flags = 0;
    for (; *text; text++)
        flags |= *text == 'S' ? TCP_SYN : *text == 'A' ? TCP_ACK : *text == 'F' ? TCP_FIN : TCP_RST;
    return flags;
}

static IpAddress address_of(int sender)
{
    return (IpAddress){ .bytes = { 10, 0, 0, (uint8_t)(1 + sender) }, .version = 4 };
}

/* Reads the words after the first six of a segment. Returns the mask of its bytes. */
static uint8_t read_options(Run *run, char **words, int sender)
{
    uint8_t mask = 0;
    for (; *words; words++) {
        if (**words == 'w')
            run->window[sender] = (uint16_t)atoi(*words + 1);
        else if (**words == '!')
            mask = 0x55;
        else if (g_str_has_prefix(*words, "isn="))
            run->isn[sender] += (uint32_t)atoi(*words + 4);
    }
    return mask;
}

static void feed_text(Run *run, const char *line, unsigned frame)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    ck_assert_uint_ge(g_strv_length(words), 6);
    int sender = words[1][0] == '<';
    uint8_t mask = read_options(run, words + 6, sender);
    int64_t offset = g_ascii_strtoll(words[3], NULL, 10);
    uint32_t length = (uint32_t)atoi(words[5]);
    const char *slash = strchr(words[5], '/');
    size_t captured = slash ? (size_t)atoi(slash + 1) : length;
    uint8_t flags = flags_of(words[2]);
    g_autofree uint8_t *payload = g_malloc(captured + 1);
    int64_t first = flags & TCP_SYN ? 0 : offset;
    for (size_t i = 0; i < captured; i++)
        payload[i] = byte_at(sender, first + (int64_t)i) ^ mask;
    uint32_t acked = (uint32_t)g_ascii_strtoll(words[4], NULL, 10);
    Segment segment = {
        .frame = frame_id(1, frame),
        .time = g_ascii_strtoll(words[0], NULL, 10) * NS_PER_MS,
        .source = address_of(sender),
        .destination = address_of(!sender),
        .source_port = sender ? 80 : 1000,
        .destination_port = sender ? 1000 : 80,
        .sequence = run->isn[sender] + 1 + (uint32_t)offset,
        .acknowledgement = flags & TCP_ACK ? run->isn[!sender] + 1 + acked : 0,
        .window = run->window[sender],
        .flags = flags,
        .window_shift = -1,
        .length = length,
        .payload = span_make(payload, captured),
    };
    stream_table_feed(run->table, &segment);
    drain(run);
}

static void finish(Run *run)
{
    stream_table_finish(run->table);
    drain(run);
    const StreamCounters *counters = stream_table_counters(run->table);
    if (counters->late_bytes)
        g_string_append_printf(run->events, " late=%u", (unsigned)counters->late_bytes);
    if (counters->resets_ignored)
        g_string_append_printf(run->events, " ignored=%u", (unsigned)counters->resets_ignored);
    if (counters->segments_after_end)
        g_string_append_printf(run->events, "; after=%u", (unsigned)counters->segments_after_end);
    ck_assert_uint_eq(stream_table_held(run->table), 0);
}

START_TEST(test_row)
{
    const Row *row = &ROWS[_i / (int)G_N_ELEMENTS(ISNS)];
    const uint32_t *isn = ISNS[_i % (int)G_N_ELEMENTS(ISNS)];
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    g_autoptr(GString) events = g_string_new(NULL);
    Run run = { row, table, events, { isn[0], isn[1] }, { 65535, 65535 } };
    g_auto(GStrv) lines = g_strsplit(row->segments, ";", -1);
    for (unsigned i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (strcmp(line, "T") == 0) {
            stream_table_fire_timers(table);
            drain(&run);
        } else if (*line) {
            feed_text(&run, line, i + 1);
        }
    }
    finish(&run);
    ck_assert_msg(strcmp(events->str, row->events) == 0, "%s (%#x):\n got: %s\nwant: %s", row->name,
                  isn[0], events->str, row->events);
}
END_TEST

/* Two streams are cut into segments that are retransmitted, doubled and captured out of order. The
 * result must be the two streams, each byte once. */
#define STREAM_BYTES 3000
#define SHUFFLE_REACH 12

typedef struct Piece {
    int sender;
    int64_t offset;
    uint32_t length;
    bool fin;
} Piece;

static void cut_streams(GRand *rand, GArray *pieces)
{
    int64_t at[2] = { 0, 0 };
    while (at[0] < STREAM_BYTES || at[1] < STREAM_BYTES) {
        int sender = g_rand_int_range(rand, 0, 2);
        int64_t left = STREAM_BYTES - at[sender];
        if (!left)
            continue;
        int64_t wanted = g_rand_int_range(rand, 1, 120);
        uint32_t length = (uint32_t)MIN(left, wanted);
        Piece piece = { sender, at[sender], length, left == length };
        g_array_append_val(pieces, piece);
        at[sender] += length;
        int64_t reach = g_rand_int_range(rand, 0, 300);
        int64_t back = MIN(at[sender], reach);
        if (back && g_rand_int_range(rand, 0, 4) == 0) {
            Piece again = { sender, at[sender] - back,
                            (uint32_t)g_rand_int_range(rand, 1, (int)back + 1), false };
            g_array_append_val(pieces, again);
        }
    }
}

static void shuffle(GRand *rand, GArray *pieces)
{
    for (guint i = 0; i + 1 < pieces->len; i++) {
        guint reach = MIN(pieces->len - i, SHUFFLE_REACH);
        guint j = i + (guint)g_rand_int_range(rand, 0, (gint32)reach);
        Piece swap = g_array_index(pieces, Piece, i);
        g_array_index(pieces, Piece, i) = g_array_index(pieces, Piece, j);
        g_array_index(pieces, Piece, j) = swap;
    }
}

typedef struct Collected {
    GByteArray *bytes[2];
    int fins[2], ends, gaps;
} Collected;

static void collect(StreamTable *table, Collected *collected)
{
    StreamEvent event;
    while (stream_table_next(table, &event)) {
        int sender = event.kind == STREAM_END ? 0 : sender_of(event.connection, event.side);
        GByteArray *bytes = collected->bytes[sender];
        if (event.kind == STREAM_DATA) {
            ck_assert_int_eq(event.stamp.offset, bytes->len);
            g_byte_array_append(bytes, event.data.bytes, (guint)event.data.length);
        }
        collected->gaps += event.kind == STREAM_GAP;
        collected->fins[sender] += event.kind == STREAM_FIN;
        collected->ends += event.kind == STREAM_END;
    }
}

/* `acked`: what the sender's peer is assumed to have sent, as far as this capture had it. */
static void feed_piece(StreamTable *table, const Piece *piece, const uint32_t isn[2], int64_t acked,
                       uint64_t frame, Collected *collected)
{
    g_autofree uint8_t *payload = g_malloc(piece->length + 1);
    for (uint32_t i = 0; i < piece->length; i++)
        payload[i] = byte_at(piece->sender, piece->offset + i);
    bool syn = piece->offset < 0;
    Segment segment = {
        .frame = frame_id(1, frame),
        .time = (Nanoseconds)frame * 1000,
        .source = address_of(piece->sender),
        .destination = address_of(!piece->sender),
        .source_port = piece->sender ? 80 : 1000,
        .destination_port = piece->sender ? 1000 : 80,
        .sequence = isn[piece->sender] + 1 + (uint32_t)piece->offset,
        .acknowledgement = isn[!piece->sender] + 1 + (uint32_t)acked,
        .window = 65535,
        .flags = (uint8_t)((syn ? TCP_SYN : TCP_ACK) | (syn && piece->sender ? TCP_ACK : 0) |
                           (piece->fin ? TCP_FIN : 0)),
        .window_shift = -1,
        .length = piece->length,
        .payload = span_make(payload, piece->length),
    };
    stream_table_feed(table, &segment);
    collect(table, collected);
}

START_TEST(test_shuffled_streams)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)_i + 1);
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    uint32_t isn[2] = { g_rand_int(rand), UINT32_MAX - (uint32_t)g_rand_int_range(rand, 0, 3000) };
    cut_streams(rand, pieces);
    shuffle(rand, pieces);
    g_autoptr(GByteArray) first = g_byte_array_new();
    g_autoptr(GByteArray) second = g_byte_array_new();
    Collected collected = { .bytes = { first, second } };
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    uint64_t frame = 0;
    for (int sender = 0; sender < 2; sender++) {
        Piece syn = { sender, -1, 0, false };
        feed_piece(table, &syn, isn, 0, ++frame, &collected);
    }
    int64_t seen[2] = { 0, 0 };
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        int64_t acked = g_rand_int_range(rand, 0, (gint32)seen[!piece->sender] + 1);
        feed_piece(table, piece, isn, acked, ++frame, &collected);
        seen[piece->sender] = MAX(seen[piece->sender], piece->offset + piece->length);
    }
    stream_table_finish(table);
    collect(table, &collected);
    for (int sender = 0; sender < 2; sender++) {
        ck_assert_uint_eq(collected.bytes[sender]->len, STREAM_BYTES);
        for (guint i = 0; i < STREAM_BYTES; i++)
            ck_assert_uint_eq(collected.bytes[sender]->data[i], byte_at(sender, i));
        ck_assert_int_ge(collected.fins[sender], 1);
    }
    ck_assert_int_eq(collected.gaps, 0);
    ck_assert_int_eq(collected.ends, 1);
    ck_assert_uint_eq(stream_table_counters(table)->late_bytes, 0);
    ck_assert_uint_eq(stream_table_counters(table)->overlap_conflicts, 0);
}
END_TEST

/* Bounds. */

static Segment syn_from(uint32_t host, uint64_t frame)
{
    return (Segment){
        .frame = frame_id(1, frame),
        .time = (Nanoseconds)frame * NS_PER_MS,
        .source = { .bytes = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
                    .version = 4 },
        .destination = { .bytes = { 192, 0, 2, 1 }, .version = 4 },
        .source_port = 4000,
        .destination_port = 80,
        .sequence = host,
        .window = 1000,
        .flags = TCP_SYN,
        .window_shift = -1,
    };
}

START_TEST(test_eviction_takes_the_longest_idle)
{
    enum { HOSTS = 2000, KEPT = 640 };
    StreamLimits limits = STREAM_LIMITS_DEFAULT;
    limits.connections = KEPT;
    g_autoptr(StreamTable) table = stream_table_new(&limits);
    unsigned evicted = 0, unended = 0;
    StreamEvent event;
    for (uint32_t host = 0; host < HOSTS; host++) {
        /* The first host stays active. */
        Segment first = syn_from(0, host + 1);
        stream_table_feed(table, &first);
        while (stream_table_next(table, &event))
            ck_abort_msg("a SYN again ends nothing");
        Segment segment = syn_from(host + 1, host + 1);
        stream_table_feed(table, &segment);
        while (stream_table_next(table, &event)) {
            ck_assert_int_eq(event.kind, STREAM_END);
            ck_assert_int_eq(event.connection->end, CONNECTION_EVICTED);
            ck_assert(event.connection->limited);
            ck_assert_uint_ne(
                event.connection->address[0].bytes[3] | event.connection->address[0].bytes[2], 0);
            evicted++;
        }
    }
    stream_table_finish(table);
    FrameId last = 0;
    for (; stream_table_next(table, &event); unended++) {
        ck_assert_int_eq(event.connection->end, CONNECTION_UNENDED);
        ck_assert(event.connection->first_frame >= last);
        last = event.connection->first_frame;
    }
    ck_assert_uint_le(unended, KEPT);
    ck_assert_uint_eq(evicted + unended, HOSTS + 1);
    ck_assert_uint_eq(stream_table_counters(table)->evicted, evicted);
}
END_TEST

START_TEST(test_held_bytes_are_bounded)
{
    StreamLimits limits = { .connections = 6400,
                            .held_bytes = 64 * 100000,
                            .held_bytes_connection = 20000,
                            .memory = MEMORY_DEFAULT,
                            .pairs = 1000 };
    g_autoptr(StreamTable) table = stream_table_new(&limits);
    static const uint8_t PAYLOAD[1000];
    unsigned gaps = 0;
    uint64_t data = 0;
    for (uint32_t i = 0; i < 100; i++) {
        Segment segment = syn_from(7, i + 1);
        if (i) {
            segment.flags = TCP_ACK;
            segment.sequence += 1 + i * 2000;
            segment.length = sizeof PAYLOAD;
            segment.payload = span_make(PAYLOAD, sizeof PAYLOAD);
            segment.time = NS_PER_MS; /* never old enough to be given up otherwise */
        }
        stream_table_feed(table, &segment);
        StreamEvent event;
        while (stream_table_next(table, &event)) {
            ck_assert(event.connection->limited);
            if (event.kind == STREAM_GAP) {
                ck_assert_int_eq(event.reason, REASON_LIMIT);
                gaps++;
            }
            data += event.data.length;
        }
        ck_assert_uint_le(stream_table_held(table), 75000);
    }
    /* Three quarters of the shard's 100,000 bytes: 68 segments of 1,000 and their descriptions. */
    ck_assert_uint_eq(gaps, 99 - 68);
    ck_assert_uint_eq(data, (99 - 68) * 1000);
    ck_assert_uint_gt(stream_table_counters(table)->held_limit, 0);
    stream_table_finish(table);
    while (stream_table_next(table, &(StreamEvent){ 0 }))
        ;
    ck_assert_uint_eq(stream_table_counters(table)->limited, 1);
    ck_assert_uint_eq(stream_table_counters(table)->evicted, 0);
}
END_TEST

/* One that holds much leaves room for another of its shard (equal endpoints in another network). */
START_TEST(test_much_held_leaves_room)
{
    StreamLimits limits = { .connections = 6400,
                            .held_bytes = 64 * 100000,
                            .held_bytes_connection = 20000,
                            .memory = MEMORY_DEFAULT,
                            .pairs = 1000 };
    g_autoptr(StreamTable) table = stream_table_new(&limits);
    static const uint8_t PAYLOAD[1000];
    StreamEvent event;
    unsigned given_up[2] = { 0, 0 };
    for (uint32_t i = 0; i < 2 * 100; i++) {
        unsigned network = i / 100 + 1, number = i % 100;
        if (network == 2 && number > 18)
            break; /* its own part is full */
        Segment segment = syn_from(7, number + 1);
        segment.network = network;
        if (number) {
            segment.flags = TCP_ACK;
            segment.sequence += 1 + number * 2000;
            segment.length = sizeof PAYLOAD;
            segment.payload = span_make(PAYLOAD, sizeof PAYLOAD);
            segment.time = NS_PER_MS;
        }
        stream_table_feed(table, &segment);
        while (stream_table_next(table, &event))
            given_up[network - 1] += event.kind == STREAM_GAP;
    }
    ck_assert_uint_gt(given_up[0], 0);
    ck_assert_uint_eq(given_up[1], 0);
}
END_TEST

/* A connection that takes more than a 16th of its shard, which is short of memory, is given up
 * itself: all others stay, packed. */
START_TEST(test_much_drives_out_nobody)
{
    enum { HOSTS = 500, MUCH = 30000 };
    static const uint8_t PAYLOAD[100];
    StreamLimits limits = stream_limits_for(MEMORY_LEAST);
    ck_assert_uint_eq(limits.held_bytes_connection, MEMORY_LEAST / SHARDS / 16);
    limits.memory = SHARDS * (size_t)MUCH;
    g_autoptr(StreamTable) table = stream_table_new(&limits);
    g_autofree void *owner = g_malloc(MUCH);
    StreamEvent event;
    unsigned given_up = 0, left = 0;
    for (uint32_t host = 0; host < HOSTS; host++) {
        Segment segment = syn_from(host, host + 1);
        stream_table_feed(table, &segment);
        ck_assert(!stream_table_next(table, &event));
    }
    Segment segment = syn_from(77, HOSTS + 1);
    segment.flags = TCP_ACK;
    segment.sequence++;
    segment.length = sizeof PAYLOAD;
    segment.payload = span_make(PAYLOAD, sizeof PAYLOAD);
    stream_table_feed(table, &segment);
    while (stream_table_next(table, &event)) {
        ck_assert_uint_eq(event.connection->first_frame, frame_id(1, 78));
        event.connection->owner = owner;
        event.connection->owner_size = MUCH;
        given_up += event.kind == STREAM_END && event.connection->end == CONNECTION_EVICTED;
    }
    ck_assert_uint_eq(given_up, 1);
    stream_table_finish(table);
    for (; stream_table_next(table, &event); left++)
        ck_assert_int_eq(event.connection->end, CONNECTION_UNENDED);
    ck_assert_uint_eq(left, HOSTS - 1);
}
END_TEST

/* Its number and what it acknowledges count from the client's SYN. */
static Segment segment_of(uint32_t at, uint32_t acknowledged, uint32_t length, uint64_t frame)
{
    static const uint8_t PAYLOAD[1000];
    Segment segment = syn_from(7, frame);
    segment.flags = TCP_ACK;
    segment.sequence += at;
    segment.acknowledgement = acknowledged;
    segment.length = length;
    segment.payload = span_make(PAYLOAD, length);
    segment.time = NS_PER_MS;
    return segment;
}

static void assert_next(StreamTable *table, StreamEventKind kind, int64_t amount)
{
    StreamEvent event;
    ck_assert(stream_table_next(table, &event));
    ck_assert_int_eq(event.kind, kind);
    ck_assert(event.connection->limited);
    ck_assert_int_eq(kind == STREAM_GAP ? event.gap : (int64_t)event.data.length, amount);
    ck_assert(kind != STREAM_GAP || event.reason == REASON_LIMIT);
}

/* Where not even one segment can be held. */
static StreamTable *table_without_room(void)
{
    StreamLimits limits = { .connections = 6400,
                            .held_bytes = 64 * 500,
                            .held_bytes_connection = 20000,
                            .memory = MEMORY_DEFAULT,
                            .pairs = 1000 };
    return stream_table_new(&limits);
}

/* Then it is handed out at once. */
START_TEST(test_no_room_to_hold)
{
    g_autoptr(StreamTable) table = table_without_room();
    Segment syn = syn_from(7, 1), beyond = segment_of(101, 0, 1000, 2),
            ahead = segment_of(1101, 300, 1000, 3);
    StreamEvent event;
    stream_table_feed(table, &syn);
    ck_assert(!stream_table_next(table, &event));
    stream_table_feed(table, &beyond);
    assert_next(table, STREAM_GAP, 100);
    assert_next(table, STREAM_DATA, 1000);
    ck_assert(!stream_table_next(table, &event));
    stream_table_feed(table, &ahead); /* of what it acknowledges */
    assert_next(table, STREAM_DATA, 1000);
    ck_assert(!stream_table_next(table, &event));
    ck_assert_uint_eq(stream_table_held(table), 0);
    ck_assert_uint_eq(stream_table_counters(table)->held_limit, 2);
}
END_TEST

static Segment answer_of(uint8_t flags, uint32_t at, uint32_t acknowledged, uint64_t frame)
{
    Segment segment = segment_of(0, 7 + acknowledged, 0, frame), client = segment;
    segment.source = client.destination;
    segment.destination = client.source;
    segment.source_port = client.destination_port;
    segment.destination_port = client.source_port;
    segment.sequence = at;
    segment.flags = flags;
    return segment;
}

/* Of a SYN that is kept aside its data may not be; then the connection that it opens lacks them. */
START_TEST(test_no_room_to_keep_a_syn)
{
    g_autoptr(StreamTable) table = table_without_room();
    Segment segments[] = { syn_from(7, 1),
                           answer_of(TCP_SYN | TCP_ACK, 0, 1, 2),
                           segment_of(1, 1, 10, 3),
                           answer_of(TCP_ACK, 1, 11, 4),
                           segment_of(900000, 0, 1000, 5),
                           segment_of(901001, 700000, 5, 6) };
    segments[4].flags = TCP_SYN;
    StreamEvent event;
    FrameId first = 0;
    int64_t data = 0, gaps = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++) {
        stream_table_feed(table, &segments[i]);
        while (stream_table_next(table, &event)) {
            first = event.connection->first_frame;
            data += event.kind == STREAM_DATA ? (int64_t)event.data.length : 0;
            gaps += event.kind == STREAM_GAP ? event.gap : 0;
            ck_assert(event.connection->limited == (first == frame_id(1, 5)));
        }
    }
    ck_assert_uint_eq(first, frame_id(1, 5)); /* the second connection */
    ck_assert_int_eq(data, 10 + 5);
    ck_assert_int_eq(gaps, 1000);
}
END_TEST

/* Thousands of segments, each before the one captured last: must take no time worth mentioning. */
START_TEST(test_backwards)
{
    enum { COUNT = 4000 };
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    Segment syn = syn_from(7, 1);
    StreamEvent event;
    stream_table_feed(table, &syn);
    ck_assert(!stream_table_next(table, &event));
    unsigned next = 0;
    for (uint32_t i = COUNT; i-- > 0;) {
        Segment segment = syn_from(7, COUNT - i + 1);
        uint8_t byte = (uint8_t)i;
        segment.flags = TCP_ACK;
        segment.sequence += 1 + i;
        segment.length = 1;
        segment.payload = span_make(&byte, 1);
        segment.time = 0;
        stream_table_feed(table, &segment);
        for (; stream_table_next(table, &event); next++) {
            ck_assert_int_eq(event.kind, STREAM_DATA);
            ck_assert_uint_eq(event.data.bytes[0], (uint8_t)next);
        }
    }
    ck_assert_uint_eq(next, COUNT);
}
END_TEST

static Suite *stream_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, test_row, 0, (int)(G_N_ELEMENTS(ROWS) * G_N_ELEMENTS(ISNS)));
    suite_add_tcase(suite, rows);
    TCase *streams = tcase_create("streams");
    tcase_add_loop_test(streams, test_shuffled_streams, 0, 200);
    suite_add_tcase(suite, streams);
    TCase *bounds = tcase_create("bounds");
    tcase_add_test(bounds, test_eviction_takes_the_longest_idle);
    tcase_add_test(bounds, test_held_bytes_are_bounded);
    tcase_add_test(bounds, test_much_held_leaves_room);
    tcase_add_test(bounds, test_much_drives_out_nobody);
    tcase_add_test(bounds, test_no_room_to_hold);
    tcase_add_test(bounds, test_no_room_to_keep_a_syn);
    tcase_add_test(bounds, test_backwards);
    suite_add_tcase(suite, bounds);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(stream_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

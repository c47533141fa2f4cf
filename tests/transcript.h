/* Conversations as text: what client and server said, line by line, turned into captured frames.
 *
 * A file holds any number of conversations. Lines that begin with `#` are remarks; a line that
 * begins with a blank continues the one before it. A conversation is
 *
 *     === its title, a sentence
 *     rule: the sentence of the rules from which the expectation follows
 *     doubt: why the rules could be read in another way              (optional)
 *     SETTING                                                        (optional)
 *     0.000 >>> GET /a HTTP/1.1 | Host: h
 *     0.010 res: <<< {noack} HTTP/1.1 200 OK | Content-Length: 2 || hi
 *     expect exchange 1: declared=keep-alive outcome_frame=@res
 *
 * A LINE OF THE CONVERSATION has a time in seconds, a label if another line refers to it, the
 * speaker (`>>>` is the client, `<<<` the server), conditions in braces, and the message:
 *
 *     GET /a HTTP/1.1 | Host: h      a head; `|` ends each of its lines, the empty line is added
 *     ... || body                    `||` ends the head; what follows is the body
 *     || more                        body alone, or any bytes
 *     ||*1000 rest                   a body of 1000 filler bytes (and then `rest`)
 *     GET /a HTTP/1.1 | Ho...        a head that is not finished: nothing is added
 *     ONE && OTHER                   two messages in one go (pipelined)
 *     h2 HEADERS 1 end | :method: GET
 *                                    a frame of HTTP/2, as tests/h2_frames.h has it
 *     a^b                            a new segment begins at b
 *     ... + FIN                      the last segment carries the FIN as well
 *     \r \n \t \\ \| \^ \xNN         as in C, and the marks as themselves
 *     FIN, RST, ACK                  segments without data (RST with the ACK flag)
 *     RST-bare                       a RST without ACK flag; its number is what was acknowledged by
 *                                    the latest segment that its sender received
 *     PROBE                          keep-alive or window probe: no data, one number below the next
 *     SYN, SYN-ACK                   a new connection begins; if the first line is one of them, no
 *                                    handshake is added
 *     STRAY-SYN                      a SYN that changes nothing for either side
 *
 * Some segments need not be written. The three segments of the handshake come before the first
 * line. Each side acknowledges everything that has reached it, with its own next segment or 1 ms
 * later with a bare one. Data is cut into segments of 1460 bytes, 10 us apart.
 *
 * CONDITIONS, separated by commas:
 *
 *     blind X         its sender had not received line X yet (nor what came after it)
 *     noack           the other side does not acknowledge this by itself
 *     ack in T        the other side acknowledges it after T seconds
 *     lost [N...]     it arrived, but the capture lacks it (or only segments N)
 *     dropped [N...]  it is in the capture, but never arrived (a RST: somebody else sent it)
 *     vanished [N...] neither
 *     again X         line X (or its segment N: X.N) once more; the line has no message
 *     answers X       RST-bare: the number that line X acknowledged
 *     captured T      the capture has it at time T, although it was sent at its own time
 *     every T         its segments are T seconds apart
 *     mss N           its segments have at most N bytes
 *     win N           the receive window that it offers (65535)
 *     hops N          the hop limit (TTL) that is left (64)
 *     seq +N, ack +N  its numbers are wrong by that (or -N)
 *     isn N           the initial number of this SYN or SYN-ACK
 *
 * SETTINGS:
 *
 *     capture: midstream         the handshake is not in it
 *     capture: only <<<          the other direction is not in it
 *     capture: from T, capture: until T
 *     capture: snap N            bytes kept of each frame
 *     clock: back S at T         the capture's clock is set back by S seconds at T
 *     clock: tick S              it shows whole multiples of S seconds only
 *     clock: none                the packets have no time
 *     distance: client T, distance: server T
 *                                the round trip from the point of capture (0): a line of that side
 *                                knows nothing that was captured less than T before it
 *     isn: client N, isn: server N
 *     other: FROM to UNTIL every STEP
 *                                another client's connection, with a request each STEP seconds
 *     option: NAME VALUE         a threshold of the command line, e.g. prompt-close 3
 *
 * EXPECTATIONS: the expected content of the reports. A value with blanks is in double quotes, an
 * empty value is `""`. `@X` is the frame of line X (`@X.N` that of its segment N). Durations are
 * compared as numbers.
 *
 *     expect exchange N: COLUMN=VALUE COLUMN!=VALUE COLUMN~WORD COLUMN!~WORD ...
 *     expect exchange /TARGET: ...   the one with that request
 *     expect exchange (STATUS): ...  the one with that response and no request
 *     expect exchange ... of connection M: ...
 *     expect connection: ...     expect connection M: ...
 *     expect finding RULE: ...   expect finding RULE of connection M: ...
 *     expect exchanges N         expect connections N           how many rows (not of `other`)
 *
 * A value may name several lines: frames="@a @b".
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <glib.h>

#include "capture/reader.h"

/* The addresses of every conversation; `other` has a client of its own. */
#define TRANSCRIPT_CLIENT "10.0.0.1"
#define TRANSCRIPT_SERVER "10.0.0.2"
#define TRANSCRIPT_OTHER "10.0.0.9"
#define TRANSCRIPT_CLIENT_PORT 40000
#define TRANSCRIPT_SERVER_PORT 80
#define TRANSCRIPT_OTHER_PORT 50000

/* Second 0 of every conversation. */
#define TRANSCRIPT_EPOCH (INT64_C(1700000000) * NS_PER_SECOND)

typedef enum ExpectationSubject {
    EXPECT_EXCHANGE,
    EXPECT_CONNECTION,
    EXPECT_FINDING,
    EXPECT_EXCHANGES,   /* `number` rows */
    EXPECT_CONNECTIONS, /* `number` rows */
} ExpectationSubject;

typedef enum ExpectationKind {
    EXPECT_EQUAL,
    EXPECT_OTHER,   /* it is not this value */
    EXPECT_WORD,    /* the value is one of the column's words */
    EXPECT_NO_WORD, /* it is none of them */
} ExpectationKind;

typedef struct ColumnExpectation {
    ExpectationKind kind;
    char *column;
    char *value; /* labels are frame numbers here */
} ColumnExpectation;

typedef struct Expectation {
    ExpectationSubject subject;
    unsigned connection; /* from 1, in the order of their first frames */
    unsigned number;     /* of the exchange, from 1; or how many rows */
    char *finding;       /* the rule, or NULL */
    char *target;        /* the exchange by its request instead, or NULL */
    char *status;        /* the exchange by its response without request instead, or NULL */
    unsigned line;       /* where it stands in its file */
    GPtrArray *columns;  /* of ColumnExpectation */
} Expectation;

typedef struct TranscriptOption {
    char *name;
    char *value;
} TranscriptOption;

typedef struct Transcript {
    char *file;
    unsigned line;
    char *title;
    char *rule;
    char *doubt;
    Frame *frames; /* in the order of the capture; their bytes belong to the conversation */
    size_t frame_count;
    GPtrArray *options;      /* of TranscriptOption */
    GPtrArray *expectations; /* of Expectation */
} Transcript;

#define TRANSCRIPT_ERROR (transcript_error_quark())
GQuark transcript_error_quark(void);
typedef enum TranscriptError { TRANSCRIPT_ERROR_SYNTAX } TranscriptError;

/* All conversations of a text, in its order; `file` is for messages. NULL and an error that names
 * file and line if one of them cannot be understood. The array frees its conversations. */
GPtrArray *transcripts_parse(const char *text, const char *file, GError **error);

/* The same for every *.txt in a directory, by name. */
GPtrArray *transcripts_load(const char *directory, GError **error);

/* Its frames as a pcap file (Ethernet, microseconds). */
bool transcript_write(const Transcript *transcript, const char *path, GError **error);

void transcript_free(Transcript *transcript);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transcript, transcript_free)

#endif

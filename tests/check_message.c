/* One side of a conversation, piece by piece, and the expected events as text. Each row runs as it
 * stands, in single bytes, and cut in two at every place; the events must be the same. A stamp is
 * printed as frame:offset; the frame is the number of the piece. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/message.h"

typedef enum PieceKind {
    PIECE_NONE,
    PIECE_DATA,  /* begins a segment */
    PIECE_MORE,  /* does not */
    PIECE_WHOLE, /* a segment that is never cut: its first bytes together decide */
    PIECE_GAP,
    PIECE_CALL,
} PieceKind;

typedef enum Call { CALL_FINISH, CALL_REFUSED, CALL_OPAQUE, CALL_RESUME } Call;

typedef struct Piece {
    PieceKind kind;
    const char *text;
    size_t length;
    Reason reason;
    Call call;
} Piece;

#define DATA(bytes)                                                                                \
    {                                                                                              \
        .kind = PIECE_DATA, .text = bytes, .length = sizeof(bytes) - 1                             \
    }
#define MORE(bytes)                                                                                \
    {                                                                                              \
        .kind = PIECE_MORE, .text = bytes, .length = sizeof(bytes) - 1                             \
    }
#define WHOLE(bytes)                                                                               \
    {                                                                                              \
        .kind = PIECE_WHOLE, .text = bytes, .length = sizeof(bytes) - 1                            \
    }
#define GAP(bytes)                                                                                 \
    {                                                                                              \
        .kind = PIECE_GAP, .length = bytes, .reason = REASON_LOSS                                  \
    }
#define CUT(bytes)                                                                                 \
    {                                                                                              \
        .kind = PIECE_GAP, .length = bytes, .reason = REASON_SNAPLEN                               \
    }
#define CALL(what)                                                                                 \
    {                                                                                              \
        .kind = PIECE_CALL, .call = what                                                           \
    }
#define FIN CALL(CALL_FINISH)

#define PIECES_MAX 6

typedef struct Row {
    const char *name;
    HeadKind kind;
    const char *method; /* that responses answer; "junk": junk is a body */
    ReasonSet sought;
    Piece pieces[PIECES_MAX];
    const char *events;
} Row;

static const Row ROWS[] = {
    /* Whole messages */
    { "a request",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET / HTTP/1.1\r\nHost: a\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:26 GET /\nEND 1:0-1:26\n" },
    { "two pipelined requests",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:18 GET /a\nEND 1:0-1:18\n"
      "BEGIN 1:19\nHEAD 1:19-1:37 GET /b\nEND 1:19-1:37\n" },
    { "a head in two segments",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET / HT"), DATA("TP/1.0\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-2:17 GET /\nEND 1:0-2:17\n" },
    { "a counted body, then another request",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"),
        DATA("cdeGET /x HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 POST /\nEND 1:0-2:42\n"
      "BEGIN 2:43\nHEAD 2:43-2:61 GET /x\nEND 2:43-2:61\n" },
    { "a body of no bytes",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\nEND 1:0-1:37\n" },
    { "interim and final response",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:24 100\nEND 1:0-1:24\n"
      "BEGIN 1:25\nHEAD 1:25-1:43 204\nEND 1:25-1:43\n" },
    { "the answer to HEAD has no body",
      HEAD_RESPONSE,
      "HEAD",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 N\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\nEND 1:0-1:37\n"
      "BEGIN 1:38\nHEAD 1:38-1:55 304\nEND 1:38-1:55\n" },
    { "chunks and a trailer",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"a;b\"\r\nhello\r\n"),
        DATA("0\r\nX: y\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nEND 1:0-2:75\n" },
    { "a forbidden trailer is noted",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nEND 1:0-1:70 notes 2\n" },
    { "until close, ended by a FIN",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.0 200 OK\r\n\r\n"), DATA("abc"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:18 200\nEND 1:0-2:21\n" },
    { "until close with an empty body",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.0 200 OK\r\n\r\n"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:18 200\nEND 1:0-1:18\n" },
    { "until close, not ended",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.0 200 OK\r\n\r\nabc") },
      "BEGIN 1:0\nHEAD 1:0-1:18 200\n; in message\n" },
    { "zero chunk seen, the rest cut off by the end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nEND 1:0-1:49\n" },
    { "zero chunk without its line end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\n; in message, lacks bytes\n" },
    { "a counted body cut off by the end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\n; in message, lacks bytes\n" },
    { "empty lines before requests",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("\r\nGET / HTTP/1.1\r\n\r\n\r\n\n"), DATA("GET /2 HTTP/1.1\r\n\r\n") },
      "BEGIN 1:2\nHEAD 1:2-1:19 GET / leading\nEND 1:2-1:19\n"
      "BEGIN 2:23\nHEAD 2:23-2:41 GET /2 leading\nEND 2:23-2:41\n" },
    { "nothing but an empty line", HEAD_REQUEST, NULL, 0, { DATA("\r\n"), FIN }, "" },
    { "one letter of a request",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("G"), FIN },
      "BEGIN 1:0\n; in message, lacks bytes\n" },
    { "one letter of an unknown word",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("Z"), FIN },
      "; lacks bytes\n" },
    { "an unknown method",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("BREW /pot HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:21 BREW /pot\nEND 1:0-1:21\n" },
    { "four letters of a status line",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP"), FIN },
      "; lacks bytes\n" },
    { "five letters of a status line",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/"), FIN },
      "BEGIN 1:0\n; in message, lacks bytes\n" },
    { "HTTP/0.9",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET /x\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:7 GET /x\nEND 1:0-1:7\n" },
    { "a response without head, taken as body",
      HEAD_RESPONSE,
      "junk",
      0,
      { DATA("<html>"), DATA("x"), FIN },
      "JUNK 1:0 malformed\nEND 1:0-2:6\n" },
    /* Other protocols, and faults */
    { "TLS",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("\x16\x03\x01\x02\x00\x01\x00"), DATA("GE"), DATA("\x17\x03\x03") },
      "JUNK 1:0 malformed\n; seeking\n" },
    { "SSH",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("SSH-2.0-OpenSSH_9.2\r\n"), DATA("\0\0\x05") },
      "JUNK 1:0 malformed\n; seeking\n" },
    { "FTP",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("PASS secret\r\n") },
      "JUNK 1:0 malformed\n; seeking\n" },
    { "the preface of HTTP/2",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
      "JUNK 1:0 malformed\n; seeking\n" },
    { "junk, then a request where a segment begins",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("\x80\x80GET /a HTTP/1.1\r\n\r\n"), MORE("GET /b HTTP/1.1\r\n\r\n"),
        DATA("GET /c HTTP/1.1\r\n\r\n") },
      "JUNK 1:0 malformed\nBEGIN 3:40 sought\nHEAD 3:40-3:58 GET /c sought\nEND 3:40-3:58\n" },
    { "an empty line before a response is none of it",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("\r\n"), DATA("HTTP/1.1 204 No\r\n\r\n") },
      "JUNK 1:0 malformed\nBEGIN 2:2 sought\nHEAD 2:2-2:20 204 sought\nEND 2:2-2:20\n" },
    { "a bad chunk size",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nJUNK 1:54 begun in body malformed notes 1\n; seeking\n" },
    { "a body of unknowable length",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc"), DATA("GET / HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 POST /\n"
      "BEGIN 2:41 sought\nHEAD 2:41-2:58 GET / sought\nEND 2:41-2:58\n" },
    /* Gaps */
    { "a gap inside a counted body",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"), GAP(5), DATA("xyz") },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\nEND 1:0-3:46\n" },
    { "a gap up to the body's end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"), GAP(8),
        DATA("HTTP/1.1 204 N\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\nEND 1:0-2:46 missing\n"
      "BEGIN 3:47\nHEAD 3:47-3:64 204\nEND 3:47-3:64\n" },
    { "a gap beyond the body's end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"), CUT(10),
        DATA("HTTP/1.1 204 N\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 200\nEND 1:0-2:46 missing\nLOST 2:47 snaplen\n"
      "BEGIN 3:49 sought\nHEAD 3:49-3:66 204 sought\nEND 3:49-3:66\n" },
    { "a gap inside a head",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET / HTTP/1.1\r\nHo"), GAP(5), DATA("\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:17 GET / cut\nLOST 1:0 begun loss\n; seeking\n" },
    { "a gap inside a start line",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET / HTTP/1.1\r"), GAP(5), DATA("\r\n\r\n") },
      "BEGIN 1:0\nLOST 1:0 begun loss\n; seeking\n" },
    { "a gap behind a line without version",
      HEAD_REQUEST,
      NULL,
      0,
      { WHOLE("GET /x\r\nHo"), GAP(5), DATA("\r\n\r\n") },
      "BEGIN 1:0\nLOST 1:0 begun loss\n; seeking\n" },
    { "a gap inside chunk data",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\na"), GAP(8),
        DATA("\r\n0\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nEND 1:0-3:65\n" },
    { "a gap over a chunk's end",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\na"), GAP(9),
        DATA("\n0\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nLOST 1:0 begun in body loss\n; seeking\n" },
    { "a gap in a trailer",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX"), GAP(3),
        DATA("\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 200\nLOST 1:0 begun in body loss\n; seeking\n" },
    { "a gap between messages",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("GET /a HTTP/1.1\r\n\r\n"), GAP(7), DATA("GET /b HTTP/1.1\r\n\r\n"),
        DATA("GET /c HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:18 GET /a\nEND 1:0-1:18\nLOST 2:19 loss\n"
      "BEGIN 3:26 sought\nHEAD 3:26-3:44 GET /b sought\nEND 3:26-3:44\n"
      "BEGIN 4:45\nHEAD 4:45-4:63 GET /c\nEND 4:45-4:63\n" },
    { "gaps while seeking are one loss",
      HEAD_REQUEST,
      NULL,
      0,
      { GAP(7), DATA("GET / HT"), GAP(1), DATA("x"), CUT(3), DATA("GET / HTTP/1.1\r\n\r\n") },
      "LOST 1:0 loss\nBEGIN 6:20 sought\nHEAD 6:20-6:37 GET / sought\nEND 6:20-6:37\n" },
    { "a gap until close",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.0 200 OK\r\n\r\n"), GAP(5), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:18 200\nEND 1:0-2:23 missing\n" },
    { "a gap and more until close",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.0 200 OK\r\n\r\n"), GAP(5), DATA("x"), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:18 200\nEND 1:0-3:24\n" },
    /* Beginning in the middle */
    { "mid-stream, the first segment begins no message",
      HEAD_EITHER,
      "GET",
      REASON_MIDSTREAM,
      { DATA("abc\r\nGET / HTTP/1.1\r\n\r\n"), DATA("GET /b HTTP/1.1\r\n"), DATA("\r\n") },
      "BEGIN 2:23 sought\nHEAD 2:23-3:41 GET /b sought\nEND 2:23-3:41\n" },
    { "mid-stream, a response",
      HEAD_EITHER,
      "GET",
      REASON_MIDSTREAM,
      { DATA("HTTP/1.1 204 N\r\n\r\n") },
      "BEGIN 1:0 sought\nHEAD 1:0-1:17 204 sought\nEND 1:0-1:17\n" },
    { "mid-stream, a line that begins like one",
      HEAD_REQUEST,
      NULL,
      REASON_MIDSTREAM,
      { DATA("GET it now,"), DATA(" or later\r\n") },
      "; seeking\n" },
    /* What the other direction decides ------------------------------------------------------- */
    { "a body that was never sent",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n"), CALL(CALL_REFUSED),
        DATA("GET /b HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:38 POST /\nEND 1:0-1:38\n"
      "BEGIN 3:39\nHEAD 3:39-3:57 GET /b\nEND 3:39-3:57\n" },
    { "a body sent in spite of the refusal",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"), CALL(CALL_REFUSED), DATA("a b") },
      "BEGIN 1:0\nHEAD 1:0-1:37 POST /\nEND 1:0-3:40\n" },
    { "a body that was never sent, in chunks, before a method of one's own",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), CALL(CALL_REFUSED),
        DATA("PURGE /b HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 POST /\nEND 1:0-1:46\n"
      "BEGIN 3:47\nHEAD 3:47-3:67 PURGE /b\nEND 3:47-3:67\n" },
    { "a refused body whose first line is hardly one of a request",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\n"), CALL(CALL_REFUSED),
        DATA("PURGE /b HTTP/1.x\n"), DATA("GET /c HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:38 POST /\nEND 1:0-3:56\n"
      "BEGIN 4:57\nHEAD 4:57-4:75 GET /c\nEND 4:57-4:75\n" },
    { "a refused body in chunks, whose size looks like a word",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), CALL(CALL_REFUSED),
        DATA("a\r\n0123456789\r\n0\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:46 POST /\nEND 1:0-3:66\n" },
    { "a gap behind a word that may be of a refused body, or of what follows it",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"), CALL(CALL_REFUSED), DATA("word"),
        GAP(5), DATA("GET /c HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:37 POST /\nLOST 1:0 begun in body loss\n"
      "BEGIN 5:47 sought\nHEAD 5:47-5:65 GET /c sought\nEND 5:47-5:65\n" },
    { "a refusal in the middle of the body",
      HEAD_REQUEST,
      NULL,
      0,
      { DATA("POST / HTTP/1.1\r\nContent-Length: 21\r\n\r\nab"), CALL(CALL_REFUSED),
        DATA("GET /b HTTP/1.1\r\n\r\n") },
      "BEGIN 1:0\nHEAD 1:0-1:38 POST /\nEND 1:0-3:59\n" },
    { "101 and what follows",
      HEAD_RESPONSE,
      "GET",
      0,
      { DATA("HTTP/1.1 101 S\r\n\r\nHTTP/1.1 200 no\r\n\r\n"), GAP(4), FIN },
      "BEGIN 1:0\nHEAD 1:0-1:17 101\nEND 1:0-1:17\n" },
    { "a client told to be opaque, and back",
      HEAD_REQUEST,
      NULL,
      0,
      { CALL(CALL_OPAQUE), CALL(CALL_RESUME), DATA("GET / HTTP/1.1\r\n\r\n") },
      "BEGIN 3:0\nHEAD 3:0-3:17 GET /\nEND 3:0-3:17\n" },
    { "back after bytes",
      HEAD_REQUEST,
      NULL,
      0,
      { CALL(CALL_OPAQUE), DATA("x"), CALL(CALL_RESUME), DATA("GET / HTTP/1.1\r\n\r\n") },
      "BEGIN 4:1 sought\nHEAD 4:1-4:18 GET / sought\nEND 4:1-4:18\n" },
};

/* What the events say, as text ----------------------------------------------------------------- */

static void print_stamp(GString *text, const char *before, const Stamp *stamp)
{
    g_string_append_printf(text, "%s%u:%d", before, (unsigned)frame_number(stamp->frame),
                           (int)stamp->offset);
    ck_assert_int_eq(stamp->time, (Nanoseconds)frame_number(stamp->frame) * NS_PER_MS);
}

static void print_head(GString *text, const Head *head)
{
    if (head->kind == HEAD_RESPONSE)
        g_string_append_printf(text, " %d", head->status);
    else
        g_string_append_printf(text, " %.*s %.*s", (int)head->method.length,
                               (const char *)head->method.bytes, (int)head->target.length,
                               (const char *)head->target.bytes);
    if (head->notes & HEAD_LEADING_LINES)
        g_string_append(text, " leading");
    if (head->notes & HEAD_INCOMPLETE)
        g_string_append(text, " cut");
}

static void print_event(GString *text, const MessageEvent *event, MessageEventKind kind,
                        const MessageReader *reader)
{
    static const char *const names[] = { "BEGIN", "HEAD", "END", "JUNK", "LOST" };
    bool ended = kind == MESSAGE_END || kind == MESSAGE_JUNK;
    g_string_append(text, names[kind]);
    print_stamp(text, " ", &event->first);
    ck_assert_int_eq(event->first_place, event->first.offset);
    if (kind == MESSAGE_HEAD || kind == MESSAGE_END) {
        print_stamp(text, "-", &event->last);
        ck_assert_int_eq(event->last_place, event->last.offset);
    }
    if (kind == MESSAGE_HEAD)
        print_head(text, &event->head);
    if ((kind == MESSAGE_BEGIN || kind == MESSAGE_HEAD) && event->sought)
        g_string_append(text, " sought");
    if (kind == MESSAGE_JUNK || kind == MESSAGE_LOST)
        g_string_append_printf(text, "%s%s %s", event->begun ? " begun" : "",
                               event->in_body ? " in body" : "", reason_name(event->reason));
    if (event->end_missing)
        g_string_append(text, " missing");
    if (ended && message_reader_chunk_notes(reader))
        g_string_append_printf(text, " notes %u", message_reader_chunk_notes(reader));
    g_string_append_c(text, '\n');
}

static bool has_head(const MessageEvent *event)
{
    return event->kind == MESSAGE_HEAD || (event->kind == MESSAGE_BEGIN && event->with_head);
}

/* A BEGIN that the next event takes back depends on where the segments were cut. */
static void forget_begin(GString *text, MessageEvent *event)
{
    const char *line = text->len > 1 ? g_strrstr_len(text->str, (gssize)text->len - 1, "\n") : NULL;
    line = line ? line + 1 : text->str;
    if (event->kind != MESSAGE_JUNK || !event->begun || !g_str_has_prefix(line, "BEGIN"))
        return;
    g_string_truncate(text, (gsize)(line - text->str));
    event->begun = false;
}

static void take_events(MessageReader *reader, const Row *row, GString *text)
{
    static MessageEvent event;
    while (message_reader_next(reader, &event)) {
        forget_begin(text, &event);
        print_event(text, &event, event.kind, reader);
        if (event.kind == MESSAGE_BEGIN && event.with_head)
            print_event(text, &event, MESSAGE_HEAD, reader);
        if (has_head(&event)) {
            BodyFraming framing = event.head.kind == HEAD_REQUEST
                                      ? framing_of_request(&event.head)
                                      : framing_of_response(&event.head, span_of_text(row->method));
            message_reader_body(reader, &framing);
        } else if (event.kind == MESSAGE_JUNK && g_strcmp0(row->method, "junk") == 0) {
            message_reader_body(reader, &(BodyFraming){ .kind = BODY_UNTIL_CLOSE });
        }
    }
}

static void print_state(GString *text, const MessageReader *reader)
{
    const char *separator = "; ";
    const struct {
        bool is;
        const char *word;
    } states[] = {
        { message_reader_in_message(reader), "in message" },
        { message_reader_lacks_bytes(reader), "lacks bytes" },
        { message_reader_seeking(reader), "seeking" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        if (!states[i].is)
            continue;
        g_string_append_printf(text, "%s%s", separator, states[i].word);
        separator = ", ";
    }
    if (*separator == ',')
        g_string_append_c(text, '\n');
}

static void call(MessageReader *reader, Call what)
{
    switch (what) {
    case CALL_FINISH:
        message_reader_finish(reader);
        break;
    case CALL_REFUSED:
        message_reader_body_refused(reader);
        break;
    case CALL_OPAQUE:
        message_reader_opaque(reader);
        break;
    case CALL_RESUME:
        message_reader_resume(reader);
        break;
    }
}

/* A unit of clear text, whose places are offsets. */
static SessionUnit clear_unit(Span data, Stamp first, bool segment_start)
{
    SessionUnit unit = { .kind = SESSION_DATA,
                         .place = first.offset,
                         .length = (int64_t)data.length,
                         .data = data,
                         .first = first,
                         .last = first,
                         .by_byte = true,
                         .segment_start = segment_start };
    unit.last.offset += unit.length - 1;
    return unit;
}

static SessionUnit clear_gap(int64_t length, Reason reason, Stamp first)
{
    SessionUnit unit = clear_unit((Span){ 0 }, first, false);
    unit.kind = SESSION_GAP;
    unit.length = length;
    unit.last.offset += length;
    unit.reason = reason;
    return unit;
}

/* Feeds `length` bytes of a piece from memory that ends with them. */
static void feed_data(MessageReader *reader, const Row *row, const Piece *piece, size_t from,
                      size_t length, Stamp stamp, GString *text)
{
    if (length == 0)
        return;
    g_autofree uint8_t *copy = g_memdup2(piece->text + from, length);
    stamp.offset += (int64_t)from;
    SessionUnit unit =
        clear_unit(span_make(copy, length), stamp, from == 0 && piece->kind != PIECE_MORE);
    message_reader_feed(reader, &unit);
    take_events(reader, row, text);
}

/* Cut at `cut` (of all bytes), or in pieces of one byte if it is negative. */
static char *run(const Row *row, int64_t cut)
{
    g_auto(MessageReader) storage = { 0 };
    MessageReader *reader = &storage;
    message_reader_init(reader, row->kind, row->sought);
    GString *text = g_string_new(NULL);
    int64_t offset = 0;
    for (unsigned i = 0; i < PIECES_MAX && row->pieces[i].kind; i++) {
        const Piece *piece = &row->pieces[i];
        Stamp stamp = { .frame = frame_id(0, i + 1),
                        .time = (i + 1) * NS_PER_MS,
                        .offset = offset };
        if (piece->kind == PIECE_CALL) {
            call(reader, piece->call);
            take_events(reader, row, text);
        } else if (piece->kind == PIECE_GAP) {
            SessionUnit gap = clear_gap((int64_t)piece->length, piece->reason, stamp);
            message_reader_feed(reader, &gap);
            take_events(reader, row, text);
        } else if (piece->kind == PIECE_WHOLE) {
            feed_data(reader, row, piece, 0, piece->length, stamp, text);
        } else if (cut < 0) {
            for (size_t at = 0; at < piece->length; at++)
                feed_data(reader, row, piece, at, 1, stamp, text);
        } else {
            size_t at = (size_t)CLAMP(cut - offset, 0, (int64_t)piece->length);
            feed_data(reader, row, piece, 0, at, stamp, text);
            feed_data(reader, row, piece, at, piece->length - at, stamp, text);
        }
        offset += (int64_t)piece->length;
    }
    print_state(text, reader);
    return g_string_free(text, FALSE);
}

START_TEST(test_events)
{
    const Row *row = &ROWS[_i];
    g_autofree char *whole = run(row, 0);
    ck_assert_msg(g_str_equal(whole, row->events), "%s:\n%s", row->name, whole);
    int64_t length = 0;
    for (unsigned i = 0; i < PIECES_MAX; i++)
        length += (int64_t)row->pieces[i].length;
    for (int64_t cut = -1; cut < length; cut++) {
        g_autofree char *again = run(row, cut);
        ck_assert_msg(g_str_equal(again, row->events), "%s, cut %d:\n%s", row->name, (int)cut,
                      again);
    }
}
END_TEST

/* The first event that is no BEGIN, of a head fed in pieces of `step` bytes. */
static const MessageEvent *first_after_begin(MessageReader *reader, const GString *head,
                                             size_t step)
{
    static MessageEvent event;
    for (size_t at = 0; at < head->len; at += step) {
        Stamp stamp = { .frame = 1 + at, .offset = (int64_t)at };
        size_t length = MIN(step, head->len - at);
        SessionUnit unit = clear_unit(span_make(head->str + at, length), stamp, true);
        message_reader_feed(reader, &unit);
        while (message_reader_next(reader, &event))
            if (event.kind != MESSAGE_BEGIN || event.with_head)
                return &event;
    }
    return NULL;
}

static MessageEventKind kind_of(const MessageEvent *event)
{
    return has_head(event) ? MESSAGE_HEAD : event->kind;
}

/* `start`, zeros, `end`: `size` bytes. */
static GString *padded(const char *start, const char *end, size_t size)
{
    GString *text = g_string_new(start);
    while (text->len + strlen(end) < size)
        g_string_append_c(text, '0');
    return g_string_append(text, end);
}

static const struct {
    const char *start, *end;
    size_t size;
    MessageEventKind kind;
    Reason reason;
} BOUNDS[] = {
    { "GET / HTTP/1.1\r\nX: ", "\r\n\r\n", HEAD_BYTES_MAX, MESSAGE_HEAD, 0 },
    { "GET / HTTP/1.1\r\nX: ", "\r\n\r\n", HEAD_BYTES_MAX + 1, MESSAGE_JUNK, REASON_LIMIT },
    { "GET /", " HTTP/1.1\r\n\r\n", HEAD_BYTES_MAX, MESSAGE_HEAD, 0 },
    { "GET /", " HTTP/1.1\r\n\r\n", HEAD_BYTES_MAX + 20, MESSAGE_JUNK, REASON_LIMIT },
    { "GET /", " HTTP/2.0\r\n\r\n", HEAD_BYTES_MAX, MESSAGE_JUNK, REASON_MALFORMED },
    { "MINE /", " HTTP/1.1\r\n\r\n", HEAD_BYTES_MAX, MESSAGE_HEAD, 0 },
    { "MINE", " / HTTP/1.1\r\n\r\n", HEAD_BYTES_MAX, MESSAGE_JUNK, REASON_MALFORMED },
};

START_TEST(test_bounds)
{
    static const size_t steps[] = { 1, 7, 1460, HEAD_BYTES_MAX, 2 * HEAD_BYTES_MAX };
    g_autoptr(GString) text = padded(BOUNDS[_i].start, BOUNDS[_i].end, BOUNDS[_i].size);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_auto(MessageReader) storage = { 0 };
        MessageReader *reader = &storage;
        message_reader_init(reader, HEAD_REQUEST, 0);
        const MessageEvent *event = first_after_begin(reader, text, steps[i]);
        ck_assert_ptr_nonnull(event);
        ck_assert_msg(kind_of(event) == BOUNDS[_i].kind, "step %zu: %d", steps[i], event->kind);
        ck_assert_int_eq(event->reason, BOUNDS[_i].reason);
        ck_assert_int_eq(event->first.offset, 0);
        if (has_head(event))
            ck_assert_int_eq(event->last.offset, (int64_t)BOUNDS[_i].size - 1);
    }
}
END_TEST

/* The line that decides may be one of those that there is no room for. */
START_TEST(test_field_bound)
{
    static const size_t steps[] = { 1, 1460, HEAD_BYTES_MAX };
    g_autoptr(GString) text = g_string_new("GET / HTTP/1.1\r\n");
    for (int i = 0; i < HEAD_FIELDS_MAX - 1 + _i; i++)
        g_string_append(text, "A: b\r\n");
    g_string_append(text, "Connection: close\r\n\r\n");
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_auto(MessageReader) storage = { 0 };
        MessageReader *reader = &storage;
        message_reader_init(reader, HEAD_REQUEST, 0);
        const MessageEvent *event = first_after_begin(reader, text, steps[i]);
        ck_assert_ptr_nonnull(event);
        ck_assert_int_eq(kind_of(event), _i ? MESSAGE_JUNK : MESSAGE_HEAD);
        ck_assert_int_eq(event->reason, _i ? REASON_LIMIT : 0);
    }
}
END_TEST

/* Rejected after its BEGIN or its HEAD, a message leaves nothing, and the next one is sought. */
START_TEST(test_rejection)
{
    static MessageEvent event;
    Span request = span_of_text("GET / HTTP/1.1\r\n\r\n");
    ReasonSet sought = _i & 1 ? REASON_LOSS : 0;
    g_auto(MessageReader) storage = { 0 };
    MessageReader *reader = &storage;
    message_reader_init(reader, HEAD_REQUEST, sought);
    SessionUnit unit = clear_unit(request, (Stamp){ .frame = 1 }, true);
    message_reader_feed(reader, &unit);
    ck_assert(message_reader_next(reader, &event));
    ck_assert_int_eq(event.kind, MESSAGE_BEGIN);
    ck_assert(event.with_head);
    ck_assert_int_eq(event.sought, sought);
    if (_i & 2)
        message_reader_body(reader, &(BodyFraming){ .kind = BODY_LENGTH, .length = 9 });
    message_reader_reject(reader);
    ck_assert(!message_reader_next(reader, &event));
    ck_assert(message_reader_seeking(reader) && !message_reader_in_message(reader));
    Stamp second = { .frame = 2, .offset = (int64_t)request.length };
    unit = clear_unit(request, second, true);
    message_reader_feed(reader, &unit);
    ck_assert(message_reader_next(reader, &event));
    ck_assert_int_eq(event.kind, MESSAGE_BEGIN);
    ck_assert_int_eq(event.first.offset, second.offset);
    ck_assert_int_eq(event.sought, sought ? sought : REASON_MALFORMED);
}
END_TEST

/* Where another message stands instead of the body, the message ends with its head, also if both
 * came in one segment, and in a later segment than what was before. */
START_TEST(test_no_body_in_one_segment)
{
    static MessageEvent event;
    static const char *const head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    g_autofree char *both = g_strconcat(head, "HTTP/1.1 304 N\r\n\r\n", NULL);
    g_auto(MessageReader) storage = { 0 };
    message_reader_init(&storage, HEAD_RESPONSE, 0);
    SessionUnit first =
        clear_unit(span_of_text("HTTP/1.1 204 N\r\n\r\n"), (Stamp){ .frame = 1 }, true);
    message_reader_feed(&storage, &first);
    while (message_reader_next(&storage, &event)) {
    }
    SessionUnit second =
        clear_unit(span_of_text(both), (Stamp){ .frame = 2, .offset = first.length }, true);
    message_reader_feed(&storage, &second);
    ck_assert(message_reader_next(&storage, &event) && event.with_head);
    message_reader_body(&storage, &(BodyFraming){ .kind = BODY_LENGTH, .length = 9 });
    message_reader_body_refused(&storage);
    ck_assert(message_reader_next(&storage, &event));
    ck_assert_int_eq(event.kind, MESSAGE_END);
    ck_assert_uint_eq(event.last.frame, 2);
    ck_assert_int_eq(event.last.offset, first.length + (int64_t)strlen(head) - 1);
    ck_assert_int_eq(event.last_place, event.last.offset);
    ck_assert(message_reader_next(&storage, &event));
    ck_assert_int_eq(event.kind, MESSAGE_BEGIN);
    ck_assert_int_eq(event.head.status, 304);
}
END_TEST

int main(void)
{
    TCase *events = tcase_create("events");
    tcase_add_loop_test(events, test_events, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(events, test_bounds, 0, G_N_ELEMENTS(BOUNDS));
    tcase_add_loop_test(events, test_field_bound, 0, 2);
    tcase_add_loop_test(events, test_rejection, 0, 4);
    tcase_add_test(events, test_no_body_in_one_segment);
    Suite *suite = suite_create("message");
    suite_add_tcase(suite, events);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

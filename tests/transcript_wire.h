/* The lower half of the conversation builder: two small TCPs turn the parsed lines into frames. For
 * transcript.c only. */
#ifndef TRANSCRIPT_WIRE_H
#define TRANSCRIPT_WIRE_H

#include "transcript.h"

enum { WIRE_CLIENT = 0, WIRE_SERVER = 1 };

typedef enum WireKind {
    WIRE_DATA, /* `payload`, which may be empty: a bare ACK */
    WIRE_SYN,
    WIRE_SYN_ACK,
    WIRE_STRAY_SYN,
    WIRE_RST,
    WIRE_RST_BARE,
    WIRE_PROBE,
    WIRE_AGAIN,
} WireKind;

typedef enum WireFate {
    WIRE_NORMAL,
    WIRE_LOST,     /* arrived, not captured */
    WIRE_DROPPED,  /* captured, not arrived */
    WIRE_VANISHED, /* neither */
} WireFate;

typedef struct WireLine {
    unsigned number; /* of the line in its file; 0: added by the builder */
    Nanoseconds time;
    int side;
    char *label; /* NULL: none */
    WireKind kind;
    bool fin;
    GByteArray *payload;
    GArray *splits; /* of size_t: offsets in the payload where a segment begins, ascending */
    WireFate frame_result;
    uint64_t fate_segments; /* bit N - 1: segment N; 0: all */
    bool no_ack;
    Nanoseconds ack_delay;         /* -1: as usual */
    char *blind, *again, *answers; /* labels, or NULL */
    bool has_captured;
    Nanoseconds captured;
    Nanoseconds every;
    size_t segment_max;
    int64_t window; /* -1: as usual */
    int64_t hops;   /* 0: as usual */
    int64_t sequence_shift, acknowledgement_shift;
    bool has_initial;
    uint32_t initial;
    bool other; /* belongs to the other client's connection */
} WireLine;

typedef struct WireSettings {
    bool midstream;
    int only; /* -1: both directions */
    bool has_from, has_until;
    Nanoseconds from, until;
    size_t snap;                       /* 0: all */
    Nanoseconds set_back, set_back_at; /* 0: never */
    Nanoseconds tick;                  /* 0: a good clock */
    bool no_times;
    Nanoseconds distance[2];
    uint32_t initial[2];
} WireSettings;

WireLine *wire_line_new(void);
void wire_line_free(WireLine *line);

/* The segments of a conversation, from its lines (of WireLine) to its frames. */
typedef struct Wire Wire;

/* Returns NULL and an error that names the line if a line refers to a label that no line before it
 * has. */
Wire *wire_build(GPtrArray *lines, const WireSettings *settings, GError **error);

/* The frames in the order of the capture, as Transcript has them. Their bytes belong to the
 * caller. */
Frame *wire_take_frames(Wire *wire, size_t *ret_count);

/* The number of the frame of `label` (or `label.N`), the first one captured; 0 if there is none. */
uint64_t wire_frame_of(const Wire *wire, const char *label);

void wire_free(Wire *wire);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wire, wire_free)

#endif

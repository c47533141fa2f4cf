/* Captures in memory, for tests that alter them, and the verdicts that the program gives on them.
 *
 * Each frame knows its origin: its place in the capture that was loaded. Removing, doubling or
 * moving a frame changes the numbers of other frames, but no origin. So the rows of two analyses
 * can be compared. */
#ifndef TESTS_RECORDING_H
#define TESTS_RECORDING_H

#include <glib.h>

#include "audit/engine.h"

typedef struct Take {
    Frame frame; /* its bytes belong to the recording that loaded it */
    size_t origin;
} Take;

typedef struct Recording {
    char *name;
    GArray *takes;     /* of Take */
    GPtrArray *memory; /* the memory of their bytes */
    bool numbered;     /* the frames keep their ids; otherwise verdicts_of() numbers them again */
} Recording;

/* Without takes. */
Recording *recording_new(const char *name);
void recording_append(Recording *recording, const Frame *frame, size_t origin);
/* Ends the program with a message if the file cannot be read. */
Recording *recording_load(const char *path);
/* Every capture in samples/, by name. */
GPtrArray *recordings_of_samples(void);
/* A copy with the same frames; their bytes belong to the original, which must live as long. */
Recording *recording_copy(const Recording *recording);
/* Bytes that live as long as the recording. */
uint8_t *recording_bytes(Recording *recording, size_t size);
void recording_free(Recording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recording, recording_free)

static inline Take *recording_take(const Recording *recording, size_t at)
{
    return &g_array_index(recording->takes, Take, at);
}

/* Sorts by time; frames of equal time keep their order. */
void recording_sort(Recording *recording);

/* Puts a mark, a number below 65,536, into all addresses of a recording. Recordings with different
 * marks then share no endpoints. Works for IPv4 and IPv6 directly above the link layer. */
void recording_mark_addresses(Recording *recording, unsigned mark);

/* Joins all recordings, in the order of time. Each is marked with its place in the list and moved
 * so that it begins `step` after the one before it. Origins are places in the whole. */
Recording *recordings_merge(const GPtrArray *recordings, Nanoseconds step);

#define NO_ORIGIN SIZE_MAX

typedef struct VerdictRow {
    RowKind kind;
    char *endpoints;          /* CONNECTION: both, in a fixed order */
    char *host;               /* CONNECTION: NULL: none, or not wanted */
    size_t first, last;       /* CONNECTION: origins of its first and last frame */
    size_t request, response; /* EXCHANGE: origins of their first bytes; NO_ORIGIN: none */
    Verdict verdict;
    Cause cause;
    Nanoseconds idle; /* CONNECTION: -1: none */
    bool midstream;   /* CONNECTION */
    Judgement judgement;
    Exchange exchange; /* without its text */
} VerdictRow;

typedef struct Verdicts {
    GArray *rows; /* of VerdictRow */
    AuditCounters counters;
    StreamCounters streams;
} Verdicts;

/* NULL: those by default, without texts. */
Verdicts *verdicts_of(const Recording *recording, const EngineOptions *options);
void verdicts_free(Verdicts *verdicts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verdicts, verdicts_free)

/* Compares rows. Each row of `after` is compared with the row of `before` that has its first frames
 * or, for connections, the same endpoints at the same time. */
typedef struct Changes {
    unsigned same, undetermined; /* made undetermined */
    /* another verdict, or a verdict on a row that did not exist before */
    unsigned turned;
    unsigned vanished; /* rows of connections that have no counterpart any more */
    unsigned settled;  /* undetermined before, a verdict now */
    /* the same verdict with another cause (undetermined ones not counted) */
    unsigned named_otherwise;
} Changes;

/* Adds to *changes. Names in `text` the rows that turned, settled or vanished (NULL: does not). */
void verdicts_compare(const Verdicts *before, const Verdicts *after, Changes *changes,
                      GString *text);

#endif

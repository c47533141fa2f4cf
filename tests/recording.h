/* Captures in memory, for tests that alter them, and the verdicts that the program gives on them.
 *
 * Each frame knows where it comes from: its origin, the place in the capture that was loaded. A frame that is
 * removed, doubled or moved changes the numbers of others, but no origin, so that the rows of two analyses
 * can be held against each other. */
#ifndef TESTS_RECORDING_H
#define TESTS_RECORDING_H

#include <glib.h>

#include "analyze.h"

typedef struct Take {
    Frame frame; /* its bytes belong to the recording that loaded it */
    size_t origin;
} Take;

typedef struct Recording {
    char *name;
    GArray *takes;     /* of Take */
    GPtrArray *memory; /* of what their bytes are */
    bool numbered;     /* the frames keep their ids; else verdicts_of() counts them anew */
} Recording;

/* Without takes. */
Recording *recording_new(const char *name);
void recording_append(Recording *recording, const Frame *frame, size_t origin);
/* Ends the program with a message if the file cannot be read. */
Recording *recording_load(const char *path);
/* Every capture in samples/, by name. */
GPtrArray *recordings_of_samples(void);
/* The same takes; the bytes are the original's, which has to live as long. */
Recording *recording_copy(const Recording *recording);
/* Bytes that live as long as the recording. */
uint8_t *recording_bytes(Recording *recording, size_t size);
void recording_free(Recording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recording, recording_free)

static inline Take *recording_take(const Recording *recording, size_t at)
{
    return &g_array_index(recording->takes, Take, at);
}

/* In the order of time; equal times keep theirs. */
void recording_sort(Recording *recording);

/* Gives all addresses of a recording the mark of a number below 65,536, so that recordings with different marks
 * have no endpoints in common. IPv4 and IPv6 directly on their link. */
void recording_mark_addresses(Recording *recording, unsigned mark);

/* All in one, in the order of time: each is marked by its place in the list and moved so that it begins `step`
 * after the one before it. Origins are places in the whole. */
Recording *recordings_merge(const GPtrArray *recordings, Nanoseconds step);

#define NO_ORIGIN SIZE_MAX

typedef struct VerdictRow {
    RowKind kind;
    char *endpoints;          /* CONNECTION: both, in an order of their own */
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
    AnalysisCounters counters;
    StreamCounters streams;
} Verdicts;

/* NULL: those by default, without texts. */
Verdicts *verdicts_of(const Recording *recording, const AnalysisOptions *options);
void verdicts_free(Verdicts *verdicts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verdicts, verdicts_free)

/* What became of the rows: each of `after` is held against the one of `before` that has its first frames, or, of
 * connections, the same endpoints at the same time. */
typedef struct Changes {
    unsigned same, undetermined; /* made undetermined */
    unsigned turned;             /* another verdict, or a verdict on what was no row before */
    unsigned vanished;           /* rows of connections that have no counterpart any more */
    unsigned settled;            /* undetermined before, a verdict now */
    unsigned named_otherwise; /* the same verdict with another cause (not of those undetermined) */
} Changes;

/* Adds to *changes; those that turned, settled or vanished are named in `text` (NULL: not). */
void verdicts_compare(const Verdicts *before, const Verdicts *after, Changes *changes,
                      GString *text);

#endif

/* The ear of an engine for hops: a listener that passes news on to Hops at once, or keeps them,
 * with the position at which each became known, for whoever merges several engines. */
#ifndef AUDIT_HOP_LOG_H
#define AUDIT_HOP_LOG_H

#include "audit/listener.h"

typedef struct KeptNews {
    AuditPosition position;
    HopNews news;
} KeptNews;

typedef struct HopLog HopLog;

/* `hops` is borrowed. */
HopLog *hop_log_new(Hops *hops);

/* `log` is borrowed. The exchanges need digests (TextOptions) and all texts. */
AuditListener hop_log_listener(HopLog *log);

/* From here on news are appended to this array of KeptNews, which is borrowed; NULL: they are
 * passed on. */
void hop_log_keep(HopLog *log, GArray *kept);

/* Passes on what was kept, and takes it over. */
void hop_log_pass_on(HopLog *log, KeptNews *kept);

void hop_log_free(HopLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HopLog, hop_log_free)

#endif

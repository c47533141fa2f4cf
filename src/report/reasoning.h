/* Why a judgement is what it is, in sentences that give the numbers and the frames, for the story
 * of one connection. Pure; nothing is decided here. */
#ifndef REPORT_REASONING_H
#define REPORT_REASONING_H

#include "judge/judge.h"
#include "report/rows.h"
#include "report/story.h"

typedef struct Reasoning {
    const ConnectionRow *connection;
    const ExchangeRow *exchanges; /* of the connection, by number */
    size_t count;
    const Thresholds *thresholds;
    unsigned time_digits;
} Reasoning;

/* The sentences for one exchange. */
void reasoning_add_why(StoryText *text, const Reasoning *reasoning, const ExchangeRow *row);

/* A header field, each of its lines behind `before`; NULL: on a line of its own, as a detail.
 * `value` is escaped text, its lines joined as in reports. */
void reasoning_add_field(StoryText *text, const char *before, const char *name, const char *value);

/* What one message states about the connection: `HTTP/1.1, Connection: close`. */
void reasoning_add_message(StoryText *text, const Exchange *exchange, bool is_response);

/* What the capture lacks, in words; for an empty set, that nothing is missing. */
void reasoning_add_completeness(StoryText *text, ReasonSet reasons);

/* What a lost request and the server's closing knew of each other (judgement.md §3, A lost
 * request), as Wireshark's numbers: `r=602 e=638 k=860 c=860 a=602`. */
void reasoning_add_numbers(StoryText *text, const Exchange *request, const Ending *ending);

/* Whether the server's closing is known, so that the request can be compared with it. */
bool reasoning_can_compare(const Exchange *request, const Ending *ending);

/* The server's closing is a FIN, and no guess. */
bool reasoning_fin_is_sure(const ConnectionRow *row, const Closing *server);

/* A FIN or a RST of the connection is in the capture. */
bool reasoning_end_is_seen(const ConnectionRow *row);

/* What the frame that ending->stamp names shows, FIN or RST: where a FIN and a RST crossed, it is
 * the first of them. */
const char *reasoning_close_words(const Ending *ending);

#endif

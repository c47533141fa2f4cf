/* Who knew what when it sent (judgement.md §1.1): the one test that every accusation of a client
 * uses. Pure. */
#ifndef JUDGE_WHO_KNEW_H
#define JUDGE_WHO_KNEW_H

#include "http/exchange.h"

/* Something that the server sent: a FIN, the head of a response. */
typedef struct Announcement {
    Nanoseconds time;     /* of its first byte */
    int64_t acked_before; /* what the server's earlier segments had acknowledged */
    int64_t past;         /* one past its last offset: who acknowledged this had it all */
    /* the capture may lack its first transmission: what the server had at that moment is open */
    bool again;
} Announcement;

/* Whether this request was sent in knowledge of them: it acknowledged them, and it cannot have
 * waited in its socket, neither for an acknowledgement nor for room in the window. (a) An earlier
 * bare segment acknowledged them when nothing of the client was outstanding; it stood at the
 * request's first number, so that it left before any transmission of the request, seen or not.
 * (b) The server had acknowledged all that came before the request in a segment before theirs.
 * Otherwise the two crossed, and nobody is at fault. */
bool request_sent_knowing(const Exchange *request, const Announcement *announcement);

#endif

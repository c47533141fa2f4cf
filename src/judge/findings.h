/* Breaches of published rules, and signs of trouble, that the capture proves (docs/rules.md).
 *
 * One Findings a connection: init · settled* · ended* · connection · list · clear. It keeps a few
 * numbers about what earlier exchanges said, and of each rule that was broken the first case (the
 * first of the gravest) and a count; the list is made when the first rule is broken, and has a
 * place for each rule at most. */
#ifndef JUDGE_FINDINGS_H
#define JUDGE_FINDINGS_H

#include "judge/finding_builder.h"
#include "judge/judge.h"
#include "judge/rules.h"
#include "judge/who_knew.h"

#define FINDING_NO_TIME INT64_MIN

typedef struct Finding {
    Rule rule;
    Severity severity;
    Party party;
    uint32_t exchange; /* the first; 0: the connection as a whole */
    uint32_t count;
    FrameId frames[FINDING_FRAMES_MAX]; /* ascending */
    unsigned frame_count;
    /* of the exchange's first byte; of a finding on the connection as a whole, its start */
    Nanoseconds time; /* FINDING_NO_TIME: that frame has no usable time */
    /* owned, escaped; NULL if nobody wants the texts. Host and target are the exchange's */
    char *evidence, *message, *host, *target;
} Finding;

/* The copy has texts of its own. */
Finding finding_copy(const Finding *finding);
/* Frees what it owns; the struct itself is the caller's. */
void finding_clear(Finding *finding);

/* An exchange that said something which binds what comes after it. */
typedef struct Statement {
    uint32_t exchange; /* 0: none has */
    FrameId frame;
} Statement;

/* The same of a response, which the client may or may not have known. */
typedef struct Announced {
    Statement statement;
    Announcement announcement;
} Announced;

typedef struct Findings {
    /* private */
    Statement client_close; /* the first request with the close option */
    Announced server_close; /* the first response with it */
    Announced http10;       /* the first HTTP/1.0 response without keep-alive */
    Announced faulty;       /* the first response whose framing obliges the client to close */
    Statement
        closing_option; /* the first answered exchange that was declared close, by an option */
    Statement closing_default; /* … by its version */
    int64_t closing_answer; /* where the response of the one begins, if it is there, or the other */
    /* the last request whose body the client withheld when its expectation was refused, and the
     * last one that was answered before its body had arrived; of that, when both were over */
    Statement withheld, unread;
    Stamp unread_end;
    bool answered_any, max_everywhere;
    bool client_breach; /* HTTP/2: the client sent a malformed request */
    int64_t max;        /* Keep-Alive: max as last stated; -1: not */
    uint32_t answered, max_at;
    RuleSet rules;
    GArray *list; /* of Finding, by rule; NULL: none */
} Findings;

typedef struct FindingsOptions {
    bool texts;    /* evidence and message are wanted */
    bool pedantic; /* also what only older specifications demand */
} FindingsOptions;

void findings_init(Findings *findings);

/* An exchange with its judgement, in the order of their numbers; which rules it breaks. `ending`:
 * of the connection, NULL while it goes on. */
RuleSet findings_exchange(Findings *findings, const JudgeContext *context, const Ending *ending,
                          const Exchange *exchange, const Judgement *judgement,
                          const FindingsOptions *options);

/* The connection as a whole, when it has ended. `last`: its last exchange; NULL: it had none.
 * Returns the rules that were broken on it, by exchanges too. */
RuleSet findings_connection(Findings *findings, const JudgeContext *context, const Ending *ending,
                            const Exchange *last, const FindingsOptions *options);

/* By rule. Until the next call with these findings. */
const Finding *findings_list(const Findings *findings, size_t *ret_count);

/* The findings as packed bytes, and back; bytes that hang on them. */
void findings_pack(const Findings *findings, GByteArray *to);
void findings_unpack(Findings *findings, Span *from);
size_t findings_list_size(const Findings *findings);

void findings_clear(Findings *findings);

#endif

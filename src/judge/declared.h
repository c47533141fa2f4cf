/* What the messages of an exchange declare about their connection (judgement.md §2). Pure. */
#ifndef JUDGE_DECLARED_H
#define JUDGE_DECLARED_H

#include "http/exchange.h"
#include "judge/verdict.h"

typedef enum Party {
    PARTY_NONE = 0,
    PARTY_CLIENT = 1,
    PARTY_SERVER = 2,
    PARTY_BOTH = 3,
    PARTY_PROXY = 4, /* between two connections (hops/) */
} Party;
#define PARTY_COUNT (PARTY_PROXY + 1)

/* Ordered: the stronger the greater. */
typedef enum Basis {
    BASIS_NONE,
    BASIS_VERSION,
    BASIS_FRAMING,
    BASIS_OPTION,
} Basis;
#define BASIS_COUNT (BASIS_OPTION + 1)

typedef struct Declaration {
    Declared declared; /* DECLARED_UNKNOWN: more than one of `possible` */
    Party by;
    Basis basis;
    ReasonSet reasons; /* why there are several */
    /* what else the messages may say: bits 1 << Declared, `declared` among them; 0: nothing else,
     * or no head was finished */
    unsigned possible;
} Declaration;

/* `request_hidden`, `response_hidden`: why that message, if it is not there, may exist all the
 * same; 0: there is none. */
Declaration declaration_of(const Exchange *exchange, ReasonSet request_hidden,
                           ReasonSet response_hidden);

/* Words of the reports, static; "" for none. */
const char *party_name(Party party);
const char *basis_name(Basis basis);

#endif

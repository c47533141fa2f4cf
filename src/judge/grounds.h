/* Why a rule may hold at all: cheap necessary conditions, so that an everyday exchange is put to no
 * rule. Private to judge/. */
#ifndef JUDGE_GROUNDS_H
#define JUDGE_GROUNDS_H

struct Case;

/* A rule can only hold on one of its grounds; which of them there are is known from a few bits. */
typedef enum Ground {
    /* Of an exchange. */
    GROUND_SAID = 1 << 0,    /* an earlier one said close, was of HTTP/1.0, or framed wrongly */
    GROUND_MAX = 1 << 1,     /* an earlier one stated `max` */
    GROUND_CAUSE = 1 << 2,   /* its verdict has a cause that a rule restates */
    GROUND_CLOSE = 1 << 3,   /* the request says close, the response does not */
    GROUND_UNREAD = 1 << 4,  /* the connection has ended, and the request has a body */
    GROUND_UNASKED = 1 << 5, /* a response, or bytes behind one, for which nobody asked */
    GROUND_INTERIM = 1 << 6, /* signs in an interim response */
    GROUND_UPGRADE = 1 << 7, /* Upgrade, 101, 426, CONNECT */
    GROUND_REQUEST_BODY = 1 << 8, /* the request's framing is off */
    GROUND_NO_LENGTH = 1 << 9,    /* the response's length is not stated */
    /* Of a message. */
    GROUND_OPTIONS = 1 << 10, /* Connection options that are odd together */
    GROUND_SIGNS = 1 << 11,   /* of what has to be listed, or had better not be there */
    GROUND_HEAD = 1 << 12,    /* the head is off the grammar */
    GROUND_FRAMING = 1 << 13,
    GROUND_BODY = 1 << 14, /* chunks or trailers */
    /* The connection has ended, and had an exchange. */
    GROUND_END = 1 << 15,
} Ground;

/* Ground bits. */
unsigned grounds_of_exchange(const struct Case *c);
unsigned grounds_of_message(const struct Case *c);

#endif

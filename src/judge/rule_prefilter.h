/* Why a rule may hold at all: cheap necessary conditions, so that an everyday exchange is put to no
 * rule. Private to judge/. */
#ifndef JUDGE_RULE_PREFILTER_H
#define JUDGE_RULE_PREFILTER_H

struct Case;

/* A rule can hold only where one of its prefilter bits is set. */
typedef enum Prefilter {
    /* Of an exchange. */
    PREFILTER_ANNOUNCED =
        1 << 0,                 /* an earlier one said close, was of HTTP/1.0, or framed wrongly */
    PREFILTER_MAX = 1 << 1,     /* an earlier one stated `max` */
    PREFILTER_CAUSE = 1 << 2,   /* its verdict has a cause that a rule restates */
    PREFILTER_CLOSE = 1 << 3,   /* the request says close, the response does not */
    PREFILTER_UNREAD = 1 << 4,  /* the connection has ended, and the request has a body */
    PREFILTER_UNASKED = 1 << 5, /* a response, or bytes behind one, for which nobody asked */
    PREFILTER_INTERIM = 1 << 6, /* fields of the connection in an interim response */
    PREFILTER_UPGRADE = 1 << 7, /* Upgrade, 101, 426, CONNECT */
    PREFILTER_REQUEST_BODY = 1 << 8, /* the request's framing is off */
    PREFILTER_NO_LENGTH = 1 << 9,    /* the response's length is not stated */
    /* Of a message. */
    PREFILTER_OPTIONS = 1 << 10, /* Connection options that are odd together */
    PREFILTER_SIGNS = 1 << 11,   /* of what has to be listed, or had better not be there */
    PREFILTER_HEAD = 1 << 12,    /* the head is off the grammar */
    PREFILTER_FRAMING = 1 << 13,
    PREFILTER_BODY = 1 << 14, /* chunks or trailers */
    /* The connection has ended, and had an exchange. */
    PREFILTER_END = 1 << 15,
    /* Of an exchange: an HTTP/1.0 request asks for keep-alive. */
    PREFILTER_NOT_GRANTED = 1 << 16,
    PREFILTER_DESYNC = 1 << 17, /* a 400 behind a body that was not sent, or not read */
    PREFILTER_STREAM = 1 << 18, /* it is a stream of HTTP/2; or its message has odd fields */
} Prefilter;

/* Prefilter bits. */
unsigned prefilter_of_exchange(const struct Case *c);
unsigned prefilter_of_message(const struct Case *c);

#endif

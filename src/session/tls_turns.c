#include "session/tls_turns.h"

#include "session/tls_record.h"

/* Records of a side that lie farther apart than this were not sent together. */
#define PAUSE (NS_PER_SECOND / 10)

/* The body of a client's answer to a close_notify is not longer. */
#define FAREWELL_MAX 64

static bool can_be_alert(const TlsTurn *turn)
{
    return turn->of_13 ? turn->length == turn->alert : turn->type == TLS_ALERT;
}

/* The handshake of TLS 1.3 ends with the client's Finished. Its length is known; what is longer may
 * be a certificate, and then the Finished is one of those that follow. */
static bool is_handshake_13(TlsTurns *turns, const TlsTurn *turn)
{
    if (!turn->of_13 || turns->speaker != TLS_NOBODY)
        return false;
    if (turn->of_client) {
        turns->odd = turns->odd || turn->length != turn->finished;
        turns->speaker = TLS_CLIENT_SPOKE;
    }
    return true;
}

static void take_client(TlsTurns *turns, const TlsTurn *turn)
{
    turns->speaker = TLS_CLIENT_SPOKE;
    turns->asked = true;
    turns->client_records++;
    turns->client_longest = MAX(turns->client_longest, turn->length);
}

static void take_server(TlsTurns *turns, const TlsTurn *turn)
{
    const Stamp *before = &turns->last[turn->side];
    bool paused = turn->first.time - before->time > PAUSE;
    turns->odd = turns->odd || turns->speaker == TLS_NOBODY ||
                 (turns->speaker == TLS_SERVER_SPOKE && paused);
    turns->answered = turns->answered || turns->asked;
    turns->speaker = TLS_SERVER_SPOKE;
    turns->client_records = turns->client_longest = 0;
}

/* Data, or what looks like it. */
static void take_data(TlsTurns *turns, const TlsTurn *turn)
{
    if (is_handshake_13(turns, turn))
        return;
    if (turn->of_client)
        take_client(turns, turn);
    else
        take_server(turns, turn);
}

void tls_turns_take(TlsTurns *turns, const TlsTurn *turn)
{
    int side = turn->side;
    bool closed_before = stamp_is_set(&turns->closing[side]);
    if (!turn->in_clear)
        turns->sealed[side] = true;
    if (!turn->in_clear && !closed_before && can_be_alert(turn)) {
        turns->closing[side] = turn->first;
        if (turn->of_client) {
            turns->client_records++;
            turns->client_longest = MAX(turns->client_longest, turn->length);
        }
        return;
    }
    turns->odd = turns->odd || closed_before || (turn->vague && turn->type == TLS_DATA);
    turns->closing[side] = (Stamp){ 0 };
    if (turn->type == TLS_DATA)
        take_data(turns, turn);
    else if (turns->speaker != TLS_NOBODY) /* a handshake, and nobody knows of what */
        turns->odd = true;
    turns->last[side] = turn->last;
}

Duration tls_turns_idle(const TlsTurns *turns, const Stamp *end)
{
    bool turned = stamp_precedes(&turns->last[0], &turns->last[1]);
    const Stamp *last = &turns->last[turned];
    Stamp close = *end;
    if (!turns->sealed[0] || !turns->sealed[1])
        return (Duration){ .known = false };
    for (int side = 0; side < 2; side++) {
        const Stamp *closing = &turns->closing[side];
        if (stamp_is_set(closing) && stamp_precedes(last, closing) &&
            stamp_precedes(closing, &close))
            close = *closing;
    }
    if (!stamp_precedes(last, &close))
        return (Duration){ .known = false };
    return duration_between(last, &close);
}

bool tls_turns_idle_close(const TlsTurns *turns, int client, const Stamp *fin, Duration *ret_idle,
                          Nanoseconds *ret_time)
{
    int server = 1 - client;
    const Stamp *closing = &turns->closing[server], *last = &turns->last[server];
    const Stamp *close = stamp_is_set(closing) ? closing : fin;
    const Stamp *farewell =
        stamp_is_set(&turns->closing[client]) ? &turns->closing[client] : &turns->last[client];
    bool silent = turns->client_records == 0;
    bool answered_the_close = turns->client_records == 1 && turns->client_longest <= FAREWELL_MAX &&
                              stamp_precedes(close, farewell);
    if (turns->odd || !turns->asked || !turns->answered || !(silent || answered_the_close) ||
        fin->time - close->time > PAUSE || !stamp_precedes(last, close))
        return false;
    *ret_idle = duration_between(last, close);
    *ret_time = close->time;
    return ret_idle->known;
}

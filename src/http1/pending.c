#include "http1/pending.h"

#include "base/pack.h"

void pending_clear(Pending *pending)
{
    for (int i = 0; i < pending_count(pending); i++)
        exchange_clear(pending_at(pending, i));
    g_free(pending->exchanges);
}

static void make_room(Pending *pending, int count)
{
    if (count <= pending->room)
        return;
    pending->room = MAX(count, 2 * pending->room);
    pending->exchanges = g_renew(Exchange, pending->exchanges, pending->room);
}

int pending_append(Pending *pending, uint32_t number)
{
    int index = pending_count(pending);
    if (index - pending->settled >= PIPELINE_MAX)
        return -1;
    make_room(pending, index + 1);
    pending->count++;
    Exchange *exchange = pending_at(pending, index);
    memset(exchange, 0, sizeof *exchange);
    exchange->number = number;
    exchange->sending.quiet_acked = NO_OFFSET;
    return index;
}

void pending_drop_last(Pending *pending)
{
    int last = pending_count(pending) - 1;
    Exchange *exchange = pending_at(pending, last);
    for (int i = 0; i < last; i++) {
        Exchange *earlier = pending_at(pending, i);
        if (earlier->next_request.frame == exchange->request.first.frame &&
            earlier->next_request.offset == exchange->request.first.offset)
            earlier->next_request = (Stamp){ 0 };
    }
    exchange_clear(exchange);
    pending->count = last;
}

void pending_settle_before(Pending *pending, int index)
{
    for (int i = pending->settled; i < index; i++) {
        Exchange *exchange = pending_at(pending, i);
        exchange->later_answered = true;
        if (pending_waits(exchange))
            exchange->response_hidden = true;
    }
    pending->settled = MAX(pending->settled, index);
}

bool pending_take(Pending *pending, Exchange *ret_exchange)
{
    if (pending->settled == 0)
        return false;
    *ret_exchange = *pending_at(pending, 0);
    pending->count--;
    pending->settled--;
    memmove(pending->exchanges, pending->exchanges + 1,
            (size_t)pending->count * sizeof *pending->exchanges);
    return true;
}

bool pending_waits(const Exchange *exchange)
{
    return exchange->request.begun && !exchange->response.begun && !exchange->response_hidden;
}

int pending_first_waiting(const Pending *pending)
{
    for (int i = pending->settled; i < pending_count(pending); i++)
        if (pending_waits(pending_at(pending, i)))
            return i;
    return -1;
}

void pending_pack(const Pending *pending, GByteArray *to)
{
    uint64_t parts[2] = { (uint64_t)pending->count, (uint64_t)pending->settled };
    pack_words(to, parts, sizeof parts);
    for (int i = 0; i < pending_count(pending); i++)
        exchange_pack(pending_at(pending, i), to);
}

void pending_unpack(Pending *pending, Span *from)
{
    uint64_t parts[2];
    unpack_words(from, parts, sizeof parts);
    *pending = (Pending){ .count = (int)parts[0], .settled = (int)parts[1] };
    make_room(pending, pending->count);
    for (int i = 0; i < pending_count(pending); i++)
        exchange_unpack(pending_at(pending, i), from);
}

size_t pending_size(const Pending *pending)
{
    size_t size = (size_t)pending->room * sizeof(Exchange);
    for (int i = 0; i < pending_count(pending); i++)
        size += exchange_text_size(pending_at(pending, i));
    return size;
}

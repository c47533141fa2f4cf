/* What reading the inputs takes of memory, all of them together: one account, from which whoever
 * needs much takes before it allocates. NULL in the place of one has room for everything. */
#ifndef CAPTURE_ROOM_H
#define CAPTURE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CaptureRoom {
    size_t most, taken;
} CaptureRoom;

static inline size_t capture_room_left(const CaptureRoom *room)
{
    return room ? room->most - room->taken : SIZE_MAX;
}

/* False: there is not so much left. */
static inline bool capture_room_take(CaptureRoom *room, size_t size)
{
    if (size > capture_room_left(room))
        return false;
    if (room)
        room->taken += size;
    return true;
}

static inline void capture_room_give_back(CaptureRoom *room, size_t size)
{
    if (room)
        room->taken -= size;
}

#endif

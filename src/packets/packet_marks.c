/* Holes. A segment beyond the highest byte seen opens one; it is remembered with the segment that
 * showed it until later segments have filled it, so that the page can say of the one "this came
 * later" and of the other "this had been missing". Only HOLES of a direction are remembered at a
 * time, the oldest are forgotten (and stand as never filled): a page with more of them at once is
 * about the capture, not about HTTP. A segment that fills several is told of the first.
 *
 * What is told here is for the reader of a page. Verdicts rest on stream/, which also weighs what
 * the other side acknowledged; the words chosen ("not seen by then") claim no more than the order
 * of the frames. */
#include "packets/packet_marks.h"

#include "decode/decode.h"

#define HOLES 16

typedef struct Hole {
    int64_t begin, end;
    size_t shown_by;
} Hole;

typedef struct Track {
    bool known;
    int64_t high; /* one past the highest number seen, FIN included */
    bool finished;
    bool shut, probed; /* by this side's window; probed and not answered by the other yet */
    Hole holes[HOLES];
    unsigned hole_count;
} Track;

static void open_hole(Track *track, int64_t begin, int64_t end, size_t index)
{
    if (track->hole_count == HOLES) {
        memmove(track->holes, track->holes + 1, (HOLES - 1) * sizeof(Hole));
        track->hole_count--;
    }
    track->holes[track->hole_count++] = (Hole){ begin, end, index };
}

/* Takes what [begin, end) fills out of the holes; the index of the segment that showed the first of
 * them, or -1. */
static int64_t fill_holes(Track *track, int64_t begin, int64_t end, FrameId frame,
                          PacketNote *notes)
{
    int64_t shown_by = -1;
    for (unsigned i = 0; i < track->hole_count; i++) {
        Hole *hole = &track->holes[i];
        if (begin >= hole->end || end <= hole->begin)
            continue;
        if (shown_by < 0)
            shown_by = (int64_t)hole->shown_by;
        if (begin <= hole->begin)
            hole->begin = MIN(end, hole->end);
        else
            hole->end = begin; /* what lies behind is told once, as filled or not */
        if (hole->begin < hole->end)
            continue;
        notes[hole->shown_by].filled = frame;
        memmove(hole, hole + 1, (track->hole_count - i - 1) * sizeof(Hole));
        track->hole_count--;
        i--;
    }
    return shown_by;
}

static void note_numbers(Track *own, const TracedSegment *segments, size_t index, PacketNote *notes)
{
    const TracedSegment *segment = &segments[index];
    PacketNote *note = &notes[index];
    bool fin = segment->flags & TCP_FIN;
    int64_t begin = segment->sequence;
    int64_t end = begin + (int64_t)segment->length + fin + !!(segment->flags & TCP_SYN);
    if (!own->known) {
        own->known = true;
        own->high = MAX(begin, end);
    } else if (begin > own->high) {
        note->marks |= MARK_HOLE;
        note->missing = (uint64_t)(begin - own->high);
        open_hole(own, own->high, begin, index);
    } else if (end > begin && begin < own->high) {
        int64_t shown_by = fill_holes(own, begin, end, segment->frame, notes);
        if (shown_by >= 0) {
            note->marks |= MARK_FILLS;
            note->related = segments[shown_by].frame;
        } else {
            note->marks |= end <= own->high ? MARK_AGAIN : MARK_PARTLY_AGAIN;
        }
    }
    own->high = MAX(own->high, end);
    own->finished |= fin;
}

static bool is_probe(const Track *own, const TracedSegment *segment)
{
    return own->known && !own->finished && segment->length <= 1 && own->high > 1 &&
           segment->sequence == own->high - 1 &&
           (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

static void note_window(Track *own, const TracedSegment *segment, PacketNote *note)
{
    bool shut = segment->window == 0;
    if (shut)
        note->marks |= MARK_WINDOW_SHUT;
    else if (own->shut)
        note->marks |= MARK_WINDOW_OPEN;
    own->shut = shut;
}

static void note_acknowledgement(Track *own, Track *peer, const TracedSegment *segment,
                                 PacketNote *note)
{
    if (segment->acknowledged == NO_OFFSET || (segment->flags & TCP_SYN))
        return;
    if (peer->known && segment->acknowledged > peer->high) {
        note->marks |= MARK_UNSEEN_ACK;
        if (!(note->marks & MARK_HOLE))
            note->missing = (uint64_t)(segment->acknowledged - peer->high);
    }
    bool bare = segment->length == 0 && !(segment->flags & (TCP_FIN | TCP_RST));
    if (peer->probed && bare && !(note->marks & MARK_PROBE))
        note->marks |= MARK_PROBE_ANSWER;
    peer->probed = false;
    if (!(segment->flags & TCP_RST))
        note_window(own, segment, note);
}

void packet_marks_note(const TracedSegment *segments, size_t count, PacketNote *ret_notes)
{
    Track tracks[2] = { { 0 } };
    for (size_t i = 0; i < count; i++) {
        const TracedSegment *segment = &segments[i];
        Track *own = &tracks[segment->side], *peer = &tracks[!segment->side];
        ret_notes[i] = (PacketNote){ 0 };
        if (!packet_is_of_order(segment))
            continue;
        if (segment->captured < segment->length)
            ret_notes[i].marks |= MARK_CUT;
        bool probe = is_probe(own, segment);
        if (probe)
            ret_notes[i].marks |= MARK_PROBE | (peer->shut ? MARK_WINDOW_PROBE : 0);
        else if (!(segment->flags & TCP_RST))
            note_numbers(own, segments, i, ret_notes);
        note_acknowledgement(own, peer, segment, &ret_notes[i]);
        own->probed = probe;
    }
}

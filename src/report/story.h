/* The page of one connection, as blocks of text with references to frames. Its builders add words,
 * frames and packets in the order of the page. A printer (text_printer.h) goes through the blocks.
 * A story knows no layout and no markup, and decides nothing about the connection. */
#ifndef REPORT_STORY_H
#define REPORT_STORY_H

#include <glib.h>
#include <stdbool.h>

#include "base/evidence.h"

/* Text: runs of words and of references, in lines ---------------------------------------------- */

typedef enum StoryRunKind {
    STORY_WORDS,
    STORY_FRAME, /* a reference: the printer writes the frame's number */
    STORY_LINE,  /* a new line begins */
} StoryRunKind;

typedef struct StoryRun {
    StoryRunKind kind;
    GString *words; /* STORY_WORDS: printable ASCII */
    FrameId frame;  /* STORY_FRAME */
    bool detail;    /* STORY_LINE: it adds to the line before, and is set in below it */
} StoryRun;

typedef struct StoryText {
    GArray *runs; /* StoryRun */
} StoryText;

StoryText *story_text_new(void);
void story_text_free(StoryText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoryText, story_text_free)

/* It has no run: nothing is said. */
bool story_text_is_empty(const StoryText *text);
void story_text_clear(StoryText *text);

void story_add(StoryText *text, const char *words);
void story_say(StoryText *text, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A reference to a frame, behind the word "frame" or without it. */
void story_add_frame(StoryText *text, FrameId frame);
void story_add_frame_number(StoryText *text, FrameId frame);
/* Begins a line, unless nothing was said before it. */
void story_add_line(StoryText *text, bool detail);
/* The runs of another text, copied. */
void story_add_text(StoryText *text, const StoryText *more);
/* Where the words go on, for functions that append to a GString; until the next call. */
GString *story_words(StoryText *text);

/* A line of it as plain words, with the numbers of frames as a page in `input` shows them. */
typedef struct StoryLine {
    bool detail;
    char *words; /* owned */
} StoryLine;

/* All lines: StoryLine; the caller frees the array, and it its lines. */
GArray *story_lines(const StoryText *text, unsigned input);
/* The same as one text, its lines joined by `between`; owned by the caller. */
char *story_plain(const StoryText *text, unsigned input, const char *between);

/* Blocks --------------------------------------------------------------------------------------- */

typedef enum StoryStyle {
    STORY_PLAIN,
    STORY_STRONG, /* headings */
    STORY_DIM,    /* what one may pass over */
    STORY_GOOD,
    STORY_DOUBT,
    STORY_BAD,
} StoryStyle;

#define STORY_STYLE_COUNT (STORY_BAD + 1)

typedef enum StoryKind {
    STORY_TITLE,
    STORY_HEADING,
    STORY_PARAGRAPH,
    STORY_ITEM,    /* of a list: a label and its text */
    STORY_PACKETS, /* the packets begin: the names of their columns */
    STORY_PACKET,  /* a packet, and what it means */
    STORY_FOLD,    /* several packets that say nothing of their own, and their sum */
    STORY_ASIDE,   /* between packets: a pause, the end of the capture */
} StoryKind;

/* One packet as it stands in the columns. Numbers are Wireshark's, relative. */
typedef struct StoryPacket {
    FrameId frame;
    Nanoseconds time; /* since the connection began; negative if the clock was set back */
    bool from_server;
    uint8_t flags; /* TCP_ bits (decode/) */
    bool acknowledges;
    uint32_t sequence, acknowledged, length;
} StoryPacket;

typedef struct StoryBlock {
    StoryKind kind;
    StoryStyle style;
    const char *label;    /* STORY_ITEM: static; NULL: the item before goes on */
    bool nested;          /* STORY_ITEM: it is a part of the item before */
    StoryText *text;      /* owned; NULL: none */
    StoryPacket *packets; /* owned: of STORY_PACKET one, of STORY_FOLD all */
    size_t packet_count;
} StoryBlock;

typedef struct Story {
    unsigned input;       /* frames of another input are shown with its number */
    unsigned time_digits; /* of the packets' times */
    GArray *blocks;       /* StoryBlock */
} Story;

Story *story_new(unsigned input, unsigned time_digits);
void story_free(Story *story);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Story, story_free)

/* A new block at the end, with an empty text to be filled; both until the next block is added. */
StoryText *story_title(Story *story);
StoryText *story_heading(Story *story, const char *words);
StoryText *story_paragraph(Story *story);
StoryText *story_item(Story *story, const char *label, StoryStyle style);
StoryText *story_nested_item(Story *story, const char *label);
void story_packets(Story *story);
StoryText *story_packet(Story *story, const StoryPacket *packet);
StoryText *story_fold(Story *story, const StoryPacket *packets, size_t count);
StoryText *story_aside(Story *story);

/* Reading, for printers. */

/* "PSH ACK"; owned by the caller. */
char *story_flag_words(uint8_t flags);
/* The text of the first item with this label; NULL: there is none. */
const StoryText *story_find_item(const Story *story, const char *label);

/* Of the block added last. */
void story_set_style(Story *story, StoryStyle style);

#endif

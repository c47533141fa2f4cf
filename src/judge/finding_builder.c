#include "judge/finding_builder.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define SAID_MAX 120 /* of one text: the reports of exchanges have it whole */

void builder_frame(FindingBuilder *builder, FrameId frame)
{
    for (unsigned i = 0; i < builder->frame_count; i++)
        if (builder->frames[i] == frame)
            return;
    if (frame != 0 && builder->frame_count < FINDING_FRAMES_MAX)
        builder->frames[builder->frame_count++] = frame;
}

void builder_offset(FindingBuilder *builder, const char *name, int64_t offset)
{
    if (!builder->evidence || offset == NO_OFFSET)
        return;
    g_string_append_printf(builder->evidence, "%s%s=%" PRId64, builder->evidence->len ? " " : "",
                           name, offset + 1);
}

void builder_request(FindingBuilder *builder, const MessageFacts *request)
{
    if (!request->begun)
        return;
    builder_frame(builder, request->first.frame);
    builder_offset(builder, "r", request->first.offset);
    builder_offset(builder, "e", stamp_past(&request->last));
    builder_offset(builder, "k", request->first.acked);
}

void builder_response(FindingBuilder *builder, const MessageFacts *response)
{
    if (!response->begun)
        return;
    builder_frame(builder, response->first.frame);
    builder_offset(builder, "s", response->first.offset);
    builder_offset(builder, "t", stamp_past(&response->last));
    builder_offset(builder, "u", response->first.acked);
}

void builder_closing(FindingBuilder *builder, const Stamp *stamp)
{
    if (!stamp_is_set(stamp))
        return;
    builder_frame(builder, stamp->frame);
    builder_offset(builder, "c", stamp->offset);
    builder_offset(builder, "a", stamp->acked);
}

void builder_say(FindingBuilder *builder, const char *format, ...)
{
    if (!builder->message)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(builder->message, format, arguments);
    va_end(arguments);
}

void builder_say_seconds(FindingBuilder *builder, Nanoseconds duration)
{
    int64_t ms = duration / NS_PER_MS;
    if (ms == 0 && duration > 0)
        builder_say(builder, "0.%06d s", (int)(duration / 1000));
    else
        builder_say(builder, "%" PRId64 ".%03d s", ms / 1000, (int)(ms % 1000));
}

void builder_say_text(FindingBuilder *builder, const char *text, const char *otherwise)
{
    size_t length = 0;
    if (!*text)
        text = otherwise;
    while (text[length] && length < SAID_MAX)
        length += text_unit_length(text + length);
    builder_say(builder, "%.*s%s", (int)length, text, text[length] ? TEXT_CUT : "");
}

#include "judge/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define SAID_MAX 120 /* of one text: the reports of exchanges have it whole */

void proof_frame(Proof *proof, FrameId frame)
{
    for (unsigned i = 0; i < proof->frame_count; i++)
        if (proof->frames[i] == frame)
            return;
    if (frame != 0 && proof->frame_count < FINDING_FRAMES_MAX)
        proof->frames[proof->frame_count++] = frame;
}

void proof_offset(Proof *proof, const char *name, int64_t offset)
{
    if (!proof->evidence || offset == NO_OFFSET)
        return;
    g_string_append_printf(proof->evidence, "%s%s=%" PRId64, proof->evidence->len ? " " : "", name,
                           offset + 1);
}

void proof_request(Proof *proof, const MessageFacts *request)
{
    if (!request->begun)
        return;
    proof_frame(proof, request->first.frame);
    proof_offset(proof, "r", request->first.offset);
    proof_offset(proof, "e", request->last.offset + 1);
    proof_offset(proof, "k", request->first.acked);
}

void proof_response(Proof *proof, const MessageFacts *response)
{
    if (!response->begun)
        return;
    proof_frame(proof, response->first.frame);
    proof_offset(proof, "s", response->first.offset);
    proof_offset(proof, "t", response->last.offset + 1);
    proof_offset(proof, "u", response->first.acked);
}

void proof_closing(Proof *proof, const Stamp *stamp)
{
    if (!stamp_is_set(stamp))
        return;
    proof_frame(proof, stamp->frame);
    proof_offset(proof, "c", stamp->offset);
    proof_offset(proof, "a", stamp->acked);
}

void proof_say(Proof *proof, const char *format, ...)
{
    if (!proof->message)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(proof->message, format, arguments);
    va_end(arguments);
}

void proof_say_seconds(Proof *proof, Nanoseconds duration)
{
    int64_t ms = duration / NS_PER_MS;
    if (ms == 0 && duration > 0)
        proof_say(proof, "0.%06d s", (int)(duration / 1000));
    else
        proof_say(proof, "%" PRId64 ".%03d s", ms / 1000, (int)(ms % 1000));
}

void proof_say_text(Proof *proof, const char *text, const char *otherwise)
{
    size_t length = 0;
    if (!*text)
        text = otherwise;
    while (text[length] && length < SAID_MAX)
        length += text_unit_length(text + length);
    proof_say(proof, "%.*s%s", (int)length, text, text[length] ? TEXT_CUT : "");
}

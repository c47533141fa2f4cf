#include "http/redaction.h"

struct Redactor {
    GHmac *keyed; /* that has seen no value yet */
};

Redactor *redactor_new(Span key)
{
    Redactor *redactor = g_new(Redactor, 1);
    redactor->keyed = g_hmac_new(G_CHECKSUM_SHA256, key.bytes, key.length);
    return redactor;
}

void redactor_append(const Redactor *redactor, GString *text, Span value)
{
    if (value.length == 0)
        return;
    GHmac *hmac = g_hmac_copy(redactor->keyed);
    g_hmac_update(hmac, value.bytes, (gssize)value.length);
    g_string_append(text, REDACTION_MARK);
    g_string_append_len(text, g_hmac_get_string(hmac), REDACTION_LENGTH - 1);
    g_hmac_unref(hmac);
}

void redactor_free(Redactor *redactor)
{
    if (!redactor)
        return;
    g_hmac_unref(redactor->keyed);
    g_free(redactor);
}

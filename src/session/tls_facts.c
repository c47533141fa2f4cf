#include "session/tls_facts.h"

#include <glib.h>

TlsSecrets tls_secrets_of(const TlsFacts *facts)
{
    if (facts->refusal != TLS_REFUSED_NOT)
        return TLS_SECRETS_UNSUPPORTED;
    bool good[2];
    for (int side = 0; side < 2; side++)
        good[side] =
            facts->secrets[side] == TLS_SECRETS_GOOD || facts->secrets[side] == TLS_SECRETS_UNTRIED;
    if (good[0] && good[1])
        return TLS_SECRETS_OF_ALL;
    if (good[0] || good[1])
        return good[0] == (facts->client != 1) ? TLS_SECRETS_OF_CLIENT : TLS_SECRETS_OF_SERVER;
    bool wrong = facts->secrets[0] == TLS_SECRETS_WRONG || facts->secrets[1] == TLS_SECRETS_WRONG;
    if (wrong)
        return TLS_SECRETS_FIT_NOTHING;
    return facts->late ? TLS_SECRETS_LATE : TLS_SECRETS_OF_NONE;
}

const char *tls_secrets_name(TlsSecrets secrets)
{
    static const char *const names[] = { "none",  "all",         "client", "server",
                                         "wrong", "unsupported", "late" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == TLS_SECRETS_COUNT);
    return names[secrets];
}

const char *tls_refusal_name(TlsRefusal refusal)
{
    static const char *const names[] = { "", "version", "suite", "extension" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == TLS_REFUSAL_COUNT);
    return names[refusal];
}

bool tls_is_encrypted(const TlsFacts *facts)
{
    bool sealed = facts->turns.sealed[0] || facts->turns.sealed[1] || facts->version != 0;
    return tls_secrets_of(facts) != TLS_SECRETS_OF_ALL && sealed;
}

bool tls_is_shut(const TlsFacts *facts)
{
    switch (tls_secrets_of(facts)) {
    case TLS_SECRETS_OF_NONE:
    case TLS_SECRETS_FIT_NOTHING:
    case TLS_SECRETS_UNSUPPORTED:
    case TLS_SECRETS_LATE:
        return true;
    case TLS_SECRETS_OF_ALL:
    case TLS_SECRETS_OF_CLIENT:
    case TLS_SECRETS_OF_SERVER:
        return false;
    }
    g_assert_not_reached();
}

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = { "ssl3", "1.0", "1.1", "1.2", "1.3" };
    unsigned minor = version - 0x300u;
    return minor < G_N_ELEMENTS(names) ? names[minor] : "";
}

/* RFC 8446 §6, RFC 5246 §7.2 and the registry. */
static const struct {
    uint8_t description;
    const char *name;
} ALERTS[] = {
    { 0, "close_notify" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 21, "decryption_failed" },
    { 22, "record_overflow" },
    { 30, "decompression_failure" },
    { 40, "handshake_failure" },
    { 41, "no_certificate" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 60, "export_restriction" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 100, "no_renegotiation" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 120, "no_application_protocol" },
    { 121, "ech_required" },
};

const char *tls_alert_name(uint8_t description)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ALERTS); i++)
        if (ALERTS[i].description == description)
            return ALERTS[i].name;
    return NULL;
}

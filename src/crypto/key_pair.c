/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "crypto/key_pair.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buffer.h"
#include "crypto/key.h"

#define SKIPPED_MAX 512 /* bytes of types that are named */

struct block {
    struct str type; /* "CERTIFICATE" */
    struct str text; /* with its first and last line */
};

static size_t find_text(struct str text, const char *what)
{
    const char *found = text.size == 0 ? NULL : memmem(text.data, text.size, what, strlen(what));
    return found == NULL ? text.size : (size_t)(found - text.data);
}

static bool next_block(struct str *rest, struct block *ret_block)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ", line[] = "-----";
    size_t at = find_text(*rest, begin);
    if (at == rest->size)
        return false;
    struct str text = str_skip(*rest, at), inner = str_skip(text, sizeof(begin) - 1);
    size_t size = find_text(inner, line), tail = find_text(text, end);
    if (size == inner.size || tail == text.size)
        return false;
    struct str last = str_skip(text, tail + sizeof(end) - 1);
    size_t stop = find_text(last, line);
    if (stop == last.size)
        return false;
    ret_block->type = (struct str){ inner.data, size };
    ret_block->text = (struct str){ text.data, tail + sizeof(end) - 1 + stop + sizeof(line) - 1 };
    *rest = str_skip(text, ret_block->text.size);
    return true;
}

static bool is_certificate(struct str type)
{
    return str_is(type, "CERTIFICATE");
}

static bool is_private_key(struct str type)
{
    static const char suffix[] = "PRIVATE KEY";
    size_t size = sizeof(suffix) - 1;
    return type.size >= size && memcmp(type.data + type.size - size, suffix, size) == 0 &&
           (type.size == size || type.data[type.size - size - 1] == ' ');
}

/* The first block of that sort; else what was there instead: how many, and their types. */
static bool find_block(struct str pem, bool (*wanted)(struct str type), struct block *ret_block, size_t *ret_skipped,
                       struct buffer *skipped)
{
    struct str rest = pem;
    *ret_skipped = 0;
    while (next_block(&rest, ret_block)) {
        if (wanted(ret_block->type))
            return true;
        if ((*ret_skipped)++ > 0)
            buffer_append_char(skipped, ' ');
        buffer_append_str(skipped, ret_block->type);
    }
    return false;
}

static int no_certificate(size_t skipped, const struct buffer *types, struct error *err)
{
    if (skipped == 0)
        return error_set(err, ERROR_INVALID, "tls: failed to find any PEM data in certificate input");
    if (skipped == 1 && is_private_key(buffer_str(types)))
        return error_set(err, ERROR_INVALID,
                         "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                         "PEM inputs may have been switched");
    return error_set(err, ERROR_INVALID,
                     "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of "
                     "the following types: [" STR_FMT "]",
                     STR_ARG(buffer_str(types)));
}

static int no_key(size_t skipped, const struct buffer *types, struct error *err)
{
    if (skipped == 0)
        return error_set(err, ERROR_INVALID, "tls: failed to find any PEM data in key input");
    if (skipped == 1 && is_certificate(buffer_str(types)))
        return error_set(err, ERROR_INVALID,
                         "tls: found a certificate rather than a key in the PEM for the private key");
    return error_set(
        err, ERROR_INVALID,
        "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM "
        "blocks of the following types: [" STR_FMT "]",
        STR_ARG(buffer_str(types)));
}

static int compare(struct evp_pkey_st *public, struct evp_pkey_st *private, struct error *err)
{
    if (EVP_PKEY_get_base_id(public) != EVP_PKEY_get_base_id(private))
        return error_set(err, ERROR_INVALID, "tls: private key type does not match public key type");
    if (EVP_PKEY_eq(public, private) != 1)
        return error_set(err, ERROR_INVALID, "tls: private key does not match public key");
    return 0;
}

int key_pair_check(struct str certificate_pem, struct str key_pem, struct error *err)
{
    auto_buffer struct buffer types = { .max = SKIPPED_MAX };
    struct evp_pkey_st *public = NULL, *private = NULL;
    struct block certificate, key;
    size_t skipped;
    if (!find_block(certificate_pem, is_certificate, &certificate, &skipped, &types))
        return no_certificate(skipped, &types, err);
    buffer_clear(&types);
    if (!find_block(key_pem, is_private_key, &key, &skipped, &types))
        return no_key(skipped, &types, err);
    int rc = 0;
    if (key_parse_public(certificate.text, &public, NULL) < 0)
        rc = error_set(err, ERROR_INVALID, "x509: malformed certificate");
    else if (key_parse(key.text, &private, NULL) < 0)
        rc = error_set(err, ERROR_INVALID, "tls: failed to parse private key");
    else
        rc = compare(public, private, err);
    key_unref(public);
    key_unref(private);
    return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* names.c - names made of parts. */
#include "api/validation/formats/names.h"

#include <stdio.h>

#include "base/text/utf8.h"

#define FIELD_MANAGER_SIZE_MAX 128
#define DOMAIN_SIZE_MAX        253
#define SIGNER_NAME_SIZE_MAX   571 /* a domain, '/', a subdomain, '.', a label */
#define SHOWN_SIZE             1200

void validate_csi_driver_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name)) {
        invalid_missing(errors, at);
        return;
    }
    if (strlen(name) > CSI_DRIVER_NAME_MAX)
        invalid_too_long(errors, at, CSI_DRIVER_NAME_MAX);
    invalid_format(errors, at, format_dns1123_subdomain_caseless, name);
}

/* A part as text of its own, to be shown. */
static const char *show(struct str part, char text[static SHOWN_SIZE])
{
    snprintf(text, SHOWN_SIZE, STR_FMT, STR_ARG(part));
    return text;
}

/* Every piece between dots has the format; the first that has not is reported. */
static size_t check_labels(struct str part, format_check *check, const struct field_at *at, struct api_invalid *errors)
{
    char shown[SHOWN_SIZE], label_text[SHOWN_SIZE];
    struct str rest = part, label;
    size_t count = 0;
    bool reported = false;

    while (str_next(&rest, '.', &label)) {
        struct format_errors found = { .count = 0 };
        count++;
        if (!reported)
            check(label, &found);
        for (size_t i = 0; i < found.count; i++)
            invalid_string(errors, at, show(part, shown), "validating label \"%s\": %s", show(label, label_text),
                           found.texts[i]);
        reported = reported || found.count > 0;
    }
    return count;
}

void validate_signer_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name));
    size_t slash = str_find(text, '/');
    struct str domain = { text.data, slash }, path = str_skip(text, slash < text.size ? slash + 1 : slash);
    char shown[SHOWN_SIZE];

    if (text.size == 0) {
        invalid_missing(errors, at);
        return;
    }
    if (slash == text.size || str_find(path, '/') < path.size) {
        invalid_string(errors, at, name,
                       "must be a fully qualified domain and path of the form 'example.com/signer-name'");
        return;
    }
    if (domain.size > DOMAIN_SIZE_MAX)
        invalid_too_long(errors, at, DOMAIN_SIZE_MAX);
    if (check_labels(domain, format_dns1123_label, at, errors) < 2)
        invalid_string(errors, at, show(domain, shown),
                       "should be a domain with at least two segments separated by dots");
    check_labels(path, format_dns1123_subdomain, at, errors);
    if (text.size > SIGNER_NAME_SIZE_MAX)
        invalid_too_long(errors, at, SIGNER_NAME_SIZE_MAX);
}

void validate_fully_qualified_domain(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name)), rest, label;
    struct format_errors found = { .count = 0 };
    char shown[SHOWN_SIZE], joined[SHOWN_SIZE];

    if (text.size == 0) {
        invalid_missing(errors, at);
        return;
    }
    if (str_ends(text, STR(".")))
        text.size--;
    format_dns1123_subdomain(text, &found);
    if (found.count > 0) {
        format_errors_join(&found, ",", joined, sizeof(joined));
        invalid_string(errors, at, show(text, shown), "%s", joined);
        return;
    }
    if (str_find(text, '.') == text.size) {
        invalid_string(errors, at, show(text, shown),
                       "should be a domain with at least two segments separated by dots");
        return;
    }
    for (rest = text; str_next(&rest, '.', &label);) {
        found.count = 0;
        format_dns1123_label(label, &found);
        if (found.count == 0)
            continue;
        format_errors_join(&found, ",", joined, sizeof(joined));
        invalid_string(errors, at, show(label, shown), "%s", joined);
    }
}

void validate_domain_prefixed_key(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name))
        invalid_missing(errors, at);
    else if (invalid_format(errors, at, format_qualified_name, name) && strchr(name, '/') == NULL)
        invalid_string(errors, at, name, "must be a domain-prefixed key (such as \"acme.io/foo\")");
}

void validate_resource_pool_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str rest = str_of(text_or_empty(name)), piece;
    char shown[SHOWN_SIZE];

    if (rest.size == 0) {
        invalid_missing(errors, at);
        return;
    }
    if (rest.size > RESOURCE_POOL_NAME_MAX)
        invalid_too_long(errors, at, RESOURCE_POOL_NAME_MAX);
    while (str_next(&rest, '/', &piece)) {
        struct format_errors found = { .count = 0 };
        format_dns1123_subdomain(piece, &found);
        invalid_formats(errors, at, &found, show(piece, shown));
    }
}

void validate_device_attribute_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name)), identifier = text;
    size_t slash = str_find(text, '/');
    char shown[SHOWN_SIZE];
    struct format_errors found = { .count = 0 };

    if (text.size == 0) {
        invalid_required(errors, at, "name required");
        return;
    }
    if (slash < text.size) {
        struct str domain = { text.data, slash };
        identifier = str_skip(text, slash + 1);
        if (domain.size == 0)
            invalid_required(errors, at, "the domain must not be empty");
        else {
            if (domain.size > 63)
                invalid_too_long(errors, at, 63);
            format_dns1123_subdomain(domain, &found);
            invalid_formats(errors, at, &found, show(domain, shown));
        }
        if (identifier.size == 0) {
            invalid_required(errors, at, "the name must not be empty");
            return;
        }
    }
    if (identifier.size > 32)
        invalid_too_long(errors, at, 32);
    found.count = 0;
    format_c_identifier(identifier, &found);
    invalid_formats(errors, at, &found, show(identifier, shown));
}

void format_trust_bundle_name(const char *signer, struct str name, struct format_errors *errors)
{
    char prefix[SHOWN_SIZE];

    if (text_empty(signer)) {
        if (str_find(name, ':') < name.size)
            format_error(errors, "ClusterTrustBundle without signer name must not have \":\" in its name");
        else
            format_dns1123_subdomain(name, errors);
        return;
    }
    snprintf(prefix, sizeof(prefix), "%s:", signer);
    for (char *c = prefix; *c != '\0'; c++)
        if (*c == '/')
            *c = ':';
    if (!str_starts(name, str_of(prefix))) {
        snprintf(errors->made, sizeof(errors->made),
                 "ClusterTrustBundle for signerName %s must be named with prefix %s", signer, prefix);
        format_error(errors, errors->made);
    } else {
        format_dns1123_subdomain(str_skip(name, strlen(prefix)), errors);
    }
}

bool name_is_extended_resource(struct str name)
{
    char quota[512];

    if (str_find(name, '/') == name.size || str_contains(name, STR("kubernetes.io/")) ||
        str_starts(name, STR("requests.")) || name.size > 400)
        return false;
    snprintf(quota, sizeof(quota), "requests." STR_FMT, STR_ARG(name));
    return format_ok(format_qualified_name, str_of(quota));
}

/* Letters, marks, numbers, signs and the plain blank: of what is not, controls and the other blanks are all that names have
 * in practice. */
static bool is_printable(uint32_t rune)
{
    return rune >= 0x20 && rune != 0x7f && !(rune >= 0x80 && rune <= 0xa0) && rune != 0xad && rune != 0x1680 &&
           !(rune >= 0x2000 && rune <= 0x200f) && !(rune >= 0x2028 && rune <= 0x202f) &&
           !(rune >= 0x205f && rune <= 0x206f) && rune != 0x3000 && rune != 0xfeff &&
           !(rune >= 0xe000 && rune <= 0xf8ff) && !(rune >= 0xfff0 && rune <= 0xfffb);
}

void validate_field_manager(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name));

    if (text.size > FIELD_MANAGER_SIZE_MAX)
        invalid_too_long(errors, at, FIELD_MANAGER_SIZE_MAX);
    for (struct str rest = text; rest.size > 0; rest = str_skip(rest, utf8_size(rest))) {
        uint32_t rune = utf8_decode(rest);
        if (!is_printable(rune))
            invalid_string(errors, at, name, "invalid character U+%04X (at position %zu)", rune, text.size - rest.size);
    }
}

void validate_domain_prefixed_path(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~%!$&'()*+,;=:";
    struct str text = str_of(text_or_empty(name));
    size_t slash = str_find(text, '/');
    struct str domain = { text.data, slash }, path = str_skip(text, slash < text.size ? slash + 1 : slash);
    struct format_errors found = { .count = 0 };
    char shown[SHOWN_SIZE];

    if (text.size == 0) {
        invalid_missing(errors, at);
        return;
    }
    if (domain.size == 0 || path.size == 0) {
        invalid_string(errors, at, name, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        return;
    }
    format_dns1123_subdomain(domain, &found);
    invalid_formats(errors, at, &found, show(domain, shown));
    if (strspn(path.data, characters) != path.size)
        invalid_string(errors, at, show(path, shown),
                       "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%%!$&'()*+,;=:]+')");
}

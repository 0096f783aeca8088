/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/validation/webhook.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text/base64.h"

#define URL_FORM "; desired format: https://host[/path]"

struct url {
    struct str scheme, user, host, query, fragment;
    bool has_user;
};

/* Parts of a URL as Go's url.Parse cuts them; NULL or what is wrong. */
static const char *cut_url(struct str text, struct url *ret_url)
{
    struct url url = { 0 };
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return "net/url: invalid control character in URL";
    size_t hash = str_find(text, '#');
    url.fragment = str_skip(text, hash < text.size ? hash + 1 : hash);
    struct str rest = { text.data, hash };
    size_t end = 0;
    while (end < rest.size && (isalnum((unsigned char)rest.data[end]) || strchr("+-.", rest.data[end]) != NULL))
        end++;
    if (end == 0 && rest.size > 0 && rest.data[0] == ':')
        return "missing protocol scheme";
    if (end > 0 && end < rest.size && rest.data[end] == ':' && isalpha((unsigned char)rest.data[0])) {
        url.scheme = (struct str){ rest.data, end };
        rest = str_skip(rest, end + 1);
    }
    size_t mark = str_find(rest, '?');
    url.query = str_skip(rest, mark < rest.size ? mark + 1 : mark);
    rest.size = mark;
    if (str_starts(rest, STR("//"))) {
        struct str authority = str_skip(rest, 2);
        authority.size = str_find(authority, '/');
        url.host = authority;
        for (size_t i = 0; i < authority.size; i++)
            if (authority.data[i] == '@') {
                url.has_user = true;
                url.user = (struct str){ authority.data, i };
                url.host = str_skip(authority, i + 1);
            }
        for (size_t i = 0; i < url.host.size; i++)
            if (strchr(" \"<>\\^`{|}", url.host.data[i]) != NULL)
                return "invalid character in host name";
    }
    *ret_url = url;
    return NULL;
}

static void refuse_part(struct str part, const char *why, const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer text = { .max = INVALID_VALUE_SIZE_MAX };
    buffer_append_str(&text, part);
    invalid_string(errors, at, text_or_empty(text.data), "%s", why);
}

void validate_webhook_url(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    struct url url;
    const char *problem = cut_url(str_of(text_or_empty(text)), &url);
    if (problem != NULL) {
        auto_buffer struct buffer quoted = { 0 };
        invalid_append_quoted(&quoted, text);
        invalid_required(errors, at, "url must be a valid URL: parse %s: %s" URL_FORM, quoted.data, problem);
        return;
    }
    if (!str_is(url.scheme, "https"))
        refuse_part(url.scheme, "'https' is the only allowed URL scheme" URL_FORM, at, errors);
    if (url.host.size == 0)
        refuse_part(url.host, "host must be specified" URL_FORM, at, errors);
    if (url.has_user)
        refuse_part(url.user, "user information is not permitted in the URL", at, errors);
    if (url.fragment.size > 0)
        refuse_part(url.fragment, "fragments are not permitted in the URL", at, errors);
    if (url.query.size > 0)
        refuse_part(url.query, "query parameters are not permitted in the URL", at, errors);
}

static void validate_path(const char *path, const struct field_at *at, struct api_invalid *errors)
{
    if (path[0] != '/')
        invalid_string(errors, at, path, "must start with a '/'");
    struct str rest = str_skip(str_of(path), 1), step;
    if (str_ends(rest, STR("/")))
        rest.size--;
    for (size_t i = 0; str_next(&rest, '/', &step); i++) {
        struct format_errors found = { .count = 0 };
        if (step.size == 0)
            invalid_string(errors, at, path, "segment[%zu] may not be empty", i);
        else
            format_dns1123_subdomain(step, &found);
        for (size_t k = 0; k < found.count; k++)
            invalid_string(errors, at, path, "segment[%zu]: %s", i, found.texts[k]);
    }
}

void validate_webhook_service(const char *namespace, const char *name, const char *path, int32_t port,
                              const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char why[512];
    if (text_empty(name))
        invalid_missing(errors, at_field(at, "name"));
    if (text_empty(namespace))
        invalid_missing(errors, at_field(at, "namespace"));
    format_port_number(port, &found);
    if (found.count > 0) {
        format_errors_join(&found, "; ", why, sizeof(why));
        invalid_number(errors, at_field(at, "port"), port, "port is not valid: %s", why);
    }
    if (text_empty(path) || strcmp(path, "/") == 0)
        return;
    if (strcmp(path, "//") == 0)
        invalid_string(errors, at_field(at, "path"), path, "segment[0] may not be empty");
    else
        validate_path(path, at_field(at, "path"), errors);
}

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

/* Whether the text between the marks is base64 of a DER sequence of its size. */
static bool is_certificate(struct str body)
{
    auto_buffer struct buffer text = { 0 }, der = { 0 };
    for (size_t i = 0; i < body.size; i++)
        if (!isspace((unsigned char)body.data[i]))
            buffer_append_char(&text, body.data[i]);
    if (!base64_decode(buffer_str(&text), &der) || der.size < 4 || der.data[0] != 0x30)
        return false;
    size_t length = (unsigned char)der.data[1], header = 2;
    if (length > 0x80 && length <= 0x84) {
        size_t bytes = length - 0x80;
        length = 0;
        header += bytes;
        for (size_t i = 2; i < header && i < der.size; i++)
            length = length << 8 | (unsigned char)der.data[i];
    }
    return header + length == der.size;
}

bool ca_bundle_ok(struct str bundle)
{
    size_t certificates = 0;
    for (const char *at = bundle.data, *end = bundle.data + bundle.size; at < end;) {
        const char *begin = memmem(at, (size_t)(end - at), PEM_BEGIN, strlen(PEM_BEGIN));
        if (begin == NULL)
            break;
        const char *body = begin + strlen(PEM_BEGIN);
        const char *stop = memmem(body, (size_t)(end - body), PEM_END, strlen(PEM_END));
        if (stop == NULL || !is_certificate((struct str){ body, (size_t)(stop - body) }))
            return false;
        certificates++;
        at = stop + strlen(PEM_END);
    }
    return certificates > 0;
}

void validate_ca_bundle(struct str bundle, const struct field_at *at, struct api_invalid *errors)
{
    if (ca_bundle_ok(bundle))
        return;
    auto_buffer struct buffer shown = { 0 };
    buffer_append_char(&shown, '"');
    base64_encode(bundle, &shown);
    buffer_append_char(&shown, '"');
    invalid_raw(errors, at, shown.data, "unable to load root certificates: unable to parse bytes as PEM block");
}

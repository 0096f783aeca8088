/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats.c - kubernetes.NamedFormat: the shapes of names, as validation knows them. */
#include "api/validation/formats/formats.h"

#include "base/text/base64.h"
#include "cel/function.h"
#include "cel/library/named_format.h"
#include "cel/library/url.h"
#include "cel/value/value.h"

#define FORMAT_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

/* 8-4-4-4-12 digits; each hyphen may be missing. */
static void check_uuid(struct str value, struct format_errors *errors)
{
    static const size_t groups[] = { 8, 4, 4, 4, 12 };
    size_t at = 0;
    bool good = true;

    for (size_t i = 0; good && i < countof(groups); i++) {
        if (i > 0 && at < value.size && value.data[at] == '-')
            at++;
        for (size_t end = at + groups[i]; good && at < end; at++) {
            char c = at < value.size ? value.data[at] : '\0';

            good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
        }
    }
    if (!good || at != value.size)
        format_error(errors, "does not match the UUID format");
}

static void check_byte(struct str value, struct format_errors *errors)
{
    auto_buffer struct buffer bytes = { .max = value.size + 1 };

    if (!base64_decode(value, &bytes))
        format_error(errors, "invalid base64");
}

static void check_date(struct str value, struct format_errors *errors)
{
    struct cel_value date;

    if (!cel_date_parse(value, &date))
        format_error(errors, "invalid date");
}

static void check_datetime(struct str value, struct format_errors *errors)
{
    struct cel_value time;

    if (!cel_timestamp_parse(value, &time))
        format_error(errors, "invalid datetime");
}

static void check_uri(struct str value, struct format_errors *errors)
{
    auto_arena struct arena scratch = { 0 };
    struct cel_url url;
    const char *problem = cel_url_parse(&scratch, value, &url);
    size_t size = problem == NULL ? 0 : strlen(problem);

    if (problem == NULL)
        return;
    if (size >= sizeof(errors->made))
        size = sizeof(errors->made) - 1;
    memcpy(errors->made, problem, size);
    errors->made[size] = '\0';
    format_error(errors, errors->made);
}

/* Lengths of patterns are upstream's guesses: they count as costs. */
static const struct cel_named_format named_formats[] = {
    { "dns1123Label", format_dns1123_label, false, 30 },
    { "dns1123Subdomain", format_dns1123_subdomain, false, 60 },
    { "dns1035Label", format_dns1035_label, false, 30 },
    { "qualifiedName", format_qualified_name, false, 60 },
    { "dns1123LabelPrefix", format_dns1123_label, true, 30 },
    { "dns1123SubdomainPrefix", format_dns1123_subdomain, true, 60 },
    { "dns1035LabelPrefix", format_dns1035_label, true, 30 },
    { "labelValue", format_label_value, false, 40 },
    { "uri", check_uri, false, 1103 },
    { "uuid", check_uuid, false, 70 },
    { "byte", check_byte, false, 84 },
    { "date", check_date, false, 73 },
    { "datetime", check_datetime, false, 73 },
};

static struct cel_value format_value(const struct cel_named_format *format)
{
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_FORMAT, .opaque = format };
}

static struct cel_value format_find(struct str name)
{
    for (size_t i = 0; i < countof(named_formats); i++)
        if (str_is(name, named_formats[i].name))
            return format_value(&named_formats[i]);
    return cel_no_overload();
}

FORMAT_FUNCTION(named)
{
    struct cel_value format = format_find(args[0].text);

    (void)count;
    return cel_value_optional(state->arena, cel_is_error(&format) ? NULL : &format);
}

/* format.<name>(): the name of the function says which. */
FORMAT_FUNCTION(constant)
{
    (void)args;
    (void)count;
    return format_find(str_skip(state->call->function, sizeof("format.") - 1));
}

FORMAT_FUNCTION(validate)
{
    const struct cel_named_format *format = args[0].opaque;
    struct format_errors errors = { .count = 0 };
    struct cel_value list;

    (void)count;
    if (format->prefix)
        format_name_prefix(format->check, args[1].text, &errors);
    else
        format->check(args[1].text, &errors);
    if (errors.count == 0)
        return cel_value_optional(state->arena, NULL);
    list = cel_list_new(state->arena, errors.count);
    for (size_t i = 0; i < errors.count; i++)
        cel_list_push(state->arena, &list, cel_value_string(str_of(arena_strdup(state->arena, errors.texts[i]))));
    return cel_value_optional(state->arena, &list);
}

#define CONSTANT_ROW(name)                                  \
    {                                                       \
        "format." name, ":F", constant, CEL_COST_UNIT, 0, 0 \
    }

struct cel_functions cel_formats(void)
{
    static const struct cel_overload rows[] = {
        { "format.named", "s:OF", named, CEL_COST_UNIT, 0, 0 },
        { "validate", "F.s:OLs", validate, CEL_COST_VALIDATE, 0, 0 },
        CONSTANT_ROW("dns1123Label"),
        CONSTANT_ROW("dns1123Subdomain"),
        CONSTANT_ROW("dns1035Label"),
        CONSTANT_ROW("qualifiedName"),
        CONSTANT_ROW("dns1123LabelPrefix"),
        CONSTANT_ROW("dns1123SubdomainPrefix"),
        CONSTANT_ROW("dns1035LabelPrefix"),
        CONSTANT_ROW("labelValue"),
        CONSTANT_ROW("uri"),
        CONSTANT_ROW("uuid"),
        CONSTANT_ROW("byte"),
        CONSTANT_ROW("date"),
        CONSTANT_ROW("datetime"),
    };

    return (struct cel_functions){ rows, countof(rows) };
}

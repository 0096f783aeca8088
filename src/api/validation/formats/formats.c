/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats.c - upstream's formats and the sentences that name them.
 *
 * Clients show these sentences and some parse them, regular expression included; the matching itself
 * is done by hand. */
#include "api/validation/formats/formats.h"

#include <stdio.h>

#include "base/cleanup.h"

#define LABEL_FMT     "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN_FMT LABEL_FMT "(\\." LABEL_FMT ")*"
#define NAME_FMT      "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

#define LABEL_TEXT                                                                                              \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and " \
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '" LABEL_FMT "')"
#define SUBDOMAIN_TEXT                                                                                               \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "       \
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" SUBDOMAIN_FMT \
    "')"
#define NAME_TEXT                                                                                            \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " \
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" NAME_FMT "')"

/* Of names; label keys and values count bytes, as those who check them say. */
#define TOO_LONG(max)       "must be no more than " #max " characters"
#define TOO_LONG_BYTES(max) "must be no more than " #max " bytes"
#define EMPTY               "must be non-empty"

void format_error(struct format_errors *errors, const char *text)
{
    if (errors->count < FORMAT_ERRORS_MAX)
        errors->texts[errors->count++] = text;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

/* Lower-case letters and digits at both ends, those and '-' (and '_') between. */
static bool is_label(struct str text, bool underscore)
{
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool inner = i > 0 && i + 1 < text.size;
        if (!is_lower(c) && !is_digit(c) && !(inner && c == '-') &&
            !(underscore && c == '_' && (inner || (i == 0 && text.size > 1))))
            return false;
    }
    return true;
}

static bool is_subdomain(struct str text, bool underscore)
{
    struct str piece;

    if (text.size == 0)
        return false;
    while (str_next(&text, '.', &piece))
        if (!is_label(piece, underscore))
            return false;
    return true;
}

/* Letters and digits at both ends, those and "-_." between. */
static bool is_name(struct str text)
{
    if (text.size == 0 || !is_alnum(text.data[0]) || !is_alnum(text.data[text.size - 1]))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_alnum(text.data[i]) && text.data[i] != '-' && text.data[i] != '_' && text.data[i] != '.')
            return false;
    return true;
}

static bool consists_of(struct str text, const char *also)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_alnum(text.data[i]) && (text.data[i] == '\0' || strchr(also, text.data[i]) == NULL))
            return false;
    return true;
}

void format_dns1123_label(struct str value, struct format_errors *errors)
{
    if (value.size > 63)
        format_error(errors, TOO_LONG(63));
    if (is_label(value, false))
        return;
    format_error(errors, is_subdomain(value, false) ? "must not contain dots" : LABEL_TEXT);
}

void format_dns1123_subdomain(struct str value, struct format_errors *errors)
{
    if (value.size > 253)
        format_error(errors, TOO_LONG(253));
    if (!is_subdomain(value, false))
        format_error(errors, SUBDOMAIN_TEXT);
}

/* Longer values than any of these formats takes are cut: they are refused for their size. */
static struct str lower_case(struct str value, char text[static 600])
{
    size_t size = value.size < 600 ? value.size : 600;

    for (size_t i = 0; i < size; i++)
        text[i] = value.data[i] >= 'A' && value.data[i] <= 'Z' ? (char)(value.data[i] - 'A' + 'a') : value.data[i];
    return (struct str){ text, size };
}

void format_dns1123_subdomain_caseless(struct str value, struct format_errors *errors)
{
    char text[600];
    format_dns1123_subdomain(lower_case(value, text), errors);
}

void format_qualified_name_caseless(struct str value, struct format_errors *errors)
{
    char text[600];
    format_qualified_name(lower_case(value, text), errors);
}

void format_dns1123_subdomain_underscore(struct str value, struct format_errors *errors)
{
    if (value.size > 253)
        format_error(errors, TOO_LONG(253));
    if (!is_subdomain(value, true))
        format_error(errors,
                     "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or "
                     "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                     "validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')");
}

void format_dns1035_label(struct str value, struct format_errors *errors)
{
    if (value.size > 63)
        format_error(errors, TOO_LONG(63));
    if (!is_label(value, false) || !is_lower(value.data[0]))
        format_error(errors,
                     "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                     "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
                     "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')");
}

void format_wildcard_dns1123_subdomain(struct str value, struct format_errors *errors)
{
    if (value.size > 253)
        format_error(errors, TOO_LONG(253));
    if (!str_starts(value, STR("*.")) || !is_subdomain(str_skip(value, 2), false))
        format_error(
            errors, "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                    "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
                    "(e.g. '*.example.com', regex used for validation is '\\*\\." SUBDOMAIN_FMT "')");
}

void format_qualified_name(struct str value, struct format_errors *errors)
{
    struct str name = value;
    size_t slash = str_find(value, '/');

    if (slash < value.size) {
        struct str prefix = { value.data, slash };
        name = str_skip(value, slash + 1);
        if (str_find(name, '/') < name.size) {
            format_error(errors, "a valid label key " NAME_TEXT
                                 " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
            return;
        }
        if (prefix.size == 0) {
            format_error(errors, "prefix part " EMPTY);
        } else {
            if (prefix.size > 253)
                format_error(errors, "prefix part " TOO_LONG_BYTES(253));
            if (!is_subdomain(prefix, false))
                format_error(errors, "prefix part " SUBDOMAIN_TEXT);
        }
    }
    if (name.size == 0)
        format_error(errors, "name part " EMPTY);
    else if (name.size > 63)
        format_error(errors, "name part " TOO_LONG_BYTES(63));
    if (!is_name(name))
        format_error(errors, "name part " NAME_TEXT);
}

void format_label_value(struct str value, struct format_errors *errors)
{
    if (value.size > 63)
        format_error(errors, TOO_LONG_BYTES(63));
    if (value.size > 0 && !is_name(value))
        format_error(
            errors, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                    "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
                    "regex used for validation is '(" NAME_FMT ")?')");
}

void format_c_identifier(struct str value, struct format_errors *errors)
{
    if (value.size == 0 || is_digit(value.data[0]) || !consists_of(value, "_"))
        format_error(errors,
                     "a valid C identifier must start with alphabetic character or '_', followed by a string of "
                     "alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for "
                     "validation is '[A-Za-z_][A-Za-z0-9_]*')");
}

void format_port_name(struct str value, struct format_errors *errors)
{
    bool charset = value.size > 0;
    bool letter = false;

    for (size_t i = 0; i < value.size; i++) {
        charset = charset && (is_lower(value.data[i]) || is_digit(value.data[i]) || value.data[i] == '-');
        letter = letter || is_lower(value.data[i]);
    }
    if (value.size > 15)
        format_error(errors, TOO_LONG(15));
    if (!charset)
        format_error(errors, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    if (!letter)
        format_error(errors, "must contain at least one letter (a-z)");
    if (str_contains(value, STR("--")))
        format_error(errors, "must not contain consecutive hyphens");
    if (value.size > 0 && (value.data[0] == '-' || value.data[value.size - 1] == '-'))
        format_error(errors, "must not begin or end with a hyphen");
}

void format_percent(struct str value, struct format_errors *errors)
{
    bool good = value.size > 1 && value.data[value.size - 1] == '%';

    for (size_t i = 0; good && i + 1 < value.size; i++)
        good = is_digit(value.data[i]);
    if (!good)
        format_error(errors,
                     "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                     "regex used for validation is '[0-9]+%')");
}

void format_http_header_name(struct str value, struct format_errors *errors)
{
    if (value.size == 0 || !consists_of(value, "-"))
        format_error(errors,
                     "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex "
                     "used for validation is '[-A-Za-z0-9]+')");
}

void format_env_var_name(struct str value, struct format_errors *errors)
{
    if (value.size == 0) {
        format_error(errors, "environment variable name " EMPTY);
        return;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < 0x20 || value.data[i] > 0x7e || value.data[i] == '=') {
            format_error(errors,
                         "a valid environment variable name must consist only of printable ASCII characters other than "
                         "'='");
            return;
        }
    }
}

/* "." and what begins with ".." would be directories. */
static void check_dots(struct str value, struct format_errors *errors)
{
    if (str_is(value, "."))
        format_error(errors, "must not be '.'");
    else if (str_is(value, ".."))
        format_error(errors, "must not be '..'");
    else if (str_starts(value, STR("..")))
        format_error(errors, "must not start with '..'");
}

void format_env_var_name_strict(struct str value, struct format_errors *errors)
{
    if (value.size == 0 || is_digit(value.data[0]) || !consists_of(value, "-._"))
        format_error(errors, "a valid environment variable name must consist of alphabetic characters, digits, '_', "
                             "'-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or "
                             "'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')");
    check_dots(value, errors);
}

void format_config_key(struct str value, struct format_errors *errors)
{
    if (value.size > 253)
        format_error(errors, TOO_LONG(253));
    if (value.size == 0 || !consists_of(value, "-._"))
        format_error(
            errors, "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
    check_dots(value, errors);
}

void format_path_segment_prefix(struct str value, struct format_errors *errors)
{
    if (str_find(value, '/') < value.size)
        format_error(errors, "may not contain '/'");
    if (str_find(value, '%') < value.size)
        format_error(errors, "may not contain '%'");
}

void format_path_segment(struct str value, struct format_errors *errors)
{
    if (str_is(value, ".") || str_is(value, ".."))
        format_error(errors, value.size == 1 ? "may not be '.'" : "may not be '..'");
    else
        format_path_segment_prefix(value, errors);
}

void format_domain_prefixed_path(struct str value, struct format_errors *errors)
{
    size_t slash = str_find(value, '/');
    struct str domain = { value.data, slash };

    if (value.size == 0) {
        format_error(errors, EMPTY);
        return;
    }
    if (slash == value.size || slash == 0 || slash + 1 == value.size) {
        format_error(errors, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        return;
    }
    format_dns1123_subdomain(domain, errors);
    if (!consists_of(str_skip(value, slash + 1), "/-._~%!$&'()*+,;=:"))
        format_error(errors,
                     "Invalid path (e.g. 'path', regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
}

void format_fully_qualified_name(struct str value, struct format_errors *errors)
{
    size_t dots = 0;

    if (value.size == 0) {
        format_error(errors, "must be non-empty");
        return;
    }
    format_dns1123_subdomain(value, errors);
    for (size_t i = 0; i < value.size; i++)
        dots += value.data[i] == '.';
    if (errors->count == 0 && dots < 2)
        format_error(errors, "should be a domain with at least three segments separated by dots");
}

void format_sysctl_name(struct str value, struct format_errors *errors)
{
    struct str rest = value;
    bool good = value.size > 0;

    good = good && value.size <= 253;
    while (good && rest.size > 0) {
        size_t end = 0;
        while (end < rest.size && rest.data[end] != '.' && rest.data[end] != '/')
            end++;
        struct str piece = { rest.data, end };
        good = is_label(piece, true) && piece.data[0] != '_' && end + 1 != rest.size;
        rest = str_skip(rest, end < rest.size ? end + 1 : end);
    }
    if (!good)
        format_error(errors, "must have at most 253 characters and match regex "
                             "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
}

void format_condition_reason(struct str value, struct format_errors *errors)
{
    if (value.size > 0 && !is_digit(value.data[0]) && is_alnum(value.data[0]) && consists_of(value, "_,:") &&
        (is_alnum(value.data[value.size - 1]) || value.data[value.size - 1] == '_'))
        return;
    format_error(errors,
                 "a condition reason must start with alphabetic character, optionally followed by a string of "
                 "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. "
                 "'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for "
                 "validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')");
}

void format_uuid(struct str value, struct format_errors *errors)
{
    bool good = value.size == 36;

    for (size_t i = 0; good && i < value.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = value.data[i];
        good = dash ? c == '-' : is_digit(c) || (c >= 'a' && c <= 'f');
    }
    if (!good)
        format_error(errors, "must be a lowercase UUID in 8-4-4-4-12 format");
}

void format_decimal_integer(struct str value, struct format_errors *errors)
{
    size_t start = value.size > 0 && value.data[0] == '-';

    if (value.size == 0) {
        format_error(errors, EMPTY);
        return;
    }
    bool good = value.size > start && (value.data[start] != '0' || value.size == 1);
    for (size_t i = start; good && i < value.size; i++)
        good = is_digit(value.data[i]);
    if (!good)
        format_error(errors, "must be a valid decimal integer in canonical form");
}

void format_node_feature(struct str value, struct format_errors *errors)
{
    struct str rest = value, piece;
    bool good = value.size > 0, first = true;

    while (good && str_next(&rest, '/', &piece)) {
        good = piece.size > 0 && !is_digit(piece.data[0]) && (!first || !is_lower(piece.data[0])) &&
               consists_of(piece, "");
        first = false;
    }
    if (!good)
        format_error(errors, "must be a valid feature name (regex used for validation is "
                             "'[A-Z][a-zA-Z0-9]*(\\/[a-zA-Z][a-zA-Z0-9]*)*')");
}

void format_name_prefix(format_check *name, struct str prefix, struct format_errors *errors)
{
    char masked[512];

    /* The last letter and its '-' become one letter: what may stand before a letter may stand there. */
    if (prefix.size > 1 && prefix.size < sizeof(masked) && prefix.data[prefix.size - 1] == '-') {
        memcpy(masked, prefix.data, prefix.size - 2);
        masked[prefix.size - 2] = 'a';
        prefix = (struct str){ masked, prefix.size - 1 };
    }
    name(prefix, errors);
}

void format_port_number(int64_t value, struct format_errors *errors)
{
    if (value < 1 || value > 65535)
        format_error(errors, "must be between 1 and 65535, inclusive");
}

void format_user_id(int64_t value, struct format_errors *errors)
{
    if (value < 0 || value > INT32_MAX)
        format_error(errors, "must be between 0 and 2147483647, inclusive");
}

void format_file_mode(int64_t value, struct format_errors *errors)
{
    if (value < 0 || value > 0777)
        format_error(errors, "must be a number between 0 and 0777 (octal), both inclusive");
}

void format_errors_join(const struct format_errors *errors, const char *separator, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < errors->count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i > 0 ? separator : "", errors->texts[i]);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats.c - the formats of strings that upstream checks; others say nothing. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/structural/checks.h"
#include "api/structural/structure.h"
#include "base/text/ip.h"
#include "base/time.h"

#define NORMAL_NAME_MAX 32
#define SANITIZED_MAX   128

/* For shapes that are asked for rarely: compiles each time. */
static bool shaped(struct str text, const char *pattern)
{
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    return regex_compile(str_of(pattern), &regex, NULL) == 0 && regex_matches(regex, text, NULL) == 1;
}

/* A run of pieces of the picture: 'x' a hexadecimal digit, '9' a digit, '-' an optional dash, others themselves. */
static bool drawn(struct str text, const char *picture)
{
    size_t at = 0;
    for (const char *p = picture; *p != '\0'; p++) {
        char c = at < text.size ? text.data[at] : '\0';
        bool fits = *p == 'x'   ? isxdigit((unsigned char)c) != 0
                    : *p == '9' ? isdigit((unsigned char)c) != 0
                    : *p == 'v' ? c != '\0' && strchr("89abAB", c) != NULL
                                : c == *p;
        if (*p == '-' && !fits)
            continue;
        if (!fits)
            return false;
        at++;
    }
    return at == text.size;
}

static bool is_uuid(struct str text)
{
    return drawn(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

static bool is_uuid3(struct str text)
{
    return drawn(text, "xxxxxxxx-xxxx-3xxx-xxxx-xxxxxxxxxxxx");
}

static bool is_uuid4(struct str text)
{
    return drawn(text, "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx");
}

static bool is_uuid5(struct str text)
{
    return drawn(text, "xxxxxxxx-xxxx-5xxx-vxxx-xxxxxxxxxxxx");
}

static bool is_bson_object_id(struct str text)
{
    return drawn(text, "xxxxxxxxxxxxxxxxxxxxxxxx");
}

static bool is_hex_color(struct str text)
{
    struct str digits = text.size > 0 && text.data[0] == '#' ? str_skip(text, 1) : text;
    return drawn(digits, "xxx") || drawn(digits, "xxxxxx");
}

#define RGB "\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*"

static bool is_rgb_color(struct str text)
{
    return shaped(text, "^rgb\\(" RGB "," RGB "," RGB "\\)$");
}

static bool is_ssn(struct str text)
{
    return text.size == 11 && shaped(text, "^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$");
}

/* One label, or several and a last one of letters; letters and symbols of any script. */
static bool is_hostname(struct str text)
{
#define HOST "[a-zA-Z0-9\\p{S}\\p{L}]"
    struct str rest = text, label;
    if (text.size > 255 ||
        !shaped(text, "^(" HOST "((-?" HOST "{0,62})?)|(" HOST "(([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}" HOST
                      ")?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$"))
        return false;
    while (str_next(&rest, '.', &label))
        if (label.size > 63)
            return false;
    return true;
}

/* A dotted quad with leading zeros taken away, as upstream goes on reading them. */
static struct str without_leading_zeros(struct str text, char *space, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < text.size && used + 1 < size; i++) {
        bool starts = i == 0 || text.data[i - 1] == '.';
        while (starts && i + 1 < text.size && text.data[i] == '0' && isdigit((unsigned char)text.data[i + 1]))
            i++;
        space[used++] = text.data[i];
    }
    return (struct str){ space, used };
}

static bool has(struct str text, char c)
{
    return str_find(text, c) < text.size;
}

static bool parse_ip(struct str text, struct ip *ret_ip)
{
    char space[IP_TEXT_SIZE];
    if (text.size >= sizeof(space))
        return false;
    return ip_parse(has(text, ':') ? text : without_leading_zeros(text, space, sizeof(space)), ret_ip);
}

static bool is_ipv4(struct str text)
{
    struct ip ip;
    return has(text, '.') && parse_ip(text, &ip);
}

static bool is_ipv6(struct str text)
{
    struct ip ip;
    return has(text, ':') && ip_parse(text, &ip);
}

static bool is_cidr(struct str text)
{
    struct ip ip;
    size_t slash = str_find(text, '/');
    uint64_t length = 0;
    struct str digits = slash < text.size ? str_skip(text, slash + 1) : (struct str){ 0 };
    return digits.size > 0 && digits.size <= 3 && parse_ip((struct str){ text.data, slash }, &ip) &&
           str_to_uint64(digits, &length) && length <= 8 * ip_size(&ip);
}

static bool is_mac(struct str text)
{
    static const size_t sizes[] = { 6, 8, 20 };
    size_t bytes = 0, digits = 0;
    char separator = text.size > 2 ? text.data[2] : '\0';
    size_t group = separator == ':' || separator == '-' ? 2 : 4;
    if (group == 4)
        separator = '.';
    for (size_t i = 0; i < text.size; i++) {
        if (digits == group) {
            if (text.data[i] != separator || i + 1 == text.size)
                return false;
            digits = 0;
            continue;
        }
        if (!isxdigit((unsigned char)text.data[i]))
            return false;
        bytes += ++digits % 2 == 0;
    }
    for (size_t i = 0; i < countof(sizes); i++)
        if (bytes == sizes[i] && digits == group)
            return true;
    return false;
}

static bool is_byte(struct str text)
{
    size_t padding = 0;
    if (text.size == 0 || text.size % 4 != 0)
        return false;
    while (padding < 2 && text.data[text.size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.size - padding; i++)
        if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '+' && text.data[i] != '/')
            return false;
    return true;
}

/* The text without dashes and blanks; size 0 when it is too long to be a number. */
static size_t sanitize(struct str text, const char *dropped, char digits[SANITIZED_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool drop = dropped != NULL ? c != '\0' && strchr(dropped, c) != NULL : !isdigit((unsigned char)c);
        if (drop)
            continue;
        if (count + 1 == SANITIZED_MAX)
            return 0;
        digits[count++] = c;
    }
    digits[count] = '\0';
    return count;
}

static bool is_isbn10(struct str text)
{
    char digits[SANITIZED_MAX];
    int sum = 0;
    if (sanitize(text, "- \t\n\f\r", digits) != 10)
        return false;
    for (int i = 0; i < 10; i++) {
        bool last_x = i == 9 && digits[i] == 'X';
        if (!last_x && !isdigit((unsigned char)digits[i]))
            return false;
        sum += (i + 1) * (last_x ? 10 : digits[i] - '0');
    }
    return sum % 11 == 0;
}

static bool is_isbn13(struct str text)
{
    char digits[SANITIZED_MAX];
    int sum = 0;
    if (sanitize(text, "- \t\n\f\r", digits) != 13)
        return false;
    for (int i = 0; i < 13; i++) {
        if (!isdigit((unsigned char)digits[i]))
            return false;
        sum += i < 12 ? (i % 2 == 0 ? 1 : 3) * (digits[i] - '0') : 0;
    }
    return digits[12] - '0' == (10 - sum % 10) % 10;
}

static bool is_isbn(struct str text)
{
    return is_isbn10(text) || is_isbn13(text);
}

static bool is_credit_card(struct str text)
{
    char digits[SANITIZED_MAX];
    size_t count = sanitize(text, NULL, digits);
    if (!shaped((struct str){ digits, count },
                "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|"
                "3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11})$"))
        return false;
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        if (i % 2 == 1)
            digit = digit * 2 >= 10 ? digit * 2 % 10 + 1 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool is_password(struct str text)
{
    (void)text;
    return true;
}

static int number_at(struct str text, size_t at, size_t size)
{
    int number = 0;
    for (size_t i = at; i < at + size; i++)
        number = number * 10 + (text.data[i] - '0');
    return number;
}

static bool is_date(struct str text)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-' || !drawn(text, "9999-99-99"))
        return false;
    int year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* A date, T, a time with a fraction of any length and a zone. */
static bool is_date_time(struct str text)
{
    size_t t = text.size > 10 && (text.data[10] == 'T' || text.data[10] == 't') ? 10 : 0;
    if (t == 0 || !is_date((struct str){ text.data, t }))
        return false;
    struct str clock = str_skip(text, t + 1);
    if (clock.size < 9 || !drawn((struct str){ clock.data, 8 }, "99:99:99"))
        return false;
    if (number_at(clock, 0, 2) > 23 || number_at(clock, 3, 2) > 59 || number_at(clock, 6, 2) > 59)
        return false;
    struct str rest = str_skip(clock, 8);
    bool zone =
        rest.data[0] == 'z' || rest.data[0] == 'Z' || ((rest.data[0] == '+' || rest.data[0] == '-') && rest.size == 6);
    if (!zone) { /* upstream takes any character for the point */
        size_t end = 1;
        while (end < rest.size && isdigit((unsigned char)rest.data[end]))
            end++;
        if (end == 1)
            return false;
        rest = str_skip(rest, end);
    }
    return str_is(rest, "z") || str_is(rest, "Z") || drawn(rest, "+99:99") ||
           (rest.size == 6 && rest.data[0] == '-' && drawn(str_skip(rest, 1), "99:99"));
}

static bool is_unit(struct str unit)
{
    static const char *const exact[] = {
        "ns", "us", "\xc2\xb5s", "\xce\xbcs", "ms", "s", "m", "h", "hr", "d", "w", "wk"
    };
    static const char *const starts[] = { "nano", "micro", "milli", "sec", "min", "hour", "day", "week" };
    for (size_t i = 0; i < countof(exact); i++)
        if (str_equal_nocase(unit, str_of(exact[i])))
            return true;
    for (size_t i = 0; i < countof(starts); i++) {
        size_t size = strlen(starts[i]);
        if (unit.size >= size && str_equal_nocase((struct str){ unit.data, size }, str_of(starts[i])))
            return true;
    }
    return false;
}

/* Go's, or any numbers with units somewhere in the text: "2 days". */
static bool is_duration(struct str text)
{
    int64_t nanoseconds;
    bool found = false;
    if (duration_parse(text, &nanoseconds))
        return true;
    for (size_t i = 0; i < text.size;) {
        size_t start = i;
        while (i < text.size && isdigit((unsigned char)text.data[i]))
            i++;
        if (i == start) {
            i++;
            continue;
        }
        uint64_t number;
        bool fits = str_to_uint64((struct str){ text.data + start, i - start }, &number) && number <= INT64_MAX;
        while (i < text.size && strchr(" \t\n\f\r", text.data[i]) != NULL)
            i++;
        size_t unit = i;
        while (i < text.size && (isalpha((unsigned char)text.data[i]) || (unsigned char)text.data[i] >= 0x80))
            i++;
        if (i > unit && !fits)
            return false;
        found = found || (i > unit && is_unit((struct str){ text.data + unit, i - unit }));
    }
    return found;
}

static bool is_dns_label(struct str label)
{
    for (size_t i = 0; i < label.size; i++) {
        char c = label.data[i];
        bool inside = c == '-' && i > 0 && i + 1 < label.size;
        if (!inside && !(c >= 'a' && c <= 'z') && !isdigit((unsigned char)c))
            return false;
    }
    return label.size > 0;
}

static bool is_short_name(struct str text)
{
    return text.size <= 63 && is_dns_label(text);
}

static bool is_long_name(struct str text)
{
    struct str rest = text, label;
    if (text.size == 0 || text.size > 253)
        return false;
    while (str_next(&rest, '.', &label))
        if (!is_dns_label(label))
            return false;
    return true;
}

static bool escapes_are_good(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '%' && (i + 2 >= text.size || !isxdigit((unsigned char)text.data[i + 1]) ||
                                    !isxdigit((unsigned char)text.data[i + 2])))
            return false;
    return true;
}

/* [user@]host[:port] */
static bool authority_is_good(struct str authority)
{
    struct str host = authority;
    for (size_t i = 0; i < authority.size; i++)
        if (authority.data[i] == '@')
            host = str_skip(authority, i + 1);
    size_t end = host.size > 0 && host.data[0] == '[' ? str_find(host, ']') : str_find(host, ':');
    if (host.size > 0 && host.data[0] == '[') {
        if (end == host.size)
            return false;
        end++;
    }
    struct str port = str_skip(host, end);
    for (size_t i = 0; i < port.size; i++)
        if (i == 0 ? port.data[i] != ':' : !isdigit((unsigned char)port.data[i]))
            return false;
    for (size_t i = 0; i < end; i++)
        if (strchr(" \"<>\\^`{|}", host.data[i]) != NULL)
            return false;
    return true;
}

/* As Go's url.ParseRequestURI: absolute, or a path. */
static bool is_uri(struct str text)
{
    size_t colon = 0;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    if (text.size == 0)
        return false;
    if (str_is(text, "*"))
        return true;
    while (colon < text.size && (isalnum((unsigned char)text.data[colon]) || strchr("+-.", text.data[colon]) != NULL))
        colon++;
    bool scheme = colon > 0 && colon < text.size && text.data[colon] == ':' && isalpha((unsigned char)text.data[0]);
    struct str rest = scheme ? str_skip(text, colon + 1) : text;
    rest.size = str_find(rest, '?');
    if (!str_starts(rest, STR("/")))
        return scheme; /* opaque */
    if (str_starts(rest, STR("//")) && (scheme || !str_starts(rest, STR("///")))) {
        struct str behind = str_skip(rest, 2);
        size_t end = str_find(behind, '/');
        if (scheme && !authority_is_good((struct str){ behind.data, end }))
            return false;
    }
    return escapes_are_good(rest);
}

static bool is_atom(struct str text, const char *more)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (!isalnum(c) && c < 0x80 && (c == '\0' || strchr(more, c) == NULL))
            return false;
    }
    return text.size > 0;
}

static bool is_dot_atom(struct str text)
{
    struct str rest = text, atom;
    if (text.size == 0)
        return false;
    while (str_next(&rest, '.', &atom))
        if (!is_atom(atom, "!#$%&'*+-/=?^_`{|}~"))
            return false;
    return true;
}

/* As Go's mail.ParseAddress: local@domain, or a name with that in angle brackets. */
static bool is_email(struct str text)
{
    struct str address = str_trim(text);
    if (str_ends(address, STR(">"))) {
        size_t open = str_find(address, '<');
        if (open == address.size)
            return false;
        struct str name = str_trim((struct str){ address.data, open });
        bool quoted = name.size >= 2 && name.data[0] == '"' && name.data[name.size - 1] == '"';
        if (!quoted && name.size > 0 && !is_atom(name, "!#$%&'*+-/=?^_`{|}~. \t"))
            return false;
        address = (struct str){ address.data + open + 1, address.size - open - 2 };
    }
    size_t at = address.size;
    for (size_t i = 0; i < address.size; i++)
        if (address.data[i] == '@')
            at = i;
    if (at == address.size)
        return false;
    struct str local = { address.data, at }, domain = str_skip(address, at + 1);
    bool quoted = local.size > 2 && local.data[0] == '"' && local.data[local.size - 1] == '"';
    bool literal = domain.size > 2 && domain.data[0] == '[' && domain.data[domain.size - 1] == ']';
    struct ip ip;
    if (literal && !ip_parse((struct str){ domain.data + 1, domain.size - 2 }, &ip))
        return false;
    return (quoted || is_dot_atom(local)) && (literal || is_dot_atom(domain));
}

static const struct structural_format formats[] = {
    { "bsonobjectid", is_bson_object_id },
    { "byte", is_byte },
    { "cidr", is_cidr },
    { "creditcard", is_credit_card },
    { "date", is_date },
    { "datetime", is_date_time },
    { "duration", is_duration },
    { "email", is_email },
    { "hexcolor", is_hex_color },
    { "hostname", is_hostname },
    { "ipv4", is_ipv4 },
    { "ipv6", is_ipv6 },
    { "isbn", is_isbn },
    { "isbn10", is_isbn10 },
    { "isbn13", is_isbn13 },
    { "k8slongname", is_long_name },
    { "k8sshortname", is_short_name },
    { "mac", is_mac },
    { "password", is_password },
    { "rgbcolor", is_rgb_color },
    { "ssn", is_ssn },
    { "uri", is_uri },
    { "uuid", is_uuid },
    { "uuid3", is_uuid3 },
    { "uuid4", is_uuid4 },
    { "uuid5", is_uuid5 },
};

const struct structural_format *structural_format_find(struct str name)
{
    char normal[NORMAL_NAME_MAX];
    size_t size = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '-')
            continue;
        if (size + 1 == sizeof(normal))
            return NULL;
        normal[size++] = name.data[i];
    }
    for (size_t i = 0; i < countof(formats); i++)
        if (str_is((struct str){ normal, size }, formats[i].name))
            return &formats[i];
    return NULL;
}

bool structural_format_known(const char *type, const char *format)
{
    if (text_empty(type) || strcmp(type, "string") == 0)
        return structural_format_find(str_of(format)) != NULL;
    if (strcmp(type, "integer") == 0)
        return strcmp(format, "int32") == 0 || strcmp(format, "int64") == 0;
    return strcmp(type, "number") == 0 && (strcmp(format, "float") == 0 || strcmp(format, "double") == 0);
}

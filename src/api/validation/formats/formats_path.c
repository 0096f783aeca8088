/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats_path.c - paths of files, and names of iSCSI targets. */
#include "api/validation/formats/formats.h"

static bool has_backstep(struct str path)
{
    struct str piece;

    while (str_next(&path, '/', &piece))
        if (str_is(piece, ".."))
            return true;
    return false;
}

void format_no_backsteps(struct str value, struct format_errors *errors)
{
    if (has_backstep(value))
        format_error(errors, "must not contain '..'");
}

void format_local_path(struct str value, struct format_errors *errors)
{
    if (str_starts(value, STR("/")))
        format_error(errors, "must be a relative path");
    format_no_backsteps(value, errors);
}

void format_local_unreserved_path(struct str value, struct format_errors *errors)
{
    format_local_path(value, errors);
    if (str_starts(value, STR("..")) && !str_starts(value, STR("../")))
        format_error(errors, "must not start with '..'");
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "eui." or "naa.", any character for the point, and that many letters and digits. */
static bool is_counted(struct str value, size_t digits)
{
    if (value.size != 4 + digits)
        return false;
    for (size_t i = 4; i < value.size; i++)
        if (!is_alnum(value.data[i]))
            return false;
    return true;
}

/* "iqn.YYYY-MM.AUTHORITY:NAME" */
static bool is_iqn(struct str value)
{
    static const char shape[] = "iqn.dddd-dd.";

    if (value.size < sizeof(shape))
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++)
        if (shape[i] == 'd' ? value.data[i] < '0' || value.data[i] > '9' : value.data[i] != shape[i])
            return false;
    struct str rest = str_skip(value, sizeof(shape) - 1);
    size_t colon = 0;
    while (colon < rest.size && (is_alnum(rest.data[colon]) || rest.data[colon] == '-' || rest.data[colon] == '.'))
        colon++;
    if (colon == 0 || colon + 1 >= rest.size || rest.data[colon] != ':')
        return false;
    for (size_t i = colon + 1; i < rest.size; i++)
        if (strchr(",;*&$| \t\n\r\f\v", rest.data[i]) != NULL)
            return false;
    return true;
}

void format_iscsi_name(struct str value, struct format_errors *errors)
{
    if (str_starts(value, STR("iqn"))) {
        if (!is_iqn(value))
            format_error(errors, "must be valid format");
    } else if (str_starts(value, STR("eui"))) {
        if (!is_counted(value, 16))
            format_error(errors, "must be valid format");
    } else if (str_starts(value, STR("naa"))) {
        if (!is_counted(value, 32))
            format_error(errors, "must be valid format");
    } else {
        format_error(errors, "must be valid format starting with iqn, eui, or naa");
    }
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* time.c - timestamps and durations as text, with nanoseconds. */
#include "base/time.h"

#include "cel/value/civil.h"
#include "cel/value/value.h"

bool cel_timestamp_make(__int128 nanoseconds, struct cel_value *ret_value)
{
    __int128 seconds = nanoseconds / 1000000000;
    int32_t nanos = (int32_t)(nanoseconds % 1000000000);

    if (nanos < 0) {
        nanos += 1000000000;
        seconds--;
    }
    if (seconds < CEL_TIMESTAMP_MIN || seconds > CEL_TIMESTAMP_MAX)
        return false;
    *ret_value = cel_value_timestamp((int64_t)seconds, nanos);
    return true;
}

bool cel_duration_make(__int128 nanoseconds, struct cel_value *ret_value)
{
    struct cel_value value;

    if (nanoseconds < INT64_MIN || nanoseconds > INT64_MAX || !cel_timestamp_make(nanoseconds, &value))
        return false;
    value.kind = CEL_DURATION;
    *ret_value = value;
    return true;
}

/* 'count' digits as a number; false when there are others. */
static bool digits(struct str text, size_t at, size_t count, int64_t *ret_number)
{
    int64_t number = 0;

    if (at + count > text.size)
        return false;
    for (size_t i = at; i < at + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool date_at(struct str text, int64_t *ret_days)
{
    struct civil civil = { 0 };
    int64_t year, month, day;

    if (!digits(text, 0, 4, &year) || !digits(text, 5, 2, &month) || !digits(text, 8, 2, &day) || text.data[4] != '-' ||
        text.data[7] != '-' || month < 1 || month > 12 || day < 1 || day > civil_month_days(year, (int)month))
        return false;
    civil.year = year;
    civil.month = (int)month;
    civil.day = (int)day;
    *ret_days = civil_to_days(&civil);
    return true;
}

bool cel_date_parse(struct str text, struct cel_value *ret_value)
{
    int64_t days;

    if (text.size != 10 || !date_at(text, &days))
        return false;
    *ret_value = cel_value_timestamp(days * 86400, 0);
    return true;
}

/* ".123" as nanoseconds; further digits are cut. */
static bool fraction_at(struct str text, size_t *at, int32_t *ret_nanos)
{
    int32_t nanos = 0;
    int count = 0;

    *ret_nanos = 0;
    if (*at >= text.size || text.data[*at] != '.')
        return true;
    for (++*at; *at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at, count++)
        if (count < 9)
            nanos = nanos * 10 + (text.data[*at] - '0');
    for (int i = count; i < 9; i++)
        nanos *= 10;
    *ret_nanos = nanos;
    return count > 0;
}

static bool offset_at(struct str text, size_t at, int64_t *ret_seconds)
{
    int64_t hours, minutes;

    if (at < text.size && text.data[at] == 'Z') {
        *ret_seconds = 0;
        return at + 1 == text.size;
    }
    if (at + 6 != text.size || (text.data[at] != '+' && text.data[at] != '-') || text.data[at + 3] != ':' ||
        !digits(text, at + 1, 2, &hours) || !digits(text, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (hours * 3600 + minutes * 60) * (text.data[at] == '-' ? -1 : 1);
    return true;
}

bool cel_timestamp_parse(struct str text, struct cel_value *ret_value)
{
    int64_t days, hours, minutes, seconds, offset;
    int32_t nanos;
    size_t at = 19;

    if (text.size < 20 || !date_at(text, &days) || text.data[10] != 'T' || text.data[13] != ':' ||
        text.data[16] != ':' || !digits(text, 11, 2, &hours) || !digits(text, 14, 2, &minutes) ||
        !digits(text, 17, 2, &seconds) || hours > 23 || minutes > 59 || seconds > 59)
        return false;
    if (!fraction_at(text, &at, &nanos) || !offset_at(text, at, &offset))
        return false;
    seconds += days * 86400 + hours * 3600 + minutes * 60 - offset;
    return cel_timestamp_make((__int128)seconds * 1000000000 + nanos, ret_value);
}

bool cel_duration_parse(struct str text, struct cel_value *ret_value)
{
    int64_t nanoseconds;

    return duration_parse(text, &nanoseconds) && cel_duration_make(nanoseconds, ret_value);
}

static void fraction_format(int32_t nanos, struct buffer *out)
{
    int digits_left = 9;

    if (nanos == 0)
        return;
    while (nanos % 10 == 0) {
        nanos /= 10;
        digits_left--;
    }
    buffer_format(out, ".%0*d", digits_left, nanos);
}

void cel_timestamp_format(const struct cel_value *value, struct buffer *out)
{
    struct civil civil;

    civil_of(value->integer, &civil);
    buffer_format(out, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)civil.year, civil.month, civil.day, civil.hour,
                  civil.minute, civil.second);
    fraction_format(value->nanos, out);
    buffer_append_char(out, 'Z');
}

/* Seconds: "5400s", "-0.5s". */
void cel_duration_format(const struct cel_value *value, struct buffer *out)
{
    int64_t seconds = value->integer;
    int32_t nanos = value->nanos;

    if (seconds < 0) {
        buffer_append_char(out, '-');
        seconds = -seconds;
        if (nanos > 0) {
            seconds--;
            nanos = 1000000000 - nanos;
        }
    }
    buffer_append_int64(out, seconds);
    fraction_format(nanos, out);
    buffer_append_char(out, 's');
}

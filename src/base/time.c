/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400 };

#define NSEC_PER_SEC 1000000000

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years begin in March here,
 * so that the leap day is the last one; 400 years ("an era") have 146097 days. */
static int64_t days_of_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int days_of_month(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* 'count' digits with leading zeros, then a character; what does not fit the digits is left out. */
static char *put_digits(char *text, int64_t value, int count, char end)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        text[i] = (char)('0' + value % 10);
    text[count] = end;
    return text + count + 1;
}

/* Not by snprintf(): every object that is written has several times in it. */
void time_format(usec_t moment, bool micros, char text[TIME_TEXT_SIZE])
{
    int64_t seconds = floor_divide(moment, USEC_PER_SEC);
    int fraction = (int)(moment - seconds * USEC_PER_SEC);
    int64_t days = floor_divide(seconds, SECONDS_PER_DAY);
    int second = (int)(seconds - days * SECONDS_PER_DAY);
    int64_t year = 0;
    int month = 0, day = 0;
    date_of_days(days, &year, &month, &day);
    if (year < 0 || year > 9999) { /* no date of RFC 3339 */
        snprintf(text, TIME_TEXT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)year, month, day, second / 3600,
                 second / 60 % 60, second % 60);
        return;
    }
    text = put_digits(text, year, 4, '-');
    text = put_digits(text, month, 2, '-');
    text = put_digits(text, day, 2, 'T');
    text = put_digits(text, second / 3600, 2, ':');
    text = put_digits(text, second / 60 % 60, 2, ':');
    text = put_digits(text, second % 60, 2, micros ? '.' : 'Z');
    if (micros)
        text = put_digits(text, fraction, 6, 'Z');
    *text = '\0';
}

/* Exactly 'count' digits and then 'end' (0: nothing). */
static bool take_digits(struct str *text, size_t count, char end, int *ret_value)
{
    if (text->size < count + (end != '\0'))
        return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        value = value * 10 + (text->data[i] - '0');
    }
    if (end != '\0' && text->data[count] != end)
        return false;
    *text = str_skip(*text, count + (end != '\0'));
    *ret_value = value;
    return true;
}

static bool take_fraction(struct str *text, int *ret_micros)
{
    *ret_micros = 0;
    if (text->size == 0 || (text->data[0] != '.' && text->data[0] != ','))
        return true;
    *text = str_skip(*text, 1);
    int digits = 0, unit = 100000;
    for (; text->size > 0 && text->data[0] >= '0' && text->data[0] <= '9'; *text = str_skip(*text, 1), digits++) {
        *ret_micros += (text->data[0] - '0') * unit;
        unit /= 10;
    }
    return digits > 0;
}

static bool take_offset(struct str *text, int *ret_seconds)
{
    *ret_seconds = 0;
    if (str_is(*text, "Z"))
        return true;
    if (text->size == 0 || (text->data[0] != '+' && text->data[0] != '-'))
        return false;
    int sign = text->data[0] == '-' ? -1 : 1, hours = 0, minutes = 0;
    *text = str_skip(*text, 1);
    if (!take_digits(text, 2, ':', &hours) || !take_digits(text, 2, '\0', &minutes) || text->size != 0)
        return false;
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return hours <= 24 && minutes < 60;
}

bool time_parse(struct str text, usec_t *ret_moment)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0, offset = 0;
    if (!take_digits(&text, 4, '-', &year) || !take_digits(&text, 2, '-', &month) ||
        !take_digits(&text, 2, 'T', &day) || !take_digits(&text, 2, ':', &hour) ||
        !take_digits(&text, 2, ':', &minute) || !take_digits(&text, 2, '\0', &second) ||
        !take_fraction(&text, &micros) || !take_offset(&text, &offset))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    int64_t seconds = days_of_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    usec_t moment = seconds * USEC_PER_SEC + micros;
    *ret_moment = moment != 0 ? moment : 1;
    return true;
}

/* Appends 'value' / 10^digits without trailing zeroes, then the unit. */
static void append_decimal(char *text, uint64_t value, int digits, const char *unit)
{
    uint64_t scale = 1;
    for (int i = 0; i < digits; i++)
        scale *= 10;
    uint64_t whole = value / scale, part = value % scale;
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, DURATION_TEXT_SIZE - used, "%llu", (unsigned long long)whole);
    if (part != 0) {
        while (part % 10 == 0) {
            part /= 10;
            digits--;
        }
        used += (size_t)snprintf(text + used, DURATION_TEXT_SIZE - used, ".%0*llu", digits, (unsigned long long)part);
    }
    snprintf(text + used, DURATION_TEXT_SIZE - used, "%s", unit);
}

void duration_format(int64_t nanoseconds, char text[DURATION_TEXT_SIZE])
{
    uint64_t rest = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
    snprintf(text, DURATION_TEXT_SIZE, "%s", nanoseconds < 0 ? "-" : "");
    if (rest == 0) {
        snprintf(text, DURATION_TEXT_SIZE, "0s");
    } else if (rest < 1000) {
        append_decimal(text, rest, 0, "ns");
    } else if (rest < 1000000) {
        append_decimal(text, rest, 3, "\xc2\xb5s"); /* the micro sign, as Go writes it */
    } else if (rest < NSEC_PER_SEC) {
        append_decimal(text, rest, 6, "ms");
    } else {
        uint64_t minutes = rest / NSEC_PER_SEC / 60;
        if (minutes >= 60)
            append_decimal(text, minutes / 60, 0, "h");
        if (minutes > 0)
            append_decimal(text, minutes % 60, 0, "m");
        append_decimal(text, rest - minutes * 60 * NSEC_PER_SEC, 9, "s");
    }
}

static const struct duration_unit {
    const char *name;
    uint64_t nanoseconds;
} duration_units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "\xc2\xb5s", 1000 }, /* U+00B5 */
    { "\xce\xbcs", 1000 }, /* U+03BC */
    { "ms", 1000000 },
    { "s", NSEC_PER_SEC },
    { "m", 60 * (uint64_t)NSEC_PER_SEC },
    { "h", 3600 * (uint64_t)NSEC_PER_SEC },
};

static bool take_unit(struct str *text, uint64_t *ret_nanoseconds)
{
    size_t size = 0;
    while (size < text->size && text->data[size] != '.' && (text->data[size] < '0' || text->data[size] > '9'))
        size++;
    for (size_t i = 0; i < sizeof(duration_units) / sizeof(duration_units[0]); i++) {
        if (str_is((struct str){ text->data, size }, duration_units[i].name)) {
            *ret_nanoseconds = duration_units[i].nanoseconds;
            *text = str_skip(*text, size);
            return true;
        }
    }
    return false;
}

/* One "1.5h": a number with an optional fraction, and its unit; added to *total. */
static bool take_duration_part(struct str *text, uint64_t *total)
{
    uint64_t whole = 0, fraction = 0, scale = 1, unit = 0;
    bool digits = false, point = false;
    for (; text->size > 0; *text = str_skip(*text, 1)) {
        char c = text->data[0];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits = true;
        if (!point) {
            if (__builtin_mul_overflow(whole, (uint64_t)10, &whole) ||
                __builtin_add_overflow(whole, (uint64_t)(c - '0'), &whole))
                return false;
        } else if (scale < 1000000000000000) { /* finer digits cannot reach a nanosecond of an hour */
            fraction = fraction * 10 + (uint64_t)(c - '0');
            scale *= 10;
        }
    }
    if (!digits || !take_unit(text, &unit) || __builtin_mul_overflow(whole, unit, &whole))
        return false;
    whole += (uint64_t)((double)fraction * ((double)unit / (double)scale));
    return !__builtin_add_overflow(*total, whole, total) && *total <= (uint64_t)1 << 63;
}

bool duration_parse(struct str text, int64_t *ret_nanoseconds)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = str_skip(text, 1);
    if (str_is(text, "0")) {
        *ret_nanoseconds = 0;
        return true;
    }
    if (text.size == 0)
        return false;
    uint64_t total = 0;
    while (text.size > 0)
        if (!take_duration_part(&text, &total))
            return false;
    if (!negative && total > INT64_MAX)
        return false;
    *ret_nanoseconds = negative ? (int64_t)(0 - total) : (int64_t)total;
    return true;
}

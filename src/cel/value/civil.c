/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* civil.c - the calendar, and zones as the machine's database has them (TZif, RFC 8536). */
#include "cel/value/civil.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/system/file.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX  ((size_t)64 << 10)
#define ZONE_NAME_MAX  64
#define ZONE_HEADER    44

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Years begin in March here, so that a leap day is the last of its year. */
int64_t civil_to_days(const struct civil *civil)
{
    int64_t year = civil->year - (civil->month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (civil->month + (civil->month > 2 ? -3 : 9)) + 2) / 5 + civil->day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void civil_of(int64_t seconds, struct civil *ret_civil)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    int64_t era, day_of_era, year_of_era, day_of_year, month;
    struct civil first = { .month = 1, .day = 1 };

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    ret_civil->hour = (int)(rest / 3600);
    ret_civil->minute = (int)(rest / 60 % 60);
    ret_civil->second = (int)(rest % 60);
    ret_civil->weekday = (int)(((days + 4) % 7 + 7) % 7);
    era = (days + 719468 >= 0 ? days + 719468 : days + 719468 - 146096) / 146097;
    day_of_era = days + 719468 - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;
    ret_civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    ret_civil->month = (int)(month < 10 ? month + 3 : month - 9);
    ret_civil->year = year_of_era + era * 400 + (ret_civil->month <= 2);
    first.year = ret_civil->year;
    ret_civil->year_day = (int)(days - civil_to_days(&first));
}

/* "+2:30", "-08:00"; false when it is not of that form. */
static bool fixed_offset(struct str zone, int64_t *ret_offset)
{
    size_t colon = str_find(zone, ':');
    bool negative = zone.data[0] == '-';
    int64_t hours, minutes;

    if (colon == zone.size)
        return false;
    if (zone.data[0] == '-' || zone.data[0] == '+') {
        zone = str_skip(zone, 1);
        colon--;
    }
    if (!str_to_int64((struct str){ zone.data, colon }, &hours) || !str_to_int64(str_skip(zone, colon + 1), &minutes) ||
        hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_offset = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
    return true;
}

/* A database name stays inside of the database. */
static bool is_zone_name(struct str zone)
{
    for (size_t i = 0; i < zone.size; i++) {
        char c = zone.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
              c == '+' || (c == '/' && i > 0)))
            return false;
    }
    return zone.size < ZONE_NAME_MAX;
}

struct zone_counts {
    uint32_t utc, standard, leap, times, types, chars;
};

static uint32_t big_endian(const char *bytes)
{
    const uint8_t *b = (const uint8_t *)bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool read_header(struct str file, struct zone_counts *counts)
{
    if (file.size < ZONE_HEADER || memcmp(file.data, "TZif", 4) != 0)
        return false;
    counts->utc = big_endian(file.data + 20);
    counts->standard = big_endian(file.data + 24);
    counts->leap = big_endian(file.data + 28);
    counts->times = big_endian(file.data + 32);
    counts->types = big_endian(file.data + 36);
    counts->chars = big_endian(file.data + 40);
    return counts->times < 65536 && counts->types <= 256 && counts->chars < 65536 && counts->leap < 65536 &&
           counts->utc <= 256 && counts->standard <= 256;
}

static size_t body_size(const struct zone_counts *counts, size_t time_size)
{
    return counts->times * (time_size + 1) + counts->types * 6 + counts->chars + counts->leap * (time_size + 4) +
           counts->standard + counts->utc;
}

/* ---- the rule behind the last change, a POSIX TZ text: "EST5EDT,M3.2.0,M11.1.0" ---- */

struct rule_day {
    int month, week, weekday;
    int64_t seconds;
};

static bool rule_name(struct str *text)
{
    size_t at = 0;

    if (text->size > 0 && text->data[0] == '<') {
        at = str_find(*text, '>');
        if (at == text->size)
            return false;
        at++;
    } else {
        while (at < text->size && ((text->data[at] | 0x20) >= 'a' && (text->data[at] | 0x20) <= 'z'))
            at++;
    }
    *text = str_skip(*text, at);
    return at >= 3;
}

static bool rule_number(struct str *text, int64_t *ret_number)
{
    size_t at = 0;

    while (at < text->size && at < 4 && text->data[at] >= '0' && text->data[at] <= '9')
        at++;
    if (at == 0 || !str_to_int64((struct str){ text->data, at }, ret_number))
        return false;
    *text = str_skip(*text, at);
    return true;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool rule_time(struct str *text, int64_t *ret_seconds)
{
    int64_t unit = 3600, total = 0, number;
    bool negative = text->size > 0 && text->data[0] == '-';

    if (text->size > 0 && (text->data[0] == '-' || text->data[0] == '+'))
        *text = str_skip(*text, 1);
    for (;;) {
        if (!rule_number(text, &number))
            return false;
        total += number * unit;
        unit /= 60;
        if (unit == 0 || text->size == 0 || text->data[0] != ':')
            break;
        *text = str_skip(*text, 1);
    }
    *ret_seconds = negative ? -total : total;
    return true;
}

static bool rule_day(struct str *text, struct rule_day *day)
{
    int64_t month, week, weekday;

    if (!str_starts(*text, STR(",M")))
        return false;
    *text = str_skip(*text, 2);
    if (!rule_number(text, &month) || !str_starts(*text, STR(".")))
        return false;
    *text = str_skip(*text, 1);
    if (!rule_number(text, &week) || !str_starts(*text, STR(".")))
        return false;
    *text = str_skip(*text, 1);
    if (!rule_number(text, &weekday) || month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6)
        return false;
    *day = (struct rule_day){ (int)month, (int)week, (int)weekday, 7200 };
    if (!str_starts(*text, STR("/")))
        return true;
    *text = str_skip(*text, 1);
    return rule_time(text, &day->seconds);
}

/* The moment in local time that a rule names in a year. */
static int64_t rule_moment(const struct rule_day *day, int64_t year)
{
    struct civil first = { .year = year, .month = day->month, .day = 1 };
    int64_t days = civil_to_days(&first);
    int weekday = (int)(((days + 4) % 7 + 7) % 7);
    int date = 1 + (day->weekday - weekday + 7) % 7 + (day->week - 1) * 7;

    while (date > civil_month_days(year, day->month))
        date -= 7;
    return (days + date - 1) * 86400 + day->seconds;
}

static bool rule_offset(struct str text, int64_t moment, int64_t *ret_offset)
{
    int64_t standard, summer, begin, end;
    struct rule_day from, to;
    struct civil civil;

    if (!rule_name(&text) || !rule_time(&text, &standard))
        return false;
    *ret_offset = -standard;
    if (text.size == 0)
        return true;
    if (!rule_name(&text))
        return false;
    summer = standard - 3600;
    if (text.size > 0 && text.data[0] != ',' && !rule_time(&text, &summer))
        return false;
    if (!rule_day(&text, &from) || !rule_day(&text, &to))
        return false;
    civil_of(moment - standard, &civil);
    begin = rule_moment(&from, civil.year) + standard;
    end = rule_moment(&to, civil.year) + summer;
    if (begin < end ? moment >= begin && moment < end : moment >= begin || moment < end)
        *ret_offset = -summer;
    return true;
}

/* The offset in force at a moment, of the 64 bit part of the file. */
static bool zone_offset(struct str file, int64_t moment, int64_t *ret_offset)
{
    struct zone_counts counts;
    const char *times, *indexes, *types;
    uint32_t at = 0, type = 0;
    struct str footer;

    if (!read_header(file, &counts) || file.data[4] < '2' || body_size(&counts, 4) + 2 * ZONE_HEADER > file.size)
        return false;
    file = str_skip(file, ZONE_HEADER + body_size(&counts, 4));
    if (!read_header(file, &counts) || body_size(&counts, 8) + ZONE_HEADER > file.size || counts.types == 0)
        return false;
    times = file.data + ZONE_HEADER;
    indexes = times + (size_t)counts.times * 8;
    types = indexes + counts.times;
    footer = str_trim(str_skip(file, ZONE_HEADER + body_size(&counts, 8)));
    while (at < counts.times && moment >= (int64_t)((uint64_t)big_endian(times + (size_t)at * 8) << 32 |
                                                    big_endian(times + (size_t)at * 8 + 4)))
        at++;
    if (at == counts.times && footer.size > 0 && rule_offset(footer, moment, ret_offset))
        return true;
    if (at > 0)
        type = (uint8_t)indexes[at - 1];
    if (type >= counts.types)
        return false;
    *ret_offset = (int32_t)big_endian(types + (size_t)type * 6);
    return true;
}

bool civil_zone_offset(struct str zone, int64_t moment, int64_t *ret_offset)
{
    char path[sizeof(ZONE_DIRECTORY) + ZONE_NAME_MAX];
    auto_buffer struct buffer content = { .max = ZONE_FILE_MAX };

    *ret_offset = 0;
    if (zone.size == 0 || str_is(zone, "UTC"))
        return true;
    if (fixed_offset(zone, ret_offset))
        return true;
    if (!is_zone_name(zone))
        return false;
    snprintf(path, sizeof(path), ZONE_DIRECTORY STR_FMT, STR_ARG(zone));
    return file_read(AT_FDCWD, path, ZONE_FILE_MAX, &content, NULL) == 0 &&
           zone_offset(buffer_str(&content), moment, ret_offset);
}

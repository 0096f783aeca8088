/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_schedule.c - see the header. */
#include "controllers/cronjob/cron_schedule.h"

#include <time.h>

#define YEARS_AHEAD 5

struct field {
    const char *name;
    int64_t first, last;
    const char *const *names; /* of 'first' and so on; NULL-terminated, or NULL */
};

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct field fields[] = {
    { "minute", 0, 59, NULL },
    { "hour", 0, 23, NULL },
    { "day of month", 1, 31, NULL },
    { "month", 1, 12, month_names },
    { "day of week", 0, 6, weekday_names },
};

static bool read_value(const struct field *field, struct str text, int64_t *ret_value)
{
    for (int64_t i = 0; field->names != NULL && field->names[i] != NULL; i++) {
        if (str_equal_nocase(text, str_of(field->names[i]))) {
            *ret_value = field->first + i;
            return true;
        }
    }
    return str_to_int64(text, ret_value) && *ret_value >= field->first && *ret_value <= field->last;
}

/* "*", "3", "1-5", each with an optional "/2". */
static bool read_piece(const struct field *field, struct str piece, uint64_t *bits, bool *every)
{
    int64_t first = field->first, last = field->last, step = 1;
    size_t slash = str_find(piece, '/');
    bool stepped = slash < piece.size;
    if (stepped && (!str_to_int64(str_skip(piece, slash + 1), &step) || step < 1 || step > field->last + 1))
        return false;
    struct str range = { piece.data, slash };
    if (str_is(range, "*") || str_is(range, "?")) {
        *every |= step == 1;
    } else {
        size_t dash = str_find(range, '-');
        if (!read_value(field, (struct str){ range.data, dash }, &first))
            return false;
        if (dash < range.size) {
            if (!read_value(field, str_skip(range, dash + 1), &last) || last < first)
                return false;
        } else if (!stepped) {
            last = first;
        }
    }
    for (int64_t i = first; i <= last; i += step)
        *bits |= (uint64_t)1 << i;
    return true;
}

static int read_field(size_t number, struct str text, uint64_t *ret_bits, bool *ret_every, struct error *err)
{
    struct str rest = text, piece;
    *ret_bits = 0;
    *ret_every = false;
    while (str_next(&rest, ',', &piece)) {
        if (piece.size == 0 || !read_piece(&fields[number], piece, ret_bits, ret_every))
            return error_set(err, ERROR_SYNTAX, "the %s \"" STR_FMT "\" is not valid", fields[number].name,
                             STR_ARG(text));
    }
    return 0;
}

static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t end = 0;
    while (end < rest->size && rest->data[end] != ' ' && rest->data[end] != '\t')
        end++;
    struct str word = { rest->data, end };
    *rest = str_skip(*rest, end);
    return word;
}

static struct str expand(struct str text)
{
    static const struct {
        const char *name;
        const char *text;
    } shorthands[] = { { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
                       { "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },    { "@midnight", "0 0 * * *" },
                       { "@hourly", "0 * * * *" } };
    for (size_t i = 0; i < countof(shorthands); i++) {
        if (str_is(text, shorthands[i].name))
            return str_of(shorthands[i].text);
    }
    return text;
}

int cron_schedule_parse(struct str text, struct cron_schedule *ret_schedule, struct error *err)
{
    struct cron_schedule schedule = { 0 };
    struct str rest = expand(str_trim(text));
    if (str_starts(rest, STR("@every "))) {
        int64_t nanoseconds = 0;
        if (!duration_parse(str_trim(str_skip(rest, 7)), &nanoseconds) || nanoseconds < 1000000000)
            return error_set(err, ERROR_SYNTAX, "\"" STR_FMT "\" is no interval of a second or more", STR_ARG(rest));
        schedule.interval = nanoseconds / 1000000000 * USEC_PER_SEC;
        *ret_schedule = schedule;
        return 0;
    }
    uint64_t bits[countof(fields)];
    bool every[countof(fields)];
    for (size_t i = 0; i < countof(fields); i++) {
        struct str word = next_word(&rest);
        if (word.size == 0)
            return error_set(err, ERROR_SYNTAX, "expected exactly 5 fields, found %zu: \"" STR_FMT "\"", i,
                             STR_ARG(text));
        int rc = read_field(i, word, &bits[i], &every[i], err);
        if (rc < 0)
            return rc;
    }
    if (str_trim(rest).size > 0)
        return error_set(err, ERROR_SYNTAX, "expected exactly 5 fields, found more: \"" STR_FMT "\"", STR_ARG(text));
    *ret_schedule = (struct cron_schedule){ .minutes = bits[0],
                                            .hours = bits[1],
                                            .days = bits[2],
                                            .months = bits[3],
                                            .weekdays = bits[4],
                                            .every_day = every[2],
                                            .every_weekday = every[4] };
    return 0;
}

static bool has(uint64_t bits, int value)
{
    return (bits >> value & 1) != 0;
}

static bool day_matches(const struct cron_schedule *schedule, const struct tm *day)
{
    bool by_day = has(schedule->days, day->tm_mday), by_weekday = has(schedule->weekdays, day->tm_wday);
    if (schedule->every_day || schedule->every_weekday)
        return by_day && by_weekday;
    return by_day || by_weekday;
}

usec_t cron_schedule_next(const struct cron_schedule *schedule, usec_t after)
{
    if (schedule->interval > 0)
        return after / USEC_PER_SEC * USEC_PER_SEC + schedule->interval;
    time_t moment = (time_t)(after / USEC_PER_SEC / 60 + 1) * 60;
    time_t limit = moment + (time_t)YEARS_AHEAD * 366 * 86400;
    struct tm parts;
    while (moment < limit) {
        if (gmtime_r(&moment, &parts) == NULL)
            return 0;
        if (!has(schedule->months, parts.tm_mon + 1) || !day_matches(schedule, &parts))
            moment = (moment / 86400 + 1) * 86400;
        else if (!has(schedule->hours, parts.tm_hour))
            moment = (moment / 3600 + 1) * 3600;
        else if (!has(schedule->minutes, parts.tm_min))
            moment += 60;
        else
            return (usec_t)moment * USEC_PER_SEC;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_schedule.c - see the header. */
#include "api/value/cron_schedule.h"

#include <stdio.h>
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

static int read_number(struct str text, int64_t *ret_value, struct error *err)
{
    if (!str_to_int64(text, ret_value))
        return error_set(err, ERROR_SYNTAX,
                         "failed to parse int from " STR_FMT ": strconv.Atoi: parsing \"" STR_FMT "\": invalid syntax",
                         STR_ARG(text), STR_ARG(text));
    if (*ret_value < 0)
        return error_set(err, ERROR_SYNTAX, "negative number (%lld) not allowed: " STR_FMT, (long long)*ret_value,
                         STR_ARG(text));
    return 0;
}

static int read_value(const struct field *field, struct str text, int64_t *ret_value, struct error *err)
{
    for (int64_t i = 0; field->names != NULL && field->names[i] != NULL; i++) {
        if (str_equal_nocase(text, str_of(field->names[i]))) {
            *ret_value = field->first + i;
            return 0;
        }
    }
    return read_number(text, ret_value, err);
}

static int refuse(struct error *err, const char *what, struct str expression)
{
    return error_set(err, ERROR_SYNTAX, "%s: " STR_FMT, what, STR_ARG(expression));
}

static int check_range(const struct field *field, int64_t first, int64_t last, int64_t step, struct str expression,
                       struct error *err)
{
    if (first < field->first)
        return error_set(err, ERROR_SYNTAX, "beginning of range (%lld) below minimum (%lld): " STR_FMT,
                         (long long)first, (long long)field->first, STR_ARG(expression));
    if (last > field->last)
        return error_set(err, ERROR_SYNTAX, "end of range (%lld) above maximum (%lld): " STR_FMT, (long long)last,
                         (long long)field->last, STR_ARG(expression));
    if (first > last)
        return error_set(err, ERROR_SYNTAX, "beginning of range (%lld) beyond end of range (%lld): " STR_FMT,
                         (long long)first, (long long)last, STR_ARG(expression));
    return step == 0 ? refuse(err, "step of range should be a positive number", expression) : 0;
}

/* "*", "3", "1-5", each with an optional "/2". */
static int read_piece(const struct field *field, struct str piece, uint64_t *bits, bool *every, struct error *err)
{
    int64_t first = field->first, last = field->last, step = 1;
    struct str stride = piece, range, low, high;
    str_next(&stride, '/', &range);
    bool stepped = range.size < piece.size;
    high = range;
    str_next(&high, '-', &low);
    bool single = low.size == range.size;
    bool star = str_is(low, "*") || str_is(low, "?");
    if (!star) {
        int rc = read_value(field, low, &first, err);
        if (rc == 0 && !single && str_find(high, '-') < high.size)
            return refuse(err, "too many hyphens", piece);
        if (rc == 0 && !single)
            rc = read_value(field, high, &last, err);
        if (rc < 0)
            return rc;
        if (single && !stepped)
            last = first;
    }
    if (stepped) {
        if (str_find(stride, '/') < stride.size)
            return refuse(err, "too many slashes", piece);
        int rc = read_number(stride, &step, err);
        if (rc < 0)
            return rc;
    }
    int rc = check_range(field, first, last, step, piece, err);
    if (rc < 0)
        return rc;
    *every |= star && step == 1;
    for (int64_t i = first; i <= last; i += step)
        *bits |= (uint64_t)1 << i;
    return 0;
}

static int read_field(size_t number, struct str text, uint64_t *ret_bits, bool *ret_every, struct error *err)
{
    struct str rest = text, piece;
    *ret_bits = 0;
    *ret_every = false;
    while (str_next(&rest, ',', &piece)) {
        if (piece.size == 0)
            continue;
        int rc = read_piece(&fields[number], piece, ret_bits, ret_every, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

static struct str next_word(struct str *rest)
{
    size_t start = 0;
    while (start < rest->size && is_blank(rest->data[start]))
        start++;
    *rest = str_skip(*rest, start);
    size_t end = 0;
    while (end < rest->size && !is_blank(rest->data[end]))
        end++;
    struct str word = { rest->data, end };
    *rest = str_skip(*rest, end);
    return word;
}

static int read_shorthand(struct str text, struct cron_schedule *schedule, struct str *ret_fields, struct error *err)
{
    static const struct {
        const char *name;
        const char *text;
    } shorthands[] = { { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
                       { "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },    { "@midnight", "0 0 * * *" },
                       { "@hourly", "0 * * * *" } };
    for (size_t i = 0; i < countof(shorthands); i++) {
        if (str_is(text, shorthands[i].name)) {
            *ret_fields = str_of(shorthands[i].text);
            return 0;
        }
    }
    if (!str_starts(text, STR("@every ")))
        return refuse(err, "unrecognized descriptor", text);
    int64_t nanoseconds = 0;
    struct str duration = str_skip(text, 7);
    if (!duration_parse(duration, &nanoseconds))
        return error_set(err, ERROR_SYNTAX,
                         "failed to parse duration " STR_FMT ": time: invalid duration \"" STR_FMT "\"", STR_ARG(text),
                         STR_ARG(duration));
    schedule->interval = nanoseconds < 1000000000 ? USEC_PER_SEC : nanoseconds / 1000000000 * USEC_PER_SEC;
    return 0;
}

static int refuse_count(struct str text, size_t found, struct error *err)
{
    char shown[256];
    size_t size = 0;
    struct str rest = text, word;
    for (shown[0] = '\0'; (word = next_word(&rest)).size > 0 && size < sizeof(shown);)
        size += (size_t)snprintf(shown + size, sizeof(shown) - size, "%s" STR_FMT, size > 0 ? " " : "", STR_ARG(word));
    return error_set(err, ERROR_SYNTAX, "expected exactly 5 fields, found %zu: [%s]", found, shown);
}

static int read_fields(struct str text, struct cron_schedule *schedule, struct error *err)
{
    uint64_t bits[countof(fields)];
    bool every[countof(fields)];
    size_t found = 0;
    for (struct str rest = text; next_word(&rest).size > 0;)
        found++;
    if (found != countof(fields))
        return refuse_count(text, found, err);
    for (size_t i = 0; i < countof(fields); i++) {
        int rc = read_field(i, next_word(&text), &bits[i], &every[i], err);
        if (rc < 0)
            return rc;
    }
    *schedule = (struct cron_schedule){ .minutes = bits[0],
                                        .hours = bits[1],
                                        .days = bits[2],
                                        .months = bits[3],
                                        .weekdays = bits[4],
                                        .every_day = every[2],
                                        .every_weekday = every[4] };
    return 0;
}

int cron_schedule_parse(struct str text, struct cron_schedule *ret_schedule, struct error *err)
{
    struct cron_schedule schedule = { 0 };
    if (text.size == 0)
        return error_set(err, ERROR_SYNTAX, "empty spec string");
    if (str_starts(text, STR("TZ=")) || str_starts(text, STR("CRON_TZ="))) {
        size_t blank = str_find(text, ' ');
        if (blank == text.size)
            return error_set(err, ERROR_SYNTAX,
                             "invalid schedule format: runtime error: slice bounds out of range [:-1]");
        text = str_trim(str_skip(text, blank));
    }
    int rc = 0;
    if (str_starts(text, STR("@"))) {
        struct str spelled = { 0 };
        rc = read_shorthand(text, &schedule, &spelled, err);
        text = spelled;
    }
    if (rc == 0 && schedule.interval == 0)
        rc = read_fields(text, &schedule, err);
    if (rc == 0)
        *ret_schedule = schedule;
    return rc;
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

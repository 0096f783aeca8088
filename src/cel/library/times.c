/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* times.c - parts of timestamps, in a zone, and of durations. */
#include "cel/value/civil.h"
#include "cel/value/value.h"

/* The calendar's view of a timestamp in the zone of the second argument, UTC without one. */
static bool civil_in_zone(const struct cel_value *args, size_t count, struct civil *ret_civil)
{
    int64_t offset = 0;

    if (count > 1 && !civil_zone_offset(args[1].text, args[0].integer, &offset))
        return false;
    civil_of(args[0].integer + offset, ret_civil);
    return true;
}

#define PART(name, expression)                                                                         \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)  \
    {                                                                                                  \
        struct civil civil;                                                                            \
        if (!civil_in_zone(args, count, &civil))                                                       \
            return cel_value_error(state->arena, "unknown time zone " STR_FMT, STR_ARG(args[1].text)); \
        return cel_value_int(expression);                                                              \
    }
PART(get_full_year, civil.year)
PART(get_month, civil.month - 1)
PART(get_day_of_year, civil.year_day)
PART(get_day_of_month, civil.day - 1)
PART(get_date, civil.day)
PART(get_day_of_week, civil.weekday)
PART(get_hours, civil.hour)
PART(get_minutes, civil.minute)
PART(get_seconds, civil.second)

static struct cel_value get_milliseconds(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct civil civil;

    if (!civil_in_zone(args, count, &civil))
        return cel_value_error(state->arena, "unknown time zone " STR_FMT, STR_ARG(args[1].text));
    return cel_value_int(args[0].nanos / 1000000);
}

/* The whole of a duration in a unit. */
#define WHOLE(name, nanoseconds_per_unit)                                                             \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count) \
    {                                                                                                 \
        (void)state;                                                                                  \
        (void)count;                                                                                  \
        return cel_value_int((int64_t)(cel_nanoseconds(&args[0]) / (nanoseconds_per_unit)));          \
    }
WHOLE(whole_hours, (__int128)3600 * 1000000000)
WHOLE(whole_minutes, (__int128)60 * 1000000000)
WHOLE(whole_seconds, (__int128)1000000000)
WHOLE(whole_milliseconds, (__int128)1000000)

#define PART_ROWS(name, function)                    \
    { name, "t.:i", function, CEL_COST_UNIT, 0, 0 }, \
    {                                                \
        name, "t.s:i", function, CEL_COST_UNIT, 0, 0 \
    }

struct cel_functions cel_times(void)
{
    static const struct cel_overload rows[] = {
        PART_ROWS("getFullYear", get_full_year),
        PART_ROWS("getMonth", get_month),
        PART_ROWS("getDayOfYear", get_day_of_year),
        PART_ROWS("getDayOfMonth", get_day_of_month),
        PART_ROWS("getDate", get_date),
        PART_ROWS("getDayOfWeek", get_day_of_week),
        PART_ROWS("getHours", get_hours),
        { "getHours", "D.:i", whole_hours, CEL_COST_UNIT, 0, 0 },
        PART_ROWS("getMinutes", get_minutes),
        { "getMinutes", "D.:i", whole_minutes, CEL_COST_UNIT, 0, 0 },
        PART_ROWS("getSeconds", get_seconds),
        { "getSeconds", "D.:i", whole_seconds, CEL_COST_UNIT, 0, 0 },
        PART_ROWS("getMilliseconds", get_milliseconds),
        { "getMilliseconds", "D.:i", whole_milliseconds, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}

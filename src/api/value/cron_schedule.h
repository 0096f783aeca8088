/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_schedule.h - "minute hour day month weekday", and when it comes next. In UTC. */
#ifndef API_VALUE_CRON_SCHEDULE_H
#define API_VALUE_CRON_SCHEDULE_H

#include "base/error.h"
#include "base/str.h"
#include "base/time.h"

/* Bits for the values that match; 'every' when a field began with '*'. */
struct cron_schedule {
    uint64_t minutes, hours, days, months, weekdays;
    bool every_day, every_weekday; /* when neither is, one of the two suffices */
    usec_t interval;               /* of "@every 1h"; 0: the fields count */
};

/* Five fields with lists, ranges, steps and names, "@hourly" and its like, "@every DURATION". "TZ=NAME " before them is
 * read over: who takes schedules looks at it. -ERROR_SYNTAX, in upstream's words. */
int cron_schedule_parse(struct str text, struct cron_schedule *ret_schedule, struct error *err) must_check;

/* The first moment after 'after'; 0 when there is none within five years. */
usec_t cron_schedule_next(const struct cron_schedule *schedule, usec_t after);

#endif

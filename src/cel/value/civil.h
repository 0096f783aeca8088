/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* civil.h - days and hours of the proleptic Gregorian calendar, and time zones. */
#ifndef CEL_VALUE_CIVIL_H
#define CEL_VALUE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct civil {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour, minute, second;
    int weekday;  /* 0: Sunday */
    int year_day; /* 0: the first of January */
};

int civil_month_days(int64_t year, int month);
int64_t civil_to_days(const struct civil *civil); /* since 1970-01-01 */
void civil_of(int64_t seconds, struct civil *ret_civil);

/* Seconds east of UTC at a moment: "UTC", "", "+02:00", "-8:00" or a name of the zone database of this machine.
 * False when there is no such zone. */
bool civil_zone_offset(struct str zone, int64_t moment, int64_t *ret_offset);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* time_zones.h - which names of time zones there are. Pure; case counts. */
#ifndef API_VALUE_TIME_ZONES_H
#define API_VALUE_TIME_ZONES_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/str.h"

bool time_zone_known(struct str name); /* not NULL: "Europe/Berlin", "UTC" */

#endif

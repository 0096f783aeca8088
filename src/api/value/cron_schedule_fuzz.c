/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_schedule_fuzz.c - any text as a schedule. */
#include "api/value/cron_schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cron_schedule schedule;
    if (cron_schedule_parse((struct str){ (const char *)data, size }, &schedule, NULL) == 0)
        cron_schedule_next(&schedule, 1700000000 * USEC_PER_SEC);
    return 0;
}

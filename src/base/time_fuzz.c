/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    usec_t moment = 0;
    int64_t duration = 0;
    char space[TIME_TEXT_SIZE];
    if (time_parse(text, &moment))
        time_format(moment, true, space);
    if (duration_parse(text, &duration))
        duration_format(duration, space);
    return 0;
}

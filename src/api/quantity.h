/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* quantity.h - an amount of a resource: "100m", "1.5Gi", "2e3". */
#ifndef API_QUANTITY_H
#define API_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* mantissa * 10^exponent10. Zeroed, it is absent. */
struct quantity {
    int64_t mantissa;
    int8_t exponent10;
    uint8_t format; /* enum quantity_format: how its text is written */
    bool set;
};

#endif

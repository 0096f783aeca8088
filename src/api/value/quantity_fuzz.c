/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>

#include "api/value/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses has a canonical text that parses to the same amount. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quantity quantity, again;
    char text[QUANTITY_TEXT_SIZE];

    if (quantity_parse((struct str){ (const char *)data, size }, &quantity, NULL) != 0)
        return 0;
    quantity_format(&quantity, text);
    if (quantity_parse(str_of(text), &again, NULL) != 0 || quantity_compare(&quantity, &again) != 0)
        abort();
    quantity_add(&again, &quantity);
    quantity_sub(&again, &quantity);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>

#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses can be written as YAML, and that reads as the same JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_buffer struct buffer json = { .max = 1 << 20 }, yaml = { .max = 4 << 20 }, again = { .max = 1 << 20 };

    if (yaml_to_json((struct str){ (const char *)data, size }, 0, &json, NULL) != 0 ||
        yaml_from_json(buffer_str(&json), &yaml, NULL) != 0 ||
        yaml_to_json(buffer_str(&yaml), YAML_STRICT, &again, NULL) != 0)
        return 0;
    if (!str_equal(buffer_str(&json), buffer_str(&again)))
        abort();
    return 0;
}

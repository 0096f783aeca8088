/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>
#include <string.h>

#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "-0" is a float in JSON and an integer, which has no such sign, in YAML: it does not come back, nor does it upstream. */
static bool has_negative_zero(struct str json)
{
    for (size_t i = 0; i + 1 < json.size; i++)
        if (json.data[i] == '-' && json.data[i + 1] == '0' &&
            (i + 2 == json.size || strchr(".0123456789", json.data[i + 2]) == NULL))
            return true;
    return false;
}

/* What parses can be written as YAML, and that reads as the same JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_buffer struct buffer json = { .max = 1 << 20 }, yaml = { .max = 4 << 20 }, again = { .max = 1 << 20 };

    if (yaml_to_json((struct str){ (const char *)data, size }, 0, &json, NULL) != 0 ||
        yaml_from_json(buffer_str(&json), &yaml, NULL) != 0 ||
        yaml_to_json(buffer_str(&yaml), YAML_STRICT, &again, NULL) != 0)
        return 0;
    if (!has_negative_zero(buffer_str(&json)) && !str_equal(buffer_str(&json), buffer_str(&again)))
        abort();
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>

#include "api/selector/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses has a text that parses again, to the same text; but for a set of one empty value, whose text is
 * "in ()" upstream too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer first = { 0 }, second = { 0 };
    struct label_selector labels;
    struct field_selector fields;
    struct str text = { (const char *)data, size };

    if (label_selector_parse(text, &arena, &labels, NULL) == 0) {
        label_selector_format(&labels, &first);
        bool empty_set = str_contains(buffer_str(&first), STR("in ()"));
        if (label_selector_parse(buffer_str(&first), &arena, &labels, NULL) != 0) {
            if (!empty_set)
                abort();
            return 0;
        }
        label_selector_format(&labels, &second);
        if (!str_equal(buffer_str(&first), buffer_str(&second)))
            abort();
    }
    (void)!field_selector_parse(text, &arena, &fields, NULL);
    return 0;
}

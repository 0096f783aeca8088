/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct object *object = NULL;
    struct str value;
    if (object_from_stored(&api_resource_pod, (struct str){ (const char *)data, size }, 1, &object, NULL) < 0)
        return 0;
    object_label(object, STR("app"), &value);
    (void)object_typed(object);
    object_unref(object);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/location.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    const struct location from = { .host = "10.0.0.1", .port = 8080, .path = "/a/b?query" };
    struct location to, again;
    if (location_resolve(&arena, &from, (struct str){ (const char *)data, size }, &to, NULL) < 0)
        return 0;
    for (const char *c = to.path; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7f) /* it goes into a request's first line */
            __builtin_trap();
    }
    if (to.path[0] != '/' || (location_resolve(&arena, &to, STR(""), &again, NULL) == 0 && again.path[0] != '/'))
        __builtin_trap();
    return 0;
}

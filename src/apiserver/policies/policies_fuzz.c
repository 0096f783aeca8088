/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policies_fuzz.c - any text as every sort of expression, and as the selector of a device. The first byte chooses the policy. */
#include "apiserver/policies/policies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    bool costly;

    if (size == 0 || size > 4096)
        return 0;
    struct expression_scope *scope = policies_compiler.open(data[0] & 1, data[0] & 2);
    const char *text = arena_str(&arena, (struct str){ (const char *)data + 1, size - 1 }).data;
    for (unsigned sort = 0; scope != NULL && sort < EXPRESSION_SORTS; sort++)
        policies_compiler.check(scope, (enum expression_sort)sort, "a", text, &arena);
    if (scope != NULL)
        policies_compiler.close(scope);
    policies_compiler.check_device(text, &arena, &costly);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "node/cni/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct cni_config config;
    enum cni_code code;
    if (cni_config_parse((struct str){ (const char *)data, size }, &arena, &config, &code, NULL) == 0 &&
        config.n_subnets == 0)
        __builtin_trap();
    return 0;
}

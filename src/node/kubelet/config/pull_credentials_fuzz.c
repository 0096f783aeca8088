/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/pull_credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct cri_auth_config auth;
    pull_credentials_find((struct str){ (const char *)data, size }, "registry.example:5000/a/b:1", &arena, &auth);
    return 0;
}

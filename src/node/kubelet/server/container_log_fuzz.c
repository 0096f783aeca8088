/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/server/container_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_line line;
    if (container_log_parse((struct str){ (const char *)data, size }, &line) && line.text.size > size)
        __builtin_trap();
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server1_fuzz.c - the HTTP/1.1 server. */
#include "net/http/server_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_server((struct str){ 0 }, data, size);
    return 0;
}

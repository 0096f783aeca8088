/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server2_fuzz.c - the HTTP/2 server, behind a preface and empty settings. */
#include "net/http/server_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_server(STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                    "\0\0\0\4\0\0\0\0\0"),
                data, size);
    return 0;
}

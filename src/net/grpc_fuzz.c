/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* grpc_fuzz.c - arbitrary bytes to the message reader, in two pieces. */
#include <stddef.h>
#include <stdint.h>

#include "net/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grpc_reader reader;
    grpc_reader_init(&reader, 4096);
    struct str bytes = { (const char *)data, size };
    struct str pieces[2] = { { bytes.data, size / 3 }, str_skip(bytes, size / 3) };
    int rc = 0;
    for (size_t i = 0; i < 2 && rc >= 0; i++) {
        struct str message;
        rc = grpc_reader_feed(&reader, pieces[i], NULL);
        while (rc >= 0 && (rc = grpc_reader_next(&reader, &message, NULL)) > 0)
            ;
    }
    grpc_reader_fini(&reader);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The checksum would keep the fuzzer out of the records, so the input is also taken as a frame's records. */
#include "store/wal_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = { (const char *)data, size };
    struct wal_frame frame;
    struct wal_record record;
    size_t frame_size;
    if (wal_frame_parse(input, &frame, &frame_size))
        while (wal_frame_next(&frame, &record))
            ;
    for (int format = 0; format < 2; format++) {
        frame = (struct wal_frame){ .says_previous = format == 1, .records = input };
        while (wal_frame_next(&frame, &record))
            ;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_indexes.c - sets of indexes. */
#include "base/buffer.h"
#include "controllers/job/job_run.h"

bool job_indexes_has(const uint8_t *bits, int64_t index)
{
    return bits != NULL && (bits[index / 8] & 1 << index % 8) != 0;
}

void job_indexes_add(uint8_t *bits, int64_t index)
{
    bits[index / 8] |= (uint8_t)(1 << index % 8);
}

void job_indexes_read(uint8_t *bits, const char *text)
{
    struct str rest = str_of(text), piece;
    while (str_next(&rest, ',', &piece)) {
        size_t dash = str_find(piece, '-');
        int64_t first = 0, last = 0;
        if (!str_to_int64((struct str){ piece.data, dash }, &first) || first < 0)
            continue;
        last = first;
        if (dash < piece.size && !str_to_int64(str_skip(piece, dash + 1), &last))
            continue;
        for (int64_t i = first; i <= last && i < JOB_INDEX_MAX; i++)
            job_indexes_add(bits, i);
    }
}

/* Runs of three and more as ranges; pairs too, as upstream writes them ("1,2" stays a pair). */
const char *job_indexes_write(const uint8_t *bits, struct arena *arena, int32_t *ret_count)
{
    auto_buffer struct buffer text = { 0 };
    *ret_count = 0;
    for (int64_t i = 0; i < JOB_INDEX_MAX; i++) {
        if (!job_indexes_has(bits, i))
            continue;
        int64_t last = i;
        while (last + 1 < JOB_INDEX_MAX && job_indexes_has(bits, last + 1))
            last++;
        *ret_count += (int32_t)(last - i + 1);
        buffer_append_text(&text, text.size == 0 ? "" : ",");
        buffer_append_int64(&text, i);
        if (last > i) {
            buffer_append_char(&text, last == i + 1 ? ',' : '-');
            buffer_append_int64(&text, last);
        }
        i = last;
    }
    return arena_strdup(arena, text.size == 0 ? "" : text.data);
}

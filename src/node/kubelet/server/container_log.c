/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/server/container_log.h"

#include <fcntl.h>
#include <unistd.h>

#define BLOCK 65536

bool container_log_parse(struct str line, struct log_line *ret_line)
{
    struct str rest = line, stamp, stream, tag;
    if (!str_next(&rest, ' ', &stamp) || !str_next(&rest, ' ', &stream) || !str_next(&rest, ' ', &tag))
        return false;
    usec_t moment;
    if (!time_parse(stamp, &moment) || (!str_is(stream, "stdout") && !str_is(stream, "stderr")))
        return false;
    struct str first;
    struct str tags = tag;
    if (!str_next(&tags, ':', &first) || (!str_is(first, "F") && !str_is(first, "P")))
        return false;
    *ret_line = (struct log_line){ stamp, moment, str_is(stream, "stderr"), str_is(first, "P"),
                                   rest.data == NULL ? (struct str){ "", 0 } : rest };
    return true;
}

void container_log_head(const char *path, size_t max, struct buffer *out)
{
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    for (size_t left = max; left > 0;) {
        char *space = buffer_reserve(out, left);
        ssize_t n = space == NULL ? -1 : read(fd, space, left);
        if (n <= 0)
            return;
        buffer_commit(out, (size_t)n);
        left -= (size_t)n;
    }
}

int container_log_tail_offset(int fd, uint64_t lines, int64_t *ret_offset, struct error *err)
{
    int64_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return error_errno(err, "seek in log");
    uint64_t seen = 0;
    char block[BLOCK];
    for (int64_t at = end; at > 0;) {
        int64_t start = at > BLOCK ? at - BLOCK : 0;
        ssize_t n = pread(fd, block, (size_t)(at - start), start);
        if (n < 0)
            return error_errno(err, "read log");
        for (ssize_t i = n - 1; i >= 0; i--) {
            if (block[i] != '\n' || start + i == end - 1)
                continue;
            if (++seen >= lines) {
                *ret_offset = lines == 0 ? end : start + i + 1;
                return 0;
            }
        }
        at = start;
    }
    *ret_offset = lines == 0 ? end : 0;
    return 0;
}

void container_log_tail(const char *path, size_t lines, size_t bytes, struct buffer *out)
{
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    int64_t offset = 0;
    if (fd < 0 || container_log_tail_offset(fd, lines, &offset, NULL) < 0)
        return;
    auto_buffer struct buffer raw = { .max = 4 << 20 }, text = { .max = 4 << 20 };
    for (;;) {
        char *space = buffer_reserve(&raw, BLOCK);
        ssize_t n = space == NULL ? 0 : pread(fd, space, BLOCK, offset);
        if (n <= 0)
            break;
        buffer_commit(&raw, (size_t)n);
        offset += n;
    }
    struct str rest = buffer_str(&raw), line;
    struct log_line parsed;
    while (raw.size > 0 && str_next(&rest, '\n', &line)) {
        if (!container_log_parse(line, &parsed))
            continue;
        buffer_append_str(&text, parsed.text);
        if (!parsed.partial)
            buffer_append_char(&text, '\n');
    }
    struct str all = buffer_str(&text);
    buffer_append_str(out, all.size > bytes ? str_skip(all, all.size - bytes) : all);
}

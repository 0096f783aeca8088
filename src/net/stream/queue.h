/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* queue.h - refcounted bytes waiting to be sent, in order.
 *
 * Small pieces are copied together into chunks, also when large ones, which are referenced,
 * stand between them: a document that goes to a thousand watchers is in memory once. Not thread-safe. */
#ifndef NET_STREAM_QUEUE_H
#define NET_STREAM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/bytes.h"

struct bytes_slice {
    struct bytes *bytes;
    size_t offset;
    size_t size;
};

/* A zeroed struct is an empty queue. */
struct bytes_queue {
    struct bytes_slice *slices; /* a ring */
    size_t capacity;            /* of the ring; a power of two, or 0 */
    size_t first;
    size_t count;
    size_t size;         /* bytes in all slices */
    struct bytes *chunk; /* what was copied last, a reference; room is behind 'chunk_used' of it. NULL: none */
    size_t chunk_used;
};

void bytes_queue_fini(struct bytes_queue *queue); /* empty again, without memory */

void bytes_queue_append(struct bytes_queue *queue, struct str bytes); /* copies */
void bytes_queue_append_slice(struct bytes_queue *queue, struct bytes *bytes, size_t offset, size_t size);
void bytes_queue_move(struct bytes_queue *to, struct bytes_queue *from, size_t size); /* size <= from->size */

/* The front, borrowed; how many of 'max' were filled. */
size_t bytes_queue_iov(const struct bytes_queue *queue, struct iovec *iov, size_t max);
struct str bytes_queue_front(const struct bytes_queue *queue);
size_t bytes_queue_copy(const struct bytes_queue *queue, char *buffer,
                        size_t size); /* copies from the front; bytes copied */
void bytes_queue_consume(struct bytes_queue *queue, size_t size);

#endif

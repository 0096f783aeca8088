/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/stream/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define QUEUE_FIRST_CAPACITY 8
#define QUEUE_CHUNK          ((size_t)4096)
#define QUEUE_LARGE_CHUNK    ((size_t)16384)
#define QUEUE_COPY_BELOW     ((size_t)512) /* copying this much is cheaper than one more vector element */

static struct bytes_slice *slice_at(const struct bytes_queue *queue, size_t index)
{
    return &queue->slices[(queue->first + index) & (queue->capacity - 1)];
}

static void queue_grow(struct bytes_queue *queue)
{
    size_t capacity = queue->capacity == 0 ? QUEUE_FIRST_CAPACITY : queue->capacity * 2;
    struct bytes_slice *slices = memory_resize(NULL, capacity, sizeof(*slices));
    for (size_t i = 0; i < queue->count; i++)
        slices[i] = *slice_at(queue, i);
    free(queue->slices);
    queue->slices = slices;
    queue->capacity = capacity;
    queue->first = 0;
}

/* Takes the reference over. */
static void queue_push(struct bytes_queue *queue, struct bytes *bytes, size_t offset, size_t size)
{
    if (queue->count == queue->capacity)
        queue_grow(queue);
    *slice_at(queue, queue->count++) = (struct bytes_slice){ bytes, offset, size };
    queue->size += size;
}

static void drop_chunk(struct bytes_queue *queue)
{
    bytes_unref(queue->chunk);
    queue->chunk = NULL;
    queue->chunk_used = 0;
}

/* The front's reference is the caller's. */
static struct bytes *queue_shift(struct bytes_queue *queue)
{
    struct bytes *bytes = slice_at(queue, 0)->bytes;
    queue->first = (queue->first + 1) & (queue->capacity - 1);
    if (--queue->count == 0)
        drop_chunk(queue);
    return bytes;
}

static void queue_pop(struct bytes_queue *queue)
{
    bytes_unref(queue_shift(queue));
}

void bytes_queue_fini(struct bytes_queue *queue)
{
    while (queue->count > 0)
        queue_pop(queue);
    drop_chunk(queue);
    free(queue->slices);
    *queue = (struct bytes_queue){ 0 };
}

/* Into what is left of the chunk; how many fitted. */
static size_t append_to_chunk(struct bytes_queue *queue, struct str bytes)
{
    size_t fits = queue->chunk == NULL ? 0 : queue->chunk->size - queue->chunk_used;
    if (fits > bytes.size)
        fits = bytes.size;
    if (fits == 0)
        return 0;
    memcpy(queue->chunk->data + queue->chunk_used, bytes.data, fits);
    struct bytes_slice *tail = queue->count == 0 ? NULL : slice_at(queue, queue->count - 1);
    if (tail != NULL && tail->bytes == queue->chunk && tail->offset + tail->size == queue->chunk_used) {
        tail->size += fits;
        queue->size += fits;
    } else {
        queue_push(queue, bytes_ref(queue->chunk), queue->chunk_used, fits);
    }
    queue->chunk_used += fits;
    return fits;
}

void bytes_queue_append(struct bytes_queue *queue, struct str bytes)
{
    bytes = str_skip(bytes, append_to_chunk(queue, bytes));
    if (bytes.size == 0)
        return;
    size_t chunk = queue->size > QUEUE_CHUNK ? QUEUE_LARGE_CHUNK : QUEUE_CHUNK;
    drop_chunk(queue);
    queue->chunk = bytes_create(NULL, chunk < bytes.size ? bytes.size : chunk);
    (void)append_to_chunk(queue, bytes);
}

void bytes_queue_append_slice(struct bytes_queue *queue, struct bytes *bytes, size_t offset, size_t size)
{
    if (size < QUEUE_COPY_BELOW)
        bytes_queue_append(queue, (struct str){ bytes->data + offset, size });
    else
        queue_push(queue, bytes_ref(bytes), offset, size);
}

void bytes_queue_move(struct bytes_queue *to, struct bytes_queue *from, size_t size)
{
    while (size > 0) {
        const struct bytes_slice front = *slice_at(from, 0);
        size_t part = front.size < size ? front.size : size;
        if (part == front.size &&
            part >= QUEUE_COPY_BELOW) { /* the reference goes over, too: its count is shared by threads */
            queue_push(to, queue_shift(from), front.offset, part);
            from->size -= part;
        } else {
            bytes_queue_append_slice(to, front.bytes, front.offset, part);
            bytes_queue_consume(from, part);
        }
        size -= part;
    }
}

size_t bytes_queue_iov(const struct bytes_queue *queue, struct iovec *iov, size_t max)
{
    size_t count = queue->count < max ? queue->count : max;
    for (size_t i = 0; i < count; i++) {
        struct bytes_slice *slice = slice_at(queue, i);
        iov[i] = (struct iovec){ slice->bytes->data + slice->offset, slice->size };
    }
    return count;
}

struct str bytes_queue_front(const struct bytes_queue *queue)
{
    if (queue->count == 0)
        return (struct str){ 0 };
    struct bytes_slice *slice = slice_at(queue, 0);
    return (struct str){ slice->bytes->data + slice->offset, slice->size };
}

size_t bytes_queue_copy(const struct bytes_queue *queue, char *buffer, size_t size)
{
    size_t copied = 0;
    for (size_t i = 0; i < queue->count && copied < size; i++) {
        struct bytes_slice *slice = slice_at(queue, i);
        size_t part = slice->size < size - copied ? slice->size : size - copied;
        memcpy(buffer + copied, slice->bytes->data + slice->offset, part);
        copied += part;
    }
    return copied;
}

void bytes_queue_consume(struct bytes_queue *queue, size_t size)
{
    while (size > 0 && queue->count > 0) {
        struct bytes_slice *front = slice_at(queue, 0);
        size_t part = front->size < size ? front->size : size;
        front->offset += part;
        front->size -= part;
        queue->size -= part;
        size -= part;
        if (front->size == 0)
            queue_pop(queue);
    }
}

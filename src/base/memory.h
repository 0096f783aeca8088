/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* memory.h - allocation that does not fail, for sizes that we choose.
 *
 * These abort when memory is out: use them for fixed and small sizes. Anything sized
 * by input first passes a limit (see buffer.h, arena.h) that returns an error. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#include "base/cleanup.h"

void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));                       /* uninitialised */
void *memory_zalloc(size_t size) __attribute__((malloc, returns_nonnull));                      /* zeroed */
void *memory_resize(void *pointer, size_t count, size_t size) __attribute__((returns_nonnull)); /* checks count*size */
void *memory_copy(const void *bytes, size_t size) __attribute__((malloc, returns_nonnull));
char *memory_strdup(const char *text) __attribute__((malloc)); /* NULL stays NULL */
char *memory_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *memory_format(const char *format, ...) __attribute__((malloc, returns_nonnull)) printf_like(1, 2);

/* Gives the kernel back what free() keeps, if that is much (256 KiB, and an eighth of what is in use). */
void memory_release(void);

/* Once, when a process that stays has started: memory_release(), and forgets the mapped pages of programs and libraries, most of
 * which only starting needed. Those used again are found in the page cache, for a few hundred minor faults. */
void memory_settle(void);

/* For a process whose work is on one thread, with only small jobs on others: call it first. Else each thread has a heap
 * of its own, and what is scattered over those is never given back. */
void memory_share_heap(void);

#define memory_new(type) ((type *)memory_zalloc(sizeof(type)))

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* arena.h - memory that dies together.
 *
 * A request, a decoded object or a reconcile pass allocates from one arena; freeing
 * the arena frees it all and drops the references it was given. Not thread-safe: an
 * arena belongs to whoever builds in it, and is read-only once what it holds is shared. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct arena_block;
struct arena_drop;

/* A zeroed struct is an empty arena. */
struct arena {
    struct arena_block *block; /* the one being filled; the others hang behind it */
    struct arena_drop *drops;  /* called newest first by arena_fini() */
    size_t used;               /* bytes handed out, for statistics and limits */
    size_t step; /* size of new blocks; 0: they double, fast for what dies soon, wasteful for what stays */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
void arena_clear(struct arena *arena); /* frees the content; the arena can be used again */

/* Aligned to 16 bytes; never NULL. arena_alloc is not zeroed. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_zalloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */

char *arena_strdup(struct arena *arena, const char *text); /* NULL stays NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t length) __attribute__((returns_nonnull));
struct str arena_str(struct arena *arena, struct str text); /* NUL-terminated copy */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((returns_nonnull)) printf_like(2, 3);
/* The texts up to NULL one behind the other. */
char *arena_join(struct arena *arena, ...) __attribute__((returns_nonnull, sentinel));

/* drop(pointer) runs when the arena ends: how an arena holds a reference. */
void arena_hold(struct arena *arena, void (*drop)(void *pointer), void *pointer);

#define arena_new(arena, type)              ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_new_array(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

static inline void arena_cleanup(struct arena *arena)
{
    arena_fini(arena);
}
/* auto_arena struct arena scratch = { 0 }; */
#define auto_arena __attribute__((cleanup(arena_cleanup)))

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena_pool.h"
#include "base/memory.h"

enum {
    ARENA_ALIGN = 16,
    ARENA_FIRST_BLOCK = 992,     /* a decoded small object fits, and malloc has it at hand for the thread */
    ARENA_MAX_BLOCK = 64 * 1024, /* blocks double up to this; large requests get a block of their own */
};

/* Of a pool. Who looks for uses of freed memory shall find them. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POOL_MOST 0
#else
#define ARENA_POOL_MOST 32
#endif

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    size_t used;
    alignas(ARENA_ALIGN) char data[];
};

struct arena_drop {
    struct arena_drop *next;
    void (*drop)(void *pointer);
    void *pointer;
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

static struct arena_block *drop_all(struct arena *arena)
{
    for (struct arena_drop *drop = arena->drops; drop != NULL; drop = drop->next)
        drop->drop(drop->pointer);
    struct arena_block *blocks = arena->block;
    *arena = (struct arena){ 0 };
    return blocks;
}

void arena_fini(struct arena *arena)
{
    free_blocks(drop_all(arena));
}

void arena_borrow(struct arena *arena, struct arena_pool *pool)
{
    struct arena_block *block = pool->blocks;
    if (block != NULL) {
        pool->blocks = block->next;
        pool->count--;
    } else {
        block = memory_alloc(ARENA_POOL_BLOCK);
    }
    *block = (struct arena_block){ .size = ARENA_POOL_BLOCK - sizeof(*block) };
    arena->block = block;
}

void arena_give_back(struct arena *arena, struct arena_pool *pool)
{
    for (struct arena_block *block = drop_all(arena), *next; block != NULL; block = next) {
        next = block->next;
        if (block->size != ARENA_POOL_BLOCK - sizeof(*block) || pool->count + 1 > ARENA_POOL_MOST) {
            free(block);
            continue;
        }
        block->next = pool->blocks;
        pool->blocks = block;
        pool->count++;
    }
}

void arena_pool_fini(struct arena_pool *pool)
{
    free_blocks(pool->blocks);
    *pool = (struct arena_pool){ 0 };
}

void arena_clear(struct arena *arena)
{
    arena_fini(arena);
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    size_t wanted = arena->block == NULL ? ARENA_FIRST_BLOCK : arena->block->size * 2;
    if (arena->step != 0)
        wanted = arena->step;
    if (wanted > ARENA_MAX_BLOCK)
        wanted = ARENA_MAX_BLOCK;
    bool own = size > wanted / 2; /* a block of its own, behind the one being filled, whose rest stays usable */
    struct arena_block *block = memory_alloc(sizeof(*block) + (own ? size : wanted));
    block->size = own ? size : wanted;
    block->used = 0;
    struct arena_block **place = own && arena->block != NULL ? &arena->block->next : &arena->block;
    block->next = *place;
    *place = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > PTRDIFF_MAX)
        abort();
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *block = arena->block;
    if (block == NULL || block->size - block->used < rounded)
        block = arena_grow(arena, rounded);
    void *pointer = block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    return pointer;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        abort();
    return arena_zalloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

struct str arena_str(struct arena *arena, struct str text)
{
    return (struct str){ arena_strndup(arena, text.data, text.size), text.size };
}

char *arena_join(struct arena *arena, ...)
{
    va_list parts, again;
    const char *part;
    size_t size = 0;
    va_start(parts, arena);
    va_copy(again, parts);
    while ((part = va_arg(parts, const char *)) != NULL)
        size += strlen(part);
    va_end(parts);
    char *text = arena_alloc(arena, size + 1), *at = text;
    while ((part = va_arg(again, const char *)) != NULL)
        at = stpcpy(at, part);
    va_end(again);
    *at = '\0';
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        abort(); /* only an invalid format can fail, and formats are literals */
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_hold(struct arena *arena, void (*drop)(void *pointer), void *pointer)
{
    struct arena_drop *entry = arena_alloc(arena, sizeof(*entry));
    *entry = (struct arena_drop){ arena->drops, drop, pointer };
    arena->drops = entry;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FREE_LEAST ((size_t)256 << 10)

static void *memory_or_abort(void *pointer, size_t size)
{
    if (pointer == NULL) {
        fprintf(stderr, "coracle: out of memory allocating %zu bytes\n", size);
        abort();
    }
    return pointer;
}

void *memory_alloc(size_t size)
{
    return memory_or_abort(malloc(size > 0 ? size : 1), size);
}

void *memory_zalloc(size_t size)
{
    return memory_or_abort(calloc(1, size > 0 ? size : 1), size);
}

void *memory_resize(void *pointer, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        return memory_or_abort(NULL, SIZE_MAX);
    return memory_or_abort(realloc(pointer, total > 0 ? total : 1), total);
}

void *memory_copy(const void *bytes, size_t size)
{
    void *copy = memory_alloc(size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *memory_strdup(const char *text)
{
    return text == NULL ? NULL : memory_strndup(text, strlen(text));
}

char *memory_strndup(const char *text, size_t length)
{
    char *copy = memory_alloc(length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *memory_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    va_end(args);
    return memory_or_abort(length < 0 ? NULL : text, 0);
}

void memory_release(void)
{
    struct mallinfo2 info = mallinfo2();
    if (info.fordblks > FREE_LEAST && info.fordblks > info.uordblks / 8)
        malloc_trim(0);
}

/* Only segments that nobody writes: what relocation or a debugger changed lies in writable ones or must stay. */
static int forget_segments(struct dl_phdr_info *object, size_t size, void *context)
{
    uintptr_t page = *(uintptr_t *)context;
    (void)size;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0)
            continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz) & ~(page - 1);
        if (end > start)
            madvise((void *)start, end - start, MADV_DONTNEED); /* a refusal leaves things as they were */
    }
    return 0;
}

void memory_settle(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    memory_release();
    dl_iterate_phdr(forget_segments, &page);
}

void memory_share_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cleanup.h - leave the scope, lose the resource.
 *
 * autofree, autoclose and auto(T) release a local when its scope ends; take_*()
 * moves the value out and leaves the empty value behind, for the success path. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check                                __attribute__((warn_unused_result))
#define printf_like(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

/* Number of elements of a true array. */
#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* A local name of a macro's own: the same macro within itself must not shadow it. */
#define local_name_(name, line) name##line##_
#define local_name(name, line)  local_name_(name, line)

/* From a pointer to an embedded member back to the struct that holds it. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void cleanup_free(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define autofree  __attribute__((cleanup(cleanup_free), unused)) /* a name only to free it later is fine */
#define autoclose __attribute__((cleanup(cleanup_close)))

/* auto_with(fn) T *x: calls fn(&x) at the end of the scope; define fn with DEFINE_CLEANUP. */
#define auto_with(function) __attribute__((cleanup(function)))
#define DEFINE_CLEANUP(type, destroy)                   \
    static inline void destroy##_cleanup(type *pointer) \
    {                                                   \
        destroy(*pointer);                              \
    }                                                   \
    _Static_assert(sizeof(type) == sizeof(void *), "cleanup of a pointer type")

#define take_pointer(pointer_to_pointer)                 \
    ({                                                   \
        __auto_type take_value_ = *(pointer_to_pointer); \
        *(pointer_to_pointer) = NULL;                    \
        take_value_;                                     \
    })

static inline int take_fd(int *fd)
{
    int value = *fd;
    *fd = -1;
    return value;
}

#endif

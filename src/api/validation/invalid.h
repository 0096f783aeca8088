/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* invalid.h - the list of what is wrong with an object: path, sort of error, sentence.
 *
 * Paths are chains of small structs on the stack of whoever validates, printed only when something is
 * wrong:
 *   const struct field_at *spec = at_field(NULL, "spec");
 *   invalid_required(errors, at_field(at_index(at_field(spec, "containers"), i), "name"), "must be given");
 * The list is bounded: beyond INVALID_ERRORS_MAX errors are counted but not kept. */
#ifndef API_VALIDATION_INVALID_H
#define API_VALIDATION_INVALID_H

#include <stdbool.h>
#include <stdint.h>

#include "api/schema.h"
#include "api/validation/formats/formats.h"
#include "base/arena.h"
#include "base/buffer.h"

#define INVALID_ERRORS_MAX     1000
#define INVALID_VALUE_SIZE_MAX 4096 /* of a shown value; longer ones are cut */

struct field_at {
    const struct field_at *parent;
    const char *name; /* ".name" */
    const char *key;  /* "[key]", when name is NULL */
    size_t index;     /* "[index]", when both are NULL */
};

/* Live until the end of the block they stand in. A NULL parent is the root. */
#define at_field(parent_, name_)  (&(const struct field_at){ .parent = (parent_), .name = (name_) })
#define at_key(parent_, key_)     (&(const struct field_at){ .parent = (parent_), .key = (key_) })
#define at_index(parent_, index_) (&(const struct field_at){ .parent = (parent_), .index = (index_) })

/* As Go's %q, cut to INVALID_VALUE_SIZE_MAX. */
void invalid_append_quoted(struct buffer *text, const char *value);

void field_at_format(const struct field_at *at, struct buffer *text); /* "spec.containers[0].name" */

struct api_invalid_error {
    const char *reason;  /* "FieldValueInvalid": the cause's reason */
    const char *field;   /* path */
    const char *message; /* without the path: 'Invalid value: "x": must be ...' */
};

struct expression_compiler; /* expressions.h */

/* A zeroed struct is an empty list. */
struct api_invalid {
    const struct expression_compiler *expressions; /* of who validates; NULL: expressions are not compiled */
    struct arena arena;
    struct api_invalid_error *errors;
    size_t count; /* kept */
    size_t capacity;
    size_t total; /* found */
};

void api_invalid_fini(struct api_invalid *errors);
static inline void api_invalid_cleanup(struct api_invalid *errors)
{
    api_invalid_fini(errors);
}
#define auto_invalid __attribute__((cleanup(api_invalid_cleanup)))

/* "one" or "[one, two]", repeats dropped: what stands behind '... is invalid: '. */
void api_invalid_format(const struct api_invalid *errors, struct buffer *text);

/* Detail texts are printf formats. */
void invalid_missing(struct api_invalid *errors, const struct field_at *at); /* Required, without a detail */
void invalid_required(struct api_invalid *errors, const struct field_at *at, const char *detail, ...) printf_like(3, 4);
void invalid_forbidden(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
    printf_like(3, 4);
/* A detail of a line and, below it, a text of many. */
void invalid_forbidden_text(struct api_invalid *errors, const struct field_at *at, const char *detail,
                            const char *text);
void invalid_string(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
    printf_like(4, 5);
void invalid_number(struct api_invalid *errors, const struct field_at *at, int64_t value, const char *detail, ...)
    printf_like(4, 5);
/* 'value' is shown as it is: booleans, JSON. */
void invalid_raw(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
    printf_like(4, 5);
void invalid_null(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
    printf_like(3, 4); /* of a pointer that is not set: shown as "null" */
void invalid_flag(struct api_invalid *errors, const struct field_at *at, bool value, const char *detail, ...)
    printf_like(4, 5);
/* "must be between MIN and MAX, inclusive" */
void invalid_range(struct api_invalid *errors, const struct field_at *at, int64_t value, int64_t min, int64_t max);
/* A whole message, shown as JSON; 'internal' as upstream's own types are shown: every field, in Go's names. */
void invalid_internal(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                      const void *value, const char *detail, ...) printf_like(5, 6);
void invalid_duplicate_internal(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                const void *value, const char *detail); /* NULL: none */
void invalid_object(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                    const void *value, const char *detail, ...) printf_like(5, 6);
/* Labels and the like, shown as JSON. */
void invalid_string_map(struct api_invalid *errors, const struct field_at *at, const struct api_string_entry *entries,
                        size_t count, const char *detail, ...) printf_like(5, 6);
void invalid_string_list(struct api_invalid *errors, const struct field_at *at, const char *const *list, size_t count,
                         const char *detail, ...) printf_like(5, 6);
void invalid_type(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
    printf_like(4, 5);

/* 'supported' ends with NULL and is shown in its order. */
void invalid_not_supported(struct api_invalid *errors, const struct field_at *at, const char *value,
                           const char *const *supported);
void invalid_not_supported_raw(struct api_invalid *errors, const struct field_at *at, const char *value,
                               const char *const *supported);
void invalid_not_supported_object(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                  const void *value, const char *const *supported);
void invalid_not_supported_list(struct api_invalid *errors, const struct field_at *at, const char *const *list,
                                size_t count, const char *const *supported);
void invalid_duplicate(struct api_invalid *errors, const struct field_at *at, const char *value);
void invalid_duplicate_raw(struct api_invalid *errors, const struct field_at *at, const char *value);
void invalid_not_found(struct api_invalid *errors, const struct field_at *at, const char *value);
void invalid_not_found_why(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail,
                           ...) printf_like(4, 5);
void invalid_too_long(struct api_invalid *errors, const struct field_at *at, size_t max);
void invalid_too_many(struct api_invalid *errors, const struct field_at *at, size_t count, size_t max);

/* One Invalid error for each thing wrong with the value. False when there was one. */
bool invalid_format(struct api_invalid *errors, const struct field_at *at, format_check *check, const char *value);
void invalid_formats(struct api_invalid *errors, const struct field_at *at, const struct format_errors *found,
                     const char *value);
/* ... when there is a value. */
bool invalid_optional_format(struct api_invalid *errors, const struct field_at *at, format_check *check,
                             const char *value);
bool invalid_port_number(struct api_invalid *errors, const struct field_at *at, int64_t value);
bool invalid_not_negative(struct api_invalid *errors, const struct field_at *at, int64_t value);

/* True when the value is one of the list, which ends with NULL; else records NotSupported (or Required when it is
 * empty and 'required'). */
bool invalid_one_of(struct api_invalid *errors, const struct field_at *at, const char *value,
                    const char *const *supported, bool required);

/* Something that could not be judged. */
void invalid_failure(struct api_invalid *errors, const struct field_at *at, const char *detail, ...) printf_like(3, 4);

/* Records that a field must not change (objects, lists and maps are shown as JSON). */
#define INVALID_IMMUTABLE "field is immutable"

#endif

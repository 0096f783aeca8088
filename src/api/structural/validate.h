/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate.h - one validation on its way. Only for this folder's own files. */
#ifndef API_STRUCTURAL_VALIDATE_H
#define API_STRUCTURAL_VALIDATE_H

#include "api/structural/checks.h"

#define CHECK_NUMBER_SIZE 40

struct check {
    const struct field_at *base; /* sentences name what is below it */
    struct api_invalid *errors;  /* NULL: only counts */
    size_t failures;
};

/* Where the errors were, to take back those that came since. */
struct check_mark {
    size_t failures, count, total;
};

static inline struct check_mark check_mark(const struct check *check)
{
    return (struct check_mark){ check->failures, check->errors != NULL ? check->errors->count : 0,
                                check->errors != NULL ? check->errors->total : 0 };
}

static inline void check_restore(struct check *check, const struct check_mark *mark)
{
    check->failures = mark->failures;
    if (check->errors == NULL)
        return;
    check->errors->count = mark->count;
    check->errors->total = mark->total;
}

/* Return what upstream counts as matches. 'old' NULL: there is no value to compare with. */
size_t check_value(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                   const struct field_at *at); /* tolerates what did not change */
size_t check_node(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                  const struct field_at *at); /* does not, for the node itself */
size_t check_junctors(struct check *check, const struct structural_checks *checks, yyjson_val *value, yyjson_val *old,
                      const struct field_at *at);
void check_number(struct check *check, const struct structural_node *node, yyjson_val *value,
                  const struct field_at *at);

/* Invalid value, with the value (NULL: "") and a sentence. 'at' NULL is no path at all. */
void check_fail(struct check *check, const struct field_at *at, yyjson_val *value, const char *format, ...)
    printf_like(4, 5);

/* The same; the sentence begins with the path and " in body ". */
void check_fail_body(struct check *check, const struct field_at *at, yyjson_val *value, const char *format, ...)
    printf_like(4, 5);

/* The path as sentences name it. */
const char *check_path(const struct check *check, const struct field_at *at, struct buffer *text);

void check_number_format(double value, char text[CHECK_NUMBER_SIZE]); /* as Go's %v */
bool check_is_whole(double value);                                    /* what upstream takes for an integer */

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* text_set.h - which texts were seen already: of lists whose items must differ. Only for this folder's own files. */
#ifndef API_VALIDATION_FORMATS_TEXT_SET_H
#define API_VALIDATION_FORMATS_TEXT_SET_H

#include "api/validation/invalid.h"

/* A zeroed struct is an empty set; texts are borrowed. */
struct text_set {
    const char **slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

void text_set_fini(struct text_set *set);
static inline void text_set_cleanup(struct text_set *set)
{
    text_set_fini(set);
}
#define auto_text_set __attribute__((cleanup(text_set_cleanup)))

/* False when it was there already. NULL counts as "". */
bool text_set_add(struct text_set *set, const char *text);
bool text_set_has(const struct text_set *set, const char *text);

/* Adds it, or records a duplicate. */
bool invalid_repeated(struct api_invalid *errors, const struct field_at *at, struct text_set *set, const char *text);

#endif

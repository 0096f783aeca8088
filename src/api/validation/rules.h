/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rules.h - the rules of kinds and of the parts they share. Only for this folder's own files.
 *
 * Each function appends errors below the path it is given. Objects have been defaulted. */
#ifndef API_VALIDATION_RULES_H
#define API_VALIDATION_RULES_H

#include "api/validation/invalid.h"
#include "generated/types.h"

typedef void validate_create(const void *object, struct api_invalid *errors);
typedef void validate_update(const void *object, const void *old, struct api_invalid *errors);

/* One kind's rules beside those of its metadata. NULL members have none. */
struct validation_rules {
    const struct api_type *type;
    format_check *name;
    validate_create *create;
    validate_update *update;
    validate_update *status;
};

#define VALIDATION_ROW(type_, name_, rules_)                                              \
    {                                                                                     \
        .type = &api_type_##type_, .name = (name_), .create = validate_##rules_##_create, \
        .update = validate_##rules_##_update                                              \
    }
#define VALIDATION_ROW_WITH_STATUS(type_, name_, rules_)                                  \
    {                                                                                     \
        .type = &api_type_##type_, .name = (name_), .create = validate_##rules_##_create, \
        .update = validate_##rules_##_update, .status = validate_##rules_##_status        \
    }

/* The row of a type, NULL when it has none. */
const struct validation_rules *validation_rules_find(const struct api_type *type);
const struct validation_rules *core_rules_find(const struct api_type *type); /* core/core_kinds.c */

/* metadata.c */
void validate_metadata(const struct api_object_meta *meta, bool namespaced, format_check *name,
                       const struct field_at *at, struct api_invalid *errors);
/* Beside it, of the built-in kinds that upstream's core server serves. */
void validate_finalizer_names(const struct api_object_meta *meta, const struct field_at *at,
                              struct api_invalid *errors);
void validate_metadata_update(const struct api_object_meta *meta, const struct api_object_meta *old, bool namespaced,
                              const struct field_at *at, struct api_invalid *errors);
void validate_labels(const struct api_string_entry *labels, size_t count, const struct field_at *at,
                     struct api_invalid *errors);
void validate_annotations(const struct api_string_entry *annotations, size_t count, const struct field_at *at,
                          struct api_invalid *errors);

/* True and an error when old and new differ. */
bool validate_immutable_string(const char *value, const char *old, const struct field_at *at,
                               struct api_invalid *errors);
bool validate_immutable(const struct api_type *type, const void *value, const void *old, const struct field_at *at,
                        struct api_invalid *errors);

/* declared.c: what the schema declares with its fields */
void validate_declared(const struct api_type *type, const void *object, struct api_invalid *errors);
void validate_declared_update(const struct api_type *type, const void *object, const void *old,
                              struct api_invalid *errors);

/* selectors.c. Values that are no label values stay good where the stored selector had some already. */
void validate_label_selector(const struct api_label_selector *selector, const struct field_at *at,
                             struct api_invalid *errors);
void validate_label_selector_update(const struct api_label_selector *selector, const struct api_label_selector *old,
                                    const struct field_at *at, struct api_invalid *errors);
bool label_selector_has_bad_values(const struct api_label_selector *selector);

/* count.c: numbers that must not be negative */
void validate_optional_count(const int32_t *count, const struct field_at *at, struct api_invalid *errors);
/* The fields of those JSON names of a message, in that order; the names end with NULL. Absent ones pass. */
void validate_counts(const struct api_type *type, const void *message, const char *const *names,
                     const struct field_at *at, struct api_invalid *errors);

#endif

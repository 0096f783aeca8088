/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strategic.h - between the two halves of Strategic Merge Patch: maps and lists. */
#ifndef API_PATCH_STRATEGIC_H
#define API_PATCH_STRATEGIC_H

#include "api/patch/document.h"

/* What the tables know of a value. All zero: nothing, e.g. below a RawExtension. */
struct patch_schema {
    const struct api_field *field; /* that holds it */
    const struct api_type *type;   /* of the message, the items, or the map's values */
    bool is_map;
};

int patch_merge_map(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch,
                    const struct patch_schema *schema) must_check;

/* 'patch' may be NULL (only sorts), 'order' may be NULL (as the patch has it). */
int patch_merge_list(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch, yyjson_val *order,
                     const struct patch_schema *schema) must_check;

int patch_delete_scalars(struct patch_document *document, yyjson_mut_val *target, yyjson_val *scalars) must_check;

/* The "$setElementOrder/key" of a patch, NULL when it has none. */
yyjson_val *patch_element_order(yyjson_val *patch, struct str key);

/* A copy without directives and nulls. */
yyjson_mut_val *patch_take_over(struct patch_document *document, yyjson_val *value);

#endif

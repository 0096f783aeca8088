/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index_list.h - lists of completion indexes: "1,3-5,7", ascending. Only for validation's own files. */
#ifndef API_VALIDATION_BATCH_INDEX_LIST_H
#define API_VALIDATION_BATCH_INDEX_LIST_H

#include "base/error.h"
#include "base/str.h"

/* How many indexes the list has, all below 'completions'; an empty list has none. -ERROR_SYNTAX. */
int index_list_count(struct str list, int32_t completions, int32_t *ret_count, struct error *err) must_check;

/* True and the first index that stands in both lists; pieces that are not well-formed are passed over. */
bool index_lists_overlap(struct str a, struct str b, int32_t completions, int32_t *ret_index);

#endif

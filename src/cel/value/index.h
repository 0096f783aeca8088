/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index.h - large JSON containers found by name or number without walking them each time.
 *
 * yyjson keeps members in a row. Where an expression asks a large object or array often (self.map.all(k, self.map[k] ...)), the
 * evaluation makes a table of it when it asks first. */
#ifndef CEL_VALUE_INDEX_H
#define CEL_VALUE_INDEX_H

#include "cel/function.h"

/* As cel_map_find() and cel_list_at(). */
bool cel_index_find(struct cel_state *state, const struct cel_value *map, const struct cel_value *key,
                    struct cel_value *ret_value);
struct cel_value cel_index_at(struct cel_state *state, const struct cel_value *list, size_t index);

#endif

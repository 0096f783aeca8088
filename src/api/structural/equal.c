/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* equal.c - whether two documents mean the same. */
#include "api/structural/structural.h"

#include "api/structural/checks.h"

#define DEPTH_MAX 1000 /* of the stack; what nests deeper counts as different */

static bool equal(yyjson_val *a, yyjson_val *b, size_t depth);

static bool equal_objects(yyjson_val *a, yyjson_val *b, size_t depth)
{
    if (yyjson_obj_size(a) != yyjson_obj_size(b))
        return false;
    yyjson_obj_iter left = yyjson_obj_iter_with(a), right = yyjson_obj_iter_with(b);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&left)) != NULL;) {
        /* goes on from where the last one was found: canonical documents cost one step each */
        yyjson_val *other = yyjson_obj_iter_getn(&right, yyjson_get_str(key), yyjson_get_len(key));
        if (other == NULL || !equal(yyjson_obj_iter_get_val(key), other, depth))
            return false;
    }
    return true;
}

static bool equal(yyjson_val *a, yyjson_val *b, size_t depth)
{
    struct structural_number left, right;
    if (a == b)
        return true;
    if (depth == DEPTH_MAX)
        return false;
    if (structural_number_of(a, &left))
        return structural_number_of(b, &right) && left.is_integer == right.is_integer &&
               (left.is_integer ? left.integer == right.integer : left.real == right.real);
    if (yyjson_get_type(a) != yyjson_get_type(b))
        return false;
    if (yyjson_is_str(a))
        return yyjson_get_len(a) == yyjson_get_len(b) &&
               memcmp(yyjson_get_str(a), yyjson_get_str(b), yyjson_get_len(a)) == 0;
    if (yyjson_is_obj(a))
        return equal_objects(a, b, depth + 1);
    if (!yyjson_is_arr(a))
        return yyjson_is_null(a) || yyjson_get_bool(a) == yyjson_get_bool(b);
    if (yyjson_arr_size(a) != yyjson_arr_size(b))
        return false;
    yyjson_arr_iter items = yyjson_arr_iter_with(a), others = yyjson_arr_iter_with(b);
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&items)) != NULL;)
        if (!equal(item, yyjson_arr_iter_next(&others), depth + 1))
            return false;
    return true;
}

bool structural_equal(yyjson_val *a, yyjson_val *b)
{
    return equal(a, b, 0);
}

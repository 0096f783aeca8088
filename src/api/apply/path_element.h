/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* path_element.h - one step on the way to a field: a member's name, an item's keys, a value of a set, an index.
 *
 * Elements borrow their texts; who keeps them copies into an arena. Written as upstream does: f:name, k:{"port":80},
 * v:"x", i:3 in managedFields; .name, [port=80], [="x"], [3] where people read them. */
#ifndef API_APPLY_PATH_ELEMENT_H
#define API_APPLY_PATH_ELEMENT_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/str.h"

/* In the order in which sets sort them. */
enum path_kind { PATH_FIELD, PATH_KEYS, PATH_VALUE, PATH_INDEX };

/* In the order in which values sort; numbers compare with each other by what they are worth. */
enum path_value_kind { PATH_FLOAT, PATH_INTEGER, PATH_STRING, PATH_BOOL, PATH_LIST, PATH_MAP, PATH_NULL };

struct path_value {
    enum path_value_kind kind;
    int64_t integer; /* also of bools */
    double number;   /* also of integers */
    struct str text; /* of a string; of a list or map its JSON on one line */
};

struct path_key {
    struct str name;
    struct path_value value;
};

struct path_element {
    enum path_kind kind;
    uint32_t n_keys;
    union {
        struct str name;
        const struct path_key *keys; /* sorted by name */
        const struct path_value *value;
        int64_t index;
    };
};

static inline struct path_element path_field(struct str name)
{
    return (struct path_element){ .kind = PATH_FIELD, .name = name };
}

struct path_value path_value_of(yyjson_val *value, struct arena *arena);
int path_value_compare(const struct path_value *a, const struct path_value *b);

int path_element_compare(const struct path_element *a, const struct path_element *b);

/* From its text in managedFields. Texts are copied when 'arena' is needed for them at all, else borrowed. 0: not known,
 * to be passed over; 1: good. Errors: -ERROR_BAD_REQUEST, worded by upstream. */
int path_element_parse(struct str text, struct arena *arena, struct path_element *ret_element, const char **ret_why);

/* What stands between the quotes in managedFields, not yet escaped. */
void path_element_write(const struct path_element *element, struct buffer *out);

/* As messages show it. */
void path_element_show(const struct path_element *element, struct buffer *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* selector.h - which objects a request, a Service or a controller means: by labels, by fields.
 *
 * Selectors are built in an arena and read-only then; they borrow from what they were made of only
 * where said. Errors carry upstream's sentences and are -ERROR_BAD_REQUEST. */
#ifndef API_SELECTOR_SELECTOR_H
#define API_SELECTOR_SELECTOR_H

#include "api/field_path.h"
#include "api/object.h"
#include "api/schema.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#define SELECTOR_REQUIREMENTS_MAX \
    32768 /* of one text, label values included: more than a request's head has room for */

enum label_operator {
    LABEL_EQUALS,        /* key=value */
    LABEL_DOUBLE_EQUALS, /* key==value, the same written otherwise */
    LABEL_NOT_EQUALS,
    LABEL_IN,
    LABEL_NOT_IN,
    LABEL_EXISTS,
    LABEL_DOES_NOT_EXIST,
    LABEL_GREATER,
    LABEL_LESS,
};

struct label_requirement {
    struct str key;
    enum label_operator operator;
    struct str *values; /* sorted, unique */
    size_t n_values;
};

/* Zeroed, it selects everything. */
struct label_selector {
    struct label_requirement *requirements; /* sorted by key */
    size_t n_requirements;
    bool nothing; /* selects no object at all */
};

struct api_label_selector;

/* "app=web,tier in (a,b),!canary". Copies the text. */
int label_selector_parse(struct str text, struct arena *arena, struct label_selector *ret_selector,
                         struct error *err) must_check;

/* Of a decoded selector; NULL selects nothing, an empty one everything. Borrows its texts. */
int label_selector_of(const struct api_label_selector *labels, struct arena *arena, struct label_selector *ret_selector,
                      struct error *err) must_check;

/* All of these pairs (spec.selector of Services and ReplicationControllers). Borrows them. */
struct label_selector label_selector_of_map(const struct api_string_entry *labels, size_t count, struct arena *arena);

/* Against decoded labels, which are sorted by key. */
bool label_selector_matches(const struct label_selector *selector, const struct api_string_entry *labels, size_t count);
bool label_selector_matches_object(const struct label_selector *selector, const struct object *object);

static inline bool label_selector_empty(const struct label_selector *selector)
{
    return !selector->nothing && selector->n_requirements == 0;
}

/* Canonical text; nothing is appended for a selector of everything (or of nothing). */
void label_selector_format(const struct label_selector *selector, struct buffer *text);

/* True when the selector asks for exactly this value of the key; then gives it. */
bool label_selector_exact(const struct label_selector *selector, struct str key, struct str *ret_value);

struct field_requirement {
    struct str key;
    struct str value;
    bool negate;
    const struct api_resource *resource; /* that 'path' was resolved for; NULL: not yet */
    struct field_path path;              /* empty: no object of the resource has the field */
    bool document;                       /* 'key' is a path into the raw part of a custom object */
    uint8_t number;                      /* of its row among the resource's; 0: it has none, or too high a one */
};

/* Zeroed, it selects everything. */
struct field_selector {
    struct field_requirement *requirements;
    size_t n_requirements;
};

/* The fields that objects of the resource can be selected by and that are texts at most one level deep, with the
 * paths that object_texts() takes; at most 'max' of them. A requirement for one of these can be compared without decoding. */
size_t field_selector_texts(const struct api_resource *resource, struct object_path *paths, size_t max);
bool field_requirement_text(const struct field_requirement *requirement, struct object_path *ret_path);

/* "metadata.name=x,status.phase!=Running", with backslash escapes. Copies the text. */
int field_selector_parse(struct str text, struct arena *arena, struct field_selector *ret_selector,
                         struct error *err) must_check;

/* Whether the resource can be selected by these fields; from then on matching its objects looks nothing up. */
int field_selector_check(struct field_selector *selector, const struct api_resource *resource,
                         struct error *err) must_check;

/* Against the decoded struct of an object of that resource. The selector has been checked. */
bool field_selector_matches(const struct field_selector *selector, const struct api_resource *resource,
                            const void *typed);
bool field_selector_matches_object(const struct field_selector *selector, const struct object *object);

bool field_selector_exact(const struct field_selector *selector, struct str key, struct str *ret_value);
void field_selector_format(const struct field_selector *selector, struct buffer *text);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json_patch.c - JSON Patch, RFC 6902: a list of operations at JSON Pointers.
 *
 * As upstream's library does, negative indices count from the end, and a value that is tested for null may be
 * absent. */
#include "api/patch/document.h"

#define POINTER_TOKEN_MAX 4096

/* Where an operation works: a container and the last token of the path. */
struct place {
    yyjson_mut_val *container; /* NULL: the root itself */
    char token[POINTER_TOKEN_MAX];
    struct str name;
};

/* "~1" is "/", "~0" is "~". */
static bool unescape(struct str token, char space[POINTER_TOKEN_MAX], struct str *ret_text)
{
    size_t size = 0;

    if (token.size >= POINTER_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < token.size; i++) {
        char c = token.data[i];
        if (c == '~' && i + 1 < token.size && (token.data[i + 1] == '0' || token.data[i + 1] == '1'))
            c = token.data[++i] == '0' ? '~' : '/';
        space[size++] = c;
    }
    *ret_text = (struct str){ space, size };
    return true;
}

/* -1 is the last of 'size' items; false when it is no index or lies outside of [0, limit). */
static bool parse_index(struct str text, size_t size, size_t limit, size_t *ret_index)
{
    int64_t index = 0;

    if (!str_to_int64(text, &index))
        return false;
    if (index < 0)
        index += (int64_t)limit;
    if (index < 0 || (size_t)index >= limit || (size_t)index > size)
        return false;
    *ret_index = (size_t)index;
    return true;
}

static yyjson_mut_val *child_of(yyjson_mut_val *container, struct str name)
{
    size_t index = 0;

    if (yyjson_mut_is_obj(container))
        return yyjson_mut_obj_getn(container, name.data, name.size);
    if (yyjson_mut_is_arr(container) &&
        parse_index(name, yyjson_mut_arr_size(container), yyjson_mut_arr_size(container), &index))
        return yyjson_mut_arr_get(container, index);
    return NULL;
}

/* Walks to the container of the path's last token. */
static bool find_place(struct patch_document *document, struct str path, struct place *place)
{
    place->container = NULL;
    place->name = (struct str){ 0 };
    if (path.size == 0)
        return true;
    if (path.data[0] != '/')
        return false;

    struct str rest = str_skip(path, 1), token;
    place->container = yyjson_mut_doc_get_root(document->target);
    bool first = true;
    while (str_next(&rest, '/', &token)) {
        if (!first)
            place->container = child_of(place->container, place->name);
        first = false;
        if (!yyjson_mut_is_ctn(place->container) || !unescape(token, place->token, &place->name))
            return false;
    }
    if (first) { /* "/": the member with the empty name */
        place->name = STR("");
    }
    return yyjson_mut_is_ctn(place->container);
}

static yyjson_mut_val *value_at(struct patch_document *document, const struct place *place)
{
    if (place->container == NULL)
        return yyjson_mut_doc_get_root(document->target);
    return child_of(place->container, place->name);
}

static bool add(struct patch_document *document, const struct place *place, yyjson_mut_val *value)
{
    size_t index = 0;

    if (value == NULL)
        return false;
    if (place->container == NULL) {
        yyjson_mut_doc_set_root(document->target, value);
        return true;
    }
    if (yyjson_mut_is_obj(place->container))
        return yyjson_mut_obj_put(place->container, patch_document_key(document, place->name), value);
    if (str_is(place->name, "-"))
        return yyjson_mut_arr_append(place->container, value);
    size_t size = yyjson_mut_arr_size(place->container);
    return parse_index(place->name, size, size + 1, &index) && yyjson_mut_arr_insert(place->container, value, index);
}

static bool replace(struct patch_document *document, const struct place *place, yyjson_mut_val *value)
{
    size_t index = 0;

    if (value == NULL)
        return false;
    if (place->container == NULL || yyjson_mut_is_obj(place->container)) /* a member that is not there is added */
        return add(document, place, value);
    size_t size = yyjson_mut_arr_size(place->container);
    return parse_index(place->name, size, size, &index) &&
           yyjson_mut_arr_replace(place->container, index, value) != NULL;
}

static yyjson_mut_val *cut(const struct place *place)
{
    size_t index = 0;

    if (place->container == NULL)
        return NULL;
    if (yyjson_mut_is_obj(place->container))
        return yyjson_mut_obj_remove_keyn(place->container, place->name.data, place->name.size);
    size_t size = yyjson_mut_arr_size(place->container);
    return parse_index(place->name, size, size, &index) ? yyjson_mut_arr_remove(place->container, index) : NULL;
}

static yyjson_mut_val *copy(struct patch_document *document, yyjson_mut_val *value)
{
    size_t size = 0;
    autofree char *text = yyjson_mut_val_write(value, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &size);

    document->copied += size;
    if (text == NULL || document->copied > PATCH_COPIED_MAX)
        return NULL;
    return yyjson_mut_val_mut_copy(document->target, value);
}

/* Absent and null are the same to a test. */
static bool test(struct patch_document *document, const struct place *place, yyjson_val *expected)
{
    yyjson_mut_val *found = value_at(document, place);

    if (expected == NULL || yyjson_is_null(expected))
        return found == NULL || yyjson_mut_is_null(found);
    yyjson_mut_val *wanted = yyjson_val_mut_copy(document->target, expected);
    return found != NULL && wanted != NULL && yyjson_mut_equals(found, wanted);
}

/* A path that leads into the moved value itself. */
static bool is_inside(struct str path, struct str from)
{
    return path.size > from.size && str_starts(path, from) && path.data[from.size] == '/';
}

static bool apply(struct patch_document *document, yyjson_val *operation)
{
    struct str name = json_str(yyjson_obj_get(operation, "op"));
    struct str path = json_str(yyjson_obj_get(operation, "path"));
    yyjson_val *value = yyjson_obj_get(operation, "value");
    struct place place, source;

    if (!yyjson_is_str(yyjson_obj_get(operation, "path")))
        return false;
    if (str_is(name, "move") || str_is(name, "copy")) {
        struct str from = json_str(yyjson_obj_get(operation, "from"));
        if (!yyjson_is_str(yyjson_obj_get(operation, "from")) || !find_place(document, from, &source))
            return false;
        yyjson_mut_val *taken = value_at(document, &source);
        if (taken == NULL || (str_is(name, "move") && (is_inside(path, from) || cut(&source) == NULL)))
            return false;
        if (str_is(name, "copy"))
            taken = copy(document, taken);
        return find_place(document, path, &place) && add(document, &place, taken);
    }
    if (!find_place(document, path, &place))
        return str_is(name, "test") && (value == NULL || yyjson_is_null(value));
    if (str_is(name, "test"))
        return test(document, &place, value);
    if (str_is(name, "remove"))
        return cut(&place) != NULL;
    if (value == NULL)
        return false;
    if (str_is(name, "add"))
        return add(document, &place, yyjson_val_mut_copy(document->target, value));
    return str_is(name, "replace") && replace(document, &place, yyjson_val_mut_copy(document->target, value));
}

static int apply_all(struct patch_document *document, yyjson_val *operations)
{
    yyjson_val *operation;
    size_t i, count;

    yyjson_arr_foreach(operations, i, count, operation)
    {
        if (!yyjson_is_obj(operation))
            return error_set(document->err, ERROR_BAD_REQUEST,
                             "json: cannot unmarshal JSON value into Go value of type jsonpatch.Operation");
        if (!apply(document, operation))
            return patch_document_refuse(document);
    }
    return 0;
}

int patch_json(struct str document, struct str patch, struct buffer *out, struct error *err)
{
    struct patch_document both;
    int rc = patch_document_open(document, patch, &both, err);

    if (rc < 0)
        return rc;
    yyjson_val *operations = yyjson_doc_get_root(both.patch);
    if (!yyjson_is_arr(operations))
        rc = error_set(err, ERROR_BAD_REQUEST, "json: cannot unmarshal %s into Go value of type jsonpatch.Patch",
                       yyjson_is_obj(operations) ? "object" : yyjson_get_type_desc(operations));
    else if (yyjson_arr_size(operations) > PATCH_OPERATIONS_MAX)
        rc = error_set(err, ERROR_TOO_LARGE,
                       "Request entity too large: The allowed maximum operations in a JSON patch is %d, got %zu",
                       PATCH_OPERATIONS_MAX, yyjson_arr_size(operations));
    else
        rc = apply_all(&both, operations);
    return patch_document_finish(&both, rc, out);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/patch_refusal.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "api/codec.h"
#include "api/status.h"
#include "codec/json.h"

#define SHOWN_MAX (INVALID_VALUE_SIZE_MAX + 1) /* more is cut anyway */

static int by_key(const void *left, const void *right)
{
    yyjson_val *const *a = left, *const *b = right;
    return strcmp(yyjson_get_str(*a), yyjson_get_str(*b));
}

static void show(yyjson_val *value, struct arena *arena, struct buffer *out);

static void show_map(yyjson_val *map, struct arena *arena, struct buffer *out)
{
    size_t i, count, size = yyjson_obj_size(map);
    yyjson_val **keys = arena_new_array(arena, yyjson_val *, size + 1), *key, *value;
    yyjson_obj_foreach(map, i, count, key, value) keys[i] = key;
    qsort(keys, size, sizeof(*keys), by_key);
    buffer_append_text(out, "map[");
    for (i = 0; i < size; i++) {
        buffer_format(out, "%s%s:", i == 0 ? "" : " ", yyjson_get_str(keys[i]));
        show(yyjson_obj_iter_get_val(keys[i]), arena, out);
    }
    buffer_append_char(out, ']');
}

static void show(yyjson_val *value, struct arena *arena, struct buffer *out)
{
    size_t i, count;
    yyjson_val *item;
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_OBJ:
        show_map(value, arena, out);
        break;
    case YYJSON_TYPE_ARR:
        buffer_append_char(out, '[');
        yyjson_arr_foreach(value, i, count, item)
        {
            if (i > 0)
                buffer_append_char(out, ' ');
            show(item, arena, out);
        }
        buffer_append_char(out, ']');
        break;
    case YYJSON_TYPE_STR:
        buffer_append_text(out, yyjson_get_str(value));
        break;
    case YYJSON_TYPE_RAW:
        buffer_append_text(out, yyjson_get_raw(value));
        break;
    case YYJSON_TYPE_NUM:
        if (yyjson_is_int(value))
            buffer_format(out, "%lld", (long long)yyjson_get_sint(value));
        else
            buffer_format(out, "%g", yyjson_get_num(value));
        break;
    case YYJSON_TYPE_BOOL:
        buffer_append_text(out, yyjson_get_bool(value) ? "true" : "false");
        break;
    default:
        buffer_append_text(out, "<nil>");
        break;
    }
}

void patch_refusal_show(struct str json, struct buffer *out)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_arena struct arena arena = { 0 };
    if (json_read(json, API_DEPTH_MAX, &doc, NULL) == 0)
        show(yyjson_doc_get_root(doc), &arena, out);
}

/* Strategic merges go through maps, whose conversion has words of its own for a value of a wrong type. */
static const char *words_of_maps(struct arena *arena, const char *message)
{
    static const char *const kinds[][2] = {
        { "number", "int64" }, { "string", "string" }, { "bool", "bool" }, { "object", "map" }, { "array", "slice" },
    };
    static const char start[] = "json: cannot unmarshal ";
    const char *type = strstr(message, " of type ");
    if (strncmp(message, start, sizeof(start) - 1) != 0 || type == NULL)
        return message;
    const char *found = message + sizeof(start) - 1, *kind = "value";
    type += strlen(" of type ");
    for (size_t i = 0; i < countof(kinds); i++) {
        if (strncmp(found, kinds[i][0], strlen(kinds[i][0])) == 0)
            kind = kinds[i][1];
    }
    if (strncmp(type, "map[", 4) == 0)
        return arena_format(arena, "cannot restore map from %s", kind);
    if (strncmp(type, "[]", 2) == 0)
        return arena_format(arena, "cannot restore slice from %s", kind);
    if (strchr(type, '.') != NULL)
        return arena_format(arena, "cannot restore struct from: %s", kind);
    return arena_format(arena, "unrecognized type: %s", type);
}

int patch_refusal(struct request *request, struct str patched, struct error *err)
{
    static const struct api_kind nothing = { .group = "", .version = "", .kind = "" };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer shown = { .max = SHOWN_MAX };
    struct error none = { 0 };
    if (err == NULL)
        err = &none;
    const char *why = err->message;
    if (request->patch_type == CLIENT_PATCH_STRATEGIC) {
        patch_refusal_show(request->body, &shown);
        why = words_of_maps(&request->arena, why);
    } else {
        struct str part = { patched.data, patched.size < SHOWN_MAX ? patched.size : SHOWN_MAX };
        buffer_append_str(&shown, part);
    }
    const char *value = arena_strndup(&request->arena, shown.data != NULL ? shown.data : "", shown.size);
    invalid_string(&errors, at_field(NULL, "patch"), value, "%s", why);
    request->failure = api_status_invalid(&request->arena, &nothing, "", &errors);
    return error_set(err, ERROR_INVALID, "%s", request->failure->message);
}

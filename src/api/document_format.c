/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/document_format.h"

#include "codec/json.h"
#include "codec/yaml.h"

static const struct {
    const char *name, *media_type;
} formats[] = {
    [DOCUMENT_JSON] = { "json", "application/json" },
    [DOCUMENT_YAML] = { "yaml", "application/yaml" },
    [DOCUMENT_PROTOBUF] = { "protobuf", "application/vnd.kubernetes.protobuf" },
};

bool document_format_parse(struct str text, enum document_format *ret_format)
{
    for (size_t i = 0; i < countof(formats); i++) {
        if (str_is(text, formats[i].name) || str_is(text, formats[i].media_type)) {
            *ret_format = (enum document_format)i;
            return true;
        }
    }
    return false;
}

const char *document_media_type(enum document_format format)
{
    return formats[format].media_type;
}

static struct str text_member(yyjson_val *root, const char *name, struct arena *arena)
{
    yyjson_val *value = yyjson_obj_get(root, name);
    struct str text = { yyjson_get_str(value), yyjson_get_len(value) };
    return yyjson_is_str(value) ? arena_str(arena, text) : STR("");
}

int document_kind(struct str json, struct arena *arena, struct str *ret_api_version, struct str *ret_kind,
                  struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "couldn't get version/kind; json parse error");
    *ret_api_version = text_member(yyjson_doc_get_root(doc), "apiVersion", arena);
    *ret_kind = text_member(yyjson_doc_get_root(doc), "kind", arena);
    return 0;
}

static const struct api_kind *find_kind(struct str api_version, struct str kind)
{
    struct str group = STR(""), version = api_version;
    if (str_find(api_version, '/') < api_version.size)
        str_next(&version, '/', &group);
    return api_kind_find(group, version, kind);
}

static int decode_json(struct str json, struct arena *arena, struct api_strict_errors *strict,
                       const struct api_kind **ret_kind, void **ret_value, struct error *err)
{
    struct str api_version = { 0 }, kind_name = { 0 };
    int rc = document_kind(json, arena, &api_version, &kind_name, err);
    if (rc < 0)
        return rc;
    if (kind_name.size == 0)
        return error_set(err, ERROR_BAD_REQUEST, "Object 'Kind' is missing in '" STR_FMT "'", STR_ARG(json));
    if (api_version.size == 0)
        return error_set(err, ERROR_BAD_REQUEST, "Object 'apiVersion' is missing in '" STR_FMT "'", STR_ARG(json));
    const struct api_kind *kind = find_kind(api_version, kind_name);
    if (kind == NULL)
        return error_set(err, ERROR_BAD_REQUEST, "no kind \"" STR_FMT "\" is registered for version \"" STR_FMT "\"",
                         STR_ARG(kind_name), STR_ARG(api_version));
    void *value = arena_zalloc(arena, kind->type->size);
    rc = api_decode_json(kind->type, json, arena, value, strict, err);
    if (rc < 0)
        return rc;
    *ret_kind = kind;
    *ret_value = value;
    return 0;
}

int document_decode(enum document_format format, struct str bytes, struct arena *arena,
                    struct api_strict_errors *strict, const struct api_kind **ret_kind, void **ret_value,
                    struct error *err)
{
    if (strict != NULL)
        *strict = (struct api_strict_errors){ 0 };
    if (format == DOCUMENT_JSON)
        return decode_json(bytes, arena, strict, ret_kind, ret_value, err);
    if (format == DOCUMENT_PROTOBUF)
        return api_decode_protobuf_envelope(bytes, arena, ret_kind, ret_value, err);
    auto_buffer struct buffer json = { 0 };
    int rc = yaml_to_json(bytes, strict != NULL ? YAML_STRICT : 0, &json, err);
    if (rc < 0)
        return rc;
    return decode_json(buffer_str(&json), arena, strict, ret_kind, ret_value, err);
}

static int encode_yaml(const struct api_kind *kind, const void *value, struct buffer *out, struct error *err)
{
    auto_buffer struct buffer json = { 0 };
    api_encode_json(kind->type, kind, value, &json);
    if (buffer_failed(&json))
        return error_set(err, ERROR_LIMIT, "the %s is too large", kind->kind);
    return yaml_from_json(buffer_str(&json), out, err);
}

int document_encode(enum document_format format, const struct api_kind *kind, const void *value, struct buffer *out,
                    struct error *err)
{
    int rc = 0;
    if (format == DOCUMENT_JSON) {
        api_encode_json(kind->type, kind, value, out);
        buffer_append_char(out, '\n');
    } else if (format == DOCUMENT_YAML) {
        rc = encode_yaml(kind, value, out, err);
    } else if (kind->type->json_only) {
        return error_set(err, ERROR_UNSUPPORTED, "%s has no protobuf form", kind->kind);
    } else {
        api_encode_protobuf_envelope(kind, value, out);
    }
    if (rc == 0 && buffer_failed(out))
        return error_set(err, ERROR_LIMIT, "the %s is too large", kind->kind);
    return rc;
}

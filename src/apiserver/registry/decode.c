/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Bodies as decoded structs: JSON, YAML, protobuf, or structs already (direct calls). */

#include <string.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "apiserver/custom/strategy.h"
#include "apiserver/failure.h"
#include "apiserver/registry/registry.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "net/http.h"

#define YAML_JSON_MAX ((size_t)12 << 20) /* what anchors may make of a body */

#define ARENA_JSON_MAX ((size_t)64 << 10)

#define SUMMARY_MAX 30 /* bytes of a body that a message shows */

#define UPSTREAM_SCHEME "pkg/api/legacyscheme/scheme.go:30" /* what messages of upstream's registry of kinds name */

#define STRICT_TEXTS_MAX 16 /* as many unknown fields are named in one message */

/* A JSON document, and the kind and apiVersion that it says, "" when absent. */
struct document {
    yyjson_doc *doc; /* the arena's */
    struct str json;
    const char *version, *kind;
};

static int read_document(struct request *request, struct str json, struct document *ret_document, struct error *err)
{
    *ret_document = (struct document){ .json = json };
    bool small = json.size <= ARENA_JSON_MAX; /* what a large one outgrows is too much to be left behind */
    int rc = small ? json_read_in(&request->arena, json, API_DEPTH_MAX, &ret_document->doc, err)
                   : json_read(json, API_DEPTH_MAX, &ret_document->doc, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "couldn't get version/kind; json parse error");
    if (!small)
        arena_hold(&request->arena, (void (*)(void *))yyjson_doc_free, ret_document->doc);
    yyjson_val *root = yyjson_doc_get_root(ret_document->doc);
    if (!yyjson_is_obj(root))
        return error_set(err, ERROR_BAD_REQUEST,
                         "couldn't get version/kind; json parse error: json: cannot unmarshal %s into Go "
                         "value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; "
                         "Kind string \"json:\\\"kind,omitempty\\\"\" }",
                         yyjson_is_arr(root)   ? "array"
                         : yyjson_is_str(root) ? "string"
                                               : "value");
    ret_document->version = text_or_empty(yyjson_get_str(yyjson_obj_get(root, "apiVersion")));
    ret_document->kind = text_or_empty(yyjson_get_str(yyjson_obj_get(root, "kind")));
    return 0;
}

/* Options may come under their own group or any served one. */
static bool is_options(const struct api_kind *kind)
{
    return kind->type == &api_type_delete_options;
}

/* The Go package of a group's internal types, which the message names. */
static const char *internal_package(struct request *request, const char *group)
{
    return text_empty(group) ? "core" : arena_strndup(&request->arena, group, strcspn(group, "."));
}

static int check_type(struct request *request, const struct api_kind *wanted, const char *version, const char *kind,
                      struct error *err)
{
    char expected[256];
    api_kind_version(wanted, expected, sizeof(expected));
    bool kind_fits = text_empty(kind) || strcmp(kind, wanted->kind) == 0;
    if (kind_fits && (text_empty(version) || strcmp(version, expected) == 0 || is_options(wanted)))
        return 0;
    if (kind_fits)
        return error_set(err, ERROR_BAD_REQUEST,
                         "the API version in the data (%s) does not match the expected API version (%s)", version,
                         expected);
    const char *slash = strchr(version, '/'), *bare = slash != NULL ? slash + 1 : version;
    struct str group = { version, slash != NULL ? (size_t)(slash - version) : 0 };
    if (api_kind_find(group, str_of(bare), str_of(kind)) == NULL)
        return error_set(err, ERROR_BAD_REQUEST,
                         "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version "
                         "\"%s\" in scheme \"" UPSTREAM_SCHEME "\"",
                         kind, bare, wanted->kind, kind, version);
    return error_set(
        err, ERROR_BAD_REQUEST,
        "%s in version \"%s\" cannot be handled as a %s: converting (%s.%s) to (%s.%s): unknown conversion", kind, bare,
        wanted->kind, bare, kind, internal_package(request, wanted->group), wanted->kind);
}

/* Custom objects say what they are, and nothing is made up for them. */
static int check_custom_type(struct request *request, const struct api_kind *wanted, const struct document *document,
                             struct error *err)
{
    char expected[256];
    api_kind_version(wanted, expected, sizeof(expected));
    if (document->kind[0] == '\0')
        return error_set(err, ERROR_SYNTAX, "Object 'Kind' is missing in '" STR_FMT "'", STR_ARG(document->json));
    if (strcmp(document->version, expected) != 0)
        return error_set(err, ERROR_BAD_REQUEST,
                         "the API version in the data (%s) does not match the expected API version (%s)",
                         document->version, expected);
    if (strcmp(document->kind, wanted->kind) == 0)
        return 0;
    yyjson_val *metadata = yyjson_obj_get(yyjson_doc_get_root(document->doc), "metadata");
    struct api_kind said = { .group = wanted->group, .version = wanted->version, .kind = document->kind };
    return failure_invalid(
        request, &said, text_or_empty(yyjson_get_str(yyjson_obj_get(metadata, "name"))), "kind", "FieldValueInvalid",
        arena_format(&request->arena, "Invalid value: \"%s\": must be %s", document->kind, wanted->kind), err);
}

/* What a body was taken for, before what is wrong with it: clients show the whole. */
static int cannot_be_handled(struct request *request, const struct api_kind *kind, struct error *err)
{
    if (err == NULL)
        return -ERROR_BAD_REQUEST;
    const char *why = arena_strdup(&request->arena, err->message);
    return error_set(err, ERROR_BAD_REQUEST, "%s in version \"%s\" cannot be handled as a %s: %s", kind->kind,
                     kind->version, kind->kind, why);
}

/* A body that does not even say what it is, with its beginning. */
static int is_unrecognized(struct request *request, const struct api_kind *kind, struct error *err)
{
    auto_buffer struct buffer shown = { .max = 2 * SUMMARY_MAX };
    struct str body = request->body;
    size_t size = body.size < SUMMARY_MAX ? body.size : SUMMARY_MAX;
    if (err == NULL)
        return -ERROR_BAD_REQUEST;
    if (body.size == 0)
        buffer_append_str(&shown, STR("<empty>"));
    for (size_t i = 0; i < size; i++)
        buffer_format(&shown, body.data[0] == '{' ? "%c" : "%02x", (unsigned char)body.data[i]);
    const char *why = arena_strdup(&request->arena, err->message);
    return error_set(err, ERROR_BAD_REQUEST,
                     "the object provided is unrecognized (must be of type %s): %s (" STR_FMT "%s)", kind->kind, why,
                     STR_ARG(buffer_str(&shown)), body.size > SUMMARY_MAX ? " ..." : "");
}

static int report_strict(struct request *request, const struct api_strict_errors *strict, struct error *err)
{
    if (strict->count == 0 || request->options.field_validation == FIELD_VALIDATION_IGNORE)
        return 0;
    if (request->options.field_validation == FIELD_VALIDATION_WARN) {
        for (size_t i = 0; i < strict->count; i++)
            request_warn(request, "%s", strict->texts[i]);
        return 0;
    }
    auto_buffer struct buffer text = { .max = 64 << 10 };
    for (size_t i = 0; i < strict->count && i < STRICT_TEXTS_MAX; i++)
        buffer_format(&text, "%s%s", i == 0 ? "" : ", ", strict->texts[i]);
    return error_set(err, ERROR_BAD_REQUEST, "strict decoding error: " STR_FMT, STR_ARG(buffer_str(&text)));
}

static int decode_fields(struct request *request, const struct api_kind *kind, const struct document *document,
                         void **ret_value, struct error *err)
{
    struct api_strict_errors strict = { 0 };
    void *value = arena_zalloc(&request->arena, kind->type->size);
    int rc = kind->type == &api_type_custom_object ? custom_decode(request, document->json, &value, &strict, err)
                                                   : api_decode_value(kind->type, yyjson_doc_get_root(document->doc),
                                                                      &request->arena, value, &strict, err);
    if (rc == 0)
        rc = report_strict(request, &strict, err);
    if (rc == 0)
        *ret_value = value;
    return rc;
}

static int decode_json(struct request *request, const struct api_kind *kind, struct str json, void **ret_value,
                       struct error *err)
{
    struct document document;
    int rc = read_document(request, json, &document, err);
    if (rc < 0)
        return is_unrecognized(request, kind, err);
    if (kind->type == &api_type_custom_object)
        rc = check_custom_type(request, kind, &document, err);
    else
        rc = check_type(request, kind, document.version, document.kind, err);
    if (rc == -ERROR_SYNTAX)
        return is_unrecognized(request, kind, err);
    if (rc < 0)
        return rc;
    rc = decode_fields(request, kind, &document, ret_value, err);
    return rc < 0 ? cannot_be_handled(request, kind, err) : rc;
}

static int decode_protobuf(struct request *request, const struct api_kind *kind, void **ret_value, struct error *err)
{
    struct str version, name, message;
    int rc = api_read_protobuf_envelope(request->body, &version, &name, &message, err);
    if (rc < 0)
        return is_unrecognized(request, kind, err);
    rc =
        check_type(request, kind, arena_str(&request->arena, version).data, arena_str(&request->arena, name).data, err);
    if (rc < 0)
        return rc;
    void *value = arena_zalloc(&request->arena, kind->type->size);
    rc = api_decode_protobuf(kind->type, message, &request->arena, value, err);
    if (rc < 0)
        return cannot_be_handled(request, kind, err);
    *ret_value = value;
    return 0;
}

static int body_yaml_to_json(struct request *request, const struct api_kind *kind, struct str *ret_json,
                             struct error *err)
{
    auto_buffer struct buffer json = { .max = YAML_JSON_MAX };
    unsigned flags = request->options.field_validation == FIELD_VALIDATION_STRICT ? YAML_STRICT : 0;
    int rc = yaml_to_json(request->body, flags, &json, err);
    if (rc < 0) {
        (void)error_wrap_code(err, rc, "error converting YAML to JSON");
        return is_unrecognized(request, kind, err);
    }
    *ret_json = arena_str(&request->arena, buffer_str(&json));
    return 0;
}

int request_decode_json(struct request *request, const struct api_kind *kind, struct str json, void **ret_value,
                        struct error *err)
{
    struct document document;
    void *value = NULL;
    int rc = read_document(request, json, &document, err);
    if (rc == 0)
        rc = check_type(request, kind, document.version, document.kind, err);
    if (rc == 0)
        rc = decode_fields(request, kind, &document, &value, err);
    if (rc < 0)
        return rc;
    api_default(kind, value, &request->arena);
    *ret_value = value;
    return 0;
}

static int decode_body(struct request *request, const struct api_kind *kind, void **ret_value, struct error *err)
{
    void *value = NULL;
    int rc = 0;
    switch (request->body_format) {
    case BODY_JSON:
        rc = decode_json(request, kind, request->body, &value, err);
        break;
    case BODY_YAML: {
        struct str json = { 0 };
        rc = body_yaml_to_json(request, kind, &json, err);
        if (rc == 0)
            rc = decode_json(request, kind, json, &value, err);
        break;
    }
    case BODY_PROTOBUF:
        rc = decode_protobuf(request, kind, &value, err);
        break;
    case BODY_TYPED:
        if (request->body_kind != kind && request->body_kind->type != kind->type)
            return error_set(err, ERROR_BAD_REQUEST, "a body of kind %s was expected, not %s", kind->kind,
                             request->body_kind->kind);
        value = api_copy(kind->type, request->typed_body, &request->arena);
        break;
    case BODY_NONE:
        return error_set(
            err, ERROR_UNSUPPORTED_MEDIA_TYPE,
            "the body of the request was in an unknown format - accepted media types include: application/json, "
            "application/yaml, application/vnd.kubernetes.protobuf");
    }
    if (rc < 0)
        return rc;
    api_default(kind, value, &request->arena);
    *ret_value = value;
    return 0;
}

/* Before its turn --------------------------------------------------------------------------------- */

#define EARLY_MAX ((size_t)1 << 20) /* bytes of a body: nobody has said yet that its sender may write */

/* What decoding has come to; taken once, as whoever takes the value changes it. */
struct early_decoding {
    const struct api_kind *kind;
    void *value;
    int rc;
    struct error err;
    const char **warnings;
    size_t n_warnings;
};

/* Somebody who says who he is writes a whole object of a built-in kind. Custom resources change at any time, on another thread. */
static const struct api_resource *early_resource(const struct request *request)
{
    bool whole = request->action == API_CREATE || request->action == API_UPDATE;
    bool text =
        request->body_format == BODY_JSON || request->body_format == BODY_YAML || request->body_format == BODY_PROTOBUF;
    bool known = request->certificate != NULL ||
                 (request->headers != NULL && http_header(request->headers, "authorization").size > 0);
    if (!request->is_resource || !whole || !text || !known || !text_empty(request->subresource) ||
        request->body.size > EARLY_MAX)
        return NULL;
    return api_resource_find(str_of(request->group), str_of(request->version), str_of(request->plural));
}

void request_decode_early(struct request *request)
{
    const struct api_resource *resource = early_resource(request);
    if (resource == NULL)
        return;
    struct early_decoding *early = arena_new(&request->arena, struct early_decoding);
    early->kind = resource->kind;
    early->rc = decode_body(request, resource->kind, &early->value, &early->err);
    early->warnings = take_pointer(&request->warnings); /* said when it is their turn */
    early->n_warnings = request->n_warnings;
    request->n_warnings = 0;
    request->early = early;
}

int request_decode(struct request *request, const struct api_kind *kind, void **ret_value, struct error *err)
{
    const struct early_decoding *early = take_pointer(&request->early);
    if (early == NULL || early->kind != kind)
        return decode_body(request, kind, ret_value, err);
    for (size_t i = 0; i < early->n_warnings; i++)
        request_warn(request, "%s", early->warnings[i]);
    if (early->rc < 0) {
        if (err != NULL)
            *err = early->err;
        return early->rc;
    }
    *ret_value = early->value;
    return 0;
}

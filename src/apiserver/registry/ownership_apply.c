/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* PATCH with an applied configuration: from its YAML to the object to be written. */
#include <stdlib.h>
#include <string.h>

#include "api/apply/managed.h"
#include "api/codec.h"
#include "api/status.h"
#include "api/value/entry.h"
#include "apiserver/failure.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/ownership_internal.h"
#include "codec/json.h"
#include "codec/yaml.h"

#define CONFIG_JSON_MAX     ((size_t)12 << 20) /* what anchors may make of a body */
#define ANNOTATIONS_MAX     ((size_t)256 << 10)
#define LAST_APPLIED        "kubectl.kubernetes.io/last-applied-configuration"
#define BEFORE_FIRST_APPLY  "before-first-apply"
#define LAST_APPLIED_WRITER "kubectl" /* only its applies keep the annotation of client-side apply in step */

struct application {
    struct request *request;
    const struct registry *registry;
    const struct api_kind *kind; /* of the configuration as it was sent */
    struct apply_place root;     /* the same kind's */
    struct arena *arena;
    const struct api_object_meta *live; /* decoded; an empty object when there is none yet */
    bool exists;
    yyjson_val *config;
    struct managed managed;
    struct error *err;
};

/* The configuration --------------------------------------------------------------------------------- */

static struct str text_at(yyjson_val *map, const char *key)
{
    yyjson_val *value = yyjson_obj_get(map, key);
    return yyjson_is_str(value) ? (struct str){ yyjson_get_str(value), yyjson_get_len(value) } : STR("");
}

/* The last of two equal keys counts, or is an error, or a warning, as the request has it. */
static int read_config(struct application *application)
{
    struct request *request = application->request;
    auto_buffer struct buffer json = { .max = CONFIG_JSON_MAX };
    struct error problem = { 0 };
    if (yaml_to_json(request->body, 0, &json, &problem) < 0)
        return error_set(application->err, ERROR_BAD_REQUEST, "error decoding YAML: error converting YAML to JSON: %s",
                         problem.message);
    struct str text = arena_str(application->arena, buffer_str(&json));
    int rc = ownership_document(text, application->arena, &application->config, application->err);
    if (rc < 0)
        return rc;
    if (!yyjson_is_obj(application->config) && !yyjson_is_null(application->config))
        return error_set(application->err, ERROR_BAD_REQUEST,
                         "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal %s "
                         "into Go value of "
                         "type map[string]interface {}",
                         yyjson_is_arr(application->config)    ? "array"
                         : yyjson_is_str(application->config)  ? "string"
                         : yyjson_is_bool(application->config) ? "bool"
                                                               : "number");
    return 0;
}

static int check_strictly(const struct application *application)
{
    struct request *request = application->request;
    auto_buffer struct buffer json = { .max = CONFIG_JSON_MAX };
    struct error problem = { 0 };
    if (request->options.field_validation == FIELD_VALIDATION_IGNORE ||
        yaml_to_json(request->body, YAML_STRICT, &json, &problem) == 0)
        return 0;
    if (request->options.field_validation == FIELD_VALIDATION_STRICT)
        return error_set(application->err, ERROR_BAD_REQUEST, "error strict decoding patch: %s", problem.message);
    request_warn(request, "%s", problem.message);
    return 0;
}

static int check_type(const struct application *application)
{
    const struct api_kind *kind = application->kind;
    struct str api_version = text_at(application->config, "apiVersion"), name = text_at(application->config, "kind");
    char version[256];
    api_kind_version(kind, version, sizeof(version));
    if (str_is(api_version, version) && str_is(name, kind->kind))
        return 0;
    return error_set(application->err, ERROR_BAD_REQUEST, "invalid object type: %s" STR_FMT ", Kind=" STR_FMT,
                     str_find(api_version, '/') == api_version.size ? "/" : "", STR_ARG(api_version), STR_ARG(name));
}

static int check_config(const struct application *application)
{
    yyjson_val *meta = yyjson_obj_get(application->config, "metadata");
    char version[256];
    int rc = check_type(application);
    if (rc < 0)
        return rc;
    if (yyjson_is_arr(yyjson_obj_get(meta, "managedFields")))
        return error_set(application->err, ERROR_BAD_REQUEST, "metadata.managedFields must be nil");
    auto_buffer struct buffer problems = { 0 };
    if (apply_check(&application->root, application->config, &problems) == 0)
        return 0;
    api_kind_version(application->kind, version, sizeof(version));
    struct api_status *status = arena_new(application->arena, struct api_status);
    status->status = "Failure"; /* upstream gives no reason here */
    status->code = 500;
    status->message = arena_format(
        application->arena, "failed to create typed patch object (" STR_FMT "/" STR_FMT "; %s%s, Kind=%s): " STR_FMT,
        STR_ARG(text_at(meta, "namespace")), STR_ARG(text_at(meta, "name")), strchr(version, '/') == NULL ? "/" : "",
        version, application->registry->resource->kind->kind, STR_ARG(buffer_str(&problems)));
    application->request->failure = status;
    return error_set(application->err, ERROR_INTERNAL, "%s", status->message);
}

/* Before the first apply ----------------------------------------------------------------------------- */

/* What is there and was never tracked is somebody's, so that an apply cannot take it silently. */
static int own_what_is_there(struct application *application, const struct managed_writer *writer)
{
    struct ownership_sides sides = { application->request, application->registry, NULL, application->live };
    struct managed_change change;
    struct managed_writer before = *writer;
    before.manager = BEFORE_FIRST_APPLY;
    sides.before = arena_zalloc(application->arena, application->registry->resource->kind->type->size);
    ownership_change(&sides, &change);
    return managed_update(&application->managed, &before, &change, NULL, application->err);
}

static int read_owners(struct application *application, const struct managed_writer *writer)
{
    int rc = managed_read(application->live, application->arena, &application->managed, application->err);
    if (rc < 0)
        return error_set(application->err, ERROR_INTERNAL, "failed to decode managed fields: %s",
                         application->err != NULL ? arena_strdup(application->arena, application->err->message) : "");
    return application->managed.count == 0 && application->exists ? own_what_is_there(application, writer) : 0;
}

/* Client-side apply ---------------------------------------------------------------------------------- */

static const char *last_applied(const struct api_object_meta *meta)
{
    return text_or_empty(string_entry_value(meta->annotations, meta->n_annotations, LAST_APPLIED));
}

/* Fields that client-side apply stated and that still are as it stated them: kubectl may take them over. */
static const struct field_set *last_applied_fields(struct application *application, const struct managed_apply *apply)
{
    const char *text = last_applied(application->live);
    yyjson_val *document;
    auto_buffer struct buffer problems = { 0 };
    if (strcmp(apply->writer.manager, LAST_APPLIED_WRITER) != 0 || text[0] == '\0' ||
        ownership_document(str_of(text), application->arena, &document, NULL) < 0 || !yyjson_is_obj(document))
        return NULL;
    if (!str_is(text_at(document, "apiVersion"), apply->writer.api_version) ||
        apply_check(&apply->root, document, &problems) < 0)
        return NULL;
    struct apply_difference difference;
    apply_compare(&apply->root, document, apply->live_document, application->arena, &difference);
    const struct field_set *fields = apply_fields(&apply->root, document, application->arena);
    fields = field_set_difference(fields, difference.changed, application->arena);
    return field_set_difference(fields, difference.removed, application->arena);
}

static int by_key(const void *a, const void *b)
{
    yyjson_val *const *one = a, *const *other = b;
    return strcmp(yyjson_get_str(*one), yyjson_get_str(*other));
}

/* Members sorted, as Go writes maps; without the annotation itself. */
static void append_sorted(yyjson_val *value, struct arena *arena, struct buffer *out)
{
    size_t index, count, size = yyjson_obj_size(value);
    yyjson_val *key, *item;
    bool first = true;
    if (yyjson_is_arr(value)) {
        buffer_append_char(out, '[');
        yyjson_arr_foreach(value, index, count, item)
        {
            buffer_append_text(out, index > 0 ? "," : "");
            append_sorted(item, arena, out);
        }
        buffer_append_char(out, ']');
        return;
    }
    if (!yyjson_is_obj(value)) {
        json_append_value(out, value);
        return;
    }
    yyjson_val **keys = arena_new_array(arena, yyjson_val *, size + 1);
    yyjson_obj_foreach(value, index, count, key, item) keys[index] = key;
    qsort(keys, size, sizeof(*keys), by_key);
    buffer_append_char(out, '{');
    for (size_t i = 0; i < size; i++) {
        if (strcmp(yyjson_get_str(keys[i]), LAST_APPLIED) == 0)
            continue;
        buffer_append_text(out, first ? "" : ",");
        first = false;
        json_append_value(out, keys[i]);
        buffer_append_char(out, ':');
        append_sorted(yyjson_obj_iter_get_val(keys[i]), arena, out);
    }
    buffer_append_char(out, '}');
}

static size_t annotations_size(const struct api_object_meta *meta)
{
    size_t size = 0;
    for (size_t i = 0; i < meta->n_annotations; i++)
        size += strlen(meta->annotations[i].key) + strlen(text_or_empty(meta->annotations[i].value));
    return size;
}

static void drop_annotation(struct api_object_meta *meta, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (strcmp(meta->annotations[i].key, key) != 0)
            meta->annotations[kept++] = meta->annotations[i];
    meta->n_annotations = kept;
}

/* kubectl's server-side apply keeps what its client-side apply would look at. */
static void keep_last_applied(const struct application *application, const struct managed_writer *writer,
                              struct api_object_meta *meta)
{
    if (strcmp(writer->manager, LAST_APPLIED_WRITER) != 0 || last_applied(meta)[0] == '\0')
        return;
    auto_buffer struct buffer json = { .max = CONFIG_JSON_MAX };
    append_sorted(application->config, application->arena, &json);
    buffer_append_char(&json, '\n');
    struct api_string_entry *entry =
        entry_put_to(meta->annotations, meta->n_annotations, LAST_APPLIED, application->arena);
    entry->value = arena_str(application->arena, buffer_str(&json)).data;
    if (annotations_size(meta) > ANNOTATIONS_MAX)
        drop_annotation(meta, LAST_APPLIED);
}

/* The whole ------------------------------------------------------------------------------------------ */

static int refuse_conflicts(const struct application *application, const struct managed_conflicts *conflicts)
{
    struct arena *arena = application->arena;
    struct api_status *status = arena_new(arena, struct api_status);
    struct api_status_details *details = arena_new(arena, struct api_status_details);
    details->causes = arena_new_array(arena, struct api_status_cause, conflicts->count);
    details->n_causes = conflicts->count;
    for (size_t i = 0; i < conflicts->count; i++)
        details->causes[i] = (struct api_status_cause){
            .reason = "FieldManagerConflict",
            .message = arena_format(arena, "conflict with %s", conflicts->items[i].manager),
            .field = conflicts->items[i].path.data,
        };
    status->status = "Failure";
    status->reason = error_reason(-ERROR_CONFLICT);
    status->code = error_http_status(-ERROR_CONFLICT);
    status->message = managed_conflicts_message(conflicts, arena);
    status->details = details;
    application->request->failure = status;
    return error_set(application->err, ERROR_CONFLICT, "%s", status->message);
}

static int merge(struct application *application, struct managed_apply *apply, void **ret_object)
{
    struct ownership_sides sides = { application->request, application->registry, NULL, NULL };
    struct managed_versions versions = ownership_versions(&sides);
    apply->root = application->root;
    apply->live = ownership_text(application->registry, application->live, application->arena);
    apply->config = application->config;
    apply->force = application->request->options.force;
    apply->versions = &versions;
    int rc = ownership_document(apply->live, application->arena, &apply->live_document, application->err);
    if (rc < 0)
        return rc;
    apply->allowed = last_applied_fields(application, apply);
    rc = managed_apply(&application->managed, apply, application->err);
    if (rc == -ERROR_CONFLICT)
        return refuse_conflicts(application, &apply->conflicts);
    if (rc < 0)
        return rc;
    struct str result = arena_str(application->arena, buffer_str(&apply->result));
    return request_decode_json(application->request, application->registry->resource->kind, result, ret_object,
                               application->err);
}

/* The configuration as one of the object itself. */
static int translate(struct application *application, const struct ownership_view *view)
{
    auto_buffer struct buffer sent = { .max = CONFIG_JSON_MAX };
    struct str json = { 0 };
    void *value = arena_zalloc(application->arena, view->kind->type->size);
    json_append_value(&sent, application->config);
    int rc = api_decode_json(view->kind->type, arena_str(application->arena, buffer_str(&sent)), application->arena,
                             value, NULL, application->err);
    if (rc == 0)
        rc = view->translate(application->request, application->registry, value, &json, application->err);
    if (rc == 0)
        rc = ownership_document(json, application->arena, &application->config, application->err);
    application->kind = application->registry->resource->kind;
    application->root = ownership_root(application->registry);
    return rc;
}

int ownership_apply(struct request *request, const struct registry *registry, const struct object *current,
                    const struct ownership_view *view, void **ret_object, struct error *err)
{
    struct application application = { .request = request, .registry = registry, .arena = &request->arena, .err = err };
    const struct api_type *type = registry->resource->kind->type;
    application.exists = current != NULL;
    application.live = current != NULL ? object_typed(current) : arena_zalloc(&request->arena, type->size);
    application.kind = view != NULL ? view->kind : registry->resource->kind;
    application.root = view != NULL ? apply_schema_of_type(view->kind->type) : ownership_root(registry);
    struct managed_apply apply = { .writer = ownership_writer(request, registry) };
    void *object = NULL;
    int rc = read_config(&application);
    if (rc == 0)
        rc = check_config(&application);
    if (rc == 0 && view != NULL)
        rc = translate(&application, view);
    if (rc == 0)
        rc = read_owners(&application, &apply.writer);
    if (rc == 0)
        rc = merge(&application, &apply, &object);
    buffer_fini(&apply.result);
    if (rc == 0)
        rc = check_strictly(&application);
    if (rc < 0)
        return rc;
    managed_write(&application.managed, object);
    keep_last_applied(&application, &apply.writer, object);
    *ret_object = object;
    return 0;
}

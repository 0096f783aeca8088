/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_fake_objects.c - what the fake server keeps, and how requests change it. */
#include <stdio.h>

#include "api/codec.h"
#include "api/selector/selector.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text/uuid.h"
#include "client/fake/client_fake_internal.h"
#include "codec/json.h"
#include "generated/names.h"
#include "generated/types.h"

static char *record_key(const struct api_resource *resource, const char *namespace_, const char *name)
{
    bool namespaced = (resource->flags & API_NAMESPACED) != 0;
    return memory_format("%s.%s|%s%s%s", resource->plural, resource->kind->group,
                         namespaced ? text_or_empty(namespace_) : "", namespaced ? "/" : "", text_or_empty(name));
}

struct fake_record *fake_find(struct fake_server *server, const struct api_resource *resource, const char *namespace_,
                              const char *name)
{
    autofree char *key = record_key(resource, namespace_, name);
    return tree_find_entry(&server->records, str_of(key), struct fake_record, node);
}

static void change_free(struct fake_server *server, struct fake_change *change)
{
    list_remove(&change->node);
    server->history_size--;
    object_unref(change->before);
    object_unref(change->after);
    free(change);
}

/* Takes over the references. */
static void record_change(struct fake_server *server, const struct object *before, const struct object *after,
                          bool deleted)
{
    struct fake_change *change = memory_new(struct fake_change);
    *change =
        (struct fake_change){ .revision = server->revision, .before = before, .after = after, .deleted = deleted };
    list_append(&server->history, &change->node);
    server->history_size++;
    if (server->changed != NULL)
        server->changed(server, change);
    while (server->history_size > FAKE_HISTORY_MAX) {
        struct fake_change *oldest = container_of(list_pop(&server->history), struct fake_change, node);
        server->compacted = oldest->revision;
        change_free(server, oldest);
    }
}

/* Encodes the struct with the next revision. */
static int make_object(struct fake_server *server, const struct api_resource *resource, void *value,
                       struct object **ret_object, struct error *err)
{
    auto_buffer struct buffer json = { 0 };
    ((struct api_object_meta *)value)->resource_version = NULL;
    api_encode_json(resource->kind->type, resource->kind, value, &json);
    int rc = object_from_stored(resource, buffer_str(&json), server->revision + 1, ret_object, err);
    if (rc == 0)
        server->revision++;
    return rc;
}

/* Writes a new version (or the first); *ret_object is borrowed. */
static int put_value(struct fake_server *server, const struct api_resource *resource, void *value,
                     const struct object **ret_object, struct error *err)
{
    const struct api_object_meta *meta = value;
    struct object *object = NULL;
    int rc = make_object(server, resource, value, &object, err);
    if (rc < 0)
        return rc;
    struct fake_record *record = fake_find(server, resource, meta->namespace, meta->name);
    const struct object *before = NULL;
    if (record == NULL) {
        record = memory_new(struct fake_record);
        record->key = record_key(resource, meta->namespace, meta->name);
        tree_insert(&server->records, str_of(record->key), &record->node);
    } else {
        before = record->object;
    }
    record->object = object;
    record_change(server, before, object_ref(object), false);
    *ret_object = object;
    return 0;
}

static void remove_record(struct fake_server *server, struct fake_record *record)
{
    auto_arena struct arena scratch = { 0 };
    const struct api_resource *resource = object_resource(record->object);
    void *value = api_copy(resource->kind->type, object_typed(record->object), &scratch);
    struct object *last = NULL;
    struct error err;
    if (make_object(server, resource, value, &last, &err) < 0) {
        log_error("fake server", LOG_TEXT("error", err.message));
        abort();
    }
    tree_remove(&server->records, &record->node);
    record_change(server, record->object, last, true);
    free(record->key);
    free(record);
}

static void add_identity(struct fake_server *server, const struct api_resource *resource, struct api_object_meta *meta,
                         struct arena *arena)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    if (text_empty(meta->name) && !text_empty(meta->generate_name)) {
        char suffix[6] = { 0 };
        for (int i = 0; i < 5; i++)
            suffix[i] = letters[random_below(loop_random(server->loop), sizeof(letters) - 1)];
        meta->name = arena_format(arena, "%s%s", meta->generate_name, suffix);
    }
    if (text_empty(meta->uid)) {
        char uid[UUID_TEXT_SIZE];
        uuid_generate(loop_random(server->loop), uid);
        meta->uid = arena_strdup(arena, uid);
    }
    if (meta->creation_timestamp == 0)
        meta->creation_timestamp = loop_now(server->loop) / USEC_PER_SEC * USEC_PER_SEC;
    if (meta->generation == 0 && (resource->flags & API_GENERATION) != 0)
        meta->generation = 1;
}

static const struct api_field *status_field(const struct api_type *type)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (text_equal(field->name, "status") && field->value == API_MESSAGE && field->shape == API_SINGLE &&
            (field->flags & API_POINTER) == 0)
            return field;
    }
    return NULL;
}

/* Both structs stay as they are: shallow copies without metadata and status are compared. */
static bool same_spec(const struct api_type *type, const void *a, const void *b)
{
    autofree char *left = memory_copy(a, type->size);
    autofree char *right = memory_copy(b, type->size);
    memset(left, 0, sizeof(struct api_object_meta));
    memset(right, 0, sizeof(struct api_object_meta));
    const struct api_field *status = status_field(type);
    if (status != NULL) {
        memset(left + status->offset, 0, status->type->size);
        memset(right + status->offset, 0, status->type->size);
    }
    return api_equal(type, left, right);
}

/* Nothing holds it any more: no finalizer, no grace for a kubelet to use, no content of a namespace. */
static bool may_go(const struct api_resource *resource, const void *value)
{
    const struct api_object_meta *meta = value;
    if (meta->deletion_timestamp == 0 || meta->n_finalizers > 0)
        return false;
    if (resource == &api_resource_namespace && ((const struct api_namespace *)value)->spec.n_finalizers > 0)
        return false;
    return meta->deletion_grace_period_seconds == NULL || *meta->deletion_grace_period_seconds == 0;
}

static int not_found(const struct client_request *request, struct error *err)
{
    const struct api_resource *resource = request->resource;
    return error_set(err, ERROR_NOT_FOUND, "%s%s%s \"%s\" not found", resource->plural,
                     resource->kind->group[0] != '\0' ? "." : "", resource->kind->group, text_or_empty(request->name));
}

static int conflict(const struct client_request *request, struct error *err)
{
    return error_set(err, ERROR_CONFLICT,
                     "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your "
                     "changes to the latest version and try again",
                     request->resource->plural, text_or_empty(request->name));
}

static int serve_create(struct fake_server *server, const struct client_request *request, struct arena *arena,
                        const struct object **ret_object, struct error *err)
{
    const struct api_resource *resource = request->resource;
    void *value = api_copy(resource->kind->type, request->body, arena);
    struct api_object_meta *meta = value;
    meta->uid = NULL;
    meta->creation_timestamp = 0;
    add_identity(server, resource, meta, arena);
    if ((resource->flags & API_NAMESPACED) != 0) {
        if (text_empty(meta->namespace))
            meta->namespace = arena_strdup(arena, request->namespace_);
        if (text_empty(meta->namespace))
            return error_set(err, ERROR_BAD_REQUEST, "an empty namespace may not be set during creation");
    }
    struct fake_record *space_record = fake_find(server, &api_resource_namespace, NULL, meta->namespace);
    if (!text_empty(meta->namespace) && space_record != NULL &&
        object_meta(space_record->object)->deletion_timestamp != 0)
        return error_set(err, ERROR_FORBIDDEN,
                         "%s \"%s\" is forbidden: unable to create new content in namespace %s because it is being "
                         "terminated",
                         resource->plural, text_or_empty(meta->name), meta->namespace);
    if (resource == &api_resource_namespace) {
        struct api_namespace *space = value;
        space->spec.finalizers = arena_new_array(arena, const char *, 1);
        space->spec.finalizers[0] = "kubernetes";
        space->spec.n_finalizers = 1;
        space->status.phase = "Active";
    }
    if (text_empty(meta->name))
        return error_set(err, ERROR_INVALID, "name or generateName is required");
    if (fake_find(server, resource, meta->namespace, meta->name) != NULL)
        return error_set(err, ERROR_ALREADY_EXISTS, "%s \"%s\" already exists", resource->plural, meta->name);
    return put_value(server, resource, value, ret_object, err);
}

/* 'value' is in the arena and the caller's to give away. */
static int replace(struct fake_server *server, const struct client_request *request, struct fake_record *record,
                   void *value, struct arena *arena, const struct object **ret_object, struct error *err)
{
    const struct api_resource *resource = request->resource;
    const struct api_type *type = resource->kind->type;
    struct api_object_meta *meta = value;
    const struct api_object_meta *old = object_meta(record->object);
    if (!text_empty(meta->resource_version) && !text_equal(meta->resource_version, old->resource_version))
        return conflict(request, err);
    if (!text_empty(meta->uid) && !text_equal(meta->uid, old->uid))
        return conflict(request, err);
    void *next = api_copy(type, object_typed(record->object), arena);
    const struct api_field *status = status_field(type);
    if (request->subresource != NULL && status != NULL && strcmp(request->subresource, "status") == 0) {
        struct api_object_meta *kept_meta = next;
        memcpy((char *)next + status->offset, (char *)value + status->offset, status->type->size);
        kept_meta->annotations = meta->annotations;
        kept_meta->n_annotations = meta->n_annotations;
    } else {
        struct api_object_meta kept = *(struct api_object_meta *)next;
        bool has_status = status != NULL && (resource->flags & API_STATUS) != 0;
        if (has_status)
            memcpy((char *)value + status->offset, (char *)next + status->offset, status->type->size);
        memcpy(next, value, type->size);
        meta = next;
        meta->name = kept.name;
        meta->namespace = kept.namespace;
        meta->uid = kept.uid;
        meta->creation_timestamp = kept.creation_timestamp;
        meta->generation = kept.generation;
        meta->deletion_timestamp = kept.deletion_timestamp;
        meta->deletion_grace_period_seconds = kept.deletion_grace_period_seconds;
        if ((resource->flags & API_GENERATION) != 0 && !same_spec(type, next, object_typed(record->object)))
            meta->generation++;
    }
    if (may_go(resource, next)) {
        *ret_object = NULL;
        remove_record(server, record);
        return 0;
    }
    meta = next;
    meta->resource_version = old->resource_version;
    if (api_equal(type, next, object_typed(record->object))) {
        *ret_object = record->object;
        return 0;
    }
    return put_value(server, resource, next, ret_object, err);
}

static int serve_binding(struct fake_server *server, const struct client_request *request, struct fake_record *record,
                         struct arena *arena, const struct object **ret_object, struct error *err)
{
    const struct api_binding *binding = request->body;
    struct api_pod *pod = api_copy(&api_type_pod, object_typed(record->object), arena);
    if (!text_empty(pod->spec.node_name))
        return error_set(err, ERROR_CONFLICT, "pod %s is already assigned to node \"%s\"", pod->metadata.name,
                         pod->spec.node_name);
    pod->spec.node_name = arena_strdup(arena, binding->target.name);
    struct api_pod_condition *conditions =
        arena_new_array(arena, struct api_pod_condition, pod->status.n_conditions + 1);
    size_t count = 0;
    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        if (!text_equal(pod->status.conditions[i].type, "PodScheduled"))
            conditions[count++] = pod->status.conditions[i];
    }
    conditions[count++] = (struct api_pod_condition){ .type = "PodScheduled",
                                                      .status = "True",
                                                      .last_transition_time = loop_now(server->loop) };
    pod->status.conditions = conditions;
    pod->status.n_conditions = count;
    return put_value(server, request->resource, pod, ret_object, err);
}

static int serve_update(struct fake_server *server, const struct client_request *request, struct arena *arena,
                        const struct object **ret_object, struct error *err)
{
    const struct api_object_meta *meta = request->body;
    const char *name = request->name != NULL ? request->name : meta->name;
    struct fake_record *record = fake_find(server, request->resource, request->namespace_, name);
    if (record == NULL)
        return not_found(request, err);
    void *value = api_copy(request->resource->kind->type, request->body, arena);
    return replace(server, request, record, value, arena, ret_object, err);
}

static int serve_patch(struct fake_server *server, const struct client_request *request, struct arena *arena,
                       const struct object **ret_object, struct error *err)
{
    struct fake_record *record = fake_find(server, request->resource, request->namespace_, request->name);
    if (record == NULL)
        return not_found(request, err);
    if (request->patch_type != CLIENT_PATCH_MERGE)
        return error_set(err, ERROR_UNSUPPORTED_MEDIA_TYPE, "the fake server only knows merge patches");
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *current = NULL;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *patch = NULL;
    int rc = json_read(object_json(record->object), API_DEPTH_MAX, &current, err);
    if (rc == 0)
        rc = json_read(request->patch, API_DEPTH_MAX, &patch, err);
    if (rc < 0)
        return rc;
    yyjson_mut_doc *merged = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_merge_patch(merged, yyjson_doc_get_root(current), yyjson_doc_get_root(patch));
    size_t size = 0;
    autofree char *text = yyjson_mut_val_write(root, 0, &size);
    yyjson_mut_doc_free(merged);
    if (text == NULL)
        return error_set(err, ERROR_BAD_REQUEST, "the patched document cannot be written");
    void *value = arena_zalloc(arena, request->resource->kind->type->size);
    rc = api_decode_json(request->resource->kind->type, (struct str){ text, size }, arena, value, NULL, err);
    return rc < 0 ? rc : replace(server, request, record, value, arena, ret_object, err);
}

static bool has_finalizer(const struct api_object_meta *meta, const char *name)
{
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], name))
            return true;
    }
    return false;
}

static void add_finalizer(struct api_object_meta *meta, const char *name, struct arena *arena)
{
    if (has_finalizer(meta, name))
        return;
    const char **finalizers = arena_new_array(arena, const char *, meta->n_finalizers + 1);
    for (size_t i = 0; i < meta->n_finalizers; i++)
        finalizers[i] = meta->finalizers[i];
    finalizers[meta->n_finalizers] = name;
    meta->finalizers = finalizers;
    meta->n_finalizers++;
}

/* The seconds a pod gets to end; others get none. */
static int64_t grace_of(const struct client_request *request, const void *value)
{
    if (request->resource != &api_resource_pod)
        return 0;
    const struct api_pod *pod = value;
    if (text_empty(pod->spec.node_name) || text_equal(pod->status.phase, "Succeeded") ||
        text_equal(pod->status.phase, "Failed"))
        return 0;
    if (request->grace_seconds >= 0)
        return request->grace_seconds;
    return pod->spec.termination_grace_period_seconds == NULL ? 30 : *pod->spec.termination_grace_period_seconds;
}

static int delete_record(struct fake_server *server, const struct client_request *request, struct fake_record *record,
                         struct arena *arena, const struct object **ret_object, struct error *err)
{
    const struct api_object_meta *old = object_meta(record->object);
    if ((request->precondition_uid != NULL && !text_equal(request->precondition_uid, old->uid)) ||
        (request->precondition_revision != NULL && !text_equal(request->precondition_revision, old->resource_version)))
        return conflict(request, err);
    void *value = api_copy(request->resource->kind->type, object_typed(record->object), arena);
    struct api_object_meta *meta = value;
    if (request->propagation == CLIENT_PROPAGATION_FOREGROUND)
        add_finalizer(meta, "foregroundDeletion", arena);
    if (request->propagation == CLIENT_PROPAGATION_ORPHAN)
        add_finalizer(meta, "orphan", arena);
    int64_t grace = grace_of(request, value);
    if (meta->deletion_timestamp == 0) {
        meta->deletion_timestamp = loop_now(server->loop) / USEC_PER_SEC * USEC_PER_SEC + grace * USEC_PER_SEC;
        meta->deletion_grace_period_seconds = arena_new(arena, int64_t);
        *meta->deletion_grace_period_seconds = grace;
        meta->generation += meta->generation > 0;
        if (request->resource == &api_resource_namespace)
            ((struct api_namespace *)value)->status.phase = "Terminating";
    } else if (meta->deletion_grace_period_seconds != NULL && grace < *meta->deletion_grace_period_seconds) {
        meta->deletion_timestamp -= (*meta->deletion_grace_period_seconds - grace) * USEC_PER_SEC;
        *meta->deletion_grace_period_seconds = grace;
    }
    if (may_go(request->resource, value)) {
        *ret_object = NULL;
        remove_record(server, record);
        return 0;
    }
    if (api_equal(request->resource->kind->type, value, object_typed(record->object))) {
        *ret_object = record->object;
        return 0;
    }
    return put_value(server, request->resource, value, ret_object, err);
}

static int serve_delete_collection(struct fake_server *server, const struct client_request *request,
                                   struct arena *arena, char **ret_list, struct error *err)
{
    struct label_selector labels = { 0 };
    int rc = label_selector_parse(str_of(text_or_empty(request->label_selector)), arena, &labels, err);
    if (rc < 0)
        return rc;
    auto_buffer struct buffer list = { 0 };
    const struct api_kind *kind = request->resource->kind;
    char version[128];
    api_kind_version(kind, version, sizeof(version));
    buffer_format(&list, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{},\"items\":[", kind->list_kind,
                  version);
    autofree char *start = record_key(request->resource, request->namespace_, "");
    struct str prefix = str_of(start);
    bool any = false;
    struct fake_record *record;
    tree_for_each_prefix(&server->records, prefix, record, node)
    {
        if (!label_selector_matches_object(&labels, record->object))
            continue;
        if (any)
            buffer_append_char(&list, ',');
        any = true;
        buffer_append_str(&list, object_json(record->object));
        const struct object *ignored;
        rc = delete_record(server, request, record, arena, &ignored, err);
        if (rc < 0)
            return rc;
    }
    buffer_append_text(&list, "]}");
    *ret_list = buffer_steal(&list, NULL);
    return 0;
}

static int serve_subresource(struct fake_server *server, const struct client_request *request, struct arena *arena,
                             const struct object **ret_object, struct error *err)
{
    struct fake_record *record = fake_find(server, request->resource, request->namespace_, request->name);
    if (record == NULL)
        return not_found(request, err);
    if (request->resource == &api_resource_pod && strcmp(request->subresource, "binding") == 0)
        return serve_binding(server, request, record, arena, ret_object, err);
    if (request->resource == &api_resource_pod && strcmp(request->subresource, "eviction") == 0) {
        struct client_request inner = *request;
        inner.grace_seconds = -1;
        return delete_record(server, &inner, record, arena, ret_object, err);
    }
    return error_set(err, ERROR_NOT_FOUND, "the fake server has no %s/%s", request->resource->plural,
                     request->subresource);
}

static int serve(struct fake_server *server, const struct client_request *request, struct arena *arena,
                 const struct object **ret_object, char **ret_list, struct error *err)
{
    struct fake_record *record;
    switch (request->verb) {
    case API_GET:
        record = fake_find(server, request->resource, request->namespace_, request->name);
        if (record == NULL)
            return not_found(request, err);
        *ret_object = record->object;
        return 0;
    case API_CREATE:
        if (request->subresource != NULL)
            return serve_subresource(server, request, arena, ret_object, err);
        return serve_create(server, request, arena, ret_object, err);
    case API_UPDATE:
        return serve_update(server, request, arena, ret_object, err);
    case API_PATCH:
        return serve_patch(server, request, arena, ret_object, err);
    case API_DELETE:
        record = fake_find(server, request->resource, request->namespace_, request->name);
        if (record == NULL)
            return not_found(request, err);
        return delete_record(server, request, record, arena, ret_object, err);
    case API_DELETE_COLLECTION:
        return serve_delete_collection(server, request, arena, ret_list, err);
    default:
        return error_set(err, ERROR_METHOD_NOT_ALLOWED,
                         "the server does not allow this method on the requested "
                         "resource");
    }
}

int fake_serve(struct fake_server *server, const struct client_request *request, const struct object **ret_object,
               char **ret_list, struct error *err)
{
    auto_arena struct arena scratch = { 0 };
    const struct object *object = NULL;
    int rc = serve(server, request, &scratch, &object, ret_list, err);
    if (rc == 0)
        *ret_object = object_ref(object);
    return rc;
}

struct fake_server *fake_server_create(struct loop *loop)
{
    struct fake_server *server = memory_new(struct fake_server);
    server->loop = loop;
    list_init(&server->history);
    list_init(&server->watches);
    return server;
}

void fake_server_destroy(struct fake_server *server)
{
    if (server == NULL)
        return;
    struct fake_record *record;
    tree_for_each (&server->records, record, node) {
        tree_remove(&server->records, &record->node);
        object_unref(record->object);
        free(record->key);
        free(record);
    }
    struct fake_change *change;
    list_for_each (&server->history, change, node)
        change_free(server, change);
    buffer_fini(&server->log);
    free(server);
}

const struct object *fake_server_put(struct fake_server *server, const struct api_resource *resource, const char *json)
{
    auto_arena struct arena scratch = { 0 };
    void *value = arena_zalloc(&scratch, resource->kind->type->size);
    const struct object *object = NULL;
    struct error err;
    int rc = api_decode_json(resource->kind->type, str_of(json), &scratch, value, NULL, &err);
    if (rc == 0) {
        struct api_object_meta *meta = value;
        struct fake_record *record = fake_find(server, resource, meta->namespace, meta->name);
        if (record != NULL && text_empty(meta->uid))
            meta->uid = arena_strdup(&scratch, object_uid(record->object));
        if (record != NULL && meta->creation_timestamp == 0)
            meta->creation_timestamp = object_meta(record->object)->creation_timestamp;
        add_identity(server, resource, meta, &scratch);
        rc = put_value(server, resource, value, &object, &err);
    }
    if (rc < 0) {
        log_error("fake server", LOG_TEXT("error", err.message));
        abort();
    }
    return object;
}

const struct object *fake_server_get(struct fake_server *server, const struct api_resource *resource,
                                     const char *namespace_, const char *name)
{
    struct fake_record *record = fake_find(server, resource, namespace_, name);
    return record == NULL ? NULL : record->object;
}

const struct object *fake_server_next(struct fake_server *server, const struct api_resource *resource,
                                      const struct object *previous)
{
    autofree char *prefix = memory_format("%s.%s|", resource->plural, resource->kind->group);
    autofree char *key = memory_format("%s%s", prefix, previous == NULL ? "" : object_key(previous));
    struct tree_node *node = tree_lower_bound(&server->records, str_of(key));
    if (node != NULL && previous != NULL && str_is(node->key, key))
        node = tree_next(node);
    if (node == NULL || !str_starts(node->key, str_of(prefix)))
        return NULL;
    return container_of(node, struct fake_record, node)->object;
}

size_t fake_server_count(struct fake_server *server, const struct api_resource *resource)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = fake_server_next(server, resource, o)) != NULL;)
        count++;
    return count;
}

void fake_server_remove(struct fake_server *server, const struct api_resource *resource, const char *namespace_,
                        const char *name)
{
    struct fake_record *record = fake_find(server, resource, namespace_, name);
    if (record != NULL)
        remove_record(server, record);
}

uint64_t fake_server_revision(const struct fake_server *server)
{
    return server->revision;
}

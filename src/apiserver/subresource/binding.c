/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pods/binding (and the older bindings resource): the scheduler's word on where a pod goes. */

#include <string.h>

#include "api/codec.h"
#include "api/status.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

/* About the pod or, as upstream has it for what the pod itself does not allow, "pods/binding". */
static int conflict(struct request *request, const char *plural, const char *name, const char *why, struct error *err)
{
    struct api_resource resource = { .kind = &api_kind_pod, .plural = plural };
    int rc = api_error_conflict(err, &resource, name, why);
    request->failure = api_status_of_error(&request->arena, err, &resource, name);
    return rc;
}

static int fail_precondition(struct request *request, const struct object *current, const char *what,
                             const char *wanted, const char *is, struct error *err)
{
    return conflict(request, "pods", object_name(current),
                    arena_format(&request->arena,
                                 "StorageError: invalid object, Code: 4, Key: %s/%s, ResourceVersion: 0, "
                                 "AdditionalErrorMsg: Precondition failed: %s in precondition: %s, %s in object meta: "
                                 "%s",
                                 api_resource_pod.storage_prefix, object_key(current), what, wanted, what, is),
                    err);
}

static int check_target(struct request *request, const struct api_binding *binding, const struct object *current,
                        const struct api_pod *pod, struct error *err)
{
    struct arena *arena = &request->arena;
    const char *name = pod->metadata.name;
    const char *revision = arena_format(arena, "%llu", (unsigned long long)object_revision(current));
    const char *why = NULL;
    if (!text_empty(binding->metadata.uid) && !text_equal(binding->metadata.uid, pod->metadata.uid))
        return fail_precondition(request, current, "UID", binding->metadata.uid, pod->metadata.uid, err);
    if (!text_empty(binding->metadata.resource_version) && !text_equal(binding->metadata.resource_version, revision))
        return fail_precondition(request, current, "ResourceVersion", binding->metadata.resource_version, revision,
                                 err);
    if (pod->metadata.deletion_timestamp != 0)
        why = arena_format(arena, "pod %s is being deleted, cannot be assigned to a host", name);
    else if (!text_empty(pod->spec.node_name))
        why = arena_format(arena, "pod %s is already assigned to node \"%s\"", name, pod->spec.node_name);
    else if (pod->spec.n_scheduling_gates > 0)
        why = arena_format(arena, "pod %s has non-empty .spec.schedulingGates", name);
    return why == NULL ? 0 : conflict(request, "pods/binding", name, why, err);
}

static void set_scheduled(struct request *request, struct api_pod_status *status)
{
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (!text_equal(status->conditions[i].type, "PodScheduled"))
            continue;
        if (!text_equal(status->conditions[i].status, "True"))
            status->conditions[i].last_transition_time = prepare_now(request);
        status->conditions[i].status = "True";
        status->conditions[i].reason = status->conditions[i].message = NULL;
        return;
    }
    struct api_pod_condition *conditions =
        arena_new_array(&request->arena, struct api_pod_condition, status->n_conditions + 1);
    if (status->n_conditions > 0)
        memcpy(conditions, status->conditions, status->n_conditions * sizeof(*conditions));
    conditions[status->n_conditions++] = (struct api_pod_condition){ .type = "PodScheduled",
                                                                     .status = "True",
                                                                     .last_transition_time = prepare_now(request) };
    status->conditions = conditions;
}

static void merge(struct arena *arena, struct api_string_entry **entries, size_t *count,
                  const struct api_string_entry *more, size_t n_more)
{
    if (n_more == 0)
        return;
    struct api_string_entry *merged = arena_new_array(arena, struct api_string_entry, *count + n_more);
    size_t i = 0, j = 0, size = 0;
    while (i < *count || j < n_more) {
        int order = i == *count ? 1 : j == n_more ? -1 : strcmp((*entries)[i].key, more[j].key);
        merged[size++] = order < 0 ? (*entries)[i] : more[j];
        i += order <= 0;
        j += order >= 0;
    }
    *entries = merged;
    *count = size;
}

static int change_node(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    const struct api_binding *binding = update->context;
    struct api_pod *pod = api_copy(&api_type_pod, object_typed(current), &request->arena);
    int rc = check_target(request, binding, current, pod, err);
    if (rc < 0)
        return rc;
    pod->metadata.resource_version = NULL;
    pod->spec.node_name = binding->target.name;
    pod->status.nominated_node_name = NULL;
    merge(&request->arena, &pod->metadata.annotations, &pod->metadata.n_annotations, binding->metadata.annotations,
          binding->metadata.n_annotations);
    merge(&request->arena, &pod->metadata.labels, &pod->metadata.n_labels, binding->metadata.labels,
          binding->metadata.n_labels);
    set_scheduled(request, &pod->status);
    *ret_object = pod;
    return 0;
}

static void bound(struct update *update, const struct object *object, const struct error *err)
{
    (void)object;
    if (err != NULL) {
        request_fail(update->request, err);
        return;
    }
    struct api_status *status = arena_new(&update->request->arena, struct api_status);
    status->status = "Success";
    status->code = 201;
    request_respond_document(update->request, 201, &api_kind_status, status);
}

/* Through the older resource the body alone says which pod is meant, and its uid does not count. */
static int check_name(struct request *request, struct api_binding *binding, struct error *err)
{
    if (!text_empty(request->subresource))
        return text_equal(request->name, binding->metadata.name)
                   ? 0
                   : error_set(err, ERROR_BAD_REQUEST, "name in URL does not match name in Binding object");
    binding->metadata.uid = NULL;
    return 0;
}

/* Upstream answers these as errors of no kind. */
static int check_binding(struct request *request, const struct api_binding *binding, struct error *err)
{
    static const char *const kinds[] = { "Node", "<empty>", NULL };
    const struct field_at *target = at_field(NULL, "target");
    auto_invalid struct api_invalid errors = { 0 };
    if (!text_empty(binding->target.kind) && !text_equal(binding->target.kind, "Node"))
        invalid_not_supported(&errors, at_field(target, "kind"), binding->target.kind, kinds);
    if (text_empty(binding->target.name))
        invalid_missing(&errors, at_field(target, "name"));
    if (errors.total > 0) {
        auto_buffer struct buffer text = { .max = 64 << 10 };
        api_invalid_format(&errors, &text);
        return failure_untyped(request, arena_str(&request->arena, buffer_str(&text)).data, err);
    }
    if (text_empty(binding->metadata.name))
        return error_set(err, ERROR_BAD_REQUEST, "Name parameter required.");
    return 0;
}

void serve_binding(struct request *request)
{
    struct error err = { 0 };
    void *value;
    if (request_decode(request, &api_kind_binding, &value, &err) < 0 || check_name(request, value, &err) < 0 ||
        check_binding(request, value, &err) < 0 || admission_check_binding(request, value, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    struct api_binding *binding = value;
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->registry = server_registry_of(request->server, &api_resource_pod);
    update->namespace_ = request->namespace_;
    update->name = text_empty(request->name) ? text_or_empty(binding->metadata.name) : request->name;
    update->part = UPDATE_RAW;
    update->change = change_node;
    update->done = bound;
    update->context = binding;
    update_start(update);
}

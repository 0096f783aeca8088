/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Subresources that are another view of the same object: finalize, ephemeralcontainers, resize, approval. */

#include <string.h>

#include "api/codec.h"
#include "api/validation/validation.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/registry.h"

/* The object that the client sent, by PUT or PATCH. */
static int sent_object(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    const struct api_kind *kind = update->registry->resource->kind;
    if (request->action != API_PATCH)
        return request_decode(request, kind, ret_object, err);
    auto_buffer struct buffer json = { .max = (size_t)16 << 20 };
    int rc = patch_document(request, kind->type, object_json(current), &json, err);
    if (rc < 0)
        return rc;
    return request_decode_json(request, kind, arena_str(&request->arena, buffer_str(&json)), ret_object, err);
}

/* A copy of the current object that carries the sent one's resourceVersion, for the check of it. */
static void *begin(struct update *update, const struct object *current, const void *sent)
{
    const struct api_object_meta *from = sent;
    struct api_object_meta *meta =
        api_copy(update->registry->resource->kind->type, object_typed(current), &update->request->arena);
    meta->resource_version = from->resource_version;
    return meta;
}

static struct update *start_of(struct request *request, enum update_part part,
                               int (*change)(struct update *update, const struct object *current, void **ret_object,
                                             struct error *err))
{
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = part;
    update->must_match = request->action != API_PATCH;
    update->change = change;
    return update;
}

static void start(struct request *request, enum update_part part,
                  int (*change)(struct update *update, const struct object *current, void **ret_object,
                                struct error *err))
{
    update_start(start_of(request, part, change));
}

/* ---------------------------------------------------------------- namespaces/finalize */

static int change_finalizers(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    void *sent;
    int rc = sent_object(update, current, &sent, err);
    if (rc < 0)
        return rc;
    struct api_namespace *namespace_ = begin(update, current, sent);
    namespace_->spec = ((struct api_namespace *)sent)->spec;
    *ret_object = namespace_;
    return 0;
}

void serve_finalize(struct request *request)
{
    start(request, UPDATE_RAW, change_finalizers);
}

/* ---------------------------------------------------------------- pods/ephemeralcontainers, pods/resize */

static int change_ephemeral(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    void *sent;
    int rc = sent_object(update, current, &sent, err);
    if (rc < 0)
        return rc;
    struct api_pod *pod = begin(update, current, sent);
    const struct api_pod *wanted = sent;
    pod->spec.ephemeral_containers = wanted->spec.ephemeral_containers;
    pod->spec.n_ephemeral_containers = wanted->spec.n_ephemeral_containers;
    *ret_object = pod;
    return 0;
}

void serve_ephemeral_containers(struct request *request)
{
    struct update *update = start_of(request, UPDATE_OBJECT, change_ephemeral);
    update->validate = api_validate_ephemeral_containers;
    if (request->action == API_GET)
        registry_get(request);
    else
        update_start(update);
}

static void take_resources(struct api_container *to, size_t n_to, const struct api_container *from, size_t n_from)
{
    for (size_t i = 0; i < n_to && n_to == n_from; i++) {
        if (!text_equal(to[i].name, from[i].name))
            continue;
        to[i].resources = from[i].resources;
        to[i].resize_policy = from[i].resize_policy;
        to[i].n_resize_policy = from[i].n_resize_policy;
    }
}

static int change_resources(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    void *sent;
    int rc = sent_object(update, current, &sent, err);
    if (rc < 0)
        return rc;
    struct api_pod *pod = begin(update, current, sent);
    const struct api_pod *wanted = sent;
    if (pod->spec.n_containers != wanted->spec.n_containers)
        return error_set(err, ERROR_INVALID, "spec: Forbidden: containers may not be added or removed by a resize");
    take_resources(pod->spec.containers, pod->spec.n_containers, wanted->spec.containers, wanted->spec.n_containers);
    take_resources(pod->spec.init_containers, pod->spec.n_init_containers, wanted->spec.init_containers,
                   wanted->spec.n_init_containers);
    pod->spec.resources = wanted->spec.resources;
    *ret_object = pod;
    return 0;
}

void serve_resize(struct request *request)
{
    if (request->action == API_GET)
        registry_get(request);
    else
        start(request, UPDATE_OBJECT, change_resources);
}

/* ---------------------------------------------------------------- certificatesigningrequests/approval */

static int change_approval(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    void *sent;
    int rc = sent_object(update, current, &sent, err);
    if (rc < 0)
        return rc;
    struct api_certificates_certificate_signing_request *csr = begin(update, current, sent);
    const struct api_certificates_certificate_signing_request *wanted = sent;
    usec_t now = prepare_now(update->request);
    csr->status.conditions = wanted->status.conditions;
    csr->status.n_conditions = wanted->status.n_conditions;
    for (size_t i = 0; i < csr->status.n_conditions; i++) {
        struct api_certificates_certificate_signing_request_condition *condition = &csr->status.conditions[i];
        if (condition->last_update_time == 0)
            condition->last_update_time = now;
        if (condition->last_transition_time == 0)
            condition->last_transition_time = now;
    }
    *ret_object = csr;
    return 0;
}

void serve_approval(struct request *request)
{
    if (request->action == API_GET)
        registry_get(request);
    else
        start(request, UPDATE_STATUS, change_approval);
}

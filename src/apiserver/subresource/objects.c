/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Subresources that are another view of the same object: finalize, ephemeralcontainers, resize, approval. */

#include <string.h>

#include "api/codec.h"
#include "api/validation/validation.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/strategy/strategies.h"

/* One view: what of the sent object it lets into the current one. */
struct view {
    enum update_part part;
    /* 'object' is a copy of the current one. */
    int (*take)(struct request *request, void *object, const void *sent, struct error *err);
    /* The rules of the change; NULL: those of the kind's update. */
    int (*validate)(const void *old, const void *object, struct api_invalid *errors);
};

static int change(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    const struct view *view = update->context;
    const struct api_kind *kind = update->registry->resource->kind;
    void *sent = NULL;
    int rc = update->apply ? ownership_apply(update->request, update->registry, current, NULL, &sent, err)
             : update->request->action == API_PATCH
                 ? request_patch(update->request, kind, object_json(current), &sent, err)
                 : request_decode(update->request, kind, &sent, err);
    if (rc == 0 && update->request->action == API_UPDATE)
        rc = update_check_name(update->request, sent, err);
    if (rc < 0)
        return rc;
    struct api_object_meta *object = api_copy(kind->type, object_typed(current), &update->request->arena);
    object->resource_version = ((const struct api_object_meta *)sent)->resource_version; /* for the check of it */
    if (update->apply) {
        object->managed_fields = ((const struct api_object_meta *)sent)->managed_fields;
        object->n_managed_fields = ((const struct api_object_meta *)sent)->n_managed_fields;
    }
    rc = view->take(update->request, object, sent, err);
    if (rc == 0)
        *ret_object = object;
    return rc;
}

static void serve_view(struct request *request, const struct view *view)
{
    if (request->action == API_GET) {
        registry_get(request);
        return;
    }
    if (request->action == API_PATCH && request_patch_refused(request))
        return;
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = view->part;
    update->apply = request_applies(request);
    update->must_match = request->action != API_PATCH;
    update->change = change;
    update->validate = view->validate;
    update->context = (void *)view;
    update_start(update);
}

/* What of the metadata belongs to whoever writes the object. */
static void take_metadata(struct api_object_meta *meta, const struct api_object_meta *sent)
{
    meta->labels = sent->labels;
    meta->n_labels = sent->n_labels;
    meta->annotations = sent->annotations;
    meta->n_annotations = sent->n_annotations;
    meta->finalizers = sent->finalizers;
    meta->n_finalizers = sent->n_finalizers;
    meta->owner_references = sent->owner_references;
    meta->n_owner_references = sent->n_owner_references;
}

/* ---------------------------------------------------------------- namespaces/finalize */

static int take_finalizers(struct request *request, void *object, const void *sent, struct error *err)
{
    (void)err;
    take_metadata(object, sent);
    namespace_label_name(request, object);
    ((struct api_namespace *)object)->spec = ((const struct api_namespace *)sent)->spec;
    return 0;
}

void serve_finalize(struct request *request)
{
    static const struct view view = { UPDATE_RAW, take_finalizers, api_validate_finalize };
    serve_view(request, &view);
}

/* ---------------------------------------------------------------- pods/ephemeralcontainers, pods/resize */

static int take_ephemeral(struct request *request, void *object, const void *sent, struct error *err)
{
    (void)request, (void)err;
    struct api_pod *pod = object;
    const struct api_pod *wanted = sent;
    pod->spec.ephemeral_containers = wanted->spec.ephemeral_containers;
    pod->spec.n_ephemeral_containers = wanted->spec.n_ephemeral_containers;
    return 0;
}

void serve_ephemeral_containers(struct request *request)
{
    static const struct view view = { UPDATE_OBJECT, take_ephemeral, api_validate_ephemeral_containers };
    serve_view(request, &view);
}

/* Other containers, or in another order, stand as they were sent: validation refuses them. */
static void copy_resources(struct api_container **containers, size_t *count, struct api_container *from, size_t n_from)
{
    struct api_container *to = *containers;
    bool same = *count == n_from;
    for (size_t i = 0; same && i < n_from; i++)
        same = text_equal(to[i].name, from[i].name);
    if (!same) {
        *containers = from;
        *count = n_from;
        return;
    }
    for (size_t i = 0; i < n_from; i++) {
        to[i].resources = from[i].resources;
        to[i].resize_policy = from[i].resize_policy;
        to[i].n_resize_policy = from[i].n_resize_policy;
    }
}

static int take_resources(struct request *request, void *object, const void *sent, struct error *err)
{
    (void)request, (void)err;
    struct api_pod_spec *spec = &((struct api_pod *)object)->spec;
    const struct api_pod_spec *wanted = &((const struct api_pod *)sent)->spec;
    copy_resources(&spec->containers, &spec->n_containers, wanted->containers, wanted->n_containers);
    copy_resources(&spec->init_containers, &spec->n_init_containers, wanted->init_containers,
                   wanted->n_init_containers);
    spec->resources = wanted->resources;
    return 0;
}

void serve_resize(struct request *request)
{
    static const struct view view = { UPDATE_OBJECT, take_resources, api_validate_resize };
    serve_view(request, &view);
}

/* ---------------------------------------------------------------- certificatesigningrequests/approval */

/* Verdicts on a request are written through here only, and nothing else but metadata is. */
static int take_approval(struct request *request, void *object, const void *sent, struct error *err)
{
    (void)request, (void)err;
    take_metadata(object, sent);
    struct api_certificates_certificate_signing_request *csr = object;
    const struct api_certificates_certificate_signing_request *wanted = sent;
    csr->status.conditions = wanted->status.conditions;
    csr->status.n_conditions = wanted->status.n_conditions;
    return 0;
}

void serve_approval(struct request *request)
{
    static const struct view view = { UPDATE_STATUS, take_approval, api_validate_approval };
    serve_view(request, &view);
}

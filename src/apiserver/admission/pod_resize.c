/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_resize.c - PodResizeValidator: a resize that the pod's node could never grant is refused at once. */
#include "api/codec.h"
#include "api/pod/pod_resources.h"
#include "api/value/entry.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/server_internal.h"

/* A refusal that programs can tell apart by its cause. */
static int refuse(struct admission *admission, struct error *err, const char *cause, const char *why)
{
    struct request *request = admission->request;
    int rc = admission_forbid(admission, err, "%s", why);
    struct api_status *status = failure_status(request, err);
    failure_add_cause(request, status, cause, NULL, NULL);
    request->failure = status;
    return rc;
}

/* Adds to the list what the node has less of than the pod asks for. */
static void compare(const struct api_pod *pod, const struct api_node *node, const char *name, bool milli,
                    struct buffer *list)
{
    const struct quantity nothing = { 0 };
    const struct quantity *most = quantity_entry_value(node->status.allocatable, node->status.n_allocatable, name);
    struct quantity asked = api_pod_request(&pod->spec, name);
    most = most != NULL ? most : &nothing;
    if (quantity_compare(&asked, most) <= 0)
        return;
    buffer_format(list, "%s%s, requested: %lld, allocatable: %lld", list->size > 0 ? "; " : "", name,
                  (long long)(milli ? quantity_milli_value(&asked) : quantity_value(&asked)),
                  (long long)(milli ? quantity_milli_value(most) : quantity_value(most)));
}

int validate_pod_resize(struct admission *admission, struct error *err)
{
    if (admission->operation != ADMISSION_UPDATE || !text_equal(admission->subresource, "resize") ||
        !admission_is(admission, &api_kind_pod))
        return 0;
    const struct api_pod *pod = admission->object, *old = admission->old;
    const char *name = pod->spec.node_name;
    if (text_empty(name) || api_equal(&api_type_pod_spec, &old->spec, &pod->spec))
        return 0;
    struct watch_cache *cache = server_cache(admission->request->server, &api_resource_node);
    const struct object *object = watch_cache_get(cache, NULL, name);
    if (object == NULL)
        return admission_forbid(admission, err, "node \"%s\" not found", name);
    const struct api_node *node = api_node_of(object);
    const struct api_object_meta *meta = &node->metadata;
    const char *system = string_entry_value(meta->labels, meta->n_labels, "kubernetes.io/os");
    struct arena *arena = &admission->request->arena;
    if (system != NULL && !text_equal(system, "linux"))
        return refuse(
            admission, err, "UnsupportedPlatform",
            arena_format(arena, "pod resize is only supported on linux nodes, node \"%s\" is \"%s\"", name, system));
    auto_buffer struct buffer list = { .max = 1024 };
    compare(pod, node, "cpu", true, &list);
    compare(pod, node, "memory", false, &list);
    if (list.size == 0)
        return 0;
    return refuse(admission, err, "NodeCapacity",
                  arena_format(arena, "node didn't have enough allocatable resources: %s", list.data));
}

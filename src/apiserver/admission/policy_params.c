/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/admission/policy_params.h"

#include <string.h>

#include "apiserver/server_internal.h"

struct collecting {
    struct policy_subject *subject;
    const struct label_selector *selector;
    struct policy_params *params;
};

/* "example.com/v1, Kind=Limit", as Go shows it. */
static const char *kind_text(const struct api_admissionregistration_param_kind *kind, struct arena *arena)
{
    const char *version = text_or_empty(kind->api_version);

    return arena_format(arena, "%s%s, Kind=%s", strchr(version, '/') == NULL ? "/" : "", version,
                        text_or_empty(kind->kind));
}

static struct registry *registry_of(struct api_server *server, const struct policy_hook *hook)
{
    const struct api_admissionregistration_param_kind *kind = hook->object->spec.param_kind;

    return policy_registry_of_kind(server, text_or_empty(kind->api_version), text_or_empty(kind->kind));
}

int policy_params_check(struct api_server *server, const struct policy_hook *hook, struct error *err)
{
    auto_arena struct arena arena = { 0 };

    if (hook->object->spec.param_kind == NULL || registry_of(server, hook) != NULL)
        return 0;
    return error_set(err, ERROR_INVALID, "failed to find resource referenced by paramKind: '%s'",
                     kind_text(hook->object->spec.param_kind, &arena));
}

static void add(struct collecting *collecting, const struct object *object)
{
    struct policy_params *params = collecting->params;
    struct arena *arena = &collecting->subject->arena;

    if (params->count == params->capacity) {
        size_t capacity = params->capacity == 0 ? 4 : params->capacity * 2;
        yyjson_val **documents = arena_new_array(arena, yyjson_val *, capacity);
        if (params->count > 0)
            memcpy(documents, params->documents, params->count * sizeof(*documents));
        params->documents = documents;
        params->capacity = capacity;
    }
    params->documents[params->count++] =
        object == NULL ? NULL : policy_subject_read(collecting->subject, object_json(object));
}

static bool add_selected(void *context, const struct object *object)
{
    struct collecting *collecting = context;

    if (label_selector_matches_object(collecting->selector, object))
        add(collecting, object);
    return true;
}

/* Where they are: "" for cluster-scoped ones. */
static int find_namespace(const struct policy_subject *subject, const struct registry *registry,
                          const struct api_admissionregistration_param_ref *ref, const char **ret_namespace,
                          struct error *err)
{
    const char *given = text_or_empty(ref->namespace);

    *ret_namespace = "";
    if (!(registry->resource->flags & API_NAMESPACED))
        return given[0] == '\0' ? 0
                                : error_set(err, ERROR_INVALID,
                                            "paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
    *ret_namespace = given[0] != '\0' ? given : subject->match.namespace_;
    return (*ret_namespace)[0] != '\0'
               ? 0
               : error_set(err, ERROR_INVALID,
                           "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
}

static void collect(struct collecting *collecting, struct watch_cache *cache,
                    const struct api_admissionregistration_param_ref *ref, const char *namespace_)
{
    if (!text_empty(ref->name)) {
        const struct object *object = watch_cache_get(cache, namespace_, ref->name);
        if (object != NULL)
            add(collecting, object);
        return;
    }
    const char *prefix = namespace_[0] == '\0' ? "" : arena_format(&collecting->subject->arena, "%s/", namespace_);
    const struct field_selector all = { 0 };
    const struct cache_range range = { watch_cache_revision(cache), str_of(prefix), STR("") };
    watch_cache_select(cache, collecting->selector, &all, &range, add_selected, collecting);
}

int policy_params_find(struct policy_subject *subject, const struct policy_hook *hook,
                       const struct policy_binding *binding, struct policy_params *ret_params, struct error *err)
{
    const struct api_admissionregistration_param_ref *ref = binding->binding->spec.param_ref;
    struct collecting collecting = { subject, &binding->params, ret_params };
    const char *namespace_;

    *ret_params = (struct policy_params){ 0 };
    if (hook->object->spec.param_kind == NULL || ref == NULL) {
        add(&collecting, NULL);
        return 0;
    }
    struct registry *registry = registry_of(subject->admission->request->server, hook);
    if (registry == NULL)
        return policy_params_check(subject->admission->request->server, hook, err);
    int rc = find_namespace(subject, registry, ref, &namespace_, err);
    if (rc == 0)
        rc = watch_cache_start(registry->cache, err);
    if (rc < 0)
        return rc;
    collect(&collecting, registry->cache, ref, namespace_);
    if (ret_params->count == 0 && text_equal(ref->parameter_not_found_action, "Deny"))
        return error_set(err, ERROR_INVALID, "no params found for policy binding with `Deny` parameterNotFoundAction");
    return 0;
}

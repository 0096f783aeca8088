/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* NamespaceLifecycle: nothing is created in a namespace that is missing or ending; the basic ones stay. */

#include <stdio.h>
#include <string.h>

#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/server_internal.h"

static bool immortal(const char *name)
{
    static const char *const names[] = { "default", "kube-system", "kube-public" };
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int refuse_missing(struct admission *admission, struct error *err)
{
    struct request *request = admission->request;
    int rc = api_error_not_found(err, &api_resource_namespace, admission->namespace_);
    struct error local = { .code = -ERROR_NOT_FOUND };
    snprintf(local.message, sizeof(local.message), "namespaces \"%s\" not found", admission->namespace_);
    request->failure = api_status_of_error(&request->arena, &local, &api_resource_namespace, admission->namespace_);
    return rc;
}

static int refuse_terminating(struct admission *admission, struct error *err)
{
    struct request *request = admission->request;
    int rc =
        admission_forbid(admission, err, "unable to create new content in namespace %s because it is being terminated",
                         admission->namespace_);
    if (err != NULL) {
        request->failure = failure_status(request, err);
        failure_add_cause(request, request->failure, "NamespaceTerminating",
                          arena_format(&request->arena, "namespace %s is being terminated", admission->namespace_),
                          "metadata.namespace");
    }
    return rc;
}

int admit_namespace_lifecycle(struct admission *admission, struct error *err)
{
    bool namespaces = admission_is(admission, &api_kind_namespace);
    if (admission->operation == ADMISSION_DELETE && namespaces && immortal(admission->name))
        return admission_forbid(admission, err, "this namespace may not be deleted");
    if (namespaces || admission->operation != ADMISSION_CREATE || text_empty(admission->namespace_))
        return 0;
    struct watch_cache *cache = server_cache(admission->request->server, &api_resource_namespace);
    const struct object *object = watch_cache_get(cache, NULL, admission->namespace_);
    if (object == NULL)
        return refuse_missing(admission, err);
    const struct api_namespace *namespace_ = api_namespace_of(object);
    bool ending = namespace_->metadata.deletion_timestamp != 0 || text_equal(namespace_->status.phase, "Terminating");
    return ending ? refuse_terminating(admission, err) : 0;
}

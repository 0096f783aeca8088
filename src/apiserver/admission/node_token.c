/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_token.c - see the header. */
#include "apiserver/admission/node_token.h"

#include "api/status.h"
#include "apiserver/access/access.h"
#include "apiserver/access/pod_references.h"
#include "apiserver/server_internal.h"

static const struct object *find(struct admission *admission, const struct api_resource *resource,
                                 const char *namespace_, const char *name)
{
    return text_empty(name) ? NULL
                            : watch_cache_get(server_cache(admission->request->server, resource), namespace_, name);
}

/* ---------------------------------------------------------------- audiences */

static bool driver_wants(struct admission *admission, const char *name, const char *audience)
{
    const struct object *object = find(admission, &api_resource_storage_csi_driver, NULL, name);
    if (object == NULL)
        return false;
    const struct api_storage_csi_driver_spec *spec = &api_storage_csi_driver_of(object)->spec;
    for (size_t i = 0; i < spec->n_token_requests; i++)
        if (text_equal(spec->token_requests[i].audience, audience))
            return true;
    return false;
}

static bool claim_wants(struct admission *admission, const char *name, const char *audience)
{
    const struct object *claim = find(admission, &api_resource_persistent_volume_claim, admission->namespace_, name);
    if (claim == NULL)
        return false;
    const struct object *volume =
        find(admission, &api_resource_persistent_volume, NULL, api_persistent_volume_claim_of(claim)->spec.volume_name);
    const struct api_csi_persistent_volume_source *csi =
        volume == NULL ? NULL : api_persistent_volume_of(volume)->spec.csi;
    return csi != NULL && driver_wants(admission, csi->driver, audience);
}

static bool projection_wants(const struct api_projected_volume_source *projected, const char *audience)
{
    for (size_t i = 0; projected != NULL && i < projected->n_sources; i++) {
        const struct api_service_account_token_projection *token = projected->sources[i].service_account_token;
        if (token != NULL && text_equal(token->audience, audience))
            return true;
    }
    return false;
}

static bool pod_wants(struct admission *admission, const struct api_pod *pod, const char *audience)
{
    for (size_t i = 0; i < pod->spec.n_volumes; i++) {
        const struct api_volume *volume = &pod->spec.volumes[i];
        char claim[512];
        if (projection_wants(volume->projected, audience) ||
            (volume->csi != NULL && driver_wants(admission, volume->csi->driver, audience)) ||
            (pod_volume_claim(pod, volume, claim) && claim_wants(admission, claim, audience)))
            return true;
    }
    return false;
}

static bool was_given(struct admission *admission, const char *audience)
{
    struct authorization_attributes attributes = access_attributes(admission->request);
    attributes.verb = "request-serviceaccounts-token-audience";
    attributes.is_resource = true;
    attributes.group = "";
    attributes.resource = audience;
    attributes.subresource = "";
    attributes.namespace_ = admission->namespace_;
    attributes.name = admission->name;
    return access_decide(admission->request->server->access, &attributes, NULL) == DECISION_ALLOW;
}

static int check_audience(struct admission *admission, const struct api_pod *pod, struct error *err)
{
    const struct api_authentication_token_request *asked = admission->object;
    if (asked->spec.n_audiences > 1)
        return admission_forbid(admission, err, "node may only request 0 or 1 audiences");
    const char *audience = asked->spec.n_audiences == 0 ? "" : asked->spec.audiences[0];
    if (pod_wants(admission, pod, audience) || was_given(admission, audience))
        return 0;
    return admission_forbid(admission, err,
                            "audience \"%s\" not found in pod spec volume, %s is not authorized to request tokens for "
                            "this audience",
                            audience, admission->request->user.name);
}

/* ---------------------------------------------------------------- the pod */

int node_token_check(struct admission *admission, const char *node, struct error *err)
{
    const struct api_authentication_token_request *asked = admission->object;
    const struct api_authentication_bound_object_reference *bound = asked->spec.bound_object_ref;
    if (bound == NULL || !text_equal(bound->api_version, "v1") || !text_equal(bound->kind, "Pod") ||
        text_empty(bound->name))
        return admission_forbid(admission, err, "node requested token not bound to a pod");
    if (text_empty(bound->uid))
        return admission_forbid(admission, err, "node requested token with a pod binding without a uid");
    const struct object *object = find(admission, &api_resource_pod, admission->namespace_, bound->name);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_pod, bound->name);
    const struct api_pod *pod = api_pod_of(object);
    if (!text_equal(bound->uid, pod->metadata.uid))
        return admission_forbid(admission, err,
                                "the UID in the bound object reference (%s) does not match the UID in record. The "
                                "object might have been deleted and then recreated",
                                bound->uid);
    if (!text_equal(pod->spec.node_name, node))
        return admission_forbid(admission, err, "node requested token bound to a pod scheduled on a different node");
    return check_audience(admission, pod, err);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* NodeRestriction: a kubelet changes its own Node, Lease and CSINode, the status of the pods bound to it, and no labels
 * that would draw others' work to it; it makes mirror pods only, and asks for tokens of its pods only. */

#include <assert.h>
#include <string.h>

#include "api/codec.h"
#include "api/status.h"
#include "apiserver/access/access.h"
#include "apiserver/access/node_authorizer.h"
#include "apiserver/access/pod_references.h"
#include "apiserver/admission/admission.h"
#include "apiserver/admission/node_labels.h"
#include "apiserver/admission/node_token.h"
#include "apiserver/server_internal.h"
#include "crypto/x509.h"

#define NODE_LEASES    "kube-node-lease"
#define MIRROR         "kubernetes.io/config.mirror"
#define NODES_GROUP    "system:nodes"
#define NODE_PREFIX    "system:node:"
#define SERVING_SIGNER "kubernetes.io/kubelet-serving"
#define CLIENT_SIGNER  "kubernetes.io/kube-apiserver-client-kubelet"

static const char *operation_name(const struct admission *admission)
{
    static const char *const names[] = { [ADMISSION_CREATE] = "CREATE",
                                         [ADMISSION_UPDATE] = "UPDATE",
                                         [ADMISSION_DELETE] = "DELETE",
                                         [ADMISSION_CONNECT] = "CONNECT" };
    return names[admission->operation];
}

/* ---------------------------------------------------------------- pods */

/* A mirror pod is owned by its node and by nothing else. */
static int check_mirror_owner(struct admission *admission, const char *node, struct error *err)
{
    const struct api_object_meta *meta = admission->object;
    if (meta->n_owner_references > 1)
        return admission_forbid(admission, err,
                                "node \"%s\" can only create pods with a single owner reference set to itself", node);
    const struct api_owner_reference *owner = meta->n_owner_references == 0 ? NULL : &meta->owner_references[0];
    if (owner == NULL || !text_equal(owner->api_version, "v1") || !text_equal(owner->kind, "Node") ||
        !text_equal(owner->name, node))
        return admission_forbid(admission, err,
                                "node \"%s\" can only create pods with an owner reference set to itself", node);
    if (owner->controller == NULL || !*owner->controller)
        return admission_forbid(
            admission, err, "node \"%s\" can only create pods with a controller owner reference set to itself", node);
    if (owner->block_owner_deletion != NULL && *owner->block_owner_deletion)
        return admission_forbid(admission, err, "node \"%s\" must not set blockOwnerDeletion on an owner reference",
                                node);
    struct watch_cache *nodes = server_cache(admission->request->server, &api_resource_node);
    const struct object *object = watch_cache_get(nodes, NULL, node);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_node, node);
    if (!text_equal(owner->uid, object_uid(object)))
        return admission_forbid(admission, err, "node %s UID mismatch: expected %s got %s", node,
                                text_or_empty(owner->uid), object_uid(object));
    return 0;
}

static bool uses_trust_bundles(const struct api_pod_spec *spec)
{
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const struct api_projected_volume_source *projected = spec->volumes[i].projected;
        for (size_t j = 0; projected != NULL && j < projected->n_sources; j++)
            if (projected->sources[j].cluster_trust_bundle != NULL)
                return true;
    }
    return false;
}

static int check_mirror_references(struct admission *admission, const char *node, struct error *err)
{
    static const struct {
        enum pod_reference reference;
        const char *name;
    } references[] = {
        { POD_REFERENCE_SERVICE_ACCOUNT, "a service account" },
        { POD_REFERENCE_SECRET, "secrets" },
        { POD_REFERENCE_CONFIG_MAP, "configmaps" },
        { POD_REFERENCE_CLAIM, "persistentvolumeclaims" },
    };
    const struct api_pod *pod = admission->object;
    const char *what = NULL;
    for (size_t i = 0; what == NULL && i < countof(references); i++)
        if (pod_refers_to(pod, references[i].reference, NULL))
            what = references[i].name;
    if (what == NULL && uses_trust_bundles(&pod->spec))
        what = "clustertrustbundles";
    if (what == NULL && pod->spec.n_resource_claims > 0)
        what = "resourceclaims";
    return what == NULL
               ? 0
               : admission_forbid(admission, err, "node \"%s\" can not create pods that reference %s", node, what);
}

static int check_mirror_pod(struct admission *admission, const char *node, struct error *err)
{
    const struct api_pod *pod = admission->object;
    if (!pod_is_mirror(pod))
        return admission_forbid(admission, err,
                                "pod does not have \"" MIRROR "\" annotation, node \"%s\" can only create mirror pods",
                                node);
    if (!text_equal(pod->spec.node_name, node))
        return admission_forbid(admission, err, "node \"%s\" can only create pods with spec.nodeName set to itself",
                                node);
    int rc = check_mirror_owner(admission, node, err);
    return rc < 0 ? rc : check_mirror_references(admission, node, err);
}

static int admit_pod(struct admission *admission, const char *node, struct error *err)
{
    if (admission->operation == ADMISSION_CREATE)
        return check_mirror_pod(admission, node, err);
    if (admission->operation != ADMISSION_DELETE)
        return admission_forbid(admission, err,
                                "unexpected operation \"%s\", node \"%s\" can only create and delete mirror pods",
                                operation_name(admission), node);
    const struct api_pod *pod = admission->old;
    if (!text_equal(pod->spec.node_name, node))
        return admission_forbid(admission, err, "node \"%s\" can only delete pods with spec.nodeName set to itself",
                                node);
    return 0;
}

static bool same_claim_statuses(const struct api_pod_status *a, const struct api_pod_status *b)
{
    if (a->n_resource_claim_statuses != b->n_resource_claim_statuses)
        return false;
    for (size_t i = 0; i < a->n_resource_claim_statuses; i++)
        if (!api_equal(&api_type_pod_resource_claim_status, &a->resource_claim_statuses[i],
                       &b->resource_claim_statuses[i]))
            return false;
    return true;
}

static int admit_pod_status(struct admission *admission, const char *node, struct error *err)
{
    const struct api_pod *pod = admission->object, *old = admission->old;
    if (admission->operation != ADMISSION_UPDATE)
        return admission_forbid(admission, err, "unexpected operation \"%s\"", operation_name(admission));
    if (!text_equal(old->spec.node_name, node))
        return admission_forbid(
            admission, err, "node \"%s\" can only update pod status for pods with spec.nodeName set to itself", node);
    if (!node_labels_equal(&pod->metadata, &old->metadata))
        return admission_forbid(admission, err, "node \"%s\" cannot update labels through pod status", node);
    if (!same_claim_statuses(&pod->status, &old->status))
        return admission_forbid(admission, err, "node \"%s\" cannot update resource claim statuses", node);
    return 0;
}

static int admit_pod_eviction(struct admission *admission, const char *node, struct error *err)
{
    if (admission->operation != ADMISSION_CREATE)
        return admission_forbid(admission, err, "unexpected operation %s", operation_name(admission));
    struct watch_cache *pods = server_cache(admission->request->server, &api_resource_pod);
    const struct object *pod = watch_cache_get(pods, admission->namespace_, admission->name);
    if (pod == NULL)
        return api_error_not_found(err, &api_resource_pod, admission->name);
    if (!text_equal(api_pod_of(pod)->spec.node_name, node))
        return admission_forbid(admission, err, "node %s can only evict pods with spec.nodeName set to itself", node);
    return 0;
}

static int admit_pods(struct admission *admission, const char *node, struct error *err)
{
    if (text_empty(admission->subresource))
        return admit_pod(admission, node, err);
    if (strcmp(admission->subresource, "status") == 0)
        return admit_pod_status(admission, node, err);
    if (strcmp(admission->subresource, "eviction") == 0)
        return admit_pod_eviction(admission, node, err);
    return admission_forbid(admission, err,
                            "unexpected pod subresource \"%s\", only 'status' and 'eviction' are allowed",
                            admission->subresource);
}

/* ---------------------------------------------------------------- its node */

static bool same_taints(const struct api_node_spec *a, const struct api_node_spec *b)
{
    if (a->n_taints != b->n_taints)
        return false;
    for (size_t i = 0; i < a->n_taints; i++)
        if (!api_equal(&api_type_taint, &a->taints[i], &b->taints[i]))
            return false;
    return true;
}

static bool same_owners(const struct api_object_meta *a, const struct api_object_meta *b)
{
    if (a->n_owner_references != b->n_owner_references)
        return false;
    for (size_t i = 0; i < a->n_owner_references; i++)
        if (!api_equal(&api_type_owner_reference, &a->owner_references[i], &b->owner_references[i]))
            return false;
    return true;
}

static int admit_node(struct admission *admission, const char *node, struct error *err)
{
    const struct api_node *object = admission->object, *old = admission->old;
    if (strcmp(admission->name, node) != 0)
        return admission_forbid(admission, err, "node \"%s\" is not allowed to modify node \"%s\"", node,
                                admission->name);
    if (object == NULL)
        return 0;
    struct arena *arena = &admission->request->arena;
    const char *labels = node_labels_forbidden(&object->metadata, old == NULL ? NULL : &old->metadata, arena);
    if (admission->operation == ADMISSION_CREATE) {
        if (object->spec.config_source != NULL)
            return admission_forbid(admission, err,
                                    "node \"%s\" is not allowed to create pods with a non-nil configSource", node);
        if (labels != NULL)
            return admission_forbid(admission, err, "node \"%s\" is not allowed to set the following labels: %s", node,
                                    labels);
    }
    if (admission->operation == ADMISSION_UPDATE) {
        assert(old != NULL);
        if (!same_taints(&object->spec, &old->spec) && text_empty(admission->subresource))
            return admission_forbid(admission, err, "node \"%s\" is not allowed to modify taints", node);
        if (labels != NULL)
            return admission_forbid(admission, err, "node \"%s\" is not allowed to modify labels: %s", node, labels);
        if (!same_owners(&object->metadata, &old->metadata))
            return admission_forbid(admission, err, "node \"%s\" is not allowed to modify ownerReferences", node);
    }
    return 0;
}

/* ---------------------------------------------------------------- the rest */

static int admit_claim(struct admission *admission, const char *node, struct error *err)
{
    if (strcmp(admission->subresource, "status") != 0)
        return admission_forbid(admission, err, "may only update PVC status");
    if (admission->operation != ADMISSION_UPDATE)
        return admission_forbid(admission, err, "unexpected operation \"%s\"", operation_name(admission));
    struct arena *arena = &admission->request->arena;
    const struct api_type *type = &api_type_persistent_volume_claim;
    struct api_persistent_volume_claim *next = api_copy(type, admission->object, arena);
    struct api_persistent_volume_claim *old = api_copy(type, admission->old, arena);
    struct api_persistent_volume_claim *const both[] = { next, old };
    for (size_t i = 0; i < countof(both); i++) {
        struct api_persistent_volume_claim_status *status = &both[i]->status;
        both[i]->metadata.resource_version = NULL;
        both[i]->metadata.managed_fields = NULL;
        both[i]->metadata.n_managed_fields = 0;
        status->n_capacity = status->n_conditions = 0;
        status->n_allocated_resources = status->n_allocated_resource_statuses = 0;
    }
    if (api_equal(type, next, old))
        return 0;
    return admission_forbid(
        admission, err, "node \"%s\" is not allowed to update fields other than status.capacity and status.conditions",
        node);
}

static int admit_token(struct admission *admission, const char *node, struct error *err)
{
    if (strcmp(admission->subresource, "token") != 0 || admission->operation != ADMISSION_CREATE)
        return 0;
    return node_token_check(admission, node, err);
}

static int admit_lease(struct admission *admission, const char *node, struct error *err)
{
    if (!text_equal(admission->namespace_, NODE_LEASES))
        return admission_forbid(admission, err, "can only access leases in the \"" NODE_LEASES "\" system namespace");
    if (strcmp(admission->name, node) != 0)
        return admission_forbid(admission, err, "can only access node lease with the same name as the requesting node");
    return 0;
}

static int admit_csi_node(struct admission *admission, const char *node, struct error *err)
{
    if (strcmp(admission->name, node) != 0)
        return admission_forbid(admission, err, "can only access CSINode with the same name as the requesting node");
    return 0;
}

static int admit_resource_slice(struct admission *admission, const char *node, struct error *err)
{
    static const char *const words[] = { "create", "update", "delete", "" };
    const struct api_resource_resource_slice *slice =
        admission->operation == ADMISSION_DELETE ? admission->old : admission->object;
    if (slice != NULL && !text_equal(slice->spec.node_name, node))
        return admission_forbid(admission, err,
                                "can only %s ResourceSlice with the same NodeName as the requesting node",
                                words[admission->operation]);
    return 0;
}

static int admit_signing_request(struct admission *admission, const char *node, struct error *err)
{
    const struct api_certificates_certificate_signing_request *asked = admission->object;
    if (admission->operation != ADMISSION_CREATE || !text_empty(admission->subresource) ||
        (!text_equal(asked->spec.signer_name, SERVING_SIGNER) && !text_equal(asked->spec.signer_name, CLIENT_SIGNER)))
        return 0;
    struct arena *arena = &admission->request->arena;
    struct x509_info info;
    struct error why = { 0 };
    if (x509_request_parse(asked->spec.request, arena, &info, &why) < 0)
        return admission_forbid(admission, err, "unable to parse csr: %s", why.message);
    if (strcmp(info.common_name, arena_format(arena, NODE_PREFIX "%s", node)) != 0)
        return admission_forbid(admission, err, "can only create a node CSR with CN=" NODE_PREFIX "%s", node);
    return 0;
}

static const struct {
    const struct api_kind *kind;
    int (*admit)(struct admission *admission, const char *node, struct error *err);
} restricted[] = {
    { &api_kind_pod, admit_pods },
    { &api_kind_node, admit_node },
    { &api_kind_persistent_volume_claim, admit_claim },
    { &api_kind_service_account, admit_token },
    { &api_kind_coordination_lease, admit_lease },
    { &api_kind_storage_csi_node, admit_csi_node },
    { &api_kind_resource_resource_slice, admit_resource_slice },
    { &api_kind_certificates_certificate_signing_request, admit_signing_request },
};

int admit_node_restriction(struct admission *admission, struct error *err)
{
    struct request *request = admission->request;
    if (!user_in_group(&request->user, NODES_GROUP) ||
        strncmp(request->user.name, NODE_PREFIX, sizeof(NODE_PREFIX) - 1) != 0)
        return 0;
    const struct authorization_attributes who = access_attributes(request);
    const char *node = node_of_user(&who);
    if (node == NULL)
        return admission_forbid(admission, err, "could not determine node from user \"%s\"", request->user.name);
    for (size_t i = 0; i < countof(restricted); i++)
        if (admission_is(admission, restricted[i].kind))
            return restricted[i].admit(admission, node, err);
    return 0;
}

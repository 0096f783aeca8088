/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* device_rights.c - who may write which part of a device claim's status, and where devices may be looked at by administrators.
 *
 * Who allocates needs resourceclaims/binding, of the whole cluster; a driver needs resourceclaims/driver under its name, with the
 * verb arbitrary-node:VERB, or associated-node:VERB when its token is of the node that the claim is allocated to. */
#include <stdio.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/access/access.h"
#include "apiserver/registry/strategy/strategies.h"
#include "apiserver/server_internal.h"

#define ADMIN_LABEL "resource.kubernetes.io/admin-access"
#define NODE_EXTRA  "authentication.kubernetes.io/node-name"

typedef struct api_resource_resource_claim_status claim_status;
typedef struct api_resource_allocated_device_status device_status;

/* ---------------------------------------------------------------- admin access */

static bool namespace_is_labelled(struct request *request, const char *name)
{
    const struct object *object =
        watch_cache_get(server_cache(request->server, &api_resource_namespace), NULL, text_or_empty(name));
    const struct api_object_meta *meta = object == NULL ? NULL : object_typed(object);
    for (size_t i = 0; meta != NULL && i < meta->n_labels; i++)
        if (strcmp(meta->labels[i].key, ADMIN_LABEL) == 0)
            return text_equal(meta->labels[i].value, "true");
    return false;
}

static void check_admin(struct request *request, const char *namespace, const struct field_at *at,
                        struct api_invalid *errors)
{
    if (!namespace_is_labelled(request, namespace))
        invalid_forbidden(errors, at_field(at, "adminAccess"),
                          "admin access to devices requires the `%s: true` label on the containing namespace",
                          ADMIN_LABEL);
}

/* The first request that wants it is the one that is refused. */
static void check_requests(struct request *request, const char *namespace,
                           const struct api_resource_device_claim *devices, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(at_field(NULL, "spec"), "devices"), "requests");
    for (size_t i = 0; i < devices->n_requests; i++) {
        const struct api_resource_exact_device_request *exactly = devices->requests[i].exactly;
        if (exactly == NULL || exactly->admin_access == NULL || !*exactly->admin_access)
            continue;
        check_admin(request, namespace, at_index(at, i), errors);
        return;
    }
}

/* Where the first result with admin access is; the number of results when none has it. */
static size_t admin_result(const claim_status *status)
{
    size_t count = status->allocation == NULL ? 0 : status->allocation->devices.n_results, at = 0;
    while (at < count && (status->allocation->devices.results[at].admin_access == NULL ||
                          !*status->allocation->devices.results[at].admin_access))
        at++;
    return at;
}

static bool has_admin_result(const claim_status *status)
{
    return status->allocation != NULL && admin_result(status) < status->allocation->devices.n_results;
}

static void check_results(struct request *request, const char *namespace, const claim_status *status,
                          const claim_status *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(at_field(NULL, "status"), "allocation"), "devices");
    if (has_admin_result(status) && !has_admin_result(old))
        check_admin(request, namespace, at_index(at_field(at, "results"), admin_result(status)), errors);
}

/* ---------------------------------------------------------------- rights */

/* NULL when it is allowed, else the sentence that a refused request has. */
static const char *refused(struct request *request, struct authorization_attributes *attributes)
{
    char reason[AUTHORIZATION_REASON_SIZE] = "";
    struct arena *arena = &request->arena;
    if (access_decide(request->server->access, attributes, reason) == DECISION_ALLOW)
        return NULL;
    const char *name = attributes->name[0] == '\0' ? "" : arena_format(arena, " \"%s\"", attributes->name);
    const char *where = attributes->namespace_[0] == '\0'
                            ? "at the cluster scope"
                            : arena_format(arena, "in the namespace \"%s\"", attributes->namespace_);
    return arena_format(arena,
                        "resourceclaims.resource.k8s.io%s is forbidden: User \"%s\" cannot %s resource "
                        "\"resourceclaims/%s\" in API group \"resource.k8s.io\" %s%s%s",
                        name, attributes->user, attributes->verb, attributes->subresource, where,
                        reason[0] == '\0' ? "" : ": ", reason);
}

static bool same_binding(const claim_status *status, const claim_status *old)
{
    claim_status a = *status, b = *old;
    a.devices = b.devices = NULL;
    a.n_devices = b.n_devices = 0;
    return api_equal(&api_type_resource_resource_claim_status, &a, &b);
}

static void check_binding(struct request *request, const claim_status *status, const claim_status *old,
                          struct api_invalid *errors)
{
    if (same_binding(status, old))
        return;
    struct authorization_attributes attributes = access_attributes(request);
    attributes.subresource = "binding";
    attributes.namespace_ = attributes.name = "";
    const char *why = refused(request, &attributes);
    if (why != NULL)
        invalid_forbidden(errors, at_field(NULL, "status"),
                          "changing status.allocation or status.reservedFor requires "
                          "resource=\"resourceclaims/binding\", verb=\"%s\" permission: %s",
                          attributes.verb, why);
}

/* The one node that an allocation is for; NULL: none, or it may be used on several. */
static const char *allocated_node(const claim_status *status)
{
    const struct api_node_selector *selector = status->allocation == NULL ? NULL : status->allocation->node_selector;
    if (selector == NULL || selector->n_node_selector_terms != 1)
        return NULL;
    const struct api_node_selector_term *term = &selector->node_selector_terms[0];
    if (term->n_match_expressions != 0 || term->n_match_fields != 1)
        return NULL;
    const struct api_node_selector_requirement *field = &term->match_fields[0];
    bool named = text_equal(field->key, "metadata.name") && text_equal(field->operator, "In") && field->n_values == 1;
    return named ? field->values[0] : NULL;
}

static bool is_of_node(const struct user *user, const char *node)
{
    if (text_empty(node) || strncmp(user->name, "system:serviceaccount:", 22) != 0)
        return false;
    for (size_t i = 0; i < user->n_extra; i++)
        if (strcmp(user->extra[i].key, NODE_EXTRA) == 0)
            return user->extra[i].n_values == 1 && strcmp(user->extra[i].values[0], node) == 0;
    return false;
}

/* One of the verbs is enough; the first one's refusal is told. */
static void check_driver(struct request *request, const char *driver, bool of_node, struct api_invalid *errors)
{
    struct authorization_attributes attributes = access_attributes(request);
    struct arena *arena = &request->arena;
    const char *verbs[] = { arena_format(arena, "associated-node:%s", attributes.verb),
                            arena_format(arena, "arbitrary-node:%s", attributes.verb) };
    const char *why = NULL;
    attributes.subresource = "driver";
    attributes.name = driver;
    for (size_t i = of_node ? 0 : 1; i < countof(verbs); i++) {
        attributes.verb = verbs[i];
        const char *refusal = refused(request, &attributes);
        if (refusal == NULL)
            return;
        why = why == NULL ? refusal : why;
    }
    invalid_forbidden(
        errors, at_field(at_field(NULL, "status"), "devices"),
        "changing status.devices requires resource=\"resourceclaims/driver\", verb=\"[%s%s%s]\" permission: "
        "%s",
        of_node ? verbs[0] : "", of_node ? " " : "", verbs[1], why);
}

static const device_status *find_device(const claim_status *status, const device_status *device)
{
    for (size_t i = 0; i < status->n_devices; i++) {
        const device_status *other = &status->devices[i];
        if (text_equal(other->driver, device->driver) && text_equal(other->pool, device->pool) &&
            text_equal(other->device, device->device) &&
            text_equal(text_or_empty(other->share_id), text_or_empty(device->share_id)))
            return other;
    }
    return NULL;
}

/* Adds the drivers of devices that 'other' has not, or not like that. */
static size_t changed_drivers(const claim_status *status, const claim_status *other, const char **drivers, size_t count)
{
    for (size_t i = 0; i < status->n_devices; i++) {
        const device_status *device = &status->devices[i], *before = find_device(other, device);
        if (before != NULL && api_equal(&api_type_resource_allocated_device_status, device, before))
            continue;
        const char *driver = text_or_empty(device->driver);
        size_t at = 0;
        while (at < count && strcmp(drivers[at], driver) < 0)
            at++;
        if (at < count && strcmp(drivers[at], driver) == 0)
            continue;
        memmove(&drivers[at + 1], &drivers[at], (count - at) * sizeof(*drivers));
        drivers[at] = driver;
        count++;
    }
    return count;
}

static void check_devices(struct request *request, const claim_status *status, const claim_status *old,
                          struct api_invalid *errors)
{
    const char **drivers = arena_new_array(&request->arena, const char *, status->n_devices + old->n_devices + 1);
    size_t count = changed_drivers(status, old, drivers, 0);
    count = changed_drivers(old, status, drivers, count);
    bool of_node = count > 0 && is_of_node(&request->user, allocated_node(status));
    for (size_t i = 0; i < count; i++)
        check_driver(request, drivers[i], of_node, errors);
}

/* ---------------------------------------------------------------- the two kinds */

void resource_claim_permit(struct request *request, const void *object, const void *old, bool status,
                           struct api_invalid *errors)
{
    const struct api_resource_resource_claim *claim = object, *before = old;
    if (old == NULL)
        check_requests(request, claim->metadata.namespace, &claim->spec.devices, errors);
    if (!status || before == NULL)
        return;
    check_results(request, claim->metadata.namespace, &claim->status, &before->status, errors);
    check_binding(request, &claim->status, &before->status, errors);
    check_devices(request, &claim->status, &before->status, errors);
}

void resource_claim_template_permit(struct request *request, const void *object, const void *old, bool status,
                                    struct api_invalid *errors)
{
    const struct api_resource_resource_claim_template *template = object;
    (void)status;
    if (old == NULL)
        check_requests(request, template->metadata.namespace, &template->spec.spec.devices, errors);
}

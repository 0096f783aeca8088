/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* admission.c - see the header. */
#include "node/kubelet/pod/admission.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/pod/node_fit.h"
#include "api/pod/pod_resources.h"
#include "api/value/entry.h"
#include "node/kubelet/pod/plan.h"
#include "node/kubelet/pod/sysctl.h"

static bool refuse(struct pod_refusal *refusal, const char *reason, const char *format, ...) printf_like(3, 4);
static bool refuse(struct pod_refusal *refusal, const char *reason, const char *format, ...)
{
    va_list arguments;
    *refusal = (struct pod_refusal){ .reason = reason };
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof(refusal->message), format, arguments);
    va_end(arguments);
    return true;
}

/* --- what it asks for together --- */

static const struct sized_resource {
    const char *name;
    const char *reason;
    bool milli;
} resources[] = {
    { "cpu", "OutOfcpu", true },
    { "memory", "OutOfmemory", false },
    { "ephemeral-storage", "OutOfephemeral-storage", false },
};

static int64_t amount(const struct sized_resource *resource, const struct quantity *quantity)
{
    return resource->milli ? quantity_milli_value(quantity) : quantity_value(quantity);
}

static int64_t requested(const struct sized_resource *resource, const struct api_pod_spec *spec)
{
    struct quantity total = api_pod_request(spec, resource->name);
    return amount(resource, &total);
}

bool pod_admission_lacks(const struct pod_admission *admission, struct pod_refusal *refusal)
{
    const struct api_node_status *status = &admission->node->status;
    for (size_t i = 0; i < countof(resources); i++) {
        const struct sized_resource *resource = &resources[i];
        const struct quantity *size = quantity_entry_value(status->allocatable, status->n_allocatable, resource->name);
        int64_t wanted = requested(resource, &admission->pod->spec), used = 0;
        if (size == NULL || wanted == 0)
            continue;
        for (size_t j = 0; j < admission->n_others; j++)
            used += requested(resource, &admission->others[j]->spec);
        if (wanted + used > amount(resource, size))
            return refuse(refusal, resource->reason,
                          "Node didn't have enough resource: %s, requested: %lld, used: %lld, capacity: %lld",
                          resource->name, (long long)wanted, (long long)used, (long long)amount(resource, size));
    }
    return false;
}

/* --- ports of the host --- */

static bool ports_clash(const struct api_container_port *a, const struct api_container_port *b)
{
    const char *left = text_empty(a->host_ip) ? "0.0.0.0" : a->host_ip;
    const char *right = text_empty(b->host_ip) ? "0.0.0.0" : b->host_ip;
    return a->host_port > 0 && a->host_port == b->host_port && text_equal(a->protocol, b->protocol) &&
           (text_equal(left, right) || text_equal(left, "0.0.0.0") || text_equal(right, "0.0.0.0"));
}

/* Sidecars run as long as main containers do; plain init containers are gone when those of others start. */
static bool keeps_ports(const struct api_pod *pod, size_t container)
{
    return pod_container_kind(pod, container) == POD_MAIN_CONTAINER || pod_container_is_sidecar(pod, container);
}

static bool is_taken(const struct api_container_port *port, const struct api_pod *other)
{
    for (size_t i = 0; i < other->spec.n_init_containers + other->spec.n_containers; i++) {
        const struct api_container *container = pod_container(other, i);
        for (size_t j = 0; keeps_ports(other, i) && j < container->n_ports; j++) {
            if (ports_clash(port, &container->ports[j]))
                return true;
        }
    }
    return false;
}

static bool clashes(const struct pod_admission *admission)
{
    const struct api_pod *pod = admission->pod;
    for (size_t i = 0; i < pod->spec.n_init_containers + pod->spec.n_containers; i++) {
        const struct api_container *container = pod_container(pod, i);
        for (size_t j = 0; keeps_ports(pod, i) && j < container->n_ports; j++) {
            for (size_t k = 0; container->ports[j].host_port > 0 && k < admission->n_others; k++) {
                if (is_taken(&container->ports[j], admission->others[k]))
                    return true;
            }
        }
    }
    return false;
}

static bool refuses(const struct pod_admission *admission, struct pod_refusal *refusal)
{
    const struct api_pod_spec *spec = &admission->pod->spec;
    const struct api_node *node = admission->node;
    if (pod_container_count(admission->pod) > POD_CONTAINERS_MAX)
        return refuse(refusal, "UnexpectedAdmissionError", "more than %d containers", POD_CONTAINERS_MAX);
    if (spec->os != NULL && !text_equal(spec->os->name, "linux"))
        return refuse(refusal, "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
    struct error err = { 0 };
    if (sysctl_check(spec, &err) < 0)
        return refuse(refusal, "SysctlForbidden", "forbidden sysctl: %.200s", err.message);
    if (admission->n_others >= (size_t)admission->max_pods)
        return refuse(refusal, "OutOfpods",
                      "Node didn't have enough resource: pods, requested: 1, used: %zu, capacity: %lld",
                      admission->n_others, (long long)admission->max_pods);
    if (node != NULL && pod_admission_lacks(admission, refusal))
        return true;
    if (node != NULL && !node_fit_selected(spec, node))
        return refuse(refusal, "NodeAffinity",
                      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
    if (clashes(admission))
        return refuse(refusal, "NodePorts",
                      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
    if (node != NULL && !node_fit_tolerated(spec, node, "NoExecute"))
        return refuse(refusal, "TaintToleration",
                      "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");
    return false;
}

bool pod_admission_refuses(const struct pod_admission *admission, struct pod_refusal *refusal)
{
    struct pod_refusal why;
    if (!refuses(admission, &why))
        return false;
    refusal->reason = why.reason;
    snprintf(refusal->message, sizeof(refusal->message), "Pod was rejected: %.230s", why.message);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_pods.c - see the header. */
#include "controllers/endpoints/service_pods.h"

#include "base/text/ip.h"
#include "controllers/workload/pod_state.h"

#define PAUSE_PER_POD \
    200 /* usec: a pass looks at each pod and may write it; this leaves it at some per mille of the time */
#define PAUSE_MAX USEC_PER_SEC

static bool selects(const struct api_service *service, const struct api_object_meta *meta)
{
    if (service->spec.n_selector == 0)
        return false;
    for (size_t i = 0; i < service->spec.n_selector; i++) {
        const struct api_string_entry *wanted = &service->spec.selector[i];
        bool found = false;
        for (size_t j = 0; j < meta->n_labels && !found; j++)
            found = text_equal(meta->labels[j].key, wanted->key) && text_equal(meta->labels[j].value, wanted->value);
        if (!found)
            return false;
    }
    return true;
}

void keys_of_services(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    const struct informer *services = keys_cache(keys, &api_resource_service);
    for (const struct object *o = NULL; (o = informer_next_in(services, object_namespace(object), o)) != NULL;) {
        if (selects(api_service_of(o), object_meta(object)))
            keys_add(keys, object_key(o));
    }
}

bool service_is_headless(const struct api_service *service)
{
    return text_equal(service->spec.cluster_ip, "None");
}

const char *service_family(const struct api_service *service)
{
    struct ip ip;
    if (ip_parse(str_of(text_or_empty(service->spec.cluster_ip)), &ip))
        return ip.family == IP_V6 ? "IPv6" : "IPv4";
    return service->spec.n_ip_families > 0 ? service->spec.ip_families[0] : "IPv4";
}

static const char *address_of(const struct api_pod *pod, const char *family)
{
    uint8_t wanted = text_equal(family, "IPv6") ? IP_V6 : IP_V4;
    struct ip ip;
    for (size_t i = 0; i < pod->status.n_pod_ips; i++) {
        const char *text = text_or_empty(pod->status.pod_ips[i].ip);
        if (ip_parse(str_of(text), &ip) && ip.family == wanted)
            return text;
    }
    const char *text = text_or_empty(pod->status.pod_ip);
    return pod->status.n_pod_ips == 0 && ip_parse(str_of(text), &ip) && ip.family == wanted ? text : NULL;
}

static bool named_port(const struct api_container *containers, size_t count, const char *name, const char *protocol,
                       int32_t *ret_port)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < containers[i].n_ports; j++) {
            const struct api_container_port *port = &containers[i].ports[j];
            const char *spoken = text_empty(port->protocol) ? "TCP" : port->protocol;
            if (text_equal(port->name, name) && text_equal(spoken, protocol)) {
                *ret_port = port->container_port;
                return true;
            }
        }
    }
    return false;
}

/* Without named ports all pods of a Service have the same. */
static bool ports_are_numbers(const struct api_service *service)
{
    for (size_t i = 0; i < service->spec.n_ports; i++) {
        const struct int_or_string *target = &service->spec.ports[i].target_port;
        if (int_or_string_is_text(target) && target->text[0] != '\0')
            return false;
    }
    return true;
}

/* A port that is named but that the pod has not is left out. */
static void find_ports(struct reconcile *reconcile, const struct api_service *service, struct service_pod *pod)
{
    pod->ports = arena_new_array(reconcile->arena, struct service_port, service->spec.n_ports + 1);
    for (size_t i = 0; i < service->spec.n_ports; i++) {
        const struct api_service_port *port = &service->spec.ports[i];
        const char *protocol = text_empty(port->protocol) ? "TCP" : port->protocol;
        int32_t number = port->target_port.number;
        const struct api_pod_spec *spec = &pod->pod->spec;
        if (int_or_string_is_text(&port->target_port) && port->target_port.text[0] != '\0') {
            if (!named_port(spec->containers, spec->n_containers, port->target_port.text, protocol, &number) &&
                !named_port(spec->init_containers, spec->n_init_containers, port->target_port.text, protocol, &number))
                continue;
        } else if (number == 0) {
            number = port->port;
        }
        pod->ports[pod->n_ports++] =
            (struct service_port){ text_or_empty(port->name), protocol, port->app_protocol, number };
    }
}

struct service_pod *service_pods(struct reconcile *reconcile, const struct api_service *service, const char *family,
                                 size_t *ret_count)
{
    const struct informer *cache = reconcile_cache(reconcile, &api_resource_pod);
    size_t capacity = 16, count = 0;
    bool numbers = ports_are_numbers(service);
    struct service_pod *pods = arena_new_array(reconcile->arena, struct service_pod, capacity);
    for (const struct object *o = NULL; (o = informer_next_in(cache, reconcile->namespace_, o)) != NULL;) {
        const struct api_pod *pod = api_pod_of(o);
        const char *address = selects(service, &pod->metadata) && !pod_finished(pod) ? address_of(pod, family) : NULL;
        if (address == NULL)
            continue;
        if (count == capacity) {
            struct service_pod *more = arena_new_array(reconcile->arena, struct service_pod, capacity * 2);
            memcpy(more, pods, count * sizeof(*more));
            pods = more;
            capacity *= 2;
        }
        struct service_pod *found = &pods[count++];
        *found = (struct service_pod){ .object = o, .pod = pod, .address = address, .hostname = "" };
        found->serving = pod_ready(pod);
        found->terminating = pod->metadata.deletion_timestamp != 0;
        found->ready = service->spec.publish_not_ready_addresses || (found->serving && !found->terminating);
        if (text_equal(pod->spec.subdomain, service->metadata.name))
            found->hostname = text_or_empty(pod->spec.hostname);
        if (numbers && count > 1) {
            found->ports = pods[0].ports;
            found->n_ports = pods[0].n_ports;
        } else {
            find_ports(reconcile, service, found);
        }
    }
    usec_t pause = (usec_t)count * PAUSE_PER_POD;
    reconcile->pause = pause > PAUSE_MAX ? PAUSE_MAX : pause;
    *ret_count = count;
    return pods;
}

bool service_ports_equal(const struct service_pod *a, const struct service_pod *b)
{
    if (a->n_ports != b->n_ports)
        return false;
    if (a->ports == b->ports)
        return true;
    for (size_t i = 0; i < a->n_ports; i++) {
        const struct service_port *x = &a->ports[i], *y = &b->ports[i];
        if (x->port != y->port || !text_equal(x->name, y->name) || !text_equal(x->protocol, y->protocol) ||
            !text_equal(x->app_protocol, y->app_protocol))
            return false;
    }
    return true;
}

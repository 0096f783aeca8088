/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_pods.h - which pods are behind a Service, on which ports; shared by both kinds of endpoints. */
#ifndef CONTROLLERS_ENDPOINTS_SERVICE_PODS_H
#define CONTROLLERS_ENDPOINTS_SERVICE_PODS_H

#include "controllers/runtime/controller.h"
#include "generated/types.h"

/* For watches: the Services that select the pod. */
void keys_of_services(struct key_sink *keys, const struct controller_watch *watch, const struct object *object);

/* Of one port of the Service on one pod. */
struct service_port {
    const char *name;
    const char *protocol;
    const char *app_protocol;
    int32_t port;
};

struct service_pod {
    const struct object *object;
    const struct api_pod *pod;
    const char *address; /* of the family asked for */
    bool ready;          /* serving and not ending, or all are published */
    bool serving;
    bool terminating;
    const char *hostname; /* "" unless the pod has a DNS name of its own under this Service */
    struct service_port *ports;
    size_t n_ports;
};

/* Those with an address of the family ("IPv4", "IPv6") that have not finished, in key order; in the arena. The more there
 * are, the longer changes are gathered before the next pass (what upstream's --endpointslice-updates-batch-period does,
 * at all sizes): the first one is never late, and a Service of a thousand pods is not gone through for each of them. */
struct service_pod *service_pods(struct reconcile *reconcile, const struct api_service *service, const char *family,
                                 size_t *ret_count);

bool service_is_headless(const struct api_service *service);
const char *service_family(const struct api_service *service); /* of its first address; IPv4 when it says nothing */
bool service_ports_equal(const struct service_pod *a, const struct service_pod *b);

#endif

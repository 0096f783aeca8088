/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/pod/pod_qos.h"

#include <string.h>

#include "base/cleanup.h"
#include "generated/types.h"

static const struct quantity *amount(const struct api_quantity_entry *entries, size_t count, const char *resource)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].key, resource) == 0)
            return &entries[i].value;
    return NULL;
}

struct qos {
    bool any;        /* something is asked for or limited */
    bool guaranteed; /* and everywhere, cpu and memory, equally */
};

static void qos_add(struct qos *qos, const struct api_resource_requirements *resources)
{
    static const char *const names[] = { "cpu", "memory" };
    for (size_t i = 0; i < countof(names); i++) {
        const struct quantity *limit = amount(resources->limits, resources->n_limits, names[i]);
        const struct quantity *asked = amount(resources->requests, resources->n_requests, names[i]);
        bool limited = limit != NULL && !quantity_is_zero(limit);
        qos->any |= limited || (asked != NULL && !quantity_is_zero(asked));
        qos->guaranteed &= limited && (asked == NULL || quantity_compare(asked, limit) == 0);
    }
}

const char *api_pod_qos_class(const struct api_pod_spec *spec)
{
    struct qos qos = { .guaranteed = true };
    if (spec->resources != NULL) {
        qos_add(&qos, spec->resources);
    } else {
        for (size_t i = 0; i < spec->n_init_containers; i++)
            qos_add(&qos, &spec->init_containers[i].resources);
        for (size_t i = 0; i < spec->n_containers; i++)
            qos_add(&qos, &spec->containers[i].resources);
    }
    return !qos.any ? "BestEffort" : qos.guaranteed ? "Guaranteed" : "Burstable";
}

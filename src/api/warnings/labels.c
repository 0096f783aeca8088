/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* labels.c - labels of nodes that have newer names. */
#include "api/warnings/kind_warnings.h"

static const struct {
    const char *key, *text;
} labels[] = {
    { "beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead" },
    { "beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead" },
    { "failure-domain.beta.kubernetes.io/region",
      "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead" },
    { "failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead" },
    { "beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead" },
    { "app.kubernetes.io/created-by", "use \"app.kubernetes.io/managed-by\" instead" },
    { "scheduler.alpha.kubernetes.io/preferAvoidPods", "use taints and tolerations instead" },
    { "node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead" },
};

const char *deprecated_node_label(const char *key)
{
    for (size_t i = 0; i < countof(labels); i++)
        if (text_equal(labels[i].key, key))
            return labels[i].text;
    return NULL;
}

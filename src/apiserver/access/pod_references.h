/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_references.h - which other objects of its namespace a pod names: what a node that runs it may read. Pure. */
#ifndef APISERVER_ACCESS_POD_REFERENCES_H
#define APISERVER_ACCESS_POD_REFERENCES_H

#include "generated/types.h"

enum pod_reference {
    POD_REFERENCE_SECRET,
    POD_REFERENCE_CONFIG_MAP,
    POD_REFERENCE_CLAIM, /* persistent volume claim, those made for the pod included */
    POD_REFERENCE_SERVICE_ACCOUNT,
    POD_REFERENCE_RESOURCE_CLAIM,
};

/* Does it name that one? NULL: any at all. */
bool pod_refers_to(const struct api_pod *pod, enum pod_reference reference, const char *name);

/* Made by a kubelet to show one of its static pods. */
bool pod_is_mirror(const struct api_pod *pod);

/* The name of the claim behind a volume, in 'name'; false when it has none. */
bool pod_volume_claim(const struct api_pod *pod, const struct api_volume *volume, char name[512]);

#endif

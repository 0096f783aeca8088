/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_qos.h - a pod's quality of service class, which the API server writes and the kubelet acts on. Pure. */
#ifndef API_POD_POD_QOS_H
#define API_POD_POD_QOS_H

struct api_pod_spec;

/* "Guaranteed", "Burstable" or "BestEffort". */
const char *api_pod_qos_class(const struct api_pod_spec *spec);

#endif

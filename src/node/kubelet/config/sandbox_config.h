/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sandbox_config.h - what the runtime is asked to make: a pod's sandbox, its names and its DNS. Pure. */
#ifndef NODE_KUBELET_CONFIG_SANDBOX_CONFIG_H
#define NODE_KUBELET_CONFIG_SANDBOX_CONFIG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "node/kubelet/node_setup.h"
#include "node/kubelet/pod/spec.h"

/* Labels that tie runtime objects to pods, as upstream's kubelet writes them. */
#define LABEL_POD_NAME       "io.kubernetes.pod.name"
#define LABEL_POD_NAMESPACE  "io.kubernetes.pod.namespace"
#define LABEL_POD_UID        "io.kubernetes.pod.uid"
#define LABEL_CONTAINER_NAME "io.kubernetes.container.name"

#define POD_HOSTNAME_SIZE 64

struct cri_pod_sandbox_config *sandbox_config_make(const struct api_pod *pod, const struct node_setup *node,
                                                   uint32_t attempt, struct arena *arena);

/* spec.hostname or the pod's name; the domain is "" unless the pod has a subdomain. */
void pod_hostname(const struct api_pod *pod, const struct node_setup *node, char hostname[POD_HOSTNAME_SIZE],
                  char *domain, size_t domain_size);

struct cri_dns_config *pod_dns_config(const struct api_pod *pod, const struct node_setup *node, struct arena *arena);

/* nameserver, search and options lines. */
void dns_config_parse(struct str resolv_conf, struct arena *arena, struct cri_dns_config *ret_config);

/* The managed /etc/hosts. 'base' is the host's own file for pods on the host's network, empty otherwise. */
void hosts_file_make(const struct api_pod *pod, const struct node_setup *node, const char *const *pod_ips,
                     struct str base, struct buffer *out);

/* <logs>/<namespace>_<name>_<uid> */
const char *pod_log_directory(const struct api_pod *pod, const struct node_setup *node, struct arena *arena);

int32_t network_mode(const struct api_pod *pod); /* enum cri_namespace_mode, as are the next two */
int32_t pid_mode(const struct api_pod *pod);
int32_t ipc_mode(const struct api_pod *pod);

struct cri_security_profile *seccomp_profile(const struct api_seccomp_profile *container,
                                             const struct api_seccomp_profile *pod, bool privileged,
                                             struct arena *arena);

#endif

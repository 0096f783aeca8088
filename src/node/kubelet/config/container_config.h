/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container_config.h - what the runtime is asked to make: one container of a pod. Pure. */
#ifndef NODE_KUBELET_CONFIG_CONTAINER_CONFIG_H
#define NODE_KUBELET_CONFIG_CONTAINER_CONFIG_H

#include "node/kubelet/config/environment.h"
#include "node/kubelet/config/sandbox_config.h"

#define ANNOTATION_HASH           "io.kubernetes.container.hash"
#define ANNOTATION_RESTART_COUNT  "io.kubernetes.container.restartCount"
#define ANNOTATION_MESSAGE_PATH   "io.kubernetes.container.terminationMessagePath"
#define ANNOTATION_MESSAGE_POLICY "io.kubernetes.container.terminationMessagePolicy"
#define ANNOTATION_GRACE_PERIOD   "io.kubernetes.pod.terminationGracePeriod"

struct container_config_input {
    const struct api_pod *pod;
    size_t container; /* its number */
    const struct node_setup *node;
    uint32_t attempt;
    const struct environment *environment;
    const struct environment *services;
    const char *image_ref;       /* what the runtime calls the image */
    const int64_t *image_user;   /* numeric user of the image; NULL: unknown or a name */
    const char *image_user_name; /* "" when numeric or absent */
    struct cri_mount *mounts;
    size_t n_mounts;
    const char *target_id; /* whose process namespace an ephemeral container joins; NULL: its own */
};

/* -ERROR_INVALID: CreateContainerConfigError with that message (runAsNonRoot). */
int container_config_make(const struct container_config_input *input, struct arena *arena,
                          struct cri_container_config **ret_config, struct error *err) must_check;

int32_t mount_propagation_of(const char *mode); /* enum cri_mount_propagation */

struct cri_linux_container_resources container_resources(const struct api_pod *pod, size_t container,
                                                         const struct node_setup *node);

#endif

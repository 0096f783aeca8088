/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cri_fake.h - a container runtime in memory: for tests and for the simulator's hollow kubelets.
 *
 * Sandboxes get addresses from 10.250.0.0/16 or from the subnet they are told, containers run until they are stopped or told to exit.
 * Time is the loop's, so that a virtual loop runs it at full speed. */
#ifndef NODE_CRI_CRI_FAKE_H
#define NODE_CRI_CRI_FAKE_H

#include "node/cri/cri.h"

struct cri_fake_options {
    usec_t call_time; /* every call takes this long */
    usec_t stop_time; /* what a container needs to stop after SIGTERM; longer than its grace: killed, exit 137 */
    bool has_events;  /* GetContainerEvents is there */
    unsigned
        subnet; /* the node's number, 1 to 32767: addresses from a /24 of its own in 10.128.0.0/9; 0: from 10.250.0.0/16 */
    int64_t refuse_memory; /* updates to a memory limit of that many bytes fail; 0: none does */
    /* What a container made from the image does: the exit code and, in *ret_after, when; negative: runs until stopped.
     * NULL: all run. */
    int (*behave)(void *context, const char *image, uint32_t attempt, usec_t *ret_after);
    /* The outcome of ExecSync. NULL: exit 0. */
    int (*exec)(void *context, const char *container_name, const char *const *command, size_t n_command);
    void *context;
};

struct cri *cri_fake_create(struct loop *loop, const struct cri_fake_options *options);

/* Images that exist; those not added can be pulled unless cri_fake_refuse_image() was told. */
void cri_fake_add_image(struct cri *cri, const char *image);
void cri_fake_refuse_image(struct cri *cri, const char *image);

/* The running container of that name exits now; false when there is none. */
bool cri_fake_exit(struct cri *cri, const char *container_name, int exit_code);

size_t cri_fake_sandbox_count(const struct cri *cri);   /* ready ones */
size_t cri_fake_container_count(const struct cri *cri); /* running ones */

/* The newest container's config of that name as it was created; NULL: none. For tests of what the kubelet asks for. */
const struct cri_container_config *cri_fake_config(const struct cri *cri, const char *container_name);

/* What the newest container of that name has now; NULL: none. */
const struct cri_linux_container_resources *cri_fake_resources(const struct cri *cri, const char *container_name);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* attachment.h - a pod's interface: links, addresses, routes. */
#ifndef NODE_CNI_ATTACHMENT_H
#define NODE_CNI_ATTACHMENT_H

#include "node/cni/config.h"

struct attachment {
    struct cni_attachment_name name;
    const char *namespace_path;
    int namespace_fd; /* open on it */
    struct ip addresses[CNI_SUBNETS_MAX];
    /* set by attachment_make() */
    char host_interface[IFNAMSIZ];
    uint8_t host_mac[6], mac[6], bridge_mac[6];
};

/* Makes the bridge when it is missing, then the pair. What an interrupted call left is replaced. */
int attachment_make(const struct cni_config *config, struct attachment *attachment, struct error *err) must_check;

/* Both ends, the addresses. -ERROR_NOT_FOUND says what is missing. */
int attachment_check(const struct cni_config *config, const struct attachment *attachment,
                     struct error *err) must_check;

/* Removes the host's end, and so both. Takes the kernel some 20 ms, most of it waiting. Absent is fine. */
int attachment_remove(const struct cni_attachment_name *name, struct error *err) must_check;

/* The host's end is called after the attachment, so that it is found without a record. */
void attachment_host_name(const struct cni_attachment_name *name, char text[IFNAMSIZ]);

#endif

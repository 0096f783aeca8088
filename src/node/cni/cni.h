/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cni.h - the CNI plugin and its configuration.
 *
 * The plugin is a role of our binary, called by the container runtime inside the node's
 * namespaces: environment and standard input say what to do, standard output has the answer. */
#ifndef NODE_CNI_CNI_H
#define NODE_CNI_CNI_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text/ip.h"

#define CNI_PLUGIN   "coracle-cni" /* the name of its link in the runtime's plugin directory */
#define CNI_LOOPBACK "loopback"    /* containerd asks for a plugin of this name as well; it needs a link too */

/* The roles: return the exit code. Without CNI_COMMAND they say what they are. */
int cni_main(int argc, char **argv);
int cni_loopback_main(int argc, char **argv);

/* The same with everything given: 'environment' answers a variable or NULL, the answer is appended to 'output'. */
int cni_run(const char *(*environment)(void *context, const char *name), void *context, struct str input,
            struct buffer *output);
int cni_loopback_run(const char *(*environment)(void *context, const char *name), void *context, struct str input,
                     struct buffer *output);

struct cni_conflist {
    const char
        *data_directory; /* of this node alone; allocations are below it; best on a tmpfs: they die with the node */
    const char *bridge;  /* NULL: "cni0" */
    const struct ip_prefix *subnets; /* the node's pod ranges: one, or one of each family */
    size_t n_subnets;
    uint32_t mtu; /* 0: the kernel's */
};

/* Writes the network list (to be called 10-coracle.conflist) and replaces the file at once; a runtime that watches
 * the directory is ready from then on. */
int cni_write_conflist(const char *path, const struct cni_conflist *conflist, struct error *err) must_check;

#endif

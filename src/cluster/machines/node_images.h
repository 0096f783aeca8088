/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_images.h - images in the nodes' containerds, without a registry. */
#ifndef CLUSTER_NODE_IMAGES_H
#define CLUSTER_NODE_IMAGES_H

#include "cluster/layout.h"
#include "image/image.h"

/* Imports the archive into every node; blocks. containerd's own client does it, the content store being containerd's. */
int node_images_import(const struct cluster_layout *layout, const char *archive, struct error *err) must_check;

/* The pause image, built from the program inside this binary. */
int node_images_pause(const char *name, struct image_content *content, struct error *err) must_check;

/* Prints what each node has to standard output. */
int node_images_list(const struct cluster_layout *layout, struct error *err) must_check;

#endif

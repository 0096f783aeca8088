/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime_image.h - puts an image into containerd over its own API, without a registry and without ctr.
 *
 * CRI can only pull. The image's parts become content under a lease, so that no collection takes them before the image names
 * them; containerd unpacks the image when its first container starts. Belongs to a loop. */
#ifndef CLUSTER_RUNTIME_IMAGE_H
#define CLUSTER_RUNTIME_IMAGE_H

#include "image/image.h"
#include "loop/loop.h"

struct runtime_image;

struct runtime_image_options {
    const char *socket;                                           /* path of containerd's; copied */
    const struct image_content *content;                          /* borrowed until done() */
    void (*done)(void *context, int rc, const struct error *err); /* once; from the loop, not from inside start */
    void *context;
};

/* Nothing is written when the runtime has this very image. -ERROR_UNSUPPORTED in the end: it is no containerd. */
struct runtime_image *runtime_image_start(struct loop *loop, const struct runtime_image_options *options);
void runtime_image_destroy(struct runtime_image *image); /* after done() or to cancel; NULL is fine */

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* dependency.h - the ConfigMaps, Secrets and RuntimeClasses that this node's pods name, each watched while one does.
 *
 * One watch an object, by metadata.name, since a node may read only what its pods use. */
#ifndef NODE_KUBELET_DEPENDENCY_H
#define NODE_KUBELET_DEPENDENCY_H

#include "client/informer.h"
#include "generated/types.h"

struct dependencies;

/* changed(): the object came, changed or went; the namespace is NULL for one that has none. */
struct dependencies *dependencies_create(struct client *client,
                                         void (*changed)(void *context, const struct api_resource *resource,
                                                         const char *namespace_, const char *name),
                                         void *context);
void dependencies_destroy(struct dependencies *dependencies); /* NULL is fine */

/* Watches all that the pod names until dependencies_release(); again for a newer version of the pod is fine. */
void dependencies_hold(struct dependencies *dependencies, const struct api_pod *pod);
void dependencies_release(struct dependencies *dependencies, const char *pod_uid);

/* As struct volume_lookup's object(): -ERROR_AGAIN before the first answer, -ERROR_NOT_FOUND. The namespace is the pod's. */
int dependencies_find(struct dependencies *dependencies, const struct api_resource *resource, const char *namespace_,
                      const char *name, const struct object **ret_object, struct error *err);

/* Whether the pod names that object. */
bool pod_depends_on(const struct api_pod *pod, const struct api_resource *resource, const char *name);

#endif

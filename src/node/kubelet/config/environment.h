/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* environment.h - a container's environment: services, envFrom, env, and $(VAR) in them. Pure. */
#ifndef NODE_KUBELET_CONFIG_ENVIRONMENT_H
#define NODE_KUBELET_CONFIG_ENVIRONMENT_H

#include "base/arena.h"
#include "node/volume/payload.h"

struct environment_variable {
    const char *name;
    const char *value;
};

struct environment {
    struct environment_variable *items; /* in the arena */
    size_t count;
    size_t capacity;
    struct arena *arena;
};

#define ENVIRONMENT_MAX 65536 /* variables */

const char *environment_get(const struct environment *environment, const char *name); /* NULL: not set */
void environment_set(struct environment *environment, const char *name, const char *value);

/* "$(VAR)" by the first of the environments that has it, "$$" is "$", unknown ones stay. In the arena. */
const char *environment_expand(const char *text, const struct environment *first, const struct environment *second,
                               struct arena *arena);

/* FOO_SERVICE_HOST and the docker-link ones of a service with a cluster IP. */
void environment_add_service(struct environment *environment, const struct api_service *service);

/* envFrom, then env; 'services' fills what is missing. -ERROR_AGAIN: a ConfigMap or Secret is not known yet; others make the
 * container wait with CreateContainerConfigError. */
int environment_make(const struct api_container *container, const struct downward *downward,
                     const struct volume_lookup *lookup, const struct environment *services,
                     struct environment *ret_environment, struct error *err) must_check;

#endif

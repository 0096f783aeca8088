/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* condition.h - what the status of a CustomResourceDefinition has to say, in upstream's words. Pure. */
#ifndef APISERVER_CUSTOM_CONDITION_H
#define APISERVER_CUSTOM_CONDITION_H

#include "base/arena.h"
#include "base/container/tree.h"
#include "generated/apiextensions_v1.h"

typedef struct api_apiextensions_custom_resource_definition custom_definition_type;

#define CUSTOM_CLEANUP_FINALIZER "customresourcecleanup.apiextensions.k8s.io"

struct custom_decision {
    const struct tree *definitions; /* of struct cache_entry: all there are, for names that are taken */
    const custom_definition_type *current;
    usec_t now;
    bool emptied;        /* it is being deleted, and has no instances left */
    const char *failure; /* why its instances cannot be deleted; NULL: nothing is in the way */
};

/* The definition as it should be, in the arena: names, conditions, finalizers. NULL: as it is. */
custom_definition_type *custom_decide(const struct custom_decision *decision, struct arena *arena);

/* Sets or replaces a condition; the time is that of the change of its status. */
void custom_condition_set(custom_definition_type *definition, struct arena *arena, usec_t now, const char *type,
                          const char *status, const char *reason, const char *message);
const struct api_apiextensions_custom_resource_definition_condition *
custom_condition_find(const custom_definition_type *definition, const char *type);

bool custom_has_cleanup(const custom_definition_type *definition);

#endif

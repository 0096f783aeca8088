/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conversion.h - resources that are served in two versions and stored in one. Pure. */
#ifndef APISERVER_REGISTRY_CONVERSION_H
#define APISERVER_REGISTRY_CONVERSION_H

#include "api/object.h"
#include "base/arena.h"

struct conversion {
    const struct api_resource *served;
    const struct api_resource *stored;
    /* Structs are zeroed by the caller; what is not copied is borrowed. */
    void (*to_served)(const void *stored, void *served, struct arena *arena);
    void (*to_stored)(const void *served, void *stored, struct arena *arena);
    bool judged_as_stored; /* one set of rules for both; else the served kind has its own */
};

/* NULL: the resource is stored as it is served. */
const struct conversion *conversion_of(const struct api_resource *served);

/* Of the resource that is stored; NULL: it is served in no other version. */
const struct conversion *conversion_to(const struct api_resource *stored);

/* An object of the served version from the stored bytes. */
int conversion_read(const struct conversion *conversion, struct str json, uint64_t revision, struct object **ret_object,
                    struct error *err) must_check;

#endif

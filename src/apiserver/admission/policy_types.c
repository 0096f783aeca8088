/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy_types.c - the kinds that are served, for policies: by resource, by apiVersion and kind; their types. */
#include <string.h>

#include "apiserver/admission/policy_hooks.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/policies/object_type.h"
#include "apiserver/policies/type_check.h"
#include "apiserver/rules/rules.h"
#include "apiserver/server_internal.h"

struct registry *policy_registry_of_kind(struct api_server *server, const char *api_version, const char *kind)
{
    struct registry *registry;
    char version[256];

    map_for_each (&server->registries, registry, node) {
        const struct api_kind *served = registry->resource->kind;
        if (strcmp(served->kind, kind) != 0 || registry->cache == NULL)
            continue;
        api_kind_version(served, version, sizeof(version));
        if (strcmp(version, api_version) == 0)
            return registry;
    }
    return NULL;
}

static const struct cel_type *type_of(const struct registry *registry, struct arena *arena)
{
    if (!registry->custom)
        return object_type_of(registry->resource->kind->type, arena);
    const struct structural *schema = custom_registry_of(registry)->version->schema;
    return schema == NULL ? NULL : object_type_custom(rules_type(schema, arena), arena);
}

static bool find_resource(void *context, const char *group, const char *version, const char *plural,
                          struct arena *arena, const struct api_kind **ret_kind, const struct cel_type **ret_type)
{
    const struct registry *registry = server_registry(context, group, version, plural);

    if (registry == NULL)
        return false;
    *ret_kind = registry->resource->kind;
    *ret_type = type_of(registry, arena);
    return true;
}

static const struct cel_type *find_kind(void *context, const char *api_version, const char *kind, struct arena *arena)
{
    const struct registry *registry = policy_registry_of_kind(context, api_version, kind);

    return registry == NULL ? NULL : type_of(registry, arena);
}

struct type_source policy_type_source(struct api_server *server)
{
    return (struct type_source){ find_resource, find_kind, server };
}

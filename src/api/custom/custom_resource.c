/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/custom_resource.h"

#include <stdlib.h>

#include "api/custom/custom_object.h"
#include "base/arena.h"
#include "base/memory.h"
#include "base/ref.h"

#define VERBS_OF_SUBRESOURCES (API_GET | API_PATCH | API_UPDATE)

struct custom_resource {
    struct api_resource resource;
    struct api_kind kind;
    struct api_subresource subresources[2];
    struct ref references;
    struct arena arena;
};

bool custom_resource_is(const struct api_resource *resource)
{
    return resource->kind->type == &api_type_custom_object;
}

static const char *const *keep_texts(struct arena *arena, const char *const *texts, size_t count)
{
    if (count == 0)
        return NULL;
    const char **copies = arena_new_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copies[i] = arena_strdup(arena, texts[i]);
    return copies;
}

/* ".spec.color" selects as "spec.color". */
static const char *const *selectable_fields(struct arena *arena,
                                            const struct api_apiextensions_custom_resource_definition_version *version)
{
    if (version->n_selectable_fields == 0)
        return NULL;
    const char **rows = arena_new_array(arena, const char *, version->n_selectable_fields + 1);
    for (size_t i = 0; i < version->n_selectable_fields; i++) {
        const char *path = text_or_empty(version->selectable_fields[i].json_path);
        rows[i] = arena_strdup(arena, path[0] == '.' ? path + 1 : path);
    }
    return rows;
}

static void add_subresources(struct custom_resource *custom,
                             const struct api_apiextensions_custom_resource_subresources *wanted)
{
    struct api_resource *resource = &custom->resource;
    resource->subresources = custom->subresources;
    if (wanted != NULL && wanted->status != NULL) {
        custom->subresources[resource->n_subresources++] =
            (struct api_subresource){ .name = "status", .verbs = VERBS_OF_SUBRESOURCES };
        resource->flags |= API_STATUS;
    }
    if (wanted != NULL && wanted->scale != NULL)
        custom->subresources[resource->n_subresources++] = (struct api_subresource){
            .name = "scale", .verbs = VERBS_OF_SUBRESOURCES, .body = &api_kind_autoscaling_scale
        };
}

const struct api_resource *
custom_resource_create(const struct api_apiextensions_custom_resource_definition *definition,
                       const struct api_apiextensions_custom_resource_definition_version *version,
                       const char *storage_version_hash)
{
    struct custom_resource *custom = memory_new(struct custom_resource);
    struct arena *arena = &custom->arena;
    struct api_resource *resource = &custom->resource;
    const struct api_apiextensions_custom_resource_definition_names *names = &definition->status.accepted_names;
    bool namespaced = text_equal(definition->spec.scope, "Namespaced");
    ref_init(&custom->references);
    custom->kind = (struct api_kind){ .group = arena_strdup(arena, definition->spec.group),
                                      .version = arena_strdup(arena, version->name),
                                      .kind = arena_strdup(arena, names->kind),
                                      .list_kind = arena_strdup(arena, names->list_kind),
                                      .type = &api_type_custom_object,
                                      .namespaced = namespaced };
    *resource = (struct api_resource){
        .kind = &custom->kind,
        .plural = arena_strdup(arena, names->plural),
        .singular = arena_strdup(arena, text_or_empty(names->singular)),
        .short_names = keep_texts(arena, names->short_names, names->n_short_names),
        .categories = keep_texts(arena, names->categories, names->n_categories),
        .selectable_fields = selectable_fields(arena, version),
        .verbs = API_GET | API_LIST_VERB | API_WATCH | API_CREATE | API_UPDATE | API_PATCH | API_DELETE |
                 API_DELETE_COLLECTION,
        .flags = API_GENERATION | (namespaced ? API_NAMESPACED : 0),
        .storage_prefix = arena_format(arena, "/registry/%s/%s", definition->spec.group, names->plural),
        .storage_version_hash = arena_strdup(arena, storage_version_hash),
        .references = &custom->references,
    };
    add_subresources(custom, version->subresources);
    return resource;
}

void custom_resource_free(const struct api_resource *resource)
{
    struct custom_resource *custom = container_of(resource, struct custom_resource, resource);
    arena_fini(&custom->arena);
    free(custom);
}

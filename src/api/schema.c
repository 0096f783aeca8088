/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema.c - finding rows of the generated tables. */
#include "api/schema.h"

#include "api/custom/custom_resource.h"
#include "base/ref.h"

const struct api_kind *api_kind_find(struct str group, struct str version, struct str kind)
{
    for (size_t i = 0; i < api_kind_count; i++) {
        const struct api_kind *row = &api_kinds[i];
        if (str_is(kind, row->kind) && str_is(group, row->group) && str_is(version, row->version))
            return row;
    }
    return NULL;
}

const struct api_resource *api_resource_find(struct str group, struct str version, struct str plural)
{
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_resource *row = &api_resources[i];
        if (str_is(plural, row->plural) && str_is(group, row->kind->group) && str_is(version, row->kind->version))
            return row;
    }
    return NULL;
}

const struct api_resource *api_resource_of_kind(const struct api_kind *kind)
{
    for (size_t i = 0; i < api_resource_count; i++)
        if (api_resources[i].kind == kind)
            return &api_resources[i];
    return NULL;
}

void api_kind_version(const struct api_kind *kind, char *text, size_t size)
{
    if (kind->group[0] == '\0')
        (void)text_join(text, size, kind->version, NULL);
    else
        (void)text_join(text, size, kind->group, "/", kind->version, NULL);
}

const struct api_resource *api_resource_ref(const struct api_resource *resource)
{
    if (resource != NULL && resource->references != NULL)
        ref_get(resource->references);
    return resource;
}

void api_resource_unref(const struct api_resource *resource)
{
    if (resource != NULL && resource->references != NULL && ref_put(resource->references))
        custom_resource_free(resource);
}

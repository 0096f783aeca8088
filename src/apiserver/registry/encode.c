/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Objects as the store keeps them. */

#include "api/codec.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

#define KEPT_MAX ((size_t)64 << 10) /* most objects need much less */

struct bytes *registry_encode(const struct registry *registry, const void *object)
{
    auto_arena struct arena arena = { 0 };
    struct buffer *json = &registry->server->encoding;
    const struct api_kind *kind = registry->resource->kind;
    if (registry->custom)
        kind = custom_registry_of(registry)->form->stored->resource->kind;
    const struct conversion *conversion = conversion_of(registry->resource);
    if (conversion != NULL) {
        kind = conversion->stored->kind;
        void *stored = arena_zalloc(&arena, kind->type->size);
        conversion->to_stored(object, stored, &arena);
        object = stored;
    }
    buffer_clear(json);
    api_encode_json(kind->type, kind, object, json);
    struct bytes *bytes = bytes_create(json->data, json->size);
    if (json->capacity > KEPT_MAX)
        buffer_fini(json);
    return bytes;
}

void registry_write_start(struct request *request, struct registry *registry, const void *object,
                          struct store_write *write)
{
    if (registry->custom && custom_registry_of(registry)->form->converts) {
        custom_write_start(request, registry, object, write);
        return;
    }
    struct bytes *value = object == NULL ? NULL : registry_encode(registry, object);
    if (value != NULL) {
        struct cache_origin *origin = arena_new(&request->arena, struct cache_origin);
        *origin = (struct cache_origin){ registry->resource, object };
        write->origin = origin;
    }
    write->value = value;
    store_write_start(request->server->store, write);
    bytes_unref(value);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Objects as the store keeps them. */

#include "api/codec.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

#define USUAL_SIZE 4096 /* most objects need no more */

struct bytes *registry_encode(const struct registry *registry, const void *object)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { 0 };
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
    (void)buffer_reserve(&json, USUAL_SIZE);
    api_encode_json(kind->type, kind, object, &json);
    return bytes_create(json.data, json.size);
}

void registry_write_start(struct request *request, struct registry *registry, const void *object,
                          struct store_write *write)
{
    if (registry->custom && custom_registry_of(registry)->form->converts) {
        custom_write_start(request, registry, object, write);
        return;
    }
    struct bytes *value = object == NULL ? NULL : registry_encode(registry, object);
    write->value = value;
    store_write_start(request->server->store, write);
    bytes_unref(value);
}

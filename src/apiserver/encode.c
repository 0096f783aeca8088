/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Objects as the store keeps them. */

#include "api/codec.h"
#include "apiserver/registry.h"

struct bytes *registry_encode(const struct registry *registry, const void *object)
{
    const struct api_kind *kind = registry->resource->kind;
    auto_buffer struct buffer json = { 0 };
    api_encode_json(kind->type, kind, object, &json);
    return bytes_create(json.data, json.size);
}

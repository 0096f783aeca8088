/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/strategy.h"

#include "api/custom/custom_object.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/custom/document.h"

static void prepare_status(struct request *request, void *object, const void *old)
{
    struct api_custom_object *custom = object;
    const struct api_custom_object *before = old;
    struct api_object_meta meta = before->metadata;
    (void)request;
    meta.resource_version = custom->metadata.resource_version;
    meta.managed_fields = custom->metadata.managed_fields;
    meta.n_managed_fields = custom->metadata.n_managed_fields;
    custom->metadata = meta;
}

/* Everything but the metadata, and the status where it has a door of its own: that was taken from the old object. */
static bool content_changed(const void *object, const void *old)
{
    const struct api_custom_object *custom = object, *before = old;
    return !str_equal(custom->spec, before->spec) || !str_equal(custom->status, before->status) ||
           !str_equal(custom->rest, before->rest);
}

int custom_decode(struct request *request, struct str json, void **ret_value, struct api_strict_errors *strict,
                  struct error *err)
{
    const struct custom_registry *custom = custom_registry_of(request->registry);
    struct api_custom_object *object = NULL;
    int rc = custom_document_decode(custom->version, json, &request->arena, strict, &object, err);
    if (rc == 0)
        *ret_value = object;
    return rc;
}

void custom_validate(const struct registry *registry, const void *object, const void *old, bool status,
                     struct api_invalid *errors)
{
    custom_document_validate(custom_registry_of(registry)->version, old, object, status, errors);
}

const struct strategy custom_strategy = {
    .kind = "",
    .prepare_status = prepare_status,
    .spec_changed = content_changed,
};

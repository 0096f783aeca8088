/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* CustomResourceDefinitions: which versions objects may be stored as, and a deletion that waits for the instances. */

#include <string.h>

#include "apiserver/custom/condition.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/strategies.h"
#include "apiserver/rules/rules.h"
#include "generated/apiextensions_v1.h"

static bool is_stored(const custom_definition_type *definition, const char *version)
{
    for (size_t i = 0; i < definition->status.n_stored_versions; i++)
        if (text_equal(definition->status.stored_versions[i], version))
            return true;
    return false;
}

static void add_stored(struct request *request, custom_definition_type *definition, const char *version)
{
    size_t count = definition->status.n_stored_versions;
    const char **versions = arena_new_array(&request->arena, const char *, count + 1);
    if (count > 0)
        memcpy(versions, definition->status.stored_versions, count * sizeof(*versions));
    versions[count] = version;
    definition->status.stored_versions = versions;
    definition->status.n_stored_versions = count + 1;
}

/* The storage version is one that objects are stored as from now on. */
void custom_definition_prepare(struct request *request, void *object)
{
    custom_definition_type *definition = object;
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        const char *version = definition->spec.versions[i].name;
        if (definition->spec.versions[i].storage && !is_stored(definition, version))
            add_stored(request, definition, version);
    }
}

void custom_definition_prepare_update(struct request *request, void *object, const void *old)
{
    (void)old;
    custom_definition_prepare(request, object);
}

/* The rules of its schemas compile, and what they may cost is in bounds. */
void custom_definition_validate(const void *object, const void *old, struct api_invalid *errors)
{
    rules_check_definition(object, old, errors);
}

void custom_definition_prepare_delete(struct request *request, void *object)
{
    custom_definition_type *definition = object;
    struct api_object_meta *meta = &definition->metadata;
    if (!custom_has_cleanup(definition)) {
        const char **finalizers = arena_new_array(&request->arena, const char *, meta->n_finalizers + 1);
        if (meta->n_finalizers > 0)
            memcpy(finalizers, meta->finalizers, meta->n_finalizers * sizeof(*finalizers));
        finalizers[meta->n_finalizers] = CUSTOM_CLEANUP_FINALIZER;
        meta->finalizers = finalizers;
        meta->n_finalizers++;
    }
    custom_condition_set(definition, &request->arena, prepare_now(request), "Terminating", "True",
                         "InstanceDeletionPending",
                         "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
}

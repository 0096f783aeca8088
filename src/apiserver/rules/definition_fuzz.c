/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition_fuzz.c - any schema as a definition's: validated as new and as an update of itself, its rules compiled, said of in
 * the condition. */
#include "api/codec.h"
#include "api/structural/structure.h"
#include "api/validation/validation.h"
#include "apiserver/rules/rules.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 }, update = { 0 }, structure = { 0 };
    struct api_apiextensions_json_schema_props props;
    if (size > 16384 || api_decode_json(&api_type_apiextensions_json_schema_props,
                                        (struct str){ (const char *)data, size }, &arena, &props, NULL, NULL) < 0)
        return 0;
    struct api_apiextensions_custom_resource_validation validation = { &props };
    struct api_apiextensions_custom_resource_definition_version version = {
        .name = "v1", .served = true, .storage = true, .schema = &validation
    };
    struct api_apiextensions_custom_resource_definition definition = {
        .metadata = { .name = "as.b.c", .uid = "u", .resource_version = "1" },
        .spec = { .group = "b.c",
                  .scope = "Cluster",
                  .names = { .plural = "as", .kind = "A" },
                  .versions = &version,
                  .n_versions = 1 },
    };
    const struct api_kind *kind = &api_kind_apiextensions_custom_resource_definition;
    api_default(kind, &definition, &arena);
    api_validate_create(kind, &definition, &errors);
    api_validate_update(kind, &definition, &definition, &update);
    structural_check_structure(&props, NULL, &structure);
    if (errors.total == 0)
        rules_check_definition(&definition, NULL, &errors);
    return 0;
}

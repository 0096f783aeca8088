/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition.h - the parts of a CustomResourceDefinition's rules. Only for this folder's own files, and for who compiles the
 * rules in its schemas.
 *
 * Upstream moves what all versions have alike (schemas, subresources, columns, selectable fields) to the spec before it
 * checks, and its errors name those places: spec.validation.openAPIV3Schema instead of spec.versions[0].schema. So do these. */
#ifndef API_VALIDATION_APIEXTENSIONS_DEFINITION_H
#define API_VALIDATION_APIEXTENSIONS_DEFINITION_H

#include "api/structural/structural.h"
#include "api/validation/rules.h"

typedef struct api_apiextensions_custom_resource_definition definition_type;
typedef struct api_apiextensions_custom_resource_definition_spec definition_spec;
typedef struct api_apiextensions_custom_resource_definition_version definition_version;
typedef struct api_apiextensions_json_schema_props schema_props;

/* What is asked; an update does not ask for what the stored definition did not keep. */
struct definition_rules {
    const definition_type *old; /* NULL on create */
    bool known_review_version;
    bool immutable_names;
    bool schemas;
    bool types;
    bool structure;
    bool pruned_defaults;
    bool atomic_sets;
    bool list_keys;
    bool ca_bundle;
};

/* What all versions have alike; such parts are at the spec, not at the versions. */
struct definition_shared {
    bool schema, subresources, columns, selectable_fields;
};

struct definition_rules definition_rules_of(const definition_type *old);
struct definition_shared definition_shared_of(const definition_spec *spec);

const schema_props *definition_schema(const definition_version *version); /* NULL: none */

/* One error with all that is wrong, joined by commas. 'prefix' comes before it. */
void validate_joined(const char *value, format_check *check, const char *prefix, const struct field_at *at,
                     struct api_invalid *errors);

/* versions.c */
void validate_definition_versions(const definition_spec *spec, const struct definition_rules *rules,
                                  const struct field_at *at, struct api_invalid *errors);
void validate_definition_shared(const definition_spec *spec, const struct definition_rules *rules,
                                const struct field_at *at, struct api_invalid *errors);

/* schema.c */
void validate_schema(const schema_props *schema, bool has_status, const struct definition_rules *rules,
                     const struct field_at *at, struct api_invalid *errors);
bool schema_has_bad_types(const schema_props *schema);
bool schema_has_defaults(const schema_props *schema);
bool schema_has_extensions(const schema_props *schema);
bool schema_has_granular_sets(const schema_props *schema);
bool schema_has_loose_keys(const schema_props *schema);
bool schema_is_structural(const schema_props *schema);

/* schema_lists.c: x-kubernetes-list-type and x-kubernetes-map-type */
void validate_schema_lists(const schema_props *schema, const struct definition_rules *rules, const struct field_at *at,
                           struct api_invalid *errors);

/* schema_rules.c: texts of x-kubernetes-validations. 'node' NULL: the schema does not compile. */
void validate_schema_rules(const schema_props *schema, const struct structural_node *node, const struct field_at *at,
                           struct api_invalid *errors);

/* schema_defaults.c */
void validate_schema_defaults(const schema_props *schema, const struct structural_node *node, bool pruned,
                              const struct field_at *at, struct api_invalid *errors);
bool schema_has_unpruned_defaults(const schema_props *schema);

/* conversion.c */
void validate_definition_conversion(const definition_spec *spec, const struct definition_rules *rules,
                                    const struct field_at *at, struct api_invalid *errors);
bool conversion_has_known_review_version(const struct api_apiextensions_custom_resource_conversion *conversion);
bool conversion_has_bad_ca_bundle(const struct api_apiextensions_custom_resource_conversion *conversion);

#endif

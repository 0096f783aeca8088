/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* form.h - what one state of a CustomResourceDefinition says: its versions, as rows and compiled schemas.
 *
 * Made when a definition appears or changes; what is under way keeps the form that it began with. Read-only, counted by
 * reference, from any thread. */
#ifndef APISERVER_CUSTOM_FORM_H
#define APISERVER_CUSTOM_FORM_H

#include "api/custom/custom_columns.h"
#include "api/custom/json_path.h"
#include "api/object.h"
#include "api/structural/structural.h"
#include "base/ref.h"
#include "generated/apiextensions_v1.h"

/* Where a version keeps what a Scale says. */
struct custom_scale {
    const struct json_path *spec_replicas, *status_replicas; /* NULL: not understood */
    const struct json_path *selector;                        /* NULL: none */
};

/* 0 where there is no whole number; a path may be NULL. */
int32_t custom_scale_number(const struct json_path *path, yyjson_val *root);

struct rule_set; /* apiserver/rules/rules.h */

struct custom_version {
    const struct api_apiextensions_custom_resource_definition_version *version; /* of the definition */
    const struct api_resource *resource;                                        /* a reference */
    const struct structural *schema;                                            /* a reference; NULL: says nothing */
    struct rule_set *rules;                                                     /* of the schema; NULL: none */
    const struct custom_columns *columns;
    const struct custom_scale *scale; /* NULL: it has none */
    const char *warning;              /* for its users; NULL: it is not deprecated */
};

struct custom_form {
    struct ref references;
    const struct object *object;                                           /* the definition; a reference */
    const struct api_apiextensions_custom_resource_definition *definition; /* the same */
    struct custom_version *versions;
    size_t n_versions;
    const struct custom_version *stored; /* one of them */
    bool converts;                       /* by a webhook; else versions differ by name only */
    struct arena arena;
};

/* -ERROR_INVALID: no storage version, a schema that does not compile. */
int custom_form_create(const struct object *definition, struct custom_form **ret_form, struct error *err) must_check;
struct custom_form *custom_form_ref(struct custom_form *form);
void custom_form_unref(struct custom_form *form); /* NULL is fine */

/* By an object's apiVersion, "example.com/v1"; NULL when there is none. */
const struct custom_version *custom_form_version(const struct custom_form *form, struct str api_version);

/* Do two definitions serve the same? Status alone, beside the accepted names, makes no difference. */
bool custom_definitions_alike(const struct object *a, const struct object *b);

/* Is a condition of the definition's status True? */
bool custom_condition_true(const struct api_apiextensions_custom_resource_definition *definition, const char *type);

#endif

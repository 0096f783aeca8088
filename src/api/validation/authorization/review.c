/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* review.c - SubjectAccessReviews and their kin. */
#include "api/codec.h"
#include "api/validation/rules.h"
#include "api/validation/validation.h"

typedef struct api_authorization_resource_attributes resource_attributes;
typedef struct api_authorization_non_resource_attributes path_attributes;

static void validate_empty_metadata(const struct api_object_meta *meta, const char *detail, struct api_invalid *errors)
{
    struct api_object_meta rest = *meta;

    rest.managed_fields = NULL;
    rest.n_managed_fields = 0;
    if (!api_equal(&api_type_object_meta, &rest, &(struct api_object_meta){ 0 }))
        invalid_object(errors, at_field(NULL, "metadata"), &api_type_object_meta, meta, "%s", detail);
}

/* One way to say it, and not both. */
static void validate_form(const char *raw, size_t n_requirements, const char *name, const struct field_at *at,
                          struct api_invalid *errors)
{
    if (!text_empty(raw) && n_requirements > 0)
        invalid_string(errors, at_field(at, "rawSelector"), raw, "may not specified at the same time as requirements");
    if (text_empty(raw) && n_requirements == 0)
        invalid_required(errors, at_field(at, "requirements"),
                         "when spec.resourceAttributes.%s is specified, requirements or rawSelector is required", name);
}

/* Operators that are not known come from newer clients and pass. */
static void validate_values(const char *operator, size_t n_values, const struct field_at *at,
                            struct api_invalid *errors)
{
    if ((text_equal(operator, "In") || text_equal(operator, "NotIn")) && n_values == 0)
        invalid_required(errors, at, "must be specified when `operator` is 'In' or 'NotIn'");
    if ((text_equal(operator, "Exists") || text_equal(operator, "DoesNotExist")) && n_values > 0)
        invalid_forbidden(errors, at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
}

static void validate_fields(const struct api_authorization_field_selector_attributes *selector,
                            const struct field_at *at, struct api_invalid *errors)
{
    if (selector == NULL)
        return;
    validate_form(selector->raw_selector, selector->n_requirements, "fieldSelector", at, errors);
    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct api_field_selector_requirement *requirement = &selector->requirements[i];
        const struct field_at *one = at_index(at_field(at, "requirements"), i);
        validate_values(requirement->operator, requirement->n_values, at_field(one, "values"), errors);
        if (text_empty(requirement->key))
            invalid_required(errors, at_field(one, "key"), "must be specified");
    }
}

static void validate_label_requirements(const struct api_authorization_label_selector_attributes *selector,
                                        const struct field_at *at, struct api_invalid *errors)
{
    if (selector == NULL)
        return;
    validate_form(selector->raw_selector, selector->n_requirements, "labelSelector", at, errors);
    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct api_label_selector_requirement *requirement = &selector->requirements[i];
        const struct field_at *one = at_index(at_field(at, "requirements"), i);
        validate_values(requirement->operator, requirement->n_values, at_field(one, "values"), errors);
        invalid_format(errors, at_field(one, "key"), format_qualified_name, text_or_empty(requirement->key));
        for (size_t k = 0; k < requirement->n_values; k++)
            invalid_format(errors, at_index(at_field(one, "values"), k), format_label_value, requirement->values[k]);
    }
}

/* Exactly one of the two is asked about. */
static void validate_question(const resource_attributes *resource, const path_attributes *path,
                              struct api_invalid *errors)
{
    const struct field_at *spec = at_field(NULL, "spec");

    if (resource != NULL && path != NULL)
        invalid_object(errors, at_field(spec, "nonResourceAttributes"), &api_type_authorization_non_resource_attributes,
                       path, "cannot be specified in combination with resourceAttributes");
    if (resource == NULL && path == NULL)
        invalid_null(errors, at_field(spec, "resourceAttributes"),
                     "exactly one of nonResourceAttributes or resourceAttributes must be specified");
}

static void validate_attributes(const resource_attributes *resource, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "spec"), "resourceAttributes");

    if (resource == NULL)
        return;
    validate_fields(resource->field_selector, at_field(at, "fieldSelector"), errors);
    validate_label_requirements(resource->label_selector, at_field(at, "labelSelector"), errors);
}

static void validate_spec(const struct api_authorization_subject_access_review_spec *spec, struct api_invalid *errors)
{
    validate_question(spec->resource_attributes, spec->non_resource_attributes, errors);
    if (text_empty(spec->user) && spec->n_groups == 0)
        invalid_string(errors, at_field(at_field(NULL, "spec"), "user"), "",
                       "at least one of user or group must be specified");
    validate_attributes(spec->resource_attributes, errors);
}

static void validate_local(const struct api_authorization_local_subject_access_review *review,
                           struct api_invalid *errors)
{
    const struct field_at *spec = at_field(NULL, "spec");
    const resource_attributes *resource = review->spec.resource_attributes;
    struct api_object_meta meta = review->metadata;

    validate_spec(&review->spec, errors);
    meta.namespace = NULL;
    validate_empty_metadata(&meta, "must be empty except for namespace", errors);
    if (resource != NULL && !text_equal(resource->namespace, review->metadata.namespace))
        invalid_string(errors, at_field(at_field(spec, "resourceAttributes"), "namespace"),
                       text_or_empty(resource->namespace), "must match metadata.namespace");
    if (review->spec.non_resource_attributes != NULL)
        invalid_object(errors, at_field(spec, "nonResourceAttributes"), &api_type_authorization_non_resource_attributes,
                       review->spec.non_resource_attributes, "disallowed on this kind of request");
}

int api_validate_review(const struct api_type *type, const void *object, struct api_invalid *errors)
{
    if (type == &api_type_authorization_subject_access_review) {
        const struct api_authorization_subject_access_review *review = object;
        validate_spec(&review->spec, errors);
        validate_empty_metadata(&review->metadata, "must be empty", errors);
    } else if (type == &api_type_authorization_self_subject_access_review) {
        const struct api_authorization_self_subject_access_review *review = object;
        validate_question(review->spec.resource_attributes, review->spec.non_resource_attributes, errors);
        validate_attributes(review->spec.resource_attributes, errors);
        validate_empty_metadata(&review->metadata, "must be empty", errors);
    } else if (type == &api_type_authorization_local_subject_access_review) {
        validate_local(object, errors);
    }
    return (int)errors->total;
}

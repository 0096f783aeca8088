/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime_class.c - RuntimeClasses. */
#include "api/codec.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

static void validate_tolerations_differ(const struct api_node_scheduling *scheduling, const struct field_at *at,
                                        struct api_invalid *errors)
{
    for (size_t i = 0; i < scheduling->n_tolerations; i++) {
        bool repeated = false;
        for (size_t k = 0; !repeated && k < i; k++)
            repeated = text_equal(scheduling->tolerations[k].key, scheduling->tolerations[i].key) &&
                       text_equal(scheduling->tolerations[k].operator, scheduling->tolerations[i].operator) &&
                       text_equal(scheduling->tolerations[k].value, scheduling->tolerations[i].value) &&
                       text_equal(scheduling->tolerations[k].effect, scheduling->tolerations[i].effect);
        if (!repeated)
            continue;
        auto_buffer struct buffer json = { 0 };
        api_encode_json(&api_type_toleration, NULL, &scheduling->tolerations[i], &json);
        invalid_duplicate_raw(errors, at_index(at, i), buffer_failed(&json) ? "" : text_or_empty(json.data));
    }
}

void validate_runtime_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_node_runtime_class *class = object;
    const struct field_at *scheduling = at_field(NULL, "scheduling");

    if (text_empty(class->handler))
        invalid_missing(errors, at_field(NULL, "handler"));
    else
        invalid_format(errors, at_field(NULL, "handler"), format_dns1123_label, class->handler);
    for (size_t i = 0; class->overhead != NULL && i < class->overhead->n_pod_fixed; i++) {
        const struct api_quantity_entry *amount = &class->overhead->pod_fixed[i];
        const struct field_at *here =
            at_key(at_field(at_field(NULL, "overhead"), "limits"), text_or_empty(amount->key));
        validate_container_resource_name(amount->key, here, errors);
        validate_resource_amount(amount->key, &amount->value, here, errors);
    }
    if (class->scheduling == NULL)
        return;
    validate_labels(class->scheduling->node_selector, class->scheduling->n_node_selector,
                    at_field(scheduling, "nodeSelector"), errors);
    validate_tolerations(class->scheduling->tolerations, class->scheduling->n_tolerations, false,
                         at_field(scheduling, "tolerations"), errors);
    validate_tolerations_differ(class->scheduling, at_field(scheduling, "tolerations"), errors);
}

void validate_runtime_class_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_runtime_class_create(object, errors);
    validate_immutable_string(((const struct api_node_runtime_class *)object)->handler,
                              ((const struct api_node_runtime_class *)old)->handler, at_field(NULL, "handler"), errors);
}

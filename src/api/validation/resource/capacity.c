/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* capacity.c - how much of a device there is, and in which portions it is given. */
#include <stdio.h>

#include "api/validation/formats/resource_names.h"
#include "api/validation/resource/device_rules.h"
#include "api/value/quantity.h"

#define VALUES_MAX 10 /* upstream's */

struct shown {
    char text[QUANTITY_TEXT_SIZE];
};

static struct shown show(const struct quantity *quantity)
{
    struct shown shown;
    quantity_format(quantity, shown.text);
    return shown;
}

static void validate_values(const struct quantity *standard, const struct quantity *capacity,
                            const struct quantity *values, size_t count, const struct field_at *at,
                            struct api_invalid *errors)
{
    bool found = false;

    for (size_t i = 0; i + 1 < count; i++)
        if (quantity_compare(&values[i], &values[i + 1]) > 0)
            invalid_quantity(errors, at_index(at, i + 1), &values[i + 1], "values must be sorted in ascending order");
    if (device_list_fits(count, VALUES_MAX, at, errors)) {
        for (size_t i = 0; i < count; i++) {
            if (quantity_compare(&values[i], capacity) > 0)
                invalid_quantity(errors, at_index(at, i), &values[i], "option is larger than capacity value: %s",
                                 show(capacity).text);
            found |= quantity_compare(&values[i], standard) == 0;
        }
        for (size_t i = 1; i < count; i++)
            for (size_t k = 0; k < i; k++)
                if (quantity_value(&values[i]) == quantity_value(&values[k])) {
                    char key[32];
                    snprintf(key, sizeof(key), "%lld", (long long)quantity_value(&values[i]));
                    invalid_duplicate(errors, at_index(at, i), key);
                    break;
                }
    }
    if (!found)
        invalid_quantity(errors, at, standard, "default value is not valid according to the requestPolicy");
}

static void validate_multiple(const struct quantity *value, const struct quantity *min, const struct quantity *step,
                              const struct field_at *at, struct api_invalid *errors)
{
    int64_t width = quantity_value(step); /* rounded up: not 0 */

    if ((int64_t)((uint64_t)quantity_value(value) - (uint64_t)quantity_value(min)) % width != 0)
        invalid_quantity(errors, at, value, "value is not a multiple of a given step (%s) from (%s)", show(step).text,
                         show(min).text);
}

static void validate_step(const struct quantity *standard, const struct quantity *capacity,
                          const struct api_resource_capacity_request_policy_range *range, const struct field_at *at,
                          struct api_invalid *errors)
{
    struct quantity sum = *range->min;

    if (quantity_sign(range->step) <= 0) {
        invalid_quantity(errors, at, range->step, "must be greater than zero");
        return;
    }
    quantity_add(&sum, range->step);
    if (quantity_compare(&sum, capacity) > 0)
        invalid_quantity(errors, at, range->step, "one step %s is larger than capacity value: %s", show(&sum).text,
                         show(capacity).text);
    validate_multiple(standard, range->min, range->step, at, errors);
    if (range->max != NULL)
        validate_multiple(range->max, range->min, range->step, at, errors);
}

static void validate_range(const struct quantity *standard, const struct quantity *capacity,
                           const struct api_resource_capacity_request_policy_range *range, const struct field_at *at,
                           struct api_invalid *errors)
{
    const struct field_at *min = at_field(at, "min"), *max = at_field(at, "max");

    if (range->min == NULL) {
        invalid_required(errors, min, "required when validRange is defined");
        return;
    }
    if (quantity_compare(range->min, capacity) > 0)
        invalid_quantity(errors, min, range->min, "min is larger than capacity value: %s", show(capacity).text);
    if (quantity_compare(standard, range->min) < 0)
        invalid_quantity(errors, min, standard, "default is less than min: %s", show(range->min).text);
    if (range->max != NULL) {
        if (quantity_compare(range->min, range->max) > 0)
            invalid_quantity(errors, max, range->min, "min is larger than max: %s", show(range->max).text);
        if (quantity_compare(range->max, capacity) > 0)
            invalid_quantity(errors, max, range->max, "max is larger than capacity value: %s", show(capacity).text);
        if (quantity_compare(standard, range->max) > 0)
            invalid_quantity(errors, max, standard, "default is more than max: %s", show(range->max).text);
    }
    if (range->step != NULL)
        validate_step(standard, capacity, range, at_field(at, "step"), errors);
}

void validate_device_capacity(const struct api_resource_device_capacity *capacity, bool multiple,
                              const struct field_at *at, struct api_invalid *errors)
{
    const struct api_resource_capacity_request_policy *policy = capacity->request_policy;
    const struct field_at *policy_at = at_field(at, "requestPolicy"), *standard = at_field(policy_at, "default");

    if (policy == NULL)
        return;
    if (!multiple) {
        invalid_forbidden(errors, policy_at, "allowMultipleAllocations must be true");
    } else if (policy->n_valid_values > 0 && policy->valid_range != NULL) {
        invalid_forbidden(
            errors, policy_at,
            "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the "
            "same time");
    } else if (policy->n_valid_values > 0) {
        if (policy->default_ == NULL)
            invalid_required(errors, standard, "required when validValues is defined");
        else
            validate_values(policy->default_, &capacity->value, policy->valid_values, policy->n_valid_values,
                            at_field(policy_at, "validValues"), errors);
    } else if (policy->valid_range != NULL) {
        if (policy->default_ == NULL)
            invalid_required(errors, standard, "required when validRange is defined");
        else
            validate_range(policy->default_, &capacity->value, policy->valid_range, at_field(policy_at, "validRange"),
                           errors);
    }
}

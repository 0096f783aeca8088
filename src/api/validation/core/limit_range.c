/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* limit_range.c - LimitRanges: bounds and defaults that must fit each other. */
#include <stdio.h>

#include "api/validation/core/core_rules.h"
#include "api/validation/formats/resource_names.h"
#include "api/value/entry.h"

static const char *const standard_types[] = { "Pod", "Container", "PersistentVolumeClaim" };

static bool is_type(const struct api_limit_range_item *item, const char *type)
{
    return text_equal(item->type, type);
}

static void validate_type(const char *type, const struct field_at *at, struct api_invalid *errors)
{
    if (!invalid_format(errors, at, format_qualified_name, type) || strchr(type, '/') != NULL)
        return;
    for (size_t i = 0; i < countof(standard_types); i++)
        if (text_equal(type, standard_types[i]))
            return;
    invalid_string(errors, at, type, "must be a standard limit type or fully qualified");
}

static void validate_names(const struct api_limit_range_item *item, const struct api_quantity_entry *list, size_t count,
                           const struct field_at *at, struct api_invalid *errors)
{
    bool container = is_type(item, "Pod") || is_type(item, "Container");

    for (size_t i = 0; i < count; i++) {
        const char *name = text_or_empty(list[i].key);
        if (container)
            validate_container_resource_name(name, at_key(at, name), errors);
        else
            validate_resource_name(name, at_key(at, name), errors);
    }
}

/* What an item says of one resource. */
struct limits {
    const struct quantity *min, *max, *usual, *request, *ratio;
};

static void compare(const struct quantity *small, const char *small_name, const struct quantity *big,
                    const char *big_name, const struct quantity *shown, const struct field_at *at,
                    struct api_invalid *errors)
{
    char small_text[QUANTITY_TEXT_SIZE], big_text[QUANTITY_TEXT_SIZE];

    if (small == NULL || big == NULL || quantity_compare(small, big) <= 0)
        return;
    quantity_format(small, small_text);
    quantity_format(big, big_text);
    invalid_quantity(errors, at, shown, "%s value %s is greater than %s value %s", small_name, small_text, big_name,
                     big_text);
}

static void validate_ratio(const struct limits *limits, const struct field_at *at, struct api_invalid *errors)
{
    const int64_t milli_max = INT64_MAX / 1000;
    struct quantity one = quantity_of(1, QUANTITY_DECIMAL_SI);
    char text[QUANTITY_TEXT_SIZE];

    if (limits->ratio == NULL)
        return;
    quantity_format(limits->ratio, text);
    if (quantity_compare(limits->ratio, &one) < 0)
        invalid_quantity(errors, at, limits->ratio, "ratio %s is less than 1", text);
    if (limits->min == NULL || limits->max == NULL)
        return;
    double ratio = (double)quantity_value(limits->ratio);
    int64_t min = quantity_value(limits->min), max = quantity_value(limits->max);
    if (quantity_value(limits->ratio) < milli_max && min < milli_max && max < milli_max) {
        ratio = (double)quantity_milli_value(limits->ratio) / 1000;
        min = quantity_milli_value(limits->min);
        max = quantity_milli_value(limits->max);
    }
    double most = (double)max / (double)min;
    if (min != 0 && ratio > most)
        invalid_quantity(errors, at, limits->ratio, "ratio %s is greater than max/min = %f", text, most);
}

static void validate_resource(const char *name, const struct limits *limits, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *min = at_key(at_field(at, "min"), name);
    const struct field_at *usual = at_key(at_field(at, "default"), name);
    const struct field_at *request = at_key(at_field(at, "defaultRequest"), name);
    char usual_text[QUANTITY_TEXT_SIZE], request_text[QUANTITY_TEXT_SIZE];

    compare(limits->min, "min", limits->max, "max", limits->min, min, errors);
    compare(limits->min, "min", limits->request, "default request", limits->request, request, errors);
    compare(limits->request, "default request", limits->max, "max", limits->request, request, errors);
    compare(limits->request, "default request", limits->usual, "default limit", limits->request, request, errors);
    compare(limits->min, "min", limits->usual, "default", limits->min, usual, errors);
    compare(limits->usual, "default", limits->max, "max", limits->max, usual, errors);
    validate_ratio(limits, at_key(at_field(at, "maxLimitRequestRatio"), name), errors);
    if (resource_may_overcommit(str_of(name)) || limits->usual == NULL || limits->request == NULL ||
        quantity_compare(limits->usual, limits->request) == 0)
        return;
    quantity_format(limits->usual, usual_text);
    quantity_format(limits->request, request_text);
    invalid_quantity(errors, request, limits->request, "default value %s must equal to defaultRequest value %s in %s",
                     usual_text, request_text, name);
}

#define FIND(item_, member_, name_) quantity_entry_value((item_)->member_, (item_)->n_##member_, name_)

/* Each resource once: when the lists before the one it stands in do not have it. */
static void validate_resources(const struct api_limit_range_item *item, const struct field_at *at,
                               struct api_invalid *errors)
{
    bool pod = is_type(item, "Pod");
    const struct {
        const struct api_quantity_entry *list;
        size_t count;
    } lists[] = {
        { item->max, item->n_max },
        { item->min, item->n_min },
        { item->default_, pod ? 0 : item->n_default },
        { item->default_request, pod ? 0 : item->n_default_request },
        { item->max_limit_request_ratio, item->n_max_limit_request_ratio },
    };

    for (size_t i = 0; i < countof(lists); i++) {
        for (size_t k = 0; k < lists[i].count; k++) {
            const char *name = text_or_empty(lists[i].list[k].key);
            bool seen = false;
            for (size_t before = 0; before < i; before++)
                seen = seen || quantity_entry_value(lists[before].list, lists[before].count, name) != NULL;
            if (seen)
                continue;
            struct limits limits = {
                .min = FIND(item, min, name),
                .max = FIND(item, max, name),
                .usual = pod ? NULL : quantity_entry_value(item->default_, item->n_default, name),
                .request = pod ? NULL : FIND(item, default_request, name),
                .ratio = FIND(item, max_limit_request_ratio, name),
            };
            validate_resource(name, &limits, at, errors);
        }
    }
}

static void validate_item(const struct api_limit_range_item *item, const struct field_at *at,
                          struct api_invalid *errors)
{
    validate_names(item, item->max, item->n_max, at_field(at, "max"), errors);
    validate_names(item, item->min, item->n_min, at_field(at, "min"), errors);
    if (is_type(item, "Pod")) {
        if (item->n_default > 0)
            invalid_forbidden(errors, at_field(at, "default"), "may not be specified when `type` is 'Pod'");
        if (item->n_default_request > 0)
            invalid_forbidden(errors, at_field(at, "defaultRequest"), "may not be specified when `type` is 'Pod'");
    } else {
        validate_names(item, item->default_, item->n_default, at_field(at, "default"), errors);
        validate_names(item, item->default_request, item->n_default_request, at_field(at, "defaultRequest"), errors);
    }
    if (is_type(item, "PersistentVolumeClaim") && FIND(item, min, "storage") == NULL &&
        FIND(item, max, "storage") == NULL)
        invalid_required(errors, at_field(at, "limits"),
                         "either minimum or maximum storage value is required, but neither was provided");
    validate_names(item, item->max_limit_request_ratio, item->n_max_limit_request_ratio,
                   at_field(at, "maxLimitRequestRatio"), errors);
    validate_resources(item, at, errors);
}

void validate_limit_range_create(const void *object, struct api_invalid *errors)
{
    const struct api_limit_range *range = object;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "limits");

    for (size_t i = 0; i < range->spec.n_limits; i++) {
        const struct api_limit_range_item *item = &range->spec.limits[i];
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(range->spec.limits[k].type, item->type);
        validate_type(item->type, at_field(at_index(at, i), "type"), errors);
        if (repeated)
            invalid_duplicate(errors, at_field(at_index(at, i), "type"), item->type);
        validate_item(item, at_index(at, i), errors);
    }
}

void validate_limit_range_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_limit_range_create(object, errors);
}

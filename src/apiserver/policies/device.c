/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* device.c - selectors of devices: 'device' with its driver, its attributes and its capacity by domain.
 *
 * Sizes are bounded by what a ResourceSlice may hold, so the worst case of a selector is known when it is written. */
#include "apiserver/policies/expression.h"
#include "apiserver/policies/policies.h"

/* Upstream's (k8s.io/api/resource) */
#define DRIVER_SIZE_MAX    63
#define DOMAIN_SIZE_MAX    63
#define ID_SIZE_MAX        32
#define ATTRIBUTE_SIZE_MAX 64
#define ATTRIBUTES_MAX     32
#define SELECTOR_COST_MAX  1000000

static const struct cel_type driver_type = { .kind = CEL_STRING, .max = DRIVER_SIZE_MAX };
static const struct cel_type domain_type = { .kind = CEL_STRING, .max = DOMAIN_SIZE_MAX };
static const struct cel_type id_type = { .kind = CEL_STRING, .max = ID_SIZE_MAX };
static const struct cel_type attribute_type = {
    .kind = CEL_DYN, .name = "any", .nullable = true, .max = ATTRIBUTE_SIZE_MAX
};
static const struct cel_type attributes_type = {
    .kind = CEL_MAP, .key = &id_type, .element = &attribute_type, .max = ATTRIBUTES_MAX
};
static const struct cel_type attribute_domains_type = {
    .kind = CEL_MAP, .key = &domain_type, .element = &attributes_type, .max = ATTRIBUTES_MAX
};

static bool is_unknown(const struct cel_type *type)
{
    return type->kind == CEL_DYN && text_equal(type->name, attribute_type.name);
}

const char *device_selector_check(const char *text, struct arena *arena, bool *ret_costly)
{
    static const struct cel_type flag = { .kind = CEL_BOOL };
    const struct cel_type capacities_type = {
        .kind = CEL_MAP, .key = &id_type, .element = cel_type_quantity(), .max = ATTRIBUTES_MAX
    };
    const struct cel_type capacity_domains_type = {
        .kind = CEL_MAP, .key = &domain_type, .element = &capacities_type, .max = ATTRIBUTES_MAX
    };
    const struct cel_field fields[] = {
        { .name = "allowMultipleAllocations", .json = "allowMultipleAllocations", .type = &flag },
        { .name = "attributes", .json = "attributes", .type = &attribute_domains_type },
        { .name = "capacity", .json = "capacity", .type = &capacity_domains_type },
        { .name = "driver", .json = "driver", .type = &driver_type },
    };
    const struct cel_type device = {
        .kind = CEL_OBJECT, .name = "kubernetes.DRADevice", .fields = fields, .field_count = countof(fields)
    };
    const struct cel_variable variable = { .name = "device", .type = &device, .sized = true };
    const struct cel_environment environment = { &variable, 1, CEL_LIBRARY_AUTHORIZER | CEL_LIBRARY_BINDINGS };
    auto_arena struct arena programs = { 0 };
    auto_buffer struct buffer type = { 0 };
    const char *problem = NULL;
    struct cel_program *program = policy_compile(&environment, str_of(text), &programs, &problem);

    if (program == NULL)
        return arena_format(arena, "%s: %s", cel_failure(problem), problem);
    if (cel_program_type(program)->kind != CEL_BOOL && !is_unknown(cel_program_type(program))) {
        cel_type_print(cel_program_type(program), &type);
        return arena_format(arena, "must evaluate to bool or the unknown type, not %s", type.data);
    }
    *ret_costly = cel_program_cost(program).max > SELECTOR_COST_MAX;
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Every line of api/descriptions names something of the API, and what the groups below have is described. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/openapi/descriptions.h"

#define TEXT_MAX 300

/* Whose every type and field is described. */
static const char *const complete[] = {
    "k8s.io/api/core/v1",        "k8s.io/api/apps/v1",        "k8s.io/api/batch/v1",
    "k8s.io/api/networking/v1",  "k8s.io/api/policy/v1",      "k8s.io/api/rbac/v1",
    "k8s.io/api/autoscaling/v1", "k8s.io/api/autoscaling/v2", "k8s.io/api/storage/v1",
};

/* Types that are reached from the kinds, each once. */
struct types {
    const struct api_type *items[2048];
    size_t count;
};

static void add_type(struct types *types, const struct api_type *type)
{
    for (size_t i = 0; i < types->count; i++)
        if (types->items[i] == type)
            return;
    assert_true(types->count < countof(types->items));
    types->items[types->count++] = type;
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].type != NULL)
            add_type(types, type->fields[i].type);
}

static const struct types *all_types(void)
{
    static struct types types;
    for (size_t i = 0; types.count == 0 || i < api_kind_count; i++)
        add_type(&types, api_kinds[i].type);
    return &types;
}

static const struct api_type *find_type(struct str package, struct str name)
{
    const struct types *types = all_types();
    for (size_t i = 0; i < types->count; i++)
        if (str_is(name, types->items[i]->name) && types->items[i]->go_package != NULL &&
            str_is(package, types->items[i]->go_package))
            return types->items[i];
    return NULL;
}

static bool has_field(const struct api_type *type, struct str key)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].name != NULL && str_is(key, type->fields[i].name))
            return true;
    return false;
}

static void test_lines_name_what_exists(void **state)
{
    struct descriptions *descriptions = descriptions_create();
    struct description_line line = descriptions_lines(descriptions);
    size_t bad = 0;
    (void)state;
    while (descriptions_next(&line)) {
        const struct api_type *type = find_type(line.package, line.type);
        const char *wrong = type == NULL                                          ? "no such type"
                            : line.field.size > 0 && !has_field(type, line.field) ? "no such field"
                            : line.text.size == 0                                 ? "no text"
                            : line.text.size > TEXT_MAX                           ? "too long"
                            : line.text.data[line.text.size - 1] != '.'           ? "no full stop at the end"
                                                                                  : NULL;
        for (size_t i = 0; wrong == NULL && i < line.text.size; i++)
            if ((unsigned char)line.text.data[i] < ' ' || (unsigned char)line.text.data[i] > '~')
                wrong = "not ASCII";
        if (wrong != NULL && ++bad < 20)
            print_error(STR_FMT "." STR_FMT " " STR_FMT ": %s\n", STR_ARG(line.package), STR_ARG(line.type),
                        STR_ARG(line.field), wrong);
    }
    descriptions_destroy(descriptions);
    assert_int_equal(bad, 0);
}

static size_t missing_of(const struct descriptions *descriptions, const struct api_type *type)
{
    size_t missing = 0;
    if (descriptions_of_type(descriptions, type).size == 0) {
        print_error("%s.%s has no description\n", type->go_package, type->name);
        missing++;
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        const char *key = type->fields[i].name;
        if (key == NULL || descriptions_of_field(descriptions, type, key).size > 0)
            continue;
        print_error("%s.%s.%s has no description\n", type->go_package, type->name, key);
        missing++;
    }
    return missing;
}

static void test_groups_are_complete(void **state)
{
    const struct types *types = all_types();
    struct descriptions *descriptions = descriptions_create();
    size_t missing = 0;
    (void)state;
    for (size_t i = 0; i < types->count; i++)
        for (size_t j = 0; j < countof(complete); j++)
            if (types->items[i]->go_package != NULL && strcmp(types->items[i]->go_package, complete[j]) == 0)
                missing += missing_of(descriptions, types->items[i]);
    descriptions_destroy(descriptions);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_name_what_exists),
        cmocka_unit_test(test_groups_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition.c - schemas of CustomResourceDefinitions that say what nobody looks at. */
#include <string.h>

#include "api/structural/structure.h"
#include "api/warnings/kind_warnings.h"

struct warnings {
    const struct warning_list *list; /* NULL: only collects */
    const struct warnings *old;
    const char **texts;
    size_t count;
    struct arena *arena;
};

#define WARNINGS_MAX 64

static bool has_warning(const struct warnings *warnings, const char *text)
{
    for (size_t i = 0; warnings != NULL && i < warnings->count; i++)
        if (strcmp(warnings->texts[i], text) == 0)
            return true;
    return false;
}

static void warn_once(struct warnings *warnings, const char *text)
{
    if (warnings->count == WARNINGS_MAX || has_warning(warnings, text) || has_warning(warnings->old, text))
        return;
    warnings->texts[warnings->count++] = text;
    if (warnings->list != NULL)
        warning_add(warnings->list, NULL, "%s", text);
}

static bool find_format(const struct api_apiextensions_json_schema_props *schema, void *context)
{
    struct warnings *warnings = context;
    if (!text_empty(schema->format) && !structural_format_known(schema->type, schema->format))
        warn_once(warnings, arena_format(warnings->arena, "unrecognized format \"%s\"", schema->format));
    return false;
}

static bool find_set(const struct api_apiextensions_json_schema_props *schema, void *context)
{
    struct warnings *warnings = context;
    const struct api_apiextensions_json_schema_props *items = schema->items != NULL ? schema->items->schema : NULL;
    if (text_equal(schema->x_kubernetes_list_type, "set") && items != NULL &&
        ((text_equal(items->type, "object") && !text_equal(items->x_kubernetes_map_type, "atomic")) ||
         text_equal(items->type, "array")))
        warn_once(warnings, arena_format(warnings->arena,
                                         "x-kubernetes-list-type: set for items of type \"%s\" is not supported by "
                                         "server-side apply or CEL validation rules",
                                         items->type));
    return false;
}

static void collect(const struct api_apiextensions_custom_resource_definition *definition, structural_predicate *find,
                    struct warnings *warnings)
{
    for (size_t i = 0; i < definition->spec.n_versions; i++)
        if (definition->spec.versions[i].schema != NULL)
            structural_any(definition->spec.versions[i].schema->open_apiv3_schema, find, warnings);
}

/* Formats that nobody checks, and sets that others cannot merge; what was there before is not said again. */
void warn_of_definition(const void *object, const void *old, const struct warning_list *list)
{
    auto_arena struct arena arena = { 0 };
    struct warnings before = { .texts = arena_new_array(&arena, const char *, WARNINGS_MAX), .arena = &arena };
    struct warnings now = { .list = list, .old = &before, .arena = &arena };
    now.texts = arena_new_array(&arena, const char *, WARNINGS_MAX);
    structural_predicate *const finds[] = { find_format, find_set };
    for (size_t i = 0; i < countof(finds); i++) {
        if (old != NULL)
            collect(old, finds[i], &before);
        collect(object, finds[i], &now);
    }
}

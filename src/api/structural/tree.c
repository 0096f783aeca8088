/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tree.c - JSONSchemaProps compiled into nodes. */
#include <stdlib.h>
#include <string.h>

#include "api/structural/checks.h"
#include "base/memory.h"
#include "base/ref.h"
#include "codec/json.h"
#include "generated/types.h"

typedef struct api_apiextensions_json_schema_props props;
typedef struct api_apiextensions_json_schema_props_entry props_entry;

struct structural {
    struct ref ref;
    struct arena arena;
    const struct structural_node *root;
    bool has_rules;
};

struct compiler {
    struct structural *schema;
    struct arena *arena;
    size_t nodes;
    struct error *err;
};

static int compile(struct compiler *compiler, const props *from, size_t depth, bool nested,
                   const struct structural_node **ret_node);

static void drop_doc(void *doc)
{
    yyjson_doc_free(doc);
}

static void drop_regex(void *regex)
{
    regex_destroy(regex);
}

/* Parsed for as long as the schema lives. */
static int parse(struct compiler *compiler, struct str json, yyjson_val **ret_value)
{
    yyjson_read_err problem;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)json.data, json.size, 0, NULL, &problem);
    if (doc == NULL)
        return error_set(compiler->err, ERROR_INVALID, "a value of the schema is no JSON: %s", problem.msg);
    arena_hold(compiler->arena, drop_doc, doc);
    *ret_value = yyjson_doc_get_root(doc);
    return 0;
}

static int check_supported(struct compiler *compiler, const props *from)
{
    static const char text[] = "OpenAPIV3Schema '%s' is not supported";
    const char *what = !text_empty(from->id)            ? "id"
                       : !text_empty(from->schema)      ? "schema"
                       : !text_empty(from->ref)         ? "$ref"
                       : from->n_pattern_properties > 0 ? "patternProperties"
                       : from->n_dependencies > 0       ? "dependencies"
                       : from->additional_items != NULL ? "additionalItems"
                       : from->n_definitions > 0        ? "definitions"
                                                        : NULL;
    if (what != NULL)
        return error_set(compiler->err, ERROR_INVALID, text, what);
    if (from->items != NULL && from->items->schema == NULL)
        return error_set(compiler->err, ERROR_INVALID, "OpenAPIV3Schema 'items' must be a schema, but is an array");
    if (from->x_kubernetes_preserve_unknown_fields != NULL && !*from->x_kubernetes_preserve_unknown_fields)
        return error_set(compiler->err, ERROR_INVALID,
                         "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined");
    return 0;
}

static int type_of(struct compiler *compiler, const char *name, uint8_t *ret_type)
{
    static const char *const names[] = { "", "object", "array", "string", "integer", "number", "boolean" };
    for (size_t i = 0; i < countof(names); i++)
        if (text_equal(name, names[i])) {
            *ret_type = (uint8_t)i;
            return 0;
        }
    return error_set(compiler->err, ERROR_INVALID, "type \"%s\" is not supported", name);
}

static int compile_list(struct compiler *compiler, const props *from, size_t count, size_t depth,
                        const struct structural_node *const **ret_nodes, uint32_t *ret_count)
{
    if (count == 0)
        return 0;
    const struct structural_node **nodes = arena_new_array(compiler->arena, const struct structural_node *, count);
    for (size_t i = 0; i < count; i++) {
        int rc = compile(compiler, &from[i], depth, true, &nodes[i]);
        if (rc < 0)
            return rc;
    }
    *ret_nodes = nodes;
    *ret_count = (uint32_t)count;
    return 0;
}

static int compile_enum(struct compiler *compiler, const props *from, struct structural_checks *checks)
{
    auto_buffer struct buffer text = { 0 };
    if (from->n_enum == 0)
        return 0;
    for (size_t i = 0; i < from->n_enum; i++) {
        buffer_append_char(&text, i == 0 ? '[' : ',');
        buffer_append_str(&text, from->enum_[i].size > 0 ? from->enum_[i] : STR("null"));
    }
    buffer_append_char(&text, ']');
    return parse(compiler, buffer_str(&text), &checks->enumeration);
}

static void compile_pattern(struct compiler *compiler, const props *from, struct structural_checks *checks)
{
    struct regex *regex = NULL;
    struct error problem = { 0 };
    if (text_empty(from->pattern))
        return;
    checks->pattern = arena_strdup(compiler->arena, from->pattern);
    if (regex_compile(str_of(from->pattern), &regex, &problem) < 0) {
        checks->regex_problem = arena_strdup(compiler->arena, problem.message);
        return;
    }
    arena_hold(compiler->arena, drop_regex, regex);
    checks->regex = regex;
}

/* Formats that upstream does not know for the type say nothing. */
static void compile_format(struct compiler *compiler, const props *from, bool int_or_string,
                           struct structural_checks *checks)
{
    static const char *const numbers[] = { "", "int32", "int64", "float", "double" };
    if (text_empty(from->format))
        return;
    const char *type = int_or_string ? "int-or-string" : text_or_empty(from->type);
    bool any = type[0] == '\0' || int_or_string;
    if (any || strcmp(type, "string") == 0)
        checks->format = structural_format_find(str_of(from->format));
    for (uint8_t i = NUMBER_INT32; i <= NUMBER_DOUBLE; i++) {
        const char *owner = i <= NUMBER_INT64 ? "integer" : "number";
        if (strcmp(type, owner) == 0 && strcmp(from->format, numbers[i]) == 0)
            checks->number_format = i;
    }
    if (checks->format != NULL || checks->number_format != NUMBER_FORMAT_NONE)
        checks->format_name = arena_strdup(compiler->arena, from->format);
}

static int64_t number_or_unset(const int64_t *number)
{
    return number != NULL ? *number : CHECK_UNSET;
}

static bool has_checks(const props *from)
{
    return from->maximum != NULL || from->minimum != NULL || from->multiple_of != NULL || from->max_length != NULL ||
           from->min_length != NULL || !text_empty(from->pattern) || from->max_items != NULL ||
           from->min_items != NULL || from->n_enum > 0 || from->max_properties != NULL ||
           from->min_properties != NULL || from->n_required > 0 || from->n_all_of > 0 || from->n_any_of > 0 ||
           from->n_one_of > 0 || from->not != NULL || !text_empty(from->format);
}

static int compile_checks(struct compiler *compiler, const props *from, size_t depth, struct structural_node *node)
{
    if (!has_checks(from))
        return 0;
    struct structural_checks *checks = arena_new(compiler->arena, struct structural_checks);
    *checks = (struct structural_checks){
        .has_maximum = from->maximum != NULL,
        .has_minimum = from->minimum != NULL,
        .has_multiple = from->multiple_of != NULL,
        .maximum = from->maximum != NULL ? *from->maximum : 0,
        .minimum = from->minimum != NULL ? *from->minimum : 0,
        .multiple = from->multiple_of != NULL ? *from->multiple_of : 0,
        .exclusive_maximum = from->exclusive_maximum,
        .exclusive_minimum = from->exclusive_minimum,
        .max_length = number_or_unset(from->max_length),
        .min_length = number_or_unset(from->min_length),
        .max_items = number_or_unset(from->max_items),
        .min_items = number_or_unset(from->min_items),
        .max_properties = number_or_unset(from->max_properties),
        .min_properties = number_or_unset(from->min_properties),
    };
    compile_pattern(compiler, from, checks);
    compile_format(compiler, from, node->int_or_string, checks);
    if (from->n_required > 0)
        checks->required = arena_new_array(compiler->arena, struct str, from->n_required);
    for (; checks->n_required < from->n_required; checks->n_required++)
        checks->required[checks->n_required] = arena_str(compiler->arena, str_of(from->required[checks->n_required]));
    node->checks = checks;

    int rc = compile_enum(compiler, from, checks);
    if (rc == 0)
        rc = compile_list(compiler, from->all_of, from->n_all_of, depth, &checks->all_of, &checks->n_all_of);
    if (rc == 0)
        rc = compile_list(compiler, from->any_of, from->n_any_of, depth, &checks->any_of, &checks->n_any_of);
    if (rc == 0)
        rc = compile_list(compiler, from->one_of, from->n_one_of, depth, &checks->one_of, &checks->n_one_of);
    if (rc == 0 && from->not != NULL)
        rc = compile(compiler, from->not, depth, true, &checks->not );
    return rc;
}

/* What a node says of all that is below it. */
static void note_below(struct structural_node *node, const struct structural_node *below)
{
    if (below == NULL)
        return;
    node->fills = node->fills || below->fills;
    node->embeds_below = node->embeds_below || below->embeds_below;
    node->unique_below = node->unique_below || below->unique_below;
    node->rules_below = node->rules_below || below->rules_below;
}

static struct str written_name(struct str name, struct arena *arena)
{
    auto_buffer struct buffer text = { 0 };
    buffer_append_char(&text, ',');
    json_append_string(&text, name);
    buffer_append_char(&text, ':');
    return arena_str(arena, buffer_str(&text));
}

static int compile_properties(struct compiler *compiler, const props *from, size_t depth, struct structural_node *node)
{
    struct structural_property *properties =
        arena_new_array(compiler->arena, struct structural_property, from->n_properties);
    size_t filled = 0;
    for (size_t i = 0; i < from->n_properties; i++) {
        const props_entry *entry = &from->properties[i];
        int rc = compile(compiler, &entry->value, depth, node->nested, &properties[i].node);
        if (rc < 0)
            return rc;
        properties[i].name = arena_str(compiler->arena, str_of(entry->key));
        properties[i].json = written_name(properties[i].name, compiler->arena);
        filled += properties[i].node->fill.data != NULL;
        note_below(node, properties[i].node);
    }
    node->properties = properties;
    node->n_properties = (uint32_t)from->n_properties;
    if (filled == 0)
        return 0;
    const struct structural_property **list =
        arena_new_array(compiler->arena, const struct structural_property *, filled);
    for (size_t i = 0; i < from->n_properties; i++)
        if (properties[i].node->fill.data != NULL)
            list[node->n_filled++] = &properties[i];
    node->filled = list;
    return 0;
}

static int compile_parts(struct compiler *compiler, const props *from, size_t depth, struct structural_node *node)
{
    int rc = 0;
    if (from->n_properties > 0)
        rc = compile_properties(compiler, from, depth, node);
    if (rc == 0 && from->items != NULL) {
        rc = compile(compiler, from->items->schema, depth, node->nested, &node->items);
        if (rc == 0)
            note_below(node, node->items);
    }
    if (rc < 0 || from->additional_properties == NULL)
        return rc;
    const struct api_apiextensions_json_schema_props_or_bool *more = from->additional_properties;
    if (more->schema == NULL) {
        node->additional = more->allows ? STRUCTURAL_ADDITIONAL_TRUE : STRUCTURAL_ADDITIONAL_FALSE;
        return 0;
    }
    node->additional = STRUCTURAL_ADDITIONAL_SCHEMA;
    rc = compile(compiler, more->schema, depth, node->nested, &node->additional_node);
    if (rc == 0)
        note_below(node, node->additional_node);
    return rc;
}

static int compile_fill(struct compiler *compiler, const props *from, struct structural_node *node)
{
    yyjson_val *given = NULL;
    if (from->default_.data == NULL)
        return 0;
    int rc = parse(compiler, from->default_, &given);
    if (rc < 0 || yyjson_is_null(given)) /* upstream takes a null for no default */
        return rc;
    auto_buffer struct buffer text = { .max = STRUCTURAL_FILL_MAX };
    rc = structural_write_fill(node, given, &text, compiler->err);
    if (rc < 0)
        return rc;
    node->fill = arena_str(compiler->arena, buffer_str(&text));
    node->fills = true;
    return parse(compiler, node->fill, &node->fill_value);
}

static void compile_rules(struct compiler *compiler, const props *from, struct structural_node *node)
{
    if (from->n_x_kubernetes_validations == 0)
        return;
    struct api_apiextensions_validation_rule *rules =
        arena_new_array(compiler->arena, struct api_apiextensions_validation_rule, from->n_x_kubernetes_validations);
    for (size_t i = 0; i < from->n_x_kubernetes_validations; i++) {
        const struct api_apiextensions_validation_rule *copy =
            api_copy(&api_type_apiextensions_validation_rule, &from->x_kubernetes_validations[i], compiler->arena);
        rules[i] = *copy;
    }
    node->rules = rules;
    node->n_rules = (uint32_t)from->n_x_kubernetes_validations;
    node->rules_below = true;
    compiler->schema->has_rules = true;
}

static void compile_list_type(struct compiler *compiler, const props *from, struct structural_node *node)
{
    node->list_typed = from->x_kubernetes_list_type != NULL;
    node->list = text_equal(from->x_kubernetes_list_type, "set")   ? STRUCTURAL_LIST_SET
                 : text_equal(from->x_kubernetes_list_type, "map") ? STRUCTURAL_LIST_MAP
                                                                   : STRUCTURAL_LIST_ATOMIC;
    node->unique_below = node->list != STRUCTURAL_LIST_ATOMIC;
    if (from->n_x_kubernetes_list_map_keys == 0)
        return;
    const char **keys = arena_new_array(compiler->arena, const char *, from->n_x_kubernetes_list_map_keys + 1);
    for (size_t i = 0; i < from->n_x_kubernetes_list_map_keys; i++)
        keys[i] = arena_strdup(compiler->arena, text_or_empty(from->x_kubernetes_list_map_keys[i]));
    node->list_keys = keys;
    node->n_list_keys = (uint32_t)from->n_x_kubernetes_list_map_keys;
}

static int compile(struct compiler *compiler, const props *from, size_t depth, bool nested,
                   const struct structural_node **ret_node)
{
    if (depth == STRUCTURAL_SCHEMA_MAX || ++compiler->nodes > STRUCTURAL_NODES_MAX)
        return error_set(compiler->err, ERROR_LIMIT, "the schema is too large");
    int rc = check_supported(compiler, from);
    if (rc < 0)
        return rc;
    struct structural_node *node = arena_new(compiler->arena, struct structural_node);
    *node = (struct structural_node){
        .nested = nested,
        .nullable = from->nullable,
        .int_or_string = from->x_kubernetes_int_or_string,
        .embedded = from->x_kubernetes_embedded_resource,
        .embeds_below = from->x_kubernetes_embedded_resource,
        .preserve = from->x_kubernetes_preserve_unknown_fields != NULL,
        .map_atomic = text_equal(from->x_kubernetes_map_type, "atomic"),
    };
    rc = type_of(compiler, from->type, &node->type);
    if (rc < 0)
        return rc;
    compile_list_type(compiler, from, node);
    compile_rules(compiler, from, node);
    rc = compile_parts(compiler, from, depth + 1, node);
    if (rc == 0)
        rc = compile_checks(compiler, from, depth + 1, node);
    if (rc == 0 && !nested)
        rc = compile_fill(compiler, from, node);
    if (rc == 0)
        *ret_node = node;
    return rc;
}

int structural_create(const props *schema, struct structural **ret_schema, struct error *err)
{
    struct structural *made = memory_new(struct structural);
    ref_init(&made->ref);
    made->arena.step = 4096;
    struct compiler compiler = { .schema = made, .arena = &made->arena, .err = err };
    int rc = compile(&compiler, schema, 0, false, &made->root);
    if (rc < 0) {
        structural_unref(made);
        return rc;
    }
    *ret_schema = made;
    return 0;
}

struct structural *structural_ref(const struct structural *schema)
{
    struct structural *shared = (struct structural *)(uintptr_t)schema;
    if (shared != NULL)
        ref_get(&shared->ref);
    return shared;
}

void structural_unref(const struct structural *schema)
{
    struct structural *shared = (struct structural *)(uintptr_t)schema;
    if (shared == NULL || !ref_put(&shared->ref))
        return;
    arena_fini(&shared->arena);
    free(shared);
}

const struct structural_node *structural_root(const struct structural *schema)
{
    return schema != NULL ? schema->root : NULL;
}

bool structural_has_rules(const struct structural *schema)
{
    return schema != NULL && schema->has_rules;
}

static int64_t bound_of(int64_t max)
{
    return max == CHECK_UNSET ? -1 : max < 0 ? 0 : max;
}

int64_t structural_max_items(const struct structural_node *node)
{
    return node->checks != NULL ? bound_of(node->checks->max_items) : -1;
}

int64_t structural_max_properties(const struct structural_node *node)
{
    return node->checks != NULL ? bound_of(node->checks->max_properties) : -1;
}

size_t structural_property_index(const struct structural_node *node, struct str name)
{
    size_t low = 0, high = node->n_properties;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(node->properties[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return node->n_properties;
}

const struct structural_node *structural_property_find(const struct structural_node *node, struct str name)
{
    size_t index = structural_property_index(node, name);
    return index < node->n_properties ? node->properties[index].node : NULL;
}

const struct structural_node *structural_member_node(const struct structural_node *node, struct str name)
{
    const struct structural_node *found = structural_property_find(node, name);
    return found != NULL ? found : node->additional_node;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rules.c - the rules of a schema, and their run over a document. */
#include "apiserver/rules/rules.h"

#include <stdlib.h>
#include <string.h>

#include "apiserver/rules/rule.h"
#include "base/memory.h"
#include "codec/json.h"
#include "generated/types.h"

/* A place with rules at it or below. */
struct rule_place {
    const struct structural_node *node;
    struct rule *rules;
    size_t n_rules;
    const char *error; /* no type, no rules */
    const struct cel_type *self;
    const struct rule_place **properties; /* beside those of the node; NULL entries: nothing there */
    const struct rule_place *items, *additional;
};

struct rule_set {
    struct arena arena;
    const struct structural *schema;
    const struct rule_place *root;
};

static const struct field_at no_path = { .name = "<nil>" };

/* ---------------------------------------------------------------- compiling */

static const struct rule_place *make_place(const struct structural_node *node, bool root, struct arena *arena);

static bool make_children(const struct structural_node *node, struct rule_place *place, struct arena *arena)
{
    bool any = false;
    if (node->n_properties > 0)
        place->properties = arena_new_array(arena, const struct rule_place *, node->n_properties);
    for (uint32_t i = 0; i < node->n_properties; i++) {
        const struct structural_node *property = node->properties[i].node;
        place->properties[i] = make_place(property, property->embedded, arena);
        any = any || place->properties[i] != NULL;
    }
    if (node->items != NULL)
        place->items = make_place(node->items, node->items->embedded, arena);
    if (node->additional_node != NULL)
        place->additional = make_place(node->additional_node, node->additional_node->embedded, arena);
    return any || place->items != NULL || place->additional != NULL;
}

static const struct rule_place *make_place(const struct structural_node *node, bool root, struct arena *arena)
{
    if (!node->rules_below)
        return NULL;
    struct rule_place *place = arena_new(arena, struct rule_place);
    place->node = node;
    bool any = make_children(node, place, arena);
    if (node->n_rules == 0)
        return any ? place : NULL;
    place->self = rule_type_of(node, root, arena);
    if (place->self == NULL) {
        place->error = "failed to convert to declType for CEL validation rules";
        return place;
    }
    place->rules = arena_new_array(arena, struct rule, node->n_rules);
    for (; place->n_rules < node->n_rules; place->n_rules++)
        rule_compile(node, place->self, &node->rules[place->n_rules], arena, &place->rules[place->n_rules]);
    return place;
}

struct rule_set *rule_set_create(const struct structural *schema)
{
    if (!structural_has_rules(schema))
        return NULL;
    struct rule_set *rules = memory_new(struct rule_set);
    rules->arena.step = 4096;
    rules->schema = structural_ref(schema);
    rules->root = make_place(structural_root(schema), true, &rules->arena);
    return rules;
}

void rule_set_destroy(struct rule_set *rules)
{
    if (rules == NULL)
        return;
    arena_fini(&rules->arena);
    structural_unref(rules->schema);
    free(rules);
}

/* ---------------------------------------------------------------- running */

/* The last place on the way whose old value is known; what did not change there is tolerated. */
struct correlation {
    yyjson_val *value, *old;
};

struct run {
    struct api_invalid *errors;
    struct arena scratch;
    uint64_t budget;
    bool stopped;
};

static const char *const type_names[] = { "", "object", "array", "string", "integer", "number", "boolean" };

static const char *rule_text(const struct api_apiextensions_validation_rule *rule, struct arena *arena)
{
    struct str text = str_trim(str_of(text_empty(rule->message) ? text_or_empty(rule->rule) : rule->message));
    return arena_strndup(arena, text.data, text.size);
}

static const struct field_at *path_of(const struct field_at *at)
{
    return at != NULL ? at : &no_path;
}

static void fail_run(struct run *run, const struct rule_place *place, const struct field_at *at, const char *detail)
{
    invalid_string(run->errors, path_of(at), type_names[place->node->type], "%s", detail);
}

static void stop(struct run *run, const struct rule_place *place, const struct field_at *at, const char *detail)
{
    fail_run(run, place, at, detail);
    run->stopped = true;
}

#define OUT_OF_BUDGET "validation failed due to running out of cost budget, no further validation rules will be run"
#define MESSAGE_OUT_OF_BUDGET \
    "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"

static void say_problem(struct run *run, const struct rule_place *place, const struct rule *rule,
                        const struct field_at *at, const struct error *err)
{
    const char *text = rule_text(rule->text, &run->scratch);
    if (str_starts(str_of(err->message), STR("no such overload")))
        fail_run(
            run, place, at,
            arena_format(&run->scratch,
                         "'%s': call arguments did not match a supported operator, function or macro signature for "
                         "rule: %s",
                         err->message, text));
    else if (err->code == -ERROR_LIMIT)
        stop(run, place, at,
             arena_format(&run->scratch,
                          "'%s': no further validation rules will be run due to call cost exceeds limit for rule: %s",
                          err->message, text));
    else
        fail_run(run, place, at, arena_format(&run->scratch, "%s evaluating rule: %s", err->message, text));
}

/* The text of a messageExpression; NULL when it makes none that can be shown. */
static const char *make_message(struct run *run, const struct rule_place *place, const struct rule *rule,
                                const struct cel_value *values, const struct field_at *at)
{
    struct cel_value result;
    uint64_t cost = 0;
    struct error err = { 0 };
    int rc = cel_evaluate(rule->message, values, CEL_COST_PER_CALL, &run->scratch, &result, &cost, &err);
    if (cost > run->budget) {
        stop(run, place, at, MESSAGE_OUT_OF_BUDGET);
        return NULL;
    }
    run->budget -= cost;
    if (rc == -ERROR_LIMIT) {
        auto_buffer struct buffer quoted = { 0 };
        invalid_append_quoted(&quoted, rule->text->message_expression);
        stop(run, place, at,
             arena_format(
                 &run->scratch,
                 "no further validation rules will be run due to call cost exceeds limit for messageExpression: %s",
                 quoted.data));
        return NULL;
    }
    if (rc < 0 || result.kind != CEL_STRING)
        return NULL;
    struct str text = str_trim(result.text);
    if (text.size == 0 || text.size > CEL_MESSAGE_SIZE_MAX || str_find(text, '\n') < text.size)
        return NULL;
    return arena_strndup(&run->scratch, text.data, text.size);
}

/* A refusal, of the sort that the rule names. */
static void refuse(struct run *run, const struct rule_place *place, const struct rule *rule, yyjson_val *value,
                   const char *detail, const struct field_at *at)
{
    const char *reason = text_or_empty(rule->text->reason);
    const struct field_at *where = rule->field_path != NULL ? at_field(at, rule->field_path) : path_of(at);
    auto_buffer struct buffer shown = { 0 };
    const char *text = NULL; /* values that are not of one piece are not shown */
    bool quoted =
        yyjson_is_str(value) && place->node->type != STRUCTURAL_OBJECT && place->node->type != STRUCTURAL_ARRAY;
    if (!quoted && place->node->type != STRUCTURAL_OBJECT && place->node->type != STRUCTURAL_ARRAY) {
        json_append_value(&shown, value);
        text = shown.data;
    }
    if (strcmp(reason, "FieldValueForbidden") == 0)
        invalid_forbidden(run->errors, where, "%s", detail);
    else if (strcmp(reason, "FieldValueRequired") == 0)
        invalid_required(run->errors, where, "%s", detail);
    else if (strcmp(reason, "FieldValueDuplicate") == 0 && quoted)
        invalid_duplicate(run->errors, where, yyjson_get_str(value));
    else if (strcmp(reason, "FieldValueDuplicate") == 0)
        invalid_duplicate_raw(run->errors, where, text);
    else if (quoted)
        invalid_string(run->errors, where, yyjson_get_str(value), "%s", detail);
    else
        invalid_raw(run->errors, where, text, "%s", detail);
}

static void run_rule(struct run *run, const struct rule_place *place, const struct rule *rule, yyjson_val *value,
                     yyjson_val *old, const struct correlation *correlation, const struct field_at *at)
{
    bool optional = rule->text->optional_old_self != NULL && *rule->text->optional_old_self;
    if (rule->error != NULL) {
        fail_run(run, place, at, arena_format(&run->scratch, "rule compile error: %s", rule->error));
        return;
    }
    if (rule->program == NULL || (rule->uses_old && old == NULL && !optional))
        return;
    struct cel_value before = old != NULL ? cel_value_json(old, place->self) : cel_value_null(), result;
    struct cel_value values[] = { cel_value_json(value, place->self),
                                  optional ? cel_value_optional(&run->scratch, old != NULL ? &before : NULL) : before };
    uint64_t cost = 0;
    struct error err = { 0 };
    int rc = cel_evaluate(rule->program, values, CEL_COST_PER_CALL, &run->scratch, &result, &cost, &err);
    if (cost > run->budget) {
        stop(run, place, at, OUT_OF_BUDGET);
        return;
    }
    run->budget -= cost;
    if (rc < 0) {
        say_problem(run, place, rule, at, &err);
        return;
    }
    if (result.kind == CEL_BOOL && result.boolean)
        return;
    if (!rule->uses_old && correlation->old != NULL && structural_equal(correlation->value, correlation->old))
        return; /* it is what it was */
    const char *detail = rule->message != NULL ? make_message(run, place, rule, values, at) : NULL;
    if (run->stopped)
        return;
    if (detail == NULL && text_empty(rule->text->message))
        detail = arena_format(&run->scratch, "failed rule: %s", rule_text(rule->text, &run->scratch));
    refuse(run, place, rule, value, detail != NULL ? detail : rule_text(rule->text, &run->scratch), at);
}

static void run_place(struct run *run, const struct rule_place *place, yyjson_val *value, yyjson_val *old,
                      const struct correlation *correlation, const struct field_at *at);

static void run_members(struct run *run, const struct rule_place *place, yyjson_val *value, yyjson_val *old,
                        const struct correlation *correlation, const struct field_at *at)
{
    const struct structural_node *node = place->node;
    yyjson_obj_iter members = yyjson_obj_iter_with(value);
    for (yyjson_val *key; !run->stopped && (key = yyjson_obj_iter_next(&members)) != NULL;) {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        size_t index = structural_property_index(node, name);
        bool property = index < node->n_properties;
        const struct rule_place *below = property ? place->properties[index] : place->additional;
        if (below == NULL)
            continue;
        yyjson_val *member = yyjson_obj_iter_get_val(key);
        yyjson_val *old_member = yyjson_is_obj(old) ? yyjson_obj_getn(old, name.data, name.size) : NULL;
        struct correlation closer = { member, correlation->value == value
                                                  ? yyjson_obj_getn(correlation->old, name.data, name.size)
                                                  : NULL };
        run_place(run, below, member, old_member, correlation->value == value ? &closer : correlation,
                  property ? at_field(at, name.data) : at_key(at, name.data));
    }
}

static void run_items(struct run *run, const struct rule_place *place, yyjson_val *value, yyjson_val *old,
                      const struct correlation *correlation, const struct field_at *at)
{
    size_t index = 0, hint = 0;
    yyjson_arr_iter items = yyjson_arr_iter_with(value);
    for (yyjson_val *item; !run->stopped && (item = yyjson_arr_iter_next(&items)) != NULL; index++) {
        yyjson_val *old_item = yyjson_is_arr(old) ? structural_find_item(place->node, old, item, &hint) : NULL;
        struct correlation closer = { item, old_item };
        run_place(run, place->items, item, old_item, old_item != NULL ? &closer : correlation, at_index(at, index));
    }
}

static void run_place(struct run *run, const struct rule_place *place, yyjson_val *value, yyjson_val *old,
                      const struct correlation *correlation, const struct field_at *at)
{
    if (yyjson_is_null(value))
        return;
    if (place->error != NULL)
        fail_run(run, place, at, arena_format(&run->scratch, "rule compiler initialization error: %s", place->error));
    if (yyjson_is_null(old))
        old = NULL;
    for (size_t i = 0; i < place->n_rules && !run->stopped; i++) {
        if (run->budget == 0) {
            stop(run, place, at, OUT_OF_BUDGET);
            return;
        }
        run_rule(run, place, &place->rules[i], value, old, correlation, at);
        arena_clear(&run->scratch);
    }
    if (run->stopped)
        return;
    if (yyjson_is_obj(value))
        run_members(run, place, value, old, correlation, at);
    else if (yyjson_is_arr(value) && place->items != NULL)
        run_items(run, place, value, old, correlation, at);
}

void rule_run_alone(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                    struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    size_t before = errors->total;
    const struct rule_place *place = make_place(node, node->embedded, &arena);
    struct run run = { .errors = errors, .budget = CEL_COST_PER_REQUEST };
    const struct correlation none = { value, NULL };
    if (place == NULL)
        return;
    run_place(&run, place, value, value, &none, at);
    if (errors->total == before)
        run_place(&run, place, value, NULL, &none, at);
    arena_fini(&run.scratch);
}

/* Errors after which rules could see values that their types do not allow. */
static bool blocks(const struct api_invalid *errors)
{
    static const char *const reasons[] = { "FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong",
                                           "FieldValueTooMany", "FieldValueTypeInvalid" };
    for (size_t i = 0; i < errors->count; i++)
        for (size_t k = 0; k < countof(reasons); k++)
            if (strcmp(errors->errors[i].reason, reasons[k]) == 0)
                return true;
    return false;
}

void rule_set_validate(const struct rule_set *rules, yyjson_val *value, yyjson_val *old, struct api_invalid *errors)
{
    if (rules == NULL || rules->root == NULL)
        return;
    if (blocks(errors)) {
        invalid_raw(
            errors, &no_path, "null",
            "some validation rules were not checked because the object was invalid; correct the existing errors to "
            "complete validation");
        return;
    }
    struct run run = { .errors = errors, .budget = CEL_COST_PER_REQUEST };
    struct correlation correlation = { value, old };
    run_place(&run, rules->root, value, old, &correlation, NULL);
    arena_fini(&run.scratch);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* check.c - the rules of a CustomResourceDefinition that is written: do they compile, what may they cost. */
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/validation/apiextensions/definition.h"
#include "apiserver/rules/rule.h"
#include "apiserver/rules/rules.h"
#include "codec/json.h"
#include "generated/types.h"

#define UNBOUNDED       UINT64_MAX
#define EXPENSIVE_SHOWN 4

typedef struct api_apiextensions_validation_rule rule_text;

struct expensive {
    const char *path; /* in the arena */
    uint64_t cost;
};

/* One schema. */
struct check {
    struct api_invalid *errors;
    struct arena arena;
    bool unchanged; /* such a schema may cost what it did */
    uint64_t total;
    struct expensive expensive[EXPENSIVE_SHOWN + 1]; /* most first */
    size_t n_expensive;
};

/* What holds for a place because of those around it. */
struct place {
    uint64_t times;                      /* it may be there at most; UNBOUNDED */
    const struct field_at *uncorrelated; /* from where on no old value is known; NULL: it is */
};

static void check_place(struct check *check, const struct structural_node *node, bool root, struct place place,
                        const struct field_at *at);

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static void note_cost(struct check *check, const struct field_at *at, uint64_t cost)
{
    check->total = check->total > UINT64_MAX - cost ? UINT64_MAX : check->total + cost;
    if (cost < CEL_ESTIMATE_PER_RESOURCE / 100)
        return;
    auto_buffer struct buffer path = { 0 };
    field_at_format(at, &path);
    size_t i = check->n_expensive;
    for (; i > 0 && check->expensive[i - 1].cost < cost; i--)
        check->expensive[i] = check->expensive[i - 1];
    check->expensive[i] = (struct expensive){ arena_strdup(&check->arena, path.data), cost };
    if (check->n_expensive < EXPENSIVE_SHOWN)
        check->n_expensive++;
}

static void fail_cost(struct check *check, const struct field_at *at, const char *what, uint64_t cost, uint64_t limit)
{
    char factor[64] = "more than 100x";
    double exceeds = (double)cost / (double)limit;
    if (exceeds < 1.5)
        snprintf(factor, sizeof(factor), "%fx", exceeds);
    else if (exceeds <= 100)
        snprintf(factor, sizeof(factor), "%.1fx", exceeds);
    invalid_forbidden(
        check->errors, at,
        "%s exceeds budget by factor of %s (try simplifying the rule, or adding maxItems, maxProperties, and "
        "maxLength where arrays, maps, and strings are declared)",
        what, factor);
}

static void append_member(struct buffer *out, const char *name, const char *value)
{
    buffer_format(out, "\"%s\":", name);
    json_append_string(out, str_of(text_or_empty(value)));
    buffer_append_char(out, ',');
}

/* A rule as upstream shows it: the fields of its struct. */
static void show_rule(const rule_text *rule, struct buffer *out)
{
    buffer_append_char(out, '{');
    append_member(out, "Rule", rule->rule);
    append_member(out, "Message", rule->message);
    append_member(out, "MessageExpression", rule->message_expression);
    if (rule->reason != NULL)
        append_member(out, "Reason", rule->reason);
    else
        buffer_append_text(out, "\"Reason\":null,");
    append_member(out, "FieldPath", rule->field_path);
    buffer_format(out, "\"OptionalOldSelf\":%s}",
                  rule->optional_old_self == NULL ? "null"
                  : *rule->optional_old_self      ? "true"
                                                  : "false");
}

static void check_cost(struct check *check, const struct rule *rule, uint64_t times, const struct field_at *at)
{
    const struct field_at *rule_at = at_field(at, "rule"), *message_at = at_field(at, "messageExpression");
    uint64_t cost = rule->program != NULL ? multiply(cel_program_cost(rule->program).max, times) : 0;
    if (!check->unchanged && cost > CEL_ESTIMATE_PER_RULE)
        fail_cost(check, rule_at, "estimated rule cost", cost, CEL_ESTIMATE_PER_RULE);
    note_cost(check, rule_at, cost);
    if (rule->message == NULL)
        return;
    uint64_t message = cel_program_cost(rule->message).max;
    if (!check->unchanged && message > CEL_ESTIMATE_PER_RULE)
        fail_cost(check, message_at, "estimated messageExpression cost", message, CEL_ESTIMATE_PER_RULE);
    note_cost(check, message_at, message);
}

static void check_rule(struct check *check, const struct rule *rule, uint64_t times, const struct place *place,
                       const struct field_at *at)
{
    auto_buffer struct buffer shown = { 0 }, path = { 0 };
    show_rule(rule->text, &shown);
    check_cost(check, rule, times, at);
    if (rule->error != NULL)
        invalid_raw(check->errors, at_field(at, "rule"), shown.data, "%s", rule->error);
    if (rule->message_error != NULL)
        invalid_raw(check->errors, at_field(at, "messageExpression"), shown.data, "%s", rule->message_error);
    if (rule->uses_old && place->uncorrelated != NULL) {
        field_at_format(place->uncorrelated, &path);
        invalid_string(check->errors, at_field(at, "rule"), rule->text->rule,
                       "oldSelf cannot be used on the uncorrelatable portion of the schema within %s",
                       text_or_empty(path.data));
    } else if (!rule->uses_old && rule->text->optional_old_self != NULL) {
        invalid_raw(check->errors, at_field(at, "optionalOldSelf"), *rule->text->optional_old_self ? "true" : "false",
                    "may not be set if oldSelf is not used in rule");
    }
}

static void check_rules(struct check *check, const struct structural_node *node, bool root, const struct place *place,
                        const struct field_at *at)
{
    auto_arena struct arena arena = { 0 };
    const struct cel_type *self = rule_type_of(node, root, &arena);
    const struct field_at *rules_at = at_field(at, "x-kubernetes-validations");
    if (self == NULL) {
        invalid_forbidden(check->errors, rules_at, "the values at this place are not visible to rules");
        return;
    }
    uint64_t times = place->times == UNBOUNDED ? cel_type_cardinality(self) : place->times;
    for (uint32_t i = 0; i < node->n_rules; i++) {
        struct rule rule;
        rule_compile(node, self, &node->rules[i], &arena, &rule);
        check_rule(check, &rule, times, place, at_index(rules_at, i));
    }
}

static struct place inside(const struct place *place, int64_t max, bool bounded)
{
    struct place inner = *place;
    if (inner.times != UNBOUNDED)
        inner.times = bounded ? multiply(inner.times, max < 0 ? 0 : (uint64_t)max) : UNBOUNDED;
    return inner;
}

static void check_below(struct check *check, const struct structural_node *node, const struct place *place,
                        const struct field_at *at)
{
    int64_t items = structural_max_items(node), members = structural_max_properties(node);
    struct place item = inside(place, items, items >= 0), entry = inside(place, members, members >= 0);
    if (node->list != STRUCTURAL_LIST_MAP && item.uncorrelated == NULL)
        item.uncorrelated = at;
    if (node->items != NULL)
        check_place(check, node->items, node->items->embedded, item, at_field(at, "items"));
    if (node->additional_node != NULL)
        check_place(check, node->additional_node, node->additional_node->embedded, entry,
                    at_field(at, "additionalProperties"));
    for (uint32_t i = 0; i < node->n_properties; i++)
        check_place(check, node->properties[i].node, node->properties[i].node->embedded, *place,
                    at_key(at_field(at, "properties"), node->properties[i].name.data));
}

static void check_place(struct check *check, const struct structural_node *node, bool root, struct place place,
                        const struct field_at *at)
{
    size_t before = check->errors->total;
    if (!node->rules_below)
        return;
    check_below(check, node, &place, at);
    if (node->n_rules > 0)
        check_rules(check, node, root, &place, at);
    if (node->fill_value != NULL && check->errors->total == before)
        rule_run_alone(node, node->fill_value, at_field(at, "default"), check->errors);
}

static void check_schema(const struct api_apiextensions_json_schema_props *schema, bool unchanged,
                         const struct field_at *at, struct api_invalid *errors)
{
    struct structural *compiled = NULL;
    if (structural_create(schema, &compiled, NULL) < 0)
        return; /* said already */
    struct check check = { .errors = errors, .unchanged = unchanged };
    check_place(&check, structural_root(compiled), true, (struct place){ .times = 1 }, at);
    for (size_t i = 0; check.total > CEL_ESTIMATE_PER_RESOURCE && i < check.n_expensive; i++)
        invalid_forbidden(errors, at_field(NULL, check.expensive[i].path),
                          "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema");
    if (check.total > CEL_ESTIMATE_PER_RESOURCE)
        fail_cost(&check, at, "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
                  check.total, CEL_ESTIMATE_PER_RESOURCE);
    arena_fini(&check.arena);
    structural_unref(compiled);
}

static bool is_unchanged(const definition_version *version, const definition_type *old)
{
    for (size_t i = 0; old != NULL && i < old->spec.n_versions; i++) {
        const schema_props *before = definition_schema(&old->spec.versions[i]);
        if (text_equal(old->spec.versions[i].name, version->name))
            return before != NULL &&
                   api_equal(&api_type_apiextensions_json_schema_props, before, definition_schema(version));
    }
    return false;
}

void rules_check_definition(const definition_type *definition, const definition_type *old, struct api_invalid *errors)
{
    const struct field_at *spec = at_field(NULL, "spec");
    bool shared = definition_shared_of(&definition->spec).schema;
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        const definition_version *version = &definition->spec.versions[i];
        const struct field_at *parent =
            shared ? at_field(spec, "validation") : at_field(at_index(at_field(spec, "versions"), i), "schema");
        if (definition_schema(version) != NULL)
            check_schema(definition_schema(version), is_unchanged(version, old), at_field(parent, "openAPIV3Schema"),
                         errors);
        if (shared)
            return;
    }
}

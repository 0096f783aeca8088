/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* declared.c - the rules that the schema declares with its fields ("alpha(1.36) > maxItems=8"), for kinds without rules
 * written by hand, and for those written here in part.
 *
 * Sizes, bounds, formats and presence are checked, of a value or of "each" key or item. Rules about unions, and
 * those that depend on other fields, are left to the rules by hand. */
#include "api/codec.h"
#include "api/member.h"
#include "api/validation/rules.h"

#define DECLARED_DEPTH_MAX 64 /* deeper than any type of the tables but recursive ones, which declare nothing */

struct named_format {
    const char *name;
    format_check *check;
};

static const struct named_format formats[] = {
    { "k8s-short-name", format_dns1123_label },
    { "k8s-long-name", format_dns1123_subdomain },
    { "k8s-label-key", format_qualified_name },
};

/* One rule on one value. */
struct rule {
    struct str name;  /* "maxItems" */
    struct str value; /* "8" */
    bool each;        /* of each item or key */
};

/* "alpha(1.36) > eachKey > format=k8s-short-name". False for rules of other sorts. */
static bool parse_rule(const char *text, struct rule *rule)
{
    struct str rest = str_of(text), piece;

    *rule = (struct rule){ 0 };
    if (!str_starts(rest, STR("alpha(")) && !str_starts(rest, STR("beta(")) && !str_starts(rest, STR("stable(")))
        return false;
    bool stage = true;
    while (str_next(&rest, '>', &piece)) {
        piece = str_trim(piece);
        if (stage) {
            stage = false;
        } else if (str_is(piece, "eachKey") || str_is(piece, "eachVal")) {
            rule->each = true;
        } else if (rest.data != NULL && rest.size > 0) {
            return false; /* under a condition */
        } else {
            size_t equals = str_find(piece, '=');
            rule->name = (struct str){ piece.data, equals };
            rule->value = str_skip(piece, equals < piece.size ? equals + 1 : equals);
        }
    }
    return rule->name.size > 0;
}

static void check_format(struct str name, const char *value, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < countof(formats); i++)
        if (str_is(name, formats[i].name) && !text_empty(value))
            invalid_format(errors, at, formats[i].check, value);
}

static int64_t number_of(const struct api_field *field, const void *single)
{
    return field->value == API_INT32 ? *(const int32_t *)single : *(const int64_t *)single;
}

static void check_single(const struct api_field *field, const struct rule *rule, const void *value, int64_t bound,
                         const struct field_at *at, struct api_invalid *errors)
{
    const void *single = member_single(field, value);
    const char *text = field->value == API_STRING && single != NULL ? *(const char *const *)single : NULL;

    if (str_is(rule->name, "minimum") && single != NULL && (field->value == API_INT32 || field->value == API_INT64)) {
        if (number_of(field, single) < bound)
            invalid_number(errors, at, number_of(field, single), "must be greater than or equal to %lld",
                           (long long)bound);
    } else if ((str_is(rule->name, "maxLength") || str_is(rule->name, "maxBytes")) &&
               strlen(text_or_empty(text)) > (size_t)bound) {
        invalid_too_long(errors, at, (size_t)bound);
    } else if (str_is(rule->name, "format")) {
        check_format(rule->value, text, at, errors);
    }
}

static void check_each(const struct api_field *field, const struct rule *rule, const void *value,
                       const struct field_at *at, struct api_invalid *errors)
{
    size_t count = member_length(field, value);
    const char *elements = member_elements(field, value);

    for (size_t i = 0; i < count && str_is(rule->name, "format"); i++) {
        /* Items that are strings, and the keys that map entries begin with. */
        const char *text = *(const char *const *)(const void *)(elements + i * field->element_size);
        if (field->shape == API_MAP)
            check_format(rule->value, text, at, errors);
        else if (field->value == API_STRING)
            check_format(rule->value, text, at_index(at, i), errors);
    }
}

static void check_rule(const struct api_field *field, const struct rule *rule, const void *value,
                       const struct field_at *at, struct api_invalid *errors)
{
    int64_t bound = 0;
    bool number = str_to_int64(rule->value, &bound) && bound >= 0;

    if (str_is(rule->name, "required")) {
        if (!member_is_set(field, value))
            invalid_missing(errors, at);
    } else if (field->shape == API_SINGLE) {
        check_single(field, rule, value, number ? bound : INT32_MAX, at, errors);
    } else if (rule->each) {
        check_each(field, rule, value, at, errors);
    } else if (str_is(rule->name, "maxItems") && number && member_length(field, value) > (size_t)bound) {
        invalid_too_many(errors, at, member_length(field, value), (size_t)bound);
    }
}

static void walk(const struct api_type *type, const void *value, const struct field_at *at, size_t depth,
                 struct api_invalid *errors);

static void walk_field(const struct api_field *field, const void *value, const struct field_at *at, size_t depth,
                       struct api_invalid *errors)
{
    struct rule rule;

    for (size_t i = 0; api_field_facts(field)->rules != NULL && api_field_facts(field)->rules[i] != NULL; i++)
        if (parse_rule(api_field_facts(field)->rules[i], &rule))
            check_rule(field, &rule, value, at, errors);
    if (field->value != API_MESSAGE)
        return;
    if (field->shape == API_SINGLE) {
        const void *single = member_single(field, value);
        if (single != NULL)
            walk(field->type, single, at, depth + 1, errors);
        return;
    }
    const char *elements = member_elements(field, value);
    for (size_t i = 0; i < member_length(field, value); i++) {
        const char *element = elements + i * field->element_size;
        if (field->shape == API_LIST)
            walk(field->type, element, at_index(at, i), depth + 1, errors);
        else
            walk(field->type, element + field->value_offset,
                 at_key(at, text_or_empty(*(const char *const *)(const void *)element)), depth + 1, errors);
    }
}

static void walk(const struct api_type *type, const void *value, const struct field_at *at, size_t depth,
                 struct api_invalid *errors)
{
    /* Metadata has rules of its own, types with another form than an object's have none. */
    if (depth > DECLARED_DEPTH_MAX || type == &api_type_object_meta || type->json_form != API_FORM_OBJECT)
        return;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE)
            walk(field->type, member_of_const(field, value), at, depth, errors);
        else if (field->name != NULL)
            walk_field(field, value, at_field(at, field->name), depth, errors);
    }
}

void validate_declared(const struct api_type *type, const void *object, struct api_invalid *errors)
{
    walk(type, object, NULL, 0, errors);
}

/* Fields declared immutable, at the top of the object: nothing below has been declared so. */
void validate_declared_update(const struct api_type *type, const void *object, const void *old,
                              struct api_invalid *errors)
{
    struct rule rule;

    validate_declared(type, object, errors);
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        for (size_t k = 0; api_field_facts(field)->rules != NULL && api_field_facts(field)->rules[k] != NULL; k++)
            if (field->shape == API_SINGLE && field->value == API_MESSAGE &&
                parse_rule(api_field_facts(field)->rules[k], &rule) && str_is(rule.name, "immutable"))
                validate_immutable(field->type, member_single(field, object), member_single(field, old),
                                   at_field(NULL, field->name), errors);
    }
}

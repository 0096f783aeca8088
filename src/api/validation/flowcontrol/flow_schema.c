/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* flow_schema.c - FlowSchemas: which requests go to which priority level. */
#include "api/codec.h"
#include "api/validation/flowcontrol/mandatory.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

#define PRECEDENCE_MAX 10000

static const char *const methods[] = { "ByNamespace", "ByUser", NULL };
static const char *const subject_kinds[] = { "Group", "ServiceAccount", "User", NULL };
static const char *const verbs[] = { "create", "delete", "deletecollection", "get",   "list",
                                     "patch",  "proxy",  "update",           "watch", NULL };

static bool has(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], text))
            return true;
    return false;
}

static void validate_name_given(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name))
        invalid_missing(errors, at_field(at, "name"));
}

static void validate_account(const struct api_flowcontrol_service_account_subject *account, const struct field_at *at,
                             struct api_invalid *errors)
{
    validate_name_given(account->name, at, errors);
    if (!text_empty(account->name) && !text_equal(account->name, "*"))
        invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, account->name);
    if (text_empty(account->namespace))
        invalid_required(errors, at_field(at, "namespace"), "must specify namespace for service account");
    else
        invalid_format(errors, at_field(at, "namespace"), format_dns1123_label, account->namespace);
}

static void validate_subject(const struct api_flowcontrol_subject *subject, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct {
        const char *kind, *field;
        bool given;
    } members[] = {
        { "ServiceAccount", "serviceAccount", subject->service_account != NULL },
        { "User", "user", subject->user != NULL },
        { "Group", "group", subject->group != NULL },
    };

    if (!invalid_one_of(errors, at_field(at, "kind"), subject->kind, subject_kinds, false))
        return;
    for (size_t i = 0; i < countof(members); i++)
        if (text_equal(members[i].kind, subject->kind) && !members[i].given)
            invalid_required(errors, at_field(at, members[i].field), "%s is required when subject kind is '%s'",
                             members[i].field, members[i].kind);
    if (text_equal(subject->kind, "ServiceAccount") && subject->service_account != NULL)
        validate_account(subject->service_account, at_field(at, "serviceAccount"), errors);
    else if (text_equal(subject->kind, "User") && subject->user != NULL)
        validate_name_given(subject->user->name, at_field(at, "user"), errors);
    else if (text_equal(subject->kind, "Group") && subject->group != NULL)
        validate_name_given(subject->group->name, at_field(at, "group"), errors);
    for (size_t i = 0; i < countof(members); i++)
        if (!text_equal(members[i].kind, subject->kind) && members[i].given)
            invalid_forbidden(errors, at_field(at, members[i].field), "%s is forbidden when subject kind is not '%s'",
                              members[i].field, members[i].kind);
}

/* Given, and "*" alone; 'what' as the messages name its items. False when nothing is left to look at. */
static bool validate_list(const char *const *list, size_t count, const char *missing, const char *what,
                          const struct field_at *at, struct api_invalid *errors)
{
    if (count == 0) {
        invalid_required(errors, at, "%s", missing);
        return false;
    }
    if (!has(list, count, "*"))
        return true;
    if (count > 1)
        invalid_string_list(errors, at, list, count, "if '*' is present, must not specify other %s", what);
    return false;
}

static void validate_verbs(const char *const *list, size_t count, const struct field_at *at, struct api_invalid *errors)
{
    if (!validate_list(list, count, "verbs must contain at least one value", "verbs", at, errors))
        return;
    for (size_t i = 0; i < count; i++) {
        if (has(verbs, countof(verbs) - 1, list[i]))
            continue;
        invalid_not_supported_list(errors, at, list, count, verbs);
        return;
    }
}

static void validate_resource_rule(const struct api_flowcontrol_resource_policy_rule *rule, const struct field_at *at,
                                   struct api_invalid *errors)
{
    const struct field_at *namespaces = at_field(at, "namespaces");

    validate_verbs(rule->verbs, rule->n_verbs, at_field(at, "verbs"), errors);
    validate_list(rule->api_groups, rule->n_api_groups, "resource rules must supply at least one api group",
                  "api groups", at_field(at, "apiGroups"), errors);
    validate_list(rule->resources, rule->n_resources, "resource rules must supply at least one resource", "resources",
                  at_field(at, "resources"), errors);
    if (rule->n_namespaces == 0 && rule->cluster_scope)
        return;
    if (!validate_list(rule->namespaces, rule->n_namespaces,
                       "resource rules that are not cluster scoped must supply at least one namespace", "namespaces",
                       namespaces, errors))
        return;
    for (size_t i = 0; i < rule->n_namespaces; i++) {
        struct format_errors found = { .count = 0 };
        format_dns1123_label(str_of(text_or_empty(rule->namespaces[i])), &found);
        for (size_t k = 0; k < found.count; k++)
            invalid_string(errors, at_index(namespaces, i), rule->namespaces[i],
                           "each member of this list must be '*' or a DNS-1123 label; %s", found.texts[k]);
    }
}

/* The first thing that is wrong with the path of a URL; NULL: nothing. */
static const char *wrong_with_path(const char *path)
{
    const char *star = strchr(path, '*');

    if (path[0] == '\0')
        return "must not be empty";
    if (path[0] != '/')
        return "must start with slash";
    if (strchr(path, ' ') != NULL)
        return "must not contain white-space";
    if (strstr(path, "//") != NULL)
        return "must not contain double slash";
    if (star != NULL && (star[1] != '\0' || star[-1] != '/'))
        return "wildcard can only do suffix matching";
    return NULL;
}

static void validate_url_rule(const struct api_flowcontrol_non_resource_policy_rule *rule, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *urls = at_field(at, "nonResourceURLs");

    validate_verbs(rule->verbs, rule->n_verbs, at_field(at, "verbs"), errors);
    if (!validate_list(rule->non_resource_urls, rule->n_non_resource_urls,
                       "nonResourceURLs must contain at least one value", "non-resource URLs", urls, errors))
        return;
    for (size_t i = 0; i < rule->n_non_resource_urls; i++) {
        const char *wrong = wrong_with_path(text_or_empty(rule->non_resource_urls[i]));
        if (wrong != NULL)
            invalid_string(errors, at_index(urls, i), rule->non_resource_urls[i], "%s", wrong);
    }
}

static void validate_rule(const struct api_flowcontrol_policy_rules_with_subjects *rule, const struct field_at *at,
                          struct api_invalid *errors)
{
    if (rule->n_subjects == 0)
        invalid_required(errors, at_field(at, "subjects"), "subjects must contain at least one value");
    for (size_t i = 0; i < rule->n_subjects; i++)
        validate_subject(&rule->subjects[i], at_index(at_field(at, "subjects"), i), errors);
    if (rule->n_resource_rules == 0 && rule->n_non_resource_rules == 0)
        invalid_required(errors, at, "at least one of resourceRules and nonResourceRules has to be non-empty");
    for (size_t i = 0; i < rule->n_resource_rules; i++)
        validate_resource_rule(&rule->resource_rules[i], at_index(at_field(at, "resourceRules"), i), errors);
    for (size_t i = 0; i < rule->n_non_resource_rules; i++)
        validate_url_rule(&rule->non_resource_rules[i], at_index(at_field(at, "nonResourceRules"), i), errors);
}

static void validate_spec(const char *name, const struct api_flowcontrol_flow_schema_spec *spec,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *precedence = at_field(at, "matchingPrecedence");
    const struct field_at *level = at_field(at_field(at, "priorityLevelConfiguration"), "name");

    if (spec->matching_precedence <= 0)
        invalid_number(errors, precedence, spec->matching_precedence, "must be a positive value");
    if (spec->matching_precedence > PRECEDENCE_MAX)
        invalid_number(errors, precedence, spec->matching_precedence, "must not be greater than %d", PRECEDENCE_MAX);
    if (spec->matching_precedence == 1 && !text_equal(name, "exempt"))
        invalid_number(errors, precedence, spec->matching_precedence,
                       "only the schema named 'exempt' may have matchingPrecedence 1");
    if (spec->distinguisher_method != NULL && !has(methods, 2, spec->distinguisher_method->type))
        invalid_not_supported_object(errors, at_field(at_field(at, "distinguisherMethod"), "type"),
                                     &api_type_flowcontrol_flow_distinguisher_method, spec->distinguisher_method,
                                     methods);
    if (text_empty(spec->priority_level_configuration.name))
        invalid_required(errors, level, "must reference a priority level");
    else
        invalid_format(errors, level, format_dns1123_subdomain, spec->priority_level_configuration.name);
    for (size_t i = 0; i < spec->n_rules; i++)
        validate_rule(&spec->rules[i], at_index(at_field(at, "rules"), i), errors);
}

void validate_flow_schema_status(const void *object, const void *old, struct api_invalid *errors)
{
    auto_text_set struct text_set types = { 0 };
    const struct api_flowcontrol_flow_schema_status *status =
        &((const struct api_flowcontrol_flow_schema *)object)->status;
    const struct field_at *at = at_field(at_field(NULL, "status"), "conditions");

    (void)old;
    for (size_t i = 0; i < status->n_conditions; i++) {
        const struct field_at *type = at_field(at_index(at, i), "type");
        invalid_repeated(errors, type, &types, status->conditions[i].type);
        if (text_empty(status->conditions[i].type))
            invalid_missing(errors, type);
    }
}

void validate_flow_schema_create(const void *object, struct api_invalid *errors)
{
    const struct api_flowcontrol_flow_schema *schema = object;
    const struct api_flowcontrol_flow_schema_spec *fixed = mandatory_flow_schema(schema->metadata.name);

    validate_spec(schema->metadata.name, &schema->spec, errors);
    if (fixed != NULL && !api_equal(&api_type_flowcontrol_flow_schema_spec, &schema->spec, fixed))
        invalid_object(errors, at_field(NULL, "spec"), &api_type_flowcontrol_flow_schema_spec, &schema->spec,
                       "spec of '%s' must equal the fixed value", schema->metadata.name);
    validate_flow_schema_status(object, NULL, errors);
}

void validate_flow_schema_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_flow_schema_create(object, errors);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/condition.h"

#include <string.h>

#include "api/codec.h"
#include "api/structural/structural.h"
#include "api/structural/structure.h"
#include "apiserver/cache/watch_cache.h"
#include "generated/types.h"

#define APPROVED "api-approved.kubernetes.io"
#define APPROVAL "https://github.com/kubernetes/enhancements/pull/1111"

typedef struct api_apiextensions_custom_resource_definition_condition condition_type;
typedef struct api_apiextensions_custom_resource_definition_names names_type;

/* ---------------------------------------------------------------- conditions */

const condition_type *custom_condition_find(const custom_definition_type *definition, const char *type)
{
    for (size_t i = 0; i < definition->status.n_conditions; i++)
        if (text_equal(definition->status.conditions[i].type, type))
            return &definition->status.conditions[i];
    return NULL;
}

static bool is_true(const custom_definition_type *definition, const char *type)
{
    const condition_type *condition = custom_condition_find(definition, type);
    return condition != NULL && text_equal(condition->status, "True");
}

void custom_condition_set(custom_definition_type *definition, struct arena *arena, usec_t now, const char *type,
                          const char *status, const char *reason, const char *message)
{
    condition_type *condition = (condition_type *)(uintptr_t)custom_condition_find(definition, type);
    if (condition == NULL) {
        size_t count = definition->status.n_conditions;
        condition_type *more = arena_new_array(arena, condition_type, count + 1);
        if (count > 0)
            memcpy(more, definition->status.conditions, count * sizeof(*more));
        definition->status.conditions = more;
        definition->status.n_conditions = count + 1;
        condition = &more[count];
        condition->type = type;
    }
    if (!text_equal(condition->status, status) || condition->last_transition_time == 0)
        condition->last_transition_time = now;
    condition->status = status;
    condition->reason = reason;
    condition->message = message;
}

/* ---------------------------------------------------------------- names */

struct taken {
    const struct custom_decision *decision;
    struct arena *arena;
};

static bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(texts[i], text))
            return true;
    return false;
}

static bool has_resource(const names_type *names, const char *name)
{
    return text_equal(names->plural, name) || text_equal(names->singular, name) ||
           has_text(names->short_names, names->n_short_names, name);
}

static bool has_kind(const names_type *names, const char *name)
{
    return text_equal(names->kind, name) || text_equal(names->list_kind, name);
}

/* Did another definition of the group get the name? */
static bool is_taken(const struct custom_decision *decision, const char *name,
                     bool (*has)(const names_type *names, const char *name))
{
    const custom_definition_type *current = decision->current;
    struct cache_entry *entry;
    if (text_empty(name))
        return false;
    tree_for_each (decision->definitions, entry, node) {
        const custom_definition_type *other = api_apiextensions_custom_resource_definition_of(entry->object);
        if (text_equal(other->spec.group, current->spec.group) &&
            !text_equal(other->metadata.name, current->metadata.name) && has(&other->status.accepted_names, name))
            return true;
    }
    return false;
}

struct verdict {
    const char *reason, *message; /* NULL: no conflict */
};

static void judge_name(const struct taken *taken, const char *wanted, const char **accepted, const char *reason,
                       bool (*has)(const names_type *names, const char *name), struct verdict *verdict)
{
    if (!text_equal(wanted, *accepted) && is_taken(taken->decision, wanted, has)) {
        verdict->reason = reason;
        verdict->message = arena_format(taken->arena, "\"%s\" is already in use", wanted);
    } else {
        *accepted = wanted;
    }
}

static void judge_short_names(const struct taken *taken, const names_type *wanted, names_type *accepted,
                              struct verdict *verdict)
{
    const char *message = NULL;
    size_t conflicts = 0;
    for (size_t i = 0; i < wanted->n_short_names; i++) {
        const char *name = wanted->short_names[i];
        if (has_text(accepted->short_names, accepted->n_short_names, name) ||
            !is_taken(taken->decision, name, has_resource))
            continue;
        message = conflicts++ == 0 ? arena_format(taken->arena, "\"%s\" is already in use", name)
                                   : arena_format(taken->arena, "%s, \"%s\" is already in use", message, name);
    }
    if (conflicts == 0) {
        accepted->short_names = wanted->short_names;
        accepted->n_short_names = wanted->n_short_names;
        return;
    }
    verdict->reason = "ShortNamesConflict";
    verdict->message = conflicts == 1 ? message : arena_format(taken->arena, "[%s]", message);
}

static void decide_names(const struct custom_decision *decision, custom_definition_type *next, struct arena *arena)
{
    const struct taken taken = { decision, arena };
    const names_type *wanted = &next->spec.names;
    names_type *accepted = &next->status.accepted_names;
    struct verdict verdict = { 0 };
    judge_name(&taken, wanted->plural, &accepted->plural, "PluralConflict", has_resource, &verdict);
    judge_name(&taken, wanted->singular, &accepted->singular, "SingularConflict", has_resource, &verdict);
    judge_short_names(&taken, wanted, accepted, &verdict);
    judge_name(&taken, wanted->kind, &accepted->kind, "KindConflict", has_kind, &verdict);
    judge_name(&taken, wanted->list_kind, &accepted->list_kind, "ListKindConflict", has_kind, &verdict);
    accepted->categories = wanted->categories;
    accepted->n_categories = wanted->n_categories;
    bool good = verdict.reason == NULL;
    custom_condition_set(next, arena, decision->now, "NamesAccepted", good ? "True" : "False",
                         good ? "NoConflicts" : verdict.reason, good ? "no conflicts found" : verdict.message);
    if (is_true(next, "Established"))
        return; /* it stays so, under the names that it got */
    custom_condition_set(next, arena, decision->now, "Established", good ? "True" : "False",
                         good ? "InitialNamesAccepted" : "NotAccepted",
                         good ? "the initial names have been accepted" : "not all names are accepted");
}

/* ---------------------------------------------------------------- approval of community groups */

static bool is_community_group(const char *group)
{
    struct str text = str_of(text_or_empty(group));
    return str_is(text, "k8s.io") || str_ends(text, STR(".k8s.io")) || str_is(text, "kubernetes.io") ||
           str_ends(text, STR(".kubernetes.io"));
}

static const char *approval_of(const custom_definition_type *definition)
{
    for (size_t i = 0; i < definition->metadata.n_annotations; i++)
        if (text_equal(definition->metadata.annotations[i].key, APPROVED))
            return definition->metadata.annotations[i].value;
    return NULL;
}

/* With a scheme and a host. */
static bool is_url(const char *text)
{
    const char *host = strstr(text, "://");
    return host != NULL && host != text && host[3] != '\0' && host[3] != '/';
}

static void decide_approval(const struct custom_decision *decision, custom_definition_type *next, struct arena *arena)
{
    const char *approval = approval_of(next), *status = "False", *reason, *message;
    if (!is_community_group(next->spec.group))
        return;
    if (text_empty(approval)) {
        reason = "MissingAnnotation";
        message = "protected groups must have approval annotation \"" APPROVED "\", see " APPROVAL;
    } else if (strncmp(approval, "unapproved", sizeof("unapproved") - 1) == 0) {
        reason = "UnapprovedAnnotation";
        message = arena_format(arena, "not approved: \"%s\"", approval);
    } else if (is_url(approval)) {
        status = "True";
        reason = "ApprovedAnnotation";
        message = arena_format(arena, "approved in %s", approval);
    } else {
        reason = "InvalidAnnotation";
        message = "protected groups must have approval annotation \"" APPROVED
                  "\" with either a URL or a reason starting with \"unapproved\", see " APPROVAL;
    }
    custom_condition_set(next, arena, decision->now, "KubernetesAPIApprovalPolicyConformant", status, reason, message);
}

/* ---------------------------------------------------------------- structural schemas */

static void condition_remove(custom_definition_type *definition, const char *type)
{
    size_t kept = 0;
    for (size_t i = 0; i < definition->status.n_conditions; i++)
        if (!text_equal(definition->status.conditions[i].type, type))
            definition->status.conditions[kept++] = definition->status.conditions[i];
    definition->status.n_conditions = kept;
}

/* The version whose schema cannot even be looked at; NULL: there is none. */
static const char *find_violations(const custom_definition_type *definition, struct api_invalid *errors,
                                   struct error *err)
{
    const struct field_at *spec = at_field(NULL, "spec");
    if (definition->spec.preserve_unknown_fields)
        invalid_raw(errors, at_field(spec, "preserveUnknownFields"), "true", "must be false");
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        const struct api_apiextensions_custom_resource_definition_version *version = &definition->spec.versions[i];
        struct structural *compiled = NULL;
        if (version->schema == NULL || version->schema->open_apiv3_schema == NULL)
            continue;
        if (structural_create(version->schema->open_apiv3_schema, &compiled, err) < 0)
            return version->name;
        structural_unref(compiled);
        structural_check_structure(
            version->schema->open_apiv3_schema,
            at_field(at_field(at_index(at_field(spec, "versions"), i), "schema"), "openAPIV3Schema"), errors);
    }
    return NULL;
}

/* Only definitions that were stored before their schemas were asked for can have others. */
static void decide_structure(const struct custom_decision *decision, custom_definition_type *next, struct arena *arena)
{
    static const char type[] = "NonStructuralSchema";
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };
    struct error err = { 0 };
    const char *version = find_violations(next, &errors, &err);
    if (version != NULL) {
        const char *message =
            arena_format(arena, "failed to check validation schema for version %s: %s", version, err.message);
        custom_condition_set(next, arena, decision->now, type, "Unknown", "StructuralError", message);
    } else if (errors.total > 0) {
        api_invalid_format(&errors, &text);
        custom_condition_set(next, arena, decision->now, type, "True", "Violations",
                             arena_strdup(arena, text_or_empty(text.data)));
    } else {
        condition_remove(next, type);
    }
}

/* ---------------------------------------------------------------- the end */

bool custom_has_cleanup(const custom_definition_type *definition)
{
    return has_text(definition->metadata.finalizers, definition->metadata.n_finalizers, CUSTOM_CLEANUP_FINALIZER);
}

static void let_go(custom_definition_type *next, struct arena *arena)
{
    const char **kept = arena_new_array(arena, const char *, next->metadata.n_finalizers + 1);
    size_t count = 0;
    for (size_t i = 0; i < next->metadata.n_finalizers; i++)
        if (!text_equal(next->metadata.finalizers[i], CUSTOM_CLEANUP_FINALIZER))
            kept[count++] = next->metadata.finalizers[i];
    next->metadata.finalizers = count == 0 ? NULL : kept;
    next->metadata.n_finalizers = count;
}

static void decide_end(const struct custom_decision *decision, custom_definition_type *next, struct arena *arena)
{
    const char *status = "False", *reason, *message;
    if (next->metadata.deletion_timestamp == 0 || !custom_has_cleanup(next))
        return;
    if (!is_true(next, "Established")) {
        reason = "NeverEstablished";
        message = "resource was never established";
        let_go(next, arena);
    } else if (decision->emptied) {
        reason = "InstanceDeletionCompleted";
        message = "removed all instances";
        let_go(next, arena);
    } else {
        status = "True";
        reason = decision->failure != NULL ? "InstanceDeletionFailed" : "InstanceDeletionInProgress";
        message = decision->failure != NULL ? decision->failure : "CustomResource deletion is in progress";
    }
    custom_condition_set(next, arena, decision->now, "Terminating", status, reason, message);
}

custom_definition_type *custom_decide(const struct custom_decision *decision, struct arena *arena)
{
    const struct api_type *type = &api_type_apiextensions_custom_resource_definition;
    custom_definition_type *next = api_copy(type, decision->current, arena);
    decide_names(decision, next, arena);
    decide_approval(decision, next, arena);
    decide_structure(decision, next, arena);
    decide_end(decision, next, arena);
    return api_equal(type, next, decision->current) ? NULL : next;
}

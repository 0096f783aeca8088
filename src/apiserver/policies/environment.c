/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/environment.h"

#include <stdlib.h>
#include <string.h>

#define UNBOUNDED INT64_MAX

struct member {
    const char *name;
    const struct cel_type *type;
};

static int field_compare(const void *a, const void *b)
{
    return strcmp(((const struct cel_field *)a)->name, ((const struct cel_field *)b)->name);
}

/* An object whose fields have the names they have: nothing is escaped. */
static const struct cel_type *object_type(struct arena *arena, const char *name, const struct member *members,
                                          size_t count)
{
    struct cel_type *type = arena_new(arena, struct cel_type);
    struct cel_field *fields = arena_new_array(arena, struct cel_field, count);

    for (size_t i = 0; i < count; i++)
        fields[i] = (struct cel_field){ .name = members[i].name, .json = members[i].name, .type = members[i].type };
    qsort(fields, count, sizeof(fields[0]), field_compare);
    *type = (struct cel_type){ .kind = CEL_OBJECT, .name = name, .fields = fields, .field_count = count };
    return type;
}

#define OBJECT_TYPE(arena, name, members) object_type((arena), (name), (members), countof(members))

static const struct cel_type *list_of(struct arena *arena, const struct cel_type *element)
{
    return cel_type_list(arena, element, UNBOUNDED);
}

static const struct cel_type *map_of(struct arena *arena, const struct cel_type *element)
{
    return cel_type_map(arena, element, UNBOUNDED);
}

static const struct cel_type *request_type(struct arena *arena)
{
    const struct cel_type *text = cel_type_of(CEL_STRING), *texts = list_of(arena, text);
    const struct member kind[] = { { "group", text }, { "version", text }, { "kind", text } };
    const struct member resource[] = { { "group", text }, { "version", text }, { "resource", text } };
    const struct member user[] = {
        { "username", text }, { "uid", text }, { "groups", texts }, { "extra", map_of(arena, texts) }
    };
    const struct cel_type *kind_type = OBJECT_TYPE(arena, "kubernetes.GroupVersionKind", kind),
                          *resource_type = OBJECT_TYPE(arena, "kubernetes.GroupVersionResource", resource);
    const struct member request[] = {
        { "kind", kind_type },
        { "resource", resource_type },
        { "subResource", text },
        { "requestKind", kind_type },
        { "requestResource", resource_type },
        { "requestSubResource", text },
        { "name", text },
        { "namespace", text },
        { "operation", text },
        { "userInfo", OBJECT_TYPE(arena, "kubernetes.UserInfo", user) },
        { "dryRun", cel_type_of(CEL_BOOL) },
        { "options", cel_type_of(CEL_DYN) },
    };

    return OBJECT_TYPE(arena, "kubernetes.AdmissionRequest", request);
}

static const struct cel_type *namespace_metadata_type(struct arena *arena)
{
    const struct cel_type *text = cel_type_of(CEL_STRING), *number = cel_type_of(CEL_INT),
                          *time = cel_type_of(CEL_TIMESTAMP), *texts = map_of(arena, text);
    const struct member metadata[] = {
        { "name", text },
        { "generateName", text },
        { "namespace", text },
        { "labels", texts },
        { "annotations", texts },
        { "UID", text },
        { "creationTimestamp", time },
        { "deletionGracePeriodSeconds", number },
        { "deletionTimestamp", time },
        { "generation", number },
        { "resourceVersion", text },
        { "finalizers", list_of(arena, text) },
    };

    return OBJECT_TYPE(arena, "kubernetes.NamespaceMetadata", metadata);
}

static const struct cel_type *namespace_type(struct arena *arena)
{
    const struct cel_type *text = cel_type_of(CEL_STRING);
    const struct member spec[] = { { "finalizers", list_of(arena, text) } };
    const struct member condition[] = { { "status", text },
                                        { "type", text },
                                        { "lastTransitionTime", cel_type_of(CEL_TIMESTAMP) },
                                        { "message", text },
                                        { "reason", text } };
    const struct cel_type *conditions = list_of(arena, OBJECT_TYPE(arena, "kubernetes.NamespaceCondition", condition));
    const struct member status[] = { { "conditions", conditions }, { "phase", text } };
    const struct member namespace[] = { { "metadata", namespace_metadata_type(arena) },
                                        { "spec", OBJECT_TYPE(arena, "kubernetes.NamespaceSpec", spec) },
                                        { "status", OBJECT_TYPE(arena, "kubernetes.NamespaceStatus", status) } };

    return OBJECT_TYPE(arena, "kubernetes.Namespace", namespace);
}

void expression_scope_init(struct expression_scope *scope, bool params, bool composed)
{
    *scope = (struct expression_scope){ .params = params, .composed = composed };
    scope->variables = arena_new(&scope->arena, struct cel_type);
    *scope->variables = (struct cel_type){ .kind = CEL_OBJECT, .name = "kubernetes.variables" };
    scope->types[POLICY_OBJECT] = scope->types[POLICY_OLD_OBJECT] = scope->types[POLICY_PARAMS] = cel_type_of(CEL_DYN);
    scope->types[POLICY_NAMESPACE] = namespace_type(&scope->arena);
    scope->types[POLICY_REQUEST] = request_type(&scope->arena);
    scope->types[POLICY_AUTHORIZER] = cel_type_authorizer();
    scope->types[POLICY_REQUEST_RESOURCE] = cel_type_resource_check();
    scope->types[POLICY_VARIABLES] = scope->variables;
}

void expression_scope_fini(struct expression_scope *scope)
{
    arena_fini(&scope->arena);
}

/* ---- variables ---- */

/* As much of a type as upstream keeps of a variable's: scalars, and lists and maps of what is kept. */
static const struct cel_type *kept_type(struct arena *arena, const struct cel_type *type)
{
    struct cel_type *kept;

    switch (type->kind) {
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_NULL:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        return cel_type_of((enum cel_kind)type->kind);
    case CEL_LIST:
        return list_of(arena, kept_type(arena, type->element));
    case CEL_MAP:
        kept = cel_type_map(arena, kept_type(arena, type->element), UNBOUNDED);
        kept->key = kept_type(arena, type->key);
        return kept;
    default:
        return cel_type_of(CEL_DYN);
    }
}

static struct cel_field *field_named(struct expression_scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->n_fields; i++)
        if (strcmp(scope->fields[i].name, name) == 0)
            return &scope->fields[i];
    if (scope->n_fields == scope->capacity) {
        size_t capacity = scope->capacity == 0 ? 8 : scope->capacity * 2;
        struct cel_field *fields = arena_new_array(&scope->arena, struct cel_field, capacity);

        if (scope->n_fields > 0)
            memcpy(fields, scope->fields, scope->n_fields * sizeof(fields[0]));
        scope->fields = fields;
        scope->capacity = capacity;
    }
    struct cel_field *field = &scope->fields[scope->n_fields++];
    field->name = field->json = arena_strdup(&scope->arena, name);
    return field;
}

void expression_scope_declare(struct expression_scope *scope, const char *name, const struct cel_type *type)
{
    struct cel_field *field = field_named(scope, name);

    field->type = type == NULL ? cel_type_of(CEL_DYN) : kept_type(&scope->arena, type);
    qsort(scope->fields, scope->n_fields, sizeof(scope->fields[0]), field_compare);
    scope->variables->fields = scope->fields;
    scope->variables->field_count = scope->n_fields;
}

/* ---- environments ---- */

static bool is_seen(const struct expression_scope *scope, enum expression_sort sort, enum policy_slot slot)
{
    switch (slot) {
    case POLICY_PARAMS:
        return scope->params;
    case POLICY_AUTHORIZER:
    case POLICY_REQUEST_RESOURCE:
        return sort != EXPRESSION_MESSAGE;
    case POLICY_VARIABLES:
        return scope->composed && sort != EXPRESSION_MATCH;
    default:
        return true;
    }
}

void expression_scope_environment(const struct expression_scope *scope, enum expression_sort sort,
                                  struct policy_environment *ret_environment)
{
    static const char *const names[POLICY_SLOTS] = {
        [POLICY_OBJECT] = "object",
        [POLICY_OLD_OBJECT] = "oldObject",
        [POLICY_NAMESPACE] = "namespaceObject",
        [POLICY_REQUEST] = "request",
        [POLICY_PARAMS] = "params",
        [POLICY_AUTHORIZER] = "authorizer",
        [POLICY_REQUEST_RESOURCE] = "authorizer.requestResource",
        [POLICY_VARIABLES] = "variables",
    };
    bool patches = sort == EXPRESSION_CONFIGURATION || sort == EXPRESSION_JSON_PATCH;
    struct policy_environment *environment = ret_environment;
    size_t count = 0;

    for (unsigned slot = 0; slot < POLICY_SLOTS; slot++) {
        if (!is_seen(scope, sort, (enum policy_slot)slot))
            continue;
        environment->variables[count] = (struct cel_variable){ .name = names[slot], .type = scope->types[slot] };
        environment->slots[count++] = (uint8_t)slot;
    }
    environment->cel =
        (struct cel_environment){ .variables = environment->variables,
                                  .variable_count = count,
                                  .libraries = CEL_LIBRARY_AUTHORIZER | (patches ? CEL_LIBRARY_PATCHES : 0) };
}

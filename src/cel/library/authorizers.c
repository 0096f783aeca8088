/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* authorizers.c - kubernetes.authorization: questions are built step by step and asked at check(). */
#include "api/validation/formats/formats.h"
#include "cel/check/infer.h"
#include "cel/value/value.h"

/* Behind all of these values but decisions: who is asked, and the question so far. */
struct question {
    const struct cel_authorizer *authorizer;
    struct cel_check check;
};

#define AUTHORIZER_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static struct cel_value question_value(struct arena *arena, const struct question *question, enum cel_opaque form)
{
    struct question *made = arena_new(arena, struct question);

    *made = *question;
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = (uint8_t)form, .opaque = made };
}

struct cel_value cel_value_authorizer(struct arena *arena, const struct cel_authorizer *authorizer)
{
    struct question question = { .authorizer = authorizer };

    return question_value(arena, &question, CEL_OPAQUE_AUTHORIZER);
}

struct cel_value cel_value_resource_check(struct arena *arena, const struct cel_authorizer *authorizer,
                                          const struct cel_check *check)
{
    struct question question = { .authorizer = authorizer, .check = *check };

    return question_value(arena, &question, CEL_OPAQUE_RESOURCE_CHECK);
}

const struct cel_type *cel_type_authorizer(void)
{
    return cel_type_opaque(CEL_OPAQUE_AUTHORIZER);
}

const struct cel_type *cel_type_resource_check(void)
{
    return cel_type_opaque(CEL_OPAQUE_RESOURCE_CHECK);
}

/* One more text of the question; 'complaint' when it must not be blank. */
static struct cel_value with_text(struct cel_state *state, const struct cel_value *args, size_t member,
                                  enum cel_opaque form, const char *complaint)
{
    struct question question = *(const struct question *)args[0].opaque;

    if (complaint != NULL && str_trim(args[1].text).size == 0)
        return cel_error_text(complaint);
    *(struct str *)(void *)((char *)&question.check + member) = args[1].text;
    return question_value(state->arena, &question, form);
}

#define WITH_TEXT(name, member, form, complaint)                                                \
    AUTHORIZER_FUNCTION(name)                                                                   \
    {                                                                                           \
        (void)count;                                                                            \
        return with_text(state, args, offsetof(struct cel_check, member), (form), (complaint)); \
    }
WITH_TEXT(path, path, CEL_OPAQUE_PATH_CHECK, "path must not be empty")
WITH_TEXT(group, group, CEL_OPAQUE_GROUP_CHECK, NULL)
WITH_TEXT(resource, resource, CEL_OPAQUE_RESOURCE_CHECK, "resource must not be empty")
WITH_TEXT(subresource, subresource, CEL_OPAQUE_RESOURCE_CHECK, NULL)
WITH_TEXT(namespace, namespace, CEL_OPAQUE_RESOURCE_CHECK, NULL)
WITH_TEXT(name, name, CEL_OPAQUE_RESOURCE_CHECK, NULL)
WITH_TEXT(field_selector, field_selector, CEL_OPAQUE_RESOURCE_CHECK, NULL)
WITH_TEXT(label_selector, label_selector, CEL_OPAQUE_RESOURCE_CHECK, NULL)

AUTHORIZER_FUNCTION(service_account)
{
    struct question question = *(const struct question *)args[0].opaque;

    (void)count;
    if (!format_ok(format_dns1123_subdomain, args[2].text))
        return cel_error_text("Invalid service account name");
    if (!format_ok(format_dns1123_label, args[1].text))
        return cel_error_text("Invalid service account namespace");
    question.check.service_account_namespace = args[1].text;
    question.check.service_account_name = args[2].text;
    return question_value(state->arena, &question, CEL_OPAQUE_AUTHORIZER);
}

AUTHORIZER_FUNCTION(check)
{
    struct question question = *(const struct question *)args[0].opaque;
    struct cel_decision *decision = arena_new(state->arena, struct cel_decision);

    (void)count;
    question.check.verb = args[1].text;
    question.authorizer->check(question.authorizer->context, &question.check, state->arena, decision);
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_DECISION, .opaque = decision };
}

static const struct cel_decision *decision_of(const struct cel_value *value)
{
    return value->opaque;
}

AUTHORIZER_FUNCTION(allowed)
{
    (void)state;
    (void)count;
    return cel_value_bool(decision_of(&args[0])->allowed);
}

AUTHORIZER_FUNCTION(reason)
{
    (void)state;
    (void)count;
    return cel_value_string(decision_of(&args[0])->reason);
}

AUTHORIZER_FUNCTION(errored)
{
    (void)state;
    (void)count;
    return cel_value_bool(decision_of(&args[0])->error.data != NULL);
}

AUTHORIZER_FUNCTION(error)
{
    (void)state;
    (void)count;
    return cel_value_string(decision_of(&args[0])->error);
}

#define AUTHORIZER_ROW(name, signature, function, cost)            \
    {                                                              \
        name, signature, function, cost, 0, CEL_LIBRARY_AUTHORIZER \
    }

struct cel_functions cel_authorizers(void)
{
    static const struct cel_overload rows[] = {
        AUTHORIZER_ROW("path", "Z.s:X", path, CEL_COST_UNIT),
        AUTHORIZER_ROW("group", "Z.s:G", group, CEL_COST_UNIT),
        AUTHORIZER_ROW("serviceAccount", "Z.ss:Z", service_account, CEL_COST_UNIT),
        AUTHORIZER_ROW("resource", "G.s:R", resource, CEL_COST_UNIT),
        AUTHORIZER_ROW("subresource", "R.s:R", subresource, CEL_COST_UNIT),
        AUTHORIZER_ROW("namespace", "R.s:R", namespace, CEL_COST_UNIT),
        AUTHORIZER_ROW("name", "R.s:R", name, CEL_COST_UNIT),
        AUTHORIZER_ROW("fieldSelector", "R.s:R", field_selector, CEL_COST_SELECTOR),
        AUTHORIZER_ROW("labelSelector", "R.s:R", label_selector, CEL_COST_SELECTOR),
        AUTHORIZER_ROW("check", "X.s:E", check, CEL_COST_CHECK),
        AUTHORIZER_ROW("check", "R.s:E", check, CEL_COST_CHECK),
        AUTHORIZER_ROW("allowed", "E.:b", allowed, CEL_COST_UNIT),
        AUTHORIZER_ROW("reason", "E.:s", reason, CEL_COST_UNIT),
        AUTHORIZER_ROW("errored", "E.:b", errored, CEL_COST_UNIT),
        AUTHORIZER_ROW("error", "E.:s", error, CEL_COST_UNIT),
    };

    return (struct cel_functions){ rows, countof(rows) };
}

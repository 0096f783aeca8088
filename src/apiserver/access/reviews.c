/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* reviews.c - questions about access, answered by creating an object that is stored nowhere:
 * SubjectAccessReview and its kin, SelfSubjectRulesReview, SelfSubjectReview, TokenReview. */
#include <string.h>

#include "api/status.h"
#include "api/validation/validation.h"
#include "apiserver/access/access.h"
#include "apiserver/access/node_authorizer.h"
#include "apiserver/access/rbac.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

enum { RULES_MAX = 4096 };

/* Decodes the body into the request's arena; false when the request was failed. */
static bool read_body(struct request *request, void **ret_review)
{
    const struct api_kind *kind = request->registry->resource->kind;
    auto_invalid struct api_invalid errors = { 0 };
    struct error err = { 0 };
    if (request_decode(request, kind, ret_review, &err) == 0) {
        if (api_validate_review(kind->type, *ret_review, &errors) == 0)
            return true;
        (void)failure_invalid_list(request, kind, "", &errors, &err);
    }
    request_fail(request, &err);
    return false;
}

static void answer(struct request *request, const void *review)
{
    request_respond_document(request, 201, request->registry->resource->kind, review);
}

/* ---------------------------------------------------------------- may somebody do something? */

static void set_resource(struct authorization_attributes *attributes,
                         const struct api_authorization_resource_attributes *given)
{
    attributes->is_resource = true;
    attributes->verb = text_or_empty(given->verb);
    attributes->group = text_or_empty(given->group);
    attributes->resource = text_or_empty(given->resource);
    attributes->subresource = text_or_empty(given->subresource);
    attributes->namespace_ = text_or_empty(given->namespace);
    attributes->name = text_or_empty(given->name);
    attributes->field_selector =
        given->field_selector != NULL ? text_or_empty(given->field_selector->raw_selector) : "";
}

/* One of the two is there, validation saw to that. */
static struct authorization_attributes question(const struct api_authorization_resource_attributes *resource,
                                                const struct api_authorization_non_resource_attributes *path)
{
    struct authorization_attributes attributes = { .user = "",
                                                   .group = "",
                                                   .resource = "",
                                                   .subresource = "",
                                                   .namespace_ = "",
                                                   .name = "",
                                                   .path = "",
                                                   .field_selector = "" };
    if (resource != NULL) {
        set_resource(&attributes, resource);
    } else {
        attributes.verb = text_or_empty(path->verb);
        attributes.path = text_or_empty(path->path);
    }
    return attributes;
}

static struct api_authorization_subject_access_review_status decide(struct request *request,
                                                                    const struct authorization_attributes *attributes)
{
    char *reason = arena_alloc(&request->arena, AUTHORIZATION_REASON_SIZE);
    enum decision decision = access_decide(request->server->access, attributes, reason);
    return (struct api_authorization_subject_access_review_status){
        .allowed = decision == DECISION_ALLOW,
        .denied = decision == DECISION_DENY,
        .reason = reason,
    };
}

static struct authorization_attributes subject_question(const struct api_authorization_subject_access_review_spec *spec)
{
    struct authorization_attributes attributes = question(spec->resource_attributes, spec->non_resource_attributes);
    attributes.user = text_or_empty(spec->user);
    attributes.groups = spec->groups;
    attributes.n_groups = spec->n_groups;
    return attributes;
}

void serve_subject_access_review(struct request *request)
{
    struct api_authorization_subject_access_review *review;
    if (!read_body(request, (void **)&review))
        return;
    struct authorization_attributes attributes = subject_question(&review->spec);
    review->status = decide(request, &attributes);
    answer(request, review);
}

void serve_local_subject_access_review(struct request *request)
{
    struct api_authorization_local_subject_access_review *review;
    if (!read_body(request, (void **)&review))
        return;
    struct authorization_attributes attributes = subject_question(&review->spec);
    if (strcmp(attributes.namespace_, request->namespace_) != 0) {
        request_refuse(request, ERROR_BAD_REQUEST, "spec.resourceAttributes.namespace must match namespace: %s",
                       request->namespace_);
        return;
    }
    review->status = decide(request, &attributes);
    answer(request, review);
}

void serve_self_subject_access_review(struct request *request)
{
    struct api_authorization_self_subject_access_review *review;
    if (!read_body(request, (void **)&review))
        return;
    struct authorization_attributes attributes =
        question(review->spec.resource_attributes, review->spec.non_resource_attributes);
    attributes.user = text_or_empty(request->user.name);
    attributes.groups = request->user.groups;
    attributes.n_groups = request->user.n_groups;
    review->status = decide(request, &attributes);
    answer(request, review);
}

/* ---------------------------------------------------------------- what may I do at all? */

static bool collect_rule(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding)
{
    struct api_authorization_subject_rules_review_status *status = context;
    (void)binding;
    if (status->n_resource_rules + status->n_non_resource_rules == RULES_MAX) {
        status->incomplete = true;
        return false;
    }
    if (rule->n_resources > 0)
        status->resource_rules[status->n_resource_rules++] = (struct api_authorization_resource_rule){
            .verbs = rule->verbs,
            .n_verbs = rule->n_verbs,
            .api_groups = rule->api_groups,
            .n_api_groups = rule->n_api_groups,
            .resources = rule->resources,
            .n_resources = rule->n_resources,
            .resource_names = rule->resource_names,
            .n_resource_names = rule->n_resource_names,
        };
    if (rule->n_non_resource_urls > 0)
        status->non_resource_rules[status->n_non_resource_rules++] = (struct api_authorization_non_resource_rule){
            .verbs = rule->verbs,
            .n_verbs = rule->n_verbs,
            .non_resource_urls = rule->non_resource_urls,
            .n_non_resource_urls = rule->n_non_resource_urls,
        };
    return true;
}

void serve_self_subject_rules_review(struct request *request)
{
    struct api_authorization_self_subject_rules_review *review;
    if (!read_body(request, (void **)&review))
        return;
    if (text_empty(review->spec.namespace)) {
        request_refuse(request, ERROR_BAD_REQUEST, "no namespace on request");
        return;
    }
    struct authorization_attributes who = access_attributes(request);
    who.namespace_ = text_or_empty(review->spec.namespace);
    review->status.resource_rules = arena_new_array(&request->arena, struct api_authorization_resource_rule, RULES_MAX);
    review->status.non_resource_rules =
        arena_new_array(&request->arena, struct api_authorization_non_resource_rule, RULES_MAX);
    if (node_of_user(&who) != NULL) { /* what they may do changes with their pods */
        review->status.incomplete = true;
        review->status.evaluation_error = "node authorizer does not support user rule resolution";
    }
    rbac_each_rule(access_rbac(request->server->access), &who, collect_rule, &review->status);
    answer(request, review);
}

/* ---------------------------------------------------------------- who am I, who is that? */

static struct api_authentication_user_info describe(const struct user *user, struct arena *arena)
{
    struct api_authentication_user_info info = {
        .username = user->name, .uid = user->uid, .groups = user->groups, .n_groups = user->n_groups
    };
    info.extra = arena_new_array(arena, struct api_authentication_extra_value_entry, user->n_extra + 1);
    for (size_t i = 0; i < user->n_extra; i++)
        info.extra[info.n_extra++] = (struct api_authentication_extra_value_entry){
            .key = user->extra[i].key,
            .value = { .items = user->extra[i].values, .n_items = user->extra[i].n_values },
        };
    return info;
}

void serve_self_subject_review(struct request *request)
{
    struct api_authentication_self_subject_review *review;
    if (!read_body(request, (void **)&review))
        return;
    review->status.user_info = describe(&request->user, &request->arena);
    answer(request, review);
}

void serve_token_review(struct request *request)
{
    struct api_authentication_token_review *review;
    struct user user;
    struct error why = { 0 };
    if (!read_body(request, (void **)&review))
        return;
    if (text_empty(review->spec.token)) {
        request_refuse(request, ERROR_BAD_REQUEST, "token is required for TokenReview in authentication");
        return;
    }
    const char **audiences = arena_new_array(&request->arena, const char *, review->spec.n_audiences + 1);
    for (size_t i = 0; i < review->spec.n_audiences; i++)
        audiences[i] = review->spec.audiences[i];
    int rc = access_check_token(request->server->access, str_of(review->spec.token),
                                review->spec.n_audiences > 0 ? audiences : NULL, &request->arena, &user, &why);
    review->spec.token = NULL; /* an answer must not carry the secret around */
    review->status = (struct api_authentication_token_review_status){ .authenticated = rc == 0 };
    if (rc == 0)
        review->status.user = describe(&user, &request->arena);
    else
        review->status.error = arena_strdup(&request->arena, why.message);
    answer(request, review);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy.h - admission policies compiled once, and asked about requests.
 *
 * A compiled policy is immutable and may be asked by any number of threads at once. What does not compile (it did once, when
 * the policy was written) is an error of each request that it concerns. Words, budgets and what follows of errors are
 * upstream's; which requests a policy is about, and what is done with its answer, is up to the caller. */
#ifndef APISERVER_POLICIES_POLICY_H
#define APISERVER_POLICIES_POLICY_H

#include "cel/cel.h"

struct api_admissionregistration_validating_admission_policy;
struct api_admissionregistration_mutating_admission_policy;
struct api_admissionregistration_match_condition;

/* What is asked about. Documents are borrowed until the answer was read; NULL is null. */
struct policy_request {
    yyjson_val *object, *old_object;         /* in the version that the policy is about */
    yyjson_val *request;                     /* an AdmissionRequest */
    yyjson_val *namespace;                   /* NULL: of a cluster-scoped object */
    yyjson_val *params;                      /* NULL: none */
    const struct cel_authorizer *authorizer; /* about the user who asks */
    const struct cel_check *resource;        /* the request's own resource, for authorizer.requestResource */
};

/* ---- match conditions, of policies and webhooks ---- */

struct match_conditions;

/* 'params': expressions may use them. NULL when there are none; the texts are copied. */
struct match_conditions *match_conditions_compile(const struct api_admissionregistration_match_condition *conditions,
                                                  size_t count, bool params);
void match_conditions_destroy(struct match_conditions *conditions);

/* True when all hold, NULL conditions do. One that fails does not matter where another is false; else the error is -ERROR_INVALID and
 * '*ret_holds' is not set: the failure policy decides. */
int match_conditions_hold(const struct match_conditions *conditions, const struct policy_request *request,
                          struct arena *arena, bool *ret_holds, const char **ret_problem) must_check;

/* ---- policies that judge ---- */

struct validating_policy;

struct validating_policy *
validating_policy_compile(const struct api_admissionregistration_validating_admission_policy *policy);
void validating_policy_destroy(struct validating_policy *policy); /* NULL is fine */

/* The policy's own copy of itself. */
const struct api_admissionregistration_validating_admission_policy *
validating_policy_object(const struct validating_policy *policy);

struct policy_decision {
    bool denied;
    bool failed;         /* the message is the error of an expression, not that of a validation */
    const char *reason;  /* "Invalid", "Forbidden", ...; NULL where the policy has not come to say one */
    const char *message; /* set when it is denied or failed */
};

struct policy_annotation {
    const char *key, *value;
};

/* Everything is in the arena. */
struct policy_verdict {
    struct policy_decision *decisions; /* of each validation in their order, or the one error of the whole policy; none
                                          when a match condition is false */
    size_t n_decisions;
    struct policy_annotation *annotations;
    size_t n_annotations;
    const char **annotation_errors; /* each denies the request, whatever the binding says */
    size_t n_annotation_errors;
};

void validating_policy_evaluate(const struct validating_policy *policy, const struct policy_request *request,
                                struct arena *arena, struct policy_verdict *ret_verdict);

/* ---- policies that change ---- */

struct mutating_policy;

struct mutating_policy *
mutating_policy_compile(const struct api_admissionregistration_mutating_admission_policy *policy);
void mutating_policy_destroy(struct mutating_policy *policy); /* NULL is fine */
const struct match_conditions *mutating_policy_conditions(const struct mutating_policy *policy);
size_t mutating_policy_count(const struct mutating_policy *policy);

struct policy_mutation {
    bool patch;      /* a JSON patch; else a configuration to be applied, without its apiVersion and kind */
    struct str json; /* in the arena */
};

/* One after the other: each mutation sees the object as the one before left it. */
int mutating_policy_evaluate(const struct mutating_policy *policy, size_t index, const struct policy_request *request,
                             struct arena *arena, struct policy_mutation *ret_mutation, struct error *err) must_check;

#endif

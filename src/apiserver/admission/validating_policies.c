/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ValidatingAdmissionPolicy: every policy with a binding is asked about every write that it matches. A cluster without such pays one
 * look at an empty list. */

#include <stdio.h>
#include <string.h>

#include "apiserver/admission/admission_metrics.h"
#include "apiserver/admission/policy_hooks.h"
#include "apiserver/admission/policy_params.h"
#include "apiserver/admission/policy_subject.h"
#include "apiserver/failure.h"
#include "apiserver/server_internal.h"

/* The first denial is the answer; the other policies are still asked, for their warnings. */
struct asking {
    struct policy_subject subject;
    const char *message; /* NULL: nobody has denied it yet */
    const char *reason;
};

static const struct status_reason {
    const char *reason;
    enum error_code code;
} reasons[] = {
    { "Invalid", ERROR_INVALID },
    { "Forbidden", ERROR_FORBIDDEN },
    { "RequestEntityTooLarge", ERROR_TOO_LARGE },
};

/* Nobody can lock himself out: who judges is not judged. */
static bool is_exempt(const struct admission *admission)
{
    static const char *const kinds[] = { "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
                                         "ValidatingAdmissionPolicy",      "ValidatingAdmissionPolicyBinding",
                                         "MutatingAdmissionPolicy",        "MutatingAdmissionPolicyBinding" };
    const struct api_kind *kind = admission->registry->resource->kind;

    if (strcmp(kind->group, "admissionregistration.k8s.io") != 0)
        return false;
    for (size_t i = 0; i < countof(kinds); i++)
        if (strcmp(kind->kind, kinds[i]) == 0)
            return true;
    return false;
}

/* What creating something through a subresource does to other objects (an eviction deletes its pod) was judged with it. */
static bool is_consequence(const struct admission *admission)
{
    const struct request *request = admission->request;

    return !text_empty(request->subresource) && request->action == API_CREATE &&
           (admission->operation == ADMISSION_UPDATE || admission->operation == ADMISSION_DELETE);
}

static void deny(struct asking *asking, const struct policy_hook *hook, const struct policy_binding *binding,
                 const char *reason, const char *message)
{
    struct arena *arena = &asking->subject.admission->request->arena;

    if (asking->message != NULL)
        return;
    asking->reason = reason != NULL ? reason : reasons[0].reason;
    asking->message =
        binding == NULL ? arena_format(arena, "ValidatingAdmissionPolicy '%s' denied request: %s", hook->name, message)
                        : arena_format(arena, "ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s",
                                       hook->name, object_name(binding->object), message);
}

/* What hinders it from being asked at all. */
static void fail(struct asking *asking, const struct policy_hook *hook, const struct policy_binding *binding,
                 const char *why)
{
    if (text_equal(hook->object->spec.failure_policy, "Ignore"))
        return;
    deny(asking, hook, binding, NULL,
         arena_format(&asking->subject.arena, "failed to configure %s: %s", binding == NULL ? "policy" : "binding",
                      why));
}

static bool acts(const struct policy_binding *binding, const char *action)
{
    for (size_t i = 0; i < binding->binding->spec.n_validation_actions; i++)
        if (strcmp(binding->binding->spec.validation_actions[i], action) == 0)
            return true;
    return false;
}

/* There is no audit log yet: annotations and the action Audit come to nothing but a metric. 'seconds': of each decision. */
static void heed(struct asking *asking, const struct policy_hook *hook, const struct policy_binding *binding,
                 const struct policy_verdict *verdict, double seconds)
{
    const struct admission *admission = asking->subject.admission;
    const char *name = object_name(binding->object);
    bool denies = acts(binding, "Deny"), warns = acts(binding, "Warn");

    for (size_t i = 0; i < verdict->n_decisions; i++) {
        const struct policy_decision *decision = &verdict->decisions[i];
        if (!decision->denied) {
            if (decision->failed)
                admission_metrics_policy(admission, hook->name, name, decision, "allow", seconds);
            continue;
        }
        if (denies) {
            deny(asking, hook, binding, decision->reason, decision->message);
            admission_metrics_policy(admission, hook->name, name, decision, "deny", seconds);
        }
        if (acts(binding, "Audit"))
            admission_metrics_policy(admission, hook->name, name, decision, "audit", seconds);
        if (warns) {
            request_warn(admission->request,
                         "Validation failed for ValidatingAdmissionPolicy '%s' with binding '%s': %s", hook->name, name,
                         decision->message);
            admission_metrics_policy(admission, hook->name, name, decision, "warn", seconds);
        }
    }
    for (size_t i = 0; i < verdict->n_annotation_errors; i++) {
        const struct policy_decision error = { .denied = true,
                                               .failed = true,
                                               .message = verdict->annotation_errors[i] };
        deny(asking, hook, binding, NULL, error.message);
        admission_metrics_policy(admission, hook->name, name, &error, "deny", seconds);
    }
}

/* Its time is shared out evenly among the decisions. */
static void judge(struct asking *asking, const struct policy_hook *hook, const struct policy_binding *binding,
                  const struct policy_request *question)
{
    auto_arena struct arena scratch = { 0 };
    struct loop *loop = asking->subject.admission->request->server->loop;
    struct policy_verdict verdict;
    usec_t started = loop_stopwatch(loop);

    validating_policy_evaluate(hook->policy, question, &scratch, &verdict);
    double seconds = (double)(loop_stopwatch(loop) - started) / USEC_PER_SEC;
    size_t parts = verdict.n_decisions + verdict.n_annotations + verdict.n_annotation_errors;
    heed(asking, hook, binding, &verdict, parts == 0 ? 0 : seconds / (double)parts);
}

static void ask_binding(struct asking *asking, const struct policy_hook *hook, const struct policy_binding *binding,
                        int as)
{
    struct policy_subject *subject = &asking->subject;
    struct policy_request question;
    struct policy_params params = { 0 };
    struct error err = { 0 };
    bool matches;
    int ignored;

    int rc = policy_match(&binding->match, &subject->match, &matches, &ignored, &err);
    if (rc == 0 && !matches)
        return;
    if (rc == 0)
        rc = policy_params_find(subject, hook, binding, &params, &err);
    if (rc == 0 && params.count > 0)
        rc = policy_subject_ask(subject, as, &question, &err);
    if (rc < 0) {
        fail(asking, hook, binding, arena_strdup(&subject->arena, err.message));
        return;
    }
    for (size_t i = 0; i < params.count; i++) {
        question.params = params.documents[i];
        judge(asking, hook, binding, &question);
    }
}

static void ask(struct asking *asking, const struct policy_hook *hook)
{
    struct policy_subject *subject = &asking->subject;
    const struct policy_binding *binding = NULL;
    struct error err = { 0 };
    bool matches;
    int as;

    int rc = policy_match(&hook->match, &subject->match, &matches, &as, &err);
    if (rc == 0 && !matches)
        return;
    if (rc == 0)
        rc = policy_params_check(subject->admission->request->server, hook, &err);
    if (rc < 0) {
        fail(asking, hook, NULL, arena_strdup(&subject->arena, err.message));
        return;
    }
    while ((binding = policy_hook_next(hook, binding)) != NULL)
        ask_binding(asking, hook, binding, as);
}

static int refuse(const struct asking *asking, struct error *err)
{
    struct admission *admission = asking->subject.admission;
    struct request *request = admission->request;
    struct arena *arena = &request->arena;
    const struct api_resource *resource = admission->registry->resource;
    const struct status_reason *reason = &reasons[0];
    struct api_status *status = arena_new(arena, struct api_status);
    char text[API_RESOURCE_TEXT_SIZE];

    for (size_t i = 0; i < countof(reasons); i++)
        if (strcmp(reasons[i].reason, asking->reason) == 0)
            reason = &reasons[i];
    api_resource_text(resource, text);
    status->status = "Failure";
    status->code = error_http_status(-reason->code);
    status->reason = reason->reason;
    status->message =
        arena_format(arena, "%s \"%s\" is forbidden: %s", text, text_or_empty(admission->name), asking->message);
    status->details = arena_new(arena, struct api_status_details);
    status->details->name = arena_strdup(arena, text_or_empty(admission->name));
    status->details->group = resource->kind->group;
    status->details->kind = resource->plural;
    failure_add_cause(request, status, NULL, asking->message, NULL);
    request->failure = status;
    return error_set(err, reason->code, "%s", status->message);
}

int validate_policies(struct admission *admission, struct error *err)
{
    const struct policy_hooks *hooks = admission->request->server->policies;
    const struct policy_hook *hook = policy_hooks_next(hooks, NULL);
    struct asking asking = { 0 };

    if (hook == NULL || is_exempt(admission) || is_consequence(admission))
        return 0;
    policy_subject_init(&asking.subject, admission);
    for (; hook != NULL; hook = policy_hooks_next(hooks, hook))
        ask(&asking, hook);
    int rc = asking.message == NULL ? 0 : refuse(&asking, err);
    policy_subject_fini(&asking.subject);
    return rc;
}

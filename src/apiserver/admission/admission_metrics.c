/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/admission/admission_metrics.h"

#include <stdlib.h>

#include "apiserver/server_internal.h"
#include "base/memory.h"

static const double step_bounds[] = { 0.005, 0.025, 0.1, 0.5, 1, 2.5 };
static const double check_bounds[] = { 0.0000005, 0.001, 0.01, 0.1, 1 };

static const struct metric_family steps = {
    .name = "apiserver_admission_step_admission_duration_seconds",
    .help = "[STABLE] Time of all admission plug-ins together in seconds, by operation and pass.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "operation", "rejected", "type", NULL },
    .bounds = step_bounds,
    .n_bounds = countof(step_bounds),
};
static const struct metric_family checks = {
    .name = "apiserver_validating_admission_policy_check_total",
    .help = "[BETA] Decisions of validating policies, by policy, binding, error and what was done.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "enforcement_action", "error_type", "policy", "policy_binding", NULL },
};
static const struct metric_family check_times = {
    .name = "apiserver_validating_admission_policy_check_duration_seconds",
    .help = "[BETA] Time of a decision of a validating policy in seconds, by policy, binding, error and what was done.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "enforcement_action", "error_type", "policy", "policy_binding", NULL },
    .bounds = check_bounds,
    .n_bounds = countof(check_bounds),
};

static const char *const operations[] = { [ADMISSION_CREATE] = "CREATE",
                                          [ADMISSION_UPDATE] = "UPDATE",
                                          [ADMISSION_DELETE] = "DELETE",
                                          [ADMISSION_CONNECT] = "CONNECT" };

struct admission_metrics {
    struct metrics *metrics;
    struct metric *steps[countof(operations)][2][2]; /* by operation, pass and outcome; NULL until the first */
};

struct admission_metrics *admission_metrics_create(struct metrics *metrics)
{
    struct admission_metrics *own = memory_new(struct admission_metrics);
    own->metrics = metrics;
    return own;
}

void admission_metrics_destroy(struct admission_metrics *own)
{
    free(own);
}

void admission_metrics_step(const struct admission *admission, bool validates, bool rejected, usec_t started)
{
    const struct api_server *server = admission->request->server;
    struct admission_metrics *own = server->admission_metrics;
    struct metric **step = &own->steps[admission->operation][validates][rejected];
    usec_t span = loop_stopwatch(server->loop) - started;
    if (*step == NULL) {
        const char *const values[] = { operations[admission->operation], rejected ? "true" : "false",
                                       validates ? "validate" : "admit" };
        *step = metrics_get(own->metrics, &steps, values);
    }
    metric_observe(*step, (double)span / USEC_PER_SEC);
}

/* As upstream sorts them, by their messages: also a plain denial is an "invalid_error". */
static const char *error_type(const struct policy_decision *decision)
{
    struct str message = str_of(text_or_empty(decision->message));
    if (!decision->denied && !decision->failed)
        return "no_error";
    if (str_starts(message, STR("compilation")))
        return "compile_error";
    if (str_starts(message, STR("validation failed due to running out of cost budget")))
        return "out_of_budget";
    return "invalid_error";
}

void admission_metrics_policy(const struct admission *admission, const char *policy, const char *binding,
                              const struct policy_decision *decision, const char *action, double seconds)
{
    struct metrics *metrics = admission->request->server->admission_metrics->metrics;
    const char *const values[] = { action, error_type(decision), policy, binding };
    metric_add(metrics_get(metrics, &checks, values), 1);
    metric_observe(metrics_get(metrics, &check_times, values), seconds);
}

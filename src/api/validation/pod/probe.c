/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* probe.c - probes and lifecycle hooks: one handler each, and sane numbers. */
#include "api/validation/pod/pod_rules.h"

#define MORE_HANDLERS "may not specify more than 1 handler type"

static const char *const linux_signals[] = {
    "SIGABRT",     "SIGALRM",     "SIGBUS",      "SIGCHLD",     "SIGCLD",      "SIGCONT",     "SIGFPE",
    "SIGHUP",      "SIGILL",      "SIGINT",      "SIGIO",       "SIGIOT",      "SIGKILL",     "SIGPIPE",
    "SIGPOLL",     "SIGPROF",     "SIGPWR",      "SIGQUIT",     "SIGRTMAX",    "SIGRTMAX-1",  "SIGRTMAX-10",
    "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2",  "SIGRTMAX-3",  "SIGRTMAX-4",
    "SIGRTMAX-5",  "SIGRTMAX-6",  "SIGRTMAX-7",  "SIGRTMAX-8",  "SIGRTMAX-9",  "SIGRTMIN",    "SIGRTMIN+1",
    "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2",
    "SIGRTMIN+3",  "SIGRTMIN+4",  "SIGRTMIN+5",  "SIGRTMIN+6",  "SIGRTMIN+7",  "SIGRTMIN+8",  "SIGRTMIN+9",
    "SIGSEGV",     "SIGSTKFLT",   "SIGSTOP",     "SIGSYS",      "SIGTERM",     "SIGTRAP",     "SIGTSTP",
    "SIGTTIN",     "SIGTTOU",     "SIGURG",      "SIGUSR1",     "SIGUSR2",     "SIGVTALRM",   "SIGWINCH",
    "SIGXCPU",     "SIGXFSZ",     NULL
};
static const char *const windows_signals[] = { "SIGKILL", "SIGTERM", NULL };
static const char *const schemes[] = { "HTTP", "HTTPS", NULL };

void validate_port_or_name(const struct int_or_string *port, const struct field_at *at, struct api_invalid *errors)
{
    if (port->text != NULL)
        invalid_format(errors, at, format_port_name, port->text);
    else
        invalid_port_number(errors, at, port->number);
}

static void validate_http(const struct api_http_get_action *http, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(http->path))
        invalid_missing(errors, at_field(at, "path"));
    validate_port_or_name(&http->port, at_field(at, "port"), errors);
    invalid_one_of(errors, at_field(at, "scheme"), http->scheme, schemes, false);
    for (size_t i = 0; i < http->n_http_headers; i++)
        invalid_format(errors, at_field(at, "httpHeaders"), format_http_header_name, http->http_headers[i].name);
}

/* The handlers that probes and hooks share; returns how many there are. */
static int validate_handlers(const struct api_exec_action *exec, const struct api_http_get_action *http,
                             const struct api_tcp_socket_action *tcp, const struct field_at *at,
                             struct api_invalid *errors)
{
    int count = 0;

    if (exec != NULL) {
        count++;
        if (exec->n_command == 0)
            invalid_missing(errors, at_field(at_field(at, "exec"), "command"));
    }
    if (http != NULL) {
        if (count++ > 0)
            invalid_forbidden(errors, at_field(at, "httpGet"), MORE_HANDLERS);
        else
            validate_http(http, at_field(at, "httpGet"), errors);
    }
    if (tcp != NULL) {
        if (count++ > 0)
            invalid_forbidden(errors, at_field(at, "tcpSocket"), MORE_HANDLERS);
        else
            validate_port_or_name(&tcp->port, at_field(at_field(at, "tcpSocket"), "port"), errors);
    }
    return count;
}

static void validate_probe(const struct api_probe *probe, bool once, const struct field_at *at,
                           struct api_invalid *errors)
{
    if (probe == NULL)
        return;
    int count = validate_handlers(probe->exec, probe->http_get, probe->tcp_socket, at, errors);
    if (probe->grpc != NULL && count++ > 0)
        invalid_forbidden(errors, at_field(at, "grpc"), MORE_HANDLERS);
    else if (probe->grpc != NULL)
        invalid_port_number(errors, at_field(at_field(at, "grpc"), "port"), probe->grpc->port);
    if (count == 0)
        invalid_required(errors, at, "must specify a handler type");
    invalid_not_negative(errors, at_field(at, "initialDelaySeconds"), probe->initial_delay_seconds);
    invalid_not_negative(errors, at_field(at, "timeoutSeconds"), probe->timeout_seconds);
    invalid_not_negative(errors, at_field(at, "periodSeconds"), probe->period_seconds);
    invalid_not_negative(errors, at_field(at, "successThreshold"), probe->success_threshold);
    invalid_not_negative(errors, at_field(at, "failureThreshold"), probe->failure_threshold);
    if (probe->termination_grace_period_seconds != NULL && *probe->termination_grace_period_seconds <= 0)
        invalid_number(errors, at_field(at, "terminationGracePeriodSeconds"), *probe->termination_grace_period_seconds,
                       "must be greater than 0");
    if (once && probe->success_threshold != 1)
        invalid_number(errors, at_field(at, "successThreshold"), probe->success_threshold, "must be 1");
}

static void validate_hook(const struct pod_scope *scope, const struct api_lifecycle_handler *hook,
                          const struct field_at *at, struct api_invalid *errors)
{
    if (hook == NULL)
        return;
    const int64_t *grace = scope->spec->termination_grace_period_seconds; /* missing is said elsewhere */
    int count = validate_handlers(hook->exec, hook->http_get, hook->tcp_socket, at, errors);
    if (hook->sleep != NULL && count++ > 0)
        invalid_forbidden(errors, at_field(at, "sleep"), MORE_HANDLERS);
    else if (hook->sleep != NULL && grace != NULL && (hook->sleep->seconds < 0 || hook->sleep->seconds > *grace))
        invalid_number(errors, at_field(at, "sleep"), hook->sleep->seconds,
                       "must be non-negative and less than terminationGracePeriodSeconds (%lld)", (long long)*grace);
    if (count == 0)
        invalid_required(errors, at, "must specify a handler type");
}

static void validate_stop_signal(const struct pod_scope *scope, const char *signal, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct api_pod_os *os = scope->spec->os;

    if (signal == NULL)
        return;
    if (os == NULL || text_empty(os->name))
        invalid_forbidden(errors, at, "may not be set for containers with empty `spec.os.name`");
    else if (text_equal(os->name, "windows"))
        invalid_one_of(errors, at, signal, windows_signals, false);
    else if (text_equal(os->name, "linux"))
        invalid_one_of(errors, at, signal, linux_signals, false);
}

void validate_lifecycle_and_probes(const struct pod_scope *scope, const struct api_container *container,
                                   const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *lifecycle = at_field(at, "lifecycle");

    if (container->lifecycle != NULL) {
        validate_hook(scope, container->lifecycle->post_start, at_field(lifecycle, "postStart"), errors);
        validate_hook(scope, container->lifecycle->pre_stop, at_field(lifecycle, "preStop"), errors);
        validate_stop_signal(scope, container->lifecycle->stop_signal, at_field(lifecycle, "stopSignal"), errors);
    }
    validate_probe(container->liveness_probe, true, at_field(at, "livenessProbe"), errors);
    validate_probe(container->readiness_probe, false, at_field(at, "readinessProbe"), errors);
    if (container->readiness_probe != NULL && container->readiness_probe->termination_grace_period_seconds != NULL)
        invalid_number(errors, at_field(at_field(at, "readinessProbe"), "terminationGracePeriodSeconds"),
                       *container->readiness_probe->termination_grace_period_seconds,
                       "must not be set for readinessProbes");
    validate_probe(container->startup_probe, true, at_field(at, "startupProbe"), errors);
}

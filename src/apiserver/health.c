/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* /livez, /readyz, /healthz (with their checks by name), /version and /metrics. */

#include <string.h>
#include <sys/utsname.h>

#include "apiserver/handlers.h"
#include "apiserver/path.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"
#include "loop/process_metrics.h"

enum { LIVE = 1 << 0, READY = 1 << 1, HEALTH = 1 << 2 };

struct health_check {
    const char *name;
    unsigned paths;
    bool (*good)(struct api_server *server);
};

static bool check_ping(struct api_server *server)
{
    (void)server;
    return true;
}

/* The store is in this process: it answers as long as we do. That what it holds was read is informer-sync's part. */
static bool check_store(struct api_server *server)
{
    return server->store != NULL;
}

static bool check_caches(struct api_server *server)
{
    return server->ready;
}

static bool check_bootstrap(struct api_server *server)
{
    return server->bootstrapped;
}

static bool check_running(struct api_server *server)
{
    return !server->stopping;
}

#define EVERYWHERE (LIVE | READY | HEALTH)
#define HOOK(name) "poststarthook/" name

/* Hooks have upstream's names, as probes and dashboards ask for them; each tells whether that which it started there is done here. */
static const struct health_check checks[] = {
    { "ping", EVERYWHERE, check_ping },
    { "log", EVERYWHERE, check_ping },
    { "etcd", EVERYWHERE, check_store },
    { "etcd-readiness", READY, check_store },
    { "informer-sync", READY, check_caches },
    { HOOK("start-apiserver-admission-initializer"), EVERYWHERE, check_caches },
    { HOOK("generic-apiserver-start-informers"), EVERYWHERE, check_caches },
    { HOOK("storage-readiness"), EVERYWHERE, check_caches },
    { HOOK("start-apiextensions-informers"), EVERYWHERE, check_caches },
    { HOOK("start-apiextensions-controllers"), EVERYWHERE, check_caches },
    { HOOK("crd-informer-synced"), EVERYWHERE, check_caches },
    { HOOK("start-service-ip-repair-controllers"), EVERYWHERE, check_caches },
    { HOOK("start-system-namespaces-controller"), EVERYWHERE, check_bootstrap },
    { HOOK("bootstrap-controller"), EVERYWHERE, check_bootstrap },
    { HOOK("rbac/bootstrap-roles"), EVERYWHERE, check_bootstrap },
    { HOOK("scheduling/bootstrap-system-priority-classes"), EVERYWHERE, check_bootstrap },
    { HOOK("priority-and-fairness-config-producer"), EVERYWHERE, check_bootstrap },
    { "shutdown", READY, check_running },
};

static const struct metric_family healthcheck = {
    .name = "kubernetes_healthcheck",
    .help = "[STABLE] What a check said last: 1 is good.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "name", "type", NULL },
};
static const struct metric_family healthchecks = {
    .name = "kubernetes_healthchecks_total",
    .help = "[STABLE] Checks made, by what they said.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "name", "status", "type", NULL },
};

/* 'type': the path's name. */
static bool ask(struct api_server *server, const struct health_check *check, const char *type)
{
    bool good = check->good(server);
    const char *const now[] = { check->name, type };
    const char *const all[] = { check->name, good ? "success" : "error", type };
    metric_set(metrics_get(server->slis, &healthcheck, now), good);
    metric_add(metrics_get(server->slis, &healthchecks, all), 1);
    return good;
}

static bool excluded(struct request *request, const char *name)
{
    struct str rest = request->query, pair;
    while (str_next(&rest, '&', &pair)) {
        const char *value = query_value(pair, "exclude", &request->arena);
        if (value != NULL && strcmp(value, name) == 0)
            return true;
    }
    return false;
}

static void serve_one(struct request *request, unsigned path, const char *name)
{
    for (size_t i = 0; i < countof(checks); i++) {
        if (!(checks[i].paths & path) || strcmp(checks[i].name, name) != 0)
            continue;
        bool good = checks[i].good(request->server);
        request_respond_text(request, good ? 200 : 500, "text/plain; charset=utf-8",
                             good ? STR("ok") : STR("internal server error: reason withheld\n"));
        return;
    }
    request_respond_text(request, 404, "text/plain; charset=utf-8", STR("404 page not found\n"));
}

static void serve_checks(struct request *request, unsigned path, const char *name)
{
    const char *one = request->path + strlen(name) + 1;
    if (strlen(request->path) > strlen(name) + 1 && *one != '\0') {
        serve_one(request, path, one);
        return;
    }
    auto_buffer struct buffer text = { .max = 64 << 10 };
    bool good = true;
    for (size_t i = 0; i < countof(checks); i++) {
        if (!(checks[i].paths & path))
            continue;
        if (excluded(request, checks[i].name)) {
            buffer_format(&text, "[+]%s excluded: ok\n", checks[i].name);
        } else if (ask(request->server, &checks[i], name + 1)) {
            buffer_format(&text, "[+]%s ok\n", checks[i].name);
        } else {
            buffer_format(&text, "[-]%s failed: reason withheld\n", checks[i].name);
            good = false;
        }
    }
    buffer_format(&text, "%s check %s\n", name + 1, good ? "passed" : "failed");
    bool verbose = query_value(request->query, "verbose", &request->arena) != NULL;
    request_respond_text(request, good ? 200 : 500, "text/plain; charset=utf-8",
                         good && !verbose ? STR("ok") : buffer_str(&text));
}

void serve_livez(struct request *request)
{
    serve_checks(request, LIVE, "/livez");
}

void serve_readyz(struct request *request)
{
    serve_checks(request, READY, "/readyz");
}

void serve_healthz(struct request *request)
{
    serve_checks(request, HEALTH, "/healthz");
}

void serve_version(struct request *request)
{
    struct utsname machine;
    struct emulation versions = emulation_effective(request->server->options.emulation);
    const char *platform =
        uname(&machine) == 0 && strcmp(machine.machine, "aarch64") == 0 ? "linux/arm64" : "linux/amd64";
    const char *text = arena_format(&request->arena,
                                    "{\n  \"major\": \"1\",\n  \"minor\": \"%d\",\n"
                                    "  \"emulationMajor\": \"1\",\n  \"emulationMinor\": \"%d\",\n"
                                    "  \"minCompatibilityMajor\": \"1\",\n  \"minCompatibilityMinor\": \"%d\",\n"
                                    "  \"gitVersion\": \"" API_SERVER_VERSION
                                    "\",\n  \"gitCommit\": \"\",\n  \"gitTreeState\": \"\",\n"
                                    "  \"buildDate\": \"\",\n  \"goVersion\": \"\",\n  \"compiler\": \"%s\",\n"
                                    "  \"platform\": \"%s\"\n}",
                                    EMULATION_MINOR, versions.emulated, versions.min_compatible, "gcc", platform);
    request_respond_text(request, 200, "application/json", str_of(text));
}

static void respond_metrics(struct request *request, struct metrics *metrics)
{
    auto_buffer struct buffer text = { .max = 64 << 20 };
    metrics_write(metrics, loop_monotonic(request->server->loop), &text);
    request_respond_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_str(&text));
}

void serve_metrics(struct request *request)
{
    request_metrics_sample(request->server);
    process_metrics_sample(request->server->metrics);
    respond_metrics(request, request->server->metrics);
}

void serve_slis(struct request *request)
{
    respond_metrics(request, request->server->slis);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/prober.h"

#include <stdio.h>

#include "base/memory.h"

const char *const probe_kind_names[PROBE_KINDS] = { "Startup", "Liveness", "Readiness" };

/* One probe. */
struct probe_watch {
    struct prober *prober;
    enum probe_kind kind;
    const struct api_probe *probe; /* NULL: the container has none of this kind */
    struct loop_timer timer;
    struct handler *handler;
    enum probe_result last; /* of the try before */
    int32_t streak;         /* tries with that result in a row */
    enum probe_result told;
};

struct prober {
    struct prober_options options;
    struct loop *loop;
    char *container_id, *pod_ip;
    bool started; /* the startup probe has passed, or there is none */
    struct probe_watch watches[PROBE_KINDS];
};

static usec_t seconds(int32_t value, int32_t default_value)
{
    return (value > 0 ? value : default_value) * USEC_PER_SEC;
}

static void watch_start(struct probe_watch *watch)
{
    if (watch->probe == NULL)
        return;
    struct loop *loop = watch->prober->loop;
    usec_t first = watch->prober->options.started_at + watch->probe->initial_delay_seconds * USEC_PER_SEC;
    usec_t delay = first - loop_now(loop);
    loop_timer_start(loop, &watch->timer, delay > 0 ? delay : 0);
}

static void watch_stop(struct probe_watch *watch)
{
    loop_timer_stop(&watch->timer);
    handler_cancel(take_pointer(&watch->handler));
}

/* True: the prober may be gone. */
static void tell(struct probe_watch *watch, enum probe_result result)
{
    struct prober *prober = watch->prober;
    if (watch->told == result)
        return;
    watch->told = result;
    if (watch->kind == PROBE_STARTUP && result == PROBE_SUCCESS) {
        prober->started = true;
        watch_stop(watch);
        watch_start(&prober->watches[PROBE_LIVENESS]);
        watch_start(&prober->watches[PROBE_READINESS]);
    } else if (watch->kind != PROBE_READINESS && result == PROBE_FAILURE) {
        for (size_t i = 0; i < PROBE_KINDS; i++)
            watch_stop(&prober->watches[i]); /* it will be killed: nothing more to learn */
    }
    prober->options.changed(prober->options.context, watch->kind, result);
}

static void try_done(void *context, enum probe_result result, const char *message)
{
    struct probe_watch *watch = context;
    struct prober *prober = watch->prober;
    const struct api_probe *probe = watch->probe;
    watch->handler = NULL;
    watch->streak = result == watch->last ? watch->streak + 1 : 1;
    watch->last = result;
    if (result == PROBE_FAILURE || message[0] != '\0') {
        char text[1200];
        snprintf(text, sizeof(text), "%s probe %s: %s", probe_kind_names[watch->kind],
                 result == PROBE_FAILURE ? "failed" : "warning", message);
        prober->options.remarked(prober->options.context, result, text);
    }
    loop_timer_start(prober->loop, &watch->timer, seconds(probe->period_seconds, 10));
    int32_t needed = result == PROBE_FAILURE ? (probe->failure_threshold > 0 ? probe->failure_threshold : 3)
                                             : (probe->success_threshold > 0 ? probe->success_threshold : 1);
    if (watch->streak >= needed)
        tell(watch, result);
}

static void try_now(struct loop_timer *timer)
{
    struct probe_watch *watch = container_of(timer, struct probe_watch, timer);
    const struct handler_spec spec = handler_of_probe(watch->probe);
    watch->handler = handler_start(&spec, &watch->prober->options.target, seconds(watch->probe->timeout_seconds, 1),
                                   try_done, watch);
}

struct prober *prober_create(const struct prober_options *options, bool started)
{
    const struct api_container *container = options->container;
    const struct api_probe *const probes[PROBE_KINDS] = { container->startup_probe, container->liveness_probe,
                                                          container->readiness_probe };
    if (probes[0] == NULL && probes[1] == NULL && probes[2] == NULL)
        return NULL;
    struct prober *prober = memory_new(struct prober);
    prober->options = *options;
    prober->loop = cri_loop(options->target.cri);
    prober->container_id = memory_strdup(options->target.container_id);
    prober->pod_ip = memory_strdup(options->target.pod_ip);
    prober->options.target.container_id = prober->container_id;
    prober->options.target.pod_ip = prober->pod_ip;
    prober->started = started || probes[PROBE_STARTUP] == NULL;
    for (size_t i = 0; i < PROBE_KINDS; i++)
        prober->watches[i] = (struct probe_watch){
            .prober = prober, .kind = (enum probe_kind)i, .probe = probes[i], .timer.callback = try_now
        };
    if (!prober->started) {
        watch_start(&prober->watches[PROBE_STARTUP]);
    } else {
        watch_start(&prober->watches[PROBE_LIVENESS]);
        watch_start(&prober->watches[PROBE_READINESS]);
    }
    return prober;
}

void prober_end_restarts(struct prober *prober)
{
    if (prober == NULL)
        return;
    watch_stop(&prober->watches[PROBE_STARTUP]);
    watch_stop(&prober->watches[PROBE_LIVENESS]);
}

void prober_destroy(struct prober *prober)
{
    if (prober == NULL)
        return;
    for (size_t i = 0; i < PROBE_KINDS; i++)
        watch_stop(&prober->watches[i]);
    free(prober->container_id);
    free(prober->pod_ip);
    free(prober);
}

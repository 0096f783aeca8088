/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* worker.h - carries one pod's plan out: one action at a time (or several kills), then looks and plans again.
 *
 *   changed (API, runtime, probe, dependency, timer) -> think: plan, report status, act -> refresh -> think
 *
 * worker.c thinks, action.c acts, start.c makes containers, report.c speaks to the API server. */
#ifndef NODE_KUBELET_POD_WORKER_H
#define NODE_KUBELET_POD_WORKER_H

#include "node/kubelet/kubelet_internal.h"
#include "node/kubelet/pod/plan.h"
#include "node/kubelet/pod/prober.h"
#include "node/kubelet/resize/allocation.h"

struct pod_worker;

/* One action under way. */
struct pod_run {
    struct pod_worker *worker;
    struct pod_action action; /* its id is the next member */
    char id[128];
    bool active;
    struct cri_call call;
    struct handler *handler; /* a hook */
    usec_t began;
    size_t step; /* of a resize */
    bool pulled;
};

struct probe_slot {
    struct pod_worker *worker;
    size_t container;
    struct prober *prober;
    const struct object *object; /* the pod version whose container the prober reads */
    char container_id[128];      /* of the instance it is about; "" none */
};

/* A resize that waits or is carried out. */
struct pod_resize {
    const char *pending_reason; /* "Deferred", "Infeasible"; NULL: nothing waits */
    char pending_message[256];
    int64_t pending_generation; /* of the pod that asked */
    usec_t pending_since;       /* 0: never waited */
    int64_t decided;            /* generation of the newest spec whose resources were decided about */
    bool running;               /* an action carries it out: what is promised must stay as it is */
    bool applied;               /* but for the containers that have to start again */
    usec_t failed;              /* 0: did not fail last time */
    char error[512];            /* "" did not fail */
};

struct pod_worker {
    struct map_node node; /* in kubelet.workers, key: uid */
    struct kubelet *kubelet;
    char uid[64];
    const struct object *object; /* newest version seen; NULL for a pod that only the runtime knows */
    const struct api_pod *pod;   /* of object */
    struct pod_allocation allocation;
    struct arena views;              /* of the next two */
    const struct api_pod *allocated; /* the pod with what it was promised: what is run, and counted */
    const struct api_pod *actuated;  /* the pod with what is in force */
    struct pod_resize resize;
    char log_name[640]; /* of its directory below the logs'; "" unknown */
    bool gone;          /* the API has it no more */

    struct container_memo *memos; /* by container number */
    struct probe_slot *probes;
    size_t n_containers;
    struct pod_plan plan;
    bool planned;
    bool prepared, stopping, ended, cleaned;
    usec_t prepare_failed, prepare_delay, sandbox_failed, start_time;
    struct backoff sandbox_backoff;
    const char *reason; /* of a pod that failed as a whole; static */
    char message[256];

    struct loop_task think;
    struct loop_timer wake;
    struct pod_run runs[POD_ACTIONS_MAX];
    size_t runs_left;
    bool touched; /* a run of this round changed the runtime's state */
    struct runtime_refresh refresh;

    struct client_call status_call, delete_call;
    bool status_busy, delete_busy, deleted;
    struct loop_timer report_retry;
};

/* 'object' is the pod; NULL for one that only the runtime knows, with its uid. */
struct pod_worker *pod_worker_create(struct kubelet *kubelet, const char *uid, const struct object *object);
void pod_worker_destroy(struct pod_worker *worker); /* forgets; what runs goes on. NULL is fine */

void pod_worker_update(struct pod_worker *worker, const struct object *object); /* a newer version; NULL: deleted */
void pod_worker_poke(struct pod_worker *worker);                                /* something changed: think again */
void pod_worker_dependency_changed(struct pod_worker *worker);                  /* a ConfigMap, Secret or token */

/* --- between the worker's files --- */

const struct pod_runtime *pod_worker_runtime(const struct pod_worker *worker);
const char *pod_worker_ip(const struct pod_worker *worker); /* "" before the sandbox is there */

/* The allocation is another one, or the pod: its views are made again. */
void pod_worker_resources_changed(struct pod_worker *worker);
void pod_worker_save_allocation(struct pod_worker *worker);

void pod_action_start(struct pod_worker *worker, const struct pod_action *action);
void pod_action_finish(struct pod_run *run, bool touched); /* the run is over; thinks again when it was the last */
void pod_action_round_over(struct pod_worker *worker);     /* no run is left: look, then think */
void pod_action_cancel_all(struct pod_worker *worker);
void pod_start_container(struct pod_run *run); /* env, mounts, CreateContainer, StartContainer, postStart */

void pod_report(struct pod_worker *worker); /* writes the status when it differs from the API's */
void pod_report_delete(struct pod_worker *worker);

/* An event about the pod, or one of its containers (SIZE_MAX: the pod). */
void pod_event(struct pod_worker *worker, size_t container, const char *type, const char *reason, const char *format,
               ...) printf_like(5, 6);

/* The container waits, for that reason. "" clears. */
void memo_set_reason(struct container_memo *memo, const char *reason, const char *message);

#endif

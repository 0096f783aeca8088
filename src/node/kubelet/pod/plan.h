/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* plan.h - what to do next for a pod: spec, runtime state, memory and time in, actions out. Pure.
 *
 *   prepare (cgroup, volumes) -> sandbox -> init containers in order (sidecars stay) -> main containers
 *                                   ^ lost or changed: kill what is left, remove, start over
 *   stopping, or nothing left to restart: kill mains, kill sidecars in reverse, stop sandbox -> finished
 *
 * One action at a time (several kills may run together); after each, the worker asks again. */
#ifndef NODE_KUBELET_POD_PLAN_H
#define NODE_KUBELET_POD_PLAN_H

#include "node/kubelet/pod/backoff.h"
#include "node/kubelet/pod/runtime.h"
#include "node/kubelet/pod/spec.h"

enum probe_kind { PROBE_STARTUP, PROBE_LIVENESS, PROBE_READINESS, PROBE_KINDS };
enum probe_result { PROBE_UNKNOWN, PROBE_SUCCESS, PROBE_FAILURE };

#define IMAGE_LOOK   (5 * USEC_PER_SEC)  /* between looks for an image while its pull backs off */
#define RESIZE_RETRY (10 * USEC_PER_SEC) /* after a resize could not be carried out */
#define START_RETRY  (10 * USEC_PER_SEC) /* after a container could not be configured, created or prepared */

/* What the worker remembers of a container between plans. */
struct container_memo {
    uint8_t probes[PROBE_KINDS]; /* enum probe_result, of the running instance */
    bool post_start_pending;     /* the hook has not ended: not started yet, whatever the probes say */
    bool post_start_failed;      /* to be killed */
    bool resize_restart;         /* killed so that it gets other resources: starts again whatever its policy says */
    bool image_ready;            /* for the next start */
    struct backoff crash;
    struct backoff pull;
    usec_t pull_failed;  /* 0: did not fail last time */
    usec_t image_looked; /* when it was last seen to be absent */
    usec_t start_failed; /* 0: did not fail last time */
    char image_ref[256]; /* what the runtime calls the image; valid with image_ready, as are the next three */
    bool image_user_known;
    int64_t image_user;
    char image_user_name[64];
    char reason[64]; /* why it waits: "ErrImagePull"; "" for the default */
    char message[1024];
};

struct pod_plan_input {
    const struct api_pod *pod;      /* NULL: the API no longer has it; everything must go */
    const struct api_pod *actuated; /* the same with the resources in force, while a resize is under way; else NULL */
    const struct pod_runtime *runtime;  /* NULL: nothing there */
    const struct container_memo *memos; /* by container number */
    bool stopping;                      /* deleted, evicted or rejected */
    bool prepared;                      /* cgroup, directories, volumes */
    bool network_ready;                 /* pods off the host network may start */
    usec_t prepare_failed;              /* 0: did not fail last time */
    usec_t prepare_delay;               /* to wait after that */
    usec_t sandbox_failed;
    const struct backoff *sandbox_backoff;
    bool resize_applied;  /* but for the containers that have to start again */
    usec_t resize_failed; /* 0: did not fail last time */
    usec_t start_time;    /* when the kubelet first saw the pod; 0: unknown */
    usec_t now;           /* Unix time */
};

enum pod_action_type {
    POD_PREPARE,
    POD_CREATE_SANDBOX,   /* attempt */
    POD_STOP_SANDBOX,     /* id */
    POD_REMOVE_SANDBOX,   /* id */
    POD_PULL_IMAGE,       /* container; "pull" means see that it is there, by its policy */
    POD_START_CONTAINER,  /* container, attempt */
    POD_RESIZE,           /* the pod's cgroup and the containers that go on running */
    POD_KILL_CONTAINER,   /* container (or SIZE_MAX when the spec lacks it), id, grace, message */
    POD_REMOVE_CONTAINER, /* id */
};

struct pod_action {
    enum pod_action_type type;
    size_t container;
    const char *id; /* of the runtime; borrowed */
    uint32_t attempt;
    int64_t grace;       /* seconds */
    const char *message; /* of the Killing event, with %s for the container's name; static; NULL: the usual one */
    bool resize;         /* a kill for which the container starts again with other resources */
    bool look_only;      /* do not pull: somebody may have brought the image by other means */
    bool crashed;        /* a start after a crash: the worker raises memo.crash */
    usec_t crashed_at;
};

#define POD_ACTIONS_MAX 16

struct pod_plan {
    struct pod_action actions[POD_ACTIONS_MAX];
    size_t n_actions;
    usec_t wake;                          /* ask again then, even if nothing happens; 0: no need */
    bool finished;                        /* nothing runs and nothing will */
    bool deadline_exceeded;               /* activeDeadlineSeconds has passed */
    bool backing_off[POD_CONTAINERS_MAX]; /* CrashLoopBackOff now */
    usec_t backoff_delay[POD_CONTAINERS_MAX];
    bool pull_backing_off[POD_CONTAINERS_MAX]; /* ImagePullBackOff: a second after ErrImagePull, until the next try */
};

void pod_plan(const struct pod_plan_input *input, struct pod_plan *plan);

/* Every main container has ended and none will be restarted, or an init container failed for good. */
bool pod_plan_done(const struct api_pod *pod, const struct pod_runtime *runtime, const struct container_memo *memos);

/* Started: running, its startup probe (if any) passed, its postStart hook ended. */
bool pod_container_started(const struct api_container *container, const struct runtime_container *instance,
                           const struct container_memo *memo);

/* Tells apart instances made from another image: the one field of a running container's spec that may change. */
uint64_t pod_container_hash(const struct api_container *container);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* report.c - tells the API server how a pod is, and that it is gone. */
#include "api/codec.h"
#include "base/log.h"
#include "node/kubelet/pod/status.h"
#include "node/kubelet/pod/worker.h"
#include "node/kubelet/resize/pending.h"

#define RETRY (USEC_PER_SEC / 2)

static void status_done(struct client_call *call, const struct client_result *result)
{
    struct pod_worker *worker = container_of(call, struct pod_worker, status_call);
    worker->status_busy = false;
    if (result->rc == 0 && result->object != NULL) {
        pod_worker_update(worker, result->object);
        return;
    }
    if (result->rc == -ERROR_NOT_FOUND)
        return; /* the watch will tell */
    if (result->rc < 0) {
        /* A conflict ends when the watch brings what we did not know; anything else, later. */
        if (result->rc != -ERROR_CONFLICT)
            log_warning("pod status not written", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", result->err.message));
        loop_timer_start(worker->kubelet->loop, &worker->report_retry, RETRY);
        return;
    }
    pod_worker_poke(worker);
}

void pod_report(struct pod_worker *worker)
{
    struct kubelet *kubelet = worker->kubelet;
    if (worker->gone || worker->pod == NULL || worker->status_busy || loop_timer_running(&worker->report_retry))
        return;
    auto_arena struct arena arena = { 0 };
    const struct pod_status_input input = {
        .pod = worker->pod,
        .allocated = worker->allocated,
        .actuated = worker->actuated,
        .observed = resize_is_decided(worker),
        .pending_reason = worker->resize.pending_reason,
        .pending_message = worker->resize.pending_message,
        .pending_generation = worker->resize.pending_generation,
        .resizing = pod_allocation_in_progress(&worker->allocation),
        .resizing_generation = pod_allocation_generation(&worker->allocation),
        .resize_error = worker->resize.error,
        .runtime = pod_worker_runtime(worker),
        .memos = worker->memos,
        .plan = &worker->plan,
        .runtime_name = kubelet->runtime_name,
        .host_ips = kubelet->setup.host_ips,
        .start_time = worker->start_time,
        .now = loop_now(kubelet->loop),
        .ended = worker->ended,
        .reason = worker->reason,
        .message = worker->message,
    };
    struct api_pod_status *status = pod_status_make(&input, &arena);
    if (api_equal(&api_type_pod_status, status, &worker->pod->status))
        return;
    struct api_pod body = *worker->pod;
    body.status = *status;
    const struct client_request request = {
        .verb = API_UPDATE,
        .resource = &api_resource_pod,
        .namespace_ = body.metadata.namespace,
        .name = body.metadata.name,
        .subresource = "status",
        .body = &body,
    };
    worker->status_call.done = status_done;
    worker->status_busy = true;
    client_call_start(kubelet->client, &worker->status_call, &request);
}

static void delete_done(struct client_call *call, const struct client_result *result)
{
    struct pod_worker *worker = container_of(call, struct pod_worker, delete_call);
    worker->delete_busy = false;
    if (result->rc == 0 || result->rc == -ERROR_NOT_FOUND || result->rc == -ERROR_CONFLICT)
        return; /* the watch tells the rest */
    worker->deleted = false;
    log_warning("pod not deleted", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", result->err.message));
    loop_timer_start(worker->kubelet->loop, &worker->report_retry, RETRY);
}

/* After its last status has arrived. */
void pod_report_delete(struct pod_worker *worker)
{
    if (worker->status_busy || worker->delete_busy || worker->deleted || loop_timer_running(&worker->report_retry))
        return;
    const struct client_request request = {
        .verb = API_DELETE,
        .resource = &api_resource_pod,
        .namespace_ = worker->pod->metadata.namespace,
        .name = worker->pod->metadata.name,
        .grace_seconds = 0,
        .precondition_uid = worker->uid,
    };
    worker->delete_call.done = delete_done;
    worker->delete_busy = worker->deleted = true;
    client_call_start(worker->kubelet->client, &worker->delete_call, &request);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/pull.h"

#include <stdio.h>

#include "client/events.h"
#include "image/image.h"
#include "node/kubelet/config/pull_credentials.h"
#include "node/kubelet/dependency.h"

#define STATUS_TIMEOUT (120 * USEC_PER_SEC)
#define REFERENCE_MAX  4096

const char *image_pull_policy(const struct api_container *container)
{
    if (!text_empty(container->image_pull_policy))
        return container->image_pull_policy;
    const char *image = text_or_empty(container->image), *slash = strrchr(image, '/');
    const char *last = slash != NULL ? slash : image, *colon = strchr(last, ':');
    if (strchr(last, '@') != NULL)
        return "IfNotPresent";
    return colon == NULL || strcmp(colon, ":latest") == 0 ? "Always" : "IfNotPresent";
}

static void ask_status(struct pod_run *run);

static const struct api_container *spec_of(const struct pod_run *run)
{
    return pod_container(run->worker->pod, run->action.container);
}

static struct container_memo *memo_of(const struct pod_run *run)
{
    return &run->worker->memos[run->action.container];
}

/* Will be tried again after a while, by the plan's rules. */
static void fail(struct pod_run *run, const char *reason, const char *message)
{
    struct container_memo *memo = memo_of(run);
    memo->start_failed = loop_now(run->worker->kubelet->loop);
    memo_set_reason(memo, reason, message);
    pod_event(run->worker, run->action.container, EVENT_WARNING, "Failed", "Error: %s", reason);
    pod_action_finish(run, false);
}

static void pulled(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    struct container_memo *memo = memo_of(run);
    usec_t now = loop_now(run->worker->kubelet->loop);
    (void)response;
    if (rc < 0) {
        backoff_next(&memo->pull, memo->pull_failed != 0 ? memo->pull_failed : now, now);
        memo->pull_failed = memo->image_looked = now;
        memo_set_reason(memo, "ErrImagePull", err->message);
        pod_event(run->worker, run->action.container, EVENT_WARNING, "Failed", "Failed to pull image \"%s\": %.900s",
                  spec_of(run)->image, err->message);
        pod_event(run->worker, run->action.container, EVENT_WARNING, "Failed", "Error: ErrImagePull");
        pod_action_finish(run, false);
        return;
    }
    run->pulled = true;
    ask_status(run); /* its id, user and size */
}

/* The first pull secret that has something for the image. -ERROR_AGAIN: one of them is not known yet. */
static int find_credentials(struct pod_run *run, struct arena *arena, struct cri_auth_config **ret_auth)
{
    const struct api_pod *pod = run->worker->pod;
    *ret_auth = NULL;
    for (size_t i = 0; i < pod->spec.n_image_pull_secrets && *ret_auth == NULL; i++) {
        const char *name = pod->spec.image_pull_secrets[i].name;
        const struct object *object;
        int rc = dependencies_find(run->worker->kubelet->dependencies, &api_resource_secret, pod->metadata.namespace,
                                   name, &object, NULL);
        if (rc == -ERROR_AGAIN)
            return rc;
        if (rc < 0) {
            pod_event(run->worker, SIZE_MAX, EVENT_WARNING, "FailedToRetrieveImagePullSecret",
                      "Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed.",
                      name);
            continue;
        }
        const struct api_secret *secret = api_secret_of(object);
        struct cri_auth_config auth;
        for (size_t d = 0; d < secret->n_data; d++) {
            bool docker =
                text_equal(secret->data[d].key, ".dockerconfigjson") || text_equal(secret->data[d].key, ".dockercfg");
            if (docker && pull_credentials_find(secret->data[d].value, spec_of(run)->image, arena, &auth)) {
                *ret_auth = arena_new(arena, struct cri_auth_config);
                **ret_auth = auth;
            }
        }
    }
    return 0;
}

static void pull(struct pod_run *run)
{
    struct kubelet *kubelet = run->worker->kubelet;
    auto_arena struct arena arena = { 0 };
    struct cri_auth_config *auth;
    if (find_credentials(run, &arena, &auth) < 0) {
        memo_of(run)->start_failed = loop_now(kubelet->loop); /* ends when the secret comes */
        pod_action_finish(run, false);
        return;
    }
    pod_event(run->worker, run->action.container, EVENT_NORMAL, "Pulling", "Pulling image \"%s\"", spec_of(run)->image);
    struct cri_image_spec image = { .image = spec_of(run)->image, .user_specified_image = spec_of(run)->image };
    const struct cri_pull_image_request request = { .image = &image, .auth = auth };
    run->began = loop_monotonic(kubelet->loop);
    run->call.done = pulled;
    cri_call_start(kubelet->cri, &run->call, &cri_rpc_image_service_pull_image, &request, 0);
}

static void take_image(struct pod_run *run, const struct cri_image *image)
{
    struct container_memo *memo = memo_of(run);
    snprintf(memo->image_ref, sizeof(memo->image_ref), "%s", image->id);
    snprintf(memo->image_user_name, sizeof(memo->image_user_name), "%s", text_or_empty(image->username));
    memo->image_user_known = image->uid != NULL;
    memo->image_user = image->uid != NULL ? image->uid->value : 0;
    memo->image_ready = true;
    memo->pull_failed = 0;
    memo->start_failed = 0;
    if (strcmp(memo->reason, "ErrImagePull") == 0 || strcmp(memo->reason, "ErrImageNeverPull") == 0)
        memo_set_reason(memo, "", "");
    if (!run->pulled) {
        pod_event(run->worker, run->action.container, EVENT_NORMAL, "Pulled",
                  "Container image \"%s\" already present on machine", spec_of(run)->image);
        return;
    }
    memo->pull = (struct backoff){ 0 };
    char text[DURATION_TEXT_SIZE];
    usec_t took = loop_monotonic(run->worker->kubelet->loop) - run->began;
    duration_format(took / 1000 * 1000000, text);
    pod_event(run->worker, run->action.container, EVENT_NORMAL, "Pulled",
              "Successfully pulled image \"%s\" in %s (%s including waiting). Image size: %llu bytes.",
              spec_of(run)->image, text, text, (unsigned long long)image->size);
}

static void status_known(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    const char *policy = image_pull_policy(spec_of(run));
    const struct cri_image *image = rc == 0 ? ((const struct cri_image_status_response *)response)->image : NULL;
    char message[1024];
    if (rc < 0) {
        snprintf(message, sizeof(message), "Failed to inspect image \"%s\": %.900s", spec_of(run)->image, err->message);
        pod_event(run->worker, run->action.container, EVENT_WARNING, "InspectFailed", "%s", message);
        fail(run, "ImageInspectError", message);
    } else if (image != NULL && (run->pulled || !text_equal(policy, "Always"))) {
        take_image(run, image);
        pod_action_finish(run, false);
    } else if (run->pulled) {
        fail(run, "ErrImagePull", "the image was pulled but is not there");
    } else if (run->action.look_only) {
        memo_of(run)->image_looked = loop_now(run->worker->kubelet->loop);
        pod_action_finish(run, false);
    } else if (text_equal(policy, "Never")) {
        snprintf(message, sizeof(message), "Container image \"%s\" is not present with pull policy of Never",
                 spec_of(run)->image);
        pod_event(run->worker, run->action.container, EVENT_WARNING, "ErrImageNeverPull", "%s", message);
        fail(run, "ErrImageNeverPull", message);
    } else {
        pull(run);
    }
}

static void ask_status(struct pod_run *run)
{
    struct cri_image_spec image = { .image = spec_of(run)->image };
    const struct cri_image_status_request request = { .image = &image };
    run->call.done = status_known;
    cri_call_start(run->worker->kubelet->cri, &run->call, &cri_rpc_image_service_image_status, &request,
                   STATUS_TIMEOUT);
}

void pod_pull_image(struct pod_run *run)
{
    const char *image = text_or_empty(spec_of(run)->image);
    char reference[REFERENCE_MAX], message[1024];
    if (image_reference(image, reference, sizeof(reference))) {
        ask_status(run);
        return;
    }
    snprintf(
        message, sizeof(message),
        "Failed to apply default image tag \"%.300s\": couldn't parse image name \"%.300s\": invalid reference format",
        image, image);
    pod_event(run->worker, run->action.container, EVENT_WARNING, "InspectFailed", "%s", message);
    fail(run, "InvalidImageName", message);
}

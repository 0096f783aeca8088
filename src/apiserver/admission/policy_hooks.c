/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/admission/policy_hooks.h"

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/policies/type_check.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/json.h"

#define RETRY        USEC_PER_SEC /* of a status that could not be written */
#define STATUS_OWNER "validatingadmissionpolicy-status"

#define POLICIES &api_resource_admissionregistration_validating_admission_policy
#define BINDINGS &api_resource_admissionregistration_validating_admission_policy_binding

struct policy_hooks {
    struct api_server *server;
    struct map hooks; /* of struct policy_hook, by the policy's name */
    struct list asks; /* those with a policy and a binding, by name */
    struct list due;  /* their statuses are to be looked at */
    struct cache_follower policies, bindings;
    struct client *client;
    struct client_call call;
    struct policy_hook *writing; /* NULL: none, or it has gone */
    bool calling, started, stopped;
    struct loop_task task;
    struct loop_timer retry;
};

/* ---------------------------------------------------------------- hooks */

static struct policy_hook *hook_at(struct list_node *node)
{
    return node == NULL ? NULL : container_of(node, struct policy_hook, asks_node);
}

static struct policy_binding *binding_at(struct list_node *node)
{
    return node == NULL ? NULL : container_of(node, struct policy_binding, node);
}

struct policy_hook *policy_hooks_next(const struct policy_hooks *hooks, const struct policy_hook *after)
{
    struct list_node *next = after == NULL ? list_first(&hooks->asks) : after->asks_node.next;

    return next == &hooks->asks.head ? NULL : hook_at(next);
}

struct policy_binding *policy_hook_next(const struct policy_hook *hook, const struct policy_binding *after)
{
    struct list_node *next = after == NULL ? list_first(&hook->bindings) : after->node.next;

    return next == &hook->bindings.head ? NULL : binding_at(next);
}

static struct policy_hook *hook_of(struct policy_hooks *hooks, const char *name)
{
    struct policy_hook *hook = map_find_entry(&hooks->hooks, str_of(name), struct policy_hook, node);

    if (hook != NULL)
        return hook;
    hook = memory_new(struct policy_hook);
    hook->hooks = hooks;
    hook->name = memory_strdup(name);
    list_init(&hook->bindings);
    map_insert(&hooks->hooks, str_of(hook->name), &hook->node);
    return hook;
}

static void hook_drop_policy(struct policy_hook *hook)
{
    validating_policy_destroy(take_pointer(&hook->policy));
    arena_clear(&hook->arena);
    hook->object = NULL;
    list_remove(&hook->due_node);
}

static void binding_destroy(struct policy_binding *binding)
{
    list_remove(&binding->node);
    arena_fini(&binding->arena);
    object_unref(binding->object);
    free(binding);
}

static void hook_destroy(struct policy_hook *hook)
{
    struct list_node *node;

    while ((node = list_pop(&hook->bindings)) != NULL)
        binding_destroy(container_of(node, struct policy_binding, node));
    hook_drop_policy(hook);
    if (hook->hooks->writing == hook)
        hook->hooks->writing = NULL;
    list_remove(&hook->asks_node);
    map_remove(&hook->hooks->hooks, &hook->node);
    arena_fini(&hook->arena);
    free(hook->name);
    free(hook);
}

/* Puts it where it belongs now, or ends it. */
static void hook_settle(struct policy_hook *hook)
{
    struct policy_hooks *hooks = hook->hooks;
    struct policy_hook *next = NULL;

    if (hook->policy == NULL && list_empty(&hook->bindings)) {
        hook_destroy(hook);
        return;
    }
    list_remove(&hook->asks_node);
    if (hook->policy == NULL || list_empty(&hook->bindings))
        return;
    while ((next = policy_hooks_next(hooks, next)) != NULL && strcmp(next->name, hook->name) < 0)
        continue;
    if (next == NULL)
        list_append(&hooks->asks, &hook->asks_node);
    else
        list_insert_before(&next->asks_node, &hook->asks_node);
}

/* ---------------------------------------------------------------- changes */

static void hook_due(struct policy_hook *hook)
{
    struct policy_hooks *hooks = hook->hooks;

    if (!list_linked(&hook->due_node))
        list_append(&hooks->due, &hook->due_node);
    if (!hooks->stopped && !hooks->calling)
        loop_defer(hooks->server->loop, &hooks->task);
}

static void policy_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct policy_hooks *hooks = container_of(follower, struct policy_hooks, policies);
    struct policy_hook *hook = hook_of(hooks, object_name(after != NULL ? after : before));

    hook_drop_policy(hook);
    if (after != NULL) {
        hook->policy = validating_policy_compile(object_typed(after));
        hook->object = validating_policy_object(hook->policy);
        policy_match_init(&hook->match, hook->object->spec.match_constraints, &hook->arena);
        hook_due(hook);
    }
    hook_settle(hook);
}

static const char *policy_name(const struct object *binding)
{
    const struct api_admissionregistration_validating_admission_policy_binding *typed = object_typed(binding);
    return text_or_empty(typed->spec.policy_name);
}

static void remove_binding(struct policy_hooks *hooks, const struct object *object)
{
    struct policy_hook *hook = hook_of(hooks, policy_name(object));
    struct policy_binding *binding = NULL;

    while ((binding = policy_hook_next(hook, binding)) != NULL)
        if (strcmp(object_name(binding->object), object_name(object)) == 0) {
            binding_destroy(binding);
            break;
        }
    hook_settle(hook);
}

static void add_binding(struct policy_hooks *hooks, const struct object *object)
{
    struct policy_hook *hook = hook_of(hooks, policy_name(object));
    struct policy_binding *binding = memory_new(struct policy_binding), *next = NULL;

    binding->object = object_ref(object);
    binding->binding = object_typed(object);
    const struct api_admissionregistration_param_ref *ref = binding->binding->spec.param_ref;
    policy_match_init(&binding->match, binding->binding->spec.match_resources, &binding->arena);
    if (ref != NULL && ref->selector != NULL &&
        label_selector_of(ref->selector, &binding->arena, &binding->params, NULL) < 0)
        binding->params = (struct label_selector){ .nothing = true };
    while ((next = policy_hook_next(hook, next)) != NULL && strcmp(object_name(next->object), object_name(object)) < 0)
        continue;
    if (next == NULL)
        list_append(&hook->bindings, &binding->node);
    else
        list_insert_before(&next->node, &binding->node);
    hook_settle(hook);
}

static void binding_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct policy_hooks *hooks = container_of(follower, struct policy_hooks, bindings);

    if (before != NULL)
        remove_binding(hooks, before);
    if (after != NULL)
        add_binding(hooks, after);
}

/* ---------------------------------------------------------------- statuses */

static void look(struct policy_hooks *hooks);

static void look_task(struct loop_task *task)
{
    look(container_of(task, struct policy_hooks, task));
}

static void look_again(struct loop_timer *timer)
{
    look(container_of(timer, struct policy_hooks, retry));
}

static void written(struct client_call *call, const struct client_result *result)
{
    struct policy_hooks *hooks = container_of(call, struct policy_hooks, call);
    struct policy_hook *hook = take_pointer(&hooks->writing);

    hooks->calling = false;
    if (result->rc < 0 && result->rc != -ERROR_NOT_FOUND && hook != NULL && hook->policy != NULL) {
        log_error("the status of a policy cannot be written", LOG_TEXT("policy", hook->name),
                  LOG_TEXT("error", result->err.message));
        if (!list_linked(&hook->due_node))
            list_append(&hooks->due, &hook->due_node);
        loop_timer_start(hooks->server->loop, &hooks->retry, RETRY);
        return;
    }
    look(hooks);
}

/* The configuration that upstream's controller applies. */
static void print_status(const struct policy_hook *hook, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    struct api_admissionregistration_expression_warning *warnings;
    const struct type_source source = policy_type_source(hook->hooks->server);
    size_t count = policy_check_types(hook->object, &source, &arena, &warnings);

    buffer_append_text(out,
                       "{\"apiVersion\":\"admissionregistration.k8s.io/v1\",\"kind\":\"ValidatingAdmissionPolicy\","
                       "\"metadata\":{\"name\":");
    json_append_string(out, str_of(hook->name));
    buffer_format(out, "},\"status\":{\"observedGeneration\":%lld,\"typeChecking\":{",
                  (long long)hook->object->metadata.generation);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i == 0 ? "\"expressionWarnings\":[{\"fieldRef\":" : ",{\"fieldRef\":");
        json_append_string(out, str_of(warnings[i].field_ref));
        buffer_append_text(out, ",\"warning\":");
        json_append_string(out, str_of(warnings[i].warning));
        buffer_append_text(out, "}");
    }
    buffer_append_text(out, count > 0 ? "]}}}" : "}}}");
}

static void write_status(struct policy_hook *hook)
{
    struct policy_hooks *hooks = hook->hooks;
    auto_buffer struct buffer patch = { .max = 4 << 20 };

    print_status(hook, &patch);
    hooks->writing = hook;
    hooks->calling = true;
    hooks->call.done = written;
    client_call_start(hooks->client, &hooks->call,
                      &(struct client_request){ .verb = API_PATCH,
                                                .resource = POLICIES,
                                                .name = hook->name,
                                                .subresource = "status",
                                                .patch = buffer_str(&patch),
                                                .patch_type = CLIENT_PATCH_APPLY,
                                                .field_manager = STATUS_OWNER,
                                                .force = true });
}

static void look(struct policy_hooks *hooks)
{
    struct list_node *node;

    while (!hooks->stopped && !hooks->calling && (node = list_pop(&hooks->due)) != NULL) {
        struct policy_hook *hook = container_of(node, struct policy_hook, due_node);
        if (hook->policy != NULL && hook->object->metadata.generation > hook->object->status.observed_generation)
            write_status(hook);
    }
}

/* ---------------------------------------------------------------- life */

struct policy_hooks *policy_hooks_create(struct api_server *server)
{
    struct policy_hooks *hooks = memory_new(struct policy_hooks);

    hooks->server = server;
    map_init(&hooks->hooks);
    list_init(&hooks->asks);
    list_init(&hooks->due);
    hooks->task.callback = look_task;
    hooks->retry.callback = look_again;
    hooks->policies.changed = policy_changed;
    hooks->bindings.changed = binding_changed;
    return hooks;
}

void policy_hooks_start(struct policy_hooks *hooks)
{
    static const char *const masters[] = { "system:masters", NULL };

    hooks->started = true;
    hooks->client = api_server_client(hooks->server, "kube-apiserver", "system:apiserver", masters);
    watch_cache_follow(server_cache(hooks->server, POLICIES), &hooks->policies);
    watch_cache_follow(server_cache(hooks->server, BINDINGS), &hooks->bindings);
}

void policy_hooks_stop(struct policy_hooks *hooks)
{
    if (hooks == NULL || !hooks->started || hooks->stopped)
        return;
    hooks->stopped = true;
    loop_cancel(hooks->server->loop, &hooks->task);
    loop_timer_stop(&hooks->retry);
    client_call_cancel(&hooks->call);
    client_destroy(hooks->client);
}

void policy_hooks_destroy(struct policy_hooks *hooks)
{
    struct policy_hook *hook;

    if (hooks == NULL)
        return;
    policy_hooks_stop(hooks);
    if (hooks->started) {
        cache_follower_stop(&hooks->policies);
        cache_follower_stop(&hooks->bindings);
    }
    map_for_each (&hooks->hooks, hook, node)
        hook_destroy(hook);
    map_fini(&hooks->hooks);
    free(hooks);
}

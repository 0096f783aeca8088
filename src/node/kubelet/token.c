/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/token.h"

#include <stdio.h>

#include "api/codec.h"
#include "base/container/map.h"
#include "base/memory.h"

#define RETRY_DELAY (5 * USEC_PER_SEC)

struct token {
    struct map_node node; /* in tokens.items */
    struct tokens *owner;
    char *key; /* uid/audience/seconds */
    char uid[64];
    char *namespace_, *pod_name, *account, *audience;
    int64_t seconds;
    char *text; /* NULL: not there yet */
    struct client_call call;
    bool asking;
    struct loop_timer renew;
    int failed; /* the last answer, when it was an error */
    struct error err;
};

struct tokens {
    struct client *client;
    void (*changed)(void *context, const char *pod_uid);
    void *context;
    struct map items;
};

static void token_free(struct token *token)
{
    if (token->asking)
        client_call_cancel(&token->call);
    loop_timer_stop(&token->renew);
    map_remove(&token->owner->items, &token->node);
    free(token->key);
    free(token->namespace_);
    free(token->pod_name);
    free(token->account);
    free(token->audience);
    free(token->text);
    free(token);
}

static usec_t renewal_delay(struct token *token, usec_t expires, usec_t now)
{
    usec_t life = expires - now;
    if (life <= 0)
        life = token->seconds * USEC_PER_SEC;
    usec_t delay = life * 8 / 10;
    usec_t day = 24 * 3600 * USEC_PER_SEC;
    return delay > day ? day : delay;
}

static void token_done(struct client_call *call, const struct client_result *result)
{
    struct token *token = container_of(call, struct token, call);
    struct loop *loop = client_loop(token->owner->client);
    token->asking = false;
    token->failed = result->rc;
    usec_t delay = RETRY_DELAY;
    if (result->rc == 0) {
        auto_arena struct arena arena = { 0 };
        struct api_authentication_token_request answer = { 0 };
        struct str json = result->object != NULL ? object_json(result->object) : result->json;
        token->failed =
            api_decode_json(&api_type_authentication_token_request, json, &arena, &answer, NULL, &token->err);
        if (token->failed == 0 && text_empty(answer.status.token))
            token->failed = error_set(&token->err, ERROR_INTERNAL, "the answer has no token");
        if (token->failed == 0) {
            free(token->text);
            token->text = memory_strdup(answer.status.token);
            delay = renewal_delay(token, answer.status.expiration_timestamp, loop_now(loop));
        }
    } else {
        token->err = result->err;
    }
    loop_timer_start(loop, &token->renew, delay);
    char uid[64];
    snprintf(uid, sizeof(uid), "%s", token->uid);
    token->owner->changed(token->owner->context, uid);
}

static void token_ask(struct token *token)
{
    struct api_authentication_bound_object_reference bound = {
        .kind = "Pod",
        .api_version = "v1",
        .name = token->pod_name,
        .uid = token->uid,
    };
    const char *audiences[] = { token->audience };
    struct api_authentication_token_request body = {
        .spec = { .audiences = audiences,
                  .n_audiences = !text_empty(token->audience),
                  .expiration_seconds = &token->seconds,
                  .bound_object_ref = &bound },
    };
    const struct client_request request = {
        .verb = API_CREATE,
        .resource = &api_resource_service_account,
        .namespace_ = token->namespace_,
        .name = token->account,
        .subresource = "token",
        .body_kind = &api_kind_authentication_token_request,
        .body = &body,
    };
    token->call.done = token_done;
    token->asking = true;
    client_call_start(token->owner->client, &token->call, &request);
}

static void renew_due(struct loop_timer *timer)
{
    token_ask(container_of(timer, struct token, renew));
}

int tokens_get(struct tokens *tokens, const struct api_pod *pod, const char *audience, int64_t expiration_seconds,
               struct str *ret_token, struct error *err)
{
    char key[512];
    snprintf(key, sizeof(key), "%s/%s/%lld", pod->metadata.uid, text_or_empty(audience), (long long)expiration_seconds);
    struct token *token = map_find_entry(&tokens->items, str_of(key), struct token, node);
    if (token == NULL) {
        token = memory_new(struct token);
        token->owner = tokens;
        token->key = memory_strdup(key);
        snprintf(token->uid, sizeof(token->uid), "%s", pod->metadata.uid);
        token->namespace_ = memory_strdup(pod->metadata.namespace);
        token->pod_name = memory_strdup(pod->metadata.name);
        token->account =
            memory_strdup(text_empty(pod->spec.service_account_name) ? "default" : pod->spec.service_account_name);
        token->audience = memory_strdup(audience);
        token->seconds = expiration_seconds;
        token->renew.callback = renew_due;
        map_insert(&tokens->items, str_of(token->key), &token->node);
        token_ask(token);
    }
    if (token->text != NULL) {
        *ret_token = str_of(token->text);
        return 0;
    }
    if (token->failed < 0)
        return error_set(err, (enum error_code) - token->failed, "failed to fetch token: %s", token->err.message);
    return error_set(err, ERROR_AGAIN, "the token is being fetched");
}

void tokens_release(struct tokens *tokens, const char *pod_uid)
{
    struct token *token;
    map_for_each (&tokens->items, token, node) {
        if (text_equal(token->uid, pod_uid))
            token_free(token);
    }
}

struct tokens *tokens_create(struct client *client, void (*changed)(void *context, const char *pod_uid), void *context)
{
    struct tokens *tokens = memory_new(struct tokens);
    *tokens = (struct tokens){ .client = client, .changed = changed, .context = context };
    return tokens;
}

void tokens_destroy(struct tokens *tokens)
{
    if (tokens == NULL)
        return;
    struct token *token;
    map_for_each (&tokens->items, token, node)
        token_free(token);
    map_fini(&tokens->items);
    free(tokens);
}

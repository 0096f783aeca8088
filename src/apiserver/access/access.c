/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/access/node_authorizer.h"
#include "apiserver/access/rbac.h"
#include "apiserver/access/service_account_token.h"
#include "apiserver/access/socket_token.h"
#include "apiserver/access/token_cache.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "net/http.h"

enum { ROLE_KINDS = 4, GROUPS_MAX = 64 };

struct access {
    struct api_server *server;
    struct rbac rbac;
    struct node_authorizer nodes;
    struct cache_follower role_followers[ROLE_KINDS];
    struct cache_follower pod_follower;
    bool started;
    struct evp_pkey_st *key; /* NULL: no tokens are issued or taken */
    struct token_cache *tokens;
    const char *issuer;
    const char *own_audiences[2];
    const char *const *audiences;
};

static void rbac_changed_(struct access *access, const struct object *before, const struct object *after)
{
    rbac_change(&access->rbac, before, after);
}

/* One function a kind, because a follower is found from its own address only. */
#define ROLE_FOLLOWER(n)                                                                        \
    static void role_changed_##n(struct cache_follower *follower, const struct object *before,  \
                                 const struct object *after)                                    \
    {                                                                                           \
        rbac_changed_(container_of(follower, struct access, role_followers[n]), before, after); \
    }
ROLE_FOLLOWER(0)
ROLE_FOLLOWER(1)
ROLE_FOLLOWER(2)
ROLE_FOLLOWER(3)

static void pod_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    node_authorizer_change(&container_of(follower, struct access, pod_follower)->nodes, before, after);
}

static const struct object *find_object(void *context, const struct api_resource *resource, const char *namespace_,
                                        const char *name)
{
    struct access *access = context;
    return watch_cache_get(server_cache(access->server, resource), namespace_, name);
}

int access_create(struct api_server *server, struct access **ret_access, struct error *err)
{
    const struct api_server_options *options = &server->options;
    struct access *access = memory_new(struct access);
    access->server = server;
    access->issuer = text_empty(options->issuer) ? "https://kubernetes.default.svc.cluster.local" : options->issuer;
    access->own_audiences[0] = access->issuer;
    access->audiences = options->audiences != NULL ? options->audiences : access->own_audiences;
    access->tokens = memory_new(struct token_cache);
    token_cache_init(access->tokens);
    rbac_init(&access->rbac);
    node_authorizer_init(&access->nodes);
    access->nodes.find = find_object;
    access->nodes.context = access;
    if (!text_empty(options->signing_key_pem)) {
        int rc = key_parse(str_of(options->signing_key_pem), &access->key, err);
        if (rc < 0) {
            access_destroy(access);
            return error_wrap_code(err, rc, "service account signing key");
        }
    }
    *ret_access = access;
    return 0;
}

void access_start(struct access *access)
{
    const struct api_resource *const kinds[ROLE_KINDS] = { &api_resource_rbac_role, &api_resource_rbac_cluster_role,
                                                           &api_resource_rbac_role_binding,
                                                           &api_resource_rbac_cluster_role_binding };
    void (*const changed[ROLE_KINDS])(struct cache_follower *, const struct object *,
                                      const struct object *) = { role_changed_0, role_changed_1, role_changed_2,
                                                                 role_changed_3 };
    for (size_t i = 0; i < ROLE_KINDS; i++) {
        access->role_followers[i].changed = changed[i];
        watch_cache_follow(server_cache(access->server, kinds[i]), &access->role_followers[i]);
    }
    access->pod_follower.changed = pod_changed;
    watch_cache_follow(server_cache(access->server, &api_resource_pod), &access->pod_follower);
    access->started = true;
}

void access_destroy(struct access *access)
{
    if (access == NULL)
        return;
    for (size_t i = 0; access->started && i < ROLE_KINDS; i++)
        cache_follower_stop(&access->role_followers[i]);
    if (access->started)
        cache_follower_stop(&access->pod_follower);
    token_cache_fini(access->tokens);
    free(access->tokens);
    rbac_fini(&access->rbac);
    node_authorizer_fini(&access->nodes);
    key_unref(access->key);
    free(access);
}

const struct rbac *access_rbac(const struct access *access)
{
    return &access->rbac;
}

const char *const *access_audiences(const struct access *access)
{
    return access->audiences;
}

int access_sign(const struct access *access, const struct token_claims *claims, struct buffer *token, struct error *err)
{
    if (access->key == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "this server has no key to sign service account tokens with");
    struct token_claims signed_claims = *claims;
    signed_claims.issuer = access->issuer;
    return token_issue(access->key, &signed_claims, token, err);
}

const char *access_issuer(const struct access *access)
{
    return access->issuer;
}

int access_public_keys(const struct access *access, struct buffer *json, const char **ret_algorithm, struct error *err)
{
    if (access->key == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "this server has no key to sign service account tokens with");
    int rc = jwt_format_keys(&access->key, 1, json, err);
    if (rc == 0)
        *ret_algorithm = jwt_algorithm(access->key);
    return rc;
}

/* ---------------------------------------------------------------- authentication */

static void set_groups(struct user *user, struct arena *arena, const char *const *groups, const char *last)
{
    size_t count = 0;
    user->groups = arena_new_array(arena, const char *, GROUPS_MAX + 1);
    for (; groups != NULL && groups[count] != NULL && count < GROUPS_MAX - 1; count++)
        user->groups[count] = groups[count];
    user->groups[count++] = last;
    user->n_groups = count;
}

static bool user_of_certificate(struct x509_st *certificate, struct arena *arena, struct user *user)
{
    struct x509_info info;
    if (x509_describe(certificate, arena, &info, NULL) < 0 || info.common_name[0] == '\0' ||
        !(info.usages & X509_USAGE_CLIENT))
        return false;
    user->name = info.common_name;
    set_groups(user, arena, info.organizations, "system:authenticated");
    return true;
}

/* The object that a token names is there, and is the same one. */
static bool is_there(const struct access *access, const struct api_resource *resource, const char *namespace,
                     const char *name, const char *uid)
{
    const struct object *object = watch_cache_get(server_cache(access->server, resource), namespace, name);
    return object != NULL && strcmp(object_uid(object), uid) == 0;
}

/* What a token names must still be there: that of a deleted account, pod, secret or node is worth nothing. The node that
 * a pod runs on is only told. */
static bool claims_hold(const struct access *access, const struct token_claims *claims)
{
    if (!is_there(access, &api_resource_service_account, claims->namespace_, claims->account_name, claims->account_uid))
        return false;
    if (claims->pod_name[0] != '\0')
        return is_there(access, &api_resource_pod, claims->namespace_, claims->pod_name, claims->pod_uid);
    if (claims->secret_name[0] != '\0')
        return is_there(access, &api_resource_secret, claims->namespace_, claims->secret_name, claims->secret_uid);
    return claims->node_name[0] == '\0' ||
           is_there(access, &api_resource_node, NULL, claims->node_name, claims->node_uid);
}

static void add_extra(struct user *user, struct arena *arena, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    struct user_extra *extra = &user->extra[user->n_extra++];
    extra->key = key;
    extra->values = arena_new_array(arena, const char *, 1);
    extra->values[0] = value;
    extra->n_values = 1;
}

static void user_of_claims(const struct token_claims *claims, struct arena *arena, struct user *ret_user)
{
    struct user user = {
        .name = arena_join(arena, "system:serviceaccount:", claims->namespace_, ":", claims->account_name, NULL),
        .uid = claims->account_uid,
    };
    const char *const groups[] = { "system:serviceaccounts",
                                   arena_join(arena, "system:serviceaccounts:", claims->namespace_, NULL), NULL };
    set_groups(&user, arena, groups, "system:authenticated");
    user.extra = arena_new_array(arena, struct user_extra, 5);
    if (claims->id[0] != '\0')
        add_extra(&user, arena, "authentication.kubernetes.io/credential-id",
                  arena_join(arena, "JTI=", claims->id, NULL));
    add_extra(&user, arena, "authentication.kubernetes.io/node-name", claims->node_name);
    add_extra(&user, arena, "authentication.kubernetes.io/node-uid", claims->node_uid);
    add_extra(&user, arena, "authentication.kubernetes.io/pod-name", claims->pod_name);
    add_extra(&user, arena, "authentication.kubernetes.io/pod-uid", claims->pod_uid);
    *ret_user = user;
}

static int token_invalidated(struct error *err)
{
    return error_set(err, ERROR_UNAUTHORIZED, "service account token has been invalidated");
}

/* For the server itself: its audiences, and what was found good a moment ago. */
static int check_own_token(const struct access *access, struct str token, usec_t now, struct arena *arena,
                           struct user *ret_user, struct error *err)
{
    struct verified_token *known = token_cache_find(access->tokens, token, now);
    if (known == NULL) {
        auto_arena struct arena scratch = { 0 };
        struct token_claims claims;
        int rc = token_check(&access->key, 1, access->issuer, access->audiences, token, now, &scratch, &claims, err);
        if (rc < 0)
            return rc;
        known = token_cache_add(access->tokens, token, &claims, now);
        user_of_claims(&known->claims, &known->arena, &known->user);
    }
    if (!claims_hold(access, &known->claims))
        return token_invalidated(err);
    token_cache_keep(known, arena);
    *ret_user = known->user;
    return 0;
}

int access_check_token(const struct access *access, struct str token, const char *const *audiences, struct arena *arena,
                       struct user *ret_user, struct error *err)
{
    struct token_claims claims;
    usec_t now = loop_now(access->server->loop);
    if (access->key == NULL)
        return error_set(err, ERROR_UNAUTHORIZED, "this server takes no tokens");
    if (audiences == NULL)
        return check_own_token(access, token, now, arena, ret_user, err);
    int rc = token_check(&access->key, 1, access->issuer, audiences, token, now, arena, &claims, err);
    if (rc < 0)
        return rc;
    if (!claims_hold(access, &claims))
        return token_invalidated(err);
    user_of_claims(&claims, arena, ret_user);
    return 0;
}

static struct str bearer_token(const struct request *request)
{
    struct str value = request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "authorization");
    struct str scheme = { value.data, str_find(value, ' ') };
    if (!str_equal_nocase(scheme, STR("bearer")))
        return (struct str){ 0 };
    return str_trim(str_skip(value, scheme.size));
}

void access_authenticate(struct request *request)
{
    static const char *nobody[] = { "system:unauthenticated" };
    const struct access *access = request->server->access;
    usec_t started = loop_monotonic(request->server->loop);
    if (request->user.name != NULL) { /* the direct driver says who it is */
        request_metrics_authenticated(request, true, started);
        request_next(request);
        return;
    }
    struct x509_st *certificate = request->certificate;
    struct str token = bearer_token(request), socket_token = STR("");
    bool known = certificate != NULL && user_of_certificate(certificate, &request->arena, &request->user);
    bool refused = socket_token_take(request, &socket_token, NULL) < 0 && !known && token.size == 0;
    if (token.size == 0)
        token = socket_token;
    if (refused || (!known && token.size > 0 &&
                    access_check_token(access, token, NULL, &request->arena, &request->user, NULL) < 0)) {
        request_metrics_authenticated(request, false, started);
        request_refuse(request, ERROR_UNAUTHORIZED,
                       "Unauthorized"); /* a wrong token is not nobody: upstream says the same */
        return;
    }
    if (request->user.name == NULL) {
        if (!request->server->options.anonymous) {
            request_metrics_authenticated(request, false, started);
            request_refuse(request, ERROR_UNAUTHORIZED, "Unauthorized");
            return;
        }
        request->user = (struct user){ .name = "system:anonymous", .groups = nobody, .n_groups = countof(nobody) };
    }
    request_metrics_authenticated(request, true, started);
    request_next(request);
}

/* ---------------------------------------------------------------- authorization */

/* A list or watch of one object by its name is authorized like a read of that object. */
static const char *name_asked_for(struct request *request)
{
    static const char field[] = "metadata.name=";
    struct str rest = str_of(text_or_empty(request->options.field_selector)), term;
    if (!text_empty(request->name) || rest.size == 0)
        return text_or_empty(request->name);
    while (str_next(&rest, ',', &term)) {
        if (!str_starts(term, STR("metadata.name=")))
            continue;
        term = str_skip(term, sizeof(field) - 1);
        if (term.size > 0 && term.data[0] == '=')
            term = str_skip(term, 1);
        return arena_strndup(&request->arena, term.data, term.size);
    }
    return "";
}

struct authorization_attributes access_attributes(struct request *request)
{
    return (struct authorization_attributes){
        .user = text_or_empty(request->user.name),
        .groups = request->user.groups,
        .n_groups = request->user.n_groups,
        .verb = text_or_empty(request->verb),
        .is_resource = request->is_resource,
        .group = text_or_empty(request->group),
        .resource = text_or_empty(request->plural),
        .subresource = text_or_empty(request->subresource),
        .namespace_ = text_or_empty(request->namespace_),
        .name = name_asked_for(request),
        .path = text_or_empty(request->path),
        .field_selector = text_or_empty(request->options.field_selector),
    };
}

enum decision access_decide(const struct access *access, const struct authorization_attributes *attributes,
                            char *reason)
{
    if (reason != NULL)
        reason[0] = '\0';
    bool open = access->server->options.authorization == AUTHORIZATION_ALWAYS_ALLOW;
    if (open || attributes_in_group(attributes, "system:masters"))
        return DECISION_ALLOW;
    enum decision decision = node_authorize(&access->nodes, &access->rbac, attributes, reason);
    if (decision == DECISION_NO_OPINION)
        decision = rbac_authorize(&access->rbac, attributes, reason);
    return decision;
}

/* The sentence clients know, about the user as the filters before left it. */
void access_refuse(struct request *request, const struct authorization_attributes *attributes, const char *reason)
{
    struct arena *arena = &request->arena;
    const char *why = text_empty(reason) ? "" : arena_format(arena, ": %s", reason);
    if (!attributes->is_resource) {
        request_refuse(request, ERROR_FORBIDDEN, "forbidden: User \"%s\" cannot %s path \"%s\"%s", attributes->user,
                       attributes->verb, attributes->path, why);
        return;
    }
    const char *of_group = attributes->group[0] == '\0' ? "" : arena_format(arena, ".%s", attributes->group);
    const char *name = attributes->name[0] == '\0' ? "" : arena_format(arena, " \"%s\"", attributes->name);
    const char *resource = attributes->subresource[0] == '\0'
                               ? attributes->resource
                               : arena_format(arena, "%s/%s", attributes->resource, attributes->subresource);
    const char *where = attributes->namespace_[0] == '\0'
                            ? "at the cluster scope"
                            : arena_format(arena, "in the namespace \"%s\"", attributes->namespace_);
    request_refuse(request, ERROR_FORBIDDEN,
                   "%s%s%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" %s%s",
                   attributes->resource, of_group, name, attributes->user, attributes->verb, resource,
                   attributes->group, where, why);
}

void access_authorize(struct request *request)
{
    char reason[AUTHORIZATION_REASON_SIZE];
    usec_t started = loop_monotonic(request->server->loop);
    struct authorization_attributes attributes = access_attributes(request);
    bool allowed = access_decide(request->server->access, &attributes, NULL) == DECISION_ALLOW;
    request_metrics_authorized(request, allowed, started);
    if (allowed) {
        request_next(request);
        return;
    }
    (void)access_decide(request->server->access, &attributes, reason); /* only who is refused is told why */
    access_refuse(request, &attributes, reason);
}

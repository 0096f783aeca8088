/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* serviceaccounts/token: a signed token for an account, bound to a pod, a secret or a node. */

#include <string.h>

#include "api/status.h"
#include "apiserver/access/access.h"
#include "apiserver/access/service_account_token.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/server_internal.h"
#include "base/text/uuid.h"

#define SECONDS_LEAST    600
#define SECONDS_MOST     ((int64_t)1 << 32)
#define SECONDS_DEFAULT  3600
#define SECONDS_WARN     3607                  /* asked for by what the server itself puts into pods */
#define SECONDS_EXTENDED (365 * 24 * 3600 + 7) /* such tokens live longer, for clients that do not read them again */

/* ---------------------------------------------------------------- what it is bound to */

static int bind_pod(struct request *request, const struct object *object, struct token_claims *claims,
                    struct error *err)
{
    const struct api_pod *pod = api_pod_of(object);
    struct arena *arena = &request->arena;
    if (!text_equal(pod->spec.service_account_name, request->name))
        return error_set(err, ERROR_BAD_REQUEST,
                         "cannot bind token for serviceaccount \"%s\" to pod running with different "
                         "serviceaccount name.",
                         request->name);
    claims->pod_name = arena_strdup(arena, pod->metadata.name);
    claims->pod_uid = arena_strdup(arena, pod->metadata.uid);
    if (text_empty(pod->spec.node_name))
        return 0;
    claims->node_name = arena_strdup(arena, pod->spec.node_name);
    const struct object *node =
        watch_cache_get(server_cache(request->server, &api_resource_node), NULL, pod->spec.node_name);
    if (node != NULL)
        claims->node_uid = arena_strdup(arena, object_uid(node));
    return 0;
}

static int bind_secret(struct request *request, const struct object *object, struct token_claims *claims,
                       struct error *err)
{
    (void)err;
    claims->secret_name = arena_strdup(&request->arena, object_name(object));
    claims->secret_uid = arena_strdup(&request->arena, object_uid(object));
    return 0;
}

static int bind_node(struct request *request, const struct object *object, struct token_claims *claims,
                     struct error *err)
{
    (void)err;
    claims->node_name = arena_strdup(&request->arena, object_name(object));
    claims->node_uid = arena_strdup(&request->arena, object_uid(object));
    return 0;
}

static const struct binding_kind {
    const char *kind; /* of the core group, in whatever version */
    const struct api_resource *resource;
    int (*bind)(struct request *request, const struct object *object, struct token_claims *claims, struct error *err);
} binding_kinds[] = {
    { "Pod", &api_resource_pod, bind_pod },
    { "Secret", &api_resource_secret, bind_secret },
    { "Node", &api_resource_node, bind_node },
};

static int bind_to(struct request *request, const struct binding_kind *kind,
                   const struct api_authentication_bound_object_reference *reference, struct token_claims *claims,
                   struct error *err)
{
    const char *name = text_or_empty(reference->name);
    const char *namespace = kind->resource->flags & API_NAMESPACED ? request->namespace_ : NULL;
    const struct object *object = watch_cache_get(server_cache(request->server, kind->resource), namespace, name);
    if (text_empty(name))
        return error_set(err, ERROR_BAD_REQUEST, "Name parameter required.");
    if (object == NULL) {
        int missing = api_error_not_found(err, kind->resource, name);
        request->failure = api_status_of_error(&request->arena, err, kind->resource, name);
        return missing;
    }
    int rc = kind->bind(request, object, claims, err);
    if (rc < 0 || text_empty(reference->uid) || text_equal(reference->uid, object_uid(object)))
        return rc;
    struct api_resource named = { .kind = kind->resource->kind, .plural = kind->kind };
    rc = api_error_conflict(err, &named, name,
                            arena_format(&request->arena,
                                         "the UID in the bound object reference (%s) does not match the UID in record. "
                                         "The object might have been deleted and then recreated",
                                         reference->uid));
    request->failure = api_status_of_error(&request->arena, err, &named, name);
    return rc;
}

static int bind(struct request *request, const struct api_authentication_bound_object_reference *reference,
                struct token_claims *claims, struct error *err)
{
    if (reference == NULL)
        return 0;
    const char *version = text_or_empty(reference->api_version), *kind = text_or_empty(reference->kind);
    const char *slash = strchr(version, '/');
    for (size_t i = 0; slash == NULL && i < countof(binding_kinds); i++)
        if (strcmp(kind, binding_kinds[i].kind) == 0)
            return bind_to(request, &binding_kinds[i], reference, claims, err);
    return error_set(err, ERROR_BAD_REQUEST, "cannot bind token to object of type %s%s, Kind=%s",
                     slash == NULL ? "/" : "", version, kind);
}

/* ---------------------------------------------------------------- the request */

static int check_seconds(struct request *request, int64_t seconds, struct error *err)
{
    const struct field_at *at = at_field(at_field(NULL, "spec"), "expirationSeconds");
    auto_invalid struct api_invalid errors = { 0 };
    if (seconds < SECONDS_LEAST)
        invalid_number(&errors, at, seconds, "may not specify a duration less than 10 minutes");
    if (seconds > SECONDS_MOST)
        invalid_number(&errors, at, seconds, "may not specify a duration larger than 2^32 seconds");
    return failure_invalid_list(request, &api_kind_authentication_token_request, "", &errors, err);
}

/* What the body says of the account must be that of the URL. */
static int check_account(struct request *request, const struct api_object_meta *meta, struct error *err)
{
    const struct field_at *metadata = at_field(NULL, "metadata");
    auto_invalid struct api_invalid errors = { 0 };
    if (!text_empty(meta->name) && !text_equal(meta->name, request->name))
        invalid_string(&errors, at_field(metadata, "name"), meta->name,
                       "must match the service account name if specified");
    else if (!text_empty(meta->namespace) && !text_equal(meta->namespace, request->namespace_))
        invalid_string(&errors, at_field(metadata, "namespace"), meta->namespace,
                       "must match the service account namespace if specified");
    return failure_invalid_list(request, &api_kind_authentication_token_request, request->name, &errors, err);
}

static int check_uid(const struct api_object_meta *meta, const struct object *account, struct error *err)
{
    if (text_empty(meta->uid) || text_equal(meta->uid, object_uid(account)))
        return 0;
    return error_set(err, ERROR_CONFLICT,
                     "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \"%s\": the UID in the token "
                     "request (%s) does not match the UID of the service account (%s)",
                     object_name(account), meta->uid, object_uid(account));
}

static bool is_audience(const char *const *own, const char *audience)
{
    for (; *own != NULL; own++)
        if (strcmp(*own, audience) == 0)
            return true;
    return false;
}

/* All of the token's audiences are the server's own. */
static bool is_for_server(const char *const *own, const char *const *audiences)
{
    for (; *audiences != NULL; audiences++)
        if (!is_audience(own, *audiences))
            return false;
    return true;
}

static void set_defaults(struct request *request, struct api_authentication_token_request *asked,
                         const struct object *account)
{
    struct api_authentication_token_request_spec *spec = &asked->spec;
    const char *const *own = access_audiences(request->server->access);
    asked->status = (struct api_authentication_token_request_status){ 0 };
    asked->metadata.name = request->name;
    asked->metadata.namespace = request->namespace_;
    asked->metadata.uid = object_uid(account);
    asked->metadata.creation_timestamp = prepare_now(request);
    if (spec->expiration_seconds == NULL) {
        spec->expiration_seconds = arena_new(&request->arena, int64_t);
        *spec->expiration_seconds = SECONDS_DEFAULT;
    }
    if (spec->n_audiences > 0)
        return;
    size_t count = 0;
    while (own[count] != NULL)
        count++;
    spec->audiences = arena_new_array(&request->arena, const char *, count);
    memcpy(spec->audiences, own, count * sizeof(*own));
    spec->n_audiences = count;
}

static int issue(struct request *request, struct api_authentication_token_request *asked, const struct object *account,
                 struct error *err)
{
    struct api_authentication_token_request_spec *spec = &asked->spec;
    struct arena *arena = &request->arena;
    struct token_claims claims = { .namespace_ = request->namespace_,
                                   .account_name = request->name,
                                   .account_uid = object_uid(account),
                                   .pod_name = "",
                                   .pod_uid = "",
                                   .secret_name = "",
                                   .secret_uid = "",
                                   .node_name = "",
                                   .node_uid = "" };
    char id[UUID_TEXT_SIZE];
    uuid_generate(loop_random(request->server->loop), id);
    claims.id = id;
    int rc = bind(request, spec->bound_object_ref, &claims, err);
    if (rc < 0)
        return rc;
    const char **audiences = arena_new_array(arena, const char *, spec->n_audiences + 1);
    memcpy(audiences, spec->audiences, spec->n_audiences * sizeof(*audiences));
    claims.audiences = audiences;
    int64_t seconds = *spec->expiration_seconds;
    bool extended = seconds == SECONDS_WARN && claims.pod_name[0] != '\0' &&
                    is_for_server(access_audiences(request->server->access), audiences);
    claims.issued = prepare_now(request);
    claims.expires = claims.issued + (extended ? SECONDS_EXTENDED : seconds) * USEC_PER_SEC;
    asked->status.expiration_timestamp = claims.issued + seconds * USEC_PER_SEC;
    auto_buffer struct buffer token = { .max = 64 << 10 };
    rc = access_sign(request->server->access, &claims, &token, err);
    if (rc == 0)
        asked->status.token = arena_str(arena, buffer_str(&token)).data;
    return rc;
}

void serve_token_request(struct request *request)
{
    struct error err = { 0 };
    void *value;
    if (request_decode(request, &api_kind_authentication_token_request, &value, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    struct api_authentication_token_request *asked = value;
    int rc = admission_check_creation(request, asked, &err); /* before an audience stands in for none */
    if (rc == 0)
        rc = check_account(request, &asked->metadata, &err);
    if (rc < 0) {
        request_fail(request, &err);
        return;
    }
    const struct object *account = registry_current(request);
    if (account == NULL)
        return;
    rc = check_uid(&asked->metadata, account, &err);
    if (rc == 0) {
        set_defaults(request, asked, account);
        rc = check_seconds(request, *asked->spec.expiration_seconds, &err);
    }
    if (rc == 0)
        rc = issue(request, asked, account, &err);
    if (rc < 0)
        request_fail(request, &err);
    else
        request_respond_document(request, 201, &api_kind_authentication_token_request, asked);
}

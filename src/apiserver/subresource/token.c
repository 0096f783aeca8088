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
#include "base/uuid.h"

#define SECONDS_LEAST    600
#define SECONDS_MOST     ((int64_t)1 << 32)
#define SECONDS_DEFAULT  3600
#define SECONDS_WARN     3607                  /* asked for by what the server itself puts into pods */
#define SECONDS_EXTENDED (365 * 24 * 3600 + 7) /* such tokens live longer, for clients that do not read them again */

static int invalid(struct request *request, const char *field, const char *detail, struct error *err)
{
    return failure_invalid(request, &api_kind_authentication_token_request, "", field, "FieldValueInvalid", detail,
                           err);
}

static int bind_pod(struct request *request, const struct api_authentication_bound_object_reference *reference,
                    struct token_claims *claims, struct error *err)
{
    const struct api_resource *resource = &api_resource_pod;
    struct watch_cache *pods = server_cache(request->server, resource);
    const struct object *object = watch_cache_get(pods, request->namespace_, text_or_empty(reference->name));
    if (object == NULL)
        return api_error_not_found(err, resource, text_or_empty(reference->name));
    const struct api_pod *pod = api_pod_of(object);
    if (!text_empty(reference->uid) && !text_equal(reference->uid, pod->metadata.uid))
        return api_error_conflict(
            err, resource, reference->name,
            arena_format(&request->arena,
                         "the UID in the bound object reference (%s) does not match the UID in record. "
                         "The object might have been deleted and then recreated",
                         reference->uid));
    if (!text_equal(pod->spec.service_account_name, request->name))
        return error_set(err, ERROR_BAD_REQUEST,
                         "cannot bind token for serviceaccount \"%s\" to pod running with different "
                         "serviceaccount name.",
                         request->name);
    struct arena *arena = &request->arena;
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

static int bind_secret(struct request *request, const struct api_authentication_bound_object_reference *reference,
                       struct token_claims *claims, struct error *err)
{
    struct watch_cache *secrets = server_cache(request->server, &api_resource_secret);
    const struct object *object = watch_cache_get(secrets, request->namespace_, text_or_empty(reference->name));
    if (object == NULL)
        return api_error_not_found(err, &api_resource_secret, text_or_empty(reference->name));
    if (!text_empty(reference->uid) && !text_equal(reference->uid, object_uid(object)))
        return api_error_conflict(err, &api_resource_secret, reference->name,
                                  "the UID in the bound object reference does not match the UID in record");
    claims->secret_name = arena_strdup(&request->arena, object_name(object));
    claims->secret_uid = arena_strdup(&request->arena, object_uid(object));
    return 0;
}

static int bind(struct request *request, const struct api_authentication_bound_object_reference *reference,
                struct token_claims *claims, struct error *err)
{
    if (reference == NULL)
        return 0;
    if (text_equal(reference->kind, "Pod") && text_equal(reference->api_version, "v1"))
        return bind_pod(request, reference, claims, err);
    if (text_equal(reference->kind, "Secret") && text_equal(reference->api_version, "v1"))
        return bind_secret(request, reference, claims, err);
    return error_set(err, ERROR_BAD_REQUEST, "cannot bind token to object of type %s/%s",
                     text_or_empty(reference->api_version), text_or_empty(reference->kind));
}

static int check_seconds(struct request *request, int64_t seconds, struct error *err)
{
    if (seconds < SECONDS_LEAST)
        return invalid(request, "spec.expirationSeconds",
                       arena_format(&request->arena,
                                    "Invalid value: %lld: may not specify a duration less than 10 minutes",
                                    (long long)seconds),
                       err);
    if (seconds > SECONDS_MOST)
        return invalid(request, "spec.expirationSeconds",
                       arena_format(&request->arena,
                                    "Invalid value: %lld: may not specify a duration larger than 2^32 seconds",
                                    (long long)seconds),
                       err);
    return 0;
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
    if (spec->expiration_seconds == NULL) {
        spec->expiration_seconds = arena_new(arena, int64_t);
        *spec->expiration_seconds = SECONDS_DEFAULT;
    }
    int rc = check_seconds(request, *spec->expiration_seconds, err);
    if (rc == 0)
        rc = bind(request, spec->bound_object_ref, &claims, err);
    if (rc < 0)
        return rc;
    if (spec->n_audiences > 0) {
        const char **audiences = arena_new_array(arena, const char *, spec->n_audiences + 1);
        memcpy(audiences, spec->audiences, spec->n_audiences * sizeof(*audiences));
        claims.audiences = audiences;
    }
    int64_t seconds = *spec->expiration_seconds;
    bool extended = seconds == SECONDS_WARN && claims.pod_name[0] != '\0' && claims.audiences == NULL;
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
    const struct object *account = registry_current(request);
    if (account == NULL)
        return;
    if (request_decode(request, &api_kind_authentication_token_request, &value, &err) < 0 ||
        admission_check_creation(request, value, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    struct api_authentication_token_request *asked = value;
    asked->status = (struct api_authentication_token_request_status){ 0 };
    if (issue(request, asked, account, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    asked->metadata = (struct api_object_meta){ .name = request->name,
                                                .namespace = request->namespace_,
                                                .uid = arena_strdup(&request->arena, object_uid(account)),
                                                .creation_timestamp = prepare_now(request) };
    request_respond_document(request, 201, &api_kind_authentication_token_request, asked);
}

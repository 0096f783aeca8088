/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The small differences: secrets, service accounts, volumes, nodes, signing requests. */

#include "apiserver/prepare.h"
#include "apiserver/registry/strategies.h"

void secret_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_secret *secret = object;
    const struct api_secret *before = old;
    (void)request;
    if (text_empty(secret->type))
        secret->type = before->type;
}

void service_account_prepare(struct request *request, void *object)
{
    struct api_service_account *account = object;
    struct api_object_reference *names =
        arena_new_array(&request->arena, struct api_object_reference, account->n_secrets + 1);
    for (size_t i = 0; i < account->n_secrets; i++)
        names[i].name = account->secrets[i].name;
    if (account->secrets != NULL)
        account->secrets = names;
}

void service_account_prepare_update(struct request *request, void *object, const void *old)
{
    (void)old;
    service_account_prepare(request, object);
}

void volume_prepare_create(struct request *request, void *object)
{
    struct api_persistent_volume *volume = object;
    volume->status.phase = "Pending";
    volume->status.last_phase_transition_time = prepare_now(request);
}

void claim_prepare_create(struct request *request, void *object)
{
    struct api_persistent_volume_claim *claim = object;
    (void)request;
    claim->status.phase = "Pending";
}

/* Who asks is what the request says, never what its body says. */
void signing_request_prepare_create(struct request *request, void *object)
{
    struct api_certificates_certificate_signing_request *csr = object;
    struct arena *arena = &request->arena;
    const struct user *user = &request->user;
    csr->spec.username = arena_strdup(arena, text_or_empty(user->name));
    csr->spec.uid = arena_strdup(arena, text_or_empty(user->uid));
    csr->spec.groups = arena_new_array(arena, const char *, user->n_groups + 1);
    for (size_t i = 0; i < user->n_groups; i++)
        csr->spec.groups[i] = arena_strdup(arena, user->groups[i]);
    csr->spec.n_groups = user->n_groups;
    csr->spec.extra = NULL;
    csr->spec.n_extra = 0;
}

void signing_request_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_certificates_certificate_signing_request *csr = object;
    const struct api_certificates_certificate_signing_request *before = old;
    (void)request;
    csr->spec = before->spec;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The small differences: secrets, service accounts, volumes, nodes. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/strategies.h"
#include "apiserver/server_internal.h"
#include "base/text/uuid.h"
#include "crypto/key_pair.h"

void secret_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_secret *secret = object;
    const struct api_secret *before = old;
    (void)request;
    if (text_empty(secret->type))
        secret->type = before->type;
}

static struct str secret_value(const struct api_secret *secret, const char *key)
{
    for (size_t i = 0; i < secret->n_data; i++)
        if (strcmp(secret->data[i].key, key) == 0)
            return secret->data[i].value;
    return STR("");
}

/* A key that does not fit its certificate may be about to be replaced, so it is no error. */
void secret_warn(struct request *request, const void *object)
{
    const struct api_secret *secret = object;
    struct error err;
    if (text_equal(secret->type, "kubernetes.io/tls") &&
        key_pair_check(secret_value(secret, "tls.crt"), secret_value(secret, "tls.key"), &err) < 0)
        request_warn(request, "%s", err.message);
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

/* A phase begins when it is first said. */
void volume_prepare_status(struct request *request, void *object, const void *old)
{
    struct api_persistent_volume_status *status = &((struct api_persistent_volume *)object)->status;
    const struct api_persistent_volume_status *before = &((const struct api_persistent_volume *)old)->status;
    bool same = text_equal(status->phase, before->phase);
    if (!same && (status->last_phase_transition_time == 0 ||
                  status->last_phase_transition_time == before->last_phase_transition_time))
        status->last_phase_transition_time = prepare_now(request);
    else if (same && status->last_phase_transition_time == 0)
        status->last_phase_transition_time = before->last_phase_transition_time;
}

static bool is_claim_or_snapshot(const struct api_typed_local_object_reference *source)
{
    if (text_equal(source->kind, "PersistentVolumeClaim"))
        return text_empty(source->api_group);
    return text_equal(source->kind, "VolumeSnapshot") && text_equal(source->api_group, "snapshot.storage.k8s.io");
}

/* dataSource is the older and narrower name of dataSourceRef: each is made from the other. */
static void join_sources(struct request *request, struct api_persistent_volume_claim_spec *spec)
{
    if (spec->data_source_ref != NULL)
        spec->data_source_ref->namespace = NULL; /* CrossNamespaceVolumeDataSource is off */
    if (spec->data_source_ref == NULL && spec->data_source != NULL) {
        spec->data_source_ref = arena_new(&request->arena, struct api_typed_object_reference);
        spec->data_source_ref->api_group = spec->data_source->api_group;
        spec->data_source_ref->kind = spec->data_source->kind;
        spec->data_source_ref->name = spec->data_source->name;
    } else if (spec->data_source == NULL && spec->data_source_ref != NULL) {
        spec->data_source = arena_new(&request->arena, struct api_typed_local_object_reference);
        spec->data_source->api_group = spec->data_source_ref->api_group;
        spec->data_source->kind = spec->data_source_ref->kind;
        spec->data_source->name = spec->data_source_ref->name;
    }
}

void claim_prepare_create(struct request *request, void *object)
{
    struct api_persistent_volume_claim *claim = object;
    claim->status.phase = "Pending";
    if (claim->spec.data_source != NULL && claim->spec.data_source_ref == NULL &&
        !is_claim_or_snapshot(claim->spec.data_source))
        claim->spec.data_source = NULL;
    join_sources(request, &claim->spec);
}

void claim_prepare_update(struct request *request, void *object, const void *old)
{
    (void)old;
    join_sources(request, &((struct api_persistent_volume_claim *)object)->spec);
}

void limit_range_prepare_create(struct request *request, void *object)
{
    struct api_object_meta *meta = object;
    char name[UUID_TEXT_SIZE];
    if (!text_empty(meta->name))
        return;
    uuid_generate(loop_random(request->server->loop), name);
    meta->name = arena_strdup(&request->arena, name);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The small differences: secrets, service accounts, volumes, nodes. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/strategies.h"

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct api_bytes_entry *)a)->key, ((const struct api_bytes_entry *)b)->key);
}

/* stringData is only for writing: it becomes data, over what data has under the same key, and is never stored. */
void secret_prepare_create(struct request *request, void *object)
{
    struct api_secret *secret = object;
    if (secret->n_string_data == 0)
        return;
    struct api_bytes_entry *data =
        arena_new_array(&request->arena, struct api_bytes_entry, secret->n_data + secret->n_string_data);
    size_t count = 0;
    for (size_t i = 0; i < secret->n_string_data; i++)
        data[count++] = (struct api_bytes_entry){ secret->string_data[i].key, str_of(secret->string_data[i].value) };
    for (size_t i = 0; i < secret->n_data; i++) {
        bool replaced = false;
        for (size_t j = 0; !replaced && j < secret->n_string_data; j++)
            replaced = strcmp(secret->data[i].key, secret->string_data[j].key) == 0;
        if (!replaced)
            data[count++] = secret->data[i];
    }
    qsort(data, count, sizeof(*data), compare_entries); /* maps are kept sorted */
    secret->data = data;
    secret->n_data = count;
    secret->string_data = NULL;
    secret->n_string_data = 0;
}

void secret_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_secret *secret = object;
    const struct api_secret *before = old;
    secret_prepare_create(request, secret);
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

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ServiceAccount: every pod has one, and its token, CA and namespace as files. */

#include <stdio.h>
#include <string.h>

#include "apiserver/access/pod_references.h"
#include "apiserver/admission/admission.h"
#include "apiserver/server_internal.h"

#define TOKEN_PATH    "/var/run/secrets/kubernetes.io/serviceaccount"
#define VOLUME_PREFIX "kube-api-access-"
#define TOKEN_SECONDS 3607 /* the odd number tells these tokens from those that somebody asked for */
#define FILE_MODE     0644

static const struct api_service_account *find_account(struct admission *admission, const char *name)
{
    struct watch_cache *cache = server_cache(admission->request->server, &api_resource_service_account);
    const struct object *object = watch_cache_get(cache, admission->namespace_, name);
    return object == NULL ? NULL : api_service_account_of(object);
}

static bool wants_token(const struct api_pod_spec *spec, const struct api_service_account *account)
{
    if (spec->automount_service_account_token != NULL)
        return *spec->automount_service_account_token;
    return account->automount_service_account_token == NULL || *account->automount_service_account_token;
}

static struct api_projected_volume_source *token_files(struct arena *arena)
{
    struct api_projected_volume_source *projected = arena_new(arena, struct api_projected_volume_source);
    struct api_volume_projection *sources = arena_new_array(arena, struct api_volume_projection, 3);
    sources[0].service_account_token = arena_new(arena, struct api_service_account_token_projection);
    sources[0].service_account_token->expiration_seconds = arena_new(arena, int64_t);
    *sources[0].service_account_token->expiration_seconds = TOKEN_SECONDS;
    sources[0].service_account_token->path = "token";
    sources[1].config_map = arena_new(arena, struct api_config_map_projection);
    sources[1].config_map->name = "kube-root-ca.crt";
    sources[1].config_map->items = arena_new(arena, struct api_key_to_path);
    sources[1].config_map->items->key = "ca.crt";
    sources[1].config_map->items->path = "ca.crt";
    sources[1].config_map->n_items = 1;
    sources[2].downward_api = arena_new(arena, struct api_downward_api_projection);
    sources[2].downward_api->items = arena_new(arena, struct api_downward_api_volume_file);
    sources[2].downward_api->items->path = "namespace";
    sources[2].downward_api->items->field_ref = arena_new(arena, struct api_object_field_selector);
    sources[2].downward_api->items->field_ref->api_version = "v1";
    sources[2].downward_api->items->field_ref->field_path = "metadata.namespace";
    sources[2].downward_api->n_items = 1;
    projected->sources = sources;
    projected->n_sources = 3;
    projected->default_mode = arena_new(arena, int32_t);
    *projected->default_mode = FILE_MODE;
    return projected;
}

static const char *token_volume(struct admission *admission, const struct api_pod_spec *spec, bool *ret_present)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    struct request *request = admission->request;
    for (size_t i = 0; i < spec->n_volumes; i++) {
        if (strncmp(text_or_empty(spec->volumes[i].name), VOLUME_PREFIX, strlen(VOLUME_PREFIX)) == 0) {
            *ret_present = true;
            return spec->volumes[i].name;
        }
    }
    char suffix[6] = "";
    for (size_t i = 0; i < 5; i++)
        suffix[i] = letters[random_below(loop_random(request->server->loop), sizeof(letters) - 1)];
    *ret_present = false;
    return arena_format(&request->arena, VOLUME_PREFIX "%s", suffix);
}

/* True when the mount was missing and is there now. */
static bool mount_token(struct arena *arena, struct api_container *containers, size_t count, const char *volume)
{
    bool mounted = false;
    for (size_t i = 0; i < count; i++) {
        struct api_container *container = &containers[i];
        bool present = false;
        for (size_t j = 0; j < container->n_volume_mounts; j++)
            present |= text_equal(container->volume_mounts[j].mount_path, TOKEN_PATH);
        if (present)
            continue;
        struct api_volume_mount *mounts =
            arena_new_array(arena, struct api_volume_mount, container->n_volume_mounts + 1);
        if (container->n_volume_mounts > 0)
            memcpy(mounts, container->volume_mounts, container->n_volume_mounts * sizeof(*mounts));
        mounts[container->n_volume_mounts++] =
            (struct api_volume_mount){ .name = volume, .read_only = true, .mount_path = TOKEN_PATH };
        container->volume_mounts = mounts;
        mounted = true;
    }
    return mounted;
}

static void add_token(struct admission *admission, struct api_pod_spec *spec)
{
    struct arena *arena = &admission->request->arena;
    bool present;
    const char *name = token_volume(admission, spec, &present);
    bool needed = mount_token(arena, spec->init_containers, spec->n_init_containers, name);
    needed |= mount_token(arena, spec->containers, spec->n_containers, name);
    if (!needed || present)
        return;
    struct api_volume *volumes = arena_new_array(arena, struct api_volume, spec->n_volumes + 1);
    if (spec->n_volumes > 0)
        memcpy(volumes, spec->volumes, spec->n_volumes * sizeof(*volumes));
    volumes[spec->n_volumes].name = name;
    volumes[spec->n_volumes].projected = token_files(arena);
    spec->volumes = volumes;
    spec->n_volumes++;
}

int admit_service_account(struct admission *admission, struct error *err)
{
    if (!admission_creates(admission, &api_kind_pod))
        return 0;
    struct api_pod *pod = admission->object;
    struct api_pod_spec *spec = &pod->spec;
    if (pod_is_mirror(pod)) {
        if (!text_empty(spec->service_account_name))
            return admission_forbid(admission, err, "a mirror pod may not reference service accounts");
        return 0;
    }
    if (text_empty(spec->service_account_name))
        spec->service_account_name = text_empty(spec->service_account) ? "default" : spec->service_account;
    spec->service_account = spec->service_account_name;
    const struct api_service_account *account = find_account(admission, spec->service_account_name);
    if (account == NULL)
        return admission_forbid(admission, err,
                                "error looking up service account %s/%s: serviceaccount \"%s\" not found",
                                admission->namespace_, spec->service_account_name, spec->service_account_name);
    if (wants_token(spec, account))
        add_token(admission, spec);
    if (spec->n_image_pull_secrets == 0 && account->n_image_pull_secrets > 0) {
        struct arena *arena = &admission->request->arena; /* the account may change while the pod is being written */
        spec->image_pull_secrets =
            arena_new_array(arena, struct api_local_object_reference, account->n_image_pull_secrets);
        for (size_t i = 0; i < account->n_image_pull_secrets; i++)
            spec->image_pull_secrets[i].name = arena_strdup(arena, account->image_pull_secrets[i].name);
        spec->n_image_pull_secrets = account->n_image_pull_secrets;
    }
    return 0;
}

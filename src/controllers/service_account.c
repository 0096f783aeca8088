/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_account.c - every namespace has the account "default" and the certificate to verify the API server with. */
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"

#define ROOT_CA "kube-root-ca.crt"

static bool is_live(struct reconcile *r)
{
    const struct object *space = informer_get(reconcile_cache(r, &api_resource_namespace), r->key);
    return space != NULL && object_meta(space)->deletion_timestamp == 0;
}

static int reconcile_account(struct reconcile *r, struct error *err)
{
    (void)err;
    if (!is_live(r) || informer_find(reconcile_cache(r, &api_resource_service_account), r->key, "default") != NULL)
        return 0;
    struct api_service_account account = { .metadata = { .name = "default", .namespace = r->key } };
    reconcile_create(r, &api_resource_service_account, &account)->present_is_fine = true;
    return 0;
}

static const struct controller_watch account_watches[] = {
    { .resource = &api_resource_namespace, .map = keys_own },
    { .resource = &api_resource_service_account, .map = keys_of_namespace },
};

const struct controller service_account_controller = {
    .name = "serviceaccount",
    .account = "service-account-controller",
    .component = "service-account-controller",
    .watches = account_watches,
    .n_watches = countof(account_watches),
    .reconcile = reconcile_account,
};

static void namespace_of_root_ca(struct key_sink *keys, const struct controller_watch *watch,
                                 const struct object *object)
{
    if (text_equal(object_name(object), ROOT_CA))
        keys_of_namespace(keys, watch, object);
}

static int reconcile_root_ca(struct reconcile *r, struct error *err)
{
    (void)err;
    struct str ca = r->settings->root_ca_pem;
    if (ca.size == 0 || !is_live(r))
        return 0;
    struct api_string_entry data = { "ca.crt", arena_strndup(r->arena, ca.data, ca.size) };
    const struct object *object = informer_find(reconcile_cache(r, &api_resource_config_map), r->key, ROOT_CA);
    struct api_config_map map = { .metadata = { .name = ROOT_CA, .namespace = r->key } };
    if (object != NULL) {
        map = *api_config_map_of(object);
        struct str old = { 0 };
        if (map.n_data == 1 && entries_find(map.data, map.n_data, "ca.crt", &old) && str_equal(old, ca))
            return 0;
    }
    entries_set(r->arena, &map.metadata.annotations, &map.metadata.n_annotations, "kubernetes.io/description",
                "The certificate authorities that clients in this cluster verify the API server with.");
    map.data = &data;
    map.n_data = 1;
    if (object != NULL)
        reconcile_update(r, &api_resource_config_map, &map);
    else
        reconcile_create(r, &api_resource_config_map, &map);
    return 0;
}

static const struct controller_watch root_ca_watches[] = {
    { .resource = &api_resource_namespace, .map = keys_own },
    { .resource = &api_resource_config_map, .map = namespace_of_root_ca },
};

const struct controller root_ca_controller = {
    .name = "root-ca-certificate-publisher",
    .account = "root-ca-cert-publisher",
    .queue = "root_ca_cert_publisher",
    .watches = root_ca_watches,
    .n_watches = countof(root_ca_watches),
    .reconcile = reconcile_root_ca,
};

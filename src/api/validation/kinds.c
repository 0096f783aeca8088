/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kinds.c - one row a kind: how its objects are named, and where its rules are. Kinds without a row are named as
 * DNS subdomains and have no rules but those of metadata. */
#include "api/validation/rules.h"

static void format_any(struct str value, struct format_errors *errors)
{
    (void)value;
    (void)errors;
}

static const struct validation_rules rows[] = {
    { .type = &api_type_namespace, .name = format_dns1123_label },
    { .type = &api_type_service, .name = format_dns1123_label },
    { .type = &api_type_apps_stateful_set, .name = format_dns1123_label },
    { .type = &api_type_rbac_role, .name = format_path_segment },
    { .type = &api_type_rbac_cluster_role, .name = format_path_segment },
    { .type = &api_type_rbac_role_binding, .name = format_path_segment },
    { .type = &api_type_rbac_cluster_role_binding, .name = format_path_segment },
    { .type = &api_type_certificates_certificate_signing_request, .name = format_any },
    { .type = &api_type_policy_pod_disruption_budget, .name = format_any },
    { .type = &api_type_networking_ip_address, .name = format_ip },
    { .type = &api_type_apiregistration_api_service, .name = format_path_segment },
};

const struct validation_rules *validation_rules_find(const struct api_type *type)
{
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

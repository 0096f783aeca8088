/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage.c - kinds that choose nodes by labels that have newer names, and devices. */
#include <ctype.h>

#include "api/codec.h"
#include "api/warnings/kind_warnings.h"

void warn_of_storage_class(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_storage_storage_class *class = object;

    (void)old;
    for (size_t i = 0; i < class->n_allowed_topologies; i++) {
        const struct api_topology_selector_term *term = &class->allowed_topologies[i];
        const struct field_at *at = at_index(at_field(NULL, "allowedTopologies"), i);
        for (size_t k = 0; k < term->n_match_label_expressions; k++) {
            const char *text = deprecated_node_label(term->match_label_expressions[k].key);
            if (text != NULL)
                warning_add(list, at_field(at_index(at_field(at, "matchLabelExpressions"), k), "key"), "%s", text);
        }
    }
}

void warn_of_storage_capacity(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_label_selector *selector =
        ((const struct api_storage_csi_storage_capacity *)object)->node_topology;
    const struct field_at *at = at_field(NULL, "nodeTopology");

    (void)old;
    for (size_t i = 0; selector != NULL && i < selector->n_match_expressions; i++) {
        const char *text = deprecated_node_label(selector->match_expressions[i].key);
        if (text != NULL)
            warning_add(list, at_field(at_index(at_field(at, "matchExpressions"), i), "key"), "%s", text);
    }
    for (size_t i = 0; selector != NULL && i < selector->n_match_labels; i++) {
        const char *key = text_or_empty(selector->match_labels[i].key), *text = deprecated_node_label(key);
        if (text != NULL)
            warning_add(list, at_field(at_field(at, "matchLabels"), key), "%s", text);
    }
}

/* Tokens among a volume's attributes are easily logged. Said again only when what is asked for changes. */
void warn_of_csi_driver(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_storage_csi_driver_spec *spec = &((const struct api_storage_csi_driver *)object)->spec;
    const struct api_storage_csi_driver_spec *before =
        old == NULL ? NULL : &((const struct api_storage_csi_driver *)old)->spec;
    bool same = before != NULL && before->n_token_requests == spec->n_token_requests;

    for (size_t i = 0; same && i < spec->n_token_requests; i++)
        same = api_equal(&api_type_storage_token_request, &before->token_requests[i], &spec->token_requests[i]);
    if (!same && spec->n_token_requests > 0 && spec->service_account_token_in_secrets == NULL)
        warning_add(
            list, NULL,
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent "
            "possible logging of tokens in volume attributes");
}

void warn_of_runtime_class(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_node_scheduling *scheduling = ((const struct api_node_runtime_class *)object)->scheduling;
    const struct field_at *at = at_field(at_field(NULL, "scheduling"), "nodeSelector");

    (void)old;
    for (size_t i = 0; scheduling != NULL && i < scheduling->n_node_selector; i++) {
        const char *key = text_or_empty(scheduling->node_selector[i].key), *text = deprecated_node_label(key);
        if (text != NULL)
            warning_add(list, at_key(at, key), "%s", text);
    }
}

void warn_of_resource_slice(const void *object, const void *old, const struct warning_list *list)
{
    const char *driver = text_or_empty(((const struct api_resource_resource_slice *)object)->spec.driver);
    bool upper = false;

    (void)old;
    for (const char *c = driver; *c != '\0'; c++)
        upper = upper || isupper((unsigned char)*c);
    if (upper)
        warning_add(list, at_field(at_field(NULL, "spec"), "driver"),
                    "driver names should be lowercase; \"%s\" contains uppercase characters", driver);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node.c - Nodes. */
#include <yyjson.h>

#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/formats/address.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/volume/source.h"
#include "api/value/entry.h"

#define FEATURE_SIZE_MAX 253
#define TAINTS_KEY       "scheduler.alpha.kubernetes.io/taints"
#define AVOID_KEY        "scheduler.alpha.kubernetes.io/preferAvoidPods"

static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };

void validate_taints(const struct api_taint *taints, size_t count, const struct field_at *at,
                     struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_taint *taint = &taints[i];
        const struct field_at *here = at_index(at, i);
        struct format_errors found = { .count = 0 };
        char text[700];
        bool repeated = false;
        invalid_format(errors, at_field(here, "key"), format_qualified_name, taint->key);
        format_label_value(str_of(text_or_empty(taint->value)), &found);
        format_errors_join(&found, ";", text, sizeof(text));
        if (found.count > 0)
            invalid_string(errors, at_field(here, "value"), taint->value, "%s", text);
        invalid_one_of(errors, at_field(here, "effect"), taint->effect, effects, true);
        for (size_t k = 0; k < i; k++)
            repeated =
                repeated || (text_equal(taints[k].key, taint->key) && text_equal(taints[k].effect, taint->effect));
        if (repeated)
            invalid_duplicate_internal(errors, here, &api_type_taint, taint,
                                       "taints must be unique by key and effect pair");
    }
}

/* --- annotations from before there were fields --- */

static void validate_old_taints(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *item;
    size_t index, count, read = 0;
    struct error err = { 0 };

    if (doc == NULL || !yyjson_is_arr(yyjson_doc_get_root(doc))) {
        invalid_string(errors, at, TAINTS_KEY, "must be a list of taints in JSON");
        yyjson_doc_free(doc);
        return;
    }
    struct api_taint *taints = arena_new_array(&arena, struct api_taint, yyjson_arr_size(yyjson_doc_get_root(doc)) + 1);
    yyjson_arr_foreach(yyjson_doc_get_root(doc), index, count, item)
    {
        char *json = yyjson_val_write(item, 0, NULL);
        if (json != NULL &&
            api_decode_json(&api_type_taint, arena_str(&arena, str_of(json)), &arena, &taints[read], NULL, &err) == 0)
            read++;
        free(json);
    }
    if (read < yyjson_arr_size(yyjson_doc_get_root(doc)))
        invalid_string(errors, at, TAINTS_KEY, "%s", err.message);
    validate_taints(taints, read, at_field(at, TAINTS_KEY), errors);
    yyjson_doc_free(doc);
}

static void validate_avoided(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *entry;
    size_t index, count;

    if (doc == NULL || !yyjson_is_obj(yyjson_doc_get_root(doc)))
        invalid_string(errors, at_field(at, "AvoidPods"), AVOID_KEY, "must be an object in JSON");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "preferAvoidPods"), index, count, entry)
    {
        const struct field_at *signature = at_field(at_index(at_field(at, AVOID_KEY), index), "PodSignature");
        yyjson_val *controller = yyjson_obj_get(yyjson_obj_get(entry, "podSignature"), "podController");
        if (controller == NULL)
            invalid_missing(errors, signature);
        else if (!yyjson_get_bool(yyjson_obj_get(controller, "controller")))
            invalid_flag(errors, at_field(at_field(signature, "PodController"), "Controller"), false,
                         "must point to a controller");
    }
    yyjson_doc_free(doc);
}

static void validate_annotations_of(const struct api_node *node, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "metadata"), "annotations");
    const char *taints = string_entry_value(node->metadata.annotations, node->metadata.n_annotations, TAINTS_KEY);
    const char *avoided = string_entry_value(node->metadata.annotations, node->metadata.n_annotations, AVOID_KEY);

    if (!text_empty(taints))
        validate_old_taints(taints, at, errors);
    if (!text_empty(avoided))
        validate_avoided(avoided, at, errors);
}

/* --- status --- */

static void validate_amounts(const struct api_quantity_entry *list, size_t count, const char *name,
                             struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "status"), name);

    for (size_t i = 0; i < count; i++)
        validate_resource_amount(list[i].key, &list[i].value, at_field(at, text_or_empty(list[i].key)), errors);
}

static void validate_features(const struct api_node_status *status, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "status"), "declaredFeatures");

    for (size_t i = 0; i < status->n_declared_features; i++) {
        const char *feature = text_or_empty(status->declared_features[i]);
        const char *before = i > 0 ? text_or_empty(status->declared_features[i - 1]) : "";
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(status->declared_features[k], feature);
        if (strlen(feature) > FEATURE_SIZE_MAX)
            invalid_too_long(errors, at_index(at, i), FEATURE_SIZE_MAX);
        invalid_format(errors, at_index(at, i), format_node_feature, feature);
        if (repeated)
            invalid_duplicate(errors, at_index(at, i), feature);
        else if (strcmp(feature, before) < 0)
            invalid_string(errors, at_index(at, i), feature, "must be sorted");
    }
}

static void validate_pod_cidrs(const struct api_node_spec *spec, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "spec"), "podCIDRs");

    for (size_t i = 0; i < spec->n_pod_cidrs; i++)
        invalid_format(errors, at_index(at, i), format_cidr, spec->pod_cidrs[i]);
    if (spec->n_pod_cidrs < 2)
        return;
    enum address_families families = address_families(spec->pod_cidrs, spec->n_pod_cidrs, true);
    if (families == FAMILIES_BROKEN)
        invalid_failure(errors, at,
                        "invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR address");
    if (families != FAMILIES_GOOD)
        invalid_string_list(errors, at, spec->pod_cidrs, spec->n_pod_cidrs,
                            "may specify no more than one CIDR for each IP family");
}

void validate_node_create(const void *object, struct api_invalid *errors)
{
    const struct api_node *node = object;
    const struct field_at *meta = at_field(NULL, "metadata");
    const struct api_node_swap_status *swap = node->status.node_info.swap;

    validate_annotations_of(node, errors);
    /* The paths are upstream's: they are not where the fields are. */
    validate_taints(node->spec.taints, node->spec.n_taints, at_field(meta, "taints"), errors);
    if (swap != NULL && swap->capacity != NULL && *swap->capacity <= 0)
        invalid_number(errors, at_field(at_field(meta, "nodeSwapStatus"), "capacity"), *swap->capacity,
                       "must be greater than zero");
    validate_features(&node->status, errors);
    validate_amounts(node->status.capacity, node->status.n_capacity, "capacity", errors);
    validate_amounts(node->status.allocatable, node->status.n_allocatable, "allocatable", errors);
    validate_pod_cidrs(&node->spec, errors);
}

/* --- configuration from ConfigMaps, which the kubelet once read --- */

static void validate_config_map(const struct api_config_map_node_config_source *map, bool spec,
                                const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *uid = at_field(at, "uid"), *version = at_field(at, "resourceVersion");

    if (spec && !text_empty(map->uid))
        invalid_forbidden(errors, uid, "uid must not be set in spec");
    if (spec && !text_empty(map->resource_version))
        invalid_forbidden(errors, version, "resourceVersion must not be set in spec");
    if (!spec && text_empty(map->uid))
        invalid_required(errors, uid, "uid must be set in status");
    if (!spec && text_empty(map->resource_version))
        invalid_required(errors, version, "resourceVersion must be set in status");
    if (text_empty(map->namespace))
        invalid_required(errors, at_field(at, "namespace"), "namespace must be set");
    else
        invalid_format(errors, at_field(at, "namespace"), format_dns1123_label, map->namespace);
    if (text_empty(map->name))
        invalid_required(errors, at_field(at, "name"), "name must be set");
    else
        invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, map->name);
    if (text_empty(map->kubelet_config_key))
        invalid_required(errors, at_field(at, "kubeletConfigKey"), "kubeletConfigKey must be set");
    else
        invalid_format(errors, at_field(at, "kubeletConfigKey"), format_config_key, map->kubelet_config_key);
}

static void validate_config_source(const struct api_node_config_source *source, bool spec, const struct field_at *at,
                                   struct api_invalid *errors)
{
    if (source == NULL)
        return;
    if (source->config_map == NULL)
        invalid_internal(errors, at, &api_type_node_config_source, source,
                         "exactly one reference subfield must be non-nil");
    else
        validate_config_map(source->config_map, spec, at_field(at, "configMap"), errors);
}

/* --- updates --- */

static void validate_kept(const struct api_node *node, const struct api_node *old, struct api_invalid *errors)
{
    const struct field_at *spec = at_field(NULL, "spec");
    bool same = old->spec.n_pod_cidrs == node->spec.n_pod_cidrs;

    for (size_t i = 0; same && i < old->spec.n_pod_cidrs; i++)
        same = text_equal(old->spec.pod_cidrs[i], node->spec.pod_cidrs[i]);
    if (old->spec.n_pod_cidrs > 0 && !same)
        invalid_forbidden(errors, at_field(spec, "podCIDRs"),
                          "node updates may not change podCIDR except from \"\" to valid");
    if (!text_empty(old->spec.provider_id) && !text_equal(old->spec.provider_id, node->spec.provider_id))
        invalid_forbidden(errors, at_field(spec, "providerID"),
                          "node updates may not change providerID except from \"\" to valid");
}

void validate_node_status(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_node *node = object, *old = old_object;
    const struct field_at *status = at_field(NULL, "status"), *config = at_field(status, "config");

    validate_annotations_of(node, errors);
    validate_features(&node->status, errors);
    validate_amounts(node->status.capacity, node->status.n_capacity, "capacity", errors);
    validate_amounts(node->status.allocatable, node->status.n_allocatable, "allocatable", errors);
    for (size_t i = 0; i < node->status.n_addresses; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || (text_equal(node->status.addresses[k].type, node->status.addresses[i].type) &&
                                    text_equal(node->status.addresses[k].address, node->status.addresses[i].address));
        if (repeated)
            invalid_duplicate_internal(errors, at_index(at_field(status, "addresses"), i), &api_type_node_address,
                                       &node->status.addresses[i], NULL);
    }
    validate_kept(node, old, errors);
    validate_config_source(node->spec.config_source, true, at_field(at_field(NULL, "spec"), "configSource"), errors);
    if (node->status.config != NULL) {
        validate_config_source(node->status.config->assigned, false, at_field(config, "assigned"), errors);
        validate_config_source(node->status.config->active, false, at_field(config, "active"), errors);
        validate_config_source(node->status.config->last_known_good, false, at_field(config, "lastKnownGood"), errors);
    }
    validate_taints(node->spec.taints, node->spec.n_taints, at_field(at_field(NULL, "metadata"), "taints"), errors);
    if (!text_equal(node->spec.external_id, old->spec.external_id))
        invalid_forbidden(errors, at_field(at_field(NULL, "spec"), "externalID"), "may not be updated");
}

/* Upstream runs the rules of creation and those of updates, which repeat some of them. */
void validate_node_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_node_create(object, errors);
    validate_node_status(object, old, errors);
}

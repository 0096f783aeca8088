/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* annotations.c - annotations of pods that the kubelet or a controller obeys: mirror pods, profiles from before they had
 * fields, the cost of deletion. */
#include <yyjson.h>

#include "api/codec.h"
#include "api/validation/pod/pod_rules.h"
#include "api/value/entry.h"

#define TOLERATIONS_KEY  "scheduler.alpha.kubernetes.io/tolerations"
#define COST_KEY         "controller.kubernetes.io/pod-deletion-cost"
#define SECCOMP_POD_KEY  "seccomp.security.alpha.kubernetes.io/pod"
#define SECCOMP_PREFIX   "container.seccomp.security.alpha.kubernetes.io/"
#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define LOCALHOST_PREFIX "localhost/"
#define TOLERATIONS_MAX  10000

static bool starts(const char *text, const char *prefix)
{
    return str_starts(str_of(text_or_empty(text)), str_of(prefix));
}

bool pod_meta_is_mirror(const struct api_object_meta *meta)
{
    return meta != NULL && string_entry_value(meta->annotations, meta->n_annotations, MIRROR_ANNOTATION) != NULL;
}

/* Decimal, without '+' and leading zeros, of 32 bits. */
static bool cost_is_good(const char *text)
{
    int64_t value;
    const char *digits = text[0] == '-' ? text + 1 : text;

    if (!format_ok(format_decimal_integer, str_of(text)) && !(text[0] == '-' && digits[0] == '0' && digits[1] == '\0'))
        return false;
    return str_to_int64(str_of(text), &value) && value >= INT32_MIN && value <= INT32_MAX;
}

bool deletion_cost_is_bad(const struct api_object_meta *meta)
{
    const char *cost = string_entry_value(meta->annotations, meta->n_annotations, COST_KEY);
    return cost != NULL && !cost_is_good(cost);
}

static void validate_seccomp(const char *profile, const struct field_at *at, struct api_invalid *errors)
{
    if (text_equal(profile, "runtime/default") || text_equal(profile, "docker/default") ||
        text_equal(profile, "unconfined"))
        return;
    if (!starts(profile, LOCALHOST_PREFIX)) {
        invalid_string(errors, at, profile, "must be a valid seccomp profile");
        return;
    }
    invalid_format(errors, at, format_local_path, profile + sizeof(LOCALHOST_PREFIX) - 1);
}

static bool has_container(const struct api_pod_spec *spec, const char *name)
{
    if (container_by_name(spec->containers, spec->n_containers, name) != NULL ||
        container_by_name(spec->init_containers, spec->n_init_containers, name) != NULL)
        return true;
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++)
        if (text_equal(spec->ephemeral_containers[i].name, name))
            return true;
    return false;
}

static void validate_app_armor(const struct api_string_entry *entry, const struct api_pod_spec *spec,
                               const struct field_at *at, struct api_invalid *errors)
{
    const char *name = entry->key + sizeof(APP_ARMOR_PREFIX) - 1;
    const char *profile = text_or_empty(entry->value);

    if (!has_container(spec, name))
        invalid_string(errors, at_key(at, entry->key), name, "container not found");
    if (profile[0] != '\0' && !text_equal(profile, "runtime/default") && !text_equal(profile, "unconfined") &&
        !starts(profile, LOCALHOST_PREFIX))
        invalid_string(errors, at_key(at, entry->key), profile, "invalid AppArmor profile name: \"%s\"", profile);
}

/* From before tolerations had a field. */
static void validate_old_tolerations(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *item;
    struct error err = { 0 };
    size_t index, count;

    if (doc == NULL || !yyjson_is_arr(root) || yyjson_arr_size(root) > TOLERATIONS_MAX) {
        invalid_string(errors, at, TOLERATIONS_KEY, "must be a list of tolerations in JSON");
        yyjson_doc_free(doc);
        return;
    }
    struct api_toleration *list = arena_new_array(&arena, struct api_toleration, yyjson_arr_size(root) + 1);
    bool good = true;
    yyjson_arr_foreach(root, index, count, item)
    {
        char *json = yyjson_val_write(item, 0, NULL);
        good = good && json != NULL &&
               api_decode_json(&api_type_toleration, arena_str(&arena, str_of(json)), &arena, &list[index], NULL,
                               &err) == 0;
        free(json);
    }
    if (good)
        validate_tolerations(list, yyjson_arr_size(root), false, at_field(at, TOLERATIONS_KEY), errors);
    else
        invalid_string(errors, at, TOLERATIONS_KEY, "%s", err.message);
    yyjson_doc_free(doc);
}

void validate_pod_annotations(const struct api_string_entry *annotations, size_t count, const struct api_pod_spec *spec,
                              const struct pod_leniency *lenient, const struct field_at *at, struct api_invalid *errors)
{
    if (count == 0)
        return;
    const char *mirror = string_entry_value(annotations, count, MIRROR_ANNOTATION);
    const char *tolerations = string_entry_value(annotations, count, TOLERATIONS_KEY);
    const char *cost = string_entry_value(annotations, count, COST_KEY);
    if (mirror != NULL && text_empty(spec->node_name))
        invalid_string(errors, at_key(at, MIRROR_ANNOTATION), mirror,
                       "must set spec.nodeName if mirror pod annotation is set");
    if (!text_empty(tolerations))
        validate_old_tolerations(tolerations, at, errors);
    if (cost != NULL && !lenient->deletion_cost && !cost_is_good(cost))
        invalid_string(errors, at_key(at, COST_KEY), cost, "must be a 32bit integer");
    for (size_t i = 0; i < count; i++)
        if (text_equal(annotations[i].key, SECCOMP_POD_KEY) || starts(annotations[i].key, SECCOMP_PREFIX))
            validate_seccomp(text_or_empty(annotations[i].value), at_field(at, annotations[i].key), errors);
    for (size_t i = 0; i < count; i++)
        if (starts(annotations[i].key, APP_ARMOR_PREFIX))
            validate_app_armor(&annotations[i], spec, at, errors);
}

/* --- annotations beside the fields that replaced them --- */

struct profile {
    const char *type;
    const char *localhost;
};

/* NULL: they agree. Else which field of the profile does not. */
static const char *disagreement(const char *annotation, const struct profile *profile, bool docker)
{
    if (text_equal(profile->type, "Unconfined"))
        return text_equal(annotation, "unconfined") ? NULL : "type";
    if (text_equal(profile->type, "RuntimeDefault"))
        return text_equal(annotation, "runtime/default") || (docker && text_equal(annotation, "docker/default"))
                   ? NULL
                   : "type";
    if (!text_equal(profile->type, "Localhost"))
        return NULL;
    if (!starts(annotation, LOCALHOST_PREFIX))
        return "type";
    return text_equal(annotation + sizeof(LOCALHOST_PREFIX) - 1, profile->localhost) ? NULL : "localhostProfile";
}

static void compare(const char *annotation, const struct profile *profile, const char *what, const char *field,
                    const struct field_at *at, struct api_invalid *errors)
{
    const char *wrong = disagreement(annotation, profile, what[0] == 's');

    if (wrong != NULL)
        invalid_forbidden(errors, at_field(at_field(at_field(at, "securityContext"), field), wrong),
                          "%s %s in annotation and field must match", what,
                          text_equal(wrong, "type") ? "type" : "profile");
}

struct comparison {
    const struct api_object_meta *meta;
    const struct api_pod_security_context *pod;
    bool app_armor;
};

static const char *container_annotation(const struct api_object_meta *meta, const char *prefix, const char *name)
{
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (starts(meta->annotations[i].key, prefix) && text_equal(meta->annotations[i].key + strlen(prefix), name))
            return text_or_empty(meta->annotations[i].value);
    return NULL;
}

static void compare_container(const struct api_container *container, const struct field_at *at, void *context,
                              struct api_invalid *errors)
{
    const struct comparison *with = context;
    const struct api_security_context *own = container->security_context;
    const char *seccomp = container_annotation(with->meta, SECCOMP_PREFIX, container->name);
    const char *app_armor = container_annotation(with->meta, APP_ARMOR_PREFIX, container->name);

    if (!with->app_armor && seccomp != NULL && own != NULL && own->seccomp_profile != NULL) {
        struct profile profile = { own->seccomp_profile->type, own->seccomp_profile->localhost_profile };
        compare(seccomp, &profile, "seccomp", "seccompProfile", at, errors);
    }
    const struct api_app_armor_profile *effective = own != NULL && own->app_armor_profile != NULL
                                                        ? own->app_armor_profile
                                                    : with->pod != NULL ? with->pod->app_armor_profile
                                                                        : NULL;
    if (with->app_armor && app_armor != NULL && effective != NULL) {
        struct profile profile = { effective->type, effective->localhost_profile };
        compare(app_armor, &profile, "apparmor", "appArmorProfile", at, errors);
    }
}

void validate_profile_annotations(const struct api_object_meta *meta, const struct api_pod_spec *spec,
                                  const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_security_context *security = spec->security_context;
    struct comparison with = { .meta = meta, .pod = security };

    if (meta->n_annotations == 0)
        return;
    const char *pod = string_entry_value(meta->annotations, meta->n_annotations, SECCOMP_POD_KEY);
    if (pod != NULL && security != NULL && security->seccomp_profile != NULL) {
        struct profile profile = { security->seccomp_profile->type, security->seccomp_profile->localhost_profile };
        compare(pod, &profile, "seccomp", "seccompProfile", at, errors);
    }
    pod_visit_containers(spec, at, compare_container, &with, errors);
    with.app_armor = true;
    if (spec->os == NULL || !text_equal(spec->os->name, "windows"))
        pod_visit_containers(spec, at, compare_container, &with, errors);
}

void validate_annotation_updates(const struct api_object_meta *meta, const struct api_object_meta *old,
                                 const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < old->n_annotations; i++) {
        const char *key = old->annotations[i].key;
        const char *now = string_entry_value(meta->annotations, meta->n_annotations, key);
        if (now != NULL && text_equal(now, old->annotations[i].value))
            continue;
        if (starts(key, APP_ARMOR_PREFIX))
            invalid_forbidden(errors, at_key(at, key), "may not remove or update AppArmor annotations");
        if (text_equal(key, MIRROR_ANNOTATION))
            invalid_forbidden(errors, at_key(at, key), "may not remove or update mirror pod annotation");
    }
    for (size_t i = 0; i < meta->n_annotations; i++) {
        const char *key = meta->annotations[i].key;
        if (string_entry_value(old->annotations, old->n_annotations, key) != NULL)
            continue;
        if (starts(key, APP_ARMOR_PREFIX))
            invalid_forbidden(errors, at_key(at, key), "may not add AppArmor annotations");
        if (text_equal(key, MIRROR_ANNOTATION))
            invalid_forbidden(errors, at_key(at, key), "may not add mirror pod annotation");
    }
}

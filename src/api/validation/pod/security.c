/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* security.c - security contexts of pods and containers. */
#include "api/validation/pod/pod_rules.h"

static const char *const profile_types[] = { "Localhost", "RuntimeDefault", "Unconfined", NULL };
static const char *const group_policies[] = { "Always", "OnRootMismatch", NULL };
static const char *const supplemental_policies[] = { "Merge", "Strict", NULL };
static const char *const proc_mounts[] = { "Default", "Unmasked", NULL };

static void validate_id(const int64_t *id, const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };

    if (id == NULL)
        return;
    format_user_id(*id, &found);
    for (size_t i = 0; i < found.count; i++)
        invalid_number(errors, at, *id, "%s", found.texts[i]);
}

static void validate_profile(const char *type, const char *profile, bool relative, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "localhostProfile");

    invalid_one_of(errors, at_field(at, "type"), type, profile_types, true);
    if (!text_equal(type, "Localhost")) {
        if (profile != NULL)
            invalid_string(errors, here, profile, "can only be set when type is \"Localhost\"");
    } else if (text_empty(profile)) {
        invalid_required(errors, here, "must be set when type is \"Localhost\"");
    } else if (relative) {
        validate_local_path(profile, here, errors);
    }
}

void validate_pod_security(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_security_context *security = spec->security_context;

    if (spec->host_pid && spec->share_process_namespace != NULL && *spec->share_process_namespace)
        invalid_raw(errors, at_field(at, "shareProcessNamespace"), "true",
                    "ShareProcessNamespace and HostPID cannot both be enabled");
    if (security == NULL)
        return;
    validate_id(security->fs_group, at_field(at, "fsGroup"), errors);
    validate_id(security->run_as_user, at_field(at, "runAsUser"), errors);
    validate_id(security->run_as_group, at_field(at, "runAsGroup"), errors);
    for (size_t i = 0; i < security->n_supplemental_groups; i++)
        validate_id(&security->supplemental_groups[i], at_index(at_field(at, "supplementalGroups"), i), errors);
    for (size_t i = 0; i < security->n_sysctls; i++) {
        const struct field_at *here = at_field(at_index(at_field(at, "sysctls"), i), "name");
        const char *name = security->sysctls[i].name;
        if (text_empty(name)) {
            invalid_missing(errors, here);
            continue;
        }
        invalid_format(errors, here, format_sysctl_name, name);
        for (size_t k = 0; k < i; k++)
            if (text_equal(security->sysctls[k].name, name))
                invalid_duplicate(errors, here, name);
    }
    if (security->fs_group_change_policy != NULL)
        invalid_one_of(errors, at_field(at, "fsGroupChangePolicy"), security->fs_group_change_policy, group_policies,
                       false);
    if (security->supplemental_groups_policy != NULL)
        invalid_one_of(errors, at_field(at, "supplementalGroupsPolicy"), security->supplemental_groups_policy,
                       supplemental_policies, false);
    if (security->seccomp_profile != NULL)
        validate_profile(security->seccomp_profile->type, security->seccomp_profile->localhost_profile, true,
                         at_field(at, "seccompProfile"), errors);
    if (security->app_armor_profile != NULL)
        validate_profile(security->app_armor_profile->type, security->app_armor_profile->localhost_profile, false,
                         at_field(at, "appArmorProfile"), errors);
}

void validate_container_security(const struct api_security_context *security, const struct field_at *at,
                                 struct api_invalid *errors)
{
    if (security == NULL)
        return;
    validate_id(security->run_as_user, at_field(at, "runAsUser"), errors);
    validate_id(security->run_as_group, at_field(at, "runAsGroup"), errors);
    if (security->proc_mount != NULL)
        invalid_one_of(errors, at_field(at, "procMount"), security->proc_mount, proc_mounts, false);
    if (security->allow_privilege_escalation != NULL && !*security->allow_privilege_escalation) {
        if (security->privileged != NULL && *security->privileged)
            invalid_object(errors, at, &api_type_security_context, security,
                           "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        for (size_t i = 0; security->capabilities != NULL && i < security->capabilities->n_add; i++)
            if (text_equal(security->capabilities->add[i], "CAP_SYS_ADMIN"))
                invalid_object(errors, at, &api_type_security_context, security,
                               "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
    }
    if (security->seccomp_profile != NULL)
        validate_profile(security->seccomp_profile->type, security->seccomp_profile->localhost_profile, true,
                         at_field(at, "seccompProfile"), errors);
    if (security->app_armor_profile != NULL)
        validate_profile(security->app_armor_profile->type, security->app_armor_profile->localhost_profile, false,
                         at_field(at, "appArmorProfile"), errors);
}

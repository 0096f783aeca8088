/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* security.c - security contexts of pods and containers. */
#include "api/validation/pod/pod_rules.h"

#define LOCALHOST_PROFILE_MAX 4095

static const char *const profile_types[] = { "Localhost", "RuntimeDefault", "Unconfined", NULL };
static const char *const group_policies[] = { "Always", "OnRootMismatch", NULL };
static const char *const supplemental_policies[] = { "Merge", "Strict", NULL };
static const char *const label_policies[] = { "Recursive", NULL };
static const char *const label_policies_both[] = { "MountOption", "Recursive", NULL };
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

static void validate_profile_type(const char *type, const char *what, const struct field_at *at,
                                  struct api_invalid *errors)
{
    if (text_empty(type))
        invalid_required(errors, at, "type is required when %s is set", what);
    else
        invalid_one_of(errors, at, type, profile_types, false);
}

static void validate_seccomp(const struct api_seccomp_profile *profile, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "localhostProfile");

    if (profile == NULL)
        return;
    validate_profile_type(profile->type, "seccompProfile", at_field(at, "type"), errors);
    if (!text_equal(profile->type, "Localhost")) {
        if (profile->localhost_profile != NULL)
            invalid_internal(errors, here, &api_type_seccomp_profile, profile,
                             "can only be set when seccomp type is Localhost");
    } else if (profile->localhost_profile == NULL) {
        invalid_required(errors, here, "must be set when seccomp type is Localhost");
    } else {
        invalid_format(errors, here, format_local_path, profile->localhost_profile);
    }
}

static void validate_app_armor(const struct api_app_armor_profile *profile, const struct field_at *at,
                               struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "localhostProfile");

    if (profile == NULL)
        return;
    struct str name = str_of(text_or_empty(profile->localhost_profile));
    if (!text_equal(profile->type, "Localhost")) {
        bool known = text_equal(profile->type, "RuntimeDefault") || text_equal(profile->type, "Unconfined");
        if (known && profile->localhost_profile != NULL)
            invalid_string(errors, here, name.data, "can only be set when AppArmor type is Localhost");
        if (!known)
            validate_profile_type(profile->type, "appArmorProfile", at_field(at, "type"), errors);
        return;
    }
    if (profile->localhost_profile != NULL && str_trim(name).size != name.size)
        invalid_string(errors, here, name.data, "must not be padded with whitespace");
    else if (name.size == 0)
        invalid_required(errors, here, "must be set when AppArmor type is Localhost");
    if (name.size > LOCALHOST_PROFILE_MAX)
        invalid_too_long(errors, here, LOCALHOST_PROFILE_MAX);
}

static void validate_sysctls(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_security_context *security = scope->spec->security_context;

    for (size_t i = 0; i < security->n_sysctls; i++) {
        const struct field_at *here = at_field(at_index(at, i), "name");
        const char *name = text_or_empty(security->sysctls[i].name);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(security->sysctls[k].name, name);
        if (name[0] == '\0')
            invalid_missing(errors, here);
        else if (invalid_format(errors, here, format_sysctl_name, name) && repeated)
            invalid_duplicate(errors, here, name);
        if (scope->lenient.sysctls)
            continue;
        enum sysctl_space space = sysctl_space_of(name);
        if (scope->spec->host_network && space == SYSCTL_NET)
            invalid_string(errors, here, name, "may not be specified when 'hostNetwork' is true");
        else if (scope->spec->host_ipc && space == SYSCTL_IPC)
            invalid_string(errors, here, name, "may not be specified when 'hostIPC' is true");
    }
}

void validate_pod_security(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_security_context *security = scope->spec->security_context;
    bool shared = scope->spec->host_pid && flag_is(scope->spec->share_process_namespace, true);

    if (security == NULL)
        return;
    validate_id(security->fs_group, at_field(at, "fsGroup"), errors);
    validate_id(security->run_as_user, at_field(at, "runAsUser"), errors);
    validate_id(security->run_as_group, at_field(at, "runAsGroup"), errors);
    for (size_t i = 0; i < security->n_supplemental_groups; i++)
        validate_id(&security->supplemental_groups[i], at_index(at_field(at, "supplementalGroups"), i), errors);
    if (shared)
        invalid_flag(errors, at_field(at, "shareProcessNamespace"), true,
                     "ShareProcessNamespace and HostPID cannot both be enabled");
    validate_sysctls(scope, at_field(at, "sysctls"), errors);
    if (security->fs_group_change_policy != NULL)
        invalid_one_of(errors, at_field(at, "fsGroupChangePolicy"), security->fs_group_change_policy, group_policies,
                       false);
    validate_seccomp(security->seccomp_profile, at_field(at, "seccompProfile"), errors);
    validate_windows_options(security->windows_options, at_field(at, "windowsOptions"), errors);
    validate_app_armor(security->app_armor_profile, at_field(at, "appArmorProfile"), errors);
    if (security->supplemental_groups_policy != NULL)
        invalid_one_of(errors, at_field(at, "supplementalGroupsPolicy"), security->supplemental_groups_policy,
                       supplemental_policies, false);
    if (security->se_linux_change_policy != NULL)
        invalid_one_of(errors, at_field(at, "seLinuxChangePolicy"), security->se_linux_change_policy,
                       scope->lenient.mount_option ? label_policies_both : label_policies, false);
}

static void validate_escalation(const struct api_security_context *security, const struct field_at *at,
                                struct api_invalid *errors)
{
    if (!flag_is(security->allow_privilege_escalation, false))
        return;
    if (flag_is(security->privileged, true))
        invalid_internal(errors, at, &api_type_security_context, security,
                         "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    for (size_t i = 0; security->capabilities != NULL && i < security->capabilities->n_add; i++)
        if (text_equal(security->capabilities->add[i], "CAP_SYS_ADMIN"))
            invalid_internal(errors, at, &api_type_security_context, security,
                             "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
}

void validate_container_security(const struct api_security_context *security, bool host_users,
                                 const struct field_at *at, struct api_invalid *errors)
{
    if (security == NULL)
        return;
    validate_id(security->run_as_user, at_field(at, "runAsUser"), errors);
    validate_id(security->run_as_group, at_field(at, "runAsGroup"), errors);
    if (security->proc_mount != NULL) {
        invalid_one_of(errors, at_field(at, "procMount"), security->proc_mount, proc_mounts, false);
        if (host_users && text_equal(security->proc_mount, "Unmasked"))
            invalid_string(errors, at_field(at, "procMount"), security->proc_mount,
                           "`hostUsers` must be false to use `Unmasked`");
    }
    validate_seccomp(security->seccomp_profile, at_field(at, "seccompProfile"), errors);
    validate_escalation(security, at, errors);
    validate_windows_options(security->windows_options, at_field(at, "windowsOptions"), errors);
    validate_app_armor(security->app_armor_profile, at_field(at, "appArmorProfile"), errors);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* windows.c - options of Windows containers, and what pods of one operating system may not set. */
#include <ctype.h>

#include "api/validation/pod/pod_rules.h"

#define CREDENTIAL_SPEC_MAX (64 * 1024)
#define DOMAIN_MAX          255
#define USER_MAX            104
#define NETBIOS_MAX         15

static bool is_netbios(struct str name)
{
    if (name.size == 0 || name.size > NETBIOS_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (strchr("\\/:*?\"<>|", name.data[i]) != NULL)
            return false;
    return true;
}

/* Labels of letters, digits and '-' between, of either case. */
static bool is_domain(struct str name)
{
    struct str label;

    while (str_next(&name, '.', &label)) {
        if (label.size == 0 || label.size > 63 || label.data[0] == '-' || label.data[label.size - 1] == '-')
            return false;
        for (size_t i = 0; i < label.size; i++)
            if (!isalnum((unsigned char)label.data[i]) && label.data[i] != '-')
                return false;
    }
    return true;
}

static bool has_any(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.size; i++)
        if (strchr(bytes, text.data[i]) != NULL)
            return true;
    return false;
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (iscntrl((unsigned char)text.data[i]))
            return true;
    return false;
}

static void validate_user(struct str user, const char *name, const struct field_at *at, struct api_invalid *errors)
{
    bool plain = user.size > 0;

    for (size_t i = 0; i < user.size; i++)
        plain = plain && (user.data[i] == '.' || user.data[i] == ' ');
    if (user.size == 0)
        invalid_string(errors, at, name, "runAsUserName's User cannot be empty");
    else if (user.size > USER_MAX)
        invalid_string(errors, at, name, "runAsUserName's User length must not be longer than %d characters", USER_MAX);
    if (plain)
        invalid_string(errors, at, name, "runAsUserName's User cannot contain only periods or spaces");
    if (has_any(user, "\"/\\:;|=,+*?<>@[]"))
        invalid_string(errors, at, name,
                       "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
}

/* "DOMAIN\USER" or "USER" */
static void validate_run_as(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(name);
    size_t slash = str_find(text, '\\');
    struct str domain = { text.data, slash };

    if (text.size == 0) {
        invalid_string(errors, at, name, "runAsUserName cannot be an empty string");
    } else if (has_control(text)) {
        invalid_string(errors, at, name, "runAsUserName cannot contain control characters");
    } else if (slash == text.size) {
        validate_user(text, name, at, errors);
    } else if (str_find(str_skip(text, slash + 1), '\\') < text.size - slash - 1) {
        invalid_string(errors, at, name, "runAsUserName cannot contain more than one backslash");
    } else {
        if (domain.size > DOMAIN_MAX)
            invalid_string(errors, at, name, "runAsUserName's Domain length must be under %d characters",
                           DOMAIN_MAX + 1);
        if (!is_netbios(domain) && !is_domain(domain))
            invalid_string(errors, at, name, "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
        validate_user(str_skip(text, slash + 1), name, at, errors);
    }
}

void validate_windows_options(const struct api_windows_security_context_options *options, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (options == NULL)
        return;
    const struct field_at *spec = at_field(at, "gmsaCredentialSpec");
    size_t size = strlen(text_or_empty(options->gmsa_credential_spec));
    if (options->gmsa_credential_spec_name != NULL)
        invalid_format(errors, at_field(at, "gmsaCredentialSpecName"), format_dns1123_subdomain,
                       options->gmsa_credential_spec_name);
    if (options->gmsa_credential_spec != NULL && size == 0)
        invalid_string(errors, spec, "", "gmsaCredentialSpec cannot be an empty string");
    else if (size > CREDENTIAL_SPEC_MAX)
        invalid_string(errors, spec, options->gmsa_credential_spec, "gmsaCredentialSpec size must be under %d KiB",
                       CREDENTIAL_SPEC_MAX / 1024);
    if (options->run_as_user_name != NULL)
        validate_run_as(options->run_as_user_name, at_field(at, "runAsUserName"), errors);
}

/* --- host processes --- */

struct host_processes {
    const bool *pod;
    size_t containers, of_host;
};

static void count_host_process(const struct api_container *container, const struct field_at *at, void *context,
                               struct api_invalid *errors)
{
    struct host_processes *counts = context;
    const struct api_security_context *security = container->security_context;
    const bool *own =
        security != NULL && security->windows_options != NULL ? security->windows_options->host_process : NULL;

    counts->containers++;
    if (own != NULL && counts->pod != NULL && *own != *counts->pod)
        invalid_flag(errors, at_field(at_field(at_field(at, "securityContext"), "windowsOptions"), "hostProcess"), *own,
                     "pod hostProcess value must be identical if both are specified, was %s",
                     *counts->pod ? "true" : "false");
    counts->of_host += own != NULL ? *own : flag_is(counts->pod, true);
}

void validate_host_processes(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_security_context *security = spec->security_context;
    struct host_processes counts = { .pod = security != NULL && security->windows_options != NULL
                                                ? security->windows_options->host_process
                                                : NULL };

    pod_visit_containers(spec, at, count_host_process, &counts, errors);
    if (counts.of_host == 0)
        return;
    if (counts.of_host != counts.containers)
        invalid_string(errors, at, "",
                       "If pod contains any hostProcess containers then all containers must be HostProcess containers");
    if (!spec->host_network)
        invalid_flag(errors, at_field(at, "hostNetwork"), false,
                     "hostNetwork must be true if pod contains any hostProcess containers");
}

/* --- fields of the other operating system --- */

struct foreign {
    const char *name;
    bool set;
};

static void forbid(const struct foreign *fields, size_t count, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].set)
            invalid_forbidden(errors, at_field(at, fields[i].name), "cannot be set for a windows pod");
}

static void forbid_for_windows(const struct api_container *container, const struct field_at *at, void *context,
                               struct api_invalid *errors)
{
    const struct api_security_context *security = container->security_context;

    (void)context;
    if (security == NULL)
        return;
    const struct foreign fields[] = {
        { "appArmorProfile", security->app_armor_profile != NULL },
        { "seLinuxOptions", security->se_linux_options != NULL },
        { "seccompProfile", security->seccomp_profile != NULL },
        { "capabilities", security->capabilities != NULL },
        { "readOnlyRootFilesystem", security->read_only_root_filesystem != NULL },
        { "privileged", security->privileged != NULL },
        { "allowPrivilegeEscalation", security->allow_privilege_escalation != NULL },
        { "procMount", security->proc_mount != NULL },
        { "runAsUser", security->run_as_user != NULL },
        { "runAsGroup", security->run_as_group != NULL },
    };
    forbid(fields, countof(fields), at_field(at, "securityContext"), errors);
}

static void validate_windows_pod(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    static const struct api_pod_security_context none;
    const struct api_pod_security_context *security = spec->security_context != NULL ? spec->security_context : &none;
    const struct foreign labels[] = {
        { "appArmorProfile", security->app_armor_profile != NULL },
        { "seLinuxOptions", security->se_linux_options != NULL },
    };
    const struct foreign host[] = {
        { "hostUsers", spec->host_users != NULL },
        { "hostPID", spec->host_pid },
        { "hostIPC", spec->host_ipc },
    };
    const struct foreign files[] = {
        { "seccompProfile", security->seccomp_profile != NULL },
        { "fsGroup", security->fs_group != NULL },
        { "fsGroupChangePolicy", security->fs_group_change_policy != NULL },
        { "sysctls", security->n_sysctls > 0 },
    };
    const struct foreign shared[] = { { "shareProcessNamespace", spec->share_process_namespace != NULL } };
    const struct foreign identity[] = {
        { "runAsUser", security->run_as_user != NULL },
        { "runAsGroup", security->run_as_group != NULL },
        { "supplementalGroups", security->supplemental_groups != NULL },
        { "supplementalGroupsPolicy", security->supplemental_groups_policy != NULL },
        { "seLinuxChangePolicy", security->se_linux_change_policy != NULL },
    };
    const struct field_at *context = at_field(at, "securityContext");

    forbid(labels, countof(labels), context, errors);
    forbid(host, countof(host), at, errors);
    forbid(files, countof(files), context, errors);
    forbid(shared, countof(shared), at, errors);
    forbid(identity, countof(identity), context, errors);
    pod_visit_containers(spec, at, forbid_for_windows, NULL, errors);
}

static void forbid_windows_options(const struct api_container *container, const struct field_at *at, void *context,
                                   struct api_invalid *errors)
{
    (void)context;
    if (container->security_context != NULL && container->security_context->windows_options != NULL)
        invalid_forbidden(errors, at_field(at_field(at, "securityContext"), "windowsOptions"),
                          "windows options cannot be set for a linux pod");
}

void validate_os(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const names[] = { "linux", "windows", NULL };
    const struct field_at *here = at_field(at, "os");

    if (spec->os == NULL)
        return;
    if (text_empty(spec->os->name)) {
        invalid_missing(errors, at_field(here, "name"));
        return;
    }
    if (!invalid_one_of(errors, here, spec->os->name, names, false))
        return;
    if (text_equal(spec->os->name, "windows")) {
        validate_windows_pod(spec, at, errors);
        return;
    }
    if (spec->security_context != NULL && spec->security_context->windows_options != NULL)
        invalid_forbidden(errors, at_field(at_field(at, "securityContext"), "windowsOptions"),
                          "windows options cannot be set for a linux pod");
    pod_visit_containers(spec, at, forbid_windows_options, NULL, errors);
}

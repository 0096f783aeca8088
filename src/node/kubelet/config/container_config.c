/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/container_config.h"

#include "node/kubelet/config/qos.h"
#include "node/kubelet/pod/plan.h"

/* Hidden or read-only in every container that is not privileged and does not ask for procMount Unmasked. */
static const char *const masked_paths[] = {
    "/proc/asound",      "/proc/acpi",          "/proc/interrupts", "/proc/kcore",
    "/proc/keys",        "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi",          "/sys/firmware",    "/sys/devices/virtual/powercap",
};
static const char *const readonly_paths[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                              "/proc/sysrq-trigger" };

int32_t mount_propagation_of(const char *mode)
{
    if (text_equal(mode, "HostToContainer"))
        return CRI_MOUNT_PROPAGATION_PROPAGATION_HOST_TO_CONTAINER;
    return text_equal(mode, "Bidirectional") ? CRI_MOUNT_PROPAGATION_PROPAGATION_BIDIRECTIONAL
                                             : CRI_MOUNT_PROPAGATION_PROPAGATION_PRIVATE;
}

struct cri_linux_container_resources container_resources(const struct api_pod *pod, size_t index,
                                                         const struct node_setup *node)
{
    const struct api_resource_requirements *own = &pod_container(pod, index)->resources;
    int64_t request = resource_amount(own->requests, own->n_requests, "cpu");
    int64_t limit = container_limit(pod, index, "cpu");
    int64_t score = container_oom_score(pod, index, node->memory_capacity);
    return (struct cri_linux_container_resources){
        .cpu_shares = cpu_shares_of(request > 0 ? request : limit),
        .cpu_period = CPU_PERIOD,
        .cpu_quota = cpu_quota_of(limit),
        .memory_limit_in_bytes = container_limit(pod, index, "memory"),
        .oom_score_adj = score < node->oom_floor ? node->oom_floor : score,
    };
}

static const char **copy_texts(const char *const *texts, size_t n, struct arena *arena)
{
    const char **copy = arena_new_array(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = texts[i];
    return copy;
}

static const char **expand_all(const struct container_config_input *in, const char **texts, size_t n,
                               struct arena *arena)
{
    const char **out = arena_new_array(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = environment_expand(texts[i], in->environment, in->services, arena);
    return out;
}

static struct cri_int64_value *number(int64_t value, struct arena *arena)
{
    struct cri_int64_value *out = arena_new(arena, struct cri_int64_value);
    out->value = value;
    return out;
}

/* An image without a user runs as root. */
static int check_non_root(const struct container_config_input *in, const int64_t *run_as_user, struct error *err)
{
    const struct api_object_meta *meta = &in->pod->metadata;
    const char *name = pod_container(in->pod, in->container)->name;
    if (run_as_user != NULL && *run_as_user == 0)
        return error_set(err, ERROR_INVALID,
                         "container's runAsUser breaks non-root policy (pod: \"%s_%s(%s)\", container: %s)", meta->name,
                         meta->namespace, meta->uid, name);
    if (run_as_user != NULL)
        return 0;
    if (!text_empty(in->image_user_name))
        return error_set(
            err, ERROR_INVALID,
            "container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root "
            "(pod: \"%s_%s(%s)\", container: %s)",
            in->image_user_name, meta->name, meta->namespace, meta->uid, name);
    if (in->image_user == NULL || *in->image_user == 0)
        return error_set(err, ERROR_INVALID,
                         "container has runAsNonRoot and image will run as root (pod: \"%s_%s(%s)\", container: %s)",
                         meta->name, meta->namespace, meta->uid, name);
    return 0;
}

static void set_groups(const struct api_pod_security_context *pod, struct cri_linux_container_security_context *out,
                       struct arena *arena)
{
    if (pod == NULL)
        return;
    out->supplemental_groups = arena_new_array(arena, int64_t, pod->n_supplemental_groups + 1);
    for (size_t i = 0; i < pod->n_supplemental_groups; i++)
        out->supplemental_groups[out->n_supplemental_groups++] = pod->supplemental_groups[i];
    if (pod->fs_group != NULL)
        out->supplemental_groups[out->n_supplemental_groups++] = *pod->fs_group;
    out->supplemental_groups_policy = text_equal(pod->supplemental_groups_policy, "Strict")
                                          ? CRI_SUPPLEMENTAL_GROUPS_POLICY_STRICT
                                          : CRI_SUPPLEMENTAL_GROUPS_POLICY_MERGE;
}

static void set_capabilities(const struct api_security_context *own, struct cri_linux_container_security_context *out,
                             struct arena *arena)
{
    if (own == NULL || own->capabilities == NULL)
        return;
    out->capabilities = arena_new(arena, struct cri_capability);
    out->capabilities->add_capabilities = copy_texts(own->capabilities->add, own->capabilities->n_add, arena);
    out->capabilities->n_add_capabilities = own->capabilities->n_add;
    out->capabilities->drop_capabilities = copy_texts(own->capabilities->drop, own->capabilities->n_drop, arena);
    out->capabilities->n_drop_capabilities = own->capabilities->n_drop;
}

static bool has_sys_admin(const struct api_security_context *own)
{
    for (size_t i = 0; own->capabilities != NULL && i < own->capabilities->n_add; i++) {
        if (text_equal(own->capabilities->add[i], "CAP_SYS_ADMIN") ||
            text_equal(own->capabilities->add[i], "SYS_ADMIN"))
            return true;
    }
    return false;
}

static void set_namespaces(const struct container_config_input *in, struct cri_linux_container_security_context *out,
                           struct arena *arena)
{
    out->namespace_options = arena_new(arena, struct cri_namespace_option);
    *out->namespace_options = (struct cri_namespace_option){ .network = network_mode(in->pod),
                                                             .pid = pid_mode(in->pod),
                                                             .ipc = ipc_mode(in->pod) };
    if (in->target_id != NULL && out->namespace_options->pid == CRI_NAMESPACE_MODE_CONTAINER) {
        out->namespace_options->pid = CRI_NAMESPACE_MODE_TARGET;
        out->namespace_options->target_id = in->target_id;
    }
}

static int set_security(const struct container_config_input *in, struct cri_linux_container_security_context *out,
                        struct arena *arena, struct error *err)
{
    const struct api_security_context *own = pod_container(in->pod, in->container)->security_context;
    const struct api_pod_security_context *pod = in->pod->spec.security_context;
    set_namespaces(in, out, arena);
    set_groups(pod, out, arena);
    set_capabilities(own, out, arena);
    out->privileged = own != NULL && flag_of(own->privileged, false);
    out->readonly_rootfs = own != NULL && flag_of(own->read_only_root_filesystem, false);
    out->no_new_privs = own != NULL && own->allow_privilege_escalation != NULL && !*own->allow_privilege_escalation &&
                        !out->privileged && !has_sys_admin(own);
    out->seccomp = seccomp_profile(own != NULL ? own->seccomp_profile : NULL, pod != NULL ? pod->seccomp_profile : NULL,
                                   out->privileged, arena);
    if (!out->privileged && (own == NULL || !text_equal(own->proc_mount, "Unmasked"))) {
        out->masked_paths = copy_texts(masked_paths, countof(masked_paths), arena);
        out->n_masked_paths = countof(masked_paths);
        out->readonly_paths = copy_texts(readonly_paths, countof(readonly_paths), arena);
        out->n_readonly_paths = countof(readonly_paths);
    }
    const int64_t *user = own != NULL && own->run_as_user != NULL ? own->run_as_user
                          : pod != NULL                           ? pod->run_as_user
                                                                  : NULL;
    const int64_t *group = own != NULL && own->run_as_group != NULL ? own->run_as_group
                           : pod != NULL                            ? pod->run_as_group
                                                                    : NULL;
    const bool *non_root = own != NULL && own->run_as_non_root != NULL ? own->run_as_non_root
                           : pod != NULL                               ? pod->run_as_non_root
                                                                       : NULL;
    if (flag_of(non_root, false)) {
        int rc = check_non_root(in, user, err);
        if (rc < 0)
            return rc;
    }
    if (user != NULL)
        out->run_as_user = number(*user, arena);
    else if (in->image_user != NULL)
        out->run_as_user = number(*in->image_user, arena);
    else if (!text_empty(in->image_user_name))
        out->run_as_username = in->image_user_name;
    if (group != NULL && (out->run_as_user != NULL || out->run_as_username != NULL))
        out->run_as_group = number(*group, arena);
    else if (group != NULL) {
        out->run_as_user = number(0, arena); /* CRI takes a group only beside a user; images without one run as root */
        out->run_as_group = number(*group, arena);
    }
    return 0;
}

static void set_names(const struct container_config_input *in, struct cri_container_config *config, struct arena *arena)
{
    const struct api_object_meta *meta = &in->pod->metadata;
    const struct api_container *spec = pod_container(in->pod, in->container);
    const struct api_string_entry labels[] = { { LABEL_CONTAINER_NAME, spec->name },
                                               { LABEL_POD_NAME, meta->name },
                                               { LABEL_POD_NAMESPACE, meta->namespace },
                                               { LABEL_POD_UID, meta->uid } };
    config->labels = arena_new_array(arena, struct api_string_entry, countof(labels));
    memcpy(config->labels, labels, sizeof(labels));
    config->n_labels = countof(labels);
    const struct api_string_entry notes[] = {
        { ANNOTATION_HASH, arena_format(arena, "%llx", (unsigned long long)pod_container_hash(spec)) },
        { ANNOTATION_RESTART_COUNT, arena_format(arena, "%u", in->attempt) },
        { ANNOTATION_MESSAGE_PATH, text_or_empty(spec->termination_message_path) },
        { ANNOTATION_MESSAGE_POLICY, text_or_empty(spec->termination_message_policy) },
        { ANNOTATION_GRACE_PERIOD, arena_format(arena, "%lld", (long long)pod_grace_seconds(in->pod)) },
    };
    config->annotations = arena_new_array(arena, struct api_string_entry, countof(notes));
    memcpy(config->annotations, notes, sizeof(notes));
    config->n_annotations = countof(notes);
}

int container_config_make(const struct container_config_input *in, struct arena *arena,
                          struct cri_container_config **ret_config, struct error *err)
{
    const struct api_container *spec = pod_container(in->pod, in->container);
    struct cri_container_config *config = arena_new(arena, struct cri_container_config);
    config->metadata = arena_new(arena, struct cri_container_metadata);
    *config->metadata = (struct cri_container_metadata){ spec->name, in->attempt };
    config->image = arena_new(arena, struct cri_image_spec);
    config->image->image = in->image_ref;
    config->image->user_specified_image = spec->image;
    config->command = expand_all(in, spec->command, spec->n_command, arena);
    config->n_command = spec->n_command;
    config->args = expand_all(in, spec->args, spec->n_args, arena);
    config->n_args = spec->n_args;
    config->working_dir = spec->working_dir;
    config->envs = arena_new_array(arena, struct cri_key_value, in->environment->count + 1);
    for (size_t i = 0; i < in->environment->count; i++)
        config->envs[config->n_envs++] =
            (struct cri_key_value){ in->environment->items[i].name, str_of(in->environment->items[i].value) };
    config->mounts = in->mounts;
    config->n_mounts = in->n_mounts;
    config->log_path = arena_format(arena, "%s/%u.log", spec->name, in->attempt);
    config->stdin = spec->stdin;
    config->stdin_once = spec->stdin_once;
    config->tty = spec->tty;
    set_names(in, config, arena);
    config->linux_ = arena_new(arena, struct cri_linux_container_config);
    config->linux_->resources = arena_new(arena, struct cri_linux_container_resources);
    *config->linux_->resources = container_resources(in->pod, in->container, in->node);
    config->linux_->security_context = arena_new(arena, struct cri_linux_container_security_context);
    int rc = set_security(in, config->linux_->security_context, arena, err);
    if (rc == 0)
        *ret_config = config;
    return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_rules.h - the parts of pods and of what pods are made from. Only for this folder's own files. */
#ifndef API_VALIDATION_POD_RULES_H
#define API_VALIDATION_POD_RULES_H

#include "api/validation/rules.h"

/* Rules that came later than objects that break them: what the stored spec did wrong, the new one may do as well. */
struct pod_leniency {
    bool token_paths;         /* paths of projected tokens that leave the volume */
    bool huge_pages;          /* amounts that are no multiple of the page */
    bool node_label_values;   /* in required node affinity */
    bool selector_values;     /* in label selectors of pod affinity */
    bool spread_selectors;    /* selectors of topology spread that are not checked at all */
    bool spread_keys;         /* matchLabelKeys by the rule from before they were merged into selectors */
    bool deletion_cost;       /* an annotation that is no number */
    bool init_resize;         /* RestartContainer in init containers that are no sidecars */
    bool sysctls;             /* of namespaces that are the host's */
    bool block_devices;       /* with user namespaces */
    bool mount_option;        /* seLinuxChangePolicy: MountOption */
    bool compare_tolerations; /* Lt, Gt */
};

/* A pod spec under validation. */
struct pod_scope {
    const struct api_pod_spec *spec;
    const struct api_object_meta *meta; /* the pod's; NULL in templates */
    struct pod_leniency lenient;
    bool *bad_volumes; /* by index; NULL while all are good */
};

/* leniency.c: 'old' may be NULL: none */
struct pod_leniency pod_leniency_of(const struct api_pod_spec *old, const struct api_object_meta *old_meta);

/* pod.c */
/* Labels, annotations and spec of a template; paths below 'at'. 'old' is the stored template, NULL on create: some rules
 * came later than objects that break them, and let those stay as they are. */
void validate_pod_template(const struct api_pod_template_spec *template, const struct api_pod_template_spec *old,
                           const struct field_at *at, struct api_invalid *errors);

/* What holds of a pod whichever way it is written. 'old' is NULL on create. */
void validate_pod(const struct api_pod *pod, const struct api_pod *old, struct api_invalid *errors);

/* spec.c */
void validate_pod_spec(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);

/* container.c, ephemeral.c, ports.c */
void validate_containers(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
void validate_container(struct pod_scope *scope, const struct api_container *container, const struct field_at *at,
                        struct api_invalid *errors);
void validate_ephemeral_containers(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
void validate_container_ports(const struct api_container *container, const struct field_at *at,
                              struct api_invalid *errors);
void validate_host_ports(const struct api_container *list, size_t count, const struct field_at *at,
                         struct api_invalid *errors);
void validate_host_network_ports(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
/* Images of pods, not of templates: no blanks around them. */
void validate_images(const struct api_container *list, size_t count, const struct field_at *at,
                     struct api_invalid *errors);
const struct api_container *container_by_name(const struct api_container *list, size_t count, const char *name);
/* An ephemeral container as what it has in common with the others. */
const struct api_container *ephemeral_as_container(const struct api_ephemeral_container *container);

/* Calls 'visit' for each container with its path: init, regular, ephemeral. */
typedef void visit_container(const struct api_container *container, const struct field_at *at, void *context,
                             struct api_invalid *errors);
void pod_visit_containers(const struct api_pod_spec *spec, const struct field_at *at, visit_container *visit,
                          void *context, struct api_invalid *errors);

/* restart.c */
void validate_restart_rules(const struct api_container *container, const struct field_at *at,
                            struct api_invalid *errors);
void validate_resize_policies(const struct pod_scope *scope, const struct api_container *container,
                              const struct field_at *at, struct api_invalid *errors);

/* probe.c */
void validate_lifecycle_and_probes(const struct pod_scope *scope, const struct api_container *container,
                                   const struct field_at *at, struct api_invalid *errors);
void validate_port_or_name(const struct int_or_string *port, const struct field_at *at, struct api_invalid *errors);

/* environment.c */
void validate_environment(const struct pod_scope *scope, const struct api_container *container,
                          const struct field_at *at, struct api_invalid *errors);
void validate_field_ref(const struct api_object_field_selector *ref, const char *const *allowed,
                        const struct field_at *at, struct api_invalid *errors);
void validate_resource_ref(const struct api_resource_field_selector *ref, bool volume, const struct field_at *at,
                           struct api_invalid *errors);

/* resources.c */
void validate_container_resources(const struct pod_scope *scope, const struct api_resource_requirements *resources,
                                  const struct field_at *at, struct api_invalid *errors);
void validate_pod_resources(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);

/* volume.c, projected.c, mount.c */
void validate_volumes(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
const struct api_volume *pod_volume_find(const struct pod_scope *scope, const char *name); /* a good one */
void validate_projected_volume(const struct pod_scope *scope, const struct api_projected_volume_source *source,
                               const struct field_at *at, struct api_invalid *errors);
void validate_downward_files(const struct api_downward_api_volume_file *items, size_t count, const struct field_at *at,
                             struct api_invalid *errors);
void validate_items(const struct api_key_to_path *items, size_t count, const struct field_at *at,
                    struct api_invalid *errors);
void validate_file_mode(const int32_t *mode, const struct field_at *at, struct api_invalid *errors);
void validate_volume_mounts(const struct pod_scope *scope, const struct api_container *container,
                            const struct field_at *at, struct api_invalid *errors);

/* affinity.c, node_affinity.c, scheduling.c */
void validate_affinity(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
void validate_node_selector(const struct api_node_selector *selector, bool any_values, const struct field_at *at,
                            struct api_invalid *errors);
bool node_selector_has_bad_values(const struct api_node_selector *selector);
void validate_node_affinity(const struct api_node_affinity *affinity, bool any_values, const struct field_at *at,
                            struct api_invalid *errors);
void validate_match_label_keys(const char *const *keys, size_t n_keys, const char *const *mismatched,
                               size_t n_mismatched, const struct api_label_selector *selector,
                               const struct field_at *at, struct api_invalid *errors);
void validate_tolerations(const struct api_toleration *list, size_t count, bool may_compare, const struct field_at *at,
                          struct api_invalid *errors);
void validate_topology_spread(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
void validate_gates(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors);

/* security.c, windows.c, sysctl.c */
void validate_pod_security(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors);
void validate_container_security(const struct api_security_context *security, bool host_users,
                                 const struct field_at *at, struct api_invalid *errors);
void validate_windows_options(const struct api_windows_security_context_options *options, const struct field_at *at,
                              struct api_invalid *errors);
void validate_host_processes(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors);
void validate_os(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors);
enum sysctl_space { SYSCTL_OTHER, SYSCTL_IPC, SYSCTL_NET };
enum sysctl_space sysctl_space_of(const char *name);

/* annotations.c */
void validate_pod_annotations(const struct api_string_entry *annotations, size_t count, const struct api_pod_spec *spec,
                              const struct pod_leniency *lenient, const struct field_at *at,
                              struct api_invalid *errors);
void validate_profile_annotations(const struct api_object_meta *meta, const struct api_pod_spec *spec,
                                  const struct field_at *at, struct api_invalid *errors);
void validate_annotation_updates(const struct api_object_meta *meta, const struct api_object_meta *old,
                                 const struct field_at *at, struct api_invalid *errors);
bool deletion_cost_is_bad(const struct api_object_meta *meta);
#define MIRROR_ANNOTATION "kubernetes.io/config.mirror"
bool pod_meta_is_mirror(const struct api_object_meta *meta);

static inline bool flag_is(const bool *flag, bool value)
{
    return flag != NULL && *flag == value;
}

#endif

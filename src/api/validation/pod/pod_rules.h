/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_rules.h - the parts of pods and of what pods are made from. Only for this folder's own files. */
#ifndef API_VALIDATION_POD_RULES_H
#define API_VALIDATION_POD_RULES_H

#include "api/validation/rules.h"

/* pod.c */
void validate_pod_spec(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                       struct api_invalid *errors);
/* Labels, annotations and spec of a template; paths below 'at'. 'old' is the stored template, NULL on create: some rules
 * came later than objects that break them, and let those stay as they are. */
void validate_pod_template(const struct api_pod_template_spec *template, const struct api_pod_template_spec *old,
                           const struct field_at *at, struct api_invalid *errors);

/* container.c */
void validate_containers(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                         struct api_invalid *errors);

/* probe.c */
void validate_probes(const struct api_container *container, bool init, const struct field_at *at,
                     struct api_invalid *errors);
void validate_port_or_name(const struct int_or_string *port, const struct field_at *at, struct api_invalid *errors);

/* environment.c */
void validate_environment(const struct api_container *container, const struct field_at *at, struct api_invalid *errors);
void validate_field_ref(const struct api_object_field_selector *ref, const char *const *allowed,
                        const struct field_at *at, struct api_invalid *errors);
void validate_resource_ref(const struct api_resource_field_selector *ref, bool volume, const struct field_at *at,
                           struct api_invalid *errors);

/* resources.c */
void validate_resources(const struct api_resource_requirements *resources, const struct field_at *at,
                        struct api_invalid *errors);

/* volume.c */
void validate_volumes(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                      struct api_invalid *errors);
void validate_volume_mounts(const struct api_container *container, const struct api_pod_spec *spec,
                            const struct field_at *at, struct api_invalid *errors);

/* scheduling.c */
void validate_scheduling(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors);
void validate_affinity(const struct api_affinity *affinity, const struct field_at *at, struct api_invalid *errors);

/* security.c */
void validate_pod_security(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors);
void validate_container_security(const struct api_security_context *security, const struct field_at *at,
                                 struct api_invalid *errors);

/* Relative, and never up: of subPath, of files in volumes. */
void validate_local_path(const char *path, const struct field_at *at, struct api_invalid *errors);

#endif

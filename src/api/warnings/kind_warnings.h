/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kind_warnings.h - the warnings of each kind, as kinds.c lists them. Only for this folder's own files. */
#ifndef API_WARNINGS_KIND_WARNINGS_H
#define API_WARNINGS_KIND_WARNINGS_H

#include "api/warnings/warnings.h"
#include "generated/types.h"

/* 'old' is NULL on create. */
typedef void warn_of(const void *object, const void *old, const struct warning_list *list);

/* workload.c */
warn_of warn_of_deployment;
warn_of warn_of_replica_set;
warn_of warn_of_stateful_set;
warn_of warn_of_job;
warn_of warn_of_cron_job;

/* network.c */
warn_of warn_of_ingress;
warn_of warn_of_ingress_status;
warn_of warn_of_network_policy;
warn_of warn_of_endpoint_slice;

/* storage.c, and classes of other things that choose nodes */
warn_of warn_of_storage_class;
warn_of warn_of_csi_driver;
warn_of warn_of_storage_capacity;
warn_of warn_of_runtime_class;
warn_of warn_of_resource_slice;

/* definition.c */
warn_of warn_of_definition;
/* core.c, templates.c */
warn_of warn_of_pod;
warn_of warn_of_pod_status;
warn_of warn_of_service;
warn_of warn_of_service_status;
warn_of warn_of_endpoints;
warn_of warn_of_node;
warn_of warn_of_volume;
warn_of warn_of_claim;
warn_of warn_of_service_account;

/* Of kinds that have a template, which it is the template of. */
void warn_of_template(const struct api_kind *kind, const void *object, const void *old,
                      const struct warning_list *list);

/* labels.c: NULL, or what to use in place of a label of nodes */
const char *deprecated_node_label(const char *key);

/* An address, or a prefix of one, that is not written as it should be. */
void warn_of_address(const char *value, const struct field_at *at, const struct warning_list *list);
void warn_of_prefix(const char *value, const struct field_at *at, const struct warning_list *list);

#endif

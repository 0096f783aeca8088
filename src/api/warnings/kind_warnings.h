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
warn_of warn_of_storage_capacity;
warn_of warn_of_runtime_class;
warn_of warn_of_resource_slice;

/* definition.c */
warn_of warn_of_definition;

/* labels.c: NULL, or what to use in place of a label of nodes */
const char *deprecated_node_label(const char *key);

/* An address, or a prefix of one, that is not written as it should be. */
void warn_of_address(const char *value, const struct field_at *at, const struct warning_list *list);
void warn_of_prefix(const char *value, const struct field_at *at, const struct warning_list *list);

#endif

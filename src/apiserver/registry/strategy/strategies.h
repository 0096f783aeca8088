/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strategies.h - the functions that the rows of strategies.c name, by the file they stand in. */
#ifndef APISERVER_REGISTRY_STRATEGY_STRATEGIES_H
#define APISERVER_REGISTRY_STRATEGY_STRATEGIES_H

#include "apiserver/registry/registry.h"

/* pod.c */
void pod_prepare_create(struct request *request, void *object);
void pod_prepare_update(struct request *request, void *object, const void *old);
void pod_prepare_status(struct request *request, void *object, const void *old);
int64_t pod_grace(const void *object, const int64_t *asked);

/* namespace.c */
void namespace_prepare_create(struct request *request, void *object);
void namespace_prepare_update(struct request *request, void *object, const void *old);
void namespace_label_name(struct request *request, struct api_object_meta *meta);
void namespace_prepare_delete(struct request *request, void *object);
bool namespace_held(const void *object);

/* service.c */
void service_prepare_update(struct request *request, void *object, const void *old);
int service_allocate(struct request *request, void *object, const void *old, struct error *err);
void service_release(struct request *request, const void *object, const void *old);

/* workload.c */
bool deployment_spec_changed(const void *object, const void *old);
void daemon_set_prepare_create(struct request *request, void *object);
void daemon_set_prepare_update(struct request *request, void *object, const void *old);
void job_prepare_create(struct request *request, void *object);
bool endpoint_slice_changed(const void *object, const void *old);
bool webhooks_changed(const void *object, const void *old);

/* custom_definition.c */
void custom_definition_prepare(struct request *request, void *object);
void custom_definition_prepare_update(struct request *request, void *object, const void *old);
void custom_definition_validate(const void *object, const void *old, struct api_invalid *errors);
void custom_definition_prepare_delete(struct request *request, void *object);

/* node.c */
void node_prepare_create(struct request *request, void *object);
void node_prepare_update(struct request *request, void *object, const void *old);
bool node_is_heartbeat(const void *object, const void *old);

/* core.c */
void secret_prepare_update(struct request *request, void *object, const void *old);
void secret_warn(struct request *request, const void *object);
void service_account_prepare(struct request *request, void *object);
void service_account_prepare_update(struct request *request, void *object, const void *old);
void volume_prepare_create(struct request *request, void *object);
void volume_prepare_status(struct request *request, void *object, const void *old);
void claim_prepare_create(struct request *request, void *object);
void claim_prepare_update(struct request *request, void *object, const void *old);
void limit_range_prepare_create(struct request *request, void *object);

/* device_rights.c */
void resource_claim_permit(struct request *request, const void *object, const void *old, bool status,
                           struct api_invalid *errors);
void resource_claim_template_permit(struct request *request, const void *object, const void *old, bool status,
                                    struct api_invalid *errors);

/* signing_request.c */
void signing_request_prepare_create(struct request *request, void *object);
void signing_request_prepare_update(struct request *request, void *object, const void *old);
void signing_request_prepare_status(struct request *request, void *object, const void *old); /* and approval */
void signing_request_validate(const void *object, const void *old, struct api_invalid *errors);
void signing_request_validate_status(const void *object, const void *old, struct api_invalid *errors);

/* gated.c */
void stateful_set_prepare_create(struct request *request, void *object);
void stateful_set_prepare_update(struct request *request, void *object, const void *old);
void lease_prepare_create(struct request *request, void *object);
void lease_prepare_update(struct request *request, void *object, const void *old);
void csi_driver_prepare_create(struct request *request, void *object);
void csi_driver_prepare_update(struct request *request, void *object, const void *old);
void resource_slice_prepare_create(struct request *request, void *object);
void resource_slice_prepare_update(struct request *request, void *object, const void *old);
void resource_claim_prepare_status(struct request *request, void *object, const void *old);
void endpoint_slice_prepare_create(struct request *request, void *object);
void endpoint_slice_prepare_update(struct request *request, void *object, const void *old);
void api_service_prepare_create(struct request *request, void *object);
bool never_changed(const void *object, const void *old); /* kinds whose updates raise no generation */

#endif

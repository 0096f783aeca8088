/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/server.h"

int kubelet_server_create(struct kubelet *kubelet, struct kubelet_server **ret_server, struct error *err)
{
    (void)kubelet, (void)ret_server;
    return error_set(err, ERROR_UNSUPPORTED, "the kubelet has no server yet");
}
void kubelet_server_destroy(struct kubelet_server *server)
{
    (void)server;
}
int kubelet_server_port(const struct kubelet_server *server)
{
    (void)server;
    return 0;
}

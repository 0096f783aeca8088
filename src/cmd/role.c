/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "cmd/role.h"
#include "node/cni/cni.h"
#include "node/machine/holder.h"

const struct role roles[] = {
    { "up", "start a whole cluster on this machine", role_up, NULL, false },
    { "down", "stop a cluster of this machine and remove everything it made", role_down, NULL, false },
    { "status", "say which processes of a cluster run", role_status, NULL, false },
    { "kubeconfig", "print the administrator's kubeconfig", role_kubeconfig, NULL, false },
    { "server", "a control plane in the foreground", role_server, NULL, false },
    { "agent", "a node: kubelet, service proxy and DNS, in the foreground", role_agent, NULL, false },
    { "machine", "stop or start one machine of a cluster", role_machine, NULL, false },
    { "image", "pack files into an OCI image, import it into a cluster's nodes, list what they have", role_image, NULL,
      false },
    { "convert", "convert documents of the API between JSON, YAML and protobuf", role_convert, NULL, false },
    { "supervisor", "keep a cluster's processes running", role_supervisor, NULL, true },
    { "machine-hold", "keep a machine's namespaces alive", holder_hold_main, NULL, true },
    { "machine-exec", "run a command inside a machine", holder_exec_main, NULL, true },
    { "cni", "connect a pod to its node, called by the container runtime", cni_main, CNI_PLUGIN, true },
    { "cni-loopback", "bring up a pod's loopback interface, called by the container runtime", cni_loopback_main,
      CNI_LOOPBACK, true },
};

const size_t role_count = countof(roles);

int role_end(const char *role, int rc, const struct error *err)
{
    if (rc >= 0)
        return EXIT_DONE;
    fprintf(stderr, "coracle %s: %s\n", role, err->message);
    return rc == -ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

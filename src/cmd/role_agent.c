/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_agent.c - coracle agent: kubelet, service proxy and DNS of one node, in the foreground. */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/notify.h"
#include "cli/options.h"
#include "cluster/agent.h"
#include "cmd/foreground.h"
#include "cmd/role.h"

struct agent_role {
    struct agent_options options;
    struct agent *agent;
};

static int start(void *context, struct loop *loop, struct error *err)
{
    struct agent_role *role = context;
    int rc = agent_start(loop, &role->options, &role->agent, err);
    if (rc < 0)
        return rc;
    log_info("agent runs", LOG_TEXT("node", role->options.node_name));
    struct error unheard = { 0 };
    if (notify_ready(&unheard) < 0)
        log_warning("nobody hears that the agent is ready", LOG_TEXT("error", unheard.message));
    return 0;
}

static void stop(void *context, void (*done)(void *done_context), void *done_context)
{
    struct agent_role *role = context;
    agent_stop(role->agent, done, done_context);
}

static void destroy(void *context)
{
    struct agent_role *role = context;
    agent_destroy(role->agent);
}

static int check(const struct agent_options *given, struct error *err)
{
    const struct {
        const char *name, *value;
    } needed[] = {
        { "hostname-override", given->node_name }, { "node-ip", given->node_address },
        { "kubeconfig", given->kubeconfig },       { "cert-dir", given->certificate_directory },
        { "cni-conf-dir", given->cni_directory },  { "proxy-kubeconfig", given->proxy_kubeconfig },
    };
    for (size_t i = 0; i < countof(needed); i++)
        if (needed[i].value == NULL)
            return error_set(err, ERROR_USAGE, "--%s is needed; --help explains", needed[i].name);
    return 0;
}

int role_agent(int argc, char **argv)
{
    struct agent_role role = {
        .options = { .root_directory = "/var/lib/kubelet",
                     .runtime_endpoint = "unix:///run/containerd/containerd.sock",
                     .cgroup_root = "/",
                     .cluster_cidr = "10.244.0.0/16",
                     .cluster_dns = "10.96.0.10",
                     .cluster_domain = "cluster.local" },
    };
    struct agent_options *given = &role.options;
    const struct option options[] = {
        { "hostname-override", OPTION_TEXT, &given->node_name, "NAME", "of the node", 0, 0 },
        { "node-ip", OPTION_TEXT, &given->node_address, "ADDRESS", "of the node", 0, 0 },
        { "kubeconfig", OPTION_TEXT, &given->kubeconfig, "FILE", "where the API server is and who this node is there",
          0, 0 },
        { "cert-dir", OPTION_TEXT, &given->certificate_directory, "DIR",
          "kubelet.crt, kubelet.key and ca.crt of its server", 0, 0 },
        { "proxy-kubeconfig", OPTION_TEXT, &given->proxy_kubeconfig, "FILE", "the same for proxy, routes and DNS", 0,
          0 },
        { "root-dir", OPTION_TEXT, &given->root_directory, "DIR", "pods' volumes and logs", 0, 0 },
        { "container-runtime-endpoint", OPTION_TEXT, &given->runtime_endpoint, "URL",
          "CRI socket of containerd or CRI-O", 0, 0 },
        { "pod-infra-container-image", OPTION_TEXT, &given->pause_image, "NAME",
          "what the runtime's configuration calls its sandbox image: the built-in one is put there (containerd only)",
          0, 0 },
        { "cni-conf-dir", OPTION_TEXT, &given->cni_directory, "DIR", "where the runtime looks for its network list", 0,
          0 },
        { "cgroup-root", OPTION_TEXT, &given->cgroup_root, "PATH", "below which pods' cgroups are made", 0, 0 },
        { "cluster-cidr", OPTION_TEXT, &given->cluster_cidr, "CIDR", "addresses of all pods", 0, 0 },
        { "cluster-dns", OPTION_TEXT, &given->cluster_dns, "ADDRESS", "where this node answers DNS for its pods", 0,
          0 },
        { "cluster-domain", OPTION_TEXT, &given->cluster_domain, "NAME", "of the cluster's DNS names", 0, 0 },
    };
    const struct command_line line = {
        "coracle agent --hostname-override NAME --node-ip ADDRESS --kubeconfig FILE --cert-dir DIR --cni-conf-dir DIR "
        "[OPTION]...",
        "A node's agent in the foreground: kubelet, service proxy, pod routes and DNS. It may end at any time: "
        "containers go on, and\n"
        "the next agent finds them.",
        options,
        countof(options),
        NULL,
        0,
    };
    struct error err = { 0 };
    memory_share_heap();
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc == 0)
        rc = check(given, &err);
    const struct foreground what = { .start = start, .stop = stop, .destroy = destroy, .context = &role };
    if (rc == 0)
        rc = foreground_run(&what, &err);
    return role_end("agent", rc, &err);
}

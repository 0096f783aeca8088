/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/sysctl.h"

#include <string.h>

#include "base/str.h"

#define NAME_MAX_SIZE 254

/* What upstream calls safe. All of our nodes' kernels (5.10 and later) keep them apart. */
static const struct safe_sysctl {
    const char *name;
    bool ipc; /* of the IPC namespace, else of the network's */
} safe_sysctls[] = {
    { "kernel.shm_rmid_forced", true },
    { "net.ipv4.ip_local_port_range", false },
    { "net.ipv4.tcp_syncookies", false },
    { "net.ipv4.ping_group_range", false },
    { "net.ipv4.ip_unprivileged_port_start", false },
    { "net.ipv4.ip_local_reserved_ports", false },
    { "net.ipv4.tcp_keepalive_time", false },
    { "net.ipv4.tcp_fin_timeout", false },
    { "net.ipv4.tcp_keepalive_intvl", false },
    { "net.ipv4.tcp_keepalive_probes", false },
    { "net.ipv4.tcp_rmem", false },
    { "net.ipv4.tcp_wmem", false },
};

/* "net/ipv4/conf/eth0.1/mtu" names with slashes what is "net.ipv4.conf.eth0/1.mtu" with dots. */
static void normalize(const char *name, char *text)
{
    size_t size = strcspn(name, "./");
    bool slashes = name[size] == '/';
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < NAME_MAX_SIZE; i++)
        text[i] = !slashes ? name[i] : name[i] == '/' ? '.' : name[i] == '.' ? '/' : name[i];
    text[i] = '\0';
}

int sysctl_check(const struct api_pod_spec *spec, struct error *err)
{
    const struct api_pod_security_context *security = spec->security_context;
    for (size_t i = 0; security != NULL && i < security->n_sysctls; i++) {
        char name[NAME_MAX_SIZE];
        const struct safe_sysctl *found = NULL;
        normalize(text_or_empty(security->sysctls[i].name), name);
        for (size_t s = 0; s < countof(safe_sysctls); s++) {
            if (strcmp(safe_sysctls[s].name, name) == 0)
                found = &safe_sysctls[s];
        }
        if (found == NULL)
            return error_set(err, ERROR_FORBIDDEN, "\"%s\" not allowlisted", name);
        if (found->ipc ? spec->host_ipc : spec->host_network)
            return error_set(err, ERROR_FORBIDDEN, "\"%s\" not allowed with host %s enabled", name,
                             found->ipc ? "IPC" : "Net");
    }
    return 0;
}

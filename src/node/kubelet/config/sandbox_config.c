/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/sandbox_config.h"

#include <stdio.h>

#include "node/kubelet/config/qos.h"

#define DNS_NAMESERVERS_MAX 3
#define DNS_SEARCHES_MAX    32

void pod_hostname(const struct api_pod *pod, const struct node_setup *node, char hostname[POD_HOSTNAME_SIZE],
                  char *domain, size_t domain_size)
{
    const struct api_pod_spec *spec = &pod->spec;
    const char *name = !text_empty(spec->hostname_override) ? spec->hostname_override
                       : !text_empty(spec->hostname)        ? spec->hostname
                                                            : pod->metadata.name;
    snprintf(hostname, POD_HOSTNAME_SIZE, "%s", name);
    size_t n = strlen(hostname);
    while (n > 0 && (hostname[n - 1] == '-' || hostname[n - 1] == '.')) /* what cutting at 63 bytes may leave */
        hostname[--n] = '\0';
    domain[0] = '\0';
    if (!text_empty(spec->subdomain) && text_empty(spec->hostname_override))
        snprintf(domain, domain_size, "%s.%s.svc.%s", spec->subdomain, pod->metadata.namespace, node->cluster_domain);
}

/* --- DNS --- */

struct names {
    const char **items;
    size_t count;
    size_t max;
};

static void names_add(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (text_equal(names->items[i], name))
            return;
    }
    if (names->count < names->max)
        names->items[names->count++] = name;
}

static void add_words(struct names *names, struct str words, struct arena *arena)
{
    struct str word;
    while (str_next(&words, ' ', &word)) {
        word = str_trim(word);
        if (word.size > 0)
            names_add(names, arena_strndup(arena, word.data, word.size));
    }
}

static struct names names_make(struct arena *arena, size_t max)
{
    return (struct names){ arena_new_array(arena, const char *, max), 0, max };
}

void dns_config_parse(struct str text, struct arena *arena, struct cri_dns_config *ret_config)
{
    struct names servers = names_make(arena, DNS_NAMESERVERS_MAX), searches = names_make(arena, DNS_SEARCHES_MAX),
                 options = names_make(arena, 32);
    struct str line;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        size_t blank = 0;
        while (blank < line.size && line.data[blank] != ' ' && line.data[blank] != '\t')
            blank++;
        struct str key = { line.data, blank }, rest = str_trim(str_skip(line, blank));
        if (str_is(key, "nameserver")) {
            add_words(&servers, rest, arena);
        } else if (str_is(key, "search")) {
            searches.count = 0; /* the last one counts */
            add_words(&searches, rest, arena);
        } else if (str_is(key, "options")) {
            add_words(&options, rest, arena);
        }
    }
    *ret_config = (struct cri_dns_config){ servers.items,  servers.count, searches.items,
                                           searches.count, options.items, options.count };
}

static void set_option(struct names *options, const struct api_pod_dns_config_option *option, struct arena *arena)
{
    const char *text = option->value != NULL ? arena_format(arena, "%s:%s", option->name, option->value) : option->name;
    size_t length = strlen(option->name);
    for (size_t i = 0; i < options->count; i++) {
        if (strncmp(options->items[i], option->name, length) == 0 &&
            (options->items[i][length] == ':' || options->items[i][length] == '\0')) {
            options->items[i] = text;
            return;
        }
    }
    names_add(options, text);
}

struct cri_dns_config *pod_dns_config(const struct api_pod *pod, const struct node_setup *node, struct arena *arena)
{
    const char *policy = text_empty(pod->spec.dns_policy) ? "ClusterFirst" : pod->spec.dns_policy;
    bool cluster = text_equal(policy, "ClusterFirstWithHostNet") ||
                   (text_equal(policy, "ClusterFirst") && !pod->spec.host_network);
    bool none = text_equal(policy, "None");
    if (cluster && (node->cluster_dns == NULL || node->cluster_dns[0] == NULL))
        cluster = false; /* MissingClusterDNS: falls back to the host's */
    struct names servers = names_make(arena, DNS_NAMESERVERS_MAX), searches = names_make(arena, DNS_SEARCHES_MAX),
                 options = names_make(arena, 64);
    const struct cri_dns_config *host = &node->host_dns;
    if (cluster) {
        for (size_t i = 0; node->cluster_dns[i] != NULL; i++)
            names_add(&servers, node->cluster_dns[i]);
        names_add(&searches, arena_format(arena, "%s.svc.%s", pod->metadata.namespace, node->cluster_domain));
        names_add(&searches, arena_format(arena, "svc.%s", node->cluster_domain));
        names_add(&searches, node->cluster_domain);
        names_add(&options, "ndots:5");
    } else if (!none) {
        for (size_t i = 0; i < host->n_servers; i++)
            names_add(&servers, host->servers[i]);
        for (size_t i = 0; i < host->n_options; i++)
            names_add(&options, host->options[i]);
    }
    for (size_t i = 0; !none && i < host->n_searches; i++)
        names_add(&searches, host->searches[i]);
    const struct api_pod_dns_config *own = pod->spec.dns_config;
    for (size_t i = 0; own != NULL && i < own->n_nameservers; i++)
        names_add(&servers, own->nameservers[i]);
    for (size_t i = 0; own != NULL && i < own->n_searches; i++)
        names_add(&searches, own->searches[i]);
    for (size_t i = 0; own != NULL && i < own->n_options; i++)
        set_option(&options, &own->options[i], arena);
    struct cri_dns_config *config = arena_new(arena, struct cri_dns_config);
    *config = (struct cri_dns_config){ servers.items,  servers.count, searches.items,
                                       searches.count, options.items, options.count };
    return config;
}

/* --- /etc/hosts --- */

void hosts_file_make(const struct api_pod *pod, const struct node_setup *node, const char *const *pod_ips,
                     struct str base, struct buffer *out)
{
    char hostname[POD_HOSTNAME_SIZE], domain[512];
    pod_hostname(pod, node, hostname, domain, sizeof(domain));
    if (pod->spec.host_network) {
        buffer_append_text(out, "# Kubernetes-managed hosts file (host network).\n");
        buffer_append_str(out, base);
    } else {
        buffer_append_text(out, "# Kubernetes-managed hosts file.\n"
                                "127.0.0.1\tlocalhost\n"
                                "::1\tlocalhost ip6-localhost ip6-loopback\n"
                                "fe00::0\tip6-localnet\n"
                                "fe00::0\tip6-mcastprefix\n"
                                "fe00::1\tip6-allnodes\n"
                                "fe00::2\tip6-allrouters\n");
        for (size_t i = 0; pod_ips != NULL && pod_ips[i] != NULL; i++) {
            if (domain[0] != '\0')
                buffer_format(out, "%s\t%s.%s\t%s\n", pod_ips[i], hostname, domain, hostname);
            else
                buffer_format(out, "%s\t%s\n", pod_ips[i], hostname);
        }
    }
    if (pod->spec.n_host_aliases == 0)
        return;
    buffer_append_text(out, "\n# Entries added by HostAliases.\n");
    for (size_t i = 0; i < pod->spec.n_host_aliases; i++) {
        const struct api_host_alias *alias = &pod->spec.host_aliases[i];
        buffer_append_text(out, alias->ip);
        for (size_t n = 0; n < alias->n_hostnames; n++)
            buffer_format(out, "\t%s", alias->hostnames[n]);
        buffer_append_char(out, '\n');
    }
}

/* --- the sandbox --- */

const char *pod_log_directory(const struct api_pod *pod, const struct node_setup *node, struct arena *arena)
{
    if (node->logs_directory == NULL)
        return "";
    return arena_format(arena, "%s/%s_%s_%s", node->logs_directory, pod->metadata.namespace, pod->metadata.name,
                        pod->metadata.uid);
}

int32_t network_mode(const struct api_pod *pod)
{
    return pod->spec.host_network ? CRI_NAMESPACE_MODE_NODE : CRI_NAMESPACE_MODE_POD;
}

int32_t pid_mode(const struct api_pod *pod)
{
    if (pod->spec.host_pid)
        return CRI_NAMESPACE_MODE_NODE;
    return flag_of(pod->spec.share_process_namespace, false) ? CRI_NAMESPACE_MODE_POD : CRI_NAMESPACE_MODE_CONTAINER;
}

int32_t ipc_mode(const struct api_pod *pod)
{
    return pod->spec.host_ipc ? CRI_NAMESPACE_MODE_NODE : CRI_NAMESPACE_MODE_POD;
}

struct cri_security_profile *seccomp_profile(const struct api_seccomp_profile *container,
                                             const struct api_seccomp_profile *pod, bool privileged,
                                             struct arena *arena)
{
    struct cri_security_profile *profile = arena_new(arena, struct cri_security_profile);
    const struct api_seccomp_profile *own = container != NULL ? container : pod;
    profile->profile_type = CRI_SECURITY_PROFILE_PROFILE_TYPE_UNCONFINED;
    if (own == NULL || privileged)
        return profile;
    if (text_equal(own->type, "RuntimeDefault")) {
        profile->profile_type = CRI_SECURITY_PROFILE_PROFILE_TYPE_RUNTIMEDEFAULT;
    } else if (text_equal(own->type, "Localhost")) {
        profile->profile_type = CRI_SECURITY_PROFILE_PROFILE_TYPE_LOCALHOST;
        profile->localhost_ref = own->localhost_profile;
    }
    return profile;
}

static bool any_privileged(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod_container_count(pod); i++) {
        const struct api_security_context *security = pod_container(pod, i)->security_context;
        if (security != NULL && flag_of(security->privileged, false))
            return true;
    }
    return false;
}

static struct cri_linux_sandbox_security_context *sandbox_security(const struct api_pod *pod, struct arena *arena)
{
    struct cri_linux_sandbox_security_context *out = arena_new(arena, struct cri_linux_sandbox_security_context);
    out->namespace_options = arena_new(arena, struct cri_namespace_option);
    *out->namespace_options =
        (struct cri_namespace_option){ .network = network_mode(pod), .pid = pid_mode(pod), .ipc = ipc_mode(pod) };
    out->privileged = any_privileged(pod);
    /* The pause program is under the runtime's own profile, whatever the pod's. */
    out->seccomp = arena_new(arena, struct cri_security_profile);
    out->seccomp->profile_type = CRI_SECURITY_PROFILE_PROFILE_TYPE_UNCONFINED;
    const struct api_pod_security_context *security = pod->spec.security_context;
    if (security == NULL)
        return out;
    if (security->run_as_user != NULL) {
        out->run_as_user = arena_new(arena, struct cri_int64_value);
        out->run_as_user->value = *security->run_as_user;
    }
    if (security->run_as_group != NULL && security->run_as_user != NULL) {
        out->run_as_group = arena_new(arena, struct cri_int64_value);
        out->run_as_group->value = *security->run_as_group;
    }
    size_t n = security->n_supplemental_groups + (security->fs_group != NULL);
    out->supplemental_groups = arena_new_array(arena, int64_t, n + 1);
    for (size_t i = 0; i < security->n_supplemental_groups; i++)
        out->supplemental_groups[out->n_supplemental_groups++] = security->supplemental_groups[i];
    if (security->fs_group != NULL)
        out->supplemental_groups[out->n_supplemental_groups++] = *security->fs_group;
    return out;
}

static void set_ports(const struct api_pod *pod, struct cri_pod_sandbox_config *config, struct arena *arena)
{
    size_t n = 0;
    for (size_t i = 0; i < pod_container_count(pod); i++)
        n += pod_container(pod, i)->n_ports;
    config->port_mappings = arena_new_array(arena, struct cri_port_mapping, n + 1);
    for (size_t i = 0; i < pod_container_count(pod); i++) {
        const struct api_container *container = pod_container(pod, i);
        for (size_t p = 0; p < container->n_ports; p++) {
            const struct api_container_port *port = &container->ports[p];
            config->port_mappings[config->n_port_mappings++] = (struct cri_port_mapping){
                .protocol = text_equal(port->protocol, "UDP")    ? CRI_PROTOCOL_UDP
                            : text_equal(port->protocol, "SCTP") ? CRI_PROTOCOL_SCTP
                                                                 : CRI_PROTOCOL_TCP,
                .container_port = port->container_port,
                .host_port = port->host_port,
                .host_ip = port->host_ip,
            };
        }
    }
}

static struct api_string_entry *with_entries(const struct api_string_entry *own, size_t n_own,
                                             const struct api_string_entry *more, size_t n_more, struct arena *arena)
{
    struct api_string_entry *all = arena_new_array(arena, struct api_string_entry, n_own + n_more + 1);
    for (size_t i = 0; i < n_own; i++)
        all[i] = own[i];
    for (size_t i = 0; i < n_more; i++)
        all[n_own + i] = more[i];
    return all;
}

struct cri_pod_sandbox_config *sandbox_config_make(const struct api_pod *pod, const struct node_setup *node,
                                                   uint32_t attempt, struct arena *arena)
{
    const struct api_object_meta *meta = &pod->metadata;
    struct cri_pod_sandbox_config *config = arena_new(arena, struct cri_pod_sandbox_config);
    config->metadata = arena_new(arena, struct cri_pod_sandbox_metadata);
    *config->metadata = (struct cri_pod_sandbox_metadata){ meta->name, meta->uid, meta->namespace, attempt };
    if (!pod->spec.host_network) {
        char hostname[POD_HOSTNAME_SIZE], domain[512];
        pod_hostname(pod, node, hostname, domain, sizeof(domain));
        bool full = flag_of(pod->spec.set_hostname_as_fqdn, false) && domain[0] != '\0';
        config->hostname = full ? arena_format(arena, "%s.%s", hostname, domain) : arena_strdup(arena, hostname);
        set_ports(pod, config, arena);
    }
    config->log_directory = pod_log_directory(pod, node, arena);
    config->dns_config = pod_dns_config(pod, node, arena);
    const struct api_string_entry labels[] = { { LABEL_POD_NAME, meta->name },
                                               { LABEL_POD_NAMESPACE, meta->namespace },
                                               { LABEL_POD_UID, meta->uid } };
    config->labels = with_entries(meta->labels, meta->n_labels, labels, 3, arena);
    config->n_labels = meta->n_labels + 3;
    const struct api_string_entry notes[] = { { "kubernetes.io/config.source", "api" } };
    config->annotations = with_entries(meta->annotations, meta->n_annotations, notes, 1, arena);
    config->n_annotations = meta->n_annotations + 1;

    config->linux_ = arena_new(arena, struct cri_linux_pod_sandbox_config);
    config->linux_->security_context = sandbox_security(pod, arena);
    if (node->cgroup_root != NULL) {
        char path[512];
        pod_cgroup_path(pod, node->cgroup_root, path, sizeof(path));
        config->linux_->cgroup_parent = arena_strdup(arena, path);
    }
    struct cgroup_limits limits = pod_cgroup_limits(pod);
    config->linux_->resources = arena_new(arena, struct cri_linux_container_resources);
    *config->linux_->resources = (struct cri_linux_container_resources){
        .cpu_period = CPU_PERIOD,
        .cpu_quota = limits.cpu_quota > 0 ? limits.cpu_quota : 0,
        .cpu_shares = limits.cpu_shares,
        .memory_limit_in_bytes = limits.memory,
    };
    const struct api_pod_security_context *security = pod->spec.security_context;
    if (security != NULL && security->n_sysctls > 0) {
        config->linux_->sysctls = arena_new_array(arena, struct api_string_entry, security->n_sysctls);
        for (size_t i = 0; i < security->n_sysctls; i++)
            config->linux_->sysctls[config->linux_->n_sysctls++] =
                (struct api_string_entry){ security->sysctls[i].name, security->sysctls[i].value };
    }
    return config;
}

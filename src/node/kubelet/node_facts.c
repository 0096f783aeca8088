/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/node_facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "api/codec.h"
#include "base/system/file.h"

#define IMAGES_MAX 50 /* as upstream reports by default */

static const char *first_line(const char *path, struct arena *arena)
{
    auto_buffer struct buffer text = { .max = 65536 };
    if (file_read(AT_FDCWD, path, 65536, &text, NULL) < 0)
        return "";
    struct str rest = buffer_str(&text), line = { 0 };
    str_next(&rest, '\n', &line);
    line = str_trim(line);
    return arena_strndup(arena, text_or_empty(line.data), line.size);
}

static const char *os_name(struct arena *arena)
{
    auto_buffer struct buffer text = { .max = 65536 };
    if (file_read(AT_FDCWD, "/etc/os-release", 65536, &text, NULL) < 0)
        return "Linux";
    struct str rest = buffer_str(&text), line;
    while (str_next(&rest, '\n', &line)) {
        if (!str_starts(line, STR("PRETTY_NAME=")))
            continue;
        line = str_trim(str_skip(line, 12));
        if (line.size >= 2 && line.data[0] == '"')
            line = (struct str){ line.data + 1, line.size - 2 };
        return arena_strndup(arena, line.data, line.size);
    }
    return "Linux";
}

void node_facts_read(struct arena *arena, struct node_facts *ret)
{
    struct utsname uts = { 0 };
    uname(&uts);
    *ret = (struct node_facts){ 0 };
    ret->machine_id = first_line("/etc/machine-id", arena);
    ret->system_uuid = first_line("/sys/class/dmi/id/product_uuid", arena);
    if (text_empty(ret->system_uuid))
        ret->system_uuid = ret->machine_id;
    ret->boot_id = first_line("/proc/sys/kernel/random/boot_id", arena);
    ret->kernel_version = arena_strdup(arena, uts.release);
    ret->os_image = os_name(arena);
    ret->hostname = arena_strdup(arena, uts.nodename);
    ret->architecture = strcmp(uts.machine, "x86_64") == 0    ? "amd64"
                        : strcmp(uts.machine, "aarch64") == 0 ? "arm64"
                                                              : arena_strdup(arena, uts.machine);
    ret->cpus = sysconf(_SC_NPROCESSORS_ONLN);
    ret->memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

int64_t node_facts_disk(const char *data_directory)
{
    struct statvfs info;
    return data_directory != NULL && statvfs(data_directory, &info) == 0
               ? (int64_t)info.f_blocks * (int64_t)info.f_frsize
               : 0;
}

/* --- status --- */

static void set_resources(const struct node_status_input *in, struct arena *arena, struct api_node_status *status)
{
    const struct quantity kilobytes = quantity_of(in->memory / 1024 * 1024, QUANTITY_BINARY_SI);
    const struct api_quantity_entry rows[] = {
        /* sorted by key */
        { "cpu", quantity_of_milli(in->cpu_milli, QUANTITY_DECIMAL_SI) },
        { "ephemeral-storage", quantity_of(in->facts->disk / 1024 * 1024, QUANTITY_BINARY_SI) },
        { "hugepages-1Gi", quantity_of(0, QUANTITY_DECIMAL_SI) },
        { "hugepages-2Mi", quantity_of(0, QUANTITY_DECIMAL_SI) },
        { "memory", kilobytes },
        { "pods", quantity_of(in->max_pods, QUANTITY_DECIMAL_SI) },
    };
    status->capacity = arena_new_array(arena, struct api_quantity_entry, countof(rows));
    status->allocatable = arena_new_array(arena, struct api_quantity_entry, countof(rows));
    status->n_capacity = status->n_allocatable = countof(rows);
    memcpy(status->capacity, rows, sizeof(rows));
    memcpy(status->allocatable, rows, sizeof(rows));
}

static void set_condition(struct api_node_status *status, const char *type, const char *value, const char *reason,
                          const char *message, usec_t now)
{
    struct api_node_condition *found = NULL;
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            found = &status->conditions[i];
    }
    if (found == NULL) {
        found = &status->conditions[status->n_conditions++];
        *found = (struct api_node_condition){ .type = type };
    }
    if (!text_equal(found->status, value))
        found->last_transition_time = now;
    found->status = value;
    found->reason = reason;
    found->message = message;
    found->last_heartbeat_time = now;
}

static void set_conditions(const struct node_status_input *in, const struct api_node_status *old, struct arena *arena,
                           struct api_node_status *status)
{
    status->conditions = arena_new_array(arena, struct api_node_condition, old->n_conditions + 4);
    for (size_t i = 0; i < old->n_conditions; i++)
        status->conditions[status->n_conditions++] = old->conditions[i];
    set_condition(status, "MemoryPressure", "False", "KubeletHasSufficientMemory",
                  "kubelet has sufficient memory available", in->now);
    set_condition(status, "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", in->now);
    set_condition(status, "PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available",
                  in->now);
    bool ready = in->runtime_ready && in->network_ready;
    set_condition(status, "Ready", ready ? "True" : "False", ready ? "KubeletReady" : "KubeletNotReady",
                  ready ? "kubelet is posting ready status" : in->not_ready_message, in->now);
}

static void set_addresses(const struct node_status_input *in, struct arena *arena, struct api_node_status *status)
{
    size_t n = 0;
    while (in->addresses != NULL && in->addresses[n] != NULL)
        n++;
    status->addresses = arena_new_array(arena, struct api_node_address, n + 1);
    for (size_t i = 0; i < n; i++)
        status->addresses[status->n_addresses++] = (struct api_node_address){ "InternalIP", in->addresses[i] };
    status->addresses[status->n_addresses++] = (struct api_node_address){ "Hostname", in->node_name };
}

void node_status_make(const struct node_status_input *in, const struct api_node_status *old, struct arena *arena,
                      struct api_node_status *status)
{
    *status = *old; /* volumes, config and what else others wrote */
    status->conditions = NULL;
    status->addresses = NULL;
    status->n_conditions = status->n_addresses = 0;
    set_resources(in, arena, status);
    set_conditions(in, old, arena, status);
    set_addresses(in, arena, status);
    status->daemon_endpoints.kubelet_endpoint.port = in->port;
    const struct node_facts *facts = in->facts;
    status->node_info = (struct api_node_system_info){
        .machine_id = facts->machine_id,
        .system_uuid = facts->system_uuid,
        .boot_id = facts->boot_id,
        .kernel_version = facts->kernel_version,
        .os_image = facts->os_image,
        .container_runtime_version = in->runtime_version,
        .kubelet_version = KUBELET_VERSION,
        .kube_proxy_version = "",
        .operating_system = "linux",
        .architecture = facts->architecture,
    };
    status->images = (struct api_container_image *)(uintptr_t)in->images;
    status->n_images = in->n_images < IMAGES_MAX ? in->n_images : IMAGES_MAX;
}

bool node_status_same(const struct api_node_status *a, const struct api_node_status *b)
{
    auto_arena struct arena arena = { 0 };
    const struct api_node_status *const both[] = { a, b };
    struct api_node_status copies[2];
    for (size_t i = 0; i < 2; i++) {
        copies[i] = *both[i];
        copies[i].conditions = arena_new_array(&arena, struct api_node_condition, both[i]->n_conditions + 1);
        for (size_t c = 0; c < both[i]->n_conditions; c++) {
            copies[i].conditions[c] = both[i]->conditions[c];
            copies[i].conditions[c].last_heartbeat_time = 0;
        }
    }
    return api_equal(&api_type_node_status, &copies[0], &copies[1]);
}

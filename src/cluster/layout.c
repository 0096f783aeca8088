/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "base/system/file.h"

#define DATA_ROOT "/var/lib/coracle"
#define RUN_ROOT  "/run/coracle"
#define SPEC_MAX  4096

static bool good_name(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size > CLUSTER_NAME_MAX || name[0] == '-' || name[size - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

int cluster_layout_init(struct cluster_layout *layout, const char *name, struct error *err)
{
    if (!good_name(name))
        return error_set(err, ERROR_USAGE, "'%s' is not a cluster name: 1 to %d lower case letters, digits and '-'",
                         name, CLUSTER_NAME_MAX);
    *layout = (struct cluster_layout){ .nodes = 2, .api_port = CLUSTER_API_PORT };
    snprintf(layout->name, sizeof(layout->name), "%s", name);
    snprintf(layout->data, sizeof(layout->data), DATA_ROOT "/%s", name);
    snprintf(layout->run, sizeof(layout->run), RUN_ROOT "/%s", name);
    return 0;
}

static void path_below(const char *root, char *text, const char *format, va_list args)
{
    int size = snprintf(text, CLUSTER_PATH_MAX, "%s/", root);
    vsnprintf(text + size, (size_t)(CLUSTER_PATH_MAX - size), format, args);
}

void cluster_data_path(const struct cluster_layout *layout, char *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    path_below(layout->data, text, format, args);
    va_end(args);
}

void cluster_run_path(const struct cluster_layout *layout, char *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    path_below(layout->run, text, format, args);
    va_end(args);
}

void cluster_node_name(int64_t index, char text[32])
{
    snprintf(text, 32, "node%lld", (long long)index + 1);
}

void cluster_node_address(int64_t index, char text[32])
{
    snprintf(text, 32, "10.99.0.%lld", (long long)index + 1);
}

int cluster_layout_save(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX], text[SPEC_MAX];
    cluster_data_path(layout, path, "cluster.json");
    int size = snprintf(text, sizeof(text), "{\"name\":\"%s\",\"nodes\":%lld,\"apiPort\":%lld}\n", layout->name,
                        (long long)layout->nodes, (long long)layout->api_port);
    return file_write(AT_FDCWD, path, (struct str){ text, (size_t)size }, 0600, err);
}

int cluster_layout_load(struct cluster_layout *layout, const char *name, struct error *err)
{
    struct cluster_layout found;
    char path[CLUSTER_PATH_MAX];
    int rc = cluster_layout_init(&found, name, err);
    if (rc < 0)
        return rc;
    cluster_data_path(&found, path, "cluster.json");
    auto_buffer struct buffer text = { 0 };
    rc = file_read(AT_FDCWD, path, SPEC_MAX, &text, err);
    if (rc == -ERROR_NOT_FOUND)
        return error_set(err, ERROR_NOT_FOUND, "there is no cluster '%s' here; 'coracle up' makes one", name);
    if (rc < 0)
        return rc;
    yyjson_doc *doc = yyjson_read(text.data, text.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    found.nodes = yyjson_get_sint(yyjson_obj_get(root, "nodes"));
    found.api_port = yyjson_get_sint(yyjson_obj_get(root, "apiPort"));
    yyjson_doc_free(doc);
    if (found.nodes < 1 || found.nodes > CLUSTER_NODES_MAX || found.api_port < 1 || found.api_port > 65535)
        return error_set(err, ERROR_INVALID, "%s is damaged; 'coracle down' removes it", path);
    *layout = found;
    return 0;
}

void cluster_layout_forget_roots(void)
{
    rmdir(RUN_ROOT); /* somebody else's directories in them keep them */
    if (rmdir(DATA_ROOT) == 0)
        rmdir(
            CLUSTER_CNI_CACHE); /* the mount point of our machines; a runtime of the host that uses it has files there */
}

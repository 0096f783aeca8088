/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conflist.c - the network list by which the runtime finds the plugin. */
#include <fcntl.h>
#include <stdio.h>
#include <yyjson.h>

#include "node/cni/cni.h"

static char *render(const struct cni_conflist *conflist, size_t *ret_size)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "cniVersion", "1.0.0"); /* what containerd 1.6 and all later ones speak */
    yyjson_mut_obj_add_str(doc, root, "name", "coracle");
    yyjson_mut_val *plugin = yyjson_mut_arr_add_obj(doc, yyjson_mut_obj_add_arr(doc, root, "plugins"));
    yyjson_mut_obj_add_str(doc, plugin, "type", CNI_PLUGIN);
    yyjson_mut_obj_add_str(doc, plugin, "bridge", conflist->bridge != NULL ? conflist->bridge : "cni0");
    yyjson_mut_obj_add_str(doc, plugin, "dataDir", conflist->data_directory);
    yyjson_mut_val *subnets = yyjson_mut_obj_add_arr(doc, plugin, "subnets");
    for (size_t i = 0; i < conflist->n_subnets; i++) {
        char text[IP_TEXT_SIZE];
        ip_prefix_format(&conflist->subnets[i], text);
        yyjson_mut_arr_add_strcpy(doc, subnets, text);
    }
    if (conflist->mtu != 0)
        yyjson_mut_obj_add_uint(doc, plugin, "mtu", conflist->mtu);
    yyjson_mut_val *capabilities = yyjson_mut_obj_add_obj(doc, plugin, "capabilities");
    yyjson_mut_obj_add_bool(doc, capabilities, "portMappings", true);
    char *text = yyjson_mut_write(doc, YYJSON_WRITE_PRETTY, ret_size);
    yyjson_mut_doc_free(doc);
    return text;
}

int cni_write_conflist(const char *path, const struct cni_conflist *conflist, struct error *err)
{
    char beside[512];
    if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
        return error_set(err, ERROR_LIMIT, "path %s is too long", path);
    size_t size = 0;
    autofree char *text = render(conflist, &size);
    if (text == NULL)
        return error_set(err, ERROR_INTERNAL, "the network list cannot be written as JSON");
    autoclose int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size || rename(beside, path) < 0)
        return error_errno(err, "write %s", path);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loopback.c - the plugin called "loopback", which container runtimes ask for by that name beside the
 * network's own: it brings up lo. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "net/netlink.h"
#include "node/cni/cni.h"
#include "node/cni/config.h"
#include "node/cni/result.h"

static int bring_up(const char *path, struct error *err)
{
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open network namespace %s", path);
    struct netlink *netlink;
    int rc = netlink_open(fd, &netlink, err);
    if (rc < 0)
        return rc;
    netlink_set_link(netlink, &(struct netlink_link){ .name = "lo", .up = true });
    rc = netlink_commit(netlink, err);
    netlink_close(netlink);
    return rc;
}

/* The version asked for; NULL when it is not ours or the input is no configuration. */
static const char *read_version(struct str input)
{
    yyjson_doc *doc = input.size == 0 || input.size > CNI_INPUT_MAX ? NULL : yyjson_read(input.data, input.size, 0);
    const char *text = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "cniVersion"));
    const char *version = text == NULL ? NULL : cni_version_find(str_of(text));
    yyjson_doc_free(doc);
    return version;
}

int cni_loopback_run(const char *(*environment)(void *context, const char *name), void *context, struct str input,
                     struct buffer *output)
{
    const char *command = text_or_empty(environment(context, "CNI_COMMAND"));
    const char *path = environment(context, "CNI_NETNS");
    if (strcmp(command, "VERSION") == 0) {
        cni_result_versions("1.1.0", output);
        return 0;
    }
    const char *version = read_version(input);
    if (version == NULL) {
        cni_result_error("1.1.0", CNI_INCOMPATIBLE_VERSION, "incompatible or missing CNI version", output);
        return 1;
    }
    if (strcmp(command, "ADD") != 0 && strcmp(command, "CHECK") != 0)
        return 0; /* DEL: lo goes with its namespace; GC, STATUS: there is nothing to do */
    struct error err = { 0 };
    int rc = text_empty(path) ? error_set(&err, ERROR_INVALID, "required env variables [CNI_NETNS] missing")
                              : bring_up(path, &err);
    if (rc < 0) {
        cni_result_error(version, text_empty(path) ? CNI_INVALID_ENVIRONMENT : CNI_FAILED, err.message, output);
        return 1;
    }
    if (strcmp(command, "ADD") == 0)
        cni_result_loopback(version, path, output);
    return 0;
}

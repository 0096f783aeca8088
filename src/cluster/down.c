/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/down.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cluster/lock.h"
#include "cluster/machines/machines.h"
#include "cluster/supervision/supervisor.h"

/* The lock's directory goes last: as long as it is there nobody else begins. */
static int remove_files(const struct cluster_layout *layout, bool keep_data, struct error *err)
{
    int rc = keep_data ? 0 : file_remove_tree(AT_FDCWD, layout->data, err);
    if (rc == 0)
        rc = cluster_lock_remove(layout, err);
    if (rc == 0)
        cluster_layout_forget_roots();
    return rc;
}

int cluster_down(const struct cluster_down_options *options, struct error *err)
{
    const struct cluster_layout *layout = &options->layout;
    autoclose int lock = -1;
    if (geteuid() != 0)
        return error_set(err, ERROR_FORBIDDEN, "needs root: run it with sudo");
    int rc = cluster_lock_take(layout, &lock, err);
    if (rc < 0)
        return rc;
    rc = supervisor_stop(layout, err);
    if (rc == -ERROR_TIMEOUT)
        options->warn(options->context, err->message);
    else if (rc < 0 && rc != -ERROR_NOT_FOUND)
        return rc;
    rc = machines_remove(layout, err);
    return rc == 0 ? remove_files(layout, options->keep_data, err) : rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* plugin.c - the commands of the specification, a row each. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/cni/allocation.h"
#include "node/cni/cni.h"
#include "node/cni/hostport.h"
#include "node/cni/result.h"

enum need { NEED_CONTAINER = 1, NEED_NAMESPACE = 2, NEED_INTERFACE = 4, NEED_CONFIG = 8 };

struct call {
    const char *(*environment)(void *context, const char *name);
    void *context;
    struct cni_config config;
    struct attachment attachment;
    struct allocation *allocation;
    struct buffer *output;
    enum cni_code code; /* of a failure */
};

struct command {
    const char *name;
    unsigned needs;
    int (*run)(struct call *call, struct error *err);
};

static int fail(struct call *call, enum cni_code code, int rc)
{
    call->code = code;
    return rc;
}

/* ---------------------------------------------------------------- ADD, DEL, CHECK */

static int add_ports(struct call *call, struct error *err)
{
    if (call->config.n_ports == 0)
        return 0;
    auto_buffer struct buffer note = { .max = HOSTPORT_TEXT_MAX + 1 };
    int rc = hostport_describe(&call->config, call->attachment.addresses, &note, err);
    if (rc == 0) /* written down first: a crash in between leaves nothing unknown */
        rc = allocation_set_note(call->allocation, &call->attachment.name, note.data, err);
    return rc < 0 ? rc : hostport_add(&call->config, call->attachment.addresses, err);
}

static int undo(struct call *call, struct error *err)
{
    const struct cni_attachment_name *name = &call->attachment.name;
    autofree char *note = allocation_note(call->allocation, name);
    int rc = note == NULL ? 0 : hostport_remove(str_of(note), err);
    if (rc == 0)
        rc = allocation_set_note(call->allocation, name, NULL, err);
    return rc < 0 ? rc : allocation_release(call->allocation, name, err);
}

static int open_namespace(struct call *call, struct error *err)
{
    call->attachment.namespace_fd = open(call->attachment.namespace_path, O_RDONLY | O_CLOEXEC);
    if (call->attachment.namespace_fd < 0)
        return fail(call, CNI_UNKNOWN_CONTAINER,
                    error_errno(err, "open network namespace %s", call->attachment.namespace_path));
    return 0;
}

static int run_add(struct call *call, struct error *err)
{
    int rc = open_namespace(call, err);
    if (rc == 0)
        rc = allocation_take(call->allocation, &call->attachment.name, call->attachment.addresses, err);
    if (rc < 0)
        return rc;
    rc = attachment_make(&call->config, &call->attachment, err);
    if (rc == 0)
        rc = add_ports(call, err);
    if (rc < 0) {
        /* The first failure is the one to report; DEL or GC will try again. */
        int removed = attachment_remove(&call->attachment.name, NULL), undone = undo(call, NULL);
        return removed < 0 || undone < 0 ? error_wrap_code(err, rc, "left half done") : rc;
    }
    cni_result_add(&call->config, &call->attachment, call->output);
    return 0;
}

/* The kernel needs some 20 ms to take a link down, nearly all of it waiting. Nobody need wait with it: a child of
 * ours, detached from the runtime's pipes, sees to it. When there can be no child it is done here. */
static int remove_in_background(const struct cni_attachment_name *name, struct error *err)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid > 0)
        return 0;
    if (pid < 0)
        return attachment_remove(name, err);
    setsid();
    close_range(0, ~0U, 0);
    _exit(attachment_remove(name, NULL) < 0 ? 1 : 0);
}

static int run_del(struct call *call, struct error *err)
{
    int rc = undo(call, err);
    if (rc < 0)
        return rc;
    if (call->environment(call->context, "CORACLE_CNI_WAIT") != NULL)
        return attachment_remove(&call->attachment.name, err);
    return remove_in_background(&call->attachment.name, err);
}

static int run_check(struct call *call, struct error *err)
{
    if (strncmp(call->config.version, "0.3", 3) == 0)
        return fail(call, CNI_INCOMPATIBLE_VERSION,
                    error_set(err, ERROR_UNSUPPORTED, "CNI version %s has no CHECK", call->config.version));
    if (!call->config.has_previous)
        return fail(call, CNI_INVALID_CONFIG, error_set(err, ERROR_INVALID, "CHECK needs prevResult"));
    if (!allocation_find(call->allocation, &call->attachment.name, call->attachment.addresses))
        return error_set(err, ERROR_NOT_FOUND, "container %s has no address of network %s",
                         call->attachment.name.container_id, call->config.name);
    int rc = open_namespace(call, err);
    return rc < 0 ? rc : attachment_check(&call->config, &call->attachment, err);
}

/* ---------------------------------------------------------------- GC, STATUS */

static int collect_one(void *context, const struct cni_attachment_name *name, struct error *err)
{
    struct call *call = context;
    for (size_t i = 0; i < call->config.n_valid; i++)
        if (text_equal(call->config.valid[i].container_id, name->container_id) &&
            text_equal(call->config.valid[i].interface, name->interface))
            return 0;
    call->attachment.name = *name;
    int rc = undo(call, err);
    return rc < 0 ? rc : attachment_remove(name, err);
}

static int run_gc(struct call *call, struct error *err)
{
    return allocation_each(call->allocation, collect_one, call, err);
}

/* That the allocations could be opened is what there is to know: ADD will find the rest in its place. */
static int run_status(struct call *call, struct error *err)
{
    (void)call;
    (void)err;
    return 0;
}

static const struct command commands[] = {
    { "ADD", NEED_CONFIG | NEED_CONTAINER | NEED_INTERFACE | NEED_NAMESPACE, run_add },
    { "DEL", NEED_CONFIG | NEED_CONTAINER | NEED_INTERFACE, run_del },
    { "CHECK", NEED_CONFIG | NEED_CONTAINER | NEED_INTERFACE | NEED_NAMESPACE, run_check },
    { "GC", NEED_CONFIG, run_gc },
    { "STATUS", NEED_CONFIG, run_status },
};

/* ---------------------------------------------------------------- the call */

static int read_variable(struct call *call, const char *name, const char **ret_value, struct error *err)
{
    *ret_value = call->environment(call->context, name);
    if (text_empty(*ret_value))
        return fail(call, CNI_INVALID_ENVIRONMENT,
                    error_set(err, ERROR_INVALID, "required env variables [%s] missing", name));
    return 0;
}

static int read_environment(struct call *call, unsigned needs, struct error *err)
{
    struct attachment *attachment = &call->attachment;
    int rc = 0;
    if (needs & NEED_CONTAINER)
        rc = read_variable(call, "CNI_CONTAINERID", &attachment->name.container_id, err);
    if (rc == 0 && (needs & NEED_INTERFACE))
        rc = read_variable(call, "CNI_IFNAME", &attachment->name.interface, err);
    if (rc == 0 && (needs & NEED_NAMESPACE))
        rc = read_variable(call, "CNI_NETNS", &attachment->namespace_path, err);
    if (rc == 0 && (needs & NEED_CONTAINER) && !cni_container_id_valid(attachment->name.container_id))
        rc =
            fail(call, CNI_INVALID_ENVIRONMENT,
                 error_set(err, ERROR_INVALID, "invalid characters in containerID: %s", attachment->name.container_id));
    if (rc == 0 && (needs & NEED_INTERFACE) && !cni_interface_valid(attachment->name.interface))
        rc = fail(call, CNI_INVALID_ENVIRONMENT,
                  error_set(err, ERROR_INVALID, "interface name is invalid: %s", attachment->name.interface));
    return rc;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < countof(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int run_command(struct call *call, const struct command *command, struct str input, struct error *err)
{
    auto_arena struct arena arena = { 0 };
    int rc = read_environment(call, command->needs, err);
    if (rc == 0)
        rc = cni_config_parse(input, &arena, &call->config, &call->code, err);
    if (rc < 0)
        return rc;
    rc = allocation_open(&call->config, &call->allocation, err);
    if (rc < 0)
        return fail(call, CNI_IO_FAILURE, rc);
    rc = command->run(call, err);
    allocation_close(call->allocation);
    if (call->attachment.namespace_fd >= 0)
        close(call->attachment.namespace_fd);
    return rc;
}

int cni_run(const char *(*environment)(void *context, const char *name), void *context, struct str input,
            struct buffer *output)
{
    struct call call = { .environment = environment,
                         .context = context,
                         .attachment.namespace_fd = -1,
                         .output = output,
                         .code = CNI_FAILED };
    struct error err = { 0 };
    const char *name = text_or_empty(environment(context, "CNI_COMMAND"));
    if (strcmp(name, "VERSION") == 0) {
        cni_result_versions("1.1.0", output);
        return 0;
    }
    const struct command *command = find_command(name);
    int rc = command == NULL
                 ? fail(&call, CNI_INVALID_ENVIRONMENT, error_set(&err, ERROR_INVALID, "unknown CNI_COMMAND: %s", name))
                 : run_command(&call, command, input, &err);
    if (rc == 0)
        return 0;
    cni_result_error(call.config.version != NULL ? call.config.version : "1.1.0", call.code, err.message, output);
    return 1;
}

/* ---------------------------------------------------------------- the process */

static const char *process_environment(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

typedef int run_function(const char *(*environment)(void *context, const char *name), void *context, struct str input,
                         struct buffer *output);

/* One call of the plugin: from standard input to standard output. */
static int run_process(run_function *run)
{
    if (getenv("CNI_COMMAND") == NULL) {
        fputs("coracle CNI plugin, for versions 0.3.0 to 1.1.0; a container runtime calls it\n", stderr);
        return 2;
    }
    auto_buffer struct buffer input = { .max = CNI_INPUT_MAX + 4096 }, output = { .max = 1 << 20 };
    for (char *room; (room = buffer_reserve(&input, 4096)) != NULL;) {
        ssize_t size = read(STDIN_FILENO, room, 4096);
        if (size == 0 || (size < 0 && errno != EINTR))
            break;
        buffer_commit(&input, size > 0 ? (size_t)size : 0);
    }
    int code = run(process_environment, NULL, buffer_str(&input), &output);
    for (size_t done = 0; done < output.size;) {
        ssize_t size = write(STDOUT_FILENO, output.data + done, output.size - done);
        if (size <= 0)
            return 1;
        done += (size_t)size;
    }
    return code;
}

int cni_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run_process(cni_run);
}

int cni_loopback_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run_process(cni_loopback_run);
}

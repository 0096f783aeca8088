/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pods/log, exec, attach and portforward: where the stream goes. The kubelet of the pod's
 * node does the work; its paths and parameters are those of upstream's kubelet. */

#include "apiserver/connect.h"

#include <stdio.h>
#include <string.h>

#include "api/status.h"
#include "apiserver/admission/admission.h"
#include "apiserver/handlers.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "apiserver/subresource/kubelet.h"
#include "apiserver/subresource/log_options.h"

#define CONTAINERS_TEXT 1024

/* ---------------------------------------------------------------- containers */

static bool has_container(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_containers; i++)
        if (text_equal(spec->containers[i].name, name))
            return true;
    for (size_t i = 0; i < spec->n_init_containers; i++)
        if (text_equal(spec->init_containers[i].name, name))
            return true;
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++)
        if (text_equal(spec->ephemeral_containers[i].name, name))
            return true;
    return false;
}

static void container_names(const struct api_pod_spec *spec, char text[CONTAINERS_TEXT])
{
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < spec->n_containers && size < CONTAINERS_TEXT; i++)
        size +=
            (size_t)snprintf(text + size, CONTAINERS_TEXT - size, "%s%s", i == 0 ? "" : " ", spec->containers[i].name);
}

static int pick_container(struct request *request, const struct api_pod *pod, const char **ret_name, struct error *err)
{
    const char *name = query_value(request->query, "container", &request->arena);
    char names[CONTAINERS_TEXT];
    if (!text_empty(name)) {
        if (!has_container(&pod->spec, name))
            return error_set(err, ERROR_BAD_REQUEST, "container %s is not valid for pod %s", name, request->name);
        *ret_name = name;
        return 0;
    }
    if (pod->spec.n_containers != 1) {
        container_names(&pod->spec, names);
        return error_set(err, ERROR_BAD_REQUEST, "a container name must be specified for pod %s, choose one of: [%s]",
                         request->name, names);
    }
    *ret_name = arena_strdup(&request->arena, pod->spec.containers[0].name);
    return 0;
}

/* ---------------------------------------------------------------- parameters */

static void append_escaped(struct buffer *out, const char *text)
{
    static const char plain[] = "-_.~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL)
            buffer_append_char(out, *c);
        else
            buffer_format(out, "%%%02X", (unsigned char)*c);
    }
}

static void append_parameter(struct buffer *out, const char *name, const char *value)
{
    buffer_append_char(out, memchr(out->data, '?', out->size) == NULL ? '?' : '&');
    buffer_append_text(out, name);
    buffer_append_char(out, '=');
    append_escaped(out, value);
}

/* Every value of a parameter, under the kubelet's name for it. */
static void pass_values(struct request *request, const char *name, const char *to, struct buffer *out)
{
    struct str rest = request->query, pair;
    while (str_next(&rest, '&', &pair)) {
        const char *value = query_value(pair, name, &request->arena);
        if (value != NULL)
            append_parameter(out, to, value);
    }
}

/* The kubelet knows these flags as "1" and by other names. */
static void pass_flag(struct request *request, const char *name, const char *to, struct buffer *out)
{
    if (query_flag(request->query, name, &request->arena))
        append_parameter(out, to, "1");
}

static void stream_parameters(struct request *request, struct buffer *out)
{
    pass_flag(request, "stdin", "input", out);
    pass_flag(request, "stdout", "output", out);
    pass_flag(request, "stderr", "error", out);
    pass_flag(request, "tty", "tty", out);
    pass_values(request, "command", "command", out);
}

static void log_parameters(struct request *request, struct buffer *out)
{
    static const char *const names[] = { "follow",     "previous",  "sinceSeconds", "sinceTime",
                                         "timestamps", "tailLines", "limitBytes",   "stream" };
    for (size_t i = 0; i < countof(names); i++)
        pass_values(request, names[i], names[i], out);
}

static void port_parameters(struct request *request, struct buffer *out)
{
    pass_values(request, "ports", "port", out);
    pass_values(request, "port", "port", out);
}

/* ---------------------------------------------------------------- pods */

struct pod_stream {
    const char *path; /* the kubelet's */
    bool container;   /* the path names one */
    bool must_upgrade;
    bool status_of_text;
    void (*parameters)(struct request *request, struct buffer *out);
};

static int plan_stream(struct request *request, const struct pod_stream *stream, const struct api_pod *pod,
                       struct connect_target *target, struct error *err)
{
    const char *container = NULL;
    auto_buffer struct buffer path = { .max = 64 << 10 };
    if (stream->container) {
        int rc = pick_container(request, pod, &container, err);
        if (rc < 0)
            return rc;
    }
    if (text_empty(pod->spec.node_name))
        return error_set(err, ERROR_BAD_REQUEST, "pod %s does not have a host assigned", request->name);
    if (stream->must_upgrade && http_header(request->headers, "upgrade").size == 0)
        return error_set(err, ERROR_BAD_REQUEST, "Upgrade request required");
    buffer_format(&path, "/%s/%s/%s%s%s", stream->path, request->namespace_, request->name,
                  container == NULL ? "" : "/", text_or_empty(container));
    stream->parameters(request, &path);
    if (buffer_failed(&path))
        return error_set(err, ERROR_BAD_REQUEST, "the query is too long");
    target->path = arena_str(&request->arena, buffer_str(&path)).data;
    target->status_of_text = stream->status_of_text;
    return kubelet_reach(request, pod->spec.node_name, target, err);
}

static void serve_stream(struct request *request, const struct pod_stream *stream)
{
    struct error err = { 0 };
    const char *container;
    struct connect_target *target = arena_new(&request->arena, struct connect_target);
    if (!stream->status_of_text && admission_check_connection(request, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    const struct object *object = registry_current(request);
    if (object == NULL)
        return;
    if (stream->status_of_text && text_empty(api_pod_of(object)->spec.node_name) &&
        pick_container(request, api_pod_of(object), &container, &err) == 0)
        request_respond_text(request, 200, "text/plain", (struct str){ 0 }); /* nothing was logged yet */
    else if (request->headers == NULL)
        request_refuse(request, ERROR_UNSUPPORTED, "streams need an HTTP connection");
    else if (plan_stream(request, stream, api_pod_of(object), target, &err) < 0)
        request_fail(request, &err);
    else
        request_respond_connect(request, target);
}

void serve_log(struct request *request)
{
    static const struct pod_stream stream = { "containerLogs", true, false, true, log_parameters };
    struct error err = { 0 };
    if (log_options_check(request, &err) < 0)
        request_fail(request, &err);
    else
        serve_stream(request, &stream);
}

void serve_exec(struct request *request)
{
    static const struct pod_stream stream = { "exec", true, true, false, stream_parameters };
    serve_stream(request, &stream);
}

void serve_attach(struct request *request)
{
    static const struct pod_stream stream = { "attach", true, true, false, stream_parameters };
    serve_stream(request, &stream);
}

/* Numbers of 16 bits, several in one value with commas; which of them a pod may have is not looked at. */
static int check_port_list(struct request *request, const char *value, struct error *err)
{
    struct str rest = str_of(value), piece;
    for (bool more = true; more;) {
        size_t size = str_find(rest, ',');
        uint64_t number = 0;
        piece = (struct str){ rest.data, size };
        more = size < rest.size;
        rest = more ? str_skip(rest, size + 1) : STR("");
        const char *text = arena_strndup(&request->arena, piece.data, piece.size);
        if (piece.size == 0 || text[strspn(text, "0123456789")] != '\0')
            return error_set(err, ERROR_BAD_REQUEST,
                             "cannot convert to []int32: strconv.ParseUint: parsing \"%s\": invalid syntax", text);
        if (!str_to_uint64(piece, &number) || number > UINT16_MAX)
            return error_set(err, ERROR_BAD_REQUEST,
                             "cannot convert to []int32: strconv.ParseUint: parsing \"%s\": value out of range", text);
    }
    return 0;
}

static int check_ports(struct request *request, struct error *err)
{
    struct str rest = request->query, pair;
    while (str_next(&rest, '&', &pair)) {
        const char *value = query_value(pair, "ports", &request->arena);
        int rc = value == NULL ? 0 : check_port_list(request, value, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void serve_port_forward(struct request *request)
{
    static const struct pod_stream stream = { "portForward", false, true, false, port_parameters };
    struct error err = { 0 };
    if (check_ports(request, &err) < 0)
        request_fail(request, &err);
    else
        serve_stream(request, &stream);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/volume/downward.h"

#include <ctype.h>

static void append_quoted(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    for (const unsigned char *c = (const unsigned char *)text_or_empty(text); *c != '\0'; c++) {
        switch (*c) {
        case '"':
            buffer_append_text(out, "\\\"");
            break;
        case '\\':
            buffer_append_text(out, "\\\\");
            break;
        case '\n':
            buffer_append_text(out, "\\n");
            break;
        case '\r':
            buffer_append_text(out, "\\r");
            break;
        case '\t':
            buffer_append_text(out, "\\t");
            break;
        default:
            if (*c < 0x20 || *c == 0x7f)
                buffer_format(out, "\\x%02x", *c);
            else
                buffer_append_char(out, (char)*c);
        }
    }
    buffer_append_char(out, '"');
}

static void append_map(const struct api_string_entry *map, size_t n, struct buffer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buffer_append_char(out, '\n');
        buffer_append_text(out, map[i].key);
        buffer_append_char(out, '=');
        append_quoted(out, map[i].value);
    }
}

static void append_list(const char *const *list, bool all, struct buffer *out)
{
    for (size_t i = 0; list != NULL && list[i] != NULL && (all || i == 0); i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        buffer_append_text(out, list[i]);
    }
}

/* "metadata.labels['KEY']" */
static bool subscript(struct str path, struct str field, struct str *ret_key)
{
    if (!str_starts(path, field))
        return false;
    struct str rest = str_skip(path, field.size);
    if (!str_starts(rest, STR("['")) || !str_ends(rest, STR("']")) || rest.size < 4)
        return false;
    *ret_key = (struct str){ rest.data + 2, rest.size - 4 };
    return true;
}

static void append_entry(const struct api_string_entry *map, size_t n, struct str key, struct buffer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (str_is(key, map[i].key))
            buffer_append_text(out, map[i].value);
    }
}

int downward_field(const struct downward *downward, const char *path, struct buffer *out, struct error *err)
{
    const struct api_pod *pod = downward->pod;
    const struct api_object_meta *meta = &pod->metadata;
    const struct {
        const char *path;
        const char *text;
    } simple[] = {
        { "metadata.name", meta->name },
        { "metadata.namespace", meta->namespace },
        { "metadata.uid", meta->uid },
        { "spec.nodeName", downward->node_name },
        { "spec.serviceAccountName", pod->spec.service_account_name },
    };
    for (size_t i = 0; i < countof(simple); i++) {
        if (text_equal(path, simple[i].path)) {
            buffer_append_text(out, simple[i].text);
            return 0;
        }
    }
    struct str key, text = str_of(path);
    if (subscript(text, STR("metadata.labels"), &key))
        append_entry(meta->labels, meta->n_labels, key, out);
    else if (subscript(text, STR("metadata.annotations"), &key))
        append_entry(meta->annotations, meta->n_annotations, key, out);
    else if (str_is(text, "metadata.labels"))
        append_map(meta->labels, meta->n_labels, out);
    else if (str_is(text, "metadata.annotations"))
        append_map(meta->annotations, meta->n_annotations, out);
    else if (str_is(text, "status.hostIP") || str_is(text, "status.hostIPs"))
        append_list(downward->host_ips, text.data[text.size - 1] == 's', out);
    else if (str_is(text, "status.podIP") || str_is(text, "status.podIPs"))
        append_list(downward->pod_ips, text.data[text.size - 1] == 's', out);
    else
        return error_set(err, ERROR_INVALID, "unsupported fieldPath: %s", path);
    return 0;
}

static const struct api_container *find_container(const struct api_pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->spec.n_containers; i++) {
        if (text_equal(pod->spec.containers[i].name, name))
            return &pod->spec.containers[i];
    }
    for (size_t i = 0; i < pod->spec.n_init_containers; i++) {
        if (text_equal(pod->spec.init_containers[i].name, name))
            return &pod->spec.init_containers[i];
    }
    return NULL;
}

/* In units, or thousandths for cpu. */
static int64_t amount_of(const struct api_quantity_entry *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_is(name, list[i].key))
            return str_is(name, "cpu") ? quantity_milli_value(&list[i].value) : quantity_value(&list[i].value);
    }
    return 0;
}

static int64_t allocatable(const struct downward *downward, struct str name)
{
    return str_is(name, "cpu")                 ? downward->allocatable_cpu
           : str_is(name, "memory")            ? downward->allocatable_memory
           : str_is(name, "ephemeral-storage") ? downward->allocatable_ephemeral
                                               : 0;
}

int downward_resource(const struct downward *downward, const struct api_container *container,
                      const struct api_resource_field_selector *selector, struct buffer *out, struct error *err)
{
    if (!text_empty(selector->container_name))
        container = find_container(downward->pod, selector->container_name);
    if (container == NULL)
        return error_set(err, ERROR_INVALID, "container %s not found", text_or_empty(selector->container_name));
    struct str resource = str_of(selector->resource), name;
    const struct api_resource_requirements *own = &container->resources;
    int64_t amount;
    if (str_starts(resource, STR("limits."))) {
        name = str_skip(resource, 7);
        amount = amount_of(own->limits, own->n_limits, name);
        if (amount == 0)
            amount = allocatable(downward, name);
    } else if (str_starts(resource, STR("requests."))) {
        name = str_skip(resource, 9);
        amount = amount_of(own->requests, own->n_requests, name);
    } else {
        return error_set(err, ERROR_INVALID, "unsupported container resource : %s", selector->resource);
    }
    bool cpu = str_is(name, "cpu");
    int64_t divisor = cpu ? quantity_milli_value(&selector->divisor) : quantity_value(&selector->divisor);
    if (divisor <= 0)
        divisor = cpu ? 1000 : 1;
    buffer_append_int64(out, amount / divisor + (amount % divisor != 0)); /* rounded up */
    return 0;
}

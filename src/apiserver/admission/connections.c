/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Connections (exec, attach, portforward, proxies) and bindings of pods: nothing is stored, but policies may refuse them. What a
 * connection is about are its options, which stand in the query. */

#include <string.h>

#include "api/codec.h"
#include "apiserver/admission/admission.h"
#include "apiserver/admission/policy_hooks.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

static void append_one(struct buffer *json, const struct api_field *field, const char *value)
{
    int64_t number;

    if (field->value == API_STRING)
        json_append_string(json, str_of(value));
    else
        buffer_format(json, "%lld", str_to_int64(str_of(value), &number) ? (long long)number : 0);
}

static void append_list(struct request *request, const struct api_field *field, struct buffer *json)
{
    struct str rest = request->query, pair;
    bool first = true;

    buffer_append_char(json, '[');
    while (str_next(&rest, '&', &pair)) {
        const char *value = query_value(pair, field->name, &request->arena);
        if (value == NULL)
            continue;
        buffer_append_text(json, first ? "" : ",");
        append_one(json, field, value);
        first = false;
    }
    buffer_append_char(json, ']');
}

static void append_value(struct request *request, const struct api_field *field, struct buffer *json)
{
    const char *value = query_value(request->query, field->name, &request->arena);

    if (strcmp(field->name, "path") == 0 && !text_empty(request->rest))
        value = request->rest;
    if (value == NULL)
        return;
    buffer_append_text(json, ",");
    json_append_string(json, str_of(field->name));
    buffer_append_char(json, ':');
    if (field->shape == API_LIST)
        append_list(request, field, json);
    else if (field->value == API_BOOL)
        buffer_append_text(json, query_flag(request->query, field->name, &request->arena) ? "true" : "false");
    else
        append_one(json, field, value);
}

static int read_options(struct request *request, void **ret_options, struct error *err)
{
    const struct api_kind *kind = request->sub->body;
    auto_buffer struct buffer json = { .max = 1 << 20 };
    char version[256];

    api_kind_version(kind, version, sizeof(version));
    buffer_format(&json, "{\"kind\":\"%s\",\"apiVersion\":\"%s\"", kind->kind, version);
    for (size_t i = 0; i < kind->type->n_fields; i++)
        if (kind->type->fields[i].name != NULL)
            append_value(request, &kind->type->fields[i], &json);
    buffer_append_text(&json, "}");
    *ret_options = arena_zalloc(&request->arena, kind->type->size);
    int rc = api_decode_json(kind->type, arena_str(&request->arena, buffer_str(&json)), &request->arena, *ret_options,
                             NULL, err);
    if (rc == 0)
        api_default(kind, *ret_options, &request->arena);
    return rc;
}

static bool is_asked(const struct request *request)
{
    return policy_hooks_next(request->server->policies, NULL) != NULL;
}

int admission_check_connection(struct request *request, struct error *err)
{
    struct admission admission = { .request = request,
                                   .registry = request->registry,
                                   .operation = ADMISSION_CONNECT,
                                   .subresource = request->subresource,
                                   .namespace_ = request->namespace_,
                                   .name = request->name };

    if (!is_asked(request) || request->sub == NULL || request->sub->body == NULL)
        return 0;
    int rc = read_options(request, &admission.object, err);
    return rc < 0 ? rc : validate_policies(&admission, err);
}

int admission_check_binding(struct request *request, struct api_binding *binding, struct error *err)
{
    struct admission admission = { .request = request,
                                   .registry = request->registry,
                                   .operation = ADMISSION_CREATE,
                                   .subresource = request->subresource,
                                   .namespace_ = request->namespace_,
                                   .name = text_empty(request->name) ? text_or_empty(binding->metadata.name)
                                                                     : request->name,
                                   .object = binding };

    return is_asked(request) ? validate_policies(&admission, err) : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* paths.c - what can be asked of each resource: paths, operations, their parameters and bodies. */
#include <stdio.h>

#include "api/openapi/writer.h"
#include "generated/types.h"

#define PATH_SIZE 512

/* One operation: which verb allows it, how HTTP and clients name it. */
struct operation {
    unsigned verb; /* enum api_verb */
    const char *method;
    const char *action; /* x-kubernetes-action */
    const char *word;   /* of the operation's id */
    const struct api_type *options;
    bool body;
    bool list; /* answers a list */
};

static const struct operation collection_operations[] = {
    { API_LIST_VERB, "get", "list", "list", &api_type_list_options, false, true },
    { API_CREATE, "post", "post", "create", &api_type_create_options, true, false },
    { API_DELETE_COLLECTION, "delete", "deletecollection", "deleteCollection", &api_type_list_options, false, false },
};
static const struct operation item_operations[] = {
    { API_GET, "get", "get", "read", NULL, false, false },
    { API_UPDATE, "put", "put", "replace", &api_type_update_options, true, false },
    { API_PATCH, "patch", "patch", "patch", &api_type_patch_options, true, false },
    { API_DELETE, "delete", "delete", "delete", &api_type_delete_options, false, false },
};
static const struct operation subresource_operations[] = {
    { API_GET, "get", "get", "read", NULL, false, false },
    { API_CREATE, "post", "post", "create", &api_type_create_options, true, false },
    { API_UPDATE, "put", "put", "replace", &api_type_update_options, true, false },
    { API_PATCH, "patch", "patch", "patch", &api_type_patch_options, true, false },
};

/* A path with the operations it has. */
struct place {
    const struct api_resource *resource;
    const struct api_kind *kind; /* of bodies and answers */
    const struct operation *operations;
    size_t n_operations;
    unsigned verbs;
    bool namespaced;
    const char *subresource; /* or NULL */
};

const struct api_kind *openapi_resource_kind(const struct api_resource *resource)
{
    return resource->kind;
}

bool openapi_describes(const struct openapi_writer *writer, const struct api_kind *kind)
{
    return writer->group == NULL ||
           (strcmp(kind->group, writer->group) == 0 && strcmp(kind->version, writer->version) == 0);
}

static void write_parameter(struct openapi_writer *writer, const char *where, const char *name, bool required,
                            const struct api_field *field)
{
    struct buffer *out = writer->out;

    buffer_format(out, "{\"name\":\"%s\",\"in\":\"%s\",%s", name, where, required ? "\"required\":true," : "");
    if (writer->form == OPENAPI_V3)
        buffer_append_text(out, "\"schema\":{");
    buffer_append_text(out, "\"uniqueItems\":true,");
    if (field == NULL)
        buffer_append_text(out, "\"type\":\"string\"");
    else
        openapi_write_scalar(writer, field);
    buffer_append_text(out, writer->form == OPENAPI_V3 ? "}}" : "}");
}

/* Query parameters are the fields of the options type. */
static void write_options(struct openapi_writer *writer, const struct api_type *options, bool *first)
{
    for (size_t i = 0; options != NULL && i < options->n_fields; i++) {
        const struct api_field *field = &options->fields[i];
        if (field->name == NULL || field->value == API_MESSAGE)
            continue;
        if (!*first)
            buffer_append_char(writer->out, ',');
        *first = false;
        write_parameter(writer, "query", field->name, false, field);
    }
}

/* What is sent or answered: of a type, or of a custom resource. */
struct body {
    const struct api_type *type; /* NULL: any object */
    const struct api_kind *custom;
    bool list;
};

static void write_body(struct openapi_writer *writer, const struct body *body)
{
    if (body->custom != NULL)
        openapi_write_custom_ref(writer, body->custom, body->list);
    else if (body->type != NULL)
        openapi_write_ref(writer, body->type);
    else
        buffer_append_text(writer->out, "{\"type\":\"object\"}");
}

static void write_content(struct openapi_writer *writer, const char *media_type, const struct body *body)
{
    buffer_format(writer->out, "\"%s\":{\"schema\":", media_type);
    write_body(writer, body);
    buffer_append_char(writer->out, '}');
}

static const char *const patch_types[] = { "application/json-patch+json", "application/merge-patch+json",
                                           "application/apply-patch+yaml", "application/strategic-merge-patch+json" };

/* Custom resources have no strategic merge. */
static size_t n_patch_types(const struct api_kind *kind)
{
    return openapi_is_custom(kind) ? countof(patch_types) - 1 : countof(patch_types);
}

static struct body body_of(const struct api_kind *kind)
{
    return openapi_is_custom(kind) ? (struct body){ .custom = kind } : (struct body){ .type = kind->type };
}

static void write_request_body(struct openapi_writer *writer, const struct operation *operation,
                               const struct api_kind *kind)
{
    struct buffer *out = writer->out;

    buffer_append_text(out, ",\"requestBody\":{\"required\":true,\"content\":{");
    if (operation->verb == API_PATCH) {
        static const struct body any;
        for (size_t i = 0; i < n_patch_types(kind); i++) {
            if (i > 0)
                buffer_append_char(out, ',');
            write_content(writer, patch_types[i], &any);
        }
    } else {
        struct body body = body_of(kind);
        write_content(writer, "*/*", &body);
    }
    buffer_append_text(out, "}}");
}

static const struct api_type *list_type(const struct api_kind *kind)
{
    if (kind == NULL || kind->list_kind == NULL)
        return NULL;
    const struct api_kind *list = api_kind_find(str_of(kind->group), str_of(kind->version), str_of(kind->list_kind));
    return list == NULL ? NULL : list->type;
}

static void write_answer(struct openapi_writer *writer, const struct operation *operation, const struct place *place)
{
    struct body body = body_of(place->kind);
    struct buffer *out = writer->out;

    if (operation->verb == API_DELETE_COLLECTION || operation->verb == API_DELETE)
        body = (struct body){ .type = &api_type_status };
    else if (operation->list && body.custom == NULL)
        body.type = list_type(place->kind);
    body.list = operation->list;
    buffer_append_text(out, ",\"responses\":{\"200\":{\"description\":\"OK\",");
    if (writer->form == OPENAPI_V3) {
        buffer_append_text(out, "\"content\":{");
        write_content(writer, "application/json", &body);
        buffer_append_char(out, '}');
    } else {
        buffer_append_text(out, "\"schema\":");
        write_body(writer, &body);
    }
    buffer_append_text(out, "},\"401\":{\"description\":\"Unauthorized\"}}");
}

static void append_camel(struct buffer *out, const char *word)
{
    bool upper = true;

    for (const char *c = word; *c != '\0' && *c != '.'; c++) {
        if (*c == '/' || *c == '-') {
            upper = true;
            continue;
        }
        buffer_append_char(out, upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
        upper = false;
    }
}

/* "readAppsV1NamespacedDeploymentStatus" */
static void write_operation_id(const struct operation *operation, const struct place *place, bool all_namespaces,
                               struct buffer *out)
{
    const struct api_kind *served = openapi_resource_kind(place->resource);

    buffer_append_text(out, operation->word);
    append_camel(out, served->group[0] == '\0' ? "core" : served->group);
    append_camel(out, served->version);
    if (operation->verb == API_DELETE_COLLECTION)
        buffer_append_text(out, "Collection");
    if (place->namespaced)
        buffer_append_text(out, "Namespaced");
    append_camel(out, served->kind);
    if (place->subresource != NULL)
        append_camel(out, place->subresource);
    if (all_namespaces)
        buffer_append_text(out, "ForAllNamespaces");
}

static void write_operation(struct openapi_writer *writer, const struct operation *operation, const struct place *place,
                            bool all_namespaces)
{
    struct buffer *out = writer->out;
    bool first = true;

    buffer_format(out, "\"%s\":{\"operationId\":\"", operation->method);
    write_operation_id(operation, place, all_namespaces, out);
    buffer_append_char(out, '"');
    bool body_parameter = operation->body && writer->form == OPENAPI_V2;
    bool any = operation->options != NULL || body_parameter; /* an empty list is not written */
    if (any)
        buffer_append_text(out, ",\"parameters\":[");
    write_options(writer, operation->options, &first);
    if (body_parameter) {
        buffer_format(out, "%s{\"name\":\"body\",\"in\":\"body\",\"required\":true,\"schema\":", first ? "" : ",");
        if (operation->verb == API_PATCH)
            buffer_append_text(out, "{\"type\":\"object\"}");
        else
            write_body(writer, &(struct body){ openapi_is_custom(place->kind) ? NULL : place->kind->type,
                                               openapi_is_custom(place->kind) ? place->kind : NULL, false });
        buffer_append_char(out, '}');
    }
    if (any)
        buffer_append_char(out, ']');
    if (operation->body && writer->form == OPENAPI_V3)
        write_request_body(writer, operation, place->kind);
    write_answer(writer, operation, place);
    if (writer->form == OPENAPI_V2) {
        buffer_append_text(out, ",\"consumes\":[");
        for (size_t i = 0; operation->verb == API_PATCH && i < n_patch_types(place->kind); i++)
            buffer_format(out, "%s\"%s\"", i > 0 ? "," : "", patch_types[i]);
        buffer_append_text(out, operation->verb == API_PATCH ? "]" : "\"*/*\"]");
        buffer_append_text(out, ",\"produces\":[\"application/json\",\"application/yaml\","
                                "\"application/vnd.kubernetes.protobuf\"],\"schemes\":[\"https\"]");
    }
    buffer_format(out, ",\"x-kubernetes-action\":\"%s\",\"x-kubernetes-group-version-kind\":", operation->action);
    openapi_write_kind(place->kind, out);
    buffer_append_char(out, '}');
}

static void write_place(struct openapi_writer *writer, const struct place *place, bool item, bool all_namespaces,
                        bool *first_path)
{
    const struct api_kind *served = openapi_resource_kind(place->resource);
    struct buffer *out = writer->out;
    char path[PATH_SIZE];

    if ((place->verbs & (API_GET | API_LIST_VERB | API_CREATE | API_UPDATE | API_PATCH | API_DELETE)) == 0)
        return;
    snprintf(path, sizeof(path), "%s%s/%s%s/%s%s%s%s", served->group[0] == '\0' ? "/api" : "/apis/", served->group,
             served->version, place->namespaced ? "/namespaces/{namespace}" : "", place->resource->plural,
             item ? "/{name}" : "", place->subresource != NULL ? "/" : "", text_or_empty(place->subresource));
    buffer_format(out, "%s\"%s\":{", *first_path ? "" : ",", path);
    *first_path = false;
    for (size_t i = 0; i < place->n_operations; i++) {
        if (!(place->verbs & place->operations[i].verb) || (all_namespaces && !place->operations[i].list))
            continue;
        write_operation(writer, &place->operations[i], place, all_namespaces);
        buffer_append_char(out, ',');
    }
    buffer_append_text(out, "\"parameters\":[");
    if (item) {
        write_parameter(writer, "path", "name", true, NULL);
        buffer_append_char(out, ',');
    }
    if (place->namespaced) {
        write_parameter(writer, "path", "namespace", true, NULL);
        buffer_append_char(out, ',');
    }
    write_parameter(writer, "query", "pretty", false, NULL);
    buffer_append_text(out, "]}");
}

static void write_subresource(struct openapi_writer *writer, const struct api_resource *resource,
                              const struct api_subresource *subresource, bool *first)
{
    struct place place = { .resource = resource,
                           .kind = subresource->body != NULL ? subresource->body : resource->kind,
                           .operations = subresource_operations,
                           .n_operations = countof(subresource_operations),
                           .verbs = subresource->verbs,
                           .namespaced = resource->flags & API_NAMESPACED,
                           .subresource = subresource->name };

    if (!subresource->connect)
        write_place(writer, &place, true, false, first);
}

static void write_resource(struct openapi_writer *writer, const struct api_resource *resource, bool *first)
{
    struct place place = { .resource = resource,
                           .kind = resource->kind,
                           .operations = collection_operations,
                           .n_operations = countof(collection_operations),
                           .verbs = resource->verbs & (API_LIST_VERB | API_CREATE | API_DELETE_COLLECTION),
                           .namespaced = resource->flags & API_NAMESPACED };
    struct place everywhere = place;

    write_place(writer, &place, false, false, first);
    everywhere.namespaced = false;
    everywhere.verbs &= API_LIST_VERB;
    if (place.namespaced)
        write_place(writer, &everywhere, false, true, first);

    place.operations = item_operations;
    place.n_operations = countof(item_operations);
    place.verbs = resource->verbs & (API_GET | API_UPDATE | API_PATCH | API_DELETE);
    write_place(writer, &place, true, false, first);
    for (size_t i = 0; i < resource->n_subresources; i++)
        write_subresource(writer, resource, &resource->subresources[i], first);
}

void openapi_write_paths(struct openapi_writer *writer)
{
    bool first = true;

    buffer_append_char(writer->out, '{');
    for (size_t i = 0; i < api_resource_count; i++) {
        if (api_resources[i].since <= writer->server_version &&
            openapi_describes(writer, openapi_resource_kind(&api_resources[i])))
            write_resource(writer, &api_resources[i], &first);
    }
    for (size_t i = 0; i < writer->n_customs; i++)
        if (openapi_describes(writer, writer->customs[i].resource->kind))
            write_resource(writer, writer->customs[i].resource, &first);
    buffer_append_char(writer->out, '}');
}

void openapi_write(struct openapi_writer *writer)
{
    struct buffer *out = writer->out;
    bool v3 = writer->form == OPENAPI_V3;

    buffer_format(out, "{%s,\"info\":{\"title\":\"Kubernetes\",\"version\":\"1.%u\"},\"paths\":",
                  v3 ? "\"openapi\":\"3.0.0\"" : "\"swagger\":\"2.0\"", writer->server_version);
    openapi_write_paths(writer);
    buffer_append_text(out, v3 ? ",\"components\":{\"schemas\":" : ",\"definitions\":");
    openapi_write_schemas(writer);
    buffer_append_text(out, v3 ? "}}" : "}");
}

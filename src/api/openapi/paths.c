/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* paths.c - what can be asked of each resource: paths, operations, their parameters and bodies. */
#include <stdio.h>
#include <string.h>

#include "api/openapi/writer.h"
#include "generated/types.h"

#define PATH_SIZE 512

/* One operation: which verb allows it, how HTTP and clients name it. */
struct operation {
    unsigned verb; /* enum api_verb */
    const char *method;
    const char *action;  /* x-kubernetes-action */
    const char *word;    /* of the operation's id */
    const char *options; /* the query's parameters, blank-separated */
    const char *answers; /* status codes, blank-separated */
    bool body;
    bool list; /* answers a list */
};

#define LIST_OPTIONS                                                                  \
    "allowWatchBookmarks continue fieldSelector labelSelector limit resourceVersion " \
    "resourceVersionMatch sendInitialEvents shardSelector timeoutSeconds watch"
#define DELETE_OPTIONS \
    "dryRun gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents propagationPolicy"
#define COLLECTION_OPTIONS                                                                   \
    "continue dryRun fieldSelector gracePeriodSeconds "                                      \
    "ignoreStoreReadErrorWithClusterBreakingPotential labelSelector limit orphanDependents " \
    "propagationPolicy resourceVersion resourceVersionMatch sendInitialEvents shardSelector timeoutSeconds"
#define WRITE_OPTIONS "dryRun fieldManager fieldValidation"
#define PATCH_OPTIONS WRITE_OPTIONS " force"

static const struct operation collection_operations[] = {
    { API_LIST_VERB, "get", "list", "list", LIST_OPTIONS, "200", false, true },
    { API_CREATE, "post", "post", "create", WRITE_OPTIONS, "200 201 202", true, false },
    { API_DELETE_COLLECTION, "delete", "deletecollection", "delete", COLLECTION_OPTIONS, "200", true, false },
};
static const struct operation item_operations[] = {
    { API_GET, "get", "get", "read", "", "200", false, false },
    { API_UPDATE, "put", "put", "replace", WRITE_OPTIONS, "200 201", true, false },
    { API_PATCH, "patch", "patch", "patch", PATCH_OPTIONS, "200 201", true, false },
    { API_DELETE, "delete", "delete", "delete", DELETE_OPTIONS, "200 202", true, false },
};
static const struct operation subresource_operations[] = {
    { API_GET, "get", "get", "read", "", "200", false, false },
    { API_CREATE, "post", "post", "create", WRITE_OPTIONS, "200 201 202", true, false },
    { API_UPDATE, "put", "put", "replace", WRITE_OPTIONS, "200 201", true, false },
    { API_PATCH, "patch", "patch", "patch", PATCH_OPTIONS, "200 201", true, false },
};

/* Kinds whose deletion answers the object as it was last. */
static const struct api_kind *const last_states[] = {
    &api_kind_persistent_volume,
    &api_kind_persistent_volume_claim,
    &api_kind_pod,
    &api_kind_pod_template,
    &api_kind_resource_quota,
    &api_kind_service,
    &api_kind_service_account,
    &api_kind_resource_device_class,
    &api_kind_resource_resource_claim,
    &api_kind_resource_resource_claim_template,
    &api_kind_resource_resource_slice,
    &api_kind_storage_csi_driver,
    &api_kind_storage_csi_node,
    &api_kind_storage_storage_class,
    &api_kind_storage_volume_attachment,
    &api_kind_storage_volume_attributes_class,
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

static void write_parameter(struct openapi_writer *writer, const char *where, struct str name, const char *type)
{
    struct buffer *out = writer->out;
    bool required = strcmp(where, "path") == 0;

    buffer_format(out, "{\"name\":\"" STR_FMT "\",\"in\":\"%s\",%s", STR_ARG(name), where,
                  required ? "\"required\":true," : "");
    if (writer->form == OPENAPI_V3)
        buffer_format(out, "\"schema\":{\"type\":\"%s\",\"uniqueItems\":true}}", type);
    else
        buffer_format(out, "\"uniqueItems\":true,\"type\":\"%s\"}", type);
}

static const char *option_type(struct str name)
{
    static const char *const numbers[] = { "gracePeriodSeconds", "limit", "timeoutSeconds" };
    static const char *const flags[] = {
        "allowWatchBookmarks", "force", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
        "sendInitialEvents",   "watch"
    };
    for (size_t i = 0; i < countof(numbers); i++)
        if (str_is(name, numbers[i]))
            return "integer";
    for (size_t i = 0; i < countof(flags); i++)
        if (str_is(name, flags[i]))
            return "boolean";
    return "string";
}

static void write_options(struct openapi_writer *writer, const char *options, bool *first)
{
    struct str rest = str_of(options), name;
    while (str_next(&rest, ' ', &name)) {
        if (!*first)
            buffer_append_char(writer->out, ',');
        *first = false;
        write_parameter(writer, "query", name, option_type(name));
    }
}

/* What is sent or answered: of a type, or of a custom resource. */
struct body {
    const struct api_type *type;
    const struct api_kind *custom;
    bool list;
    bool patch; /* of any of the formats */
};

static void write_body(struct openapi_writer *writer, const struct body *body)
{
    if (body->custom != NULL)
        openapi_write_custom_ref(writer, body->custom, body->list);
    else if (body->patch)
        openapi_write_patch_ref(writer);
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

/* Custom resources have no strategic merge, and no protobuf. */
static const char *patch_types(const struct api_kind *kind, enum openapi_form form)
{
    static const char *const types[2][2] = {
        { "application/json-patch+json application/merge-patch+json application/strategic-merge-patch+json "
          "application/apply-patch+yaml",
          "application/json-patch+json application/merge-patch+json application/apply-patch+yaml" },
        { "application/apply-patch+yaml application/json-patch+json application/merge-patch+json "
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml application/json-patch+json application/merge-patch+json" },
    };
    return types[form == OPENAPI_V3][openapi_is_custom(kind)];
}

static const char *answer_types(const struct operation *operation, const struct api_kind *kind, enum openapi_form form)
{
    if (openapi_is_custom(kind))
        return "application/json application/yaml";
    if (form == OPENAPI_V3)
        return operation->list ? "application/json application/json;stream=watch application/vnd.kubernetes.protobuf "
                                 "application/vnd.kubernetes.protobuf;stream=watch application/yaml"
                               : "application/json application/vnd.kubernetes.protobuf application/yaml";
    return operation->list ? "application/json application/yaml application/vnd.kubernetes.protobuf "
                             "application/json;stream=watch application/vnd.kubernetes.protobuf;stream=watch"
                           : "application/json application/yaml application/vnd.kubernetes.protobuf";
}

static void write_contents(struct openapi_writer *writer, const char *media_types, const struct body *body)
{
    struct str rest = str_of(media_types), type;
    buffer_append_text(writer->out, "\"content\":{");
    for (bool first = true; str_next(&rest, ' ', &type); first = false) {
        char name[64];
        snprintf(name, sizeof(name), STR_FMT, STR_ARG(type));
        buffer_append_text(writer->out, first ? "" : ",");
        write_content(writer, name, body);
    }
    buffer_append_char(writer->out, '}');
}

static struct body body_of(const struct api_kind *kind)
{
    return openapi_is_custom(kind) ? (struct body){ .custom = kind } : (struct body){ .type = kind->type };
}

static bool deletes(const struct operation *operation)
{
    return operation->verb == API_DELETE || operation->verb == API_DELETE_COLLECTION;
}

/* Has it a body? Collections of custom resources are deleted by their query alone. */
static bool sends(const struct operation *operation, const struct api_kind *kind)
{
    return operation->body && !(operation->verb == API_DELETE_COLLECTION && openapi_is_custom(kind));
}

static struct body sent_body(const struct operation *operation, const struct api_kind *kind)
{
    if (deletes(operation))
        return (struct body){ .type = &api_type_delete_options };
    return operation->verb == API_PATCH ? (struct body){ .patch = true } : body_of(kind);
}

static void write_request_body(struct openapi_writer *writer, const struct operation *operation,
                               const struct api_kind *kind)
{
    struct body body = sent_body(operation, kind);
    const char *types = operation->verb == API_PATCH ? patch_types(kind, OPENAPI_V3)
                        : openapi_is_custom(kind)    ? "application/json application/yaml"
                                                     : "*/*";
    buffer_append_text(writer->out, ",\"requestBody\":{");
    write_contents(writer, types, &body);
    buffer_append_text(writer->out, deletes(operation) ? "}" : ",\"required\":true}");
}

static const struct api_type *list_type(const struct api_kind *kind)
{
    if (kind == NULL || kind->list_kind == NULL)
        return NULL;
    const struct api_kind *list = api_kind_find(str_of(kind->group), str_of(kind->version), str_of(kind->list_kind));
    return list == NULL ? NULL : list->type;
}

static struct body answer_of(const struct operation *operation, const struct place *place)
{
    struct body body = body_of(place->kind);
    if (operation->verb == API_DELETE)
        for (size_t i = 0; i < countof(last_states); i++)
            if (last_states[i]->type == body.type)
                return body;
    if (deletes(operation))
        return (struct body){ .type = &api_type_status };
    if (operation->list && body.custom == NULL)
        body.type = list_type(place->kind);
    body.list = operation->list;
    return body;
}

static void write_answers(struct openapi_writer *writer, const struct operation *operation, const struct place *place)
{
    static const char *const texts[] = { "OK", "Created", "Accepted" };
    struct body body = answer_of(operation, place);
    struct buffer *out = writer->out;
    bool updates_custom = operation->verb == API_PATCH && openapi_is_custom(place->kind);
    struct str rest = str_of(updates_custom ? "200" : operation->answers), code;

    buffer_append_text(out, ",\"responses\":{");
    while (str_next(&rest, ' ', &code)) {
        buffer_format(out, "\"" STR_FMT "\":{\"description\":\"%s\",", STR_ARG(code), texts[code.data[2] - '0']);
        if (writer->form == OPENAPI_V3) {
            write_contents(writer, answer_types(operation, place->kind, OPENAPI_V3), &body);
        } else {
            buffer_append_text(out, "\"schema\":");
            write_body(writer, &body);
        }
        buffer_append_text(out, "},");
    }
    buffer_append_text(out, "\"401\":{\"description\":\"Unauthorized\"}}");
}

/* "rbac.authorization.k8s.io" is "RbacAuthorization". */
static void append_camel(struct buffer *out, const char *word, bool upper)
{
    size_t size = strlen(word);
    if (str_ends((struct str){ word, size }, STR(".k8s.io")))
        size -= strlen(".k8s.io");
    for (size_t i = 0; i < size; i++) {
        char c = word[i];
        if (c == '/' || c == '-' || c == '.') {
            upper = true;
            continue;
        }
        buffer_append_char(out, upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
        upper = false;
    }
}

/* "readAppsV1NamespacedDeploymentStatus" */
static void write_operation_id(const struct operation *operation, const struct place *place, bool all_namespaces,
                               struct buffer *out)
{
    const struct api_kind *served = openapi_resource_kind(place->resource);

    buffer_append_text(out, operation->word);
    append_camel(out, served->group[0] == '\0' ? "core" : served->group, true);
    append_camel(out, served->version, true);
    if (operation->verb == API_DELETE_COLLECTION)
        buffer_append_text(out, "Collection");
    if (place->namespaced)
        buffer_append_text(out, "Namespaced");
    append_camel(out, served->kind, true);
    if (place->subresource != NULL)
        append_camel(out, place->subresource, true);
    if (all_namespaces)
        buffer_append_text(out, "ForAllNamespaces");
}

static void write_texts(struct buffer *out, const char *name, const char *texts)
{
    struct str rest = str_of(texts), text;
    buffer_format(out, "\"%s\":[", name);
    for (bool first = true; str_next(&rest, ' ', &text); first = false)
        buffer_format(out, "%s\"" STR_FMT "\"", first ? "" : ",", STR_ARG(text));
    buffer_append_text(out, "],");
}

/* Which media types go in and out; version 3 has them beside the bodies. */
static void write_media_types(struct openapi_writer *writer, const struct operation *operation,
                              const struct api_kind *kind)
{
    const char *taken = operation->verb == API_PATCH ? patch_types(kind, OPENAPI_V2)
                        : openapi_is_custom(kind)    ? "application/json application/yaml"
                                                     : "*/*";
    if (writer->form == OPENAPI_V3)
        return;
    write_texts(writer->out, "consumes", taken);
    write_texts(writer->out, "produces", answer_types(operation, kind, OPENAPI_V2));
    write_texts(writer->out, "schemes", "https");
}

/* What generators of clients name their classes by: "rbacAuthorization_v1". */
static void write_tags(struct buffer *out, const struct place *place)
{
    const struct api_kind *served = openapi_resource_kind(place->resource);
    buffer_append_text(out, "\"tags\":[\"");
    append_camel(out, served->group[0] == '\0' ? "core" : served->group, false);
    buffer_format(out, "_%s\"],", served->version);
}

static const char *options_of(const struct operation *operation, const struct api_kind *kind)
{
    if (!openapi_is_custom(kind))
        return operation->options;
    return operation->verb == API_GET                 ? "resourceVersion"
           : operation->verb == API_DELETE_COLLECTION ? LIST_OPTIONS
                                                      : operation->options;
}

static void write_parameters(struct openapi_writer *writer, const struct operation *operation,
                             const struct api_kind *kind)
{
    struct buffer *out = writer->out;
    bool first = true, body_parameter = sends(operation, kind) && writer->form == OPENAPI_V2;
    const char *options = options_of(operation, kind);

    if (options[0] == '\0' && !body_parameter) /* an empty list is not written */
        return;
    buffer_append_text(out, ",\"parameters\":[");
    if (body_parameter) {
        struct body body = sent_body(operation, kind);
        buffer_format(
            out, "{\"name\":\"body\",\"in\":\"body\",%s\"schema\":", deletes(operation) ? "" : "\"required\":true,");
        write_body(writer, &body);
        buffer_append_char(out, '}');
        first = false;
    }
    write_options(writer, options, &first);
    buffer_append_char(out, ']');
}

static void write_operation(struct openapi_writer *writer, const struct operation *operation, const struct place *place,
                            bool all_namespaces)
{
    struct buffer *out = writer->out;

    buffer_format(out, "\"%s\":{", operation->method);
    write_media_types(writer, operation, place->kind);
    write_tags(out, place);
    buffer_append_text(out, "\"operationId\":\"");
    write_operation_id(operation, place, all_namespaces, out);
    buffer_append_char(out, '"');
    write_parameters(writer, operation, place->kind);
    if (sends(operation, place->kind) && writer->form == OPENAPI_V3)
        write_request_body(writer, operation, place->kind);
    write_answers(writer, operation, place);
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
        write_parameter(writer, "path", STR("name"), "string");
        buffer_append_char(out, ',');
    }
    if (place->namespaced) {
        write_parameter(writer, "path", STR("namespace"), "string");
        buffer_append_char(out, ',');
    }
    write_parameter(writer, "query", STR("pretty"), "string");
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

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/discovery/discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "api/custom/version_priority.h"
#include "base/container/map.h"
#include "base/memory.h"
#include "crypto/digest.h"
#include "generated/types.h"

enum { PATH_SIZE = 256, GROUPS_MAX = 2048, VERSIONS_MAX = 16, ADDRESS_SIZE = 300 };

struct document {
    struct map_node node; /* in discovery.documents, by path; the aggregated ones with a '+' in front */
    struct bytes *json;
    char *etag;
    char path[PATH_SIZE];
};

struct discovery {
    const struct api_resource **resources; /* those of the table, then the others, sorted */
    size_t count;
    size_t built_in;
    const struct api_resource **ending; /* those of definitions that are being deleted */
    size_t n_ending;
    struct map documents;
    char address[ADDRESS_SIZE]; /* "10.0.0.1:6443"; "" when it is not known */
};

/* The version fields of these documents say "v1" without a group, whatever package their types are from. */
static const struct api_kind kind_versions = { "", "v1", "APIVersions", NULL, &api_type_api_versions, false };
static const struct api_kind kind_groups = { "", "v1", "APIGroupList", NULL, &api_type_api_group_list, false };
static const struct api_kind kind_group = { "", "v1", "APIGroup", NULL, &api_type_api_group, false };
static const struct api_kind kind_resources = { "", "v1", "APIResourceList", NULL, &api_type_api_resource_list, false };
static const struct api_kind kind_aggregated = { "apidiscovery.k8s.io",
                                                 "v2",
                                                 "APIGroupDiscoveryList",
                                                 NULL,
                                                 &api_type_apidiscovery_v2_api_group_discovery_list,
                                                 false };

struct discovery *discovery_create(const struct api_resource *resources, size_t count, unsigned version)
{
    struct discovery *discovery = memory_new(struct discovery);
    discovery->resources = memory_resize(NULL, count + 1, sizeof(*discovery->resources));
    for (size_t i = 0; i < count; i++)
        if (resources[i].since <= version)
            discovery->resources[discovery->count++] = &resources[i];
    discovery->built_in = discovery->count;
    return discovery;
}

static void forget_documents(struct discovery *discovery)
{
    struct document *document = NULL;
    map_for_each (&discovery->documents, document, node) {
        map_remove(&discovery->documents, &document->node);
        bytes_unref(document->json);
        free(document->etag);
        free(document);
    }
}

static int compare_resources(const struct api_resource *a, const struct api_resource *b)
{
    int order = strcmp(a->kind->group, b->kind->group);
    if (order == 0)
        order = version_priority_compare(a->kind->version, b->kind->version);
    return order != 0 ? order : strcmp(a->plural, b->plural);
}

void discovery_add(struct discovery *discovery, const struct api_resource *resource)
{
    discovery->resources = memory_resize(discovery->resources, discovery->count + 1, sizeof(*discovery->resources));
    size_t at = discovery->count++;
    for (; at > discovery->built_in && compare_resources(discovery->resources[at - 1], resource) > 0; at--)
        discovery->resources[at] = discovery->resources[at - 1];
    discovery->resources[at] = resource;
    forget_documents(discovery);
}

static size_t ending_place(const struct discovery *discovery, const struct api_resource *resource)
{
    size_t at = 0;
    while (at < discovery->n_ending && discovery->ending[at] != resource)
        at++;
    return at;
}

void discovery_set_ending(struct discovery *discovery, const struct api_resource *resource, bool ending)
{
    size_t at = ending_place(discovery, resource);
    if ((at < discovery->n_ending) == ending)
        return;
    if (ending) {
        discovery->ending = memory_resize(discovery->ending, discovery->n_ending + 1, sizeof(*discovery->ending));
        discovery->ending[discovery->n_ending++] = resource;
    } else {
        discovery->ending[at] = discovery->ending[--discovery->n_ending];
    }
    forget_documents(discovery);
}

void discovery_remove(struct discovery *discovery, const struct api_resource *resource)
{
    discovery_set_ending(discovery, resource, false);
    size_t at = discovery->built_in;
    while (at < discovery->count && discovery->resources[at] != resource)
        at++;
    if (at == discovery->count)
        return;
    discovery->count--;
    for (; at < discovery->count; at++)
        discovery->resources[at] = discovery->resources[at + 1];
    forget_documents(discovery);
}

void discovery_set_address(struct discovery *discovery, const char *address, uint16_t port)
{
    bool six = strchr(address, ':') != NULL;
    snprintf(discovery->address, sizeof(discovery->address), six ? "[%s]:%u" : "%s:%u", address, port);
}

const char *discovery_address(const struct discovery *discovery)
{
    return discovery->address;
}

void discovery_destroy(struct discovery *discovery)
{
    if (discovery == NULL)
        return;
    forget_documents(discovery);
    map_fini(&discovery->documents);
    free(discovery->resources);
    free(discovery->ending);
    free(discovery);
}

/* ---------------------------------------------------------------- what rows say */

struct verb_name {
    unsigned verb;
    const char *name;
};

static const struct verb_name verb_names[] = {
    /* in alphabetical order, as upstream lists them */
    { API_CREATE, "create" }, { API_DELETE, "delete" },  { API_DELETE_COLLECTION, "deletecollection" },
    { API_GET, "get" },       { API_LIST_VERB, "list" }, { API_PATCH, "patch" },
    { API_UPDATE, "update" }, { API_WATCH, "watch" },
};

static const char **verbs_of(unsigned verbs, struct arena *arena, size_t *ret_count)
{
    const char **names = arena_new_array(arena, const char *, countof(verb_names));
    *ret_count = 0;
    for (size_t i = 0; i < countof(verb_names); i++)
        if (verbs & verb_names[i].verb)
            names[(*ret_count)++] = verb_names[i].name;
    return names;
}

/* Those of custom resources stand in upstream's order; nothing is made or changed any more when the definition goes. */
static const char **resource_verbs(const struct discovery *discovery, const struct api_resource *resource,
                                   struct arena *arena, size_t *ret_count)
{
    static const struct verb_name custom[] = {
        { API_DELETE, "delete" }, { API_DELETE_COLLECTION, "deletecollection" },
        { API_GET, "get" },       { API_LIST_VERB, "list" },
        { API_PATCH, "patch" },   { API_CREATE, "create" },
        { API_UPDATE, "update" }, { API_WATCH, "watch" },
    };
    if (resource->kind->type != &api_type_custom_object)
        return verbs_of(resource->verbs, arena, ret_count);
    bool ending = ending_place(discovery, resource) < discovery->n_ending;
    unsigned verbs = resource->verbs & ~(ending ? API_CREATE | API_UPDATE | API_PATCH : 0u);
    const char **names = arena_new_array(arena, const char *, countof(custom));
    *ret_count = 0;
    for (size_t i = 0; i < countof(custom); i++)
        if (verbs & custom[i].verb)
            names[(*ret_count)++] = custom[i].name;
    return names;
}

static size_t text_count(const char *const *texts)
{
    size_t count = 0;
    while (texts != NULL && texts[count] != NULL)
        count++;
    return count;
}

static bool in_version(const struct api_resource *resource, struct str group, struct str version)
{
    return str_is(group, resource->kind->group) && str_is(version, resource->kind->version);
}

/* ---------------------------------------------------------------- plain discovery */

static struct api_api_resource plain_resource(const struct discovery *discovery, const struct api_resource *resource,
                                              struct arena *arena)
{
    struct api_api_resource row = {
        .name = resource->plural,
        .singular_name = resource->singular,
        .namespaced = (resource->flags & API_NAMESPACED) != 0,
        .kind = resource->kind->kind,
        .short_names = (const char **)resource->short_names,
        .n_short_names = text_count(resource->short_names),
        .categories = (const char **)resource->categories,
        .n_categories = text_count(resource->categories),
        .storage_version_hash = resource->storage_version_hash,
    };
    row.verbs.items = resource_verbs(discovery, resource, arena, &row.verbs.n_items);
    return row;
}

static struct api_api_resource plain_subresource(const struct api_resource *resource, const struct api_subresource *sub,
                                                 struct arena *arena)
{
    const struct api_kind *kind = sub->body != NULL ? sub->body : resource->kind;
    bool foreign =
        strcmp(kind->group, resource->kind->group) != 0 || strcmp(kind->version, resource->kind->version) != 0;
    struct api_api_resource row = {
        .name = arena_format(arena, "%s/%s", resource->plural, sub->name),
        .namespaced = (resource->flags & API_NAMESPACED) != 0,
        .group = foreign ? kind->group : NULL,
        .version = foreign ? kind->version : NULL,
        .kind = kind->kind,
    };
    row.verbs.items = verbs_of(sub->verbs, arena, &row.verbs.n_items);
    return row;
}

static bool build_resources(const struct discovery *discovery, struct str group, struct str version, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    struct api_api_resource_list list = { 0 };
    size_t rows = 0;
    for (size_t i = 0; i < discovery->count; i++)
        rows += in_version(discovery->resources[i], group, version) ? 1 + discovery->resources[i]->n_subresources : 0;
    if (rows == 0)
        return false;
    list.resources = arena_new_array(&arena, struct api_api_resource, rows);
    list.group_version = group.size == 0 ? arena_strndup(&arena, version.data, version.size)
                                         : arena_format(&arena, STR_FMT "/" STR_FMT, STR_ARG(group), STR_ARG(version));
    for (size_t i = 0; i < discovery->count; i++) {
        const struct api_resource *resource = discovery->resources[i];
        if (!in_version(resource, group, version))
            continue;
        list.resources[list.n_resources++] = plain_resource(discovery, resource, &arena);
        for (size_t j = 0; j < resource->n_subresources; j++)
            list.resources[list.n_resources++] = plain_subresource(resource, &resource->subresources[j], &arena);
    }
    api_encode_json(kind_resources.type, &kind_resources, &list, out);
    return true;
}

/* The versions of a group in preference order, which is the order of the rows. */
static bool describe_group(const struct discovery *discovery, const char *group, struct arena *arena,
                           struct api_api_group *ret_group)
{
    struct api_api_group found = { .name = group };
    found.versions = arena_new_array(arena, struct api_group_version_for_discovery, VERSIONS_MAX);
    for (size_t i = 0; i < discovery->count; i++) {
        const struct api_kind *kind = discovery->resources[i]->kind;
        bool known = strcmp(kind->group, group) != 0 || found.n_versions == VERSIONS_MAX;
        for (size_t j = 0; !known && j < found.n_versions; j++)
            known = strcmp(found.versions[j].version, kind->version) == 0;
        if (known)
            continue;
        struct api_group_version_for_discovery *version = &found.versions[found.n_versions++];
        version->version = kind->version;
        version->group_version = arena_format(arena, "%s/%s", group, kind->version);
    }
    if (found.n_versions == 0)
        return false;
    found.preferred_version = found.versions[0];
    *ret_group = found;
    return true;
}

/* Names of the groups, each once, in order; the core group (served under /api) is left out. */
static size_t list_groups(const struct discovery *discovery, const char *groups[GROUPS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < discovery->count && count < GROUPS_MAX; i++) {
        const char *group = discovery->resources[i]->kind->group;
        bool known = group[0] == '\0';
        for (size_t j = 0; !known && j < count; j++)
            known = strcmp(groups[j], group) == 0;
        if (!known)
            groups[count++] = group;
    }
    return count;
}

static bool build_groups(const struct discovery *discovery, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    const char *groups[GROUPS_MAX];
    size_t count = list_groups(discovery, groups);
    struct api_api_group_list list = { .groups = arena_new_array(&arena, struct api_api_group, count + 1) };
    for (size_t i = 0; i < count; i++)
        if (describe_group(discovery, groups[i], &arena, &list.groups[list.n_groups]))
            list.n_groups++;
    api_encode_json(kind_groups.type, &kind_groups, &list, out);
    return true;
}

static bool build_group(const struct discovery *discovery, struct str group, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    struct api_api_group found;
    if (group.size == 0 || !describe_group(discovery, arena_strndup(&arena, group.data, group.size), &arena, &found))
        return false;
    api_encode_json(kind_group.type, &kind_group, &found, out);
    return true;
}

static bool build_versions(const struct discovery *discovery, struct buffer *out)
{
    const char *names[] = { "v1" };
    struct api_server_address_by_client_cidr any = { .client_cidr = "0.0.0.0/0", .server_address = discovery->address };
    const struct api_api_versions versions = { .versions = names,
                                               .n_versions = 1,
                                               .server_address_by_client_cidrs = &any,
                                               .n_server_address_by_client_cidrs = 1 };
    api_encode_json(kind_versions.type, &kind_versions, &versions, out);
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool build_root(const struct discovery *discovery, struct buffer *out)
{
    static const char *const fixed[] = { "/.well-known/openid-configuration",
                                         "/api",
                                         "/api/v1",
                                         "/apis",
                                         "/apis/",
                                         "/healthz",
                                         "/livez",
                                         "/metrics",
                                         "/metrics/slis",
                                         "/openapi/v2",
                                         "/openapi/v3",
                                         "/openapi/v3/",
                                         "/openid/v1/jwks",
                                         "/readyz",
                                         "/version" };
    auto_arena struct arena arena = { 0 };
    const char *groups[GROUPS_MAX];
    size_t count = list_groups(discovery, groups), paths = countof(fixed);
    const char **texts = arena_new_array(&arena, const char *, countof(fixed) + count * (VERSIONS_MAX + 1));
    memcpy(texts, fixed, sizeof(fixed));
    for (size_t i = 0; i < count; i++) {
        struct api_api_group group;
        if (!describe_group(discovery, groups[i], &arena, &group))
            continue;
        texts[paths++] = arena_format(&arena, "/apis/%s", groups[i]);
        for (size_t j = 0; j < group.n_versions; j++)
            texts[paths++] = arena_format(&arena, "/apis/%s", group.versions[j].group_version);
    }
    qsort(texts, paths, sizeof(*texts), compare_texts);
    buffer_append_text(out, "{\"paths\":[");
    for (size_t i = 0; i < paths; i++) /* group names have no characters that JSON escapes */
        buffer_format(out, "%s\"%s\"", i > 0 ? "," : "", texts[i]);
    buffer_append_text(out, "]}");
    return true;
}

/* ---------------------------------------------------------------- aggregated discovery */

/* Of a built-in kind of the very version, group and version are left out: whoever reads fills in those around it. */
static struct api_group_version_kind *kind_reference(const struct api_resource *resource, const struct api_kind *kind,
                                                     struct arena *arena)
{
    struct api_group_version_kind *reference = arena_new(arena, struct api_group_version_kind);
    bool own = resource->kind->type != &api_type_custom_object && strcmp(kind->group, resource->kind->group) == 0 &&
               strcmp(kind->version, resource->kind->version) == 0;
    *reference = (struct api_group_version_kind){ own ? "" : kind->group, own ? "" : kind->version, kind->kind };
    return reference;
}

static struct api_apidiscovery_v2_api_resource_discovery
aggregated_resource(const struct discovery *discovery, const struct api_resource *resource, struct arena *arena)
{
    struct api_apidiscovery_v2_api_resource_discovery row = {
        .resource = resource->plural,
        .response_kind = kind_reference(resource, resource->kind, arena),
        .scope = (resource->flags & API_NAMESPACED) != 0 ? "Namespaced" : "Cluster",
        .singular_resource = resource->singular,
        .short_names = (const char **)resource->short_names,
        .n_short_names = text_count(resource->short_names),
        .categories = (const char **)resource->categories,
        .n_categories = text_count(resource->categories),
    };
    row.verbs = resource_verbs(discovery, resource, arena, &row.n_verbs);
    row.subresources =
        arena_new_array(arena, struct api_apidiscovery_v2_api_subresource_discovery, resource->n_subresources + 1);
    for (size_t i = 0; i < resource->n_subresources; i++) {
        const struct api_subresource *sub = &resource->subresources[i];
        struct api_apidiscovery_v2_api_subresource_discovery *out = &row.subresources[row.n_subresources++];
        out->subresource = sub->name;
        out->response_kind = kind_reference(resource, sub->body != NULL ? sub->body : resource->kind, arena);
        out->verbs = verbs_of(sub->verbs, arena, &out->n_verbs);
    }
    return row;
}

static void aggregated_group(const struct discovery *discovery, const struct api_api_group *group, struct arena *arena,
                             struct api_apidiscovery_v2_api_group_discovery *out)
{
    out->metadata.name = group->name;
    out->versions = arena_new_array(arena, struct api_apidiscovery_v2_api_version_discovery, group->n_versions + 1);
    for (size_t i = 0; i < group->n_versions; i++) {
        struct api_apidiscovery_v2_api_version_discovery *version = &out->versions[out->n_versions++];
        version->version = group->versions[i].version;
        version->freshness = "Current";
        version->resources =
            arena_new_array(arena, struct api_apidiscovery_v2_api_resource_discovery, discovery->count + 1);
        for (size_t j = 0; j < discovery->count; j++)
            if (in_version(discovery->resources[j], str_of(group->name), str_of(version->version)))
                version->resources[version->n_resources++] =
                    aggregated_resource(discovery, discovery->resources[j], arena);
    }
}

static bool build_aggregated(const struct discovery *discovery, bool core, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    const char *groups[GROUPS_MAX] = { "" };
    size_t count = core ? 1 : list_groups(discovery, groups);
    struct api_apidiscovery_v2_api_group_discovery_list list = {
        .items = arena_new_array(&arena, struct api_apidiscovery_v2_api_group_discovery, count + 1),
    };
    for (size_t i = 0; i < count; i++) {
        struct api_api_group group;
        if (describe_group(discovery, groups[i], &arena, &group))
            aggregated_group(discovery, &group, &arena, &list.items[list.n_items++]);
    }
    api_encode_json(kind_aggregated.type, &kind_aggregated, &list, out);
    return true;
}

/* ---------------------------------------------------------------- looking up */

static bool build(const struct discovery *discovery, struct str path, bool aggregated, struct buffer *out)
{
    if (path.size == 0)
        return build_root(discovery, out);
    if (str_is(path, "/api"))
        return aggregated ? build_aggregated(discovery, true, out) : build_versions(discovery, out);
    if (str_is(path, "/apis"))
        return aggregated ? build_aggregated(discovery, false, out) : build_groups(discovery, out);
    if (str_is(path, "/api/v1"))
        return build_resources(discovery, (struct str){ "", 0 }, STR("v1"), out);
    if (!str_starts(path, STR("/apis/")))
        return false;
    struct str rest = str_skip(path, sizeof("/apis/") - 1), group = { 0 }, version = { 0 };
    str_next(&rest, '/', &group);
    if (!str_next(&rest, '/', &version))
        return build_group(discovery, group, out);
    return rest.data == NULL && build_resources(discovery, group, version, out);
}

static const struct api_kind *kind_at(struct str path, bool aggregated)
{
    if (path.size == 0)
        return NULL;
    if (aggregated)
        return &kind_aggregated;
    if (str_is(path, "/api"))
        return &kind_versions;
    if (str_is(path, "/apis"))
        return &kind_groups;
    struct str rest = str_skip(path, 1), part;
    bool core = str_next(&rest, '/', &part) && str_is(part, "api");
    (void)str_next(&rest, '/', &part);
    return core || rest.data != NULL ? &kind_resources : &kind_group;
}

static struct document *add_document(struct discovery *discovery, const char *key, bool aggregated,
                                     const struct buffer *json)
{
    struct document *document = memory_new(struct document);
    snprintf(document->path, sizeof(document->path), "%s", key);
    document->json = bytes_create(json->data, json->size);
    if (aggregated) {
        char digest[DIGEST_SHA256_HEX_SIZE];
        digest_sha256_hex(buffer_str(json), digest);
        document->etag = memory_format("\"%s\"", digest);
    }
    map_insert(&discovery->documents, str_of(document->path), &document->node);
    return document;
}

bool discovery_find(struct discovery *discovery, struct str path, bool aggregated,
                    struct discovery_document *ret_document)
{
    if (path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    aggregated = aggregated && (str_is(path, "/api") || str_is(path, "/apis"));
    char key[PATH_SIZE];
    if (snprintf(key, sizeof(key), "%s" STR_FMT, aggregated ? "+" : "", STR_ARG(path)) >= PATH_SIZE)
        return false;
    struct document *document = map_find_entry(&discovery->documents, str_of(key), struct document, node);
    if (document == NULL) {
        auto_buffer struct buffer json = { 0 };
        if (!build(discovery, path, aggregated, &json))
            return false;
        document = add_document(discovery, key, aggregated, &json);
    }
    *ret_document = (struct discovery_document){ document->json, document->etag, kind_at(path, aggregated) };
    return true;
}

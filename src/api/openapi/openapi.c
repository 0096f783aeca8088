/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* openapi.c - which documents there are, made once each. */
#include "api/openapi/openapi.h"

#include <stdio.h>

#include "api/openapi/writer.h"
#include "base/memory.h"

#define DOCUMENT_SIZE_MAX ((size_t)32 << 20)
#define HASH_TEXT_SIZE    20

/* One group and version. */
struct document {
    const char *group;
    const char *version;
    char hash[HASH_TEXT_SIZE];
    struct bytes *bytes; /* NULL: not made yet */
};

struct openapi {
    unsigned version;
    struct document *documents; /* of built-in groups first */
    size_t count, built_in;
    struct openapi_custom *customs;
    size_t n_customs;
    struct bytes *index;
    struct bytes *swagger, *swagger_protobuf;
    char swagger_hash[HASH_TEXT_SIZE], swagger_protobuf_hash[HASH_TEXT_SIZE];
};

static struct document *find_document(struct openapi *openapi, struct str group, struct str version)
{
    for (size_t i = 0; i < openapi->count; i++)
        if (str_is(group, openapi->documents[i].group) && str_is(version, openapi->documents[i].version))
            return &openapi->documents[i];
    return NULL;
}

struct openapi *openapi_create(unsigned version)
{
    struct openapi *openapi = memory_new(struct openapi);

    openapi->version = version;
    openapi->documents = memory_zalloc((api_resource_count + 1) * sizeof(*openapi->documents));
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_kind *kind = openapi_resource_kind(&api_resources[i]);
        if (api_resources[i].since > version)
            continue;
        if (find_document(openapi, str_of(kind->group), str_of(kind->version)) == NULL)
            openapi->documents[openapi->count++] = (struct document){ .group = kind->group, .version = kind->version };
    }
    openapi->built_in = openapi->count;
    return openapi;
}

static void forget(struct openapi *openapi)
{
    for (size_t i = openapi->built_in; i < openapi->count; i++)
        bytes_unref(openapi->documents[i].bytes);
    openapi->count = openapi->built_in;
    bytes_unref(take_pointer(&openapi->index));
    bytes_unref(take_pointer(&openapi->swagger));
    bytes_unref(take_pointer(&openapi->swagger_protobuf));
}

void openapi_set_customs(struct openapi *openapi, const struct openapi_custom *customs, size_t count)
{
    forget(openapi);
    openapi->customs = memory_resize(openapi->customs, count + 1, sizeof(*openapi->customs));
    openapi->documents = memory_resize(openapi->documents, openapi->built_in + count + 1, sizeof(*openapi->documents));
    openapi->n_customs = count;
    for (size_t i = 0; i < count; i++) {
        const struct api_kind *kind = customs[i].resource->kind;
        openapi->customs[i] = customs[i];
        if (find_document(openapi, str_of(kind->group), str_of(kind->version)) == NULL)
            openapi->documents[openapi->count++] = (struct document){ .group = kind->group, .version = kind->version };
    }
}

void openapi_destroy(struct openapi *openapi)
{
    if (openapi == NULL)
        return;
    forget(openapi);
    for (size_t i = 0; i < openapi->count; i++)
        bytes_unref(openapi->documents[i].bytes);
    free(openapi->customs);
    free(openapi->documents);
    free(openapi);
}

static struct bytes *make(const struct openapi *openapi, enum openapi_form form, const char *group,
                          const char *gv_version)
{
    auto_buffer struct buffer out = { .max = DOCUMENT_SIZE_MAX };
    struct descriptions *descriptions = descriptions_create();
    struct openapi_writer writer = {
        .form = form,
        .group = group,
        .version = gv_version,
        .server_version = openapi->version,
        .descriptions = descriptions,
        .customs = openapi->customs,
        .n_customs = openapi->n_customs,
        .out = &out,
    };

    openapi_write(&writer);
    descriptions_destroy(descriptions);
    return bytes_create(out.data, out.size);
}

static void write_hash(const struct bytes *bytes, char text[HASH_TEXT_SIZE])
{
    snprintf(text, HASH_TEXT_SIZE, "%016llX", (unsigned long long)str_hash(bytes_str(bytes)));
}

static void make_document(struct openapi *openapi, struct document *document)
{
    if (document->bytes != NULL)
        return;
    document->bytes = make(openapi, OPENAPI_V3, document->group, document->version);
    write_hash(document->bytes, document->hash);
}

struct bytes *openapi_v3_index(struct openapi *openapi)
{
    auto_buffer struct buffer out = { .max = DOCUMENT_SIZE_MAX };

    if (openapi->index != NULL)
        return openapi->index;
    buffer_append_text(&out, "{\"paths\":{");
    for (size_t i = 0; i < openapi->count; i++) {
        struct document *document = &openapi->documents[i];
        char path[300];
        bool made = document->bytes != NULL || document->hash[0] != '\0';
        if (!made)
            make_document(openapi, document);
        /* Only the hash is wanted now; most documents are never asked for. */
        if (!made) {
            bytes_unref(document->bytes);
            document->bytes = NULL;
        }
        snprintf(path, sizeof(path), "%s%s/%s", document->group[0] == '\0' ? "api" : "apis/", document->group,
                 document->version);
        buffer_format(&out, "%s\"%s\":{\"serverRelativeURL\":\"/openapi/v3/%s?hash=%s\"}", i > 0 ? "," : "", path, path,
                      document->hash);
    }
    buffer_append_text(&out, "}}");
    openapi->index = bytes_create(out.data, out.size);
    return openapi->index;
}

struct bytes *openapi_v3_document(struct openapi *openapi, struct str path, const char **ret_hash)
{
    struct str root, group = STR(""), version = { 0 };

    if (!str_next(&path, '/', &root) || (!str_is(root, "api") && !str_is(root, "apis")))
        return NULL;
    if (str_is(root, "apis") && !str_next(&path, '/', &group))
        return NULL;
    if (!str_next(&path, '/', &version) || path.size > 0)
        return NULL;
    struct document *document = find_document(openapi, group, version);
    if (document == NULL || (str_is(root, "apis") && group.size == 0))
        return NULL;
    make_document(openapi, document);
    *ret_hash = document->hash;
    return document->bytes;
}

int openapi_v3_protobuf(struct openapi *openapi, struct str path, struct bytes **ret_bytes, struct error *err)
{
    auto_buffer struct buffer out = { .max = DOCUMENT_SIZE_MAX };
    const char *hash;
    struct bytes *json = openapi_v3_document(openapi, path, &hash);

    *ret_bytes = NULL;
    if (json == NULL)
        return 0;
    int rc = openapi_to_protobuf(bytes_str(json), &out, err);
    if (rc == 0)
        *ret_bytes = bytes_create(out.data, out.size);
    return rc;
}

struct bytes *openapi_v2_document(struct openapi *openapi, const char **ret_hash)
{
    if (openapi->swagger == NULL) {
        openapi->swagger = make(openapi, OPENAPI_V2, NULL, NULL);
        write_hash(openapi->swagger, openapi->swagger_hash);
    }
    if (ret_hash != NULL)
        *ret_hash = openapi->swagger_hash;
    return openapi->swagger;
}

struct bytes *openapi_v2_protobuf(struct openapi *openapi, const char **ret_hash, struct error *err)
{
    auto_buffer struct buffer out = { .max = DOCUMENT_SIZE_MAX };

    if (openapi->swagger_protobuf == NULL) {
        if (swagger_to_protobuf(bytes_str(openapi_v2_document(openapi, NULL)), &out, err) < 0)
            return NULL;
        openapi->swagger_protobuf = bytes_create(out.data, out.size);
        write_hash(openapi->swagger_protobuf, openapi->swagger_protobuf_hash);
    }
    if (ret_hash != NULL)
        *ret_hash = openapi->swagger_protobuf_hash;
    return openapi->swagger_protobuf;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/negotiation.h"

#define CLAUSES_MAX 32

struct clause {
    struct str type;
    struct str as, group, version;
    int weight; /* thousandths */
};

static int weight_of(struct str text)
{
    if (text.size == 0 || text.data[0] != '0')
        return 1000;
    int weight = 0, unit = 100;
    for (size_t i = 2; i < text.size && unit > 0; i++, unit /= 10)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            weight += (text.data[i] - '0') * unit;
    return weight;
}

static struct clause read_clause(struct str text)
{
    struct clause clause = { .weight = 1000 };
    struct str rest = text, part;
    if (!str_next(&rest, ';', &part))
        return clause;
    clause.type = str_trim(part);
    while (str_next(&rest, ';', &part)) {
        struct str parameter = str_trim(part);
        size_t equals = str_find(parameter, '=');
        if (equals == parameter.size)
            continue;
        struct str name = { parameter.data, equals }, value = str_skip(parameter, equals + 1);
        if (str_is(name, "as"))
            clause.as = value;
        else if (str_is(name, "g"))
            clause.group = value;
        else if (str_is(name, "v"))
            clause.version = value;
        else if (str_is(name, "q"))
            clause.weight = weight_of(value);
    }
    return clause;
}

static bool format_of(struct str type, enum media_format *ret_format)
{
    static const struct {
        const char *type;
        enum media_format format;
    } formats[] = {
        { "application/json", MEDIA_JSON },
        { "*/*", MEDIA_JSON },
        { "application/*", MEDIA_JSON },
        { "application/yaml", MEDIA_YAML },
        { "application/vnd.kubernetes.protobuf", MEDIA_PROTOBUF },
    };
    for (size_t i = 0; i < countof(formats); i++) {
        if (str_equal_nocase(type, str_of(formats[i].type))) {
            *ret_format = formats[i].format;
            return true;
        }
    }
    return false;
}

static bool shape_of(const struct clause *clause, bool shapes, enum media_format format, enum media_shape *ret_shape)
{
    *ret_shape = SHAPE_OBJECT;
    if (clause->as.size == 0)
        return true;
    if (!shapes || !str_is(clause->group, "meta.k8s.io") || !str_is(clause->version, "v1"))
        return false;
    if (str_is(clause->as, "Table"))
        *ret_shape = SHAPE_TABLE;
    else if (str_is(clause->as, "PartialObjectMetadata"))
        *ret_shape = SHAPE_METADATA;
    else if (str_is(clause->as, "PartialObjectMetadataList"))
        *ret_shape = SHAPE_METADATA_LIST;
    else
        return false;
    return *ret_shape != SHAPE_TABLE || format != MEDIA_PROTOBUF; /* tables have no protobuf form */
}

bool media_negotiate(struct str accept, bool shapes, struct media *ret_media)
{
    struct str rest = accept, text;
    int best = 0;
    bool empty = true;
    for (size_t i = 0; i < CLAUSES_MAX && str_next(&rest, ',', &text); i++) {
        struct clause clause = read_clause(text);
        struct media media;
        if (clause.type.size == 0)
            continue;
        empty = false;
        if (clause.weight <= best || !format_of(clause.type, &media.format) ||
            !shape_of(&clause, shapes, media.format, &media.shape))
            continue;
        best = clause.weight;
        *ret_media = media;
    }
    if (empty)
        *ret_media = (struct media){ MEDIA_JSON, SHAPE_OBJECT };
    return empty || best > 0;
}

static struct str bare_type(struct str content_type)
{
    return str_trim((struct str){ content_type.data, str_find(content_type, ';') });
}

bool media_of_body(struct str content_type, enum body_format *ret_format)
{
    static const enum body_format formats[] = {
        [MEDIA_JSON] = BODY_JSON, [MEDIA_YAML] = BODY_YAML, [MEDIA_PROTOBUF] = BODY_PROTOBUF
    };
    enum media_format format = MEDIA_JSON;
    struct str type = bare_type(content_type);
    if (type.size > 0 && (!format_of(type, &format) || type.data[type.size - 1] == '*'))
        return false;
    *ret_format = formats[format];
    return true;
}

bool media_of_patch(struct str content_type, enum client_patch *ret_patch)
{
    static const struct {
        const char *type;
        enum client_patch patch;
    } patches[] = {
        { "application/json-patch+json", CLIENT_PATCH_JSON },
        { "application/merge-patch+json", CLIENT_PATCH_MERGE },
        { "application/strategic-merge-patch+json", CLIENT_PATCH_STRATEGIC },
        { "application/apply-patch+yaml", CLIENT_PATCH_APPLY },
    };
    struct str type = bare_type(content_type);
    for (size_t i = 0; i < countof(patches); i++) {
        if (str_equal_nocase(type, str_of(patches[i].type))) {
            *ret_patch = patches[i].patch;
            return true;
        }
    }
    return false;
}

const char *media_content_type(const struct media *media, bool watch)
{
    switch (media->format) {
    case MEDIA_YAML:
        return "application/yaml";
    case MEDIA_PROTOBUF:
        return watch ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/vnd.kubernetes.protobuf";
    case MEDIA_JSON:
        break;
    }
    return "application/json";
}

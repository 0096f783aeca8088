/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/negotiation.h"

#define CLAUSES_MAX 32
#define WEIGHT_FULL 1000 /* thousandths */

/* One of the alternatives of an Accept header. */
struct clause {
    struct str type, subtype;
    struct str as, group, version;
    struct str stream, server_version;
    bool converts; /* as, g or v is there */
    bool pretty;
    int weight; /* thousandths; -1: no media type */
};

static int weight_of(struct str text)
{
    if (text.size == 0 || text.data[0] != '0')
        return WEIGHT_FULL;
    int weight = 0, unit = WEIGHT_FULL / 10;
    for (size_t i = 2; i < text.size && unit > 0; i++, unit /= 10)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            weight += (text.data[i] - '0') * unit;
    return weight;
}

static void read_parameter(struct clause *clause, struct str name, struct str value)
{
    const struct {
        const char *name;
        struct str *value;
        bool converts;
    } known[] = {
        { "as", &clause->as, true },
        { "g", &clause->group, true },
        { "v", &clause->version, true },
        { "stream", &clause->stream, false },
        { "sv", &clause->server_version, false },
    };
    for (size_t i = 0; i < countof(known); i++) {
        if (str_is(name, known[i].name)) {
            *known[i].value = value;
            clause->converts |= known[i].converts;
        }
    }
    if (str_is(name, "q"))
        clause->weight = weight_of(value);
    else if (str_is(name, "pretty"))
        clause->pretty = str_is(value, "1");
}

static struct clause read_clause(struct str text)
{
    struct clause clause = { .weight = -1 };
    struct str rest = text, part;
    if (!str_next(&rest, ';', &part))
        return clause;
    struct str type = str_trim(part);
    size_t slash = str_find(type, '/');
    if (slash == type.size && !str_is(type, "*"))
        return clause;
    clause.type = (struct str){ type.data, slash };
    clause.subtype = slash == type.size ? type : str_skip(type, slash + 1);
    clause.weight = WEIGHT_FULL;
    while (str_next(&rest, ';', &part)) {
        size_t equals = str_find(part, '=');
        if (equals < part.size)
            read_parameter(&clause, str_trim((struct str){ part.data, equals }), str_trim(str_skip(part, equals + 1)));
    }
    return clause;
}

/* All alternatives, the best first: by weight, then those without stars, then as they stand. */
static size_t read_clauses(struct str accept, struct clause clauses[CLAUSES_MAX])
{
    struct str rest = accept, text;
    size_t count = 0;
    while (count < CLAUSES_MAX && str_next(&rest, ',', &text)) {
        struct clause clause = read_clause(text);
        int stars = str_is(clause.type, "*") ? 2 : str_is(clause.subtype, "*");
        if (clause.weight <= 0)
            continue;
        size_t at = count++;
        for (; at > 0; at--) {
            const struct clause *other = &clauses[at - 1];
            int others = str_is(other->type, "*") ? 2 : str_is(other->subtype, "*");
            if (other->weight > clause.weight || (other->weight == clause.weight && others <= stars))
                break;
            clauses[at] = *other;
        }
        clauses[at] = clause;
    }
    return count;
}

static const struct {
    const char *subtype;
    bool streams;
} formats[] = {
    [MEDIA_JSON] = { "json", true },
    [MEDIA_YAML] = { "yaml", false },
    [MEDIA_PROTOBUF] = { "vnd.kubernetes.protobuf", true },
};

static bool type_fits(const struct clause *clause, enum media_format format)
{
    if (str_is(clause->type, "*"))
        return str_is(clause->subtype, "*");
    return str_equal_nocase(clause->type, STR("application")) &&
           (str_is(clause->subtype, "*") || str_equal_nocase(clause->subtype, str_of(formats[format].subtype)));
}

static bool transform_fits(const struct clause *clause, enum media_transforms transforms, enum media_format format,
                           struct media *media)
{
    media->shape = SHAPE_OBJECT;
    if (!clause->converts)
        return true;
    media->beta = str_is(clause->version, "v1beta1");
    if (!str_is(clause->group, "meta.k8s.io") || (!media->beta && !str_is(clause->version, "v1")))
        return false;
    if (str_is(clause->as, "Table"))
        media->shape = SHAPE_TABLE;
    else if (str_is(clause->as, "PartialObjectMetadata"))
        media->shape = SHAPE_METADATA;
    else if (str_is(clause->as, "PartialObjectMetadataList"))
        media->shape = SHAPE_METADATA_LIST;
    else
        return false;
    if (media->shape == SHAPE_TABLE) /* tables have no protobuf form */
        return transforms == TRANSFORM_ALL && format != MEDIA_PROTOBUF;
    return transforms != TRANSFORM_NONE;
}

static bool parameters_fit(const struct clause *clause, enum media_format format)
{
    if (clause->stream.size > 0 && (!formats[format].streams || !str_is(clause->stream, "watch")))
        return false;
    return clause->server_version.size == 0 || str_is(clause->server_version, "v1");
}

static bool negotiate(struct str accept, enum media_transforms transforms, bool custom, struct media *ret_media)
{
    struct clause clauses[CLAUSES_MAX];
    if (accept.size == 0) {
        *ret_media = (struct media){ .format = MEDIA_JSON };
        return true;
    }
    size_t count = read_clauses(accept, clauses);
    for (size_t i = 0; i < count; i++) {
        for (enum media_format format = MEDIA_JSON; format <= MEDIA_PROTOBUF; format++) {
            struct media media = { .format = format, .pretty = clauses[i].pretty };
            if (!type_fits(&clauses[i], format) || !parameters_fit(&clauses[i], format) ||
                !transform_fits(&clauses[i], transforms, format, &media))
                continue;
            if (custom && format == MEDIA_PROTOBUF && media.shape == SHAPE_OBJECT)
                continue;
            *ret_media = media;
            return true;
        }
    }
    return false;
}

bool media_negotiate(struct str accept, enum media_transforms transforms, struct media *ret_media)
{
    return negotiate(accept, transforms, false, ret_media);
}

bool media_negotiate_custom(struct str accept, enum media_transforms transforms, struct media *ret_media)
{
    return negotiate(accept, transforms, true, ret_media);
}

bool media_wants_aggregated_discovery(struct str accept, struct media *ret_media)
{
    struct clause clauses[CLAUSES_MAX];
    size_t count = read_clauses(accept, clauses);
    for (size_t i = 0; i < count; i++) {
        const struct clause *clause = &clauses[i];
        if (!str_is(clause->as, "APIGroupDiscoveryList") || !str_is(clause->group, "apidiscovery.k8s.io") ||
            !str_is(clause->version, "v2"))
            continue;
        for (enum media_format format = MEDIA_JSON; format <= MEDIA_PROTOBUF; format++) {
            if (!type_fits(clause, format) || !parameters_fit(clause, format))
                continue;
            *ret_media = (struct media){ .format = format, .pretty = clause->pretty };
            return true;
        }
    }
    return false;
}

static struct str bare_type(struct str content_type)
{
    return str_trim((struct str){ content_type.data, str_find(content_type, ';') });
}

bool media_of_body(struct str content_type, enum body_format *ret_format)
{
    static const struct {
        const char *type;
        enum body_format format;
    } bodies[] = {
        { "", BODY_JSON },
        { "application/json", BODY_JSON },
        { "application/yaml", BODY_YAML },
        { "application/vnd.kubernetes.protobuf", BODY_PROTOBUF },
    };
    struct str type = bare_type(content_type);
    for (size_t i = 0; i < countof(bodies); i++) {
        if (str_equal_nocase(type, str_of(bodies[i].type))) {
            *ret_format = bodies[i].format;
            return true;
        }
    }
    return false;
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

const char *media_meta_version(const struct media *media)
{
    return media->beta ? "v1beta1" : "v1";
}

bool media_accepts_gzip(struct str accept_encoding)
{
    struct str rest = accept_encoding, coding, parameter;
    while (str_next(&rest, ',', &coding)) {
        if (!str_is(str_trim((struct str){ coding.data, str_find(coding, ';') }), "gzip"))
            continue;
        (void)str_next(&coding, ';', &parameter);
        while (str_next(&coding, ';', &parameter)) {
            struct str trimmed = str_trim(parameter);
            if (str_starts(trimmed, STR("q=")) && weight_of(str_skip(trimmed, 2)) == 0)
                return false;
        }
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/openapi/descriptions.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/container/map.h"
#include "base/memory.h"

#define PACKAGE   "package "
#define NAME_SIZE 256

extern const unsigned char descriptions_text[];
extern const size_t descriptions_text_size, descriptions_text_unpacked_size;

/* A type's line and those of its fields, which follow it. */
struct block {
    struct map_node node; /* in descriptions.types, by "PACKAGE.TYPE" */
    struct str text;
    struct str fields;
    struct str package, like;
    char name[];
};

struct descriptions {
    struct str text;
    struct map types; /* of struct block */
};

static void set_type(struct description_line *line, struct str name)
{
    line->like = (struct str){ 0 };
    (void)str_next(&name, ' ', &line->type);
    if (str_starts(name, STR("like ")))
        line->like = str_skip(name, strlen("like "));
}

bool descriptions_next(struct description_line *line)
{
    struct str raw;
    while (str_next(&line->rest, '\n', &raw)) {
        if (str_starts(raw, STR(PACKAGE))) {
            line->package = str_skip(raw, strlen(PACKAGE));
            continue;
        }
        bool is_field = str_starts(raw, STR("  "));
        struct str name = str_skip(raw, is_field ? 2 : 0);
        size_t colon = str_find(name, ':');
        if (raw.size == 0)
            continue;
        line->text = str_trim(str_skip(name, colon < name.size ? colon + 1 : colon));
        name.size = colon;
        line->field = is_field ? name : (struct str){ 0 };
        if (!is_field)
            set_type(line, name);
        return true;
    }
    return false;
}

static size_t name_of(struct str package, struct str type, char name[NAME_SIZE])
{
    if (package.size + 1 + type.size >= NAME_SIZE)
        return 0;
    memcpy(name, package.data, package.size);
    name[package.size] = '.';
    memcpy(name + package.size + 1, type.data, type.size);
    return package.size + 1 + type.size;
}

static struct str unpack(void)
{
    uLongf size = descriptions_text_unpacked_size;
    char *text = memory_alloc(size);
    if (uncompress((Bytef *)text, &size, descriptions_text, descriptions_text_size) != Z_OK)
        abort(); /* the build wrote it */
    return (struct str){ text, size };
}

struct description_line descriptions_lines(const struct descriptions *descriptions)
{
    return (struct description_line){ .rest = descriptions->text };
}

struct descriptions *descriptions_create(void)
{
    struct descriptions *descriptions = memory_new(struct descriptions);
    descriptions->text = unpack();
    struct description_line line = descriptions_lines(descriptions);
    struct block *block = NULL;
    char name[NAME_SIZE];
    map_init(&descriptions->types);
    while (descriptions_next(&line)) {
        if (line.field.size > 0) {
            if (block != NULL)
                block->fields.size = (size_t)(line.rest.data - block->fields.data);
            continue;
        }
        size_t size = name_of(line.package, line.type, name);
        block = NULL;
        if (size == 0 || map_find(&descriptions->types, (struct str){ name, size }) != NULL)
            continue; /* the test of the texts finds it */
        block = memory_zalloc(sizeof(*block) + size);
        memcpy(block->name, name, size);
        block->text = line.text;
        block->package = line.package;
        block->like = line.like;
        block->fields = (struct str){ line.rest.data, 0 };
        map_insert(&descriptions->types, (struct str){ block->name, size }, &block->node);
    }
    return descriptions;
}

void descriptions_destroy(struct descriptions *descriptions)
{
    struct block *block;
    if (descriptions == NULL)
        return;
    map_for_each (&descriptions->types, block, node) {
        map_remove(&descriptions->types, &block->node);
        free(block);
    }
    map_fini(&descriptions->types);
    free((void *)(uintptr_t)descriptions->text.data);
    free(descriptions);
}

static const struct block *find_block(const struct descriptions *descriptions, struct str package, struct str type)
{
    char name[NAME_SIZE];
    size_t size = name_of(package, type, name);
    return size == 0 ? NULL : map_find_entry(&descriptions->types, ((struct str){ name, size }), struct block, node);
}

static const struct block *find(const struct descriptions *descriptions, const struct api_type *type)
{
    if (type->go_package == NULL)
        return NULL;
    return find_block(descriptions, str_of(type->go_package), str_of(type->name));
}

static bool has_field(const struct api_type *type, const char *key)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].name != NULL && strcmp(type->fields[i].name, key) == 0)
            return true;
    return false;
}

struct str descriptions_of_type(const struct descriptions *descriptions, const struct api_type *type)
{
    const struct block *block = find(descriptions, type);
    if (block == NULL && type->type_meta && str_ends(str_of(type->name), STR("List")) && has_field(type, "items"))
        return STR("A list of objects of one kind.");
    return block == NULL ? (struct str){ 0 } : block->text;
}

struct common_text {
    const char *key, *text;
};

static struct str find_common(const struct common_text *rows, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].key, key) == 0)
            return str_of(rows[i].text);
    return (struct str){ 0 };
}

/* What every kind and every condition has. */
static struct str common(const struct api_type *type, const char *key)
{
    static const struct common_text of_kinds[] = {
        { "apiVersion", "APIVersion defines the group and version that this object is written in, such as apps/v1." },
        { "kind", "What the object is, such as Pod; cannot be changed." },
        { "metadata", "Standard object's metadata: name, labels, owner and the like." },
        { "spec", "What is wanted." },
        { "status", "How it is; written by controllers, not by users." },
        { "items", "The objects of the list." },
    };
    static const struct common_text of_conditions[] = {
        { "type", "What the condition is about." },
        { "status", "True, False or Unknown." },
        { "reason", "Why it is so, as one word." },
        { "message", "Why it is so, for people." },
        { "lastTransitionTime", "When the status last changed." },
        { "lastUpdateTime", "When the condition was last written." },
        { "lastProbeTime", "When the condition was last looked at." },
        { "lastHeartbeatTime", "When the condition was last confirmed." },
    };
    static const struct common_text of_volumes[] = {
        { "readOnly", "True mounts it for reading only." },
        { "fsType", "File system on it, such as ext4; made when there is none." },
        { "secretRef", "Secret with what is needed to use it." },
    };
    if (str_ends(str_of(type->name), STR("VolumeSource")))
        return find_common(of_volumes, countof(of_volumes), key);
    if (type->type_meta)
        return find_common(of_kinds, countof(of_kinds), key);
    if (str_ends(str_of(type->name), STR("Condition")))
        return find_common(of_conditions, countof(of_conditions), key);
    return (struct str){ 0 };
}

static struct str find_field(const struct block *block, const char *key)
{
    struct str lines = block == NULL ? (struct str){ 0 } : block->fields, line;
    size_t size = strlen(key);
    while (str_next(&lines, '\n', &line)) {
        line = str_skip(line, 2);
        if (line.size > size && line.data[size] == ':' && memcmp(line.data, key, size) == 0)
            return str_trim(str_skip(line, size + 1));
    }
    return (struct str){ 0 };
}

struct str descriptions_of_field(const struct descriptions *descriptions, const struct api_type *type, const char *key)
{
    const struct block *block = find(descriptions, type);
    struct str text = find_field(block, key);
    if (text.size == 0 && block != NULL && block->like.size > 0)
        text = find_field(find_block(descriptions, block->package, block->like), key);
    return text.size > 0 ? text : common(type, key);
}

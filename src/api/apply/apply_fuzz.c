/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "api/apply/managed.h"
#include "codec/json.h"
#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static yyjson_val *document_of(struct str text, struct arena *arena)
{
    yyjson_doc *doc = NULL;
    if (json_read(text, 1000, &doc, NULL) < 0)
        return NULL;
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

static const struct field_set *read_again(const struct field_set *set, struct arena *arena)
{
    auto_buffer struct buffer text = { .max = 1 << 20 };
    const struct field_set *again;
    field_set_write(set, &text);
    if (field_set_parse(buffer_str(&text), arena, &again, NULL) < 0)
        __builtin_trap();
    return again;
}

/* What somebody owns is read as it was written; names that are no UTF-8 change once. */
static void read_set(struct str text, struct arena *arena, struct managed *managed)
{
    struct managed_entry entry = { .manager = "one", .api_version = "v1", .subresource = "", .applied = true };
    if (field_set_parse(text, arena, &entry.set, NULL) < 0)
        return;
    const struct field_set *once = read_again(entry.set, arena);
    if (!field_set_equal(read_again(once, arena), once))
        __builtin_trap();
    if (entry.set != NULL)
        managed_add(managed, &entry);
}

/* Live document, configuration as YAML, somebody's set, with NULs between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size }, live = { 0 }, config = { 0 };
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { .max = 1 << 20 }, problems = { .max = 1 << 20 };
    (void)!str_next(&rest, '\0', &live);
    (void)!str_next(&rest, '\0', &config);
    if (yaml_to_json(config, 0, &json, NULL) < 0)
        return 0;
    for (int kind = 0; kind < 2; kind++) {
        struct managed managed = { .arena = &arena };
        struct managed_apply apply = { .writer = { "two", "v1", "", NULL, 0 }, .live = live };
        if (kind == 1)
            apply.root = apply_schema_of_type(&api_type_pod);
        apply.live_document = document_of(live, &arena);
        apply.config = document_of(buffer_str(&json), &arena);
        if (!yyjson_is_obj(apply.live_document) || !yyjson_is_obj(apply.config))
            return 0;
        read_set(rest, &arena, &managed);
        if (apply_check(&apply.root, apply.config, &problems) < 0)
            continue;
        apply.force = (size & 1) != 0;
        (void)!managed_apply(&managed, &apply, NULL);
        struct api_object_meta meta = { 0 };
        managed_write(&managed, &meta);
        buffer_fini(&apply.result);
    }
    return 0;
}

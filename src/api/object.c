/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object.c - the bytes of an object, what is found in them without decoding, and the decoded form.
 *
 * Making an object scans its metadata once (the rest is skipped): no tree, no table. The
 * struct is made when the first component asks, by whoever asks first; threads that ask at
 * the same time may both decode, and one of the results is dropped. */
#include "api/object.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/object_scan.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/ref.h"
#include "generated/types.h"

struct decoded {
    struct arena arena;
    void *value;
};

struct object {
    struct ref ref;
    uint32_t labels_offset; /* of the value of metadata.labels in the bytes; 0: none */
    uint32_t labels_size;
    uint32_t managed_offset; /* of metadata.managedFields, with the comma before it */
    uint32_t managed_size;   /* 0: there is none, or it is left to the decoder */
    const struct api_resource *resource;
    struct bytes *bytes;
    uint64_t revision;
    _Atomic(struct decoded *) decoded;
    _Atomic(struct bytes *) message;
    _Atomic(uint64_t) found; /* by object_text() last: number, size (16 bits), offset in the bytes (32); 0: nothing */
    /* In 'text': the namespace, then the key, whose end is the name, then the uid. */
    uint32_t version_offset; /* of the resourceVersion that was put in, with its comma */
    uint16_t version_size;   /* 0: none was */
    bool ended_line;         /* the stored text ends with a newline, too */
    uint8_t marks;
    uint16_t key_offset;
    uint16_t name_offset;
    uint16_t uid_offset;
    char text[];
};

struct metadata {
    struct str name, namespace, uid, resource_version; /* without their quotes */
    struct str labels;                                 /* the object, braces included */
    const char *insert;                                /* where resourceVersion belongs */
    const char *version_start, *version_end;           /* one that is there already, with the comma before it */
    struct str managed;                                /* managedFields, with the comma before it */
    bool repeated; /* that cannot be told apart: it is first, or something is there twice */
    unsigned marks;
};

/* A key that is written with escapes may be any of them. */
static unsigned mark_of(struct str key)
{
    if (str_is(key, "ownerReferences"))
        return OBJECT_OWNED;
    if (str_is(key, "finalizers"))
        return OBJECT_FINALIZED;
    if (str_is(key, "deletionTimestamp"))
        return OBJECT_DELETED;
    return memchr(key.data, '\\', key.size) != NULL ? OBJECT_OWNED | OBJECT_FINALIZED | OBJECT_DELETED : 0;
}

/* The metadata, and on behind them. */
static bool scan_members(struct scanner *scanner, struct metadata *metadata)
{
    if (!scan_take(scanner, '{'))
        return false;
    struct str key, value;
    bool good = true;
    for (bool first = true;; first = false) {
        scan_blanks(scanner);
        const char *before = scanner->at;
        if (!scan_member(scanner, first, &key, &value, &good))
            return good;
        metadata->marks |= mark_of(key);
        if (str_is(key, "name") || str_is(key, "generateName") || str_is(key, "namespace") || str_is(key, "selfLink") ||
            str_is(key, "uid"))
            metadata->insert = scanner->at;
        if (str_is(key, "name"))
            metadata->name = scan_unquote(value);
        else if (str_is(key, "namespace"))
            metadata->namespace = scan_unquote(value);
        else if (str_is(key, "uid"))
            metadata->uid = scan_unquote(value);
        else if (str_is(key, "labels"))
            metadata->labels = value;
        else if (str_is(key, "managedFields")) {
            metadata->repeated |= metadata->managed.data != NULL || first;
            metadata->managed = (struct str){ before, (size_t)(scanner->at - before) };
        } else if (str_is(key, "resourceVersion")) {
            metadata->resource_version = scan_unquote(value);
            metadata->version_start = before;
            metadata->version_end = scanner->at;
        }
    }
}

static bool scan_document(struct str json, bool is_ours, struct metadata *metadata)
{
    struct scanner scanner = { json.data, json.data + json.size };
    struct str key, value;
    bool good = true, found = false;
    if (!scan_take(&scanner, '{'))
        return false;
    for (bool first = true; scan_key(&scanner, first, &key, &good); first = false) {
        bool here = str_is(key, "metadata");
        metadata->repeated |= here && found;
        found |= here;
        if (here ? !scan_members(&scanner, metadata) : !scan_value(&scanner, &value))
            return false;
        if (here && is_ours)
            return true;
    }
    scan_blanks(&scanner);
    return good && found && scanner.at == scanner.end;
}

/* Making ------------------------------------------------------------------------------------------- */

enum {
    TEXT_MAX = 1024, /* name, namespace and uid together: names have at most 253 characters */
    ARENA_STEP_MIN = 512,
    MANAGED_APART_MAX = 16, /* entries; objects with more are left to the decoder */
};

static int scan(const struct api_resource *resource, struct str json, bool is_ours, struct metadata *metadata,
                struct error *err)
{
    *metadata = (struct metadata){ 0 };
    if (json.size >= UINT32_MAX / 2)
        return error_set(err, ERROR_LIMIT, "a %s of %zu bytes is too large", resource->singular, json.size);
    if (json.size == 0 || !scan_document(json, is_ours, metadata))
        return error_set(err, ERROR_SYNTAX, "a stored %s is no JSON document with metadata", resource->singular);
    size_t text = 2 * metadata->namespace.size + metadata->name.size + metadata->uid.size;
    if (metadata->name.size == 0 || text > TEXT_MAX || memchr(metadata->name.data, '\\', metadata->name.size) != NULL)
        return error_set(err, ERROR_INVALID, "a stored %s has no usable name", resource->singular);
    return 0;
}

static char *put(char *at, struct str text, char end)
{
    if (text.size > 0)
        memcpy(at, text.data, text.size);
    at[text.size] = end;
    return at + text.size + 1;
}

/* Takes over 'bytes'. */
static struct object *create(const struct api_resource *resource, const struct metadata *metadata, struct bytes *bytes,
                             uint64_t revision)
{
    struct str namespace = metadata->namespace;
    struct object *object =
        memory_zalloc(sizeof(*object) + 2 * namespace.size + metadata->name.size + metadata->uid.size + 4);
    ref_init(&object->ref);
    object->resource = api_resource_ref(resource);
    object->bytes = bytes;
    object->revision = revision;
    object->marks = (uint8_t)metadata->marks;
    char *at = put(object->text, namespace, '\0');
    object->key_offset = (uint16_t)(at - object->text);
    if (namespace.size > 0)
        at = put(at, namespace, '/');
    object->name_offset = (uint16_t)(at - object->text);
    at = put(at, metadata->name, '\0');
    object->uid_offset = (uint16_t)(at - object->text);
    put(at, metadata->uid, '\0');
    return object;
}

/* 'json' up to 'before', then 'middle', then from 'after' on, and a newline. */
static struct bytes *splice(struct str json, const char *before, struct str middle, const char *after)
{
    size_t head = (size_t)(before - json.data), tail = json.size - (size_t)(after - json.data);
    struct bytes *bytes = bytes_create(NULL, head + middle.size + tail + 1);
    memcpy(bytes->data, json.data, head);
    assert(before != NULL && after != NULL);
    if (middle.data != NULL)
        memcpy(bytes->data + head, middle.data, middle.size);
    memcpy(bytes->data + head + middle.size, after, tail);
    bytes->data[bytes->size - 1] = '\n';
    return bytes;
}

static void remember_labels(struct object *object, struct str labels, const char *json, size_t shift)
{
    if (labels.data == NULL)
        return;
    object->labels_offset = (uint32_t)((size_t)(labels.data - json) + shift);
    object->labels_size = (uint32_t)labels.size;
}

static void remember_managed(struct object *object, struct str managed, const char *json, size_t shift)
{
    if (managed.data == NULL)
        return;
    object->managed_offset = (uint32_t)((size_t)(managed.data - json) + shift);
    object->managed_size = (uint32_t)managed.size;
}

enum { VERSION_MEMBER_MAX = 64 };

/* ,"resourceVersion":"123"; every write comes through here, and a format would be most of the work. */
static size_t version_member(uint64_t revision, bool first, char member[VERSION_MEMBER_MAX])
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + revision % 10);
        revision /= 10;
    } while (revision > 0);
    char *end = stpcpy(member, first ? "\"resourceVersion\":\"" : ",\"resourceVersion\":\"");
    end = mempcpy(end, digits + at, sizeof(digits) - at);
    *end++ = '"';
    return (size_t)(end - member);
}

static int from_stored(const struct api_resource *resource, struct str json, uint64_t revision, bool is_ours,
                       struct object **ret_object, struct error *err)
{
    struct metadata metadata;
    bool ended_line = str_ends(json, STR("\n"));
    json = str_trim(json); /* upstream's encoder ends documents with a newline */
    int rc = scan(resource, json, is_ours, &metadata, err);
    if (rc < 0)
        return rc;
    char member[VERSION_MEMBER_MAX];
    const char *before = metadata.insert, *after = metadata.insert;
    if (metadata.version_start != NULL) {
        before = metadata.version_start;
        after = metadata.version_end;
    }
    bool first = metadata.version_start != NULL && *before != ',';
    size_t size = version_member(revision, first, member);
    struct bytes *bytes = splice(json, before, (struct str){ member, size }, after);
    *ret_object = create(resource, &metadata, bytes, revision);
    if (before == after) {
        (*ret_object)->version_offset = (uint32_t)(before - json.data);
        (*ret_object)->version_size = (uint16_t)size;
        (*ret_object)->ended_line = ended_line;
        if (!metadata.repeated)
            remember_managed(*ret_object, metadata.managed, json.data, metadata.managed.data >= after ? size : 0);
    }
    bool behind = metadata.labels.data >= after;
    size_t grown = size - (size_t)(after - before);
    remember_labels(*ret_object, metadata.labels, json.data, behind ? grown : 0);
    return 0;
}

int object_from_stored(const struct api_resource *resource, struct str json, uint64_t revision,
                       struct object **ret_object, struct error *err)
{
    return from_stored(resource, json, revision, false, ret_object, err);
}

int object_from_encoded(const struct api_resource *resource, struct str json, uint64_t revision,
                        struct object **ret_object, struct error *err)
{
    return from_stored(resource, json, revision, true, ret_object, err);
}

bool object_stored_form(const struct object *object, size_t *ret_size, size_t *ret_gap, size_t *ret_gap_size)
{
    *ret_size = object->bytes->size - (object->ended_line ? 0 : 1);
    *ret_gap = object->version_offset;
    *ret_gap_size = object->version_size;
    return object->version_size > 0;
}

/* managedFields apart ------------------------------------------------------------------------------ */

/* Nearly half of a stored object is the entries of managedFields, thousands of empty maps: parsing them costs as much as all
 * the rest. What is stored is canonical, and its sets of fields were checked when they came; so the entries are read by
 * the scanner, and their sets stay where they are, in the bytes. Whatever looks otherwise, and what others sent, is left to
 * the decoder. */

/* Without control characters and everything beyond ASCII. Spaces are in names of programs. */
static bool is_plain(struct str text)
{
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    size_t at = 0;
    for (; text.size - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, text.data + at, sizeof(bytes));
        if (((bytes | (bytes - ones * ' ')) & highs) != 0) /* a byte below the space borrows */
            return false;
    }
    for (; at < text.size; at++)
        if (text.data[at] < ' ' || (unsigned char)text.data[at] >= 0x80)
            return false;
    return true;
}

static bool read_managed_member(struct str key, struct str value, struct arena *arena,
                                struct api_managed_fields_entry *entry)
{
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
        { "manager", offsetof(struct api_managed_fields_entry, manager) },
        { "operation", offsetof(struct api_managed_fields_entry, operation) },
        { "apiVersion", offsetof(struct api_managed_fields_entry, api_version) },
        { "fieldsType", offsetof(struct api_managed_fields_entry, fields_type) },
        { "subresource", offsetof(struct api_managed_fields_entry, subresource) },
    };
    if (str_is(key, "fieldsV1")) {
        entry->fields_v1 = value;
        return value.data[0] == '{';
    }
    struct str text = scan_unquote(value);
    if (text.data == NULL || memchr(text.data, '\\', text.size) != NULL)
        return false;
    if (str_is(key, "time"))
        return time_parse(text, &entry->time);
    for (size_t i = 0; i < countof(texts); i++) {
        if (!str_is(key, texts[i].name))
            continue;
        *(const char **)(void *)((char *)entry + texts[i].offset) = arena_strndup(arena, text.data, text.size);
        return true;
    }
    return false;
}

static bool read_managed_entry(struct scanner *scanner, struct arena *arena, struct api_managed_fields_entry *entry)
{
    struct str key, value;
    bool good = true;
    *entry = (struct api_managed_fields_entry){ 0 };
    if (!scan_take(scanner, '{'))
        return false;
    for (bool first = true; scan_member(scanner, first, &key, &value, &good); first = false)
        if (!read_managed_member(key, value, arena, entry))
            return false;
    return good;
}

/* From the comma before the member to the end of its value. */
static bool read_managed(struct str member, struct arena *arena, struct api_object_meta *meta)
{
    struct scanner scanner = { member.data, member.data + member.size };
    struct api_managed_fields_entry entries[MANAGED_APART_MAX];
    struct str key;
    size_t count = 0;
    if (!is_plain(member) || !scan_take(&scanner, ',') || !scan_string(&scanner, &key) || !scan_take(&scanner, ':') ||
        !scan_take(&scanner, '['))
        return false;
    do {
        if (count == MANAGED_APART_MAX || !read_managed_entry(&scanner, arena, &entries[count++]))
            return false;
    } while (scan_take(&scanner, ','));
    if (!scan_take(&scanner, ']') || scanner.at != scanner.end)
        return false;
    meta->managed_fields = arena_new_array(arena, struct api_managed_fields_entry, count);
    meta->n_managed_fields = count;
    memcpy(meta->managed_fields, entries, count * sizeof(*entries));
    return true;
}

/* False: it is left to the decoder as a whole. */
static bool decode_apart(const struct object *object, struct decoded *decoded)
{
    const struct api_type *type = object->resource->kind->type;
    struct str json = object_json(object);
    struct str member = { json.data + object->managed_offset, object->managed_size };
    struct api_object_meta meta = { 0 };
    auto_buffer struct buffer rest = { 0 };
    if (member.size == 0 || !read_managed(member, &decoded->arena, &meta))
        return false;
    (void)buffer_reserve(&rest, json.size);
    buffer_append(&rest, json.data, object->managed_offset);
    buffer_append(&rest, member.data + member.size, json.size - object->managed_offset - member.size);
    decoded->value = arena_zalloc(&decoded->arena, type->size);
    if (api_decode_json(type, buffer_str(&rest), &decoded->arena, decoded->value, NULL, NULL) < 0)
        return false;
    struct api_object_meta *whole = decoded->value; /* every stored struct begins with it */
    whole->managed_fields = meta.managed_fields;
    whole->n_managed_fields = meta.n_managed_fields;
    return true;
}

/* It stays as long as the object: half a block is wasted at most. */
static struct decoded *decoded_create(size_t block)
{
    struct decoded *decoded = memory_new(struct decoded);
    decoded->arena.step = block < ARENA_STEP_MIN ? ARENA_STEP_MIN : block;
    return decoded;
}

static struct decoded *decode(const struct object *object, struct error *err)
{
    const struct api_type *type = object->resource->kind->type;
    struct decoded *decoded = decoded_create(object->bytes->size / 4);
    if (decode_apart(object, decoded))
        return decoded;
    decoded->value = arena_zalloc(&decoded->arena, type->size);
    int rc = api_decode_json(type, object_json(object), &decoded->arena, decoded->value, NULL, err);
    if (rc == 0)
        return decoded;
    arena_fini(&decoded->arena);
    free(decoded);
    return NULL;
}

int object_from_served(const struct api_resource *resource, struct str json, struct object **ret_object,
                       struct error *err)
{
    struct metadata metadata;
    json = str_trim(json);
    int rc = scan(resource, json, false, &metadata, err);
    if (rc < 0)
        return rc;
    uint64_t revision = 0;
    if (metadata.resource_version.size > 0 && !str_to_uint64(metadata.resource_version, &revision))
        return error_set(err, ERROR_INVALID, "%s \"" STR_FMT "\" has a resourceVersion that is no number",
                         resource->singular, STR_ARG(metadata.name));
    const char *end = json.data + json.size;
    struct object *object = create(resource, &metadata, splice(json, end, STR(""), end), revision);
    remember_labels(object, metadata.labels, json.data, 0);
    struct error problem = { 0 };
    struct decoded *decoded = decode(object, &problem); /* it came from outside: wrong types are found now */
    if (decoded == NULL) {
        rc = error_set(err, ERROR_INVALID, "%s \"%s\": %s", resource->singular, object_key(object), problem.message);
        object_unref(object);
        return rc;
    }
    atomic_init(&object->decoded, decoded);
    *ret_object = object;
    return 0;
}

struct object *object_ref(const struct object *object)
{
    struct object *shared = (struct object *)(uintptr_t)object; /* the count is not part of what is immutable */
    if (shared != NULL)
        ref_get(&shared->ref);
    return shared;
}

static void free_decoded(struct decoded *decoded)
{
    if (decoded == NULL)
        return;
    arena_fini(&decoded->arena);
    free(decoded);
}

void object_unref(const struct object *object)
{
    struct object *shared = (struct object *)(uintptr_t)object;
    if (shared == NULL || !ref_put(&shared->ref))
        return;
    free_decoded(atomic_load_explicit(&shared->decoded, memory_order_acquire));
    bytes_unref(atomic_load_explicit(&shared->message, memory_order_acquire));
    bytes_unref(shared->bytes);
    api_resource_unref(shared->resource);
    free(shared);
}

/* Reading ------------------------------------------------------------------------------------------ */

const struct api_resource *object_resource(const struct object *object)
{
    return object->resource;
}

struct str object_json(const struct object *object)
{
    return (struct str){ object->bytes->data, object->bytes->size - 1 };
}

struct str object_json_unmanaged(const struct object *object, struct arena *arena)
{
    struct str json = object_json(object);
    if (object->managed_size == 0)
        return (struct str){ 0 };
    size_t after = (size_t)object->managed_offset + object->managed_size;
    char *text = arena_alloc(arena, json.size - object->managed_size + 1), *at = text;
    at = mempcpy(at, json.data, object->managed_offset);
    at = mempcpy(at, json.data + after, json.size - after);
    *at = '\0';
    return (struct str){ text, (size_t)(at - text) };
}

struct bytes *object_bytes(const struct object *object)
{
    return object->bytes;
}

uint64_t object_revision(const struct object *object)
{
    return object->revision;
}

const char *object_name(const struct object *object)
{
    return object->text + object->name_offset;
}

const char *object_namespace(const struct object *object)
{
    return object->text;
}

const char *object_uid(const struct object *object)
{
    return object->text + object->uid_offset;
}

const char *object_key(const struct object *object)
{
    return object->text + object->key_offset;
}

unsigned object_marks(const struct object *object)
{
    return object->marks;
}

struct labels_scan {
    struct scanner scanner;
    bool first;
};

static bool labels_begin(const struct object *object, struct labels_scan *scan)
{
    const char *start = object->bytes->data + object->labels_offset;
    scan->scanner = (struct scanner){ start, start + object->labels_size };
    scan->first = true;
    return object->labels_size > 0 && scan_take(&scan->scanner, '{');
}

static bool labels_next(struct labels_scan *scan, struct object_label *ret_label)
{
    bool good = true, more = scan_member(&scan->scanner, scan->first, &ret_label->key, &ret_label->value, &good);
    scan->first = false;
    if (!more)
        return false;
    ret_label->value = scan_unquote(ret_label->value);
    if (ret_label->value.data == NULL)
        ret_label->value = STR("");
    return true;
}

/* Keys and values of valid labels need no escapes, so that the bytes can be compared as they are. */
bool object_label(const struct object *object, struct str key, struct str *ret_value)
{
    struct labels_scan scan;
    struct object_label label;
    for (bool more = labels_begin(object, &scan); more && labels_next(&scan, &label);) {
        if (!str_equal(label.key, key))
            continue;
        *ret_value = label.value;
        return true;
    }
    return false;
}

size_t object_labels(const struct object *object, struct object_label *ret_labels, size_t max)
{
    struct labels_scan scan;
    size_t count = 0;
    for (bool more = labels_begin(object, &scan); more && count < max && labels_next(&scan, &ret_labels[count]);)
        count++;
    return count;
}

struct str object_text(const struct object *object, const struct object_path *path, uint8_t number)
{
    struct object *shared = (struct object *)(uintptr_t)object;
    uint64_t found = atomic_load_explicit(&shared->found, memory_order_relaxed);
    struct str text;
    if (found >> 48 == number) {
        uint32_t offset = (uint32_t)found; /* of what is behind a quote, so never 0 */
        text = (struct str){ offset == 0 ? NULL : object->bytes->data + offset, (found >> 32) & 0xffff };
        return text;
    }
    object_texts(object, path, 1, &text);
    ptrdiff_t offset = text.data == NULL ? 0 : text.data - object->bytes->data;
    if (text.size <= 0xffff && offset <= (ptrdiff_t)UINT32_MAX)
        atomic_store_explicit(&shared->found, (uint64_t)number << 48 | (uint64_t)text.size << 32 | (uint64_t)offset,
                              memory_order_relaxed);
    return text;
}

/* What is known without decoding, for an object whose document is not what its kind says. */
static struct decoded *only_metadata(const struct object *object)
{
    struct decoded *decoded = memory_new(struct decoded);
    struct api_object_meta *meta = arena_zalloc(&decoded->arena, object->resource->kind->type->size);
    meta->name = object_name(object);
    meta->namespace = object_namespace(object);
    meta->uid = object_uid(object);
    decoded->value = meta;
    return decoded;
}

static struct decoded *decode_stored(const struct object *object)
{
    struct error problem = { 0 };
    struct decoded *decoded = decode(object, &problem);
    if (decoded != NULL)
        return decoded;
    log_error("a stored object does not decode", LOG_TEXT("resource", object->resource->plural),
              LOG_TEXT("object", object_key(object)), LOG_TEXT("error", problem.message));
    return only_metadata(object);
}

void object_give_typed(struct object *object, const void *value)
{
    struct decoded *decoded = decoded_create(object->bytes->size / 2);
    struct api_object_meta *meta = decoded->value = api_copy(object->resource->kind->type, value, &decoded->arena);
    char digits[21];
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)object->revision);
    meta->resource_version = arena_strdup(&decoded->arena, digits);
    free_decoded(atomic_exchange_explicit(&object->decoded, decoded, memory_order_acq_rel));
}

bool object_has_typed(const struct object *object)
{
    struct object *shared = (struct object *)(uintptr_t)object;
    return atomic_load_explicit(&shared->decoded, memory_order_relaxed) != NULL;
}

struct bytes *object_message(const struct object *object)
{
    struct object *shared = (struct object *)(uintptr_t)object;
    struct bytes *message = atomic_load_explicit(&shared->message, memory_order_acquire), *other = NULL;
    if (message != NULL)
        return message;
    auto_buffer struct buffer out = { 0 };
    struct decoded *known = atomic_load_explicit(&shared->decoded, memory_order_acquire);
    struct decoded *decoded = known != NULL ? known : decode_stored(object); /* three times larger: not kept */
    api_encode_protobuf(object->resource->kind->type, decoded->value, &out);
    if (known == NULL)
        free_decoded(decoded);
    message = bytes_create(out.data, out.size);
    if (atomic_compare_exchange_strong_explicit(&shared->message, &other, message, memory_order_acq_rel,
                                                memory_order_acquire))
        return message;
    bytes_unref(message); /* another thread was faster */
    return other;
}

const void *object_typed(const struct object *object)
{
    struct object *shared = (struct object *)(uintptr_t)object;
    struct decoded *decoded = atomic_load_explicit(&shared->decoded, memory_order_acquire);
    if (decoded != NULL)
        return decoded->value;
    decoded = decode_stored(object);
    struct decoded *other = NULL;
    if (atomic_compare_exchange_strong_explicit(&shared->decoded, &other, decoded, memory_order_acq_rel,
                                                memory_order_acquire))
        return decoded->value;
    free_decoded(decoded); /* another thread was faster */
    return other->value;
}

const void *object_typed_as(const struct object *object, const struct api_type *type)
{
    if (object->resource->kind->type != type)
        abort();
    return object_typed(object);
}

const struct api_object_meta *object_meta(const struct object *object)
{
    return object_typed(object); /* every stored struct begins with it */
}

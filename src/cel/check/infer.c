/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* infer.c - assigning types to types with free parameters.
 *
 * A parameter is a number; what it stands for is in a table that grows with the check of one expression. Assigning tries:
 * when it fails, the trail of changes is taken back. */
#include "cel/check/infer.h"

static bool assign(struct cel_infer *infer, const struct cel_type *a, const struct cel_type *b);

const struct cel_type *cel_infer_param(struct cel_infer *infer)
{
    struct cel_type *type = arena_new(infer->arena, struct cel_type);

    if (infer->count == infer->capacity) {
        size_t capacity = infer->capacity == 0 ? 16 : infer->capacity * 2;
        const struct cel_type **bound = arena_new_array(infer->arena, const struct cel_type *, capacity);

        if (infer->count > 0)
            memcpy(bound, infer->bound, infer->count * sizeof(bound[0]));
        infer->bound = bound;
        infer->capacity = capacity;
    }
    type->kind = CEL_PARAM;
    type->max = infer->count;
    type->name = arena_format(infer->arena, "_var%zu", infer->count);
    infer->bound[infer->count++] = NULL;
    return type;
}

static void bind(struct cel_infer *infer, const struct cel_type *param, const struct cel_type *type)
{
    if (infer->trail_count == infer->trail_capacity) {
        size_t capacity = infer->trail_capacity == 0 ? 32 : infer->trail_capacity * 2;
        uint32_t *trail = arena_new_array(infer->arena, uint32_t, capacity);
        const struct cel_type **before = arena_new_array(infer->arena, const struct cel_type *, capacity);

        if (infer->trail_count > 0) {
            memcpy(trail, infer->trail, infer->trail_count * sizeof(trail[0]));
            memcpy(before, infer->before, infer->trail_count * sizeof(before[0]));
        }
        infer->trail = trail;
        infer->before = before;
        infer->trail_capacity = capacity;
    }
    infer->trail[infer->trail_count] = (uint32_t)param->max;
    infer->before[infer->trail_count++] = infer->bound[param->max];
    infer->bound[param->max] = type;
}

static void take_back(struct cel_infer *infer, size_t trail_count)
{
    while (infer->trail_count > trail_count) {
        infer->trail_count--;
        infer->bound[infer->trail[infer->trail_count]] = infer->before[infer->trail_count];
    }
}

/* Whether the parameter stands somewhere in the type. */
static bool occurs(const struct cel_infer *infer, const struct cel_type *param, const struct cel_type *type)
{
    if (type == NULL)
        return false;
    if (type->kind == CEL_PARAM)
        return type->max == param->max || occurs(infer, param, infer->bound[type->max]);
    return occurs(infer, param, type->key) || occurs(infer, param, type->element);
}

/* Lets the parameter be the type, or the more general of that and what it is. */
static bool assign_param(struct cel_infer *infer, const struct cel_type *type, const struct cel_type *param,
                         bool *ret_was_bound)
{
    const struct cel_type *known = infer->bound[param->max];

    *ret_was_bound = true;
    if (type->kind == CEL_PARAM && type->max == param->max)
        return true;
    if (known != NULL) {
        if (cel_type_equal(type, known))
            return true;
        if (!assign(infer, type, known))
            return false;
        type = cel_infer_general(type, known);
        if (!occurs(infer, param, type))
            bind(infer, param, type);
        return true;
    }
    *ret_was_bound = false;
    if (occurs(infer, param, type))
        return false;
    bind(infer, param, type);
    return true;
}

static bool assign_null(const struct cel_type *type)
{
    return type->kind == CEL_NULL || type->kind == CEL_OBJECT || type->kind == CEL_OPAQUE ||
           type->kind == CEL_OPTIONAL || type->kind == CEL_TIMESTAMP || type->kind == CEL_DURATION;
}

static bool assign_parts(struct cel_infer *infer, const struct cel_type *a, const struct cel_type *b)
{
    if ((a->key == NULL) != (b->key == NULL) || (a->element == NULL) != (b->element == NULL))
        return false;
    return (a->key == NULL || assign(infer, a->key, b->key)) &&
           (a->element == NULL || assign(infer, a->element, b->element));
}

static bool assign(struct cel_infer *infer, const struct cel_type *a, const struct cel_type *b)
{
    bool bound;

    if (b->kind == CEL_PARAM) {
        if (assign_param(infer, a, b, &bound))
            return true;
        if (bound)
            return false;
    }
    if (a->kind == CEL_PARAM)
        return assign_param(infer, b, a, &bound);
    if (a->kind == CEL_DYN || b->kind == CEL_DYN || a->kind == CEL_ERROR || b->kind == CEL_ERROR)
        return true;
    if (a->kind == CEL_NULL)
        return assign_null(b);
    if (b->kind == CEL_NULL)
        return assign_null(a);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CEL_OBJECT:
    case CEL_OPAQUE:
        return text_equal(a->name, b->name);
    case CEL_LIST:
    case CEL_MAP:
    case CEL_OPTIONAL:
        return assign_parts(infer, a, b);
    default:
        return true;
    }
}

bool cel_infer_assign_all(struct cel_infer *infer, const struct cel_type *const *to, const struct cel_type *const *from,
                          size_t count)
{
    size_t before = infer->trail_count;

    for (size_t i = 0; i < count; i++) {
        if (assign(infer, to[i], from[i]))
            continue;
        take_back(infer, before);
        return false;
    }
    return true;
}

bool cel_infer_assign(struct cel_infer *infer, const struct cel_type *to, const struct cel_type *from)
{
    return cel_infer_assign_all(infer, &to, &from, 1);
}

const struct cel_type *cel_infer_resolve(struct cel_infer *infer, const struct cel_type *type, bool free_is_dyn)
{
    const struct cel_type *key, *element;
    struct cel_type *made;

    while (type->kind == CEL_PARAM && infer->bound[type->max] != NULL)
        type = infer->bound[type->max];
    if (type->kind == CEL_PARAM)
        return free_is_dyn ? cel_type_of(CEL_DYN) : type;
    if (type->kind == CEL_OBJECT || (type->key == NULL && type->element == NULL))
        return type;
    key = type->key == NULL ? NULL : cel_infer_resolve(infer, type->key, free_is_dyn);
    element = type->element == NULL ? NULL : cel_infer_resolve(infer, type->element, free_is_dyn);
    if (key == type->key && element == type->element)
        return type;
    made = arena_new(infer->arena, struct cel_type);
    *made = *type;
    made->key = key;
    made->element = element;
    return made;
}

static bool less_specific(const struct cel_type *a, const struct cel_type *b)
{
    if (a->kind == CEL_DYN || a->kind == CEL_PARAM)
        return true;
    if (b->kind == CEL_DYN || b->kind == CEL_PARAM || a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CEL_LIST:
    case CEL_OPTIONAL:
        return less_specific(a->element, b->element);
    case CEL_MAP:
        return less_specific(a->key, b->key) && less_specific(a->element, b->element);
    case CEL_TYPE:
        return true;
    default:
        return cel_type_equal(a, b);
    }
}

const struct cel_type *cel_infer_general(const struct cel_type *a, const struct cel_type *b)
{
    return less_specific(a, b) ? a : b;
}

/* ---- signatures ---- */

#define OPAQUE(name_)                       \
    {                                       \
        .kind = CEL_OPAQUE, .name = (name_) \
    }
static const struct cel_type opaque_types[CEL_OPAQUE_COUNT] = {
    [CEL_OPAQUE_IP] = OPAQUE("net.IP"),
    [CEL_OPAQUE_CIDR] = OPAQUE("net.CIDR"),
    [CEL_OPAQUE_URL] = OPAQUE("kubernetes.URL"),
    [CEL_OPAQUE_QUANTITY] = OPAQUE("kubernetes.Quantity"),
    [CEL_OPAQUE_SEMVER] = OPAQUE("kubernetes.Semver"),
    [CEL_OPAQUE_FORMAT] = OPAQUE("kubernetes.NamedFormat"),
    [CEL_OPAQUE_AUTHORIZER] = OPAQUE("kubernetes.authorization.Authorizer"),
    [CEL_OPAQUE_PATH_CHECK] = OPAQUE("kubernetes.authorization.PathCheck"),
    [CEL_OPAQUE_GROUP_CHECK] = OPAQUE("kubernetes.authorization.GroupCheck"),
    [CEL_OPAQUE_RESOURCE_CHECK] = OPAQUE("kubernetes.authorization.ResourceCheck"),
    [CEL_OPAQUE_DECISION] = OPAQUE("kubernetes.authorization.Decision"),
};

const struct cel_type *cel_type_opaque(enum cel_opaque opaque)
{
    return &opaque_types[opaque];
}

static const char opaque_letters[CEL_OPAQUE_COUNT] = "\0PCUQVFZXGRE";
static const char scalar_letters[] = "*nbiudsytD"; /* in the order of enum cel_kind from CEL_DYN */

struct signature_reader {
    struct cel_infer *infer;
    const char *at;
    const struct cel_type *params[26]; /* by letter */
};

static const struct cel_type *read_type(struct signature_reader *reader)
{
    char letter = *reader->at++;
    const char *found = strchr(scalar_letters, letter);
    struct cel_type *made;

    if (found != NULL)
        return cel_type_of((enum cel_kind)(CEL_DYN + (found - scalar_letters)));
    for (size_t i = 1; i < CEL_OPAQUE_COUNT; i++)
        if (opaque_letters[i] == letter)
            return &opaque_types[i];
    if (letter == 'A' || letter == 'B' || letter == 'T') {
        if (reader->params[letter - 'A'] == NULL)
            reader->params[letter - 'A'] = cel_infer_param(reader->infer);
        return reader->params[letter - 'A'];
    }
    made = arena_new(reader->infer->arena, struct cel_type);
    made->kind = letter == 'L' ? CEL_LIST : letter == 'M' ? CEL_MAP : letter == 'O' ? CEL_OPTIONAL : CEL_TYPE;
    if (letter == 'M')
        made->key = read_type(reader);
    made->element = read_type(reader);
    return made;
}

void cel_infer_signature(struct cel_infer *infer, const char *text, struct cel_signature *ret_signature)
{
    struct signature_reader reader = { .infer = infer, .at = text };

    *ret_signature = (struct cel_signature){ 0 };
    while (*reader.at != ':') {
        if (*reader.at == '.') {
            ret_signature->member = true;
            reader.at++;
            continue;
        }
        ret_signature->params[ret_signature->count++] = read_type(&reader);
    }
    reader.at++;
    ret_signature->result = read_type(&reader);
}

_Static_assert(CEL_KIND_COUNT + CEL_OPAQUE_COUNT <= 32, "a bit for each kind of value");

uint32_t cel_type_kinds(const struct cel_type *type)
{
    switch (type->kind) {
    case CEL_DYN:
    case CEL_PARAM:
    case CEL_ERROR:
        return UINT32_MAX & ~(1u << CEL_ERROR);
    case CEL_MAP:
        return 1u << CEL_MAP | 1u << CEL_OBJECT;
    case CEL_OBJECT:
        return 1u << CEL_OBJECT | 1u << CEL_MAP;
    case CEL_OPAQUE: /* each of them is a kind of its own */
        for (unsigned i = 1; i < CEL_OPAQUE_COUNT; i++)
            if (text_equal(type->name, opaque_types[i].name))
                return 1u << (CEL_KIND_COUNT + i);
        return 0;
    default:
        return 1u << type->kind;
    }
}

/* ---- names of types ---- */

static const struct cel_type any_list = { .kind = CEL_LIST };
static const struct cel_type any_map = { .kind = CEL_MAP };
static const struct cel_type any_optional = { .kind = CEL_OPTIONAL };

static const struct named {
    const char *name;
    uint8_t kind;
} named_types[] = {
    { "bool", CEL_BOOL },     { "bytes", CEL_BYTES },
    { "double", CEL_DOUBLE }, { "google.protobuf.Duration", CEL_DURATION },
    { "int", CEL_INT },       { "null_type", CEL_NULL },
    { "string", CEL_STRING }, { "google.protobuf.Timestamp", CEL_TIMESTAMP },
    { "type", CEL_TYPE },     { "uint", CEL_UINT },
};

const struct cel_type *cel_type_named(struct str name)
{
    for (size_t i = 0; i < countof(named_types); i++)
        if (str_is(name, named_types[i].name))
            return cel_type_of((enum cel_kind)named_types[i].kind);
    if (str_is(name, "list"))
        return &any_list;
    if (str_is(name, "map"))
        return &any_map;
    if (str_is(name, "optional_type"))
        return &any_optional;
    for (size_t i = 1; i < CEL_OPAQUE_COUNT; i++)
        if (str_is(name, opaque_types[i].name))
            return &opaque_types[i];
    return NULL;
}

const char *cel_type_runtime_name(const struct cel_type *type)
{
    for (size_t i = 0; i < countof(named_types); i++)
        if (type->kind == named_types[i].kind)
            return named_types[i].name;
    switch (type->kind) {
    case CEL_LIST:
        return "list";
    case CEL_MAP:
        return "map";
    case CEL_OPTIONAL:
        return "optional_type";
    default:
        return type->name != NULL ? type->name : "dyn";
    }
}

void cel_type_print(const struct cel_type *type, struct buffer *out)
{
    buffer_append_text(out, type->name != NULL ? type->name : cel_type_runtime_name(type));
    if (type->name != NULL || (type->key == NULL && type->element == NULL))
        return;
    buffer_append_char(out, '(');
    if (type->key != NULL) {
        cel_type_print(type->key, out);
        buffer_append_text(out, ", ");
    }
    cel_type_print(type->element, out);
    buffer_append_char(out, ')');
}

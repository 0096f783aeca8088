/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_text.c - what is at some places of an object's document, without decoding it. */
#include "api/object.h"
#include "api/object_scan.h"

struct texts_search {
    const struct object_path *paths;
    size_t count;
    struct str *texts;
    uint64_t named; /* a bit for each of the first 64 paths: its member's name is in the document */
};

static bool is_wanted(const struct texts_search *search, size_t i)
{
    return i >= 64 || (search->named >> i & 1) != 0;
}

static void take_text(const struct texts_search *search, struct str parent, struct str key, struct str value)
{
    for (size_t i = 0; i < search->count; i++)
        if (str_equal(search->paths[i].parent, parent) && str_equal(search->paths[i].member, key))
            search->texts[i] = scan_unquote(value);
}

/* Of the object that the scanner is before, and on behind it; false: there is none. */
static bool find_below(struct scanner *scanner, struct str parent, const struct texts_search *search)
{
    struct str key, value;
    bool good = true;
    if (!scan_take(scanner, '{'))
        return false;
    for (bool first = true; scan_member(scanner, first, &key, &value, &good); first = false)
        take_text(search, parent, key, value);
    return good;
}

/* How many of the texts that are wanted may be there, or below. */
static size_t places_at(const struct texts_search *search, struct str key, bool *ret_below)
{
    size_t count = 0;
    for (size_t i = 0; i < search->count; i++) {
        bool below = search->paths[i].parent.size > 0;
        bool here = is_wanted(search, i) && str_equal(below ? search->paths[i].parent : search->paths[i].member, key);
        count += here;
        *ret_below |= here && below;
    }
    return count;
}

/* Most that do not have a member do not have its name anywhere: that is found out ten times faster than by going through them. */
static bool is_named(struct str document, struct str member)
{
    char name[64];
    if (member.size > sizeof(name) - 2)
        return true;
    name[0] = '"';
    memcpy(name + 1, member.data, member.size);
    name[member.size + 1] = '"';
    return str_contains(document, (struct str){ name, member.size + 2 });
}

/* Documents have a key once: what is behind the last place that was asked for is not looked at. */
static void find_texts(struct str document, struct texts_search *search)
{
    struct scanner scanner = { document.data, document.data + document.size };
    struct str key, value;
    bool good = true;
    if (!scan_take(&scanner, '{'))
        return;
    size_t left = 0;
    for (size_t i = 0; i < search->count; i++) {
        search->named |= i < 64 && is_named(document, search->paths[i].member) ? (uint64_t)1 << i : 0;
        left += is_wanted(search, i);
    }
    for (bool first = true; left > 0 && scan_key(&scanner, first, &key, &good); first = false) {
        const char *start = scanner.at;
        bool below = false;
        size_t places = places_at(search, key, &below);
        left -= places < left ? places : left;
        if (below && find_below(&scanner, key, search))
            continue;
        scanner.at = start;
        if (!scan_value(&scanner, &value))
            return;
        take_text(search, STR(""), key, value);
    }
}

void object_texts(const struct object *object, const struct object_path *paths, size_t count, struct str *ret_texts)
{
    for (size_t i = 0; i < count; i++)
        ret_texts[i] = (struct str){ 0 };
    find_texts(object_json(object), &(struct texts_search){ paths, count, ret_texts });
}

static bool find_member(struct str document, struct str name, struct str *ret_value)
{
    struct scanner scanner = { document.data, document.data + document.size };
    struct str key;
    bool good = true;
    if (!scan_take(&scanner, '{'))
        return false;
    for (bool first = true; scan_member(&scanner, first, &key, ret_value, &good); first = false)
        if (str_equal(key, name))
            return true;
    return false;
}

struct str object_scalar(const struct object *object, struct str path)
{
    struct str value = object_json(object), name;
    while (str_next(&path, '.', &name))
        if (!find_member(value, name, &value))
            return (struct str){ 0 };
    return value.size > 0 && value.data[0] == '"' ? scan_unquote(value) : value;
}

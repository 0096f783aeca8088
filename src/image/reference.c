/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* reference.c - image names as runtimes spell them, and the names inside an archive. */
#include <stdio.h>
#include <yyjson.h>

#include "codec/archive.h"
#include "image/image.h"

enum { TAG_MAX = 128, DIGEST_DIGITS_MIN = 32 };

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* "library", "a.b", "a_b", "a__b", "a--b" */
static bool component_valid(struct str part)
{
    size_t i = 0;
    while (i < part.size && is_lower_or_digit(part.data[i])) {
        while (i < part.size && is_lower_or_digit(part.data[i]))
            i++;
        if (i == part.size)
            return true;
        char separator = part.data[i];
        size_t length = 1;
        while (i + length < part.size && part.data[i + length] == separator)
            length++;
        if (separator != '-' && !(separator == '.' && length == 1) && !(separator == '_' && length <= 2))
            return false;
        i += length;
    }
    return false;
}

static bool path_valid(struct str path)
{
    struct str part;
    bool any = false;
    while (str_next(&path, '/', &part)) {
        any = true;
        if (!component_valid(part))
            return false;
    }
    return any;
}

static bool tag_valid(struct str tag)
{
    if (tag.size == 0 || tag.size > TAG_MAX || (!is_letter_or_digit(tag.data[0]) && tag.data[0] != '_'))
        return false;
    for (size_t i = 1; i < tag.size; i++)
        if (!is_letter_or_digit(tag.data[i]) && strchr("_.-", tag.data[i]) == NULL)
            return false;
    return true;
}

static bool digest_valid(struct str digest)
{
    size_t colon = str_find(digest, ':');
    struct str digits = str_skip(digest, colon < digest.size ? colon + 1 : digest.size);
    for (size_t i = 0; i < digits.size; i++)
        if (strchr("0123456789abcdefABCDEF", digits.data[i]) == NULL)
            return false;
    return colon > 0 && digits.size >= DIGEST_DIGITS_MIN;
}

static bool registry_valid(struct str registry)
{
    for (size_t i = 0; i < registry.size; i++)
        if (!is_letter_or_digit(registry.data[i]) && strchr("-.:[]", registry.data[i]) == NULL)
            return false;
    return registry.size > 0 && strchr("-.:", registry.data[0]) == NULL;
}

/* The first part is a registry when it looks like a host: a dot, a port, or localhost (the rule of the distribution spec);
 * capitals can be nothing else. */
static struct str registry_of(struct str name)
{
    size_t slash = str_find(name, '/');
    struct str first = { name.data, slash < name.size ? slash : 0 };
    bool host = str_find(first, '.') < first.size || str_find(first, ':') < first.size || str_is(first, "localhost");
    for (size_t i = 0; i < first.size; i++)
        host |= first.data[i] >= 'A' && first.data[i] <= 'Z';
    return host ? first : (struct str){ name.data, 0 };
}

bool image_reference(const char *name, char *text, size_t size)
{
    if (name == NULL)
        return false;
    struct str rest = str_of(name), registry = registry_of(rest);
    if (registry.size > 0)
        rest = str_skip(rest, registry.size + 1);
    size_t at = str_find(rest, '@');
    struct str digest = str_skip(rest, at < rest.size ? at + 1 : rest.size);
    bool digested = at < rest.size;
    rest.size = at < rest.size ? at : rest.size;
    size_t colon = str_find(rest, ':');
    bool tagged = colon < rest.size;
    struct str path = { rest.data, tagged ? colon : rest.size };
    if ((registry.size > 0 && !registry_valid(registry)) || !path_valid(path) ||
        (tagged && !tag_valid(str_skip(rest, colon + 1))) || (digested && !digest_valid(digest)))
        return false;
    const char *prefix = registry.size > 0 ? "" : str_find(path, '/') < path.size ? "docker.io/" : "docker.io/library/";
    int length = snprintf(text, size, "%s%s%s", prefix, name, tagged || digested ? "" : ":latest");
    return length > 0 && (size_t)length < size;
}

struct names_reader {
    void (*each)(void *context, const char *name);
    void *context;
    bool found;
};

static int read_index(void *context, const char *path, struct str content, struct error *err)
{
    struct names_reader *reader = context;
    if (strcmp(path, "index.json") != 0)
        return 0;
    yyjson_doc *doc = yyjson_read(content.data, content.size, 0);
    if (doc == NULL)
        return error_set(err, ERROR_SYNTAX, "index.json of the image archive is not JSON");
    yyjson_val *manifests = yyjson_obj_get(yyjson_doc_get_root(doc), "manifests");
    for (size_t i = 0; i < yyjson_arr_size(manifests); i++) {
        yyjson_val *notes = yyjson_obj_get(yyjson_arr_get(manifests, i), "annotations");
        const char *name = yyjson_get_str(yyjson_obj_get(notes, "io.containerd.image.name"));
        if (name != NULL)
            reader->each(reader->context, name);
    }
    yyjson_doc_free(doc);
    reader->found = true;
    return 0;
}

int image_names(struct str archive, void (*each)(void *context, const char *name), void *context, struct error *err)
{
    struct names_reader reader = { each, context, false };
    int rc = archive_each_file(archive, IMAGE_SIZE_MAX, read_index, &reader, err);
    if (rc == 0 && !reader.found)
        rc = error_set(err, ERROR_INVALID, "not an OCI image archive: no index.json");
    return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* reference.c - image names as runtimes spell them, and the names inside an archive. */
#include <stdio.h>
#include <yyjson.h>

#include "codec/archive.h"
#include "image/image.h"

static bool name_characters(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
            strchr("-_./:@", *p) == NULL)
            return false;
    return name[0] != '\0' && strchr("-./:@", name[0]) == NULL && name[strlen(name) - 1] != '/';
}

/* The first part is a registry when it looks like a host: a dot, a port, or localhost (the rule of the distribution spec). */
static bool has_registry(const char *name, const char *slash)
{
    struct str first = { name, slash == NULL ? 0 : (size_t)(slash - name) };
    return slash != NULL &&
           (str_find(first, '.') < first.size || str_find(first, ':') < first.size || str_is(first, "localhost"));
}

bool image_reference(const char *name, char *text, size_t size)
{
    if (name == NULL || !name_characters(name))
        return false;
    const char *slash = strchr(name, '/');
    const char *registry = has_registry(name, slash) ? "" : slash != NULL ? "docker.io/" : "docker.io/library/";
    const char *last = strrchr(name, '/');
    bool tagged = strchr(last != NULL ? last : name, ':') != NULL;
    int length = snprintf(text, size, "%s%s%s", registry, name, tagged ? "" : ":latest");
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

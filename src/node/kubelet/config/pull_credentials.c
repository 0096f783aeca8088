/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/pull_credentials.h"

#include "base/buffer.h"
#include "base/text/base64.h"
#include "codec/json.h"

#define DEPTH_MAX    20
#define DOCKER_HUB   "docker.io"
#define DOCKER_INDEX "index.docker.io"

/* "docker.io/library/nginx" of "nginx:1". */
static const char *full_name(const char *image, struct arena *arena)
{
    struct str text = str_of(image);
    size_t slash = str_find(text, '/');
    struct str first = { image, slash };
    bool registry = slash < text.size &&
                    (str_contains(first, STR(".")) || str_contains(first, STR(":")) || str_is(first, "localhost"));
    if (registry)
        return image;
    return arena_format(arena, slash < text.size ? DOCKER_HUB "/%s" : DOCKER_HUB "/library/%s", image);
}

/* Without scheme, version path and trailing slash; the index is the hub. */
static struct str plain_key(struct str key)
{
    static const char *const ends[] = { "/", "/v1", "/v2" };
    if (str_starts(key, STR("https://")))
        key = str_skip(key, 8);
    else if (str_starts(key, STR("http://")))
        key = str_skip(key, 7);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < countof(ends); i++) {
            if (str_ends(key, str_of(ends[i])))
                key.size -= strlen(ends[i]);
        }
    }
    return str_is(key, DOCKER_INDEX) ? STR(DOCKER_HUB) : key;
}

/* Label by label; "*" in the pattern stands for one. */
static bool host_fits(struct str pattern, struct str host)
{
    struct str a, b;
    for (;;) {
        bool more_a = str_next(&pattern, '.', &a), more_b = str_next(&host, '.', &b);
        if (!more_a || !more_b)
            return more_a == more_b;
        if (!str_is(a, "*") && !str_equal(a, b))
            return false;
    }
}

static bool key_fits(struct str key, struct str image)
{
    size_t key_slash = str_find(key, '/'), image_slash = str_find(image, '/');
    if (key.size == 0 || !host_fits((struct str){ key.data, key_slash }, (struct str){ image.data, image_slash }))
        return false;
    struct str path = str_skip(key, key_slash), rest = str_skip(image, image_slash);
    if (path.size == 0)
        return true;
    return str_starts(rest, path) && (rest.size == path.size || strchr("/:@", rest.data[path.size]) != NULL);
}

static const char *text_of(yyjson_val *entry, const char *name, struct arena *arena)
{
    return arena_strdup(arena, yyjson_get_str(yyjson_obj_get(entry, name)));
}

/* "auth" is base64 of USER:PASSWORD. */
static void split_auth(const char *auth, struct arena *arena, struct cri_auth_config *ret_auth)
{
    auto_buffer struct buffer text = { .max = 65536 };
    if (text_empty(auth) || !base64_decode(str_of(auth), &text))
        return;
    struct str all = buffer_str(&text);
    size_t colon = str_find(all, ':');
    if (colon == all.size)
        return;
    ret_auth->username = arena_strndup(arena, all.data, colon);
    struct str password = str_skip(all, colon + 1);
    while (password.size > 0 && password.data[password.size - 1] == '\0') /* old clients pad with NUL */
        password.size--;
    ret_auth->password = arena_strndup(arena, password.data, password.size);
}

bool pull_credentials_find(struct str json, const char *image, struct arena *arena, struct cri_auth_config *ret_auth)
{
    yyjson_doc *doc auto_with(yyjson_doc_free_cleanup) = NULL;
    if (json_read(json, DEPTH_MAX, &doc, NULL) < 0)
        return false;
    yyjson_val *root = yyjson_doc_get_root(doc), *auths = yyjson_obj_get(root, "auths");
    if (auths == NULL)
        auths = root;
    struct str name = str_of(full_name(image, arena));
    yyjson_val *best = NULL, *key, *value;
    size_t best_size = 0, index, max;
    yyjson_obj_foreach(auths, index, max, key, value)
    {
        struct str plain = plain_key((struct str){ yyjson_get_str(key), yyjson_get_len(key) });
        if (yyjson_is_obj(value) && key_fits(plain, name) && (best == NULL || plain.size > best_size)) {
            best = value;
            best_size = plain.size;
        }
    }
    if (best == NULL)
        return false;
    *ret_auth = (struct cri_auth_config){
        .username = text_of(best, "username", arena),
        .password = text_of(best, "password", arena),
        .identity_token = text_of(best, "identitytoken", arena),
        .registry_token = text_of(best, "registrytoken", arena),
    };
    if (text_empty(ret_auth->username))
        split_auth(text_of(best, "auth", arena), arena, ret_auth);
    return !text_empty(ret_auth->username) || !text_empty(ret_auth->identity_token) ||
           !text_empty(ret_auth->registry_token);
}

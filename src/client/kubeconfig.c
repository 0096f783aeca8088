/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "client/kubeconfig.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <yyjson.h>

#include "base/system/file.h"
#include "base/text/base64.h"
#include "codec/yaml.h"

enum { FILE_MAX_SIZE = 1 << 20, PATH_SIZE = 4096 };

/* ---------------------------------------------------------------- reading */

/* The item of a list like "users" that has the name; its member ("user") is what counts. */
static yyjson_val *find_named(yyjson_val *root, const char *list, const char *name, const char *member)
{
    yyjson_val *items = yyjson_obj_get(root, list);
    for (size_t i = 0; name != NULL && i < yyjson_arr_size(items); i++) {
        yyjson_val *item = yyjson_arr_get(items, i);
        if (yyjson_equals_str(yyjson_obj_get(item, "name"), name))
            return yyjson_obj_get(item, member);
    }
    return NULL;
}

static const char *text_at(yyjson_val *object, const char *key, struct arena *arena)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text_empty(text) ? NULL : arena_strdup(arena, text);
}

/* Paths are relative to the kubeconfig. */
static int read_beside(const char *config_path, const char *path, struct arena *arena, struct str *ret_text,
                       struct error *err)
{
    char full[PATH_SIZE];
    const char *slash = strrchr(config_path, '/');
    int directory = path[0] == '/' || slash == NULL ? 0 : (int)(slash - config_path + 1);
    snprintf(full, sizeof(full), "%.*s%s", directory, config_path, path);
    auto_buffer struct buffer content = { .max = FILE_MAX_SIZE };
    int rc = file_read(AT_FDCWD, full, FILE_MAX_SIZE, &content, err);
    if (rc == 0)
        *ret_text = arena_str(arena, buffer_str(&content));
    return rc;
}

/* "client-key-data" in base64, or "client-key" as a path. */
static int read_data(const char *config_path, yyjson_val *object, const char *key, struct arena *arena,
                     struct str *ret_text, struct error *err)
{
    char data_key[64];
    snprintf(data_key, sizeof(data_key), "%s-data", key);
    const char *data = text_at(object, data_key, arena), *path = text_at(object, key, arena);
    if (data == NULL)
        return path == NULL ? 0 : read_beside(config_path, path, arena, ret_text, err);
    auto_buffer struct buffer bytes = { .max = FILE_MAX_SIZE };
    if (!base64_decode(str_of(data), &bytes))
        return error_set(err, ERROR_SYNTAX, "%s is not base64", data_key);
    *ret_text = arena_str(arena, buffer_str(&bytes));
    return 0;
}

static int read_user(const char *path, yyjson_val *user, struct arena *arena, struct kubeconfig *config,
                     struct error *err)
{
    if (yyjson_obj_get(user, "exec") != NULL || yyjson_obj_get(user, "auth-provider") != NULL ||
        yyjson_obj_get(user, "username") != NULL)
        return error_set(err, ERROR_UNSUPPORTED,
                         "credential plug-ins and passwords are not supported; use a certificate or a token");
    config->token = text_at(user, "token", arena);
    config->token_file = text_at(user, "tokenFile", arena);
    int rc = read_data(path, user, "client-certificate", arena, &config->certificate_pem, err);
    return rc == 0 ? read_data(path, user, "client-key", arena, &config->key_pem, err) : rc;
}

static int read_document(const char *path, yyjson_val *root, const char *name, struct arena *arena,
                         struct kubeconfig *config, struct error *err)
{
    if (name == NULL)
        name = yyjson_get_str(yyjson_obj_get(root, "current-context"));
    yyjson_val *context = find_named(root, "contexts", name, "context");
    if (context == NULL)
        return error_set(err, ERROR_NOT_FOUND, "there is no context '%s'", text_or_empty(name));
    yyjson_val *cluster = find_named(root, "clusters", yyjson_get_str(yyjson_obj_get(context, "cluster")), "cluster");
    yyjson_val *user = find_named(root, "users", yyjson_get_str(yyjson_obj_get(context, "user")), "user");
    config->server = text_at(cluster, "server", arena);
    if (config->server == NULL)
        return error_set(err, ERROR_NOT_FOUND, "context '%s' names no cluster with a server", name);
    config->server_name = text_at(cluster, "tls-server-name", arena);
    config->namespace_ = text_at(context, "namespace", arena);
    config->insecure_skip_verify = yyjson_get_bool(yyjson_obj_get(cluster, "insecure-skip-tls-verify"));
    int rc = read_data(path, cluster, "certificate-authority", arena, &config->ca_pem, err);
    return rc == 0 ? read_user(path, user, arena, config, err) : rc;
}

int kubeconfig_load(const char *path, const char *context, struct arena *arena, struct kubeconfig *ret_kubeconfig,
                    struct error *err)
{
    auto_buffer struct buffer yaml = { .max = FILE_MAX_SIZE };
    auto_buffer struct buffer json = { .max = FILE_MAX_SIZE };
    struct kubeconfig config = { 0 };
    int rc = file_read(AT_FDCWD, path, FILE_MAX_SIZE, &yaml, err);
    if (rc == 0)
        rc = yaml_to_json(buffer_str(&yaml), 0, &json, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "kubeconfig %s", path);
    yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    rc = read_document(path, yyjson_doc_get_root(doc), context, arena, &config, err);
    yyjson_doc_free(doc);
    if (rc < 0)
        return error_wrap_code(err, rc, "kubeconfig %s", path);
    *ret_kubeconfig = config;
    return 0;
}

/* ---------------------------------------------------------------- writing */

void kubeconfig_format(const char *cluster, const char *server, const char *user, struct str ca_pem,
                       struct str certificate_pem, struct str key_pem, struct buffer *ret_text)
{
    buffer_append_text(ret_text,
                       "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: ");
    base64_encode(ca_pem, ret_text);
    buffer_format(ret_text, "\n    server: %s\n  name: %s\n", server, cluster);
    buffer_format(ret_text, "contexts:\n- context:\n    cluster: %s\n    user: %s\n  name: %s\ncurrent-context: %s\n",
                  cluster, user, cluster, cluster);
    buffer_format(ret_text, "users:\n- name: %s\n  user:\n    client-certificate-data: ", user);
    base64_encode(certificate_pem, ret_text);
    buffer_append_text(ret_text, "\n    client-key-data: ");
    base64_encode(key_pem, ret_text);
    buffer_append_char(ret_text, '\n');
}

int kubeconfig_write(const char *path, const char *cluster, const char *server, const char *user, struct str ca_pem,
                     struct str certificate_pem, struct str key_pem, struct error *err)
{
    auto_buffer struct buffer text = { 0 };
    auto_buffer struct buffer there = { .max = FILE_MAX_SIZE };
    struct stat status;
    kubeconfig_format(cluster, server, user, ca_pem, certificate_pem, key_pem, &text);
    if (stat(path, &status) == 0 && (status.st_mode & 07777) == 0600 &&
        file_read(AT_FDCWD, path, FILE_MAX_SIZE, &there, NULL) == 0 && str_equal(buffer_str(&there), buffer_str(&text)))
        return 0;
    return file_write(AT_FDCWD, path, buffer_str(&text), 0600, err);
}

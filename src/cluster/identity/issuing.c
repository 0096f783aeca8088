/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* issuing.c - see issuing.h. */
#include "cluster/identity/issuing.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY              ((usec_t)86400 * USEC_PER_SEC)
#define CERTIFICATE_LIFE (365 * DAY)
#define RENEW_BEFORE     (30 * DAY)

/* "ca.key.1234-0.new": what process 1234 was writing when it was killed. */
static bool is_left_behind(const char *name)
{
    const char *dot = NULL, *end = name + strlen(name) - strlen(".new");
    if (end <= name || strcmp(end, ".new") != 0)
        return false;
    for (const char *at = name; at < end; at++)
        dot = *at == '.' ? at : dot;
    char *behind = NULL;
    long pid = dot == NULL ? 0 : strtol(dot + 1, &behind, 10);
    return pid > 0 && *behind == '-' && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void remove_left_behind(int directory)
{
    DIR *entries = file_open_directory(directory, ".");
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
        if (is_left_behind(entry->d_name))
            (void)unlinkat(directory, entry->d_name, 0); /* it harms nobody where it is */
    if (entries != NULL)
        closedir(entries);
}

int issuing_open_directory(const char *path, int *ret_directory, struct error *err)
{
    int rc = file_make_directories(AT_FDCWD, path, 0700, err);
    if (rc < 0)
        return rc;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open %s", path);
    remove_left_behind(fd);
    *ret_directory = fd;
    return 0;
}

void issuing_fini(struct issuing *issuing)
{
    for (size_t i = 0; i < issuing->count; i++)
        buffer_fini(&issuing->contents[i]);
    x509_authority_destroy(issuing->authority);
}

static int open_authority(struct issuing *issuing, struct error *err)
{
    usec_t begin = issuing->now - ISSUING_CLOCK_SKEW, end = issuing->now + ISSUING_AUTHORITY_LIFE;
    if (issuing->authority != NULL)
        return 0;
    if (issuing->ca_key.size > 0)
        return x509_authority_parse(issuing->ca_certificate, issuing->ca_key, &issuing->authority, err);
    return x509_authority_open(issuing->directory, "ca", "kubernetes", begin, end, &issuing->authority, err);
}

/* What there is stays while it is good: clients may hold its key's fingerprint. */
static bool still_good(const struct issuing *issuing, const char *certificate, const char *key)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer pem = { 0 };
    struct x509_info info;
    if (!file_exists(issuing->directory, key))
        return false;
    if (file_read(issuing->directory, certificate, ISSUING_PEM_MAX, &pem, NULL) < 0 ||
        x509_parse(buffer_str(&pem), &arena, &info, NULL) < 0)
        return false;
    return info.not_after > issuing->now + RENEW_BEFORE;
}

int issuing_ensure(struct issuing *issuing, const char *name, struct x509_template what, struct error *err)
{
    char certificate[ISSUING_PATH_SIZE], key[ISSUING_PATH_SIZE];
    snprintf(certificate, sizeof(certificate), "%s.crt", name);
    snprintf(key, sizeof(key), "%s.key", name);
    if (still_good(issuing, certificate, key))
        return 0;
    int rc = open_authority(issuing, err);
    if (rc < 0)
        return rc;
    what.not_before = issuing->now - ISSUING_CLOCK_SKEW;
    what.not_after = issuing->now + CERTIFICATE_LIFE;
    struct buffer *key_pem = issuing_add(issuing, key, 0600);
    rc = x509_issue(issuing->authority, &what, issuing_add(issuing, certificate, 0644), key_pem, err);
    return rc < 0 ? error_wrap_code(err, rc, "certificate %s", name) : 0;
}

struct buffer *issuing_add(struct issuing *issuing, const char *path, mode_t mode)
{
    assert(issuing->count < ISSUING_FILES_MAX);
    size_t index = issuing->count++;
    snprintf(issuing->paths[index], sizeof(issuing->paths[index]), "%s", path);
    issuing->modes[index] = mode;
    return &issuing->contents[index];
}

void issuing_add_changed(struct issuing *issuing, const char *path, mode_t mode, struct str content)
{
    auto_buffer struct buffer there = { 0 };
    bool same = file_read(issuing->directory, path, 2 * ISSUING_PEM_MAX, &there, NULL) == 0 &&
                str_equal(buffer_str(&there), content);
    if (!same)
        buffer_append_str(issuing_add(issuing, path, mode), content);
}

int issuing_read(const struct issuing *issuing, const char *path, struct buffer *ret_content, struct error *err)
{
    for (size_t i = 0; i < issuing->count; i++)
        if (strcmp(issuing->paths[i], path) == 0) {
            buffer_append_str(ret_content, buffer_str(&issuing->contents[i]));
            return 0;
        }
    return file_read(issuing->directory, path, ISSUING_PEM_MAX, ret_content, err);
}

int issuing_write(struct issuing *issuing, struct file_writing **ret_writing, struct error *err)
{
    struct file_content files[ISSUING_FILES_MAX];
    for (size_t i = 0; i < issuing->count; i++)
        files[i] = (struct file_content){ issuing->paths[i], buffer_str(&issuing->contents[i]), issuing->modes[i] };
    if (issuing->count == 0)
        return 0;
    return file_writing_start(issuing->directory, files, issuing->count, ret_writing, err);
}

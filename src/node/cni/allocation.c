/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cni/allocation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/system/file.h"

#define TEXT_MAX  512   /* of a link */
#define TRIES_MAX 65536 /* addresses looked at; more than a node's range has */

struct allocation {
    const struct cni_config *config;
    char path[CNI_PATH_MAX + 8];
    int directory;
};

static int make_directories(char *path, struct error *err)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return error_errno(err, "make %s", path);
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}

int allocation_open(const struct cni_config *config, struct allocation **ret_allocation, struct error *err)
{
    struct allocation *allocation = memory_new(struct allocation);
    allocation->config = config;
    allocation->directory = -1;
    snprintf(allocation->path, sizeof(allocation->path), "%s/%s", config->data_directory, config->name);
    int rc = make_directories(allocation->path, err);
    if (rc == 0) {
        allocation->directory = open(allocation->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (allocation->directory < 0 || flock(allocation->directory, LOCK_EX) < 0)
            rc = error_errno(err, "lock %s", allocation->path);
    }
    if (rc < 0) {
        allocation_close(allocation);
        return rc;
    }
    *ret_allocation = allocation;
    return 0;
}

void allocation_close(struct allocation *allocation)
{
    if (allocation == NULL)
        return;
    if (allocation->directory >= 0)
        close(allocation->directory);
    free(allocation);
}

/* The text of a link; false when there is none. */
static bool read_record(const struct allocation *allocation, const char *name, char text[TEXT_MAX])
{
    ssize_t size = readlinkat(allocation->directory, name, text, TEXT_MAX - 1);
    if (size < 0)
        return false;
    text[size] = '\0';
    return true;
}

/* Replaces what is there. */
static int write_record(const struct allocation *allocation, const char *name, const char *text, struct error *err)
{
    char beside[] = "new-record";
    unlinkat(allocation->directory, beside, 0); /* of a crash in the middle; the lock is ours */
    if (symlinkat(text, allocation->directory, beside) < 0 ||
        renameat(allocation->directory, beside, allocation->directory, name) < 0)
        return error_errno(err, "write %s/%s", allocation->path, name);
    return 0;
}

static void back_name(const struct cni_attachment_name *name, char text[NAME_MAX])
{
    snprintf(text, NAME_MAX, "by-%s@%s", name->container_id, name->interface);
}

static void owner_text(const struct cni_attachment_name *name, char text[TEXT_MAX])
{
    snprintf(text, TEXT_MAX, "%s/%s", name->container_id, name->interface);
}

/* ---------------------------------------------------------------- finding */

static size_t place_of_family(const struct cni_config *config, uint8_t family)
{
    size_t i = 0;
    while (i < config->n_subnets && config->subnets[i].range.address.family != family)
        i++;
    return i;
}

bool allocation_find(struct allocation *allocation, const struct cni_attachment_name *name,
                     struct ip ret_addresses[CNI_SUBNETS_MAX])
{
    char back[NAME_MAX], text[TEXT_MAX], owner[TEXT_MAX], holder[TEXT_MAX];
    back_name(name, back);
    owner_text(name, owner);
    if (!read_record(allocation, back, text))
        return false;
    struct ip found[CNI_SUBNETS_MAX] = { 0 }, ip;
    size_t count = 0;
    struct str rest = str_of(text), piece;
    while (str_next(&rest, ',', &piece)) {
        if (!ip_parse(piece, &ip))
            return false;
        char shown[IP_TEXT_SIZE];
        ip_format(&ip, shown);
        size_t place = place_of_family(allocation->config, ip.family);
        if (place == allocation->config->n_subnets || !read_record(allocation, shown, holder) ||
            strcmp(holder, owner) != 0)
            return false;
        found[place] = ip;
        count++;
    }
    if (count != allocation->config->n_subnets)
        return false;
    memcpy(ret_addresses, found, sizeof(found));
    return true;
}

/* ---------------------------------------------------------------- taking */

static bool usable(const struct cni_subnet *subnet, const struct ip *ip)
{
    struct ip last = ip_prefix_last(&subnet->range);
    return !ip_equal(ip, &subnet->range.address) && !ip_equal(ip, &subnet->gateway) &&
           !(ip->family == IP_V4 && ip_equal(ip, &last));
}

/* How far the newest address is from the range's begin, 0 when it is not known. */
static uint64_t newest_offset(const struct allocation *allocation, const struct cni_subnet *subnet, const char *record)
{
    char text[TEXT_MAX];
    struct ip ip;
    if (!read_record(allocation, record, text) || !ip_parse(str_of(text), &ip) ||
        !ip_prefix_contains(&subnet->range, &ip))
        return 0;
    uint64_t offset = 0;
    for (size_t i = 0; i < ip_size(&ip); i++)
        offset = offset << 8 | (uint8_t)(ip.bytes[i] - subnet->range.address.bytes[i]);
    return offset;
}

static int take_from(struct allocation *allocation, const struct cni_subnet *subnet, const char *owner,
                     struct ip *ret_ip, struct error *err)
{
    char record[16], text[IP_TEXT_SIZE];
    snprintf(record, sizeof(record), "last-%u", subnet->range.address.family);
    uint64_t count = ip_prefix_count(&subnet->range);
    if (count > TRIES_MAX)
        count = TRIES_MAX;
    uint64_t start = newest_offset(allocation, subnet, record);
    for (uint64_t i = 1; i <= count; i++) {
        struct ip ip;
        if (!ip_prefix_nth(&subnet->range, (start + i) % count, &ip) || !usable(subnet, &ip))
            continue;
        ip_format(&ip, text);
        if (symlinkat(owner, allocation->directory, text) == 0) {
            *ret_ip = ip;
            return write_record(allocation, record, text, err);
        }
        if (errno != EEXIST)
            return error_errno(err, "reserve %s", text);
    }
    ip_prefix_format(&subnet->range, text);
    return error_set(err, ERROR_LIMIT, "no IP addresses available in range set: %s", text);
}

int allocation_take(struct allocation *allocation, const struct cni_attachment_name *name,
                    struct ip ret_addresses[CNI_SUBNETS_MAX], struct error *err)
{
    if (allocation_find(allocation, name, ret_addresses))
        return 0;
    int rc = allocation_release(allocation, name, err); /* half of a pair, after a crash */
    char owner[TEXT_MAX], back[NAME_MAX], text[TEXT_MAX] = "", shown[IP_TEXT_SIZE];
    struct ip taken[CNI_SUBNETS_MAX] = { 0 };
    owner_text(name, owner);
    back_name(name, back);
    for (size_t i = 0; i < allocation->config->n_subnets && rc == 0; i++) {
        rc = take_from(allocation, &allocation->config->subnets[i], owner, &taken[i], err);
        ip_format(&taken[i], shown);
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? "," : "", shown);
    }
    if (rc == 0)
        rc = write_record(allocation, back, text, err);
    if (rc < 0) {
        int release_rc = allocation_release(allocation, name, NULL);
        (void)release_rc; /* the first failure is the one to report */
        return rc;
    }
    memcpy(ret_addresses, taken, sizeof(taken));
    return 0;
}

/* ---------------------------------------------------------------- releasing */

/* Looks at every record: only when the way back is missing or wrong. */
static int release_by_owner(struct allocation *allocation, const char *owner, struct error *err)
{
    DIR *stream = file_open_directory(allocation->directory, ".");
    if (stream == NULL)
        return error_errno(err, "read %s", allocation->path);
    char text[TEXT_MAX];
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct ip ip;
        if (ip_parse(str_of(entry->d_name), &ip) && read_record(allocation, entry->d_name, text) &&
            strcmp(text, owner) == 0)
            unlinkat(allocation->directory, entry->d_name, 0);
    }
    closedir(stream);
    return 0;
}

int allocation_release(struct allocation *allocation, const struct cni_attachment_name *name, struct error *err)
{
    char back[NAME_MAX], owner[TEXT_MAX], shown[IP_TEXT_SIZE];
    struct ip addresses[CNI_SUBNETS_MAX];
    back_name(name, back);
    owner_text(name, owner);
    int rc = 0;
    if (allocation_find(allocation, name, addresses)) {
        for (size_t i = 0; i < allocation->config->n_subnets; i++) {
            ip_format(&addresses[i], shown);
            if (unlinkat(allocation->directory, shown, 0) < 0 && errno != ENOENT)
                return error_errno(err, "release %s", shown);
        }
    } else {
        rc = release_by_owner(allocation, owner, err);
    }
    if (rc == 0 && unlinkat(allocation->directory, back, 0) < 0 && errno != ENOENT)
        rc = error_errno(err, "remove %s/%s", allocation->path, back);
    return rc;
}

/* ---------------------------------------------------------------- notes */

static void note_name(const struct cni_attachment_name *name, char text[NAME_MAX])
{
    snprintf(text, NAME_MAX, "note-%s@%s", name->container_id, name->interface);
}

int allocation_set_note(struct allocation *allocation, const struct cni_attachment_name *name, const char *text,
                        struct error *err)
{
    char note[NAME_MAX];
    note_name(name, note);
    if (text != NULL && text[0] != '\0')
        return write_record(allocation, note, text, err);
    if (unlinkat(allocation->directory, note, 0) < 0 && errno != ENOENT)
        return error_errno(err, "remove %s/%s", allocation->path, note);
    return 0;
}

char *allocation_note(struct allocation *allocation, const struct cni_attachment_name *name)
{
    char note[NAME_MAX];
    note_name(name, note);
    autofree char *text = memory_alloc(PATH_MAX);
    ssize_t size = readlinkat(allocation->directory, note, text, PATH_MAX - 1);
    if (size < 0)
        return NULL;
    text[size] = '\0';
    return take_pointer(&text);
}

int allocation_each(struct allocation *allocation,
                    int (*each)(void *context, const struct cni_attachment_name *name, struct error *err),
                    void *context, struct error *err)
{
    DIR *stream = file_open_directory(allocation->directory, ".");
    if (stream == NULL)
        return error_errno(err, "read %s", allocation->path);
    int rc = 0;
    char text[TEXT_MAX];
    for (const struct dirent *entry; rc == 0 && (entry = readdir(stream)) != NULL;) {
        struct ip ip;
        char *slash;
        if (!ip_parse(str_of(entry->d_name), &ip) || !read_record(allocation, entry->d_name, text) ||
            (slash = strchr(text, '/')) == NULL)
            continue;
        *slash = '\0';
        rc = each(context, &(struct cni_attachment_name){ text, slash + 1 }, err);
    }
    closedir(stream);
    return rc;
}

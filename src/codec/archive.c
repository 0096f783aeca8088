/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "codec/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/memory.h"

struct archive_writer {
    struct archive *archive;
    struct buffer *out;
};

static la_ssize_t append_to_buffer(struct archive *archive, void *context, const void *bytes, size_t size)
{
    struct archive_writer *writer = context;
    buffer_append(writer->out, bytes, size);
    if (buffer_failed(writer->out)) {
        archive_set_error(archive, ENOMEM, "the archive is larger than its limit");
        return -1;
    }
    return (la_ssize_t)size;
}

static int writer_error(struct archive_writer *writer, const char *what, struct error *err)
{
    return error_set(err, buffer_failed(writer->out) ? ERROR_LIMIT : ERROR_INTERNAL, "%s: %s", what,
                     text_or_empty(archive_error_string(writer->archive)));
}

int archive_writer_create(struct buffer *out, enum archive_compression compression, struct archive_writer **ret_writer,
                          struct error *err)
{
    struct archive_writer *writer = memory_new(struct archive_writer);
    writer->out = out;
    writer->archive = archive_write_new();
    if (writer->archive == NULL)
        abort(); /* out of memory, like memory_alloc() */
    int rc = archive_write_set_format_ustar(writer->archive);
    if (rc == ARCHIVE_OK && compression == ARCHIVE_GZIP)
        rc = archive_write_add_filter_gzip(writer->archive);
    if (rc == ARCHIVE_OK && compression == ARCHIVE_GZIP)
        rc = archive_write_set_filter_option(writer->archive, "gzip", "timestamp", NULL);
    if (rc == ARCHIVE_OK) /* no padding: bytes behind a gzip stream are an error to its readers */
        rc = archive_write_set_bytes_in_last_block(writer->archive, 1);
    if (rc == ARCHIVE_OK)
        rc = archive_write_open(writer->archive, writer, NULL, append_to_buffer, NULL);
    if (rc != ARCHIVE_OK) {
        rc = writer_error(writer, "start archive", err);
        archive_write_free(writer->archive);
        free(writer);
        return rc;
    }
    *ret_writer = writer;
    return 0;
}

static int write_entry(struct archive_writer *writer, const char *path, unsigned type, unsigned mode,
                       const char *target, struct str content, struct error *err)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL)
        abort();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, (__LA_MODE_T)mode);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    archive_entry_set_mtime(entry, 0, 0);
    if (target != NULL)
        archive_entry_set_symlink(entry, target);
    int rc = archive_write_header(writer->archive, entry);
    archive_entry_free(entry);
    if (rc == ARCHIVE_OK && content.size > 0 &&
        archive_write_data(writer->archive, content.data, content.size) != (la_ssize_t)content.size)
        rc = ARCHIVE_FATAL;
    return rc == ARCHIVE_OK ? 0 : writer_error(writer, path, err);
}

int archive_writer_directory(struct archive_writer *writer, const char *path, unsigned mode, struct error *err)
{
    return write_entry(writer, path, AE_IFDIR, mode, NULL, (struct str){ 0 }, err);
}

int archive_writer_file(struct archive_writer *writer, const char *path, unsigned mode, struct str content,
                        struct error *err)
{
    return write_entry(writer, path, AE_IFREG, mode, NULL, content, err);
}

int archive_writer_link(struct archive_writer *writer, const char *path, const char *target, struct error *err)
{
    return write_entry(writer, path, AE_IFLNK, 0777, target, (struct str){ 0 }, err);
}

int archive_writer_finish(struct archive_writer *writer, struct error *err)
{
    int rc = archive_write_close(writer->archive) == ARCHIVE_OK ? 0 : writer_error(writer, "end archive", err);
    archive_write_free(writer->archive);
    free(writer);
    return rc;
}

/* One entry's content into 'content', which is cleared first. */
static int read_entry(struct archive *archive, const char *path, size_t entry_max, struct buffer *content,
                      struct error *err)
{
    char block[16384];
    buffer_clear(content);
    for (;;) {
        la_ssize_t size = archive_read_data(archive, block, sizeof(block));
        if (size == 0)
            return 0;
        if (size < 0)
            return error_set(err, ERROR_SYNTAX, "%s: %s", path, text_or_empty(archive_error_string(archive)));
        buffer_append(content, block, (size_t)size);
        if (buffer_failed(content))
            return error_set(err, ERROR_LIMIT, "%s: larger than %zu bytes", path, entry_max);
    }
}

static int read_entries(struct archive *archive, size_t entry_max,
                        int (*each)(void *context, const char *path, struct str content, struct error *err),
                        void *context, struct error *err)
{
    auto_buffer struct buffer content = { .max = entry_max };
    for (;;) {
        struct archive_entry *entry = NULL;
        int rc = archive_read_next_header(archive, &entry);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return error_set(err, ERROR_SYNTAX, "read archive: %s", text_or_empty(archive_error_string(archive)));
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        const char *path = text_or_empty(archive_entry_pathname(entry));
        rc = read_entry(archive, path, entry_max, &content, err);
        if (rc == 0)
            rc = each(context, path, buffer_str(&content), err);
        if (rc != 0)
            return rc;
    }
}

int archive_each_file(struct str bytes, size_t entry_max,
                      int (*each)(void *context, const char *path, struct str content, struct error *err),
                      void *context, struct error *err)
{
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        abort();
    archive_read_support_format_tar(archive);
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_zstd(archive);
    int rc = archive_read_open_memory(archive, bytes.data, bytes.size);
    if (rc != ARCHIVE_OK)
        rc = error_set(err, ERROR_SYNTAX, "read archive: %s", text_or_empty(archive_error_string(archive)));
    else
        rc = read_entries(archive, entry_max, each, context, err);
    archive_read_free(archive);
    return rc;
}

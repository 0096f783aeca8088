/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* archive.h - tar files in memory, written and read; gzip and zstd are undone when read.
 *
 * Written archives are reproducible: owner root, time zero, entries in the order given. */
#ifndef CODEC_ARCHIVE_H
#define CODEC_ARCHIVE_H

#include "base/buffer.h"
#include "base/error.h"

enum archive_compression { ARCHIVE_PLAIN, ARCHIVE_GZIP };

struct archive_writer;

/* Appends to 'out' (its maximum bounds the archive), which must live until archive_writer_finish(). */
int archive_writer_create(struct buffer *out, enum archive_compression compression, struct archive_writer **ret_writer,
                          struct error *err) must_check;
int archive_writer_directory(struct archive_writer *writer, const char *path, unsigned mode,
                             struct error *err) must_check;
int archive_writer_file(struct archive_writer *writer, const char *path, unsigned mode, struct str content,
                        struct error *err) must_check;
int archive_writer_link(struct archive_writer *writer, const char *path, const char *target,
                        struct error *err) must_check;

/* Ends the archive and destroys the writer, also when it fails. */
int archive_writer_finish(struct archive_writer *writer, struct error *err) must_check;

/* Calls each() for every regular file until it returns non-zero, which is then returned. 'content' is borrowed.
 * Entries larger than 'entry_max' are -ERROR_LIMIT. */
int archive_each_file(struct str archive, size_t entry_max,
                      int (*each)(void *context, const char *path, struct str content, struct error *err),
                      void *context, struct error *err) must_check;

#endif

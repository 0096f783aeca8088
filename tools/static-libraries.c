/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* static-libraries.c - linked once when the build is configured, to see whether this system's static libraries stand alone. */
#include <archive.h>
#include <libknot/libknot.h>
#include <lmdb.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <uv.h>
#include <yaml.h>

#include "../src/node/dns/no_tsig.c"

int main(int argc, char **argv)
{
    struct archive *archive = archive_write_new();
    knot_pkt_t *packet = knot_pkt_new(NULL, 512, NULL);
    MDB_env *store = NULL;
    yaml_parser_t parser;
    (void)argv;
    return argc > 1000 && archive_write_set_format_ustar(archive) == 0 && archive_write_add_filter_gzip(archive) == 0 &&
           archive_read_support_format_tar(archive) == 0 && archive_read_support_filter_zstd(archive) == 0 &&
           knot_pkt_parse(packet, 0) == 0 && mdb_env_create(&store) == 0 && yaml_parser_initialize(&parser) == 0 &&
           SSL_CTX_new(TLS_method()) != NULL && uv_loop_alive(uv_default_loop()) && nghttp2_version(0) != NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* no_tsig.c - what libknot asks of libdnssec, answered "unknown".
 *
 * Signed transactions (TSIG) are between name servers; a cluster's DNS has no keys for them, and libknot refuses a signature
 * of an unknown algorithm. With these in their place neither libdnssec nor the GnuTLS behind it is linked: 3 MB resident
 * in every process. See docs/decisions/0007-static-libraries.md. */
#include <libdnssec/error.h>
#include <libdnssec/tsig.h>

dnssec_tsig_algorithm_t dnssec_tsig_algorithm_from_dname(const uint8_t *dname)
{
    (void)dname;
    return DNSSEC_TSIG_UNKNOWN;
}

const uint8_t *dnssec_tsig_algorithm_to_dname(dnssec_tsig_algorithm_t algorithm)
{
    (void)algorithm;
    return NULL;
}

size_t dnssec_tsig_algorithm_size(dnssec_tsig_algorithm_t algorithm)
{
    (void)algorithm;
    return 0;
}

int dnssec_tsig_new(dnssec_tsig_ctx_t **ctx, dnssec_tsig_algorithm_t algorithm, const dnssec_binary_t *key)
{
    (void)ctx;
    (void)algorithm;
    (void)key;
    return DNSSEC_NOT_IMPLEMENTED_ERROR;
}

void dnssec_tsig_free(dnssec_tsig_ctx_t *ctx)
{
    (void)ctx; /* there are none */
}

int dnssec_tsig_add(dnssec_tsig_ctx_t *ctx, const dnssec_binary_t *data)
{
    (void)ctx;
    (void)data;
    return DNSSEC_NOT_IMPLEMENTED_ERROR;
}

size_t dnssec_tsig_size(dnssec_tsig_ctx_t *ctx)
{
    (void)ctx;
    return 0;
}

int dnssec_tsig_write(dnssec_tsig_ctx_t *ctx, uint8_t *mac)
{
    (void)ctx;
    (void)mac;
    return DNSSEC_NOT_IMPLEMENTED_ERROR;
}

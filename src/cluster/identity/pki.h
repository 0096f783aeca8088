/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pki.h - the keys and certificates of a control plane, and who they say one is.
 *
 *   ca.crt ca.key                    the cluster's authority
 *   apiserver.crt apiserver.key      what the API server shows
 *   apiserver-kubelet-client.*       what it shows to kubelets
 *   admin.*                          system:masters, in the administrator's kubeconfig
 *   sa.key                           signs service account tokens
 *
 * Made when missing, with modes 0600 for keys; a certificate whose last month has come is made anew. Blocks. */
#ifndef CLUSTER_PKI_H
#define CLUSTER_PKI_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/text/ip.h"
#include "base/time.h"

struct pki_options {
    const char *directory;
    usec_t now;
    const struct ip *addresses; /* of the API server, beside 127.0.0.1 and ::1 */
    size_t n_addresses;
    const char *const *dns_names; /* NULL-terminated, beside the kubernetes.default... names; may be NULL */
};

struct file_writing;

/* The texts that a server needs; finished with pki_fini(). */
struct pki {
    struct buffer ca_certificate, ca_key;
    struct buffer server_certificate, server_key;
    struct buffer kubelet_client_certificate, kubelet_client_key;
    struct buffer admin_certificate, admin_key;
    struct buffer token_key;
    int directory;
    struct file_writing *writing; /* what was made and is not on disk yet; NULL: nothing */
};

/* What had to be made is on its way to the disk afterwards. Nobody else may come to know it before pki_settle() has waited for
 * that: after a crash the next start makes other ones. pki_fini() without gives it up. */
int pki_open(const struct pki_options *options, struct pki *ret_pki, struct error *err) must_check;
int pki_settle(struct pki *pki, struct error *err) must_check;
void pki_fini(struct pki *pki);

#endif

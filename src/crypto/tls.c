/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "crypto/tls.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/ref.h"
#include "crypto/key.h"

/* As Go's servers prefer them where AES is in hardware: the shorter key is a seventh faster, and nothing is known that
 * tells the two apart in strength. */
#define TLS_CIPHERSUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define TLS_ALPN_MAX     255       /* of the whole list on the wire; ours have two names */
#define TLS_SESSION_ID   "coracle" /* resumption with client certificates needs some fixed name */

struct tls_context {
    struct ref ref;
    bool server;
    bool verify;
    SSL_CTX *openssl;
    BIO_METHOD *bio_method;
};

/* What a session's BIO points to. */
struct tls_wire {
    const struct tls_io *io;
    void *context;
};

int tls_error(const struct ssl_st *session, struct error *err, const char *what)
{
    long verified = session != NULL ? SSL_get_verify_result(session) : X509_V_OK;
    char text[256] = "unknown failure";
    unsigned long code = ERR_peek_last_error();
    if (code != 0)
        ERR_error_string_n(code, text, sizeof(text));
    ERR_clear_error();
    if (code != 0 && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        return error_set(err, ERROR_TLS, "%s: certificate not trusted: %s", what,
                         X509_verify_cert_error_string(verified));
    return error_set(err, ERROR_TLS, "%s: %s", what, text);
}

static BIO *bio_of(struct str pem)
{
    return BIO_new_mem_buf(pem.data, pem.size > INT_MAX ? INT_MAX : (int)pem.size);
}

/* An empty password, so that an encrypted key fails instead of asking on the terminal. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0;
}

/* After PEM_read_*() returned NULL: the end of the text, or a broken block? */
static bool pem_ended(void)
{
    unsigned long code = ERR_peek_last_error();
    bool ended = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    if (ended)
        ERR_clear_error();
    return ended;
}

static int use_chain(SSL_CTX *openssl, struct str pem, struct error *err)
{
    BIO *bio = bio_of(pem);
    X509 *leaf = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
    bool good = leaf != NULL && SSL_CTX_use_certificate(openssl, leaf) == 1;
    X509_free(leaf);
    X509 *next;
    while (good && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL) {
        good = SSL_CTX_add0_chain_cert(openssl, next) == 1;
        if (!good)
            X509_free(next);
    }
    good = good && pem_ended();
    BIO_free(bio);
    return good ? 0 : tls_error(NULL, err, "read the certificate");
}

static int use_key(SSL_CTX *openssl, struct str pem, struct error *err)
{
    EVP_PKEY *key = NULL;
    struct error reading = { 0 };
    int rc = key_parse(pem, &key, &reading);
    if (rc < 0)
        return error_set(err, ERROR_TLS, "%s", reading.message);
    if (SSL_CTX_use_PrivateKey(openssl, key) != 1)
        rc = tls_error(NULL, err, "read the private key");
    else if (SSL_CTX_check_private_key(openssl) != 1)
        rc = tls_error(NULL, err, "match the private key to the certificate");
    EVP_PKEY_free(key);
    return rc;
}

static int use_pool(SSL_CTX *openssl, struct str pem, bool server, struct error *err)
{
    BIO *bio = bio_of(pem);
    X509_STORE *store = SSL_CTX_get_cert_store(openssl);
    bool good = true;
    size_t count = 0;
    X509 *certificate;
    while (good && (certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL) {
        good = X509_STORE_add_cert(store, certificate) == 1 &&
               (!server || SSL_CTX_add_client_CA(openssl, certificate) == 1);
        X509_free(certificate);
        count++;
    }
    good = good && pem_ended();
    BIO_free(bio);
    if (!good)
        return tls_error(NULL, err, "read the CA certificates");
    return count > 0 ? 0 : error_set(err, ERROR_TLS, "read the CA certificates: there is none");
}

/* Servers take what they are shown; the result stays with the session for tls_peer_verified(). */
static int accept_any(int verified, X509_STORE_CTX *store)
{
    (void)verified, (void)store;
    return 1;
}

static int select_alpn(SSL *session, const unsigned char **ret_name, unsigned char *ret_size,
                       const unsigned char *offered, unsigned int size, void *context)
{
    (void)context;
    const char *const *alpn = SSL_get_app_data(session);
    for (size_t i = 0; alpn != NULL && alpn[i] != NULL; i++) {
        size_t length = strlen(alpn[i]);
        for (unsigned int at = 0; at < size && at + 1 + offered[at] <= size; at += 1U + offered[at]) {
            if (offered[at] == length && memcmp(offered + at + 1, alpn[i], length) == 0) {
                *ret_name = offered + at + 1;
                *ret_size = offered[at];
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static int context_fill(struct tls_context *context, const struct tls_options *options, struct error *err)
{
    SSL_CTX *openssl = context->openssl;
    int rc = 0;
    if (options->certificate_pem.size > 0)
        rc = use_chain(openssl, options->certificate_pem, err);
    if (rc == 0 && options->certificate_pem.size > 0)
        rc = use_key(openssl, options->key_pem, err);
    if (rc == 0 && options->ca_pem.size > 0)
        rc = use_pool(openssl, options->ca_pem, options->server, err);
    if (rc == 0 && options->ca_pem.size == 0 && !options->server && !options->insecure_skip_verify &&
        SSL_CTX_set_default_verify_paths(openssl) != 1)
        rc = tls_error(NULL, err, "load the system's CA certificates");
    return rc;
}

static void context_configure(struct tls_context *context, const struct tls_options *options)
{
    SSL_CTX *openssl = context->openssl;
    SSL_CTX_set_min_proto_version(openssl, TLS1_2_VERSION);
    if (options->server)
        SSL_CTX_set_ciphersuites(openssl, TLS_CIPHERSUITES); /* of TLS 1.3; they are all of its usual ones */
    SSL_CTX_set_options(openssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(openssl,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_id_context(openssl, (const unsigned char *)TLS_SESSION_ID, sizeof(TLS_SESSION_ID) - 1);
    SSL_CTX_set_num_tickets(openssl, 1);
    if (options->server) {
        SSL_CTX_set_session_cache_mode(openssl, SSL_SESS_CACHE_OFF); /* tickets keep nothing here */
        SSL_CTX_set_alpn_select_cb(openssl, select_alpn, NULL);
        if (options->request_certificate)
            SSL_CTX_set_verify(openssl, SSL_VERIFY_PEER, accept_any);
    } else {
        SSL_CTX_set_verify(openssl, options->insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    }
}

static int wire_read(BIO *bio, char *buffer, int size)
{
    struct tls_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = size <= 0 ? 0 : wire->io->read(wire->context, buffer, (size_t)size);
    if (got > 0)
        return (int)got;
    BIO_set_retry_read(bio);
    return -1;
}

static int wire_write(BIO *bio, const char *record, int size)
{
    struct tls_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size > 0)
        wire->io->write(wire->context, (struct str){ record, (size_t)size });
    return size;
}

static long wire_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0; /* nothing waits here */
}

static int wire_destroy(BIO *bio)
{
    free(BIO_get_data(bio));
    return 1;
}

static BIO_METHOD *wire_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "tls_io");
    if (method == NULL)
        return NULL;
    BIO_meth_set_read(method, wire_read);
    BIO_meth_set_write(method, wire_write);
    BIO_meth_set_ctrl(method, wire_control);
    BIO_meth_set_destroy(method, wire_destroy);
    return method;
}

int tls_context_create(const struct tls_options *options, struct tls_context **ret_context, struct error *err)
{
    if (options->server && options->certificate_pem.size == 0)
        return error_set(err, ERROR_TLS, "a TLS server needs a certificate");
    ERR_clear_error();
    SSL_CTX *openssl = SSL_CTX_new(options->server ? TLS_server_method() : TLS_client_method());
    if (openssl == NULL)
        return tls_error(NULL, err, "create a TLS context");
    struct tls_context *context = memory_new(struct tls_context);
    ref_init(&context->ref);
    context->server = options->server;
    context->verify = !options->server && !options->insecure_skip_verify;
    context->openssl = openssl;
    context->bio_method = wire_method();
    if (context->bio_method == NULL) {
        tls_context_unref(context);
        return tls_error(NULL, err, "create a TLS context");
    }
    context_configure(context, options);
    int rc = context_fill(context, options, err);
    if (rc < 0) {
        tls_context_unref(context);
        return rc;
    }
    *ret_context = context;
    return 0;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    if (context != NULL)
        ref_get(&context->ref);
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL || !ref_put(&context->ref))
        return;
    SSL_CTX_free(context->openssl);
    BIO_meth_free(context->bio_method);
    free(context);
}

bool tls_context_is_server(const struct tls_context *context)
{
    return context->server;
}

static int set_server_name(struct tls_context *context, SSL *session, const char *name, struct error *err)
{
    ASN1_OCTET_STRING *literal = a2i_IPADDRESS(name);
    bool good = true;
    if (literal == NULL)
        good = SSL_set_tlsext_host_name(session, name) == 1;
    if (good && context->verify)
        good = literal != NULL ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) == 1
                               : SSL_set1_host(session, name) == 1;
    ASN1_OCTET_STRING_free(literal);
    ERR_clear_error(); /* a name is a failed literal */
    return good ? 0 : error_set(err, ERROR_TLS, "\"%s\" cannot be verified as a server's name", name);
}

static int set_alpn(SSL *session, const char *const *alpn, struct error *err)
{
    unsigned char wire[TLS_ALPN_MAX];
    unsigned int size = 0;
    for (size_t i = 0; alpn[i] != NULL; i++) {
        size_t length = strlen(alpn[i]);
        if (length == 0 || size + 1 + length > sizeof(wire))
            return error_set(err, ERROR_TLS, "the list of application protocols is too long");
        wire[size] = (unsigned char)length;
        memcpy(wire + size + 1, alpn[i], length);
        size += 1 + (unsigned int)length;
    }
    if (size > 0 && SSL_set_alpn_protos(session, wire, size) != 0)
        return tls_error(NULL, err, "offer application protocols");
    return 0;
}

static int set_io(struct tls_context *context, SSL *session, const struct tls_io *io, void *io_context,
                  struct error *err)
{
    BIO *bio = BIO_new(context->bio_method);
    if (bio == NULL)
        return tls_error(NULL, err, "create a TLS session");
    struct tls_wire *wire = memory_new(struct tls_wire);
    *wire = (struct tls_wire){ io, io_context };
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    return 0;
}

int tls_session_create(struct tls_context *context, const char *server_name, const char *const *alpn,
                       const struct tls_io *io, void *io_context, struct ssl_st **ret_session, struct error *err)
{
    SSL *session = SSL_new(context->openssl);
    if (session == NULL)
        return tls_error(NULL, err, "create a TLS session");
    int rc = set_io(context, session, io, io_context, err);
    if (context->server) {
        SSL_set_accept_state(session);
        SSL_set_app_data(session, (void *)alpn);
    } else {
        SSL_set_connect_state(session);
        if (rc == 0 && server_name != NULL)
            rc = set_server_name(context, session, server_name, err);
        if (rc == 0 && alpn != NULL)
            rc = set_alpn(session, alpn, err);
    }
    if (rc < 0) {
        SSL_free(session);
        return rc;
    }
    *ret_session = session;
    return 0;
}

bool tls_peer_verified(const struct ssl_st *session)
{
    return SSL_get0_peer_certificate(session) != NULL && SSL_get_verify_result(session) == X509_V_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "crypto/tls.h"
#include "net/stream.h"
#include "net/stream/tls.h"

/* A self-signed certificate for "server.test" and 127.0.0.1; trusting it is trusting this one server. */
struct identity {
    struct buffer certificate, key;
};

static void append_bio(struct buffer *buffer, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    buffer_append(buffer, data, (size_t)size);
    BIO_free(bio);
}

static struct identity make_identity(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_version(certificate, 2);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:server.test,IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    struct identity identity = { 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    append_bio(&identity.certificate, bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    append_bio(&identity.key, bio);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return identity;
}

static void identity_fini(struct identity *identity)
{
    buffer_fini(&identity->certificate);
    buffer_fini(&identity->key);
}

struct fixture {
    struct loop *loop;
    struct identity server, client;
    struct tls_context *server_tls, *client_tls;
    struct stream *ends[2]; /* 0: client */
    struct error errors[2];
    struct buffer got[2];
    bool ended[2];
};

static struct tls_context *context(const struct tls_options *options)
{
    struct tls_context *tls;
    struct error err;
    if (tls_context_create(options, &tls, &err) < 0)
        fail_msg("%s", err.message);
    return tls;
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    f->loop = loop_create_virtual(1000 * USEC_PER_SEC, 1);
    f->server = make_identity("server");
    f->client = make_identity("client");
    f->server_tls = context(&(struct tls_options){ .server = true,
                                                   .certificate_pem = buffer_str(&f->server.certificate),
                                                   .key_pem = buffer_str(&f->server.key),
                                                   .ca_pem = buffer_str(&f->client.certificate),
                                                   .request_certificate = true });
    f->client_tls = context(&(struct tls_options){ .ca_pem = buffer_str(&f->server.certificate) });
}

static void teardown(struct fixture *f)
{
    for (int i = 0; i < 2; i++) {
        stream_close(f->ends[i], false);
        buffer_fini(&f->got[i]);
    }
    loop_run(f->loop);
    tls_context_unref(f->server_tls);
    tls_context_unref(f->client_tls);
    identity_fini(&f->server);
    identity_fini(&f->client);
    loop_destroy(f->loop);
}

#define DEFINE_END(number)                                                                \
    static void done_##number(void *user, struct stream *stream, const struct error *err) \
    {                                                                                     \
        struct fixture *f = user;                                                         \
        f->ends[number] = stream;                                                         \
        if (err != NULL)                                                                  \
            f->errors[number] = *err;                                                     \
    }                                                                                     \
    static void read_##number(void *user, struct str bytes)                               \
    {                                                                                     \
        struct fixture *f = user;                                                         \
        buffer_append_str(&f->got[number], bytes);                                        \
        f->ended[number] |= bytes.size == 0;                                              \
    }                                                                                     \
    static void failed_##number(void *user, const struct error *err)                      \
    {                                                                                     \
        ((struct fixture *)user)->errors[number] = *err;                                  \
    }                                                                                     \
    static const struct stream_events events_##number = { .read = read_##number, .failed = failed_##number }

DEFINE_END(0);
DEFINE_END(1);

static const char *const both[] = { "h2", "http/1.1", NULL };
static const char *const old_only[] = { "http/1.1", NULL };

static void shake(struct fixture *f, const char *server_name, const char *const *client_alpn)
{
    struct stream *raw[2];
    stream_pair(f->loop, raw);
    struct tls_handshake_options options = { .tls = f->client_tls, .server_name = server_name, .alpn = client_alpn };
    tls_handshake_start(raw[0], &options, done_0, f);
    options = (struct tls_handshake_options){ .tls = f->server_tls, .alpn = both };
    tls_handshake_start(raw[1], &options, done_1, f);
    loop_run(f->loop);
    for (int i = 0; i < 2; i++) {
        if (f->ends[i] != NULL) {
            stream_set_events(f->ends[i], i == 0 ? &events_0 : &events_1, f);
            stream_read_start(f->ends[i]);
        }
    }
    loop_run(f->loop);
}

static void test_speaks_and_ends(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    shake(&f, "server.test", both);
    assert_non_null(f.ends[0]);
    assert_non_null(f.ends[1]);
    assert_string_equal(stream_alpn(f.ends[0]), "h2");
    assert_string_equal(stream_alpn(f.ends[1]), "h2");
    assert_non_null(stream_peer_certificate(f.ends[0]));
    assert_true(stream_peer_verified(f.ends[0]));
    assert_null(stream_peer_certificate(f.ends[1]));
    assert_false(stream_peer_verified(f.ends[1]));

    struct bytes *large = bytes_create(NULL, (size_t)3 << 20);
    for (size_t i = 0; i < large->size; i++)
        large->data[i] = (char)(i * 7);
    stream_write(f.ends[0], STR("hello "));
    stream_write_bytes(f.ends[0], large);
    stream_write_end(f.ends[0]);
    loop_run(f.loop);
    assert_int_equal(f.got[1].size, large->size + 6);
    assert_memory_equal(f.got[1].data + 6, large->data, large->size);
    assert_true(f.ended[1]);
    stream_write(f.ends[1], STR("still here"));
    stream_close(f.ends[1], true);
    f.ends[1] = NULL;
    loop_run(f.loop);
    assert_string_equal(f.got[0].data, "still here");
    assert_true(f.ended[0]);
    bytes_unref(large);
    teardown(&f);
}

static void test_reader_holds_back_writer(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    shake(&f, NULL, NULL);
    assert_string_equal(stream_alpn(f.ends[0]), "");
    stream_read_stop(f.ends[1]);
    struct bytes *large = bytes_create(NULL, (size_t)3 << 20);
    memset(large->data, 'z', large->size);
    stream_write_bytes(f.ends[0], large);
    loop_run(f.loop);
    assert_int_equal(f.got[1].size, 0);
    assert_true(stream_queued(f.ends[0]) > ((size_t)2 << 20));
    stream_read_start(f.ends[1]);
    loop_run(f.loop);
    assert_int_equal(f.got[1].size, large->size);
    assert_int_equal(stream_queued(f.ends[0]), 0);
    bytes_unref(large);
    teardown(&f);
}

static void test_client_certificates(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct fixture f;
        setup(&f);
        struct identity *shown = known ? &f.client : &f.server; /* the server's own is not in its pool of clients */
        tls_context_unref(f.client_tls);
        f.client_tls = context(&(struct tls_options){ .ca_pem = buffer_str(&f.server.certificate),
                                                      .certificate_pem = buffer_str(&shown->certificate),
                                                      .key_pem = buffer_str(&shown->key) });
        shake(&f, "127.0.0.1", old_only);
        assert_non_null(f.ends[1]);
        assert_string_equal(stream_alpn(f.ends[1]), "http/1.1");
        assert_non_null(stream_peer_certificate(f.ends[1]));
        assert_int_equal(stream_peer_verified(f.ends[1]), known);
        teardown(&f);
    }
}

static void test_wrong_names_and_unknown_servers_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    shake(&f, "other.test", both);
    assert_null(f.ends[0]);
    assert_int_equal(f.errors[0].code, -ERROR_TLS);
    assert_non_null(strstr(f.errors[0].message, "ostname mismatch"));
    teardown(&f);

    setup(&f);
    tls_context_unref(f.client_tls);
    f.client_tls = context(&(struct tls_options){ .ca_pem = buffer_str(&f.client.certificate) });
    shake(&f, "server.test", both);
    assert_null(f.ends[0]);
    assert_int_equal(f.errors[0].code, -ERROR_TLS);
    assert_true(f.ends[1] == NULL || f.errors[1].code != 0); /* the alert may come after the server's handshake */
    teardown(&f);

    setup(&f);
    tls_context_unref(f.client_tls);
    f.client_tls = context(&(struct tls_options){ .insecure_skip_verify = true });
    shake(&f, "other.test", both);
    assert_non_null(f.ends[0]);
    teardown(&f);
}

static void test_silent_and_garbled_peers(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct stream *raw[2];
    stream_pair(f.loop, raw);
    struct tls_handshake_options options = { .tls = f.server_tls };
    tls_handshake_start(raw[1], &options, done_1, &f);
    usec_t before = loop_now(f.loop);
    loop_run(f.loop); /* nobody speaks: the virtual clock jumps to the time limit */
    assert_int_equal(f.errors[1].code, -ERROR_TIMEOUT);
    assert_int_equal(loop_now(f.loop) - before, 10 * USEC_PER_SEC);
    stream_close(raw[0], false);

    stream_pair(f.loop, raw);
    tls_handshake_start(raw[1], &options, done_1, &f);
    stream_write(raw[0], STR("GET / HTTP/1.1\r\n\r\n"));
    loop_run(f.loop);
    assert_int_equal(f.errors[1].code, -ERROR_TLS);
    stream_close(raw[0], false);

    stream_pair(f.loop, raw);
    tls_handshake_start(raw[1], &options, done_1, &f);
    stream_close(raw[0], false);
    loop_run(f.loop);
    assert_int_equal(f.errors[1].code, -ERROR_CLOSED);

    stream_pair(f.loop, raw);
    tls_handshake_cancel(tls_handshake_start(raw[1], &options, done_1, &f));
    stream_close(raw[0], false);
    teardown(&f);
}

static void test_bad_pem_is_refused(void **state)
{
    (void)state;
    struct identity a = make_identity("a"), b = make_identity("b");
    struct str certificate = buffer_str(&a.certificate), key = buffer_str(&a.key), other = buffer_str(&b.key);
    const struct tls_options cases[] = {
        { .server = true },
        { .server = true, .certificate_pem = certificate },
        { .server = true, .certificate_pem = certificate, .key_pem = other },
        { .server = true, .certificate_pem = STR("nonsense"), .key_pem = key },
        { .ca_pem = STR("nonsense") },
        { .ca_pem = { certificate.data, certificate.size / 2 } },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct tls_context *tls = NULL;
        struct error err = { 0 };
        assert_int_equal(tls_context_create(&cases[i], &tls, &err), -ERROR_TLS);
        assert_string_not_equal(err.message, "");
    }
    identity_fini(&a);
    identity_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speaks_and_ends),
        cmocka_unit_test(test_reader_holds_back_writer),
        cmocka_unit_test(test_client_certificates),
        cmocka_unit_test(test_wrong_names_and_unknown_servers_are_refused),
        cmocka_unit_test(test_silent_and_garbled_peers),
        cmocka_unit_test(test_bad_pem_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

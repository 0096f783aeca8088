/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Creations: names that the server makes, and revisions that clients must not. */

#include "apiserver/fixture.h"
#include "base/random.h"

#define MAPS     "/api/v1/namespaces/default/configmaps"
#define ATTEMPTS 8 /* as many names are tried */

/* The server rolls the same dice again, so it makes the same names, which are taken one after the other. */
static void test_clashing_names(void **state)
{
    struct fixture *f = *state;
    char names[ATTEMPTS][16];
    expect(ask(f, "GET", MAPS, ""), "200 OK");
    struct random dice = *loop_random(f->loop);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        *loop_random(f->loop) = dice;
        const char *answer = ask(f, "POST", MAPS, "{\"metadata\":{\"generateName\":\"g-\"}}");
        expect(answer, "201 Created");
        snprintf(names[i], sizeof(names[i]), "%.7s", strstr(answer, "\"name\":\"g-") + 8);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    }
    *loop_random(f->loop) = dice;
    const char *answer = ask(f, "POST", MAPS, "{\"metadata\":{\"generateName\":\"g-\"}}");
    char message[128];
    snprintf(message, sizeof(message),
             "\"message\":\"configmaps \\\"%s\\\" already exists\",\"reason\":\"AlreadyExists\"", names[ATTEMPTS - 1]);
    expect(answer, "409 Conflict");
    expect(answer, message);
}

static void test_revisions(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"}}"),
           "\"status\":\"Failure\",\"message\":\"resourceVersion should not be set on objects to be created\","
           "\"code\":500}");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"0\"}}"), "201 Created");
    /* What else is wrong is said first, but that it is there. */
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"A_\",\"resourceVersion\":\"7\"}}"), "422 Unprocessable");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"}}"), "\"code\":500}");
}

/* What is wrong with an object is said before that there is one of its name, also of a dry run. */
static void test_existing_name(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "201 Created");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"b!\":\"\"}}"), "422 Unprocessable");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "409 Conflict");
    expect(ask(f, "POST", MAPS "?dryRun=All", "{\"metadata\":{\"name\":\"a\"}}"), "409 Conflict");
}

static void test_null_finalizer(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"finalizers\":[null]}}"),
           "422 Unprocessable");
}

static void test_owners_that_are_there_twice(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", MAPS,
                             "{\"metadata\":{\"name\":\"a\",\"ownerReferences\":["
                             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"},"
                             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}]}}");
    expect(answer, "201 Created");
    expect(answer, "duplicate UID(s) observed: u");
    expect(answer, "\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}]");
}

static void test_metadata_that_clients_set(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"n\",\"namespace\":\"other\"}}"),
           "201 Created");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"generation\":7}}"), "\"generation\":7");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"b\",\"generation\":-7}}"),
           "metadata.generation: Invalid value: -7: must be greater than or equal to 0");
    expect(ask(f, "POST", MAPS "?dryRun=All", "{\"metadata\":{\"name\":\"c\",\"resourceVersion\":\"7\"}}"),
           "201 Created");
}

static void test_forms_that_are_stored(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"podCIDR\":\"10.1.0.0/24\"}}"),
           "\"podCIDRs\":[\"10.1.0.0/24\"]");
    expect(ask(f, "POST", "/api/v1/namespaces/default/services",
               "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"ports\":[{\"port\":80}],\"ipFamilies\":[null]}}"),
           "spec.ipFamilies[0]: Unsupported value: \\\"\\\": supported values: \\\"IPv4\\\", \\\"IPv6\\\"");
    expect(ask(f, "POST", "/api/v1/namespaces/default/secrets",
               "{\"metadata\":{\"name\":\"a\"},\"stringData\":{\"k\":\"v\"}}"),
           "\"fieldsV1\":{\"f:data\":{\".\":{},\"f:k\":{}}");
    expect(
        ask(f, "POST", "/apis/apps/v1/namespaces/default/daemonsets",
            "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{"
            "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}"),
        "\"annotations\":{\"deprecated.daemonset.template.generation\":\"1\"}");
    expect(ask(f, "POST", "/api/v1/persistentvolumes",
               "{\"metadata\":{\"name\":\"v\"},\"spec\":{\"capacity\":{\"storage\":\"1\"},\"accessModes\":["
               "\"ReadWriteOnce\"],"
               "\"hostPath\":{\"path\":\"/a\"},\"claimRef\":{\"namespace\":\"n\",\"name\":\"c\"}}}"),
           "\"f:claimRef\":{\".\":{},\"f:name\":{},\"f:namespace\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clashing_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revisions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_existing_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_null_finalizer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owners_that_are_there_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metadata_that_clients_set, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms_that_are_stored, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

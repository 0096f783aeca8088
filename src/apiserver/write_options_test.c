/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What is wrong with the options of writes and with the bodies of subresources, over HTTP. */

#include "apiserver/fixture.h"

#define NS    "/api/v1/namespaces/default"
#define MAPS  NS "/configmaps"
#define TOKEN NS "/serviceaccounts/robot/token"

static void test_options_of_writes(void **state)
{
    static const struct {
        const char *method, *path, *answer;
    } cases[] = {
        { "POST", MAPS "?fieldManager=a%07b%0ac&dryRun=Some&dryRun=All&fieldValidation=Maybe",
          "\"message\":\"CreateOptions.meta.k8s.io \\\"\\\" is invalid: [fieldManager: Invalid value: "
          "\\\"a\\\\ab\\\\nc\\\": invalid character U+0007 (at position 1), fieldManager: Invalid value: "
          "\\\"a\\\\ab\\\\nc\\\": invalid character U+000A (at position 3), dryRun: Unsupported value: "
          "[\\\"Some\\\",\\\"All\\\"]: supported values: \\\"All\\\", fieldValidation: Unsupported value: "
          "\\\"Maybe\\\": supported values: \\\"\\\", \\\"Ignore\\\", \\\"Strict\\\", \\\"Warn\\\"]\"" },
        { "PUT",
          MAPS "/a?dryRun=", "\"message\":\"UpdateOptions.meta.k8s.io \\\"\\\" is invalid: dryRun: Unsupported" },
        { "DELETE", MAPS "/a?propagationPolicy=Some&orphanDependents=true",
          "\"message\":\"DeleteOptions.meta.k8s.io \\\"\\\" is invalid: [propagationPolicy: Invalid value: "
          "\\\"Some\\\": "
          "orphanDependents and deletionPropagation cannot be both set, propagationPolicy: Unsupported value: "
          "\\\"Some\\\": supported values: \\\"Foreground\\\", \\\"Background\\\", \\\"Orphan\\\", \\\"nil\\\"]\"" },
        { "DELETE", MAPS "/a?propagationPolicy=", "propagationPolicy: Unsupported value: \\\"\\\": supported" },
        { "DELETE", MAPS "?propagationPolicy=Some", "propagationPolicy: Unsupported value: \\\"Some\\\": supported" },
        { "GET", MAPS "?fieldValidation=Maybe&dryRun=Some", "200 OK" },
        { "POST", MAPS "?fieldManager=caf%C3%A9&dryRun=All", "201 Created" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(cases); i++)
        expect(
            ask(f, cases[i].method, cases[i].path, cases[i].method[0] == 'P' ? "{\"metadata\":{\"name\":\"a\"}}" : ""),
            cases[i].answer);
    expect(ask(f, "DELETE", MAPS "/a",
               "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"dryRun\":[\"All\",\"x\"],"
               "\"propagationPolicy\":\"None\"}"),
           "is invalid: [propagationPolicy: Unsupported value: \\\"None\\\": supported values: \\\"Foreground\\\", "
           "\\\"Background\\\", \\\"Orphan\\\", \\\"nil\\\", dryRun: Unsupported value: [\\\"All\\\",\\\"x\\\"]: "
           "supported values: \\\"All\\\"]");
}

static void test_bindings(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", NS "/pods/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Pod\"}}");
    expect(answer, "500 ");
    expect(answer, "\"message\":\"[target.kind: Unsupported value: \\\"Pod\\\": supported "
                   "values: \\\"Node\\\", \\\"\\u003cempty\\u003e\\\", target.name: Required value]\"");
    answer = ask(f, "POST", NS "/pods/p/binding", "{\"metadata\":{\"name\":\"q\"},\"target\":{\"name\":\"n\"}}");
    expect(answer, "name in URL does not match name in Binding object");
}

static void test_evictions(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask(f, "POST", NS "/pods",
               "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\","
               "\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":\"Always\"}]}}"),
           "201 Created");
    expect(ask(f, "POST", NS "/pods/p/eviction", "{\"metadata\":{\"name\":\"q\"}}"),
           "name in URL does not match name in Eviction object");
    expect(ask(f, "POST", NS "/pods/p/eviction",
               "{\"metadata\":{\"name\":\"p\"},\"deleteOptions\":{\"propagationPolicy\":\"None\"}}"),
           "DeleteOptions.meta.k8s.io \\\"\\\" is invalid: propagationPolicy: Unsupported value: \\\"None\\\"");
    expect(ask(f, "POST", NS "/pods/p/eviction?dryRun=All",
               "{\"metadata\":{\"name\":\"p\"},\"deleteOptions\":{\"dryRun\":[\"All\"]}}"),
           "201 Created");
    expect(ask(f, "GET", NS "/pods/p", ""), "200 OK");
}

static void test_tokens(void **state)
{
    static const struct {
        const char *body, *answer;
    } cases[] = {
        { "{\"metadata\":{\"name\":\"other\"}}",
          "\"message\":\"TokenRequest.authentication.k8s.io \\\"robot\\\" is invalid: metadata.name: Invalid value: "
          "\\\"other\\\": must match the service account name if specified\"" },
        { "{\"metadata\":{\"namespace\":\"other\"}}",
          "metadata.namespace: Invalid value: \\\"other\\\": must match the service account namespace if specified" },
        { "{\"metadata\":{\"uid\":\"u\"}}",
          "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \\\"robot\\\": the UID in the token "
          "request (u) does not match the UID of the service account (" },
        { "{\"spec\":{\"expirationSeconds\":599}}",
          "TokenRequest.authentication.k8s.io \\\"\\\" is invalid: spec.expirationSeconds: Invalid value: 599: may not "
          "specify a duration less than 10 minutes" },
        { "{\"spec\":{\"expirationSeconds\":4294967297}}", "may not specify a duration larger than 2^32 seconds" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"d\"}}}",
          "cannot bind token to object of type apps/v1, Kind=Deployment" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"d\"}}}",
          "cannot bind token to object of type /v1, Kind=ConfigMap" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"name\":\"s\"}}}",
          "secrets \\\"s\\\" not found" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n\"}}}",
          "nodes \\\"n\\\" not found" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"m\",\"uid\":\"u\"}}}",
          "Operation cannot be fulfilled on Node \\\"m\\\": the UID in the bound object reference (u) does not match" },
        { "{\"spec\":{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"m\"}}}",
          "this server has no key to sign service account tokens with" },
    };
    struct fixture *f = *state;
    expect(ask(f, "POST", TOKEN, "{}"), "serviceaccounts \\\"robot\\\" not found");
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"robot\"}}"), "201 Created");
    expect(ask(f, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"m\"}}"), "201 Created");
    for (size_t i = 0; i < countof(cases); i++)
        expect(ask(f, "POST", TOKEN, cases[i].body), cases[i].answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_options_of_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bindings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_evictions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

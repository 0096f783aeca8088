/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy_test.c - policies asked about a request: what they say, of what they fail, what they cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"
#include "apiserver/policies/policy.h"

#define HEAD(kind) "apiVersion: admissionregistration.k8s.io/v1\nkind: " kind "\nmetadata: {name: p}\n"
#define JUDGING    HEAD("ValidatingAdmissionPolicy") "spec: {validations: [{expression: 'true'}]}"
#define CHANGING   HEAD("MutatingAdmissionPolicy") "spec: {}"
#define SPEC(text) "spec: {" text "}"

static const char new_text[] = "{\"metadata\":{\"name\":\"x\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"replicas\":7,"
                               "\"list\":[1,2,3,4,5,6,7,8,9,10]}}";
static const char old_text[] = "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"replicas\":3}}";
static const char request_text[] =
    "{\"operation\":\"UPDATE\",\"name\":\"x\",\"namespace\":\"n\",\"kind\":{\"group\":\"\","
    "\"kind\":\"Pod\",\"version\":\"v1\"},\"dryRun\":false,\"userInfo\":{\"username\":"
    "\"me\",\"groups\":[\"g\"]},\"options\":{\"kind\":\"UpdateOptions\"}}";
static const char namespace_text[] =
    "{\"metadata\":{\"name\":\"n\",\"labels\":{\"team\":\"t\"},\"creationTimestamp\":\"2020-01-02T03:04:05Z\"}}";
static const char params_text[] = "{\"data\":{\"most\":\"5\"}}";

static void check_access(void *context, const struct cel_check *check, struct arena *arena,
                         struct cel_decision *ret_decision)
{
    size_t *asked = context;

    (void)arena;
    ++*asked;
    *ret_decision = (struct cel_decision){ .allowed = str_is(check->verb, "get") && str_is(check->name, "x"),
                                           .reason = STR("because") };
}

static const struct cel_check resource = { .resource = { "pods", 4 }, .namespace = { "n", 1 }, .name = { "x", 1 } };

/* The documents of one question. */
struct asking {
    yyjson_doc *docs[5];
    size_t asked;
    struct cel_authorizer authorizer;
    struct policy_request request;
};

static void asking_init(struct asking *asking)
{
    static const char *const texts[] = { new_text, old_text, request_text, namespace_text, params_text };
    yyjson_val *roots[countof(texts)];

    for (size_t i = 0; i < countof(texts); i++) {
        asking->docs[i] = yyjson_read(texts[i], strlen(texts[i]), 0);
        roots[i] = yyjson_doc_get_root(asking->docs[i]);
        assert_non_null(roots[i]);
    }
    asking->asked = 0;
    asking->authorizer = (struct cel_authorizer){ check_access, &asking->asked };
    asking->request =
        (struct policy_request){ roots[0], roots[1], roots[2], roots[3], roots[4], &asking->authorizer, &resource };
}

static void asking_fini(struct asking *asking)
{
    for (size_t i = 0; i < countof(asking->docs); i++)
        yyjson_doc_free(asking->docs[i]);
}

static struct validating_policy *judge_of(const char *change)
{
    auto_arena struct arena arena = { 0 };
    const struct api_kind *kind;
    struct validating_policy *policy = validating_policy_compile(rule_object(JUDGING, change, &kind, &arena));

    assert_non_null(policy);
    return policy;
}

/* "deny Invalid: message" and so on, a line each. */
static void print_verdict(const struct policy_verdict *verdict, struct buffer *out)
{
    for (size_t i = 0; i < verdict->n_decisions; i++) {
        const struct policy_decision *decision = &verdict->decisions[i];

        buffer_format(out, "%s%s%s%s%s%s\n", decision->denied ? "deny" : "admit", decision->failed ? " failed" : "",
                      decision->reason != NULL ? " " : "", text_or_empty(decision->reason),
                      decision->message != NULL ? ": " : "", text_or_empty(decision->message));
    }
    for (size_t i = 0; i < verdict->n_annotations; i++)
        buffer_format(out, "%s=%s\n", verdict->annotations[i].key, verdict->annotations[i].value);
    for (size_t i = 0; i < verdict->n_annotation_errors; i++)
        buffer_format(out, "error: %s\n", verdict->annotation_errors[i]);
}

#define VALID(text)      SPEC("validations: [{expression: \"" text "\"}]")
#define IGNORE(text)     SPEC("failurePolicy: Ignore, validations: [{expression: \"" text "\"}]")
#define SAY(text, words) SPEC("validations: [{expression: \"" text "\", " words "}]")
#define WITH_PARAMS      "paramKind: {apiVersion: v1, kind: ConfigMap}, "
#define CONDITION(text)  "matchConditions: [{name: a, expression: \"" text "\"}]"
#define OUT_OF_BUDGET    "validation failed due to running out of cost budget, no further validation rules will be run"

static const struct {
    const char *change, *verdict;
} verdicts[] = {
    { "", "admit\n" },
    { VALID("object.spec.replicas > oldObject.spec.replicas && request.operation == 'UPDATE' && "
            "request.userInfo.username "
            "== 'me' && namespaceObject.metadata.labels.team == 't' && request.options.kind == 'UpdateOptions' && "
            "namespaceObject.metadata.creationTimestamp < timestamp('2021-01-01T00:00:00Z')"),
      "admit\n" },
    { VALID(" object.spec.replicas < 5 "), "deny Invalid: failed expression: object.spec.replicas < 5\n" },
    { SAY("false", "message: ' not so '"), "deny Invalid: not so\n" },
    { SAY("false",
          "reason: Forbidden, message: not so, messageExpression: \"'at most ' + string(object.spec.replicas)\""),
      "deny Forbidden: at most 7\n" },
    { SAY("false", "message: not so, messageExpression: \"object.nope + ''\""), "deny Invalid: not so\n" },
    { SAY("false", "message: not so, messageExpression: \"' '\""), "deny Invalid: not so\n" },
    { SAY("false", "message: not so, messageExpression: \"'a\\\\nb'\""), "deny Invalid: not so\n" },
    { SPEC(WITH_PARAMS "validations: [{expression: 'object.spec.replicas <= int(params.data.most)', messageExpression: "
                       "'params.data.most + \"\"'}]"),
      "deny Invalid: 5\n" },
    { VALID("authorizer.group('').resource('pods').name('x').check('get').reason() == 'because' && "
            "authorizer.requestResource.check('get').allowed()"),
      "admit\n" },
    { VALID("authorizer.requestResource.check('delete').allowed()"),
      "deny Invalid: failed expression: authorizer.requestResource.check('delete').allowed()\n" },
    /* errors */
    { VALID("object.nope == 1"), "deny failed: expression 'object.nope == 1' resulted in error: no such key: nope\n" },
    { IGNORE("object.nope == 1"),
      "admit failed: expression 'object.nope == 1' resulted in error: no such key: nope\n" },
    { IGNORE("false"), "deny Invalid: failed expression: false\n" },
    { VALID("nope"), "deny failed: compilation error: compilation failed: ERROR: <input>:1:1: undeclared reference to "
                     "'nope' (in container '')\n | nope\n | ^\n" },
    { SPEC("validations: [{expression: 'object.nope == 1'}, {expression: 'false'}]"),
      "deny failed: expression 'object.nope == 1' resulted in error: no such key: nope\ndeny Invalid: failed "
      "expression: "
      "false\n" },
    /* conditions */
    { SPEC("validations: [{expression: 'false'}], " CONDITION("object.metadata.name == 'y'")), "" },
    { SPEC("validations: [{expression: 'false'}], " CONDITION("object.metadata.name == 'x'")),
      "deny Invalid: failed expression: false\n" },
    { SPEC(CONDITION("object.nope == 1")), "deny failed: expression 'object.nope == 1' resulted in error: no such key: "
                                           "nope\n" },
    { SPEC("failurePolicy: Ignore, " CONDITION("object.nope == 1")), "" },
    { SPEC("matchConditions: [{name: a, expression: object.nope == 1}, {name: b, expression: object.less == 1}]"),
      "deny failed: [expression 'object.nope == 1' resulted in error: no such key: nope, expression 'object.less == 1' "
      "resulted in error: no such key: less]\n" },
    { SPEC("matchConditions: [{name: a, expression: object.nope == 1}, {name: b, expression: 'false'}]"), "" },
    /* annotations */
    { SPEC("validations: [], auditAnnotations: [{key: k, valueExpression: \"' ' + object.metadata.name\"}, {key: l, "
           "valueExpression: 'null'}, {key: m, valueExpression: \"' '\"}]"),
      "k=x\n" },
    { SPEC("validations: [], auditAnnotations: [{key: k, valueExpression: \"object.nope + ''\"}]"),
      "error: expression 'object.nope + ''' resulted in error: no such key: nope\n" },
    { SPEC("failurePolicy: Ignore, validations: [], auditAnnotations: [{key: k, valueExpression: \"object.nope + "
           "''\"}]"),
      "" },
};

static void test_verdicts(void **state)
{
    size_t different = 0;

    (void)state;
    for (size_t i = 0; i < countof(verdicts); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer found = { 0 };
        struct validating_policy *policy = judge_of(verdicts[i].change);
        struct policy_verdict verdict;
        struct asking asking;

        asking_init(&asking);
        validating_policy_evaluate(policy, &asking.request, &arena, &verdict);
        print_verdict(&verdict, &found);
        if (strcmp(text_or_empty(found.data), verdicts[i].verdict) != 0) {
            print_message("%s\n expected %s found    %s\n", verdicts[i].change, verdicts[i].verdict,
                          text_or_empty(found.data));
            different++;
        }
        validating_policy_destroy(policy);
        asking_fini(&asking);
    }
    assert_int_equal(different, 0);
}

static void expect(const char *change, const char *expected, size_t asked)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer found = { 0 };
    struct validating_policy *policy = judge_of(change);
    struct policy_verdict verdict;
    struct asking asking;

    asking_init(&asking);
    validating_policy_evaluate(policy, &asking.request, &arena, &verdict);
    print_verdict(&verdict, &found);
    assert_string_equal(text_or_empty(found.data), expected);
    assert_int_equal(asking.asked, asked);
    validating_policy_destroy(policy);
    asking_fini(&asking);
}

/* Computed when first used, once in a pass; who does not use them does not pay. */
static void test_variables(void **state)
{
    static const char asks[] = "authorizer.path('/').check('get').allowed()";
    char text[1024];

    (void)state;
    expect(SPEC("variables: [{name: a, expression: object.spec.replicas}, {name: b, expression: variables.a + 1}], "
                "validations: [{expression: variables.b == 8}]"),
           "admit\n", 0);
    snprintf(text, sizeof(text),
             SPEC("variables: [{name: a, expression: \"%s\"}], validations: [{expression: 'true'}]"), asks);
    expect(text, "admit\n", 0);
    snprintf(text, sizeof(text),
             SPEC("variables: [{name: a, expression: \"%s\"}], validations: [{expression: '!variables.a && "
                  "!variables.a'}, {expression: '!variables.a'}]"),
             asks);
    expect(text, "admit\nadmit\n", 1);
    expect(
        SPEC("variables: [{name: a, expression: object.nope}], validations: [{expression: variables.a == 1}]"),
        "deny failed: expression 'variables.a == 1' resulted in error: composited variable \"a\" fails to evaluate: no "
        "such key: nope\n",
        0);
    expect(SPEC("variables: [{name: a, expression: nope}], validations: [{expression: variables.a == 1 || true}]"),
           "admit\n", 0);
}

/* A million for an expression, ten for the validations of a policy. */
static void test_budgets(void **state)
{
    auto_buffer struct buffer text = { 0 };

    (void)state;
#define LOOP(inner) \
    "object.spec.list.all(a, object.spec.list.all(b, object.spec.list.all(c, object.spec.list.all(d, " inner "))))"
#define MORE(inner) "object.spec.list.all(e, " inner ")"
    expect(VALID(LOOP(MORE("a + b + c + d + e > 0"))),
           "deny failed: expression '" LOOP(MORE("a + b + c + d + e > 0")) "' resulted in error: operation cancelled: "
                                                                           "actual cost limit exceeded\n",
           0);
    buffer_append_text(&text, "spec: {validations: [");
    for (size_t i = 0; i < 200; i++)
        buffer_format(&text, "%s{expression: '%s'}", i > 0 ? ", " : "", LOOP("a + b + c + d > 0"));
    buffer_append_text(&text, "]}");
    expect(text.data, "deny failed: " OUT_OF_BUDGET "\n", 0);
}

#define APPLY(text) SPEC("mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: \"" text "\"}}]")
#define PATCH(text) SPEC("mutations: [{patchType: JSONPatch, jsonPatch: {expression: \"" text "\"}}]")
static const struct {
    const char *change;
    bool patch;
    const char *expected; /* "!..." is the error */
} mutations[] = {
    { APPLY("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}"), false, "{\"spec\":{\"replicas\":8}}" },
    { APPLY("Object{metadata: Object.metadata{labels: object.metadata.labels}}"), false,
      "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}" },
    { APPLY("Object{spec: Object{}}"), false,
      "!type mismatch: unexpected type name \"Object\", expected \"Object.spec\", which matches field name path from "
      "root "
      "Object type" },
    { APPLY("Object{spec: object.nope}"), false,
      "!expression 'Object{spec: object.nope}' resulted in error: no such key: nope" },
    { PATCH("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: request.name}]"),
      true, "[{\"op\":\"add\",\"path\":\"/metadata/labels/a~1b\",\"value\":\"x\"}]" },
    { PATCH("[JSONPatch{op: 'add', path: '/spec', value: Object.spec{a: Object.b{}}}]"), true,
      "!type mismatch: unexpected type name \"Object.b\", expected \"Object.spec.a\", which matches field name path "
      "from "
      "root Object type" },
    { SPEC("variables: [{name: a, expression: object.spec.list.size()}], mutations: [{patchType: JSONPatch, jsonPatch: "
           "{expression: \"[JSONPatch{op: 'replace', path: '/spec/replicas', value: variables.a}]\"}}]"),
      true, "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":10}]" },
};

static void test_mutations(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(mutations); i++) {
        auto_arena struct arena arena = { 0 };
        const struct api_kind *kind;
        struct mutating_policy *policy =
            mutating_policy_compile(rule_object(CHANGING, mutations[i].change, &kind, &arena));
        struct policy_mutation mutation;
        struct error err = { 0 };
        struct asking asking;

        asking_init(&asking);
        assert_int_equal(mutating_policy_count(policy), 1);
        assert_null(mutating_policy_conditions(policy));
        if (mutating_policy_evaluate(policy, 0, &asking.request, &arena, &mutation, &err) < 0) {
            assert_string_equal(err.message, mutations[i].expected + 1);
        } else {
            assert_int_equal(mutation.patch, mutations[i].patch);
            assert_string_equal(mutation.json.data, mutations[i].expected);
        }
        mutating_policy_destroy(policy);
        asking_fini(&asking);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

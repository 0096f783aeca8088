/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "api/codec.h"
#include "node/proxy/render.h"

struct pair {
    struct ruleset *v4, *v6;
};

static int enter(void **state)
{
    static struct pair pair;
    pair = (struct pair){ ruleset_create(IP_V4), ruleset_create(IP_V6) };
    *state = &pair;
    return 0;
}

static int leave(void **state)
{
    struct pair *pair = *state;
    ruleset_destroy(pair->v4);
    ruleset_destroy(pair->v6);
    return 0;
}

static const struct ip_prefix pods = { { IP_V4, { 10, 244 } }, 16 };

static void render(struct pair *pair, const char *owner, const char *service, const char *slice)
{
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    struct api_service decoded = { 0 };
    struct api_discovery_endpoint_slice decoded_slice = { 0 };
    const struct api_discovery_endpoint_slice *slices[] = { &decoded_slice };
    if (service != NULL && api_decode_json(&api_type_service, str_of(service), &arena, &decoded, NULL, &err) < 0)
        fail_msg("%s", err.message);
    if (slice != NULL &&
        api_decode_json(&api_type_discovery_endpoint_slice, str_of(slice), &arena, &decoded_slice, NULL, &err) < 0)
        fail_msg("%s", err.message);
    struct render_input input = { .owner = owner,
                                  .service = service != NULL ? &decoded : NULL,
                                  .slices = slices,
                                  .n_slices = slice != NULL ? 1 : 0,
                                  .node_name = "node1",
                                  .zone = "b",
                                  .inside = &pods,
                                  .n_inside = 1 };
    render_service(&input, pair->v4, pair->v6);
}

static const char slice_two[] =
    "{\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":8080}],\"endpoints\":["
    "{\"addresses\":[\"10.244.2.9\"],\"nodeName\":\"node2\",\"conditions\":{\"ready\":true}},"
    "{\"addresses\":[\"10.244.1.5\"],\"nodeName\":\"node1\"}]}";

/* A row: a service and slice, an item, its value ("" for set elements), NULL: absent. */
struct row {
    const char *label;
    const char *service;
    const char *slice;
    enum rule_place place;
    const char *key;
    const char *value;
};

#define PORTS         "\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":80,\"nodePort\":30080}]"
#define SERVICE(rest) "{\"spec\":{\"clusterIP\":\"10.96.0.7\",\"clusterIPs\":[\"10.96.0.7\"]," PORTS rest "}}"
#define SLICE(endpoints)                                                                                          \
    "{\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":8080}],\"endpoints\":" \
    "[" endpoints "]}"
#define NOT_READY "{\"addresses\":[\"10.244.1.5\"],\"nodeName\":\"node1\",\"conditions\":{\"ready\":false}}"
#define TERMINATING                                                                                            \
    "{\"addresses\":[\"10.244.1.6\"],\"nodeName\":\"node1\",\"conditions\":{\"ready\":false,\"serving\":true," \
    "\"terminating\":true}}"
#define ELSEWHERE "{\"addresses\":[\"10.244.2.9\"],\"nodeName\":\"node2\",\"conditions\":{\"ready\":true}}"

#define FOR_ZONE(ip, zone) \
    "{\"addresses\":[\"" ip "\"],\"nodeName\":\"node2\",\"hints\":{\"forZones\":[{\"name\":\"" zone "\"}]}}"
#define FOR_NODE(ip, node) \
    "{\"addresses\":[\"" ip "\"],\"nodeName\":\"node2\",\"hints\":{\"forNodes\":[{\"name\":\"" node "\"}]}}"
#define HERE_FOR_ZONE(ip, zone) \
    "{\"addresses\":[\"" ip "\"],\"nodeName\":\"node1\",\"hints\":{\"forZones\":[{\"name\":\"" zone "\"}]}}"

static const struct row rows[] = {
    { "cluster ip", SERVICE(""), slice_two, RULE_SERVICE, "10.96.0.7 . tcp . 80", "goto n2" },
    { "sorted slots", SERVICE(""), slice_two, RULE_ENDPOINT, "10.96.0.7 . tcp . 80 . 0", "10.244.1.5 . 8080" },
    { "sorted slots", SERVICE(""), slice_two, RULE_ENDPOINT, "10.96.0.7 . tcp . 80 . 1", "10.244.2.9 . 8080" },
    { "no third slot", SERVICE(""), slice_two, RULE_ENDPOINT, "10.96.0.7 . tcp . 80 . 2", NULL },
    { "node port is masqueraded", SERVICE(""), slice_two, RULE_NODE_PORT, "tcp . 30080", "goto p2m" },
    { "hairpin of ours", SERVICE(""), slice_two, RULE_HAIRPIN, "10.244.1.5 . 10.244.1.5", "" },
    { "hairpin of others", SERVICE(""), slice_two, RULE_HAIRPIN, "10.244.2.9 . 10.244.2.9", NULL },
    { "local outside", SERVICE(",\"externalTrafficPolicy\":\"Local\""), slice_two, RULE_NODE_PORT, "tcp . 30080",
      "goto y1_2" },
    { "local outside, its chain", SERVICE(",\"externalTrafficPolicy\":\"Local\""), slice_two, RULE_CHAIN, "y1_2",
      "from 10.244.0.0/16 p2\nfrom_node p2m\npick_node 1 from 1048576" },
    { "local outside, its local slot", SERVICE(",\"externalTrafficPolicy\":\"Local\""), slice_two, RULE_NODE_ENDPOINT,
      "tcp . 30080 . 1048576", "10.244.1.5 . 8080" },
    { "local outside, none here", SERVICE(",\"externalTrafficPolicy\":\"Local\""), SLICE(ELSEWHERE), RULE_REFUSED_NODE,
      "tcp . 30080", "drop" },
    { "local outside, none here but from inside", SERVICE(",\"externalTrafficPolicy\":\"Local\""), SLICE(ELSEWHERE),
      RULE_CHAIN, "y0_1", "from 10.244.0.0/16 p1\nfrom_node p1m" },
    { "local outside, none anywhere", SERVICE(",\"externalTrafficPolicy\":\"Local\""), NULL, RULE_REFUSED_NODE,
      "tcp . 30080", "goto refuse" },
    { "hint for our zone", SERVICE(""), SLICE(FOR_ZONE("10.244.3.1", "a") "," FOR_ZONE("10.244.3.2", "b")),
      RULE_ENDPOINT, "10.96.0.7 . tcp . 80 . 0", "10.244.3.2 . 8080" },
    { "hint for our zone alone", SERVICE(""), SLICE(FOR_ZONE("10.244.3.1", "a") "," FOR_ZONE("10.244.3.2", "b")),
      RULE_SERVICE, "10.96.0.7 . tcp . 80", "goto n1" },
    { "hints for other zones", SERVICE(""), SLICE(FOR_ZONE("10.244.3.1", "a") "," FOR_ZONE("10.244.3.2", "c")),
      RULE_SERVICE, "10.96.0.7 . tcp . 80", "goto n2" },
    { "not all hinted", SERVICE(""), SLICE(FOR_ZONE("10.244.3.2", "b") "," ELSEWHERE), RULE_SERVICE,
      "10.96.0.7 . tcp . 80", "goto n2" },
    { "hint for our node", SERVICE(""), SLICE(FOR_NODE("10.244.3.1", "node2") "," FOR_NODE("10.244.3.2", "node1")),
      RULE_ENDPOINT, "10.96.0.7 . tcp . 80 . 0", "10.244.3.2 . 8080" },
    { "hints do not matter to the Local policy", SERVICE(",\"internalTrafficPolicy\":\"Local\""),
      SLICE(FOR_ZONE("10.244.3.2", "b") "," HERE_FOR_ZONE("10.244.1.9", "a")), RULE_ENDPOINT,
      "10.96.0.7 . tcp . 80 . 0", "10.244.1.9 . 8080" },
    { "source ranges of the other family",
      "{\"spec\":{\"clusterIP\":\"10.96.0.7\",\"loadBalancerSourceRanges\":[\"fd00::/8\"]," PORTS
      "},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"198.51.100.1\"}]}}}",
      slice_two, RULE_GUARDED, "198.51.100.1 . tcp . 80", NULL },
    { "local outside, cluster ip", SERVICE(",\"externalTrafficPolicy\":\"Local\""), slice_two, RULE_SERVICE,
      "10.96.0.7 . tcp . 80", "goto n2" },
    { "local inside", SERVICE(",\"internalTrafficPolicy\":\"Local\""), slice_two, RULE_SERVICE, "10.96.0.7 . tcp . 80",
      "goto n1" },
    { "local inside, none here", SERVICE(",\"internalTrafficPolicy\":\"Local\""), SLICE(ELSEWHERE), RULE_REFUSED,
      "10.96.0.7 . tcp . 80", "drop" },
    { "no endpoints", SERVICE(""), NULL, RULE_REFUSED, "10.96.0.7 . tcp . 80", "goto refuse" },
    { "no endpoints, node port", SERVICE(""), NULL, RULE_REFUSED_NODE, "tcp . 30080", "goto refuse" },
    { "not ready", SERVICE(""), SLICE(NOT_READY), RULE_SERVICE, "10.96.0.7 . tcp . 80", NULL },
    { "terminating as last resort", SERVICE(""), SLICE(NOT_READY "," TERMINATING), RULE_ENDPOINT,
      "10.96.0.7 . tcp . 80 . 0", "10.244.1.6 . 8080" },
    { "terminating beside ready", SERVICE(""), SLICE(ELSEWHERE "," TERMINATING), RULE_SERVICE, "10.96.0.7 . tcp . 80",
      "goto n1" },
    { "external ip", SERVICE(",\"externalIPs\":[\"192.0.2.1\"]"), slice_two, RULE_SERVICE, "192.0.2.1 . tcp . 80",
      "goto n2m" },
    { "twice the same endpoint", SERVICE(""), SLICE(ELSEWHERE "," ELSEWHERE), RULE_SERVICE, "10.96.0.7 . tcp . 80",
      "goto n1" },
    { "another port's slice", SERVICE(""),
      "{\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"x\",\"port\":8080}],\"endpoints\":[" ELSEWHERE "]}",
      RULE_REFUSED, "10.96.0.7 . tcp . 80", "goto refuse" },
    { "headless", "{\"spec\":{\"clusterIP\":\"None\"," PORTS "}}", slice_two, RULE_NODE_PORT, "tcp . 30080", NULL },
    { "external name", "{\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"x\"," PORTS "}}", slice_two,
      RULE_NODE_PORT, "tcp . 30080", NULL },
    { "another proxy",
      "{\"metadata\":{\"labels\":{\"service.kubernetes.io/service-proxy-name\":\"x\"}},"
      "\"spec\":{\"clusterIP\":\"10.96.0.7\"," PORTS "}}",
      slice_two, RULE_SERVICE, "10.96.0.7 . tcp . 80", NULL },
    { "load balancer",
      "{\"spec\":{\"clusterIP\":\"10.96.0.7\",\"loadBalancerSourceRanges\":[\"192.0.2.7/24\"]," PORTS
      "},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"198.51.100.1\"},{\"hostname\":\"x\"}]}}}",
      slice_two, RULE_ALLOWED, "198.51.100.1 . tcp . 80 . 192.0.2.0/24", "" },
    { "load balancer by proxy",
      "{\"spec\":{\"clusterIP\":\"10.96.0.7\"," PORTS
      "},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"198.51.100.1\",\"ipMode\":\"Proxy\"}]}}}",
      slice_two, RULE_SERVICE, "198.51.100.1 . tcp . 80", NULL },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct pair pair = { ruleset_create(IP_V4), ruleset_create(IP_V6) };
        render(&pair, "default/web", rows[i].service, rows[i].slice);
        const char *found = ruleset_find(pair.v4, rows[i].place, rows[i].key);
        if (!(found == NULL ? rows[i].value == NULL : rows[i].value != NULL && strcmp(found, rows[i].value) == 0))
            fail_msg("%s: %s: found %s", rows[i].label, rows[i].key, found != NULL ? found : "nothing");
        assert_int_equal(ruleset_count(pair.v6), 0);
        ruleset_destroy(pair.v4);
        ruleset_destroy(pair.v6);
    }
}

/* "fill chain n3: pick 3\n" */
static void write_change(void *context, const struct rule_change *change)
{
    static const char *const steps[] = { "reset", "add", "empty", "fill", "remove" };
    static const char *const places[] = {
        "service", "node port", "endpoint", "node endpoint", "refused", "refused node port",
        "hairpin", "guarded",   "allowed",  "set",           "chain",
    };
    struct buffer *out = context;
    if (change->step == RULE_RESET) {
        buffer_append_text(out, "reset\n");
        return;
    }
    buffer_format(out, "%s %s %s", steps[change->step], places[change->place], change->key);
    if (!text_empty(change->value))
        buffer_format(out, ": %s", change->value);
    buffer_append_char(out, '\n');
}

static void expect_changes(struct ruleset *ruleset, const char *expected)
{
    auto_buffer struct buffer changes = { .max = 1 << 20 };
    bool any = ruleset_take_changes(ruleset, write_change, &changes);
    assert_int_equal(any, expected[0] != '\0');
    assert_string_equal(any ? changes.data : "", expected);
}

static void test_a_change_costs_a_few_elements(void **state)
{
    struct pair *pair = *state;
    auto_buffer struct buffer changes = { .max = 1 << 20 };
    render(pair, "default/web", SERVICE(""), slice_two);
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));
    assert_non_null(strstr(changes.data, "reset\n"));
    expect_changes(pair->v4, "");
    render(pair, "default/web", SERVICE(""), slice_two);
    expect_changes(pair->v4, "");

    render(pair, "default/web", SERVICE(""), SLICE(ELSEWHERE));
    expect_changes(pair->v4, "add chain n1\n"
                             "add chain p1m\n"
                             "empty chain n2\n"
                             "empty chain p2m\n"
                             "fill chain n1: pick 1\n"
                             "fill chain p1m: mark\npick_node 1\n"
                             "remove service 10.96.0.7 . tcp . 80\n"
                             "remove node port tcp . 30080\n"
                             "remove endpoint 10.96.0.7 . tcp . 80 . 0\n"
                             "remove endpoint 10.96.0.7 . tcp . 80 . 1\n"
                             "remove node endpoint tcp . 30080 . 0\n"
                             "remove node endpoint tcp . 30080 . 1\n"
                             "remove hairpin 10.244.1.5 . 10.244.1.5\n"
                             "add service 10.96.0.7 . tcp . 80: goto n1\n"
                             "add node port tcp . 30080: goto p1m\n"
                             "add endpoint 10.96.0.7 . tcp . 80 . 0: 10.244.2.9 . 8080\n"
                             "add node endpoint tcp . 30080 . 0: 10.244.2.9 . 8080\n"
                             "remove chain n2\n"
                             "remove chain p2m\n");
    render(pair, "default/web", NULL, NULL);
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));
    assert_int_equal(ruleset_count(pair->v4), 0);
}

static void test_two_services_share_and_quarrel(void **state)
{
    struct pair *pair = *state;
    auto_buffer struct buffer changes = { .max = 1 << 20 };
    static const char other[] = "{\"spec\":{\"clusterIP\":\"10.96.0.8\",\"externalIPs\":[\"10.96.0.7\"]," PORTS "}}";
    render(pair, "default/web", SERVICE(""), slice_two);
    render(pair, "default/other", other, SLICE(ELSEWHERE));
    assert_true(ruleset_conflicted(pair->v4, "default/other"));
    assert_string_equal(ruleset_find(pair->v4, RULE_SERVICE, "10.96.0.7 . tcp . 80"), "goto n2");
    assert_string_equal(ruleset_find(pair->v4, RULE_SERVICE, "10.96.0.8 . tcp . 80"), "goto n1");

    /* The first goes, the second gets it at its next turn. */
    render(pair, "default/web", NULL, NULL);
    render(pair, "default/other", other, SLICE(ELSEWHERE));
    assert_false(ruleset_conflicted(pair->v4, "default/other"));
    assert_false(ruleset_any_conflict(pair->v4));
    assert_string_equal(ruleset_find(pair->v4, RULE_SERVICE, "10.96.0.7 . tcp . 80"), "goto n1m");
    assert_null(ruleset_find(pair->v4, RULE_HAIRPIN, "10.244.1.5 . 10.244.1.5"));
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));

    /* A failed transaction: everything again, in one. */
    ruleset_forget(pair->v4);
    buffer_clear(&changes);
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));
    assert_non_null(strstr(changes.data, "reset\n"));
    assert_non_null(strstr(changes.data, "10.96.0.8 . tcp . 80: goto n1"));
}

static void test_affinity_and_v6(void **state)
{
    struct pair *pair = *state;
    render(pair, "default/web",
           "{\"spec\":{\"clusterIP\":\"fd00::7\",\"clusterIPs\":[\"fd00::7\",\"10.96.0.7\"],\"sessionAffinity\":"
           "\"ClientIP\","
           "\"sessionAffinityConfig\":{\"clientIP\":{\"timeoutSeconds\":60}}," PORTS "}}",
           slice_two);
    assert_string_equal(ruleset_find(pair->v6, RULE_REFUSED, "fd00::7 . tcp . 80"), "goto refuse");
    const char *verdict = ruleset_find(pair->v4, RULE_SERVICE, "10.96.0.7 . tcp . 80");
    assert_true(str_starts(str_of(verdict), STR("goto s")));
    const char *rules = ruleset_find(pair->v4, RULE_CHAIN, verdict + 5);
    assert_non_null(strstr(rules, "choose e"));
    assert_non_null(strstr(rules, "recall a"));
    auto_buffer struct buffer changes = { .max = 1 << 20 };
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));
    assert_non_null(strstr(changes.data, "_60: 60\n"));
    /* An endpoint goes: the other's set, and with it who belongs to it, stays. */
    render(pair, "default/web",
           "{\"spec\":{\"clusterIP\":\"10.96.0.7\",\"sessionAffinity\":\"ClientIP\","
           "\"sessionAffinityConfig\":{\"clientIP\":{\"timeoutSeconds\":60}}," PORTS "}}",
           SLICE(ELSEWHERE));
    buffer_clear(&changes);
    assert_true(ruleset_take_changes(pair->v4, write_change, &changes));
    assert_null(strstr(changes.data, "add set"));
    assert_non_null(strstr(changes.data, "remove set"));
}

static void test_answered_here(void **state)
{
    struct pair *pair = *state;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    struct api_service service = { 0 };
    static const struct ip dns = { .family = IP_V4, .bytes = { 10, 96, 0, 7 } };
    assert_int_equal(api_decode_json(&api_type_service, str_of(SERVICE("")), &arena, &service, NULL, &err), 0);
    struct render_input input = {
        .owner = "d/web", .service = &service, .node_name = "node1", .answered_here = &dns, .n_answered_here = 1
    };
    render_service(&input, pair->v4, pair->v6);
    assert_null(ruleset_find(pair->v4, RULE_REFUSED, "10.96.0.7 . tcp . 80"));
    assert_string_equal(ruleset_find(pair->v4, RULE_REFUSED_NODE, "tcp . 30080"), "goto refuse");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test_setup_teardown(test_a_change_costs_a_few_elements, enter, leave),
        cmocka_unit_test_setup_teardown(test_two_services_share_and_quarrel, enter, leave),
        cmocka_unit_test_setup_teardown(test_answered_here, enter, leave),
        cmocka_unit_test_setup_teardown(test_affinity_and_v6, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

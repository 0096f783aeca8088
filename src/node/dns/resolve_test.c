/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libknot/libknot.h>
#include <stdio.h>

#include "node/dns/resolve.h"

static const struct object *make(const struct api_resource *resource, const char *json)
{
    struct object *object;
    struct error err = { 0 };
    if (object_from_served(resource, str_of(json), &object, &err) < 0)
        fail_msg("%s", err.message);
    return object;
}

static void service(struct dns_index *index, const char *json)
{
    const struct object *object = make(&api_resource_service, json);
    dns_index_service_changed(index, NULL, object);
    object_unref(object);
}

static void slice(struct dns_index *index, const char *json)
{
    const struct object *object = make(&api_resource_discovery_endpoint_slice, json);
    dns_index_slice_changed(index, NULL, object);
    object_unref(object);
}

#define META(name, more) "\"metadata\":{\"namespace\":\"prod\",\"name\":\"" name "\",\"resourceVersion\":\"1\"" more "}"
#define LABEL(service)   ",\"labels\":{\"kubernetes.io/service-name\":\"" service "\"}"

static int enter(void **state)
{
    struct dns_index *index = dns_index_create();
    const struct object *namespace_ =
        make(&api_resource_namespace, "{\"metadata\":{\"name\":\"prod\",\"resourceVersion\":\"1\"}}");
    dns_index_namespace_changed(index, NULL, namespace_);
    object_unref(namespace_);
    service(index,
            "{" META("web", "") ",\"spec\":{\"clusterIP\":\"10.96.0.7\",\"clusterIPs\":[\"10.96.0.7\",\"fd00::7\"],"
                                "\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":80},{\"name\":\"dns\","
                                "\"protocol\":\"UDP\","
                                "\"port\":53}]}}");
    slice(index, "{" META("web-1",
                          LABEL("web")) ",\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\","
                                        "\"port\":8080}],\"endpoints\":[{\"addresses\":[\"10.244.1.5\"]}]}");
    /* The slice first, as a watch may tell it. */
    slice(index,
          "{" META("db-1",
                   LABEL("db")) ",\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"sql\",\"protocol\":\"TCP\","
                                "\"port\":5432}],\"endpoints\":[{\"addresses\":[\"10.244.1.8\"],\"hostname\":\"db-0\"},"
                                "{\"addresses\":[\"10.244.2.9\"]},{\"addresses\":[\"10.244.2.10\"],\"conditions\":{"
                                "\"ready\":false}}]}");
    service(index,
            "{" META("db", "") ",\"spec\":{\"clusterIP\":\"None\",\"ports\":[{\"name\":\"sql\",\"port\":5432}]}}");
    service(index, "{" META("out", "") ",\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"Example.com\"}}");
    service(
        index,
        "{" META("in", "") ",\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"web.prod.svc.cluster.local\"}}");
    service(
        index,
        "{" META("loop", "") ",\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"loop.prod.svc.cluster.local\"}}");
    *state = index;
    return 0;
}

static int leave(void **state)
{
    dns_index_destroy(*state);
    return 0;
}

static const struct ip own = { .family = IP_V4, .bytes = { 10, 96, 0, 10 } };

static size_t make_query(const char *name, uint16_t type, uint16_t payload, uint8_t *out)
{
    knot_pkt_t *packet = knot_pkt_new(out, 1024, NULL);
    memset(out, 0, KNOT_WIRE_HEADER_SIZE);
    knot_dname_t *wire = knot_dname_from_str_alloc(name);
    knot_pkt_put_question(packet, wire, KNOT_CLASS_IN, type);
    knot_wire_set_id(out, 4711);
    knot_wire_set_rd(out);
    if (payload > 0) {
        knot_rrset_t opt;
        knot_edns_init(&opt, payload, 0, 0, NULL);
        knot_pkt_begin(packet, KNOT_ADDITIONAL);
        knot_pkt_put(packet, 0, &opt, KNOT_PF_FREE);
    }
    size_t size = packet->size;
    knot_dname_free(wire, NULL);
    knot_pkt_free(packet);
    return size;
}

/* "NOERROR web.prod.svc.cluster.local. A 10.96.0.7; + extra" */
static void describe(uint8_t *wire, size_t size, char text[4096])
{
    static const char *const codes[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMPL", "REFUSED" };
    knot_pkt_t *packet = knot_pkt_new(wire, (uint16_t)size, NULL);
    assert_int_equal(knot_pkt_parse(packet, 0), KNOT_EOK);
    assert_true(knot_wire_get_qr(wire));
    assert_int_equal(knot_wire_get_id(wire), 4711);
    size_t used = (size_t)sprintf(text, "%s%s", codes[knot_wire_get_rcode(wire)], knot_wire_get_tc(wire) ? " TC" : "");
    for (knot_section_t section = KNOT_ANSWER; section <= KNOT_ADDITIONAL; section++) {
        const knot_pktsection_t *found = knot_pkt_section(packet, section);
        for (uint16_t i = 0; i < found->count; i++) {
            const knot_rrset_t *set = knot_pkt_rr(found, i);
            char owner[256], type[16], data[512];
            if (set->type == KNOT_RRTYPE_OPT)
                continue;
            knot_dname_to_str(owner, set->owner, sizeof(owner));
            knot_rrtype_to_string(set->type, type, sizeof(type));
            knot_rrset_txt_dump_data(set, 0, data, sizeof(data), &KNOT_DUMP_STYLE_DEFAULT);
            if (section == KNOT_AUTHORITY)
                used += (size_t)sprintf(text + used, " %s", type);
            else
                used +=
                    (size_t)sprintf(text + used, " %s%s %s %s;", section == KNOT_ANSWER ? "" : "+ ", owner, type, data);
        }
    }
    knot_pkt_free(packet);
}

static void ask(struct dns_index *index, const char *name, uint16_t type, char text[4096])
{
    auto_arena struct arena arena = { 0 };
    struct dns_resolver resolver = { index, "cluster.local", 30, &own, 1 };
    uint8_t query[1024], alias[DNS_NAME_MAX], *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
    size_t size = make_query(name, type, 1232, query);
    struct dns_query asked = { { (char *)query, size }, true, 0 };
    enum dns_verdict verdict = dns_resolve(&resolver, &asked, &arena, out, &size, alias);
    if (verdict == DNS_ANSWERED)
        describe(out, size, text);
    else if (verdict == DNS_CHASE)
        sprintf(text, "CHASE %s", knot_dname_to_str((char *)query, alias, sizeof(query)));
    else
        strcpy(text, verdict == DNS_FORWARD ? "FORWARD" : "DROP");
}

enum {
    A = KNOT_RRTYPE_A,
    AAAA = KNOT_RRTYPE_AAAA,
    SRV = KNOT_RRTYPE_SRV,
    PTR = KNOT_RRTYPE_PTR,
    TXT = KNOT_RRTYPE_TXT,
    CNAME = KNOT_RRTYPE_CNAME,
    NS = KNOT_RRTYPE_NS,
    MX = KNOT_RRTYPE_MX
};

static const struct {
    const char *name;
    uint16_t type;
    const char *expected;
} rows[] = {
    { "web.prod.svc.cluster.local.", A, "NOERROR web.prod.svc.cluster.local. A 10.96.0.7;" },
    { "WEB.Prod.svc.cluster.LOCAL.", A, "NOERROR web.prod.svc.cluster.local. A 10.96.0.7;" },
    { "web.prod.svc.cluster.local.", AAAA, "NOERROR web.prod.svc.cluster.local. AAAA fd00::7;" },
    { "web.prod.svc.cluster.local.", MX, "NOERROR SOA" },
    { "nosuch.prod.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "web.other.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "prod.svc.cluster.local.", A, "NOERROR SOA" },
    { "other.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "svc.cluster.local.", A, "NOERROR SOA" },
    { "cluster.local.", A, "NOERROR SOA" },
    { "cluster.local.", NS, "NOERROR cluster.local. NS ns.dns.cluster.local.;" },
    { "ns.dns.cluster.local.", A, "NOERROR ns.dns.cluster.local. A 10.96.0.10;" },
    { "example.com.prod.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "web.prod.svc.cluster.local.prod.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "dns-version.cluster.local.", TXT, "NOERROR dns-version.cluster.local. TXT \"1.1.0\";" },
    { "_http._tcp.web.prod.svc.cluster.local.", SRV,
      "NOERROR _http._tcp.web.prod.svc.cluster.local. SRV 0 100 80 web.prod.svc.cluster.local.;"
      " + web.prod.svc.cluster.local. A 10.96.0.7; + web.prod.svc.cluster.local. AAAA fd00::7;" },
    { "_http._udp.web.prod.svc.cluster.local.", SRV, "NXDOMAIN SOA" },
    { "_tcp.web.prod.svc.cluster.local.", SRV, "NOERROR SOA" },
    { "_sctp.web.prod.svc.cluster.local.", SRV, "NXDOMAIN SOA" },
    { "db-0.db.prod.svc.cluster.local.", A, "NOERROR db-0.db.prod.svc.cluster.local. A 10.244.1.8;" },
    { "10-244-2-9.db.prod.svc.cluster.local.", A, "NOERROR 10-244-2-9.db.prod.svc.cluster.local. A 10.244.2.9;" },
    { "10-244-2-10.db.prod.svc.cluster.local.", A, "NXDOMAIN SOA" },
    { "10-1-2-3.prod.pod.cluster.local.", A, "NOERROR 10-1-2-3.prod.pod.cluster.local. A 10.1.2.3;" },
    { "fd00--1.prod.pod.cluster.local.", AAAA, "NOERROR fd00--1.prod.pod.cluster.local. AAAA fd00::1;" },
    { "10-1-2-3.other.pod.cluster.local.", A, "NXDOMAIN SOA" },
    { "x.prod.pod.cluster.local.", A, "NXDOMAIN SOA" },
    { "7.0.96.10.in-addr.arpa.", PTR, "NOERROR 7.0.96.10.in-addr.arpa. PTR web.prod.svc.cluster.local.;" },
    { "8.1.244.10.in-addr.arpa.", PTR, "NOERROR 8.1.244.10.in-addr.arpa. PTR db-0.db.prod.svc.cluster.local.;" },
    { "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.", PTR,
      "NOERROR 7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR "
      "web.prod.svc.cluster.local.;" },
    { "8.8.8.8.in-addr.arpa.", PTR, "FORWARD" },
    { "example.com.", A, "FORWARD" },
    { "out.prod.svc.cluster.local.", A, "CHASE Example.com." },
    { "out.prod.svc.cluster.local.", CNAME, "NOERROR out.prod.svc.cluster.local. CNAME example.com.;" },
    { "in.prod.svc.cluster.local.", A,
      "NOERROR in.prod.svc.cluster.local. CNAME web.prod.svc.cluster.local.; web.prod.svc.cluster.local. A "
      "10.96.0.7;" },
};

static void test_rows(void **state)
{
    char text[4096];
    for (size_t i = 0; i < countof(rows); i++) {
        ask(*state, rows[i].name, rows[i].type, text);
        if (strcmp(text, rows[i].expected) != 0)
            fail_msg("%s: %s", rows[i].name, text);
    }
}

static void test_headless(void **state)
{
    char text[4096];
    ask(*state, "db.prod.svc.cluster.local.", A, text);
    assert_string_equal(text,
                        "NOERROR db.prod.svc.cluster.local. A 10.244.1.8; db.prod.svc.cluster.local. A 10.244.2.9;");
    ask(*state, "_sql._tcp.db.prod.svc.cluster.local.", SRV, text);
    assert_non_null(strstr(text, "SRV 0 50 5432 db-0.db.prod.svc.cluster.local.;"));
    assert_non_null(strstr(text, "SRV 0 50 5432 10-244-2-9.db.prod.svc.cluster.local.;"));
    assert_non_null(strstr(text, "+ db-0.db.prod.svc.cluster.local. A 10.244.1.8;"));
    ask(*state, "loop.prod.svc.cluster.local.", A, text); /* a circle ends */
    assert_true(str_starts(str_of(text), STR("NOERROR loop.prod.svc.cluster.local. CNAME")));
}

static void test_changes(void **state)
{
    struct dns_index *index = *state;
    char text[4096];
    const struct object *before = make(&api_resource_discovery_endpoint_slice,
                                       "{" META("db-1", LABEL("db")) ",\"addressType\":\"IPv4\",\"endpoints\":[]}");
    const struct object *after = make(&api_resource_discovery_endpoint_slice,
                                      "{" META("db-1", LABEL("db")) ",\"addressType\":\"IPv4\",\"endpoints\":["
                                                                    "{\"addresses\":[\"10.244.3.3\"]}]}");
    dns_index_slice_changed(index, before, after);
    ask(index, "db.prod.svc.cluster.local.", A, text);
    assert_string_equal(text, "NOERROR db.prod.svc.cluster.local. A 10.244.3.3;");
    ask(index, "8.1.244.10.in-addr.arpa.", PTR, text);
    assert_string_equal(text, "FORWARD");
    const struct object *web = make(&api_resource_service, "{" META("web", "") "}");
    dns_index_service_changed(index, web, NULL);
    ask(index, "web.prod.svc.cluster.local.", A, text);
    assert_string_equal(text, "NXDOMAIN SOA");
    object_unref(before);
    object_unref(after);
    object_unref(web);
}

/* More endpoints than a datagram holds: cut over UDP, whole over TCP. */
static void test_sizes(void **state)
{
    struct dns_index *index = *state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { .max = 1 << 20 };
    buffer_append_text(&json, "{" META("big-1", LABEL("big")) ",\"addressType\":\"IPv4\",\"endpoints\":[");
    for (int i = 0; i < 300; i++)
        buffer_format(&json, "%s{\"addresses\":[\"10.244.%d.%d\"]}", i > 0 ? "," : "", 10 + i / 250, 1 + i % 250);
    buffer_append_text(&json, "]}");
    slice(index, json.data);
    service(index, "{" META("big", "") ",\"spec\":{\"clusterIP\":\"None\"}}");

    struct dns_resolver resolver = { index, "cluster.local", 30, &own, 1 };
    uint8_t query[1024], alias[DNS_NAME_MAX], *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
    static const struct {
        uint16_t payload;
        bool udp;
        size_t max;
        bool cut;
    } cases[] = { { 0, true, 512, true },
                  { 4096, true, DNS_UDP_MAX, true },
                  { 100, true, 512, true },
                  { 0, false, DNS_MESSAGE_MAX, false } };
    for (size_t i = 0; i < countof(cases); i++) {
        size_t size = make_query("big.prod.svc.cluster.local.", A, cases[i].payload, query);
        struct dns_query asked = { { (char *)query, size }, cases[i].udp, 7 };
        assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &size, alias), DNS_ANSWERED);
        assert_true(size <= cases[i].max);
        assert_int_equal(knot_wire_get_tc(out) != 0, cases[i].cut);
        if (!cases[i].cut)
            assert_int_equal(knot_wire_get_ancount(out), 300);
    }
}

static void test_alias_outside(void **state)
{
    auto_arena struct arena arena = { 0 };
    struct dns_resolver resolver = { *state, "cluster.local", 30, &own, 1 };
    uint8_t query[1024], upstream[1024], alias[DNS_NAME_MAX], *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
    char text[4096];
    size_t size = make_query("out.prod.svc.cluster.local.", A, 0, query);
    struct dns_query asked = { { (char *)query, size }, true, 0 };
    assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &size, alias), DNS_CHASE);

    size = dns_make_query(&asked, alias, 99, &arena, upstream);
    assert_true(size > 0);
    knot_pkt_t *question = knot_pkt_new(upstream, (uint16_t)size, NULL);
    assert_int_equal(knot_pkt_parse(question, 0), KNOT_EOK);
    uint8_t answer[1024];
    knot_pkt_t *packet = knot_pkt_new(answer, sizeof(answer), NULL);
    knot_pkt_init_response(packet, question);
    knot_pkt_begin(packet, KNOT_ANSWER);
    knot_rrset_t set;
    knot_rrset_init(&set, alias, A, KNOT_CLASS_IN, 60);
    knot_rrset_add_rdata(&set, (const uint8_t[]){ 192, 0, 2, 1 }, 4, NULL);
    knot_pkt_put(packet, 0, &set, 0);
    knot_rdataset_clear(&set.rrs, NULL);
    struct str wire = { (char *)answer, packet->size };
    dns_finish_alias(&resolver, &asked, wire, &arena, out, &size);
    describe(out, size, text);
    assert_string_equal(text, "NOERROR out.prod.svc.cluster.local. CNAME example.com.; example.com. A 192.0.2.1;");
    dns_finish_alias(&resolver, &asked, (struct str){ 0 }, &arena, out, &size);
    describe(out, size, text);
    assert_string_equal(text, "NOERROR out.prod.svc.cluster.local. CNAME example.com.;");
    knot_pkt_free(question);
    knot_pkt_free(packet);
}

static void test_bad_messages(void **state)
{
    auto_arena struct arena arena = { 0 };
    struct dns_resolver resolver = { *state, "cluster.local", 30, &own, 1 };
    uint8_t query[1024], alias[DNS_NAME_MAX], *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
    size_t size = make_query("web.prod.svc.cluster.local.", A, 0, query), written;
    struct dns_query asked = { { (char *)query, 5 }, true, 0 };
    assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &written, alias), DNS_DROP);
    asked.wire.size = size - 3; /* cut in the question */
    assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &written, alias), DNS_ANSWERED);
    assert_int_equal(knot_wire_get_rcode(out), KNOT_RCODE_FORMERR);
    asked.wire.size = size;
    knot_wire_set_opcode(query, KNOT_OPCODE_UPDATE);
    assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &written, alias), DNS_ANSWERED);
    assert_int_equal(knot_wire_get_rcode(out), KNOT_RCODE_NOTIMPL);
    knot_wire_set_opcode(query, KNOT_OPCODE_QUERY);
    knot_wire_set_qr(query); /* a response: answering it would make a loop */
    assert_int_equal(dns_resolve(&resolver, &asked, &arena, out, &written, alias), DNS_DROP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, enter, leave),
        cmocka_unit_test_setup_teardown(test_headless, enter, leave),
        cmocka_unit_test_setup_teardown(test_changes, enter, leave),
        cmocka_unit_test_setup_teardown(test_sizes, enter, leave),
        cmocka_unit_test_setup_teardown(test_alias_outside, enter, leave),
        cmocka_unit_test_setup_teardown(test_bad_messages, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

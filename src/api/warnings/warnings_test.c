/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* warnings_test.c - a line for each warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"
#include "api/warnings/warnings.h"

struct warning_case {
    const char *good, *old, *change; /* 'old' NULL: a create */
    bool status;
    const char *expected; /* joined by '|' */
};

static void join(void *context, const char *text)
{
    struct buffer *all = context;
    if (all->size > 0)
        buffer_append_char(all, '|');
    buffer_append_text(all, text);
}

#define POD        "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"
#define NAME       "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS "
#define DOTS       NAME "label is recommended: [must not contain dots]"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: x}\nspec: {" POD "}"
#define STATEFUL   "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: x}\nspec: {" POD "}"
#define JOB        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: x}\nspec: {" POD "}"
#define CRON                                                                                                           \
    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: x}\nspec: {schedule: '@daily', jobTemplate: " \
    "{spec: {" POD "}}}"
#define INGRESS "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: x}\nspec: {}"
#define POLICY  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: x}\nspec: {}"
#define SLICE                                                                                                      \
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: x}\naddressType: IPv6\n" \
    "endpoints: [{addresses: ['2001:DB8::1']}]"
#define DEFINITION(schema)                                                                                           \
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.b.c}\nspec: {group: "  \
    "b.c, scope: Cluster, names: {plural: as, kind: A}, versions: [{name: v1, served: true, storage: true, schema: " \
    "{openAPIV3Schema: {type: object, properties: {x: " schema "}}}}]}"
#define CLASS   "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisioner: p"
#define RUNTIME "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: a}\nhandler: h"
#define DEVICES                                                                                                    \
    "apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {name: a}\nspec: {driver: A, pool: {name: p, " \
    "generation: 1, resourceSliceCount: 1}}"

static const struct warning_case cases[] = {
    { DEPLOYMENT, NULL, "", false, "" },
    { DEFINITION("{type: string, format: date}"), NULL, "", false, "" },
    { DEFINITION("{type: string, format: foo}"), NULL, "", false, "unrecognized format \"foo\"" },
    { DEFINITION("{type: string, format: foo}"), "", "", false, "" },
    { DEFINITION("{type: array, x-kubernetes-list-type: set, items: {type: object, x-kubernetes-map-type: atomic}}"),
      NULL, "", false, "" },
    { DEFINITION("{type: array, x-kubernetes-list-type: set, items: {type: array, items: {type: string}}}"), NULL, "",
      false,
      "x-kubernetes-list-type: set for items of type \"array\" is not supported by server-side apply or CEL validation "
      "rules" },
    { DEPLOYMENT, NULL, "metadata: {name: a.b}", false, DOTS },
    { DEPLOYMENT, "metadata: {name: a.b}", "metadata: {name: a.b}", false, "" },
    { JOB, NULL, "metadata: {name: a.b}", false, DOTS },
    { JOB, NULL, "spec: {completionMode: Indexed, completions: 100001, parallelism: 10001}", false,
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes "
      "might "
      "not be able to track completedIndexes when a big number of indexes fail" },
    { CRON, "spec: {schedule: 'TZ=UTC * * * * *'}", "spec: {schedule: 'TZ=UTC * * * * *'}", false,
      "CRON_TZ or TZ used in spec.schedule is not officially supported, see "
      "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details" },
    { STATEFUL, NULL, "spec: {revisionHistoryLimit: -1}", false,
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended" },
    { INGRESS, NULL, "metadata: {annotations: {kubernetes.io/ingress.class: c}}", false,
      "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead" },
    { INGRESS, "", "status: {loadBalancer: {ingress: [{ip: 010.0.0.1}]}}", true,
      "status.loadBalancer.ingress[0].ip: non-standard IP address \"010.0.0.1\" will be considered invalid in a future "
      "Kubernetes release: use \"10.0.0.1\"" },
    { POLICY, NULL, "spec: {ingress: [{from: [{ipBlock: {cidr: '2001:DB8::/64'}}]}]}", false,
      "spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value \"2001:DB8::/64\" should be in RFC 5952 canonical format "
      "(\"2001:db8::/64\")" },
    { SLICE, NULL, "", false,
      "endpoints[0].addresses[0]: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format "
      "(\"2001:db8::1\")" },
    { SLICE, NULL, "metadata: {labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}",
      false, "" },
    { SLICE, NULL, "addressType: FQDN\nendpoints: []", false, "addressType: FQDN endpoints are deprecated" },
    { CLASS, NULL, "allowedTopologies: [{matchLabelExpressions: [{key: beta.kubernetes.io/os, values: [a]}]}]", false,
      "allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use \"kubernetes.io/os\" instead" },
    { RUNTIME, NULL, "scheduling: {nodeSelector: {beta.kubernetes.io/arch: a}}", false,
      "scheduling.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use \"kubernetes.io/arch\" instead" },
    { DEVICES, NULL, "", false, "spec.driver: driver names should be lowercase; \"A\" contains uppercase characters" },
};

static void test_warnings(void **state)
{
    size_t different = 0;
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer all = { 0 };
        const struct warning_list list = { join, &all };
        const struct api_kind *kind;
        const void *old = cases[i].old == NULL ? NULL : rule_object(cases[i].good, cases[i].old, &kind, &arena);
        const void *object = rule_object(cases[i].good, cases[i].change, &kind, &arena);
        api_warnings(kind, object, old, cases[i].status, &list);
        buffer_append_char(&all, '\0');
        if (strcmp(all.data, cases[i].expected) != 0) {
            print_message("%s\n  expected %s\n  found    %s\n", cases[i].change, cases[i].expected, all.data);
            different++;
        }
    }
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_warnings) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

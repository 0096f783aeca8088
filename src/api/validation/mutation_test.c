/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mutation_test.c - good documents with one value replaced by something else, each value in turn: whatever
 * decoding lets through must be defaulted, validated and shown without a crash. Run with sanitizers it finds
 * what rules take for granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <yyjson.h>

#include "api/codec.h"
#include "api/table/table.h"
#include "api/validation/validation.h"
#include "api/warnings/warnings.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "generated/types.h"

#define POD_SPEC                                                                                                       \
    "{volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {configMap: {name: c, items: "       \
    "[{key: "                                                                                                          \
    "k, path: p}]}}, {downwardAPI: {items: [{path: x, fieldRef: {fieldPath: metadata.name}}]}}]}}, {name: h, "         \
    "hostPath: "                                                                                                       \
    "{path: /x, type: Directory}}, {name: s, secret: {secretName: s}}, {name: e, emptyDir: {sizeLimit: 1Gi}}, {name: " \
    "m, "                                                                                                              \
    "csi: {driver: d}}], initContainers: [{name: i, image: i, restartPolicy: Always}], containers: [{name: c, image: " \
    "i, "                                                                                                              \
    "command: [a], ports: [{name: http, containerPort: 80, hostPort: 80}], env: [{name: A, value: b}, {name: B, "      \
    "valueFrom: "                                                                                                      \
    "{secretKeyRef: {name: s, key: k}}}, {name: C, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}], envFrom: " \
    "[{configMapRef: {name: c}}], volumeMounts: [{name: v, mountPath: /v, subPath: x, mountPropagation: None}], "      \
    "livenessProbe: {httpGet: {path: /, port: http}}, readinessProbe: {exec: {command: [x]}}, startupProbe: "          \
    "{tcpSocket: "                                                                                                     \
    "{port: 80}}, lifecycle: {preStop: {sleep: {seconds: 1}}}, resources: {requests: {cpu: 1, memory: 1Gi}, limits: "  \
    "{cpu: "                                                                                                           \
    "2}}, securityContext: {runAsUser: 1, capabilities: {add: [X]}, allowPrivilegeEscalation: false, seccompProfile: " \
    "{type: RuntimeDefault}}}], nodeSelector: {a: b}, tolerations: [{key: a, operator: Equal, value: b, effect: "      \
    "NoSchedule}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "     \
    "[{matchExpressions: [{key: a, operator: In, values: [b]}], matchFields: [{key: metadata.name, operator: In, "     \
    "values: "                                                                                                         \
    "[x]}]}]}}, podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: "     \
    "{topologyKey: k, labelSelector: {matchLabels: {a: b}}, namespaces: [x]}}]}}, topologySpreadConstraints: "         \
    "[{maxSkew: 1, "                                                                                                   \
    "topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchExpressions: [{key: a, operator: "         \
    "Exists}]}}], "                                                                                                    \
    "dnsConfig: {nameservers: [10.0.0.1], searches: [a.b], options: [{name: x}]}, hostAliases: [{ip: 10.0.0.1, "       \
    "hostnames: "                                                                                                      \
    "[a]}], securityContext: {fsGroup: 1, sysctls: [{name: a.b, value: c}], supplementalGroups: [1]}, "                \
    "readinessGates: "                                                                                                 \
    "[{conditionType: x}], schedulingGates: [{name: x}], imagePullSecrets: [{name: x}], os: {name: linux}}"
#define TEMPLATE "template: {metadata: {labels: {a: b}, annotations: {x: z}}, spec: " POD_SPEC "}"
#define META                                                                                                     \
    "metadata: {name: a, namespace: x, resourceVersion: '1', labels: {l: m}, annotations: {n1: o}, finalizers: " \
    "[a.b/c], "                                                                                                  \
    "ownerReferences: [{apiVersion: v1, kind: K, name: n1, uid: u, controller: true}], creationTimestamp: "      \
    "'2024-01-01T00:00:00Z'}\n"

static const char *const documents[] = {
    "apiVersion: v1\nkind: LimitRange\n" META
    "spec: {limits: [{type: Container, max: {cpu: 2}, min: {cpu: 1}, default: {cpu: "
    "1}, defaultRequest: {cpu: 1}, maxLimitRequestRatio: {cpu: 2}}, {type: PersistentVolumeClaim, max: {storage: "
    "1}}]}\n",
    "apiVersion: v1\nkind: ResourceQuota\n" META "spec: {hard: {pods: 1}, scopes: [Terminating], scopeSelector: "
    "{matchExpressions: [{scopeName: PriorityClass, operator: In, values: [a]}]}}\nstatus: {hard: {pods: 1}, used: "
    "{pods: "
    "0}}\n",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, resourceVersion: '1'}\nspec: {finalizers: "
    "[kubernetes]}\nstatus: "
    "{phase: Active}\n",
    "apiVersion: v1\nkind: Pod\n" META
    "spec: {containers: [{name: c, image: i, env: [{name: A, valueFrom: {fileKeyRef: "
    "{volumeName: v, path: p, key: k}}}], resources: {claims: [{name: r, request: q}], limits: {hugepages-2Mi: 2Mi, "
    "cpu: 1}}, "
    "restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}], "
    "resizePolicy: "
    "[{resourceName: cpu, restartPolicy: NotRequired}]}], ephemeralContainers: [{name: e, image: i}], volumes: [{name: "
    "v, "
    "emptyDir: {}}, {name: w, iscsi: {targetPortal: t, iqn: 'iqn.2012-07.com.example:a', lun: 0, initiatorName: "
    "'iqn.2012-07.com.example:a'}}, {name: x, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], "
    "resources: "
    "{requests: {storage: 1Gi}}, dataSource: {kind: PersistentVolumeClaim, name: d}}}}}, {name: q, projected: "
    "{sources: "
    "[{clusterTrustBundle: {name: 'a.b:c:d', path: p}}, {podCertificate: {signerName: a.b/c, keyType: RSA3072, "
    "keyPath: k, "
    "userAnnotations: {a.b/c: d}}}]}}], resourceClaims: [{name: r, resourceClaimName: s}], resources: {limits: {cpu: "
    "2}}, "
    "securityContext: {windowsOptions: {runAsUserName: 'a\\b'}, seccompProfile: {type: Localhost, localhostProfile: "
    "p}}, os: "
    "{name: linux}, schedulingGroup: {podGroupName: g}, hostnameOverride: h}\nstatus: {phase: Running, hostIP: "
    "1.2.3.4, hostIPs: "
    "[{ip: 1.2.3.4}], podIPs: [{ip: 1.2.3.4}, {ip: '::1'}], resourceClaimStatuses: [{name: r, resourceClaimName: s}], "
    "extendedResourceClaimStatus: {requestMappings: [{containerName: c, resourceName: cpu, requestName: q}], "
    "resourceClaimName: s}, containerStatuses: [{name: c, ready: true, restartCount: 0, image: i, imageID: i, state: "
    "{terminated: {exitCode: 1}}, "
    "allocatedResourcesStatus: [{name: 'claim:r/q', resources: [{resourceID: i, health: Healthy}]}]}]}\n",

    "apiVersion: v1\nkind: Pod\n" META "spec: " POD_SPEC
    "\nstatus: {phase: Running, podIPs: [{ip: 1.2.3.4}], conditions: "
    "[{type: Ready, status: 'True'}], containerStatuses: [{name: c, ready: true, state: {terminated: {exitCode: 1}}, "
    "lastState: {terminated: {finishedAt: '2024-01-01T00:00:00Z'}}}], initContainerStatuses: [{name: i, state: "
    "{waiting: "
    "{reason: x}}}]}\n",
    "apiVersion: apps/v1\nkind: Deployment\n" META
    "spec: {replicas: 3, selector: {matchLabels: {a: b}}, strategy: {type: "
    "RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}, " TEMPLATE "}\n",
    "apiVersion: apps/v1\nkind: DaemonSet\n" META "spec: {selector: {matchLabels: {a: b}}, updateStrategy: {type: "
    "RollingUpdate, rollingUpdate: {maxUnavailable: 1}}, " TEMPLATE "}\n",
    "apiVersion: apps/v1\nkind: StatefulSet\n" META "spec: {serviceName: s, selector: {matchLabels: {a: b}}, "
    "volumeClaimTemplates: [{metadata: {name: d}}], ordinals: {start: 1}, updateStrategy: {rollingUpdate: {partition: "
    "1}}, "
    "persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain}, " TEMPLATE "}\n",
    "apiVersion: apps/v1\nkind: ReplicaSet\n" META "spec: {selector: {matchLabels: {a: b}}, " TEMPLATE "}\n",
    "apiVersion: v1\nkind: ReplicationController\n" META "spec: {selector: {a: b}, " TEMPLATE "}\n",
    "apiVersion: batch/v1\nkind: Job\n" META "spec: {completionMode: Indexed, completions: 1, managedBy: a.b/c, "
    "podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [1]}}]}, selector: {matchLabels: "
    "{a: "
    "b}}, " TEMPLATE "}\nstatus: {conditions: [{type: Complete, status: 'True'}], startTime: '2024-01-01T00:00:00Z'}\n",
    "apiVersion: batch/v1\nkind: CronJob\n" META "spec: {schedule: x, jobTemplate: {spec: {" TEMPLATE "}}}\n",
    "apiVersion: v1\nkind: Service\n" META "spec: {type: LoadBalancer, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], "
    "ipFamilies: [IPv4], externalIPs: [1.2.3.4], loadBalancerSourceRanges: [1.2.3.0/24], loadBalancerClass: a.b/c, "
    "ports: "
    "[{name: a, port: 80, targetPort: http, nodePort: 30000}, {name: b, port: 81}], selector: {a: b}, sessionAffinity: "
    "ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}}\nstatus: {loadBalancer: {ingress: [{ip: "
    "1.2.3.4}]}}\n",
    "apiVersion: v1\nkind: Endpoints\n" META
    "subsets: [{addresses: [{ip: 10.0.0.1, hostname: a}], ports: [{name: a, port: "
    "80}]}]\n",
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n" META
    "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], "
    "hints: {forZones: [{name: a}]}, nodeName: n1}]\nports: [{name: a, port: 80, protocol: TCP}]\n",
    "apiVersion: v1\nkind: ConfigMap\n" META "data: {a: b}\nbinaryData: {c: aGk=}\nimmutable: true\n",
    "apiVersion: v1\nkind: Secret\n" META "type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: e30=}\n",
    "apiVersion: v1\nkind: Node\n" META
    "spec: {taints: [{key: a, effect: NoSchedule}], podCIDRs: [10.0.0.0/24]}\nstatus: "
    "{capacity: {cpu: 1}, addresses: [{type: InternalIP, address: 1.2.3.4}], conditions: [{type: Ready, status: "
    "'True'}], "
    "nodeInfo: {kubeletVersion: v1}}\n",
    "apiVersion: v1\nkind: Event\n" META "involvedObject: {kind: Pod, name: a, namespace: x}\neventTime: "
    "'2024-01-01T00:00:00.000000Z'\nseries: {count: 2}\nsource: {component: c}\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n" META
    "rules: [{verbs: [get], apiGroups: [''], resources: "
    "[pods]}]\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" META
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: "
    "Role, name: r}\nsubjects: [{kind: ServiceAccount, name: s, namespace: x}]\n",
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\n" META
    "spec: {minAvailable: 50%, selector: {matchLabels: {a: b}}}\n",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" META
    "spec: {defaultBackend: {resource: {kind: k, name: n1}}, rules: "
    "[{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}], "
    "tls: "
    "[{hosts: [a.b], secretName: s}]}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" META
    "spec: {podSelector: {matchLabels: {a: b}}, ingress: [{from: "
    "[{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80, endPort: 90}]}], policyTypes: "
    "[Ingress]}\n",
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" META
    "spec: {minReplicas: 1, maxReplicas: 5, scaleTargetRef: "
    "{kind: D, name: d}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, "
    "averageUtilization: "
    "50}}}, {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: 3}}}]}\nstatus: "
    "{currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 10}}}]}\n",
    "apiVersion: v1\nkind: PersistentVolumeClaim\n" META
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: "
    "1Gi}}, volumeName: v}\nstatus: {phase: Bound, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]}\n",
    "apiVersion: v1\nkind: PersistentVolume\n" META
    "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: "
    "{path: /x}, claimRef: {name: c, namespace: x}}\n",
    "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\n" META "spec: {devices: {requests: [{name: r, exactly: "
    "{deviceClassName: c, selectors: [{cel: {expression: x}}]}}], config: [{requests: [r], opaque: {driver: d, "
    "parameters: "
    "{a: 1}}}]}}\n",
    "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\n" META
    "spec: {request: aGk=, signerName: a.b/c, "
    "usages: [x]}\nstatus: {conditions: [{type: Approved, status: 'True'}]}\n",
};

static const char *const replacements[] = { "null",         "{}",   "[]",     "[null]", "[{}]",
                                            "{\"a\":null}", "\"\"", "\"-x\"", "-1",     "true" };

/* The count-th value below, in document order, with the place to put another one. */
static bool replace(yyjson_mut_doc *doc, yyjson_mut_val *value, size_t *count, yyjson_mut_val *other)
{
    if (yyjson_mut_is_obj(value)) {
        yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(value);
        yyjson_mut_val *key;
        while ((key = yyjson_mut_obj_iter_next(&iter)) != NULL) {
            if ((*count)-- == 0) {
                yyjson_mut_obj_put(value, yyjson_mut_strcpy(doc, yyjson_mut_get_str(key)), other);
                return true;
            }
            if (replace(doc, yyjson_mut_obj_iter_get_val(key), count, other))
                return true;
        }
    } else if (yyjson_mut_is_arr(value)) {
        for (size_t i = 0; i < yyjson_mut_arr_size(value); i++) {
            if ((*count)-- == 0) {
                yyjson_mut_arr_replace(value, i, other);
                return true;
            }
            if (replace(doc, yyjson_mut_arr_get(value, i), count, other))
                return true;
        }
    }
    return false;
}

static void ignore(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void use(const struct api_kind *kind, struct str json, const void *good)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer out = { 0 };
    void *object = arena_zalloc(&arena, kind->type->size);

    if (api_decode_json(kind->type, json, &arena, object, NULL, NULL) != 0)
        return;
    api_default(kind, object, &arena);
    api_validate_create(kind, object, &errors);
    api_validate_update(kind, good, object, &errors);
    api_validate_update(kind, object, good, &errors);
    api_validate_status(kind, good, object, &errors);
    if (kind->type == &api_type_pod) {
        api_validate_ephemeral_containers(good, object, &errors);
        api_validate_resize(good, object, &errors);
        api_validate_resize(object, good, &errors);
    } else if (kind->type == &api_type_namespace) {
        api_validate_finalize(good, object, &errors);
    }
    api_warnings(kind, object, NULL, false, &(struct warning_list){ ignore, NULL });
    api_warnings(kind, object, good, false, &(struct warning_list){ ignore, NULL });
    api_warnings(kind, object, good, true, &(struct warning_list){ ignore, NULL });
    api_invalid_format(&errors, &out);
    struct table_writer writer = { .kind = kind, .out = &out, .now = USEC_PER_SEC };
    table_row(&writer, object, json);
}

static void mutate(const char *yaml)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { 0 };
    struct error err = { 0 };

    if (yaml_to_json(str_of(yaml), YAML_STRICT, &json, &err) != 0)
        fail_msg("%s", err.message);
    yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct str version = str_of(yyjson_get_str(yyjson_obj_get(root, "apiVersion")));
    size_t slash = str_find(version, '/');
    bool core = slash == version.size;
    const struct api_kind *kind = api_kind_find(core ? STR("") : (struct str){ version.data, slash },
                                                core ? version : str_skip(version, slash + 1),
                                                str_of(yyjson_get_str(yyjson_obj_get(root, "kind"))));
    assert_non_null(kind);
    void *good = arena_zalloc(&arena, kind->type->size);
    if (api_decode_json(kind->type, buffer_str(&json), &arena, good, NULL, &err) != 0)
        fail_msg("%s", err.message);
    api_default(kind, good, &arena);

    bool more = true;
    for (size_t n = 0; more; n++) {
        for (size_t r = 0; r < countof(replacements) && more; r++) {
            yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, NULL);
            yyjson_doc *other = yyjson_read(replacements[r], strlen(replacements[r]), 0);
            size_t count = n;
            more = replace(copy, yyjson_mut_doc_get_root(copy), &count,
                           yyjson_val_mut_copy(copy, yyjson_doc_get_root(other)));
            size_t size = 0;
            char *text = more ? yyjson_mut_write(copy, 0, &size) : NULL;
            if (text != NULL)
                use(kind, (struct str){ text, size }, good);
            free(text);
            yyjson_doc_free(other);
            yyjson_mut_doc_free(copy);
        }
    }
    yyjson_doc_free(doc);
}

static void test_every_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(documents); i++)
        mutate(documents[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_value) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

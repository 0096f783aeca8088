# SPDX-License-Identifier: Apache-2.0
"""Rules of writing that clients rely on, spoken directly: who may create by an update, what is locked, what each door lets through."""
import base64
import json
import subprocess
import time

import pytest
from conftest import wait_for
from test_matrix import Api, check_status

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
MAPS, PODS = "/api/v1/namespaces/writes/configmaps", "/api/v1/namespaces/writes/pods"
SERVICES, LEASES = "/api/v1/namespaces/writes/services", "/apis/coordination.k8s.io/v1/namespaces/writes/leases"
DEPLOYMENTS = "/apis/apps/v1/namespaces/writes/deployments"
BUDGETS = "/apis/policy/v1/namespaces/writes/poddisruptionbudgets"


@pytest.fixture(scope="module")
def api(server):
    made = Api(server)
    made.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "writes"}}, status=201)
    account = "/api/v1/namespaces/writes/serviceaccounts/default"
    wait_for("the service account", lambda: made.call("GET", account).status == 200, 10)
    return made


def pod(name, labels=None, **spec):
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def deployment(name, **spec):
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {"metadata": {"name": name}, "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}}


def test_an_update_creates_where_the_kind_allows_it(api):
    assert api.ok("PUT", f"{LEASES}/by-put", {"metadata": {"name": "by-put"}, "spec": {}}, status=201).json()["metadata"]["uid"]
    check_status(api.call("PUT", f"{MAPS}/by-put", {"metadata": {"name": "by-put"}}), 404, "NotFound", 'configmaps "by-put" not found')


def test_an_update_without_a_version(api):
    api.ok("POST", MAPS, {"metadata": {"name": "blind"}}, status=201)
    assert api.ok("PUT", f"{MAPS}/blind", {"metadata": {"name": "blind"}, "data": {"a": "1"}}).json()["data"] == {"a": "1"}
    check_status(api.call("PUT", f"{MAPS}/blind", {"metadata": {"name": "blind", "resourceVersion": "1"}}), 409, "Conflict",
                 'Operation cannot be fulfilled on configmaps "blind": the object has been modified; please apply your changes to the latest version')
    api.ok("POST", LEASES, {"metadata": {"name": "blind"}}, status=201)
    check_status(api.call("PUT", f"{LEASES}/blind", {"metadata": {"name": "blind"}, "spec": {}}), 422, "Invalid", "must be specified for an update")


def test_the_server_owns_metadata(api):
    body = {"metadata": {"name": "owned", "uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 9, "selfLink": "/x",
                         "deletionTimestamp": "2001-01-01T00:00:00Z"}}
    made = api.ok("POST", MAPS, body, status=201).json()["metadata"]
    assert made["uid"] != "mine" and not made["creationTimestamp"].startswith("2001")
    assert not {"selfLink", "deletionTimestamp"} & set(made)
    assert made["generation"] == 9  # upstream leaves it to the writer where a kind counts none
    check_status(api.call("PUT", f"{MAPS}/owned", {"metadata": {"name": "owned", "uid": "other"}}), 409, "Conflict", "UID in precondition: other")


def test_immutable_data(api):
    for path, secret in ((MAPS, False), ("/api/v1/namespaces/writes/secrets", True)):
        data = {"a": "YQ==" if secret else "a"}
        api.ok("POST", path, {"metadata": {"name": "locked"}, "data": data, "immutable": True}, status=201)
        for patch in ({"data": {"b": "YQ=="}}, {"immutable": False}):
            check_status(api.call("PATCH", f"{path}/locked", patch, sent=MERGE), 422, "Invalid", "field is immutable when `immutable` is set")
        api.ok("PATCH", f"{path}/locked", {"metadata": {"labels": {"a": "b"}}}, sent=MERGE)
        api.ok("DELETE", f"{path}/locked")


def test_status_and_spec_have_doors_of_their_own(api):
    one = f"{DEPLOYMENTS}/doors"
    assert api.ok("POST", DEPLOYMENTS, {**deployment("doors", paused=True), "status": {"collisionCount": 3}}, status=201).json()["metadata"]["generation"] == 1
    told = api.ok("PATCH", f"{one}/status", {"spec": {"paused": False}, "status": {"collisionCount": 4}}, sent=MERGE).json()
    assert (told["spec"]["paused"], told["status"]["collisionCount"], told["metadata"]["generation"]) == (True, 4, 1)
    told = api.ok("PATCH", one, {"spec": {"minReadySeconds": 5}, "status": {"collisionCount": 5}}, sent=MERGE).json()
    assert (told["spec"]["minReadySeconds"], told["status"]["collisionCount"], told["metadata"]["generation"]) == (5, 4, 2)
    assert api.ok("PATCH", one, {"metadata": {"labels": {"a": "b"}}}, sent=MERGE).json()["metadata"]["generation"] == 2


def test_causes_name_the_fields(api):
    answer = api.call("POST", MAPS, {"metadata": {"name": "A_b", "labels": {"x": "y" * 64}, "annotations": {"-": ""}}})
    check_status(answer, 422, "Invalid")
    details = answer.json()["details"]
    assert (details["name"], details["kind"]) == ("A_b", "ConfigMap")
    assert {cause["field"] for cause in details["causes"]} == {"metadata.name", "metadata.labels", "metadata.annotations"}
    check_status(api.call("POST", MAPS, {"metadata": {"name": "a", "annotations": {"x": "y" * 262_145}}}), 422, "Invalid", "Too long")


def test_service_names(api):
    port = {"ports": [{"port": 80}]}
    api.ok("POST", SERVICES, {"metadata": {"name": "1st"}, "spec": port}, status=201)
    for name in ("a.b", "A", "x" * 64):
        check_status(api.call("POST", SERVICES, {"metadata": {"name": name}, "spec": port}), 422, "Invalid", "metadata.name")


def test_addresses_are_strict_for_new_objects(api):
    for address, text in (("010.0.0.1", "must not have leading 0s"), ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address")):
        body = {"metadata": {"name": "strict"}, "spec": {"ports": [{"port": 80}], "externalIPs": [address]}}
        check_status(api.call("POST", SERVICES, body), 422, "Invalid", text)
    policy = {"metadata": {"name": "strict"}, "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]}}
    check_status(api.call("POST", "/apis/networking.k8s.io/v1/namespaces/writes/networkpolicies", policy), 422, "Invalid",
                 "must not have bits set beyond the prefix length")


def test_external_addresses_are_warned_of(api):
    body = {"metadata": {"name": "outside"}, "spec": {"ports": [{"port": 80}], "externalIPs": ["192.0.2.1"]}}
    answer = api.ok("POST", SERVICES, body, status=201)
    assert answer.json()["spec"]["externalIPs"] == ["192.0.2.1"] and "spec.externalIPs is deprecated" in answer.headers["warning"]


def test_who_may_not_look_is_not_told_what_is_there(server, api):
    for name in ("kube-root-ca.crt", "none"):
        told = server.kubectl("-n", "writes", "get", "configmap", name, "--as=nobody", check=False).stderr
        assert f'configmaps "{name}" is forbidden: User "nobody" cannot get resource "configmaps" in API group "" in the namespace "writes"' in told


def test_json_patches_have_a_limit(api):
    api.ok("POST", MAPS, {"metadata": {"name": "patched"}}, status=201)
    many = [{"op": "test", "path": "/metadata/name", "value": "patched"}] * 10_001
    check_status(api.call("PATCH", f"{MAPS}/patched", many, sent=JSON_PATCH), 413, "RequestEntityTooLarge",
                 "The allowed maximum operations in a JSON patch is 10000, got 10001")
    api.ok("PATCH", f"{MAPS}/patched", many[:10_000], sent=JSON_PATCH)


def test_dry_runs_of_subresources(api):
    api.ok("POST", PODS, pod("dry"), status=201)
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "dry"}, "target": {"kind": "Node", "name": "n"}}
    api.ok("POST", f"{PODS}/dry/binding?dryRun=All", binding, status=201)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "dry"}}
    api.ok("POST", f"{PODS}/dry/eviction?dryRun=All", eviction, status=201)
    api.ok("POST", f"{PODS}/dry/eviction", {**eviction, "deleteOptions": {"dryRun": ["All"]}}, status=201)
    left = api.ok("GET", f"{PODS}/dry").json()
    assert "nodeName" not in left["spec"] and "deletionTimestamp" not in left["metadata"]
    refused = {**eviction, "deleteOptions": {"preconditions": {"uid": "other"}}}
    assert api.call("POST", f"{PODS}/dry/eviction", refused).status == 409
    api.ok("DELETE", f"{PODS}/dry")


def test_bindings_of_a_namespace_carry_annotations(api):
    api.ok("POST", PODS, pod("bound"), status=201)
    binding = {"metadata": {"name": "bound", "annotations": {"by": "scheduler"}}, "target": {"kind": "Node", "name": "n"}}
    api.ok("POST", "/api/v1/namespaces/writes/bindings", binding, status=201)
    found = api.ok("GET", f"{PODS}/bound").json()
    assert found["spec"]["nodeName"] == "n" and found["metadata"]["annotations"]["by"] == "scheduler"
    api.ok("DELETE", f"{PODS}/bound?gracePeriodSeconds=0")


def test_budgets_and_pods_that_are_not_healthy(api):
    """Nothing may be disrupted; a pod that does not work goes only where the budget says so."""
    api.ok("POST", PODS, pod("sick", labels={"app": "sick"}, nodeName="n"), status=201)
    api.ok("PATCH", f"{PODS}/sick/status", {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}}, sent=MERGE)
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "sick"}}}
    api.ok("POST", BUDGETS, {"metadata": {"name": "sick"}, "spec": spec}, status=201)
    wait_for("the budget", lambda: api.ok("GET", f"{BUDGETS}/sick").json().get("status", {}).get("expectedPods") == 1, 10)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "sick"}}
    answer = api.call("POST", f"{PODS}/sick/eviction", eviction)
    check_status(answer, 429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget")
    assert answer.json()["details"]["causes"][0]["reason"] == "DisruptionBudget"
    api.ok("PATCH", f"{BUDGETS}/sick", {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}, sent=MERGE)
    api.ok("POST", f"{PODS}/sick/eviction", eviction, status=201)
    api.ok("DELETE", f"{PODS}/sick?gracePeriodSeconds=0")


def test_grace_only_shrinks(api):
    api.ok("POST", PODS, pod("slow", nodeName="n"), status=201)
    grace = [api.ok("DELETE", f"{PODS}/slow{query}").json()["metadata"]["deletionGracePeriodSeconds"]
             for query in ("", "?gracePeriodSeconds=10", "?gracePeriodSeconds=20")]
    assert grace == [30, 10, 10]
    api.ok("DELETE", f"{PODS}/slow?gracePeriodSeconds=0")
    assert api.call("GET", f"{PODS}/slow").status == 404


def test_generation_of_pods(api):
    assert api.ok("POST", PODS, pod("counted"), status=201).json()["metadata"]["generation"] == 1
    image = {"spec": {"containers": [{"name": "c", "image": "j"}]}}
    assert api.ok("PATCH", f"{PODS}/counted", image, sent="application/strategic-merge-patch+json").json()["metadata"]["generation"] == 2
    assert api.ok("PATCH", f"{PODS}/counted/status", {"status": {"observedGeneration": 2}}, sent=MERGE).json()["metadata"]["generation"] == 2
    assert api.ok("GET", f"{PODS}/counted").json()["status"]["observedGeneration"] == 2
    api.ok("DELETE", f"{PODS}/counted")


def test_ephemeral_containers_are_added_only(api):
    api.ok("POST", PODS, pod("debugged", nodeName="n"), status=201)
    door = f"{PODS}/debugged/ephemeralcontainers"
    made = api.ok("PATCH", door, {"spec": {"ephemeralContainers": [{"name": "e", "image": "i"}]}}, sent=MERGE).json()
    assert [container["name"] for container in made["spec"]["ephemeralContainers"]] == ["e"]
    check_status(api.call("PATCH", door, {"spec": {"ephemeralContainers": None}}, sent=MERGE), 422, "Invalid", "existing ephemeral containers")
    check_status(api.call("PATCH", f"{PODS}/debugged", {"spec": {"ephemeralContainers": [{"name": "f", "image": "i"}]}}, sent=MERGE), 422, "Invalid",
                 "pod updates may not change fields other than")
    api.ok("DELETE", f"{PODS}/debugged?gracePeriodSeconds=0")


def test_resize(api):
    resources = lambda cpu: {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}
    amounts = {"cpu": "4", "memory": "1Gi", "pods": "9"}
    api.ok("POST", "/api/v1/nodes", {"metadata": {"name": "large"}, "status": {"capacity": amounts, "allocatable": amounts}}, status=201)
    body = pod("grown", nodeName="large")
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1"}}
    api.ok("POST", PODS, body, status=201)
    strategic = "application/strategic-merge-patch+json"
    check_status(api.call("PATCH", f"{PODS}/grown", resources("2"), sent=strategic), 422, "Invalid", "pod updates may not change fields other than")
    made = api.ok("PATCH", f"{PODS}/grown/resize", resources("2"), sent=strategic).json()
    assert made["spec"]["containers"][0]["resources"]["requests"]["cpu"] == "2" and made["metadata"]["generation"] == 2
    other = {"spec": {"containers": [{"name": "c", "image": "k"}]}}  # nothing else passes this door
    assert api.ok("PATCH", f"{PODS}/grown/resize", other, sent=strategic).json()["spec"]["containers"][0]["image"] == "i"
    check_status(api.call("PATCH", f"{PODS}/grown/resize", resources("5"), sent=strategic), 403, "Forbidden", "cpu, requested: 5000, allocatable: 4000")
    api.ok("DELETE", f"{PODS}/grown?gracePeriodSeconds=0")
    api.ok("DELETE", "/api/v1/nodes/large")


def test_approval_and_finalize_are_doors(api):
    request = subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=ann",
                              "-keyout", "/dev/null"], capture_output=True, check=True).stdout
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    spec = {"request": base64.b64encode(request).decode(), "signerName": "example.com/signer", "usages": ["client auth"]}
    made = api.ok("POST", path, {"metadata": {"name": "ann"}, "spec": spec}, status=201).json()
    assert made["spec"]["username"] == "kubernetes-admin"
    approved = {"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "Fine"}]}}
    assert not api.ok("PATCH", f"{path}/ann", approved, sent=MERGE).json().get("status")
    made = api.ok("PATCH", f"{path}/ann/approval", {"metadata": {"annotations": {"by": "me"}}, **approved}, sent=MERGE).json()
    assert made["metadata"]["annotations"] == {"by": "me"}
    assert [condition["type"] for condition in made["status"]["conditions"]] == ["Approved"]
    check_status(api.call("PATCH", f"{path}/ann/approval", {"status": {"conditions": None}}, sent=MERGE), 422, "Invalid")
    api.ok("DELETE", f"{path}/ann")


def test_owners(api):
    def owner(uid, **more):
        return {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": uid, **more}
    two = {"metadata": {"name": "two", "ownerReferences": [owner("1", controller=True), owner("2", controller=True)]}}
    check_status(api.call("POST", MAPS, two), 422, "Invalid", "Only one reference can have Controller set to true")
    real = api.ok("POST", MAPS, {"metadata": {"name": "o"}}, status=201).json()["metadata"]["uid"]
    foreign = {"metadata": {"name": "foreign", "ownerReferences": [owner(real)]}}
    api.ok("POST", "/api/v1/namespaces/default/configmaps", foreign, status=201)  # owners do not reach over namespaces
    wait_for("it to go", lambda: api.call("GET", "/api/v1/namespaces/default/configmaps/foreign").status == 404, 20)
    api.ok("POST", MAPS, {"metadata": {"name": "near", "ownerReferences": [owner(real, blockOwnerDeletion=True)], "finalizers": ["example.com/hold"]}},
           status=201)
    api.ok("DELETE", f"{MAPS}/o?propagationPolicy=Foreground")
    wait_for("its dependent to end", lambda: "deletionTimestamp" in api.ok("GET", f"{MAPS}/near").json()["metadata"], 10)
    assert api.ok("GET", f"{MAPS}/o").json()["metadata"]["finalizers"] == ["foregroundDeletion"]
    api.ok("PATCH", f"{MAPS}/near", {"metadata": {"finalizers": None}}, sent=MERGE)
    wait_for("the owner to go", lambda: api.call("GET", f"{MAPS}/o").status == 404, 10)


def test_pods_of_a_namespace_go_first(api):
    space = "/api/v1/namespaces/ordered"
    api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "ordered"}}, status=201)
    wait_for("the service account", lambda: api.call("GET", f"{space}/serviceaccounts/default").status == 200, 10)
    api.ok("POST", f"{space}/pods", pod("last", nodeName="n"), status=201)
    api.ok("POST", f"{space}/configmaps", {"metadata": {"name": "needed"}}, status=201)
    api.ok("DELETE", space)
    wait_for("the pod to end", lambda: "deletionTimestamp" in api.ok("GET", f"{space}/pods/last").json()["metadata"], 10)
    time.sleep(0.5)
    assert "deletionTimestamp" not in api.ok("GET", f"{space}/configmaps/needed").json()["metadata"]
    api.ok("DELETE", f"{space}/pods/last?gracePeriodSeconds=0")
    wait_for("the rest to go", lambda: api.call("GET", space).status == 404, 30)


def test_defaults_reach_what_is_stored_already(api):
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "defaulteds", "kind": "Defaulted"}
    api.ok("POST", definitions, {"metadata": {"name": "defaulteds.example.com"}, "spec": {
        "group": "example.com", "scope": "Cluster", "names": names, "versions": [version]}}, status=201)
    things = "/apis/example.com/v1/defaulteds"
    wait_for("it to be served", lambda: api.call("GET", things).status == 200, 10)
    made = api.ok("POST", things, {"apiVersion": "example.com/v1", "kind": "Defaulted", "metadata": {"name": "a"}}, status=201).json()
    assert "size" not in made
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/size/default"
    api.ok("PATCH", f"{definitions}/defaulteds.example.com", [{"op": "add", "path": place, "value": 7}], sent=JSON_PATCH)
    wait_for("the default", lambda: api.ok("GET", f"{things}/a").json().get("size") == 7, 10)
    assert api.ok("GET", things).json()["items"][0]["size"] == 7
    api.ok("DELETE", f"{definitions}/defaulteds.example.com")

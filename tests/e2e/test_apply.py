# SPDX-License-Identifier: Apache-2.0
"""Server-side apply as kubectl and the official Python client do it, against a control plane without nodes."""
import json

import pytest
import yaml
from kubernetes import client, config, dynamic

LAST = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.fixture(scope="module")
def k(server):
    return server


def deployment(name, replicas=3, image="example:1", ports=(80,), **labels):
    container = {"name": "main", "image": image, "ports": [{"containerPort": port} for port in ports]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}}}


def apply(k, document, *options, check=True):
    return k.kubectl("apply", "--server-side", "-f", "-", *options, stdin=json.dumps(document), check=check)


def managers(k, kind, name):
    found = k.json("get", kind, name, "--show-managed-fields")["metadata"].get("managedFields", [])
    return {(entry["manager"], entry["operation"], entry.get("subresource", "")): entry["fieldsV1"] for entry in found}


def test_apply_conflict_force(k):
    assert "serverside-applied" in apply(k, deployment("conflict", team="a")).stdout
    revision = k.json("get", "deployment", "conflict")["metadata"]["generation"]
    apply(k, deployment("conflict", team="a"))
    assert k.json("get", "deployment", "conflict")["metadata"]["generation"] == revision
    k.kubectl("scale", "deployment", "conflict", "--replicas=5")
    said = apply(k, deployment("conflict", team="a"), check=False)
    assert said.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in said.stderr
    assert "--force-conflicts" in said.stderr  # kubectl understood which error it is
    said = apply(k, deployment("conflict", replicas=4, image="example:2"), "--field-manager=other", check=False)
    assert 'conflicts with "kubectl":\n- .spec.template.spec.containers[name="main"].image' in said.stderr
    apply(k, deployment("conflict", team="a"), "--force-conflicts")
    assert k.json("get", "deployment", "conflict")["spec"]["replicas"] == 3
    assert ("kubectl", "Update", "scale") not in managers(k, "deployment", "conflict")


def test_giving_up_and_sharing(k):
    apply(k, deployment("shared", ports=(80, 81), team="a", tier="x"))
    apply(k, deployment("shared", ports=(81, 82), team="a"), "--field-manager=other")
    apply(k, deployment("shared", ports=(), team="a"))
    found = k.json("get", "deployment", "shared")
    ports = found["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [port["containerPort"] for port in ports] == [81, 82]
    assert found["metadata"]["labels"] == {"team": "a"}
    told = managers(k, "deployment", "shared")
    assert told["kubectl", "Apply", ""]["f:metadata"] == {"f:labels": {"f:team": {}}}
    item = told["other", "Apply", ""]["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"main"}']
    assert item["f:ports"]['k:{"containerPort":82,"protocol":"TCP"}'] == {".": {}, "f:containerPort": {}}


def test_subresources(k):
    apply(k, deployment("parts"))
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "parts"}, "spec": {"replicas": 6}}
    status = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "parts"}, "status": {"collisionCount": 2}}
    apply(k, status, "--subresource=status", "--field-manager=teller")
    assert k.json("get", "deployment", "parts")["status"]["collisionCount"] == 2
    api = config.new_client_from_config(k.kubeconfig)
    path = "/apis/apps/v1/namespaces/default/deployments/parts/scale"
    kind = {"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"}

    def put_on(**query):
        return api.call_api(path, "PATCH", header_params=dict(kind), query_params=list(query.items()), body=json.dumps(scale), response_type="object",
                            auth_settings=["BearerToken"], _return_http_data_only=True)
    with pytest.raises(client.ApiException) as conflict:
        put_on(fieldManager="scaler")
    assert conflict.value.status == 409 and '"reason":"FieldManagerConflict"' in conflict.value.body
    assert put_on(fieldManager="scaler", force="true")["spec"]["replicas"] == 6
    told = managers(k, "deployment", "parts")
    assert told["scaler", "Apply", "scale"] == {"f:spec": {"f:replicas": {}}}
    assert told["teller", "Apply", "status"] == {"f:status": {"f:collisionCount": {}}}
    assert "f:replicas" not in told["kubectl", "Apply", ""]["f:spec"]


def test_diff_and_dry_run(k):
    apply(k, deployment("same"))
    assert k.kubectl("diff", "--server-side", "-f", "-", stdin=json.dumps(deployment("same"))).stdout == ""
    said = k.kubectl("diff", "--server-side", "-f", "-", stdin=json.dumps(deployment("same", image="example:9")), check=False)
    assert said.returncode == 1 and "+      - image: example:9" in said.stdout
    assert "serverside-applied (server dry run)" in apply(k, deployment("never"), "--dry-run=server").stdout
    assert k.kubectl("get", "deployment", "never", check=False).returncode == 1


def test_from_client_side_to_server_side(k):
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "moved"}, "data": {"a": "1", "b": "1"}}
    k.kubectl("apply", "-f", "-", stdin=json.dumps(document))
    assert ("kubectl-client-side-apply", "Update", "") in managers(k, "configmap", "moved")
    document["data"] = {"a": "2"}
    apply(k, document)
    found = k.json("get", "configmap", "moved")
    assert found["data"] == {"a": "2"}  # what only client-side apply had stated is given up
    assert json.loads(found["metadata"]["annotations"][LAST])["data"] == {"a": "2"}
    assert ("kubectl-client-side-apply", "Update", "") not in managers(k, "configmap", "moved")


def test_show_managed_fields(k):
    apply(k, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shown"}, "data": {"a": "1"}})
    hidden, shown = (yaml.safe_load(k.kubectl("get", "configmap", "shown", "-o", "yaml", *words).stdout) for words in ((), ("--show-managed-fields",)))
    assert "managedFields" not in hidden["metadata"]
    entry = shown["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["fieldsType"], entry["fieldsV1"]) == ("kubectl", "FieldsV1", {"f:data": {"f:a": {}}})


def test_refusals(k):
    broken = deployment("broken")
    broken["spec"]["replicas"] = "3"
    broken["spec"]["unknown"] = 1
    said = apply(k, broken, "--validate=false", check=False)
    assert "failed to create typed patch object (default/broken; apps/v1, Kind=Deployment): errors:" in said.stderr
    assert ".spec.replicas: expected numeric (int or float), got string" in said.stderr
    assert ".spec.unknown: field not declared in schema" in said.stderr
    said = apply(k, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {}}, "--field-manager=" + "m" * 129, check=False)
    assert "fieldManager: Too long: may not be more than 128 bytes" in said.stderr


def test_python_dynamic_client(k):
    api = config.new_client_from_config(k.kubeconfig)
    maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "python"}, "data": {"a": "1"}}
    made = maps.server_side_apply(body=json.dumps(body), name="python", namespace="default", field_manager="python")
    assert made.metadata.managedFields[0].manager == "python"
    body["data"] = {"a": "2"}
    with pytest.raises(dynamic.exceptions.ConflictError) as conflict:
        maps.server_side_apply(body=json.dumps(body), name="python", namespace="default", field_manager="other")
    assert json.loads(conflict.value.body)["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "python"', "field": ".data.a"}]
    done = maps.server_side_apply(body=json.dumps(body), name="python", namespace="default", field_manager="other", force_conflicts=True)
    assert done.data.a == "2"


def test_custom_resources(k):
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "size": {"type": "integer"},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                  "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "weight": {"type": "integer"}}}}}}}}
    k.kubectl("create", "-f", "-", stdin=json.dumps({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.apply.example.com"},
        "spec": {"group": "apply.example.com", "scope": "Namespaced", "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}}))
    k.kubectl("wait", "--for=condition=Established", "crd/things.apply.example.com", "--timeout=20s")

    def thing(**spec):
        return {"apiVersion": "apply.example.com/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": spec}
    apply(k, thing(size=1, tags=["a", "b"], parts=[{"name": "x", "weight": 1}]))
    apply(k, thing(tags=["c"], parts=[{"name": "y"}]), "--field-manager=other")
    assert k.json("get", "thing", "one")["spec"] == {"size": 1, "tags": ["a", "b", "c"], "parts": [{"name": "x", "weight": 1}, {"name": "y"}]}
    said = apply(k, thing(size=2, parts=[{"name": "x", "weight": 2}]), "--field-manager=other", check=False)
    assert 'conflicts with "kubectl":\n- .spec.parts[name="x"].weight\n- .spec.size' in said.stderr
    apply(k, thing(tags=["b"]))
    assert k.json("get", "thing", "one")["spec"] == {"tags": ["b", "c"], "parts": [{"name": "y"}]}

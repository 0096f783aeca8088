# SPDX-License-Identifier: Apache-2.0
"""Custom resources as their users meet them: definitions, objects, versions and their conversion, the end of all of it."""
import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest

from conftest import wait_for


def definition(plural, kind, group="shop.example.com", versions=None, **spec):
    schema = {"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1}, "color": {"type": "string", "default": "red"}}},
        "status": {"type": "object", "properties": {"ready": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
               "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.ready"}},
               "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
               "selectableFields": [{"jsonPath": ".spec.color"}]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind, "categories": ["all"]},
                     "versions": versions or [version], **spec}}


def thing(kind, name, version="v1", group="shop.example.com", namespace="default", **members):
    return {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": name, "namespace": namespace},
            "spec": {"size": 2}, **members}


def create(server, *documents):
    for document in documents:
        server.kubectl("create", "-f", "-", stdin=json.dumps(document))


def established(server, name):
    server.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=10s")


@pytest.fixture
def shirts(server):
    create(server, definition("shirts", "Shirt"))
    established(server, "shirts.shop.example.com")
    yield server
    server.kubectl("delete", "crd", "shirts.shop.example.com", "--ignore-not-found")


def test_objects_live_like_any_other(shirts):
    create(shirts, thing("Shirt", "one"))
    assert shirts.json("get", "shirt", "one")["spec"] == {"size": 2, "color": "red"}
    refused = shirts.kubectl("create", "-f", "-", stdin=json.dumps(thing("Shirt", "two", more=1)), check=False).stderr
    assert 'unknown field "more"' in refused
    refused = shirts.kubectl("patch", "shirt", "one", "--type=merge", "-p", '{"spec":{"size":0}}', check=False).stderr
    assert "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1" in refused
    shirts.kubectl("patch", "shirt", "one", "--subresource=status", "--type=merge", "-p", '{"status":{"ready":1}}')
    floating = json.dumps(thing("Shirt", "float")).replace('"size": 2', '"size": 2.0').replace('"metadata": {', '"metadata": {"generation": 1.0, ')
    path = "/apis/shop.example.com/v1/namespaces/default/shirts"  # raw: clients that read every number as a floating-point one, Java's maps
    assert '"size":2}' in shirts.kubectl("create", "--raw", path, "-f", "-", stdin=floating).stdout.replace(" ", "")
    shirts.kubectl("delete", "shirt", "float")
    shirts.kubectl("scale", "shirt", "one", "--replicas=5")
    made = shirts.json("get", "shirt", "one")
    assert made["spec"]["size"] == 5 and made["status"] == {"ready": 1} and made["metadata"]["generation"] == 2
    assert shirts.kubectl("get", "shirts").stdout.split() == ["NAME", "SIZE", "one", "5"]
    assert "shirt.shop.example.com/one" in shirts.kubectl("get", "all", "-o", "name").stdout
    assert shirts.json("get", "shirts", "--field-selector", "spec.color=blue")["items"] == []
    assert len(shirts.json("get", "shirts", "--field-selector", "spec.color=red")["items"]) == 1


def test_owners_and_namespaces_take_them_along(shirts):
    create(shirts, thing("Shirt", "owner"))
    owner = shirts.json("get", "shirt", "owner")["metadata"]
    create(shirts, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned", "ownerReferences": [
        {"apiVersion": "shop.example.com/v1", "kind": "Shirt", "name": "owner", "uid": owner["uid"]}]}})
    shirts.kubectl("delete", "shirt", "owner")
    wait_for("the owned object to go", lambda: shirts.kubectl("get", "configmap", "owned", check=False).returncode != 0, 10)
    shirts.kubectl("create", "namespace", "closet")
    create(shirts, thing("Shirt", "inside", namespace="closet"))
    shirts.kubectl("delete", "namespace", "closet", timeout=20)
    assert shirts.json("get", "shirts", "-A")["items"] == []


def test_definition_takes_its_objects_along(shirts):
    create(shirts, thing("Shirt", "one"), thing("Shirt", "two"))
    watch = subprocess.Popen(["kubectl", "get", "shirts", "-w", "-o", "name"], stdout=subprocess.PIPE, text=True,
                             env={"KUBECONFIG": str(shirts.kubeconfig), "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent"})
    time.sleep(0.5)
    shirts.kubectl("delete", "crd", "shirts.shop.example.com", timeout=20)
    said, _ = watch.communicate(timeout=10)
    assert said.split() == ["shirt.shop.example.com/one", "shirt.shop.example.com/two"] * 2 or len(said.split()) >= 4
    assert "404" in shirts.kubectl("get", "--raw", "/apis/shop.example.com/v1", check=False).stderr \
        or "NotFound" in shirts.kubectl("get", "--raw", "/apis/shop.example.com/v1", check=False).stderr
    create(shirts, definition("shirts", "Shirt"))
    established(shirts, "shirts.shop.example.com")
    assert shirts.json("get", "shirts")["items"] == []


def test_names_are_given_once(shirts):
    create(shirts, definition("tshirts", "Shirt"))
    wait_for("a refusal", lambda: "ListKindConflict" in shirts.kubectl("get", "crd", "tshirts.shop.example.com", "-o", "yaml").stdout, 10)
    shirts.kubectl("delete", "crd", "shirts.shop.example.com", timeout=20)
    established(shirts, "tshirts.shop.example.com")
    shirts.kubectl("delete", "crd", "tshirts.shop.example.com", timeout=20)


# ---------------------------------------------------------------- conversion


class Converter(http.server.BaseHTTPRequestHandler):
    """v1 has spec.size, v2 spec.dimensions.size."""
    failure = None
    refused = None  # the name of an object
    calls = 0

    def do_POST(self):
        Converter.calls += 1
        review = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = review["request"]
        for item in request["objects"]:
            item["apiVersion"] = request["desiredAPIVersion"]
            spec = item.get("spec", {})
            if request["desiredAPIVersion"].endswith("v2") and "size" in spec:
                spec["dimensions"] = {"size": spec.pop("size")}
            elif request["desiredAPIVersion"].endswith("v1") and "dimensions" in spec:
                spec["size"] = spec.pop("dimensions")["size"]
        failure = self.failure or ("not this one" if self.refused in [item["metadata"]["name"] for item in request["objects"]] else None)
        result = {"status": "Failed", "message": failure} if failure else {"status": "Success"}
        answer = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": {
            "uid": request["uid"], "result": result, "convertedObjects": [] if failure else request["objects"]}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def converter(tmp_path):
    """Its address and its certificate, which is its own authority."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=converter", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key", "-out",
                    tmp_path / "certificate"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Converter)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    Converter.failure, Converter.refused, Converter.calls = None, None, 0
    yield f"https://127.0.0.1:{listener.server_port}/convert", (tmp_path / "certificate").read_text()
    listener.shutdown()
    listener.server_close()


def two_versions(converter, storage):
    import base64
    url, certificate = converter
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    versions = [{"name": name, "served": True, "storage": name == storage, "schema": {"openAPIV3Schema": schema}}
                for name in ("v1", "v2")]
    return definition("coats", "Coat", versions=versions, conversion={"strategy": "Webhook", "webhook": {
        "conversionReviewVersions": ["v1"],
        "clientConfig": {"url": url, "caBundle": base64.b64encode(certificate.encode()).decode()}}})


def test_webhook_converts(server, converter):
    create(server, two_versions(converter, "v1"))
    established(server, "coats.shop.example.com")
    try:
        create(server, thing("Coat", "one"))
        assert server.json("get", "coats.v2.shop.example.com", "one")["spec"] == {"dimensions": {"size": 2}}
        create(server, {**thing("Coat", "two", version="v2"), "spec": {"dimensions": {"size": 7}}})
        assert server.json("get", "coats.v1.shop.example.com", "two")["spec"] == {"size": 7}
        server.kubectl("patch", "coats.v2.shop.example.com", "one", "--type=merge", "-p", '{"spec":{"dimensions":{"size":3}}}')
        found = server.json("get", "coats.v2.shop.example.com")["items"]
        assert [(item["apiVersion"], item["spec"]["dimensions"]["size"]) for item in found] == [
            ("shop.example.com/v2", 3), ("shop.example.com/v2", 7)]
        Converter.failure = "not today"
        refused = server.kubectl("patch", "coats.v2.shop.example.com", "one", "--type=merge", "-p", '{"spec":{"a":1}}', check=False).stderr
        assert "conversion webhook for shop.example.com/v1, Kind=Coat failed: not today" in refused
        assert server.json("get", "coats.v1.shop.example.com", "one")["spec"] == {"size": 3}
        Converter.failure = None
        changed = two_versions(converter, "v2")
        server.kubectl("replace", "-f", "-", stdin=json.dumps({**changed, "metadata": {
            **changed["metadata"], "resourceVersion": server.json("get", "crd", "coats.shop.example.com")["metadata"]["resourceVersion"]}}))
        assert server.json("get", "crd", "coats.shop.example.com")["status"]["storedVersions"] == ["v1", "v2"]
        server.kubectl("label", "coats.v1.shop.example.com", "one", "touched=yes")
        assert server.json("get", "coats.v2.shop.example.com", "two")["spec"] == {"dimensions": {"size": 7}}
        assert [item["spec"] for item in server.json("get", "coats.v1.shop.example.com")["items"]] == [{"size": 3}, {"size": 7}]
    finally:
        Converter.failure = None
        server.kubectl("delete", "crd", "coats.shop.example.com", timeout=20)


def test_what_a_webhook_refuses_is_forgotten_with_its_object(server, converter):
    create(server, two_versions(converter, "v1"))
    established(server, "coats.shop.example.com")
    try:
        create(server, thing("Coat", "one"), thing("Coat", "bad"))
        Converter.refused = "bad"
        get = lambda: server.kubectl("get", "coats.v2.shop.example.com", "-o", "name", check=False)
        for mend in (["delete", "coats.v1.shop.example.com", "bad"], ["delete", "coats.v1.shop.example.com", "other"]):
            assert "Kind=Coat failed: not this one" in get().stderr  # what was there at first, and what came later
            server.kubectl(*mend)
            assert get().stdout.split() == ["coat.shop.example.com/one"]
            Converter.refused = "other"
            create(server, thing("Coat", "other"))
    finally:
        Converter.refused = None
        server.kubectl("delete", "crd", "coats.shop.example.com", timeout=20)


def test_what_a_webhook_refuses_fails_no_other_object(server, converter):
    create(server, two_versions(converter, "v1"))
    established(server, "coats.shop.example.com")
    two = lambda name: server.kubectl("get", "coats.v2.shop.example.com", name, "-o", "jsonpath={.spec.dimensions.size}", check=False)
    try:
        create(server, *(thing("Coat", name) for name in ("bad", "first", "second", "worse")))
        Converter.refused = "bad"
        assert two("second").stdout == "2"  # also where nobody has asked for all yet
        assert "Kind=Coat failed: not this one" in two("bad").stderr
        assert "Kind=Coat failed: not this one" in server.kubectl("get", "coats.v2.shop.example.com", check=False).stderr
        assert two("first").stdout == "2" and "NotFound" in two("none").stderr
        server.kubectl("patch", "coats.v2.shop.example.com", "first", "--type=merge", "-p", '{"spec":{"dimensions":{"size":4}}}')
        server.kubectl("patch", "coats.v1.shop.example.com", "first", "--type=json", "-p", '[{"op":"test","path":"/spec/size","value":4}]')
        server.kubectl("patch", "coats.v1.shop.example.com", "second", "--type=merge", "-p", '{"spec":{"size":5}}')
        assert (two("first").stdout, two("second").stdout) == ("4", "5")
        create(server, {**thing("Coat", "new", version="v2"), "spec": {"dimensions": {"size": 6}}})
        server.kubectl("delete", "coats.v2.shop.example.com", "worse")
        assert two("new").stdout == "6" and "NotFound" in two("worse").stderr
        Converter.refused = None
        assert two("bad").stdout == "2"
        found = server.json("get", "coats.v2.shop.example.com")["items"]
        assert [(item["metadata"]["name"], item["spec"]["dimensions"]["size"]) for item in found] == [
            ("bad", 2), ("first", 4), ("new", 6), ("second", 5)]
    finally:
        Converter.refused = None
        server.kubectl("delete", "crd", "coats.shop.example.com", timeout=20)


# ---------------------------------------------------------------- other clients, other times


def test_python_clients(shirts):
    kubernetes = pytest.importorskip("kubernetes")
    from kubernetes import client, config, dynamic, watch
    api = config.new_client_from_config(config_file=str(shirts.kubeconfig))
    api.configuration.proxy = None
    custom = client.CustomObjectsApi(api)
    where = ("shop.example.com", "v1", "default", "shirts")
    custom.create_namespaced_custom_object(*where, thing("Shirt", "py"))
    custom.patch_namespaced_custom_object(*where, "py", {"spec": {"size": 9}})
    custom.patch_namespaced_custom_object_status(*where, "py", {"status": {"ready": 4}})
    found = custom.get_namespaced_custom_object(*where, "py")
    assert found["spec"]["size"] == 9 and found["status"]["ready"] == 4
    assert custom.get_namespaced_custom_object_scale(*where, "py")["spec"]["replicas"] == 9
    events = watch.Watch().stream(custom.list_namespaced_custom_object, *where, timeout_seconds=2)
    assert [event["type"] for event in events] == ["ADDED"]
    resource = dynamic.DynamicClient(api).resources.get(api_version="shop.example.com/v1", kind="Shirt")
    assert resource.get(name="py", namespace="default").spec.size == 9
    resource.delete(name="py", namespace="default")
    with pytest.raises(kubernetes.client.exceptions.ApiException) as missing:
        custom.get_namespaced_custom_object(*where, "py")
    assert missing.value.status == 404


def test_two_hundred_definitions(server):
    client = pytest.importorskip("kubernetes").client
    from kubernetes import config
    custom = client.CustomObjectsApi(config.new_client_from_config(config_file=str(server.kubeconfig)))
    where = ("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    documents = [definition(f"kinds{number}", f"Kind{number}", group=f"g{number % 10}.example.com") for number in range(200)]
    for document in documents:
        custom.create_cluster_custom_object(*where, document)
    wait_for("all of them to be served", lambda: server.kubectl("api-resources", "-o", "name").stdout.count("kinds") == 200, 20)
    create(server, thing("Kind199", "one", group="g9.example.com"))
    assert server.json("get", "kinds199.g9.example.com", "one")["spec"]["size"] == 2
    assert "size" in server.kubectl("explain", "kinds199.spec").stdout
    for document in documents:
        custom.delete_cluster_custom_object(*where, document["metadata"]["name"])
    wait_for("all of them to go", lambda: custom.list_cluster_custom_object(*where)["items"] == [], 20)
    assert "kinds" not in server.kubectl("api-resources", "-o", "name").stdout


def test_definitions_survive_a_restart(server):
    create(server, definition("hats", "Hat"))
    established(server, "hats.shop.example.com")
    create(server, thing("Hat", "one"))
    server.stop()
    server.start()
    assert server.json("get", "hats", "-A")["items"][0]["metadata"]["name"] == "one"
    server.kubectl("delete", "crd", "hats.shop.example.com", timeout=20)

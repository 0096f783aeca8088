# SPDX-License-Identifier: Apache-2.0
"""What a client may send and what it may ask for, on the wire: media types, weights, shapes, headers, refusals in upstream's words."""
import gzip
import json
import re

import pytest
import wire
import yaml
from conftest import wait_for
from test_matrix import JSON, META, PARTIAL, PARTIALS, PROTOBUF, TABLE, YAML, Api

TYPES = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
DEFAULT = "/api/v1/namespaces/default"
AGGREGATED = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.fixture(scope="module")
def api(server):
    return Api(server)


def status(answer):
    return (yaml.safe_load if answer.type == YAML else json.loads)(answer.body)


def refused(answer, code, reason, message):
    told = status(answer)
    assert (answer.status, told["kind"], told["reason"], told["message"]) == (code, "Status", reason, message), answer.text()


def test_forms_of_clients(api):
    """What kubectl and client-go send."""
    for accept, kind, form in (
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "Table", JSON),
            ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "Namespace", JSON),
            ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", "Table", JSON),
            ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
             "PartialObjectMetadata", PROTOBUF),
            ("application/vnd.kubernetes.protobuf,application/json", "Namespace", PROTOBUF),
            ("application/json, */*", "Namespace", JSON), ("*/*", "Namespace", JSON), ("application/yaml", "Namespace", YAML),
            ("application/json;q=0.5,application/yaml;q=0.6", "Namespace", YAML), ("application/cbor,application/json;q=0.1", "Namespace", JSON)):
        answer = api.ok("GET", DEFAULT, accept=accept)
        assert answer.type == form, accept
        assert (wire.Envelope(answer.body).kind if form == PROTOBUF else yaml.safe_load(answer.body)["kind"]) == kind, accept
    old = api.ok("GET", DEFAULT, accept="application/json;as=Table;v=v1beta1;g=meta.k8s.io").json()
    assert (old["apiVersion"], old["rows"][0]["object"]["apiVersion"]) == ("meta.k8s.io/v1beta1", "meta.k8s.io/v1beta1")


def test_not_acceptable(api):
    for accept in ("text/html", "application/cbor", "application/json;as=Table;g=meta.k8s.io;v=v3", f"{PROTOBUF};as=Table{META}", "application/json;v=v1"):
        answer = api.call("GET", DEFAULT, accept=accept)
        refused(answer, 406, "NotAcceptable", f"only the following media types are accepted: {TYPES}")
        assert answer.type == JSON and answer.body.startswith(b'{\n  "kind": "Status",')
    refused(api.call("GET", "/api/v1/namespaces?watch=true", accept=YAML), 406, "NotAcceptable",
            "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch")
    refused(api.call("GET", "/apis/rbac.authorization.k8s.io/v1/roles", accept=PARTIAL), 406, "NotAcceptable",
            "you requested PartialObjectMetadata, but the requested object is a list (*rbac.RoleList)")
    refused(api.call("GET", DEFAULT, accept=f"{PARTIALS},application/json"), 406, "NotAcceptable",
            "you requested PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)")
    refused(api.call("GET", "/api/v1/pods?includeObject=All", accept=TABLE), 400, "BadRequest",
            "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty")


def test_what_is_never_read_has_no_table(api):
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = {"spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}}
    refused(api.call("POST", path, review, accept=TABLE), 406, "NotAcceptable", f"only the following media types are accepted: {TYPES}")
    answer = api.ok("POST", path, review, accept=f"{TABLE},application/json", status=201)
    assert answer.json()["kind"] == "SelfSubjectAccessReview"


def test_errors_are_statuses_in_every_shape(api):
    missing = "/api/v1/namespaces/default/pods/nope"
    assert api.call("GET", missing, accept=f"{TABLE},application/json").body.startswith(b'{"kind":"Status","apiVersion":"v1"')
    assert api.call("GET", missing, accept=TABLE).body.startswith(b'{\n  "kind": "Status"')  # nothing else is accepted
    assert status(api.call("GET", missing, accept=YAML))["code"] == 404
    answer = api.call("GET", missing, accept=f"{PROTOBUF};as=PartialObjectMetadata{META},{PROTOBUF}")
    assert wire.Envelope(answer.body).kind == "Status" and answer.type == PROTOBUF


def test_bodies(api):
    path = "/api/v1/namespaces/default/configmaps?dryRun=All"
    body = {"metadata": {"name": "a"}}
    for sent in ("application/json; charset=utf-8", "application/json;", "Application/JSON"):
        api.ok("POST", path, body, sent=sent, status=201)
    answer = api.call("POST", path, json.dumps(body).encode(), sent="")
    assert answer.status == 201, answer.text()
    for sent in ("application/cbor", "text/plain", "*/*", "application/*"):
        refused(api.call("POST", path, body, sent=sent), 415, "UnsupportedMediaType",
                f"the body of the request was in an unknown format - accepted media types include: {TYPES}")
    for sent in (JSON, "application/apply-patch+cbor"):
        refused(api.call("PATCH", DEFAULT, {}, sent=sent), 415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                "application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml")
    several = b"metadata: {name: first}\n---\nmetadata: {name: second}\n"
    assert api.ok("POST", path, several, sent=YAML, status=201).json()["metadata"]["name"] == "first"
    zipped = api.call("POST", path, gzip.compress(json.dumps(body).encode()), **{"content-encoding": "gzip"})
    assert zipped.status == 400 and "the object provided is unrecognized (must be of type ConfigMap)" in zipped.json()["message"]


def test_broken_protobuf(api):
    path, must = "/api/v1/namespaces/default/configmaps", "the object provided is unrecognized (must be of type ConfigMap): "
    prefix = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    for body, message in ((b"", must + "empty data (<empty>)"), (b"k8s", must + prefix + " (6b3873)"), (b"k8s\0", must + "empty body (6b387300)")):
        refused(api.call("POST", path, body, sent=PROTOBUF), 400, "BadRequest", message)
    broken = api.call("POST", path, wire.envelope("v1", "ConfigMap", b"\x0a\x7f"), sent=PROTOBUF)
    assert broken.status == 400 and broken.json()["message"].startswith('ConfigMap in version "v1" cannot be handled as a ConfigMap: ')
    other = api.call("POST", path, wire.envelope("v1", "Secret", b""), sent=PROTOBUF)
    refused(other, 400, "BadRequest", 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion')
    message = 'Thing in version "v9" cannot be handled as a ConfigMap: no kind "Thing" is registered for version "a/v9" in scheme "pkg/api/legacyscheme/scheme.go:30"'
    refused(api.call("POST", path, wire.envelope("a/v9", "Thing", b""), sent=PROTOBUF), 400, "BadRequest", message)
    refused(api.call("POST", path, {"apiVersion": "a/v9", "kind": "Thing"}), 400, "BadRequest", message)
    named = wire.message([(1, wire.BYTES, wire.message([(1, wire.BYTES, b"untyped")]))])
    api.ok("POST", f"{path}?dryRun=All", wire.envelope("", "", named), sent=PROTOBUF, status=201)  # taken for what is expected


def test_readable_json(api):
    for path, agent, pretty in ((DEFAULT, "curl/8", True), (DEFAULT, "Mozilla/5.0 (X11)", True), (f"{DEFAULT}?pretty=true", "client", True),
                                (f"{DEFAULT}?pretty=false", "curl/8", False), (f"{DEFAULT}?pretty=nonsense", "curl/8", False), (DEFAULT, "client", False)):
        body = api.ok("GET", path, **{"user-agent": agent}).body
        assert body.startswith(b'{\n  "kind"') == pretty, (path, agent)
        assert not pretty or body.endswith(b"\n}")
    assert api.ok("GET", DEFAULT, accept="application/json;pretty=1").body.startswith(b'{\n  "kind"')
    assert b"\n  " not in api.ok("GET", DEFAULT, accept=PROTOBUF, **{"user-agent": "curl/8"}).body


def test_methods(api):
    for method, path in (("HEAD", DEFAULT), ("OPTIONS", DEFAULT), ("PUT", "/api/v1/namespaces"), ("POST", DEFAULT), ("HEAD", "/api/v1/pods")):
        answer = api.call(method, path)
        assert answer.status == 405, (method, path)
        if method != "HEAD":
            assert answer.json()["details"] == {} and answer.json()["message"] == "the server does not allow this method on the requested resource"
    assert api.call("HEAD", "/healthz").status == 200


def test_paths_that_are_not_there(api):
    for path in ("/nope", "/apis/nope", "/apis/nope.example.com/v1", "/apis/nope.example.com/v1/things", "/apis/apps/v9/deployments"):
        answer = api.call("GET", path)
        assert (answer.status, answer.type, answer.body) == (404, "text/plain; charset=utf-8", b"404 page not found\n"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/api/v1/things", "/api/v1/namespaces/default/pods/p/nope", "/apis/apps/v1/things"):
        answer = api.call("GET", path)
        assert (answer.status, answer.json()["message"], answer.json()["details"]) == (404, "the server could not find the requested resource", {}), path


def test_headers(api):
    answer = api.ok("GET", DEFAULT, **{"audit-id": "mine"})
    assert (answer.headers["audit-id"], answer.headers["cache-control"]) == ("mine", "no-cache, private")
    assert re.fullmatch(r"[0-9a-f-]{36}", api.ok("GET", DEFAULT).headers["audit-id"])
    assert answer.headers["date"] and "vary" not in answer.headers and "content-encoding" not in answer.headers


def test_deprecated_kinds(api):
    for path in ("/api/v1/endpoints", "/api/v1/namespaces/default/endpoints/kubernetes", "/api/v1/endpoints?watch=true&timeoutSeconds=1"):
        answer = api.call("GET", path)
        assert answer.headers["warning"] == '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"', path
    assert api.ok("GET", "/api/v1/componentstatuses").headers["warning"] == '299 - "v1 ComponentStatus is deprecated in v1.19+"'
    assert "warning" not in api.ok("GET", "/api/v1/services").headers


def test_compression(api):
    """Above 128 KB, for who takes it."""
    path = "/api/v1/namespaces/default/configmaps"
    for name in ("big-1", "big-2"):
        api.ok("POST", path, {"metadata": {"name": name}, "data": {"a": "x" * 100_000}}, status=201)
    for encoding, zipped in (("gzip", True), ("deflate, gzip;q=0.5", True), ("gzip;q=0", False), ("identity", False)):
        for accept in (JSON, YAML, PROTOBUF, f"{TABLE}"):
            answer = api.ok("GET", f"{path}?includeObject=Object", accept=accept, **{"accept-encoding": encoding})
            assert (answer.headers["content-encoding"] == "gzip") == zipped, (encoding, accept)
            if zipped:
                assert answer.headers["vary"] == "Accept-Encoding"
                assert b"big-2" in gzip.decompress(answer.body)
        assert api.ok("GET", f"{path}/big-1", **{"accept-encoding": encoding}).headers["content-encoding"] is None
    for name in ("big-1", "big-2"):
        api.ok("DELETE", f"{path}/{name}")


def test_large_lists_come_in_pieces(api):
    path = "/api/v1/namespaces/default/configmaps?labelSelector=large"
    for number in range(12):
        api.ok("POST", path, {"metadata": {"name": f"large-{number:02}", "labels": {"large": "1"}}, "data": {"a": "x" * 100_000}}, status=201)
    names = [f"large-{number:02}" for number in range(12)]
    sent = wire.Envelope(api.ok("GET", path, accept=PROTOBUF).body)
    assert [wire.text(item, 1, 1) for tag, _, item in wire.fields(sent.raw) if tag == 2] == names
    assert (sent.version, sent.kind) == ("v1", "ConfigMapList") and wire.text(sent.raw, 1, 2)
    assert [item["metadata"]["name"] for item in api.ok("GET", path).json()["items"]] == names
    zipped = api.ok("GET", path, accept=PROTOBUF, **{"accept-encoding": "gzip"})
    again = wire.Envelope(gzip.decompress(zipped.body))  # what stands before the items may be newer
    assert wire.fields(again.raw)[1:] == wire.fields(sent.raw)[1:]
    api.ok("DELETE", path)


# ---------------------------------------------------------------- lists and watches in other shapes

MAPS = "/api/v1/namespaces/shapes/configmaps"


@pytest.fixture(scope="module")
def maps(api):
    api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "shapes"}}, status=201)
    for number in range(5):
        api.ok("POST", MAPS, {"metadata": {"name": f"m{number}"}, "data": {"number": str(number)}}, status=201)
    return api


def test_pieces_of_lists(maps):
    """limit and continue go through every shape; what is left is counted."""
    for accept in (JSON, TABLE, PARTIALS, PROTOBUF, f"{PROTOBUF};as=PartialObjectMetadataList{META}"):
        names, more, left = [], "", []
        while True:
            answer = maps.ok("GET", f"{MAPS}?limit=2{more}", accept=accept)
            if accept.startswith(PROTOBUF):
                sent = wire.Envelope(answer.body)
                names += [wire.text(item, 1, 1) for tag, _, item in wire.fields(sent.raw) if tag == 2]
                token, remaining = wire.text(sent.raw, 1, 3), wire.first(sent.raw, 1, 4)
            else:
                listed = answer.json()
                rows = [row["object"] for row in listed["rows"]] if "rows" in listed else listed["items"]
                names += [item["metadata"]["name"] for item in rows]
                token, remaining = listed["metadata"].get("continue"), listed["metadata"].get("remainingItemCount")
            left.append(remaining)
            if not token:
                break
            more = f"&continue={token}"
        assert names == ["kube-root-ca.crt", "m0", "m1", "m2", "m3", "m4"] or names == [f"m{n}" for n in range(5)], accept
        assert left[-1] is None and left[:-1] == list(range(len(names) - 2, 0, -2))[:len(left) - 1], accept


def events(api, path, accept, count):
    """(type, kind of the object, its metadata as far as every form has it) of the first events."""
    response = api.watch(path, accept)
    if not accept.startswith(PROTOBUF):
        return [json.loads(response.readline()) for _ in range(count)]
    return [event for _, event in zip(range(count), wire.frames(response.read))]


def test_watch_lists_in_every_shape(maps):
    """The objects there are, then the mark of their end, all in the shape that was asked for."""
    path = f"{MAPS}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3Dm3&timeoutSeconds=9"
    first, mark = events(maps, path, JSON, 2)
    assert (first["type"], first["object"]["kind"], mark["type"], mark["object"]["kind"]) == ("ADDED", "ConfigMap", "BOOKMARK", "ConfigMap")
    end = {"k8s.io/initial-events-end": "true"}
    assert mark["object"]["metadata"]["annotations"] == end and mark["object"]["metadata"]["resourceVersion"]
    for include in ("", "&includeObject=None", "&includeObject=Object"):
        first, mark = events(maps, path + include, TABLE, 2)
        assert first["object"]["rows"][0]["cells"][0] == "m3" and first["object"]["columnDefinitions"]
        assert (mark["type"], mark["object"]["kind"], mark["object"]["columnDefinitions"]) == ("BOOKMARK", "Table", None)
        assert mark["object"]["rows"][0]["object"]["metadata"]["annotations"] == end
    first, mark = events(maps, path, PARTIAL, 2)
    assert {first["object"]["kind"], mark["object"]["kind"]} == {"PartialObjectMetadata"} and mark["object"]["metadata"]["annotations"] == end
    for accept, version, kind in ((PROTOBUF, "v1", "ConfigMap"), (f"{PROTOBUF};as=PartialObjectMetadata{META}", "meta.k8s.io/v1", "PartialObjectMetadata")):
        (added, first), (bookmark, mark) = events(maps, path, accept, 2)
        assert (added, first.version, first.kind, first.name()) == ("ADDED", version, kind, "m3")
        assert (bookmark, mark.version, mark.kind) == ("BOOKMARK", version, kind)
        assert wire.text(mark.raw, 1, 12, 1) == "k8s.io/initial-events-end"


def test_deletions_in_tables(maps):
    since = maps.ok("GET", MAPS).json()["metadata"]["resourceVersion"]
    maps.ok("DELETE", f"{MAPS}/m4")
    event = events(maps, f"{MAPS}?watch=true&resourceVersion={since}&timeoutSeconds=9", TABLE, 1)[0]
    assert (event["type"], event["object"]["rows"][0]["cells"][0]) == ("DELETED", "m4")


def test_component_statuses(api):
    """Made up when asked for, and shown in every form all the same."""
    path = "/api/v1/componentstatuses"
    wait_for("leaders", lambda: all(row["cells"][1] == "Healthy" for row in api.ok("GET", path, accept=TABLE).json()["rows"]), 10)
    listed = api.ok("GET", path).json()
    assert (listed["kind"], listed["metadata"]) == ("ComponentStatusList", {})
    assert [item["metadata"]["name"] for item in listed["items"]] == ["controller-manager", "etcd-0", "scheduler"]
    table = api.ok("GET", path, accept=TABLE).json()
    assert [row["cells"] for row in table["rows"]] == [[name, "Healthy", "ok", ""] for name in ("controller-manager", "etcd-0", "scheduler")]
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Status", "Message", "Error"]
    assert wire.Envelope(api.ok("GET", f"{path}/etcd-0", accept=PROTOBUF).body).name() == "etcd-0"
    assert wire.Envelope(api.ok("GET", path, accept=PROTOBUF).body).kind == "ComponentStatusList"
    one = api.ok("GET", f"{path}?fieldSelector=metadata.name%3Dscheduler").json()["items"]
    assert [item["conditions"] for item in one] == [[{"type": "Healthy", "status": "True", "message": "ok"}]]
    refused(api.call("GET", f"{path}/nope"), 404, "NotFound", 'componentstatuses "nope" not found')


# ---------------------------------------------------------------- discovery

def test_discovery_forms(api):
    for path, kind in (("/api", "APIVersions"), ("/apis", "APIGroupList"), ("/apis/apps", "APIGroup"), ("/apis/apps/v1", "APIResourceList"),
                       ("/api/v1", "APIResourceList")):
        plain = api.ok("GET", path)
        assert plain.json()["kind"] == kind and plain.body.endswith(b"}\n") and "etag" not in plain.headers
        assert yaml.safe_load(api.ok("GET", path, accept=YAML).body) == plain.json()
        sent = wire.Envelope(api.ok("GET", path, accept=PROTOBUF).body)
        assert (sent.version, sent.kind) == ("v1", kind)
        assert api.ok("GET", path, **{"user-agent": "curl/8"}).body.startswith(b'{\n  "kind"')
        refused(api.call("GET", path, accept="text/html"), 406, "NotAcceptable", f"only the following media types are accepted: {TYPES}")
    assert api.ok("GET", "/api").json()["serverAddressByClientCIDRs"] == [{"clientCIDR": "0.0.0.0/0", "serverAddress": f"127.0.0.1:{api.port}"}]
    paths = api.ok("GET", "/").json()["paths"]
    assert "/apis/apps/v1" in paths and "/.well-known/openid-configuration" in paths
    for path in paths:  # what is told is there
        api.ok("GET", path)


def test_aggregated_discovery(api):
    for path, group in (("/api", ""), ("/apis", "apps")):
        answer = api.ok("GET", path, accept=f"application/json;{AGGREGATED},application/json")
        assert answer.type == f"application/json;{AGGREGATED}"
        assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept", "public")
        document = answer.json()
        assert (document["kind"], document["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
        assert group in [item["metadata"].get("name", "") for item in document["items"]]
        assert {version["freshness"] for item in document["items"] for version in item["versions"]} == {"Current"}
        again = api.call("GET", path, accept=f"application/json;{AGGREGATED}", **{"if-none-match": answer.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"], again.type) == (304, b"", answer.headers["etag"], None)
        assert api.ok("GET", path, accept=f"application/json;{AGGREGATED}", **{"if-none-match": '"x"'}).body == answer.body
        sent = api.ok("GET", path, accept=f"{PROTOBUF};{AGGREGATED}")
        assert sent.type == f"{PROTOBUF};{AGGREGATED}" and wire.Envelope(sent.body).kind == "APIGroupDiscoveryList"
        beta = api.ok("GET", path, accept=f"application/json;{AGGREGATED.replace('v2', 'v2beta1')},application/json")
        assert beta.json()["kind"] in ("APIVersions", "APIGroupList")  # not served any more


def test_aggregated_discovery_says_what_the_lists_say(api):
    listed, told = {}, {}
    for root in ("/api", "/apis"):
        for group in api.ok("GET", root, accept=f"application/json;{AGGREGATED}").json()["items"]:
            for version in group["versions"]:
                name = "/".join(filter(None, [group["metadata"].get("name"), version["version"]]))
                for row in version["resources"]:
                    told[name, row["resource"]] = (row["responseKind"]["kind"], row["scope"] == "Namespaced", row["verbs"], row.get("shortNames"))
                    for sub in row.get("subresources", []):
                        told[name, f"{row['resource']}/{sub['subresource']}"] = (sub["responseKind"]["kind"], row["scope"] == "Namespaced", sub["verbs"], None)
    versions = ["v1", *(version["groupVersion"] for group in api.ok("GET", "/apis").json()["groups"] for version in group["versions"])]
    for version in versions:
        for row in api.ok("GET", f"/apis/{version}" if "/" in version else f"/api/{version}").json()["resources"]:
            listed[version, row["name"]] = (row["kind"], row["namespaced"], row["verbs"], row.get("shortNames"))
    assert told == listed


def test_openapi_is_kept_by_clients(api):
    url = api.ok("GET", "/openapi/v3").json()["paths"]["apis/apps/v1"]["serverRelativeURL"]
    answer = api.ok("GET", url)
    assert (answer.headers["cache-control"], answer.headers["vary"], answer.type) == ("public, immutable", "Accept", JSON) and answer.headers["expires"]
    assert answer.headers["etag"] == '"%s"' % url.split("hash=")[1]
    again = api.call("GET", url, **{"if-none-match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    moved = api.call("GET", url.split("=")[0] + "=ABC")
    assert (moved.status, moved.headers["location"]) == (301, url)
    assert api.ok("GET", url.split("?")[0]).headers["cache-control"] == "no-cache, private"
    for accept in (JSON, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"):
        answer = api.ok("GET", "/openapi/v2", accept=accept)
        assert api.call("GET", "/openapi/v2", accept=accept, **{"if-none-match": answer.headers["etag"]}).status == 304
    assert api.call("GET", "/openapi/v3/apis/nope/v1").status == 404


def test_version(api):
    version = api.ok("GET", "/version").json()
    assert (version["major"], version["minor"]) == ("1", "36") and version["gitVersion"].startswith("v1.36.")
    assert set(version) == {"major", "minor", "emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor", "gitVersion",
                            "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"}


def test_errors_of_watches_are_statuses(server):
    """The last test here: a server that starts again has forgotten what happened to leases before."""
    server.stop()
    server.start()
    api, path = Api(server), "/apis/coordination.k8s.io/v1/leases?watch=true&resourceVersion=1&timeoutSeconds=9"
    for accept in (JSON, TABLE, PARTIAL):
        event = events(api, path, accept, 1)[0]
        assert (event["type"], event["object"]["kind"], event["object"]["reason"], event["object"]["code"]) == ("ERROR", "Status", "Expired", 410), accept
    for accept in (PROTOBUF, f"{PROTOBUF};as=PartialObjectMetadata{META}"):
        (kind, sent), = events(api, path, accept, 1)
        assert (kind, sent.version, sent.kind, wire.text(sent.raw, 4)) == ("ERROR", "v1", "Status", "Expired")

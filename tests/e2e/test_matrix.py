# SPDX-License-Identifier: Apache-2.0
"""Every kind that discovery names, through every verb and in every form. What the objects look like stands in matrix/objects.yaml,
what has to be served in matrix/resources.tsv, the columns of tables in matrix/columns.tsv."""
import copy
import http.client
import itertools
import json
import re
import subprocess
import time

import pytest
import wire
import yaml
from conftest import CORACLE, ROOT
from connection import tls_context

MATRIX = ROOT / "tests" / "e2e" / "matrix"
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
META = ";g=meta.k8s.io;v=v1"
TABLE, PARTIAL, PARTIALS = f"{JSON};as=Table{META}", f"{JSON};as=PartialObjectMetadata{META}", f"{JSON};as=PartialObjectMetadataList{META}"


def rows(name):
    lines = (MATRIX / name).read_text().splitlines()
    names = lines[0].lstrip("#").split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def key(row):
    return f"{row['groupVersion']}/{row['resource']}"


OBJECTS = yaml.safe_load((MATRIX / "objects.yaml").read_text())
REVIEWS = OBJECTS.pop("reviews")
RESOURCES = {key(row): row for row in rows("resources.tsv")}
KEPT = [name for name, row in RESOURCES.items() if {"create", "get"} <= set(row["verbs"].split(",")) and "/" not in row["resource"]]
COLUMNS = {}
for column in rows("columns.tsv"):
    COLUMNS.setdefault((column["groupVersion"], column["kind"]), []).append(
        (column["column"], column["type"], column["format"].strip("-"), int(column["priority"])))


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.type, self.body = response.headers.get("content-type"), response.read()

    def json(self):
        return json.loads(self.body)

    def text(self):
        return f"{self.status} {self.type} {self.body[:2000]!r}"


class Api:
    def __init__(self, server):
        self.port, self.context = server.port, tls_context(server)
        self.http = self.connect()

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=3)

    def call(self, method, path, body=None, accept=JSON, sent=JSON, **headers):
        if body is not None and not isinstance(body, bytes):
            body = (yaml.safe_dump(body) if sent == YAML else json.dumps(body)).encode()
        given = {"accept": accept, **({"content-type": sent} if body is not None else {}), **headers}
        self.http.request(method, path, body, given)
        return Answer(self.http.getresponse())

    def ok(self, method, path, *words, status=200, **more):
        answer = self.call(method, path, *words, **more)
        assert answer.status == status, f"{method} {path}: {answer.text()}"
        return answer

    def watch(self, path, accept):
        """The response itself; its connection is gone when the test lets go of it."""
        connection = self.connect()
        connection.request("GET", path, headers={"accept": accept})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return response


@pytest.fixture(scope="module")
def api(server):
    made = Api(server)
    served = Kinds(made)
    made.kinds = served
    return made


def group_path(version):
    return f"/api/{version}" if "/" not in version else f"/apis/{version}"


class Kinds:
    """What discovery says is served, by groupVersion/resource."""

    def __init__(self, api):
        groups = api.ok("GET", "/apis").json()["groups"]
        versions = ["v1", *(version["groupVersion"] for group in groups for version in group["versions"])]
        self.served, self.namespaces = {}, set()
        for version in versions:
            for row in api.ok("GET", group_path(version)).json()["resources"]:
                self.served[f"{version}/{row['name']}"] = {**row, "groupVersion": version}
        self.api = api

    def namespace(self, name):
        """One for each kind, as some of their controllers act on others."""
        namespace = f"matrix-{name.split('/')[-1]}-{len(name)}"
        if namespace not in self.namespaces:
            self.namespaces.add(namespace)
            self.api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}, status=201)
        return namespace


def filled(value, **words):
    """The value with {n}, {name} and {namespace} put in; other braces stand for themselves."""
    if isinstance(value, dict):
        return {filled(name, **words): filled(item, **words) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, **words) for item in value]
    if isinstance(value, str):
        for word, given in words.items():
            value = value.replace("{%s}" % word, str(given))
    return value


NUMBERS = itertools.count(1)


class Thing:
    """One object of a kind, not made yet."""
    def __init__(self, api, name):
        self.api, self.row = api, api.kinds.served[name]
        self.told = OBJECTS[name]
        self.namespace = api.kinds.namespace(name) if self.row["namespaced"] else None
        self.version, self.kind, self.plural = self.row["groupVersion"], self.row["kind"], self.row["name"]
        number = next(NUMBERS) % 250 + 1
        self.words = {"n": number, "namespace": self.namespace}
        self.name = self.words["name"] = filled(self.told.get("name", "matrix-{n}"), n=number)
        inside = f"/namespaces/{self.namespace}" if self.namespace else ""
        self.many = f"{group_path(self.version)}{inside}/{self.plural}"
        self.one = f"{self.many}/{self.name}"
        self.verbs = self.row["verbs"]

    def document(self):
        body = {"apiVersion": self.version, "kind": self.kind, **filled(copy.deepcopy(self.told["object"]), **self.words)}
        body["metadata"] = {**body.get("metadata", {}), "name": self.name, **({"namespace": self.namespace} if self.namespace else {})}
        if self.told.get("orphan"):  # its owner is there only by name
            body["metadata"]["ownerReferences"] = filled(self.told["object"]["metadata"]["ownerReferences"], **self.words)
        return body

    def make(self, **more):
        return self.api.ok("POST", self.many, self.document(), status=201, **more)

    def get(self):
        return self.api.ok("GET", self.one).json()

    def fill(self):
        """Puts the status in that stands in the table; the object with it, which a controller may change at once."""
        if "status" not in self.told:
            return None
        status = filled(self.told["status"], **self.words)
        return self.api.ok("PATCH", f"{self.one}/status", {"status": status}, sent="application/merge-patch+json").json()

    def remove(self):
        """Whatever keeps it, and until it is gone."""
        self.api.call("DELETE", f"{self.one}?gracePeriodSeconds=0")
        for _ in range(100):
            answer = self.api.call("GET", self.one)
            if answer.status == 404:
                return
            self.api.call("PATCH", self.one, {"metadata": {"finalizers": None}}, sent="application/merge-patch+json")
            time.sleep(0.02)
        pytest.fail(f"{self.one} does not go: {answer.text()}")


@pytest.fixture
def thing(api, name):
    made = Thing(api, name)
    yield made
    made.remove()


every_kind = pytest.mark.parametrize("name", KEPT)


def check_status(answer, code, reason, message=None):
    assert answer.status == code, answer.text()
    status = answer.json()
    assert (status["kind"], status["apiVersion"], status["status"], status["reason"], status["code"]) == (
        "Status", "v1", "Failure", reason, code), status
    assert message is None or re.search(message, status["message"]), status


# ---------------------------------------------------------------- what is served

def test_what_is_served(api):
    assert set(api.kinds.served) == set(RESOURCES)
    for name, row in RESOURCES.items():
        served, (kind, _, foreign) = api.kinds.served[name], row["kind"].partition("@")
        assert served["kind"] == kind, name
        assert "/".join(filter(None, [served.get("group"), served.get("version")])) == foreign, name
        assert (served["singularName"] or "-", served["namespaced"]) == (row["singular"], row["scope"] == "namespaced"), name
        for field, text in (("verbs", row["verbs"]), ("shortNames", row["shortNames"]), ("categories", row["categories"])):
            assert ",".join(served.get(field, [])) or "-" == text, (name, field)
        assert served.get("storageVersionHash", "-") == row["storageVersionHash"], name


def test_every_kind_has_an_object():
    assert sorted(OBJECTS) == sorted(KEPT)
    assert sorted(REVIEWS) == sorted(name for name, row in RESOURCES.items() if row["verbs"] == "create" and "/" not in row["resource"]
                                     and row["kind"] != "Binding")


# ---------------------------------------------------------------- verbs

@every_kind
def test_life(thing):
    api, labels = thing.api, {}
    made = thing.make().json()
    assert (made["kind"], made["apiVersion"], made["metadata"]["name"]) == (thing.kind, thing.version, thing.name)
    assert made["metadata"]["uid"] and made["metadata"]["resourceVersion"] and made["metadata"]["creationTimestamp"]
    check_status(api.call("POST", thing.many, thing.document()), 409, "AlreadyExists", f'"{re.escape(thing.name)}" already exists')

    for sent, patch in (("application/merge-patch+json", {"metadata": {"labels": {"merge": "1"}}}),
                        ("application/strategic-merge-patch+json", {"metadata": {"labels": {"strategic": "1"}}}),
                        ("application/json-patch+json", [{"op": "add", "path": "/metadata/labels/json", "value": "1"}])):
        labels = api.ok("PATCH", thing.one, patch, sent=sent).json()["metadata"]["labels"]
    assert set(labels) >= {"merge", "strategic", "json"}

    for sent in (JSON, YAML):
        for _ in range(20):  # a controller may be quicker
            body = thing.get()
            body["metadata"]["labels"][sent.split("/")[1]] = "put"
            answer = api.call("PUT", thing.one, body, sent=sent)
            if answer.status != 409:
                break
        assert answer.status == 200, answer.text()
        assert answer.json()["metadata"]["labels"][sent.split("/")[1]] == "put"

    listed = api.ok("GET", thing.many).json()
    assert (listed["kind"], listed["apiVersion"]) == (f"{thing.kind}List", thing.version)
    assert thing.name in [item["metadata"]["name"] for item in listed["items"]]
    assert all("kind" not in item and "apiVersion" not in item for item in listed["items"])
    limited = api.ok("GET", f"{thing.many}?limit=1&labelSelector=merge").json()
    assert len(limited["items"]) == 1

    answer = api.ok("DELETE", f"{thing.one}?gracePeriodSeconds=0").json()
    assert answer["kind"] in ("Status", thing.kind), answer
    thing.remove()
    check_status(api.call("GET", thing.one), 404, "NotFound", f'"{re.escape(thing.name)}" not found')


@every_kind
def test_delete_collection(thing):
    if "deletecollection" not in thing.verbs:
        thing.make()
        check_status(thing.api.call("DELETE", thing.many), 405, "MethodNotAllowed")
        return
    document = thing.document()
    document["metadata"]["labels"] = {"collected": "yes"}
    thing.api.ok("POST", thing.many, document, status=201)
    answer = thing.api.ok("DELETE", f"{thing.many}?labelSelector=collected%3Dyes&gracePeriodSeconds=0")
    assert answer.json()["kind"] in ("Status", f"{thing.kind}List")
    thing.remove()


@every_kind
def test_dry_run_and_strict_fields(thing):
    api = thing.api
    made = thing.api.ok("POST", f"{thing.many}?dryRun=All", thing.document(), status=201).json()
    assert made["metadata"]["name"] == thing.name and "resourceVersion" not in made["metadata"]
    assert api.call("GET", thing.one).status == 404
    unknown = {**thing.document(), "matrixField": 1}
    check_status(api.call("POST", f"{thing.many}?fieldValidation=Strict", unknown), 400, "BadRequest",
                 'strict decoding error: unknown field "matrixField"')
    warned = api.ok("POST", f"{thing.many}?fieldValidation=Warn", unknown, status=201)
    assert 'unknown field \\"matrixField\\"' in " ".join(warned.headers.get_all("warning"))
    patched = api.ok("PATCH", f"{thing.one}?dryRun=All", {"metadata": {"labels": {"dry": "1"}}}, sent="application/merge-patch+json").json()
    assert patched["metadata"]["labels"]["dry"] == "1" and "dry" not in thing.get()["metadata"].get("labels", {})
    api.ok("DELETE", f"{thing.one}?dryRun=All")
    assert "deletionTimestamp" not in thing.get()["metadata"]


@every_kind
def test_apply(thing):
    document = thing.document()
    document["metadata"]["labels"] = {**document["metadata"].get("labels", {}), "applied": "yes"}
    answer = thing.api.call("PATCH", f"{thing.one}?fieldManager=matrix", document, sent="application/apply-patch+yaml")
    assert answer.status == 201, answer.text()
    managed = answer.json()["metadata"]["managedFields"]
    assert [(entry["manager"], entry["operation"], entry["apiVersion"]) for entry in managed][:1] == [("matrix", "Apply", thing.version)]
    again = thing.api.ok("PATCH", f"{thing.one}?fieldManager=matrix", document, sent="application/apply-patch+yaml").json()
    assert again["metadata"]["uid"] == answer.json()["metadata"]["uid"]


# ---------------------------------------------------------------- forms

def convert(document, to, come="json"):
    """By the program's own codec, which has been compared with upstream's."""
    done = subprocess.run([CORACLE, "convert", "--from", come, "--to", to, "-"], input=document, capture_output=True, timeout=10)
    assert done.returncode == 0, done.stderr
    return done.stdout


@every_kind
def test_protobuf(thing):
    api = thing.api
    made = wire.Envelope(thing.make(accept=PROTOBUF).body)
    assert (made.version, made.kind, made.name()) == (thing.version, thing.kind, thing.name)
    one = api.ok("GET", thing.one, accept=PROTOBUF)
    assert one.type == PROTOBUF
    sent = wire.Envelope(one.body)
    as_json = api.ok("GET", thing.one).body
    if wire.text(sent.raw, 1, 6) == json.loads(as_json)["metadata"]["resourceVersion"]:  # else a controller was quicker
        assert one.body == convert(as_json, "protobuf")
        assert as_json == convert(one.body, "json", "protobuf")
    listed = wire.Envelope(api.ok("GET", thing.many, accept=PROTOBUF).body)
    assert (listed.version, listed.kind) == (thing.version, f"{thing.kind}List")
    names = [wire.text(item, 1, 1) for tag, _, item in wire.fields(listed.raw) if tag == 2]
    assert thing.name in names

    patched = api.ok("PATCH", thing.one, {"metadata": {"labels": {"x": "y"}}}, sent="application/merge-patch+json", accept=PROTOBUF)
    for _ in range(20):  # the same message comes back as an update; a controller may be quicker
        answer = api.call("PUT", thing.one, api.ok("GET", thing.one, accept=PROTOBUF).body, sent=PROTOBUF, accept=PROTOBUF)
        if answer.status != 409:
            break
    assert answer.status == 200, answer.text()
    assert wire.Envelope(patched.body).name() == wire.Envelope(answer.body).name() == thing.name

    options = wire.envelope("v1", "DeleteOptions", wire.message([(1, wire.VARINT, 0)]))
    deleted = wire.Envelope(api.ok("DELETE", thing.one, options, sent=PROTOBUF, accept=PROTOBUF).body)
    assert deleted.kind in ("Status", thing.kind)
    thing.remove()
    refused = wire.Envelope(api.ok("POST", thing.many, one.body, sent=PROTOBUF, accept=PROTOBUF, status=500).body)  # has a resourceVersion
    assert (refused.version, refused.kind, wire.text(refused.raw, 2)) == ("v1", "Status", "Failure")
    again = api.ok("POST", thing.many, wire.envelope(thing.version, thing.kind, wire.without_server_fields(sent.raw)), sent=PROTOBUF,
                   accept=PROTOBUF, status=201)
    assert wire.Envelope(again.body).name() == thing.name


@every_kind
def test_yaml(thing):
    made = thing.make(accept=YAML, sent=YAML)
    assert made.type == YAML
    assert yaml.safe_load(made.body)["metadata"]["name"] == thing.name
    one = thing.api.ok("GET", thing.one, accept=YAML)
    as_json = thing.get()
    as_yaml = yaml.load(one.body, yaml.BaseLoader)
    if as_yaml["metadata"]["resourceVersion"] == as_json["metadata"]["resourceVersion"]:
        assert one.body == convert(json.dumps(as_json).encode(), "yaml")
    listed = yaml.safe_load(thing.api.ok("GET", thing.many, accept=YAML).body)
    assert listed["kind"] == f"{thing.kind}List" and thing.name in [item["metadata"]["name"] for item in listed["items"]]


@every_kind
def test_watch(thing):
    api = thing.api
    since = api.ok("GET", thing.many).json()["metadata"]["resourceVersion"]
    thing.make()
    path = f"{thing.many}?watch=true&resourceVersion={since}&timeoutSeconds=20&fieldSelector=metadata.name%3D{thing.name}"
    response = api.watch(path, JSON)
    event = json.loads(response.readline())
    assert response.headers["content-type"] == JSON
    assert (event["type"], event["object"]["kind"], event["object"]["metadata"]["name"]) == ("ADDED", thing.kind, thing.name)
    response = api.watch(path, PROTOBUF)
    kind, sent = next(wire.frames(response.read))
    assert response.headers["content-type"] == f"{PROTOBUF};stream=watch"
    assert (kind, sent.version, sent.kind, sent.name()) == ("ADDED", thing.version, thing.kind, thing.name)
    api.ok("PATCH", thing.one, {"metadata": {"labels": {"x": "y"}}}, sent="application/merge-patch+json")
    response = api.watch(path, TABLE)
    tables = [json.loads(response.readline())["object"] for _ in range(2)]
    assert [table["kind"] for table in tables] == ["Table", "Table"]
    assert tables[0]["columnDefinitions"] and not tables[1]["columnDefinitions"]
    assert tables[0]["rows"][0]["object"]["metadata"]["name"] == thing.name
    event = json.loads(api.watch(path, PARTIAL).readline())
    assert (event["object"]["kind"], event["object"]["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    kind, sent = next(wire.frames(api.watch(path, f"{PROTOBUF};as=PartialObjectMetadata{META}").read))
    assert (kind, sent.version, sent.kind, sent.name()) == ("ADDED", "meta.k8s.io/v1", "PartialObjectMetadata", thing.name)


@every_kind
def test_partial_metadata(thing):
    api = thing.api
    thing.make()
    one = api.ok("GET", thing.one, accept=PARTIAL).json()
    assert set(one) == {"kind", "apiVersion", "metadata"} and (one["kind"], one["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    listed = api.ok("GET", thing.many, accept=PARTIALS).json()
    assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert thing.name in [item["metadata"]["name"] for item in listed["items"]]
    assert listed["metadata"]["resourceVersion"]
    sent = wire.Envelope(api.ok("GET", thing.one, accept=f"{PROTOBUF};as=PartialObjectMetadata{META}").body)
    assert (sent.version, sent.kind, sent.name()) == ("meta.k8s.io/v1", "PartialObjectMetadata", thing.name)
    assert [tag for tag, _, _ in wire.fields(sent.raw)] == [1]
    sent = wire.Envelope(api.ok("GET", thing.many, accept=f"{PROTOBUF};as=PartialObjectMetadataList{META}").body)
    assert (sent.version, sent.kind) == ("meta.k8s.io/v1", "PartialObjectMetadataList")
    assert thing.name in [wire.text(item, 1, 1) for tag, _, item in wire.fields(sent.raw) if tag == 2]


# ---------------------------------------------------------------- tables

def cell_fits(want, cell):
    if want is None:
        return True
    if want == "age":
        return isinstance(cell, str) and re.fullmatch(r"\d+s", cell)
    if want == "date":
        return isinstance(cell, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", cell)
    return type(cell) is type(want) and cell == want


@every_kind
def test_table(thing):
    api = thing.api
    thing.make()
    thing.fill()
    table = api.ok("GET", thing.one, accept=TABLE).json()
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    shown = {("events.k8s.io/v1", "Event"): ("v1", "Event"), ("autoscaling/v1", thing.kind): ("autoscaling/v2", thing.kind)}
    of = (thing.version, thing.kind)
    assert [(column["name"], column["type"], column["format"], column["priority"]) for column in table["columnDefinitions"]] == COLUMNS[
        shown.get(of, of)]
    row = table["rows"][0]
    want = filled(thing.told["cells"], **thing.words)
    assert len(row["cells"]) == len(want) and all(map(cell_fits, want, row["cells"])), f"{row['cells']} is not {want}"
    assert set(row["object"]) == {"kind", "apiVersion", "metadata"} and row["object"]["kind"] == "PartialObjectMetadata"
    listed = api.ok("GET", f"{thing.many}?includeObject=None", accept=TABLE).json()
    assert listed["rows"] and all(row["object"] is None for row in listed["rows"])
    listed = api.ok("GET", f"{thing.many}?includeObject=Object&limit=500", accept=TABLE).json()
    assert {(row["object"]["kind"], row["object"]["apiVersion"]) for row in listed["rows"]} == {(thing.kind, thing.version)}
    assert listed["metadata"]["resourceVersion"]


# ---------------------------------------------------------------- subresources

def subresources(part):
    return pytest.mark.parametrize("name", [name for name in KEPT if f"{name}/{part}" in RESOURCES])


@subresources("status")
def test_status(thing):
    api = thing.api
    thing.make()
    path = f"{thing.one}/status"
    assert api.ok("GET", path).json()["kind"] == thing.kind
    assert wire.Envelope(api.ok("GET", path, accept=PROTOBUF).body).name() == thing.name
    assert api.ok("GET", path, accept=TABLE).json()["kind"] == "Table"
    for sent, accept in ((JSON, YAML), (PROTOBUF, PROTOBUF)):
        for _ in range(20):
            body = api.ok("GET", path, accept=sent).body
            answer = api.call("PUT", path, body, sent=sent, accept=accept)
            if answer.status != 409:
                break
        assert answer.status == 200 and answer.type == accept, answer.text()
    if "status" in thing.told:
        status = thing.fill()["status"]
        for field, value in filled(thing.told["status"], **thing.words).items():
            assert field in status or value in ([], 0, None), (field, status)


@subresources("scale")
def test_scale(thing):
    api = thing.api
    thing.make()
    path = f"{thing.one}/scale"
    scale = api.ok("GET", path).json()
    assert (scale["kind"], scale["apiVersion"], scale["spec"]) == ("Scale", "autoscaling/v1", {})
    sent = wire.Envelope(api.ok("GET", path, accept=PROTOBUF).body)
    assert (sent.version, sent.kind, sent.name()) == ("autoscaling/v1", "Scale", thing.name)
    raw = wire.message([(1, wire.BYTES, wire.message([(1, wire.BYTES, thing.name.encode()), (3, wire.BYTES, thing.namespace.encode())])),
                        (2, wire.BYTES, wire.message([(1, wire.VARINT, 0)])), (3, wire.BYTES, b"")])
    answer = api.ok("PUT", path, wire.envelope("autoscaling/v1", "Scale", raw), sent=PROTOBUF, accept=PROTOBUF)
    assert wire.Envelope(answer.body).kind == "Scale"
    table = api.ok("GET", path, accept=TABLE).json()
    assert [(column["name"], column["type"], column["format"], column["priority"]) for column in table["columnDefinitions"]] == COLUMNS[
        ("autoscaling/v1", "Scale")]
    assert table["rows"][0]["cells"][:3] == [thing.name, 0, 0]
    for sent, patch in (("application/merge-patch+json", {"spec": {"replicas": 0}}), ("application/strategic-merge-patch+json", {"spec": {"replicas": 0}}),
                        ("application/json-patch+json", [{"op": "add", "path": "/spec/replicas", "value": 0}])):
        assert api.ok("PATCH", path, patch, sent=sent).json()["kind"] == "Scale"


BOUND = {  # what is made at a subresource, and what comes back
    "v1/pods/binding": ({"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": "nowhere"}}, "Status"),
    "v1/pods/eviction": ({"apiVersion": "policy/v1", "kind": "Eviction"}, "Status"),
    "v1/serviceaccounts/token": ({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["a"], "expirationSeconds": 600}},
                                 "TokenRequest"),
}


@pytest.mark.parametrize("form", [JSON, YAML, PROTOBUF])
@pytest.mark.parametrize("name, part", [name.rsplit("/", 1) for name in BOUND])
def test_created_at_a_subresource(thing, part, form):
    thing.make()
    body, kind = copy.deepcopy(BOUND[f"{thing.version}/{thing.plural}/{part}"])
    body["metadata"] = {"name": thing.name, "namespace": thing.namespace}
    sent = convert(json.dumps(body).encode(), "protobuf") if form == PROTOBUF else body
    answer = thing.api.ok("POST", f"{thing.one}/{part}", sent, sent=form, accept=form, status=201)
    assert answer.type == form
    assert (wire.Envelope(answer.body).kind if form == PROTOBUF else yaml.safe_load(answer.body)["kind"]) == kind


@pytest.mark.parametrize("name", sorted(REVIEWS))
def test_review(api, name):
    row = api.kinds.served[name]
    version, kind, namespace = row["groupVersion"], row["kind"], api.kinds.namespace(name) if row["namespaced"] else None
    path = group_path(version) + (f"/namespaces/{namespace}" if namespace else "") + f"/{row['name']}"
    body = {"apiVersion": version, "kind": kind, **filled(REVIEWS[name], namespace=namespace)}
    answer = api.ok("POST", path, body, status=201)
    assert (answer.json()["kind"], answer.json()["apiVersion"]) == (kind, version)
    message = convert(json.dumps(body).encode(), "protobuf")
    sent = wire.Envelope(api.ok("POST", path, message, sent=PROTOBUF, accept=PROTOBUF, status=201).body)
    assert (sent.version, sent.kind) == (version, kind)
    answer = api.ok("POST", path, body, sent=YAML, accept=YAML, status=201)
    assert yaml.safe_load(answer.body)["kind"] == kind

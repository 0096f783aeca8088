# SPDX-License-Identifier: Apache-2.0
"""Validating admission policies at work: whom they judge, in which words they refuse, with which parameters; what their status says."""
import re

import pytest
from conftest import wait_for
from test_matrix import Api, check_status as check_pattern

GROUP = "/apis/admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"{GROUP}/validatingadmissionpolicies", f"{GROUP}/validatingadmissionpolicybindings"
MAPS = "/api/v1/namespaces/judged/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/judged/deployments"
ANY_MAP = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def api(server):
    made = Api(server)
    made.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "judged", "labels": {"team": "red"}}}, status=201)
    return made


def check_status(answer, code, reason, message):
    check_pattern(answer, code, reason, re.escape(message))


class Judged:
    """The API with policies that go at the end of the test."""
    def __init__(self, api):
        self.api, self.made = api, []

    def make(self, path, document):
        self.api.ok("POST", path, document, status=201)
        self.made.append(f"{path}/{document['metadata']['name']}")

    def policy(self, name, rules=None, match=None, **spec):
        constraints = {"resourceRules": [{**ANY_MAP, **(rules or {})}], **(match or {})}
        self.make(POLICIES, {"metadata": {"name": name}, "spec": {"matchConstraints": constraints, **spec}})

    def bind(self, name, policy=None, actions=("Deny",), **spec):
        spec = {"policyName": policy or name, "validationActions": list(actions), **spec}
        self.make(BINDINGS, {"metadata": {"name": name}, "spec": spec})

    def judge(self, name, *expressions, rules=None, match=None, actions=("Deny",), binding=None, **spec):
        self.policy(name, rules, match, validations=[{"expression": e} if isinstance(e, str) else e for e in expressions], **spec)
        self.bind(name, actions=actions, **(binding or {}))

    def create(self, name, path=MAPS, **members):
        return self.api.call("POST", path, {"metadata": {"name": name}, **members})


@pytest.fixture
def judged(api):
    made = Judged(api)
    yield made
    for path in reversed(made.made):
        api.call("DELETE", path)
    for item in api.ok("GET", MAPS).json()["items"]:
        if item["metadata"]["name"] != "kube-root-ca.crt":
            api.call("DELETE", f"{MAPS}/{item['metadata']['name']}")


def refusal(name, policy, message, binding=None, kind="configmaps"):
    return f"{kind} \"{name}\" is forbidden: ValidatingAdmissionPolicy '{policy}' with binding '{binding or policy}' denied request: {message}"


def test_a_policy_refuses(judged):
    judged.judge("no-big-maps", {"expression": "object.?data.orValue({}).size() < 2", "messageExpression": "'not ' + string(object.data.size())"})
    judged.api.ok("POST", MAPS, {"metadata": {"name": "small"}, "data": {"a": "1"}}, status=201)
    answer = judged.create("big", data={"a": "1", "b": "2"})
    check_status(answer, 422, "Invalid", refusal("big", "no-big-maps", "not 2"))
    details = answer.json()["details"]
    assert details["name"] == "big" and details["kind"] == "configmaps"
    assert details["causes"] == [{"message": "ValidatingAdmissionPolicy 'no-big-maps' with binding 'no-big-maps' denied request: not 2"}]
    patched = judged.api.call("PATCH", f"{MAPS}/small", {"data": {"b": "2"}}, sent=MERGE)
    check_status(patched, 422, "Invalid", refusal("small", "no-big-maps", "not 2"))
    assert judged.api.ok("GET", f"{MAPS}/small").json()["data"] == {"a": "1"}


def test_reasons_and_messages(judged):
    judged.judge("words", {"expression": "object.metadata.name != 'forbidden'", "message": "not that", "reason": "Forbidden"},
                 {"expression": "object.metadata.name != 'large'", "reason": "RequestEntityTooLarge"},
                 {"expression": "object.metadata.name != 'plain'"}, rules={"operations": ["CREATE"]})
    check_status(judged.create("forbidden"), 403, "Forbidden", refusal("forbidden", "words", "not that"))
    check_status(judged.create("large"), 413, "RequestEntityTooLarge", refusal("large", "words", "failed expression: object.metadata.name != 'large'"))
    check_status(judged.create("plain"), 422, "Invalid", refusal("plain", "words", "failed expression: object.metadata.name != 'plain'"))


def test_deletions_and_old_objects(judged):
    judged.judge("keep", "request.operation != 'DELETE' || !('keep' in oldObject.metadata.?labels.orValue({}))",
                 "oldObject == null || object == null || object.data == oldObject.data", rules={"operations": ["*"]})
    judged.api.ok("POST", MAPS, {"metadata": {"name": "kept", "labels": {"keep": ""}}, "data": {"a": "1"}}, status=201)
    check_status(judged.api.call("DELETE", f"{MAPS}/kept"), 422, "Invalid",
                 refusal("kept", "keep", "failed expression: request.operation != 'DELETE' || !('keep' in oldObject.metadata.?labels.orValue({}))"))
    assert judged.api.call("PATCH", f"{MAPS}/kept", {"data": {"a": "2"}}, sent=MERGE).status == 422
    assert judged.api.call("PATCH", f"{MAPS}/kept", {"metadata": {"labels": {"keep": None}}}, sent=MERGE).status == 200
    assert judged.api.call("DELETE", f"{MAPS}/kept").status == 200


def test_warnings_and_audits_let_pass(judged):
    judged.judge("warns", "false", actions=("Warn", "Audit"), rules={"operations": ["CREATE"]})
    answer = judged.create("warned")
    assert answer.status == 201
    assert "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns': failed expression: false" in answer.headers["Warning"]


def test_who_is_meant(judged):
    judged.judge("others", "false", match={"namespaceSelector": {"matchLabels": {"team": "blue"}}})
    judged.judge("labelled", "false", match={"objectSelector": {"matchLabels": {"judge": "me"}}})
    judged.judge("named", "false", rules={"resourceNames": ["named"]})
    judged.judge("bound", "false", binding={"matchResources": {"namespaceSelector": {"matchLabels": {"team": "blue"}}}})
    judged.judge("excluded", "false", match={"excludeResourceRules": [ANY_MAP]})
    judged.judge("conditional", "false", matchConditions=[{"name": "only-these", "expression": "object != null && object.metadata.name.startsWith('cond')"}])
    assert judged.create("free").status == 201
    check_status(judged.create("named"), 422, "Invalid", refusal("named", "named", "failed expression: false"))
    check_status(judged.create("cond-1"), 422, "Invalid", refusal("cond-1", "conditional", "failed expression: false"))
    labelled = judged.api.call("POST", MAPS, {"metadata": {"name": "x", "labels": {"judge": "me"}}})
    check_status(labelled, 422, "Invalid", refusal("x", "labelled", "failed expression: false"))
    judged.api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "judged-blue", "labels": {"team": "blue"}}}, status=201)
    try:
        check_status(judged.create("x", "/api/v1/namespaces/judged-blue/configmaps"), 422, "Invalid", refusal("x", "bound", "failed expression: false"))
    finally:
        judged.api.call("DELETE", "/api/v1/namespaces/judged-blue")


def test_errors_follow_the_failure_policy(judged):
    judged.judge("strict", "object.nope == 1", match={"objectSelector": {"matchLabels": {"policy": "strict"}}})
    judged.judge("loose", "object.nope == 1", match={"objectSelector": {"matchLabels": {"policy": "loose"}}}, failurePolicy="Ignore")
    strict = judged.api.call("POST", MAPS, {"metadata": {"name": "x", "labels": {"policy": "strict"}}})
    check_status(strict, 422, "Invalid", refusal("x", "strict", "expression 'object.nope == 1' resulted in error: no such key: nope"))
    assert judged.api.call("POST", MAPS, {"metadata": {"name": "y", "labels": {"policy": "loose"}}}).status == 201


def test_parameters(judged):
    for name, most, labels in (("limit", "3", {}), ("low", "1", {"limit": "yes"}), ("high", "9", {"limit": "yes"})):
        judged.api.ok("POST", MAPS, {"metadata": {"name": name, "labels": labels}, "data": {"most": most}}, status=201)
    rules = {"apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "operations": ["CREATE", "UPDATE"]}
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    judged.policy("limited", rules, paramKind=kind, validations=[
        {"expression": "object.spec.replicas <= int(params.data.most)", "messageExpression": "'at most ' + params.data.most"}])
    judged.bind("by-name", "limited", paramRef={"name": "limit", "namespace": "judged", "parameterNotFoundAction": "Deny"})

    def deployment(name, replicas):
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"replicas": replicas, "paused": True, "selector": {"matchLabels": {"app": name}}, "template": template}
        return judged.api.call("POST", DEPLOYMENTS, {"metadata": {"name": name}, "spec": spec})

    def refused(name, binding, message):
        return refusal(name, "limited", message, binding, "deployments.apps")

    check_status(deployment("a", 4), 422, "Invalid", refused("a", "by-name", "at most 3"))
    assert deployment("a", 3).status == 201
    try:
        scaled = judged.api.call("PATCH", f"{DEPLOYMENTS}/a/scale", {"spec": {"replicas": 5}}, sent=MERGE)
        check_status(scaled, 422, "Invalid", refused("a", "by-name", "at most 3"))
        assert judged.api.call("PATCH", f"{DEPLOYMENTS}/a/scale", {"spec": {"replicas": 2}}, sent=MERGE).status == 200
        judged.bind("by-label", "limited", paramRef={"selector": {"matchLabels": {"limit": "yes"}}, "parameterNotFoundAction": "Allow"})
        check_status(deployment("b", 2), 422, "Invalid", refused("b", "by-label", "at most 1"))
        judged.bind("away", "limited", paramRef={"name": "nobody", "parameterNotFoundAction": "Deny"})
        check_status(deployment("b", 1), 422, "Invalid", refused("b", "away", "failed to configure binding: no params found for policy binding with "
                                                                 "`Deny` parameterNotFoundAction"))
    finally:
        judged.api.call("DELETE", f"{DEPLOYMENTS}/a")


def test_unknown_parameters(judged):
    judged.judge("unknown", "true", paramKind={"apiVersion": "example.com/v1", "kind": "Nope"}, rules={"operations": ["CREATE"]},
                 binding={"paramRef": {"name": "a", "parameterNotFoundAction": "Deny"}})
    check_status(judged.create("x"), 422, "Invalid",
                 "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'unknown' denied request: failed to configure policy: failed to find "
                 "resource referenced by paramKind: 'example.com/v1, Kind=Nope'")


def test_variables_request_and_authorizer(judged):
    judged.judge("asks", "variables.me.startsWith('kube') || variables.may", "request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps'",
                 "request.namespace == namespaceObject.metadata.name && namespaceObject.metadata.labels.team == 'red'",
                 "request.dryRun == false && request.options.kind == 'CreateOptions'",
                 "!authorizer.serviceAccount('judged', 'default').group('').resource('secrets').namespace('judged').check('get').allowed()",
                 variables=[{"name": "me", "expression": "request.userInfo.username"},
                            {"name": "may", "expression": "authorizer.requestResource.check('delete').allowed()"}], rules={"operations": ["CREATE"]})
    answer = judged.create("x")
    assert answer.status == 201, answer.json()


def test_versions_are_equivalent(judged):
    """A policy of one version judges writes through the other, and sees them in its own."""
    autoscalers = "/namespaces/judged/horizontalpodautoscalers"
    judged.judge("scalers", "object.apiVersion == 'autoscaling/v2' && object.spec.metrics[0].resource.target.averageUtilization < 50",
                 rules={"apiGroups": ["autoscaling"], "apiVersions": ["v2"], "resources": ["horizontalpodautoscalers"], "operations": ["CREATE"]})
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "a", "apiVersion": "apps/v1"}, "maxReplicas": 3}
    high = judged.api.call("POST", f"/apis/autoscaling/v1{autoscalers}", {"metadata": {"name": "h"}, "spec": {**spec, "targetCPUUtilizationPercentage": 80}})
    assert high.status == 422 and "'scalers'" in high.json()["message"], high.json()
    low = judged.api.call("POST", f"/apis/autoscaling/v1{autoscalers}", {"metadata": {"name": "h"}, "spec": {**spec, "targetCPUUtilizationPercentage": 20}})
    assert low.status == 201, low.json()
    judged.api.call("DELETE", f"/apis/autoscaling/v2{autoscalers}/h")


def test_custom_resources(judged):
    """Judged in the version that the policy is about; one of them as parameters of another policy."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    versions = [{"name": name, "served": True, "storage": name == "v1", "schema": {"openAPIV3Schema": schema}} for name in ("v1", "v2")]
    judged.made.append("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/hats.judge.example.com")
    judged.api.ok("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "hats.judge.example.com"},
        "spec": {"group": "judge.example.com", "scope": "Namespaced", "names": {"plural": "hats", "kind": "Hat"}, "versions": versions}}, status=201)
    hats = "/apis/judge.example.com/{}/namespaces/judged/hats"
    wait_for("hats to be served", lambda: judged.api.call("GET", hats.format("v1")).status == 200, 10)
    judged.judge("small-hats", "object.spec.size < 5 && object.apiVersion == 'judge.example.com/v2' && request.requestKind.version == 'v1'",
                 rules={"apiGroups": ["judge.example.com"], "apiVersions": ["v2"], "resources": ["hats"], "operations": ["CREATE"]})
    assert judged.create("one", hats.format("v1"), apiVersion="judge.example.com/v1", kind="Hat", spec={"size": 4}).status == 201
    refused = judged.create("two", hats.format("v1"), apiVersion="judge.example.com/v1", kind="Hat", spec={"size": 6})
    assert refused.status == 422 and "'small-hats'" in refused.json()["message"]
    judged.judge("like-the-hat", "object.metadata.name.size() < params.spec.size", rules={"operations": ["CREATE"]},
                 paramKind={"apiVersion": "judge.example.com/v1", "kind": "Hat"}, binding={"paramRef": {"name": "one", "parameterNotFoundAction": "Deny"}})
    assert judged.create("abc").status == 201
    check_status(judged.create("abcd"), 422, "Invalid", refusal("abcd", "like-the-hat", "failed expression: object.metadata.name.size() < params.spec.size"))


def test_connections_bindings_and_evictions(judged):
    pods = "/api/v1/namespaces/judged/pods"
    account = "/api/v1/namespaces/judged/serviceaccounts/default"
    wait_for("the service account", lambda: judged.api.call("GET", account).status == 200, 10)
    spec = {"containers": [{"name": "c", "image": "i"}], "schedulerName": "nobody"}
    judged.api.ok("POST", pods, {"metadata": {"name": "p"}, "spec": spec}, status=201)
    try:
        judged.judge("no-ls", "object.command[0] != 'ls' && object.kind == 'PodExecOptions' && request.kind.kind == 'PodExecOptions' && oldObject == null",
                     rules={"resources": ["pods/exec"], "operations": ["CONNECT"]})
        listing = judged.api.call("POST", f"{pods}/p/exec?command=ls&command=-l&container=c")
        assert listing.status == 422 and "'no-ls' with binding 'no-ls' denied request" in listing.json()["message"], listing.text()
        assert judged.api.call("POST", f"{pods}/p/exec?command=id").status == 400  # it has no host
        judged.judge("no-forward", "!(8080 in object.ports)", rules={"resources": ["pods/portforward"], "operations": ["CONNECT"]})
        assert judged.api.call("GET", f"{pods}/p/portforward?ports=8080").status == 422
        assert judged.api.call("GET", f"{pods}/p/portforward?ports=8081").status == 400
        judged.judge("no-proxy", "object.path != '/secret'", rules={"resources": ["*/proxy"], "operations": ["CONNECT"]})
        assert judged.api.call("GET", f"{pods}/p/proxy/secret").status == 422
        assert judged.api.call("GET", f"{pods}/p/proxy/open").status != 422
        judged.judge("not-there", "object.target.name != 'bad' && object.kind == 'Binding'", rules={"resources": ["pods/binding"], "operations": ["CREATE"]})
        binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "bad"}}
        refused = judged.api.call("POST", f"{pods}/p/binding", binding)
        check_status(refused, 422, "Invalid", refusal("p", "not-there", "failed expression: object.target.name != 'bad' && object.kind == 'Binding'", kind="pods"))
        judged.judge("stays", "object.kind != 'Eviction' || object.metadata.name != 'p'", rules={"resources": ["pods/eviction"], "operations": ["CREATE"]})
        judged.judge("no-deletes", "false", rules={"resources": ["pods"], "operations": ["DELETE"]})
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
        assert judged.api.call("POST", f"{pods}/p/eviction", eviction).status == 422
        judged.api.ok("DELETE", f"{BINDINGS}/stays")
        assert judged.api.call("DELETE", f"{pods}/p").status == 422
        judged.api.ok("POST", f"{pods}/p/eviction", eviction, status=201)  # its deletion was judged as an eviction
    finally:
        judged.api.call("DELETE", f"{BINDINGS}/no-deletes")
        judged.api.call("DELETE", f"{pods}/p?gracePeriodSeconds=0")


def test_changes_count_at_once(judged):
    judged.policy("changing", {"operations": ["CREATE"]}, validations=[{"expression": "false"}])
    assert judged.create("unbound").status == 201
    judged.bind("changing")
    assert judged.create("a").status == 422
    judged.api.ok("PATCH", f"{POLICIES}/changing", {"spec": {"validations": [{"expression": "true"}]}}, sent=MERGE)
    assert judged.create("a").status == 201
    judged.api.ok("PATCH", f"{POLICIES}/changing", {"spec": {"validations": [{"expression": "false"}]}}, sent=MERGE)
    assert judged.create("b").status == 422
    judged.api.ok("DELETE", f"{BINDINGS}/changing")
    assert judged.create("b").status == 201


def test_status_tells_of_types(judged):
    judged.policy("typed", validations=[{"expression": "object.metadata.name > 1"}, {"expression": "object.nope == 1 || true"}, {"expression": "true"}])
    status = wait_for("the types to be checked", lambda: judged.api.ok("GET", f"{POLICIES}/typed").json().get("status"), 10)
    assert status["observedGeneration"] == 1
    warnings = status["typeChecking"]["expressionWarnings"]
    assert [w["fieldRef"] for w in warnings] == ["spec.validations[0].expression", "spec.validations[1].expression"]
    assert warnings[0]["warning"].startswith("/v1, Kind=ConfigMap: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(string, int)'")
    judged.api.ok("PATCH", f"{POLICIES}/typed", {"spec": {"validations": [{"expression": "true"}]}}, sent=MERGE)
    wait_for("the new ones", lambda: judged.api.ok("GET", f"{POLICIES}/typed").json()["status"] == {"observedGeneration": 2}, 10)
    judged.policy("right", validations=[{"expression": "true"}])
    wait_for("no warnings", lambda: judged.api.ok("GET", f"{POLICIES}/right").json().get("status") == {"observedGeneration": 1, "typeChecking": {}}, 10)


def test_what_does_not_compile_is_refused(judged):
    answer = judged.api.call("POST", POLICIES, {"metadata": {"name": "bad"}, "spec": {
        "matchConstraints": {"resourceRules": [ANY_MAP]}, "validations": [{"expression": "object.data.size()"}]}})
    check_status(answer, 422, "Invalid", 'spec.validations[0].expression: Invalid value: "object.data.size()": must evaluate to bool but got int')

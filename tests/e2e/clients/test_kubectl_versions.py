# SPDX-License-Identifier: Apache-2.0
"""The same day's work with the oldest kubectl that we promise, the machine's own and the newest packaged one."""
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import pytest

from conftest import ROOT, day_pods, free_port, wait_for

PEERS = ROOT / "build" / "peers"
PROGRAMS = {"1.20": PEERS / "kubectl-1.20", "own": pathlib.Path("/usr/bin/kubectl"), "newest": PEERS / "kubectl-newest"}


class Kubectl:
    """One program against the cluster, in a namespace of its own."""
    def __init__(self, cluster, version, home):
        self.cluster, self.version, self.program = cluster, version, PROGRAMS[version]
        self.namespace = f"clients-{version.replace('.', '-')}"
        self.environment = dict(os.environ, KUBECONFIG=cluster.kubeconfig, HOME=str(home))

    def __call__(self, *words, check=True, stdin=None, timeout=60):
        said = subprocess.run([str(self.program), "-n", self.namespace, *words], capture_output=True, text=True, input=stdin,
                              timeout=timeout, env=self.environment)
        if check and said.returncode != 0:
            pytest.fail(f"kubectl {self.version} {' '.join(words)}: exit {said.returncode}\n{said.stdout}{said.stderr}")
        return said

    def json(self, *words):
        return json.loads(self(*words, "-o", "json").stdout)

    def start(self, *words):
        return subprocess.Popen([str(self.program), "-n", self.namespace, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.PIPE, text=True, env=self.environment)


@pytest.fixture(scope="module", params=list(PROGRAMS))
def k(request, day_service, tmp_path_factory):
    if not PROGRAMS[request.param].exists():
        pytest.skip(f"no {PROGRAMS[request.param].name}: 'scripts/peers build/peers' fetches it")
    made = Kubectl(day_service, request.param, tmp_path_factory.mktemp("home"))
    made("create", "namespace", made.namespace)
    try:
        yield made
    finally:
        made("delete", "namespace", made.namespace, "--wait=false")


def deployment(name, replicas=2, **spec):
    container = {"name": "main", "image": "example/day-service:1", "imagePullPolicy": "IfNotPresent",
                 "env": [{"name": "PORT", "value": "8080"}, {"name": "LOG_LEVEL", "value": "info"}], "ports": [{"containerPort": 8080}]}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
                       "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                                "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}}}})


@pytest.fixture(scope="module")
def web(k):
    """A Deployment of two pods that run."""
    assert "created" in k("apply", "-f", "-", stdin=deployment("web")).stdout
    assert "successfully rolled out" in k("rollout", "status", "deployment/web", "--timeout=60s").stdout
    return k


def pod_of(k, label="app=web"):
    alive = [p for p in k.json("get", "pods", "-l", label)["items"] if "deletionTimestamp" not in p["metadata"]]
    return alive[0]["metadata"]["name"]


def test_version_and_discovery(k):
    # 1.20 refuses no server; newer ones warn of the distance between versions on stderr.
    assert re.search(r"v1\.36\.0", k("version").stdout)
    resources = k("api-resources", "--verbs=list", "-o", "name").stdout.split()
    assert {"pods", "deployments.apps", "customresourcedefinitions.apiextensions.k8s.io"} <= set(resources)
    assert "apps/v1" in k("api-versions").stdout.split()
    assert "is running at" in k("cluster-info").stdout


def test_explain(k):
    said = k("explain", "deployment.spec.template.spec.containers.image").stdout
    assert "image" in said and "<string>" in said
    assert "livenessProbe" in k("explain", "pod.spec.containers", "--recursive").stdout


def test_apply_again_and_diff(web):
    changed = deployment("web").replace("info", "debug")
    assert web("diff", "-f", "-", stdin=changed, check=False).returncode == 1
    assert "configured" in web("apply", "-f", "-", stdin=changed).stdout
    assert "unchanged" in web("apply", "-f", "-", stdin=changed).stdout
    web("rollout", "status", "deployment/web", "--timeout=60s")
    assert "created" in web("apply", "-f", "-", "--dry-run=server", stdin=deployment("never")).stdout
    assert web("get", "deployment", "never", check=False).returncode == 1


def test_printing(web):
    wide = web("get", "pods", "-o", "wide").stdout.splitlines()
    assert wide[0].split()[:6] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP"] and len(wide) >= 3
    assert "kind: Deployment" in web("get", "deployment", "web", "-o", "yaml").stdout
    assert web("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}").stdout == "2"
    assert web("get", "deploy", "-o", "custom-columns=N:.metadata.name", "--no-headers").stdout.split() == ["web"]
    assert web("get", "deploy,rs", "-o", "name").stdout.splitlines()[0] == "deployment.apps/web"
    described = web("describe", "deployment", "web").stdout
    assert "Replicas:" in described and "ScalingReplicaSet" in described
    assert "Node:" in web("describe", "pod", pod_of(web)).stdout
    assert "No resources found" in web("get", "pods", "-l", "app=none").stderr
    missing = web("get", "pod", "none", check=False)
    assert missing.returncode == 1 and missing.stderr.strip().endswith('(NotFound): pods "none" not found')


def test_metadata_and_patches(web):
    web("label", "deployment", "web", "tier=front")
    assert web("label", "deployment", "web", "tier=back", check=False).returncode == 1
    web("label", "deployment", "web", "tier=back", "--overwrite")
    web("annotate", "deployment", "web", "note=x")
    for kind, patch in (("strategic", '{"metadata":{"labels":{"a":"1"}}}'), ("merge", '{"metadata":{"labels":{"b":"1"}}}'),
                        ("json", '[{"op":"add","path":"/metadata/labels/c","value":"1"}]')):
        assert "patched" in web("patch", "deployment", "web", "--type", kind, "-p", patch).stdout
    labels = web.json("get", "deployment", "web")["metadata"]["labels"]
    assert labels["tier"] == "back" and {"a", "b", "c"} <= set(labels)


def test_scale_and_rollouts(web):
    web("scale", "deployment/web", "--replicas=3")
    web("rollout", "status", "deployment/web", "--timeout=60s")
    assert web.json("get", "deployment", "web")["status"]["readyReplicas"] == 3
    web("set", "image", "deployment/web", "main=example/day-service:2")
    web("rollout", "status", "deployment/web", "--timeout=60s")
    assert "REVISION" in web("rollout", "history", "deployment/web").stdout
    assert "rolled back" in web("rollout", "undo", "deployment/web").stdout
    web("rollout", "restart", "deployment/web")
    web("rollout", "status", "deployment/web", "--timeout=60s")
    web("scale", "deployment/web", "--replicas=2", "--current-replicas=3")
    web("autoscale", "deployment", "web", "--min=2", "--max=4", "--cpu-percent=80")
    assert "web" in web("get", "hpa").stdout


def test_expose_and_endpoints(web):
    web("expose", "deployment", "web", "--port=80", "--target-port=8080")
    assert web("get", "service", "web", "-o", "jsonpath={.spec.ports[0].port}").stdout == "80"
    wait_for("endpoints", lambda: "8080" in web("get", "endpoints", "web").stdout, 20)


HEALTH = ("--", "/day-service", "call", "http://127.0.0.1:8080/health")


def test_exec(web):
    pod = pod_of(web)
    assert '"healthy"' in web("exec", pod, *HEALTH).stdout
    failed = web("exec", pod, "--", "/day-service", "call", "http://127.0.0.1:1/", check=False)
    assert failed.returncode == 1 and "exit code 1" in failed.stderr
    absent = web("exec", pod, "--", "/absent", check=False)
    assert absent.returncode not in (0, 1) or "no such file" in absent.stderr
    many = [web.start("exec", pod, *HEALTH) for _ in range(4)]
    assert all(one.wait(30) == 0 for one in many)


def test_logs(web):
    pod = pod_of(web)
    wait_for("the first line", lambda: "listens on port" in web("logs", pod).stdout, 20)
    assert len(web("logs", pod, "--tail=1").stdout.splitlines()) == 1
    assert re.match(r"\d{4}-\d\d-\d\dT", web("logs", pod, "--timestamps", "--tail=1").stdout)
    following = web.start("logs", "-f", pod)
    assert "listens on port" in following.stdout.readline()
    following.terminate()
    following.wait(10)


def test_port_forward(web):
    port = free_port()
    forwarding = web.start("port-forward", f"pod/{pod_of(web)}", f"{port}:8080")
    try:
        assert "Forwarding from 127.0.0.1" in forwarding.stdout.readline()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(3):
            assert json.loads(opener.open(f"http://127.0.0.1:{port}/health", timeout=10).read()) == {"status": "healthy"}
    finally:
        forwarding.terminate()
        forwarding.wait(10)


def test_attach(web):
    """Standard output of what runs already; closing ends it."""
    attached = web.start("attach", pod_of(web))
    time.sleep(1)
    assert attached.poll() is None
    attached.terminate()
    attached.wait(10)


def test_creators(k):
    for words in (["configmap", "c", "--from-literal=a=b"], ["secret", "generic", "s", "--from-literal=a=b"],
                  ["serviceaccount", "robot"], ["role", "reader", "--verb=get,list", "--resource=pods"],
                  ["rolebinding", "reader", "--role=reader", f"--serviceaccount={k.namespace}:robot"],
                  ["quota", "q", "--hard=pods=10"], ["job", "j", "--image=example/day-service:1"],
                  ["service", "clusterip", "cip", "--tcp=80:80"], ["ingress", "i", "--rule=a.example/=cip:80"]):
        assert "created" in k("create", *words).stdout, words
    for words in (["pdb", "b", "--selector=app=x", "--min-available=1"],
                  ["cronjob", "cj", "--image=example/day-service:1", "--schedule=0 0 1 1 *"]):
        said = k("create", *words, check=k.version != "1.20")  # which knows only versions that 1.36 does not serve any more
        unknown = "no matches for kind" in said.stderr or "could not find the requested resource" in said.stderr
        assert "created" in said.stdout or (k.version == "1.20" and unknown)
    robot = f"system:serviceaccount:{k.namespace}:robot"
    assert k("auth", "can-i", "list", "pods", "--as", robot).stdout.strip() == "yes"
    assert k("auth", "can-i", "delete", "pods", "--as", robot, check=False).stdout.strip() == "no"
    assert "pods" in k("auth", "can-i", "--list", "--as", robot).stdout


def test_edit_and_replace(k, tmp_path):
    k("create", "configmap", "edited", "--from-literal=a=before")
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/before/after/ \"$1\"\n")
    editor.chmod(0o755)
    k.environment["EDITOR"] = str(editor)
    assert "edited" in k("edit", "configmap", "edited").stdout
    document = k.json("get", "configmap", "edited")
    assert document["data"] == {"a": "after"}
    document["data"] = {"a": "replaced"}
    k("replace", "-f", "-", stdin=json.dumps(document))
    document["metadata"]["resourceVersion"] = "1"
    stale = k("replace", "-f", "-", stdin=json.dumps(document), check=False)
    assert stale.returncode == 1 and "the object has been modified" in stale.stderr
    del document["metadata"]["resourceVersion"], document["metadata"]["uid"]
    assert "replaced" in k("replace", "--force", "-f", "-", stdin=json.dumps(document)).stdout


def test_watch_and_wait(k):
    watching = k.start("get", "configmaps", "-w", "-o", "name")
    time.sleep(1)
    k("create", "configmap", "watched")
    while "watched" not in watching.stdout.readline():
        assert watching.poll() is None
    k("delete", "configmap", "watched")
    watching.terminate()
    watching.wait(10)
    k("create", "configmap", "going")
    waiting = k.start("wait", "configmap/going", "--for=delete", "--timeout=30s")
    time.sleep(0.5)
    k("delete", "configmap", "going")
    assert waiting.wait(30) == 0


def test_unknown_fields_are_told(k):
    document = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "dta": {}})
    refused = k("create", "-f", "-", stdin=document, check=False)
    assert refused.returncode == 1 and "unknown field" in refused.stderr


def test_delete_cascades(web):
    web("delete", "deployment", "web", "--cascade=orphan")
    orphans = web.json("get", "rs", "-l", "app=web")["items"]
    assert orphans and all("ownerReferences" not in rs["metadata"] for rs in orphans)
    web("delete", "rs", "-l", "app=web")
    wait_for("no pods", lambda: not web.json("get", "pods", "-l", "app=web")["items"], 40)


def test_nodes(k):
    node = k.json("get", "nodes")["items"][0]["metadata"]["name"]
    k("cordon", node)
    assert "SchedulingDisabled" in k("get", "node", node).stdout
    k("uncordon", node)
    k("taint", "node", node, "clients=1:PreferNoSchedule")
    k("taint", "node", node, "clients-")
    assert "Allocatable" in k("describe", "node", node).stdout
    assert day_pods(k.cluster)

# SPDX-License-Identifier: Apache-2.0
"""What a node does with single pods: which it refuses, and what their files say of them."""
import json
import os

import pytest
from conftest import wait_for

IMAGE = "example/day-service:1"


def pod(name, labels=None, annotations=None, ports=(), mounts=(), **spec):
    container = {"name": "c", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "ports": list(ports), "volumeMounts": list(mounts)}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": labels or {}, "annotations": annotations or {}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, **spec}}


@pytest.fixture
def create(cluster):
    """Creates pods and deletes them at the end."""
    names = []

    def make(document):
        names.append(document["metadata"]["name"])
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(document))
        return names[-1]
    yield make
    cluster.kubectl("delete", "pod", *names, "--force", "--grace-period=0")


def status(cluster, name):
    return cluster.json("get", "pod", name)["status"]


def test_a_node_refuses_what_it_cannot_take(cluster, create):
    """These are bound past the scheduler, which would not have chosen the node."""
    port = {"containerPort": 8080, "hostPort": 39381}
    first = create(pod("first", ports=[port], nodeName="node1"))
    wait_for("the first pod", lambda: status(cluster, first)["phase"] == "Running", 30)
    second = create(pod("second", ports=[port], nodeName="node1"))
    elsewhere = create(pod("elsewhere", nodeName="node1", nodeSelector={"disk": "fast"}))
    for name, reason in ((second, "NodePorts"), (elsewhere, "NodeAffinity")):
        wait_for(f"{name} to be refused", lambda name=name: status(cluster, name)["phase"] == "Failed", 30)
        assert status(cluster, name)["reason"] == reason
        assert status(cluster, name)["message"].startswith(f"Pod was rejected: Predicate {reason} failed: node(s) didn't ")
    assert status(cluster, first)["phase"] == "Running"


def test_files_follow_the_pods_labels_and_annotations(cluster, create):
    items = [{"path": name, "fieldRef": {"fieldPath": f"metadata.{name}"}} for name in ("labels", "annotations")]
    # The host's programs, to read the files with.
    programs = {"bin": os.path.realpath("/bin"), "lib": os.path.realpath("/lib"), "lib64": os.path.realpath("/lib64")}
    volumes = [{"name": "info", "downwardAPI": {"items": items}}]
    volumes += [{"name": name, "hostPath": {"path": path}} for name, path in programs.items()]
    mounts = [{"name": "info", "mountPath": "/info"}, {"name": "bin", "mountPath": "/bin"}, {"name": "lib", "mountPath": "/lib"},
              {"name": "lib64", "mountPath": "/lib64"}]
    name = create(pod("told", {"tier": "one"}, {"note": "one"}, mounts=mounts, volumes=volumes))

    def read(file):
        return cluster.kubectl("exec", name, "--", "/bin/cat", f"/info/{file}").stdout.strip()
    wait_for("the pod", lambda: status(cluster, name)["phase"] == "Running", 30)
    assert read("labels") == 'tier="one"'
    cluster.kubectl("label", "pod", name, "--overwrite", "tier=two")
    wait_for("the label's file", lambda: read("labels") == 'tier="two"', 10)
    cluster.kubectl("annotate", "pod", name, "--overwrite", "note=two")
    wait_for("the annotation's file", lambda: read("annotations") == 'note="two"', 10)

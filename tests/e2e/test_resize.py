# SPDX-License-Identifier: Apache-2.0
"""Other resources for pods that run: what the kernel, the API and the next kubelet say."""
import glob
import json
import os
import pathlib
import signal

import pytest
from conftest import wait_for

IMAGE = "example/day-service:1"
MEBI = 1 << 20


def resources(cpu, memory):
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}}


def container(name, cpu, memory, restart="NotRequired", **more):
    return {"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "resources": resources(cpu, memory),
            "env": [{"name": "PORT", "value": str(8000 + ord(name[0]))}],  # another one for each container of a pod
            "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}, {"resourceName": "memory", "restartPolicy": restart}], **more}


def pod(name, *containers, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": list(containers), "nodeName": "node1", "terminationGracePeriodSeconds": 0, **spec}}


@pytest.fixture
def create(cluster):
    """Creates pods that run, and deletes them at the end."""
    names = []

    def make(document):
        names.append(document["metadata"]["name"])
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(document))
        cluster.kubectl("wait", "--for=condition=Ready", f"pod/{names[-1]}", "--timeout=60s")
        return names[-1]
    yield make
    cluster.kubectl("delete", "pod", *names, "--force", "--grace-period=0")


def get(cluster, name):
    return cluster.json("get", "pod", name)


def resize(cluster, name, **spec):
    cluster.kubectl("patch", "pod", name, "--subresource", "resize", "-p", json.dumps({"spec": spec}))


def conditions(document):
    return {one["type"]: one for one in document["status"]["conditions"] if one["type"].startswith("PodResize")}


def settled(cluster, name):
    """The pod, once all that its newest spec asks for is in force."""
    document = get(cluster, name)
    seen = document["status"].get("observedGeneration") == document["metadata"]["generation"]
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in document["status"]["conditions"])
    return document if seen and ready and not conditions(document) else None


def limits(uid, container_id=""):
    """(CPU in thousandths, bytes of memory) that the kernel knows, of a pod or of one of its containers."""
    below = f"/**/*{uid}/{container_id.split('//')[-1]}".rstrip("/")
    for found in glob.glob(f"/sys/fs/cgroup/cpu{below}", recursive=True):
        memory = pathlib.Path(found.replace("/cpu/", "/memory/", 1)) / "memory.limit_in_bytes"
        return int((pathlib.Path(found) / "cpu.cfs_quota_us").read_text()) // 100, int(memory.read_text())
    for found in map(pathlib.Path, glob.glob(f"/sys/fs/cgroup{below}", recursive=True)):
        return int((found / "cpu.max").read_text().split()[0]) // 100, int((found / "memory.max").read_text())
    return None


def reasons(cluster, name):
    return [event["reason"] for event in cluster.json("get", "events", "--field-selector", f"involvedObject.name={name}")["items"]]


def test_limits_change_in_place(cluster, create):
    name = create(pod("inplace", container("a", "100m", "64Mi"), container("b", "100m", "64Mi", restart="RestartContainer"),
                      initContainers=[container("side", "50m", "32Mi", restartPolicy="Always")]))
    before = get(cluster, name)
    uid = before["metadata"]["uid"]
    assert limits(uid) == (250, 160 * MEBI)
    resize(cluster, name, containers=[{"name": "a", "resources": resources("200m", "48Mi")}, {"name": "b", "resources": resources("100m", "128Mi")}],
           initContainers=[{"name": "side", "resources": resources("60m", "40Mi")}])
    after = wait_for("the resize", lambda: settled(cluster, name))
    statuses = {one["name"]: one for one in after["status"]["containerStatuses"] + after["status"]["initContainerStatuses"]}
    for one, cpu, memory, restarts in (("a", 200, 48, 0), ("b", 100, 128, 1), ("side", 60, 40, 0)):
        assert statuses[one]["restartCount"] == restarts
        assert statuses[one]["resources"] == resources(f"{cpu}m", f"{memory}Mi")
        assert statuses[one]["allocatedResources"] == resources(f"{cpu}m", f"{memory}Mi")["requests"]
        assert limits(uid, statuses[one]["containerID"]) == (cpu, memory * MEBI)
    assert limits(uid) == (360, 216 * MEBI)
    wait_for("its events", lambda: {"ResizeStarted", "ResizeCompleted", "Killing"} <= set(reasons(cluster, name)))


def test_memory_in_use_is_not_taken_away(cluster, create):
    name = create(pod("used", container("a", "100m", "64Mi")))
    resize(cluster, name, containers=[{"name": "a", "resources": resources("100m", "8Ki")}])
    told = wait_for("the refusal", lambda: conditions(get(cluster, name)).get("PodResizeInProgress", {}).get("reason") == "Error"
                    and conditions(get(cluster, name))["PodResizeInProgress"])
    assert "memory limit (8192) below current usage (" in told["message"]
    status = get(cluster, name)["status"]["containerStatuses"][0]
    assert status["resources"]["limits"]["memory"] == "64Mi"
    assert status["allocatedResources"]["memory"] == "8Ki"
    resize(cluster, name, containers=[{"name": "a", "resources": resources("100m", "96Mi")}])
    after = wait_for("the next resize", lambda: settled(cluster, name))
    assert limits(after["metadata"]["uid"]) == (100, 96 * MEBI)


def test_a_resize_of_the_pod_as_a_whole(cluster, create):
    bare = {"name": "a", "image": IMAGE, "imagePullPolicy": "IfNotPresent"}
    name = create(pod("whole", bare, resources=resources("100m", "64Mi")))
    uid = get(cluster, name)["metadata"]["uid"]
    assert limits(uid) == (100, 64 * MEBI)
    resize(cluster, name, resources=resources("150m", "96Mi"))
    after = wait_for("the resize", lambda: settled(cluster, name))
    assert after["status"]["resources"] == resources("150m", "96Mi")
    assert after["status"]["allocatedResources"] == resources("150m", "96Mi")["requests"]
    assert limits(uid) == limits(uid, after["status"]["containerStatuses"][0]["containerID"]) == (150, 96 * MEBI)


def test_what_does_not_fit_waits_also_for_the_next_kubelet(cluster, create):
    node = cluster.json("get", "node", "node1")["status"]["allocatable"]["cpu"]
    milli = int(node[:-1]) if node.endswith("m") else 1000 * int(node)
    large = create(pod("large", container("a", f"{milli // 2}m", "32Mi")))
    small = create(pod("small", container("a", "100m", "32Mi")))
    uid = get(cluster, small)["metadata"]["uid"]
    resize(cluster, small, containers=[{"name": "a", "resources": resources(f"{milli // 2 + 100}m", "32Mi")}])

    def waits():
        told = conditions(get(cluster, small)).get("PodResizePending")
        return told and told["reason"] == "Deferred" and told
    told = wait_for("the answer", waits)
    assert told["message"].startswith(f"Node didn't have enough resource: cpu, requested: {milli // 2 + 100}, used: ")
    agent = cluster.process("node1/agent")
    os.kill(agent, signal.SIGKILL)

    def replaced():
        try:
            return cluster.process("node1/agent") != agent
        except (OSError, IndexError, ValueError):
            return False
    wait_for("another agent", replaced)
    wait_for("its node", lambda: cluster.json("get", "node", "node1")["status"]["conditions"][-1]["status"] == "True")
    assert waits() and limits(uid)[0] == 100
    resize(cluster, large, containers=[{"name": "a", "resources": resources("100m", "32Mi")}])
    wait_for("the room", lambda: settled(cluster, large))
    wait_for("the resize", lambda: settled(cluster, small))
    assert limits(uid)[0] == milli // 2 + 100
    wanted = json.dumps({"spec": {"containers": [{"name": "a", "resources": resources("900", "32Mi")}]}})
    refused = cluster.kubectl("patch", "pod", small, "--subresource", "resize", "-p", wanted, check=False)
    assert "node didn't have enough allocatable resources: cpu, requested: 900000, allocatable: " in refused.stderr

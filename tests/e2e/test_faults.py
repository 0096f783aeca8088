# SPDX-License-Identifier: Apache-2.0
"""kill -9 of what runs the cluster: nothing acknowledged is lost and running pods are not disturbed."""
import os
import signal

import pytest

from conftest import day_pods, is_ready, wait_for


def started(cluster):
    """What would change if a container had been disturbed."""
    return {(pod["metadata"]["name"], status["containerID"], status["restartCount"])
            for pod in day_pods(cluster) for status in pod["status"]["containerStatuses"]}


def kill_and_wait(cluster, component):
    old = cluster.process(component)
    os.kill(old, signal.SIGKILL)

    def replaced():
        try:
            return cluster.process(component) != old
        except (OSError, IndexError, ValueError):
            return False
    wait_for(f"a new {component}", replaced, 30)


@pytest.mark.parametrize("component", ["server", "node1/agent", "node2/containerd"])
def test_kill_disturbs_no_pod_and_loses_nothing(day_service, component):
    wait_for("three ready pods", lambda: len(day_pods(day_service)) == 3 and all(is_ready(p) for p in day_pods(day_service)))
    before = started(day_service)
    name = "kept-" + component.replace("/", "-")
    day_service.kubectl("-n", "default", "create", "configmap", name, "--from-literal=key=value")
    kill_and_wait(day_service, component)
    wait_for("the API server", lambda: day_service.kubectl("get", "--raw", "/readyz", check=False).stdout == "ok", 30)
    assert day_service.json("-n", "default", "get", "configmap", name)["data"] == {"key": "value"}
    wait_for("both nodes Ready", lambda: all(is_ready(node) for node in day_service.json("get", "nodes")["items"]), 60)
    assert started(day_service) == before
    day_service.kubectl("-n", "production", "scale", "deployment/day-service", "--replicas=4")
    wait_for("a fourth pod", lambda: len([p for p in day_pods(day_service) if is_ready(p)]) == 4)
    day_service.kubectl("-n", "production", "scale", "deployment/day-service", "--replicas=3")

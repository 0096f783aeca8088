# SPDX-License-Identifier: Apache-2.0
"""The example as a team would live with it: deploy, call, update, undo, scale, and things that break."""
import json
import os
import signal
import urllib.request

from conftest import day_pods, is_ready, wait_for

SERVICE = "http://day-service.production.svc.cluster.local"


def exec_day(cluster, pod, *words, check=True):
    return cluster.kubectl("-n", "production", "exec", pod, "--", "/day-service", *words, check=check)


def test_three_pods_run_on_both_nodes(day_service):
    pods = day_pods(day_service)
    assert len(pods) == 3 and all(is_ready(pod) for pod in pods)
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2
    assert len({pod["status"]["podIP"] for pod in pods}) == 3
    assert all(pod["status"]["qosClass"] == "Burstable" for pod in pods)


def test_pods_have_addresses_of_their_node(day_service):
    cidrs = {node["metadata"]["name"]: node["spec"]["podCIDR"] for node in day_service.json("get", "nodes")["items"]}
    for pod in day_pods(day_service):
        prefix = cidrs[pod["spec"]["nodeName"]].rsplit(".", 1)[0] + "."
        assert pod["status"]["podIP"].startswith(prefix)


def test_endpoints_list_the_ready_pods(day_service):
    addresses = {pod["status"]["podIP"] for pod in day_pods(day_service)}
    endpoints = day_service.json("-n", "production", "get", "endpoints", "day-service")
    assert {a["ip"] for s in endpoints["subsets"] for a in s["addresses"]} == addresses
    slices = day_service.json("-n", "production", "get", "endpointslices", "-l", "kubernetes.io/service-name=day-service")["items"]
    assert {a for s in slices for e in s["endpoints"] for a in e["addresses"]} == addresses


def test_service_name_reaches_every_pod(day_service):
    caller = day_pods(day_service)[0]["metadata"]["name"]
    health = exec_day(day_service, caller, "call", SERVICE + "/health")
    assert json.loads(health.stdout) == {"status": "healthy"} and health.stderr == ""
    answers = exec_day(day_service, caller, "call", SERVICE + "/", "60").stdout.splitlines()
    assert len({json.loads(line)["pod"] for line in answers}) == 3
    assert len({json.loads(line)["node"] for line in answers}) == 2


def test_configuration_arrives_by_environment_file_and_secret(day_service):
    caller = day_pods(day_service)[0]["metadata"]["name"]
    page = json.loads(exec_day(day_service, caller, "call", "http://localhost:8080/").stdout)
    assert page["logLevel"] == "info" and page["mountedLogLevel"] == "info"
    assert page["secretBytes"] == len("not-so-secret") and page["version"] == "1"


def test_host_calls_the_node_port(day_service):
    def call():
        try:
            with urllib.request.urlopen("http://127.0.0.1:30080/health", timeout=5) as response:
                return json.load(response)
        except OSError as error:
            return None if not isinstance(error, ValueError) else error
    assert wait_for("the NodePort to answer", call, 15) == {"status": "healthy"}


def test_kubectl_logs_exec_and_wide_tables(day_service):
    pod = day_pods(day_service)[0]["metadata"]["name"]
    assert "listens on port 8080" in day_service.kubectl("-n", "production", "logs", pod).stdout
    table = day_service.kubectl("-n", "production", "get", "pods", "-o", "wide").stdout
    assert "NOMINATED NODE" in table and "1/1" in table and "Running" in table
    failed = exec_day(day_service, pod, "call", "http://localhost:1/", check=False)
    assert failed.returncode == 1 and "Connection refused" in failed.stderr


def test_rolling_update_and_undo(day_service):
    def versions():
        return {pod["spec"]["containers"][0]["image"] for pod in day_pods(day_service)}
    day_service.kubectl("-n", "production", "set", "image", "deployment/day-service", "day-service=example/day-service:2")
    day_service.kubectl("-n", "production", "rollout", "status", "deployment/day-service", "--timeout=120s", timeout=150)
    wait_for("only version 2", lambda: versions() == {"example/day-service:2"})
    caller = day_pods(day_service)[0]["metadata"]["name"]
    assert json.loads(exec_day(day_service, caller, "call", SERVICE + "/").stdout)["version"] == "2"
    history = day_service.kubectl("-n", "production", "rollout", "history", "deployment/day-service").stdout
    assert "1 " in history and "2 " in history
    day_service.kubectl("-n", "production", "rollout", "undo", "deployment/day-service")
    day_service.kubectl("-n", "production", "rollout", "status", "deployment/day-service", "--timeout=120s", timeout=150)
    wait_for("only version 1", lambda: versions() == {"example/day-service:1"})


def test_scale_to_five_and_back(day_service):
    for replicas in (5, 3):
        day_service.kubectl("-n", "production", "scale", "deployment/day-service", f"--replicas={replicas}")
        wait_for(f"{replicas} ready pods",
                 lambda: len(day_pods(day_service)) == replicas and all(is_ready(p) for p in day_pods(day_service)))


def test_killed_container_is_restarted(day_service):
    pod = day_pods(day_service)[0]
    name, before = pod["metadata"]["name"], pod["status"]["containerStatuses"][0]
    identity = before["containerID"].split("//")[1]
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and runs_in(int(entry), identity)]
    assert pids, "the container's process is visible from the host"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)

    def restarted():
        status = day_service.json("-n", "production", "get", "pod", name)["status"]["containerStatuses"][0]
        return status["restartCount"] == before["restartCount"] + 1 and status["ready"]
    wait_for("the restart", restarted)


def runs_in(pid, container):
    try:
        with open(f"/proc/{pid}/cgroup") as groups:
            return container in groups.read()
    except OSError:
        return False


def test_deleted_pod_is_replaced(day_service):
    gone = day_pods(day_service)[0]["metadata"]["name"]
    day_service.kubectl("-n", "production", "delete", "pod", gone)
    wait_for("a replacement", lambda: len(day_pods(day_service)) == 3 and all(is_ready(p) for p in day_pods(day_service))
             and gone not in {p["metadata"]["name"] for p in day_pods(day_service)})

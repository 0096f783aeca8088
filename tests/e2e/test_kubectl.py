# SPDX-License-Identifier: Apache-2.0
"""What kubectl prints and returns where a cluster of upstream's would be recognised by it."""
import json

from conftest import day_pods, is_ready, wait_for


def test_budget_knows_its_pods(day_service):
    day_service.kubectl("-n", "production", "create", "pdb", "day", "--selector=app=day-service", "--min-available=2")
    try:
        wait_for("the budget's status", lambda: day_service.json("-n", "production", "get", "pdb", "day")["status"]
                 .get("disruptionsAllowed") == 1, 15)
    finally:
        day_service.kubectl("-n", "production", "delete", "pdb", "day")


def test_logs_of_no_previous_container(day_service):
    pod = day_pods(day_service)[0]["metadata"]["name"]
    failed = day_service.kubectl("-n", "production", "logs", pod, "--previous", check=False)
    assert failed.returncode == 1
    assert f'previous terminated container "day-service" in pod "{pod}" not found' in failed.stderr
    assert "BadRequest" in failed.stderr


def test_proxy_to_pods_and_services(day_service):
    pod = day_pods(day_service)[0]["metadata"]["name"]
    base = "/api/v1/namespaces/production"
    for path in (f"{base}/pods/{pod}:8080/proxy/health", f"{base}/services/day-service/proxy/health"):
        def call():
            answer = day_service.kubectl("get", "--raw", path, check=False)
            return answer.stdout if answer.returncode == 0 else None
        assert json.loads(wait_for(path, call, 15)) == {"status": "healthy"}


def test_debug_with_an_ephemeral_container(day_service):
    pod = day_pods(day_service)[0]["metadata"]["name"]
    day_service.kubectl("-n", "production", "debug", pod, "--image=example/day-service:2", "--container=debugger",
                        "--target=day-service", "--image-pull-policy=IfNotPresent", "--env=PORT=8081")

    def runs():
        statuses = day_service.json("-n", "production", "get", "pod", pod)["status"].get("ephemeralContainerStatuses", [])
        return [s for s in statuses if s["name"] == "debugger" and "running" in s["state"]]
    wait_for("the debugger to run", runs, 20)
    assert "listens on port 8081" in day_service.kubectl("-n", "production", "logs", pod, "-c", "debugger").stdout
    assert is_ready(day_service.json("-n", "production", "get", "pod", pod))
    day_service.kubectl("-n", "production", "delete", "pod", pod)


def test_a_list_is_checked_by_the_schema(cluster):
    """kubectl reads OpenAPI v2 in protobuf for a v1 List: the only form that it asks for."""
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}} for name in ("in-list-1", "in-list-2")]
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    applied = cluster.kubectl("-n", "default", "apply", "-f", "-", stdin=json.dumps(document))
    assert applied.stdout == "configmap/in-list-1 created\nconfigmap/in-list-2 created\n"
    items[0]["dta"] = {}
    refused = cluster.kubectl("-n", "default", "apply", "-f", "-", stdin=json.dumps(document), check=False)
    assert refused.returncode == 1 and 'unknown field "dta" in io.k8s.api.core.v1.ConfigMap' in refused.stderr

# SPDX-License-Identifier: Apache-2.0
"""/metrics of a server, as Prometheus reads it."""
import json
import re

from conftest import wait_for

LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')


def scrape(server):
    """{(name, frozenset of label pairs): value}; fails on what is no metric."""
    values, types = {}, {}
    for line in server.kubectl("get", "--raw", "/metrics").stdout.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in types
            types[name] = kind
        elif not line.startswith("#"):
            name, labels, value = LINE.fullmatch(line).groups()
            assert name in types or re.sub("_(bucket|sum|count)$", "", name) in types
            key = (name, frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert key not in values
            values[key] = float(value)
    return values


def value(values, metric, /, **labels):
    return sum(v for (n, pairs), v in values.items() if n == metric and set(labels.items()) <= pairs)


def test_what_components_do_is_counted(server):
    server.kubectl("apply", "-f", "-", stdin=json.dumps(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"},
         "status": {"allocatable": {"pods": "10", "cpu": "4", "memory": "8Gi"}}}))
    server.kubectl("create", "deployment", "web", "--image=example.com/web", "--replicas=2")
    bound = lambda: [pod for pod in server.json("get", "pods")["items"] if pod["spec"].get("nodeName")]
    wait_for("two bound pods", lambda: len(bound()) == 2)
    server.kubectl("apply", "-f", "-", stdin=json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "large"}, "spec": {"containers": [
            {"name": "c", "image": "example.com/i", "resources": {"requests": {"cpu": "1000"}}}]}}))
    wait_for("a pod that fits nowhere", lambda: value(scrape(server), "scheduler_pending_pods", queue="unschedulable") == 1)
    seen = scrape(server)
    assert value(seen, "scheduler_schedule_attempts_total", result="scheduled", profile="default-scheduler") == 2
    assert value(seen, "scheduler_scheduling_attempt_duration_seconds_count", result="unschedulable") >= 1
    assert value(seen, "scheduler_pod_scheduling_sli_duration_seconds_count", attempts="1") == 2
    assert value(seen, "workqueue_adds_total", name="deployment") >= 1
    assert value(seen, "workqueue_work_duration_seconds_bucket", name="replicaset", le="+Inf") >= 1
    assert value(seen, "workqueue_depth", name="deployment") == 0
    assert value(seen, "leader_election_master_status", name="kube-scheduler") == 1
    assert value(seen, "running_managed_controllers", name="daemonset-controller", manager="kube-controller-manager") == 1
    assert value(seen, "rest_client_requests_total", code="201", method="POST") >= 2
    assert value(seen, "apiserver_request_total", resource="deployments", verb="POST", code="201") == 1
    assert value(seen, "apiserver_request_duration_seconds_count", resource="pods", subresource="binding", verb="POST") == 2
    assert value(seen, "apiserver_current_inflight_requests", request_kind="readOnly") >= 1
    assert value(seen, "apiserver_longrunning_requests", resource="pods", verb="WATCH") >= 2
    assert value(seen, "apiserver_storage_objects", resource="pods") == 3
    assert value(seen, "apiserver_resource_objects", resource="deployments", group="apps") == 1
    assert value(seen, "etcd_request_duration_seconds_count", operation="create", resource="pods") == 3
    assert value(seen, "authorization_attempts_total", result="allowed") > 10
    assert 1e6 < value(seen, "process_resident_memory_bytes") < 1e9

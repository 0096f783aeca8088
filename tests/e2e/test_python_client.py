# SPDX-License-Identifier: Apache-2.0
"""The official Python client, unmodified: typed objects, watch, dynamic discovery."""
import pytest
from conftest import day_pods
from kubernetes import client, config, dynamic, watch
from kubernetes.stream import portforward, stream


@pytest.fixture(scope="module")
def api(cluster):
    return config.new_client_from_config(cluster.kubeconfig)


def test_typed_objects(api):
    core = client.CoreV1Api(api)
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(generate_name="typed-"), data={"a": "1"})
    made = core.create_namespaced_config_map("default", body)
    assert made.metadata.name.startswith("typed-") and made.metadata.uid
    made.data["a"] = "2"
    assert core.replace_namespaced_config_map(made.metadata.name, "default", made).data == {"a": "2"}
    with pytest.raises(client.ApiException) as stale:
        core.replace_namespaced_config_map(made.metadata.name, "default", made)
    assert stale.value.status == 409
    core.delete_namespaced_config_map(made.metadata.name, "default")
    with pytest.raises(client.ApiException) as gone:
        core.read_namespaced_config_map(made.metadata.name, "default")
    assert gone.value.status == 404 and '"reason":"NotFound"' in gone.value.body


def test_watch_sees_what_happens(api):
    core = client.CoreV1Api(api)
    revision = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="watched")))
    core.delete_namespaced_config_map("watched", "default")
    kinds = []
    for event in watch.Watch().stream(core.list_namespaced_config_map, "default", resource_version=revision, timeout_seconds=10):
        if event["object"].metadata.name == "watched":
            kinds.append(event["type"])
        if kinds == ["ADDED", "DELETED"]:
            break
    assert kinds == ["ADDED", "DELETED"]


def test_dynamic_client_discovers_every_group(api, tmp_path):
    found = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery"))
    deployments = found.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.namespaced and "patch" in deployments.verbs
    leases = found.resources.get(api_version="coordination.k8s.io/v1", kind="Lease")
    assert {lease.metadata.name for lease in leases.get(namespace="kube-node-lease").items} == {"node1", "node2"}


def test_flags_as_python_writes_them(day_service, api):
    """tty=False and previous=True, with capitals."""
    core = client.CoreV1Api(api)
    pod = day_pods(day_service)[0]["metadata"]["name"]
    session = stream(core.connect_get_namespaced_pod_exec, pod, "production", stdin=False, stdout=True, stderr=True, tty=False,
                     command=["/day-service", "call", "http://localhost:1/"], _preload_content=False)
    session.run_forever(timeout=10)
    assert "Connection refused" in session.read_stderr() and session.returncode == 1
    line = core.read_namespaced_pod_log(pod, "production", tail_lines=1, timestamps=True)
    assert line.startswith("20")
    with pytest.raises(client.ApiException) as none:
        core.read_namespaced_pod_log(pod, "production", previous=True)
    assert none.value.status == 400 and "previous terminated container" in none.value.body


def test_port_forward_by_numbered_channels(day_service, api):
    core = client.CoreV1Api(api)
    pod = day_pods(day_service)[0]["metadata"]["name"]
    forward = portforward(core.connect_get_namespaced_pod_portforward, pod, "production", ports="8080,9")
    socket = forward.socket(8080)
    socket.settimeout(10)
    socket.sendall(b"GET /health HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n")
    answer = b""
    while piece := socket.recv(4096):
        answer += piece
    assert answer.endswith(b'{"status":"healthy"}\n') or answer.endswith(b'{"status":"healthy"}')
    assert forward.error(8080) is None and "connection refused" in forward.error(9)

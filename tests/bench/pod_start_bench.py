"""pod_start_bench - from the create of a pod through the API until a watch shows it Ready, its image being there, beside
what the same containerd needs for RunPodSandbox, CreateContainer and StartContainer asked directly; by turns."""
import json
import os
import time
import uuid

from api_client import Cluster
from report import Workplace, median, need, remark, report, skip

ROUNDS = 9
PAUSE = 0.5  # what the one before leaves behind is cleared away meanwhile
IMAGE = "example/day-service:1"
PODS = "/api/v1/namespaces/default/pods"


# ---------------------------------------------------------------- protobuf, as much as these few messages need

def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def first_text(message):
    """Of an answer that is one string field."""
    size = message[1]
    return message[2:2 + size].decode()


class Runtime:
    """containerd's CRI, asked directly."""

    def __init__(self, socket, cgroup, logs):
        import grpc  # only here: the package is optional
        self.channel = grpc.insecure_channel(f"unix://{socket}", options=[("grpc.default_authority", "localhost")])
        self.cgroup = cgroup
        self.logs = logs

    def call(self, method, request):
        return self.channel.unary_unary(f"/runtime.v1.RuntimeService/{method}")(request, timeout=30)

    def start(self):
        name = uuid.uuid4().hex
        config = (field(1, field(1, name) + field(2, name) + field(3, "bench")) + field(2, "bench") +
                  field(3, f"{self.logs}/{name}") + field(8, field(1, f"{self.cgroup}/{name}")))
        container = (field(1, field(1, "server")) + field(2, field(1, f"docker.io/{IMAGE}")) + field(11, "server.log"))
        began = time.monotonic()
        sandbox = first_text(self.call("RunPodSandbox", field(1, config)))
        made = self.call("CreateContainer", field(1, sandbox) + field(2, container) + field(3, config))
        self.call("StartContainer", field(1, first_text(made)))
        span = (time.monotonic() - began) * 1e3
        self.call("StopPodSandbox", field(1, sandbox))
        self.call("RemovePodSandbox", field(1, sandbox))
        return span


# ---------------------------------------------------------------- through the API

def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


class Watch:
    def __init__(self, cluster):
        version = cluster.ask("GET", PODS)["metadata"]["resourceVersion"]
        connection = cluster.connect()
        connection.request("GET", f"{PODS}?watch=1&resourceVersion={version}")
        self.answer = connection.getresponse()

    def wait(self, name, condition):
        """When it was seen, monotonic; of that pod's events."""
        while True:
            event = json.loads(self.answer.readline())
            if event["object"]["metadata"]["name"] == name and condition(event["type"], event["object"]):
                return time.monotonic()


def start_pod(cluster, watch, number):
    """Milliseconds until it is bound to the node, and until it is Ready."""
    name = f"bench-{number}"
    body = {"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [
        {"name": "server", "image": IMAGE, "imagePullPolicy": "Never"}]}}
    began = time.monotonic()
    cluster.ask("POST", PODS, body)
    bound = watch.wait(name, lambda kind, pod: pod["spec"].get("nodeName"))
    ready = watch.wait(name, lambda kind, pod: is_ready(pod))
    cluster.ask("DELETE", f"{PODS}/{name}")
    watch.wait(name, lambda kind, pod: kind == "DELETED")
    return (bound - began) * 1e3, (ready - began) * 1e3


def main():
    if os.geteuid() != 0:
        skip("needs root")
    need("containerd", "runc")
    try:
        import grpc  # noqa: F401 pylint: disable=unused-import
    except ImportError:
        skip("needs python3-grpcio")
    with Workplace("pod-start-bench") as place, Cluster(place) as cluster:
        cluster.import_image("day-service-1.tar")
        runtime = Runtime(f"/run/coracle/{cluster.name}/nodes/node1/containerd.sock", f"/coracle-{cluster.name}/node1",
                          place.file("logs"))
        watch = Watch(cluster)
        start_pod(cluster, watch, "first")
        direct, bound, ready = [], [], []
        for i in range(ROUNDS):
            time.sleep(PAUSE)
            direct.append(runtime.start())
            time.sleep(PAUSE)
            spans = start_pod(cluster, watch, i)
            bound.append(spans[0])
            ready.append(spans[1])
        report("pod start: create to Ready", median(ready), "ms", "CRI asked directly", median(direct), "over <= 30")
        report("  of it until bound to a node", median(bound), "ms", "", 0, "")
        remark(f"fastest {min(ready):.0f} and {min(direct):.0f} ms, slowest {max(ready):.0f} and {max(direct):.0f} ms")


if __name__ == "__main__":
    main()

"""api_bench - requests a second of a whole control plane over TLS and HTTP/2 with a service account's token, durable.

Reads beside nginx (one worker) that gets the same requests and serves the same bytes from files; creates beside etcd's puts of the same value and
beside one fdatasync. Server, peer and h2load share the cores; they are asked by turns, several rounds, medians count."""
import json
import os
import time

from api_client import Load, Server, start_etcd, start_nginx
from report import Workplace, median, need, remark, report

ROUNDS = 3
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "bench-", "labels": {"app": "bench"}},
       "spec": {"schedulerName": "nobody", "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "server", "image": "example/day-service:1", "ports": [{"containerPort": 8080}],
                                "env": [{"name": "PORT", "value": "8080"}],
                                "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}}]}}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "bench-"}, "data": {"text": "x" * 900}}
WIDGET = {"apiVersion": "bench.example.com/v1", "kind": "Widget", "metadata": {"generateName": "bench-"},
          "spec": {"size": 3, "text": "x" * 880, "parts": [{"name": "a"}, {"name": "b"}]}}
DEFINITION = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.bench.example.com"},
              "spec": {"group": "bench.example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"}, "versions": [
                  {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
                      "type": "object", "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
                          "size": {"type": "integer", "minimum": 1}, "text": {"type": "string"}, "mode": {"type": "string", "default": "fast"},
                          "parts": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}}},
                          "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}}}]}}
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/bench.example.com/v1/namespaces/default/widgets"
PODS = "/api/v1/namespaces/default/pods"
GRPC = ("content-type: application/grpc", "te: trailers")


def by_turns(*asks):
    """The median figure of each."""
    seen = [[ask() for ask in asks] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*seen)]


def reads(place, server, headers, names):
    paths = {"pod": f"{PODS}/{names[0]}", "list-500": f"{PODS}?limit=500", "list-1000": f"{PODS}?limit=1000"}
    nginx = start_nginx(place, {name: server.raw("GET", path)[1] for name, path in paths.items()})
    server.rest()  # nginx has no second connection either
    cases = [("GET of a pod, 8 x 32 streams", "pod", 40000, 8, 32, "ratio >= 0.7"),
             ("GET of a pod, one stream", "pod", 5000, 1, 1, ""),
             ("LIST of 500 pods, 8 clients", "list-500", 800, 8, 1, ""),
             ("LIST of 1,000 pods, 8 clients", "list-1000", 400, 8, 1, "")]
    for what, name, count, clients, streams, budget in cases:
        ours, peer = by_turns(lambda: Load(server.url + paths[name], count, clients, streams, headers).rate,
                              lambda: Load(f"{nginx}/{name}", count, clients, streams, headers).rate)
        report(what, ours, "/s", "nginx, 1 worker", peer, budget)


def fdatasync_span(place):
    """Microseconds of one that writes over a block of a file that is there, the median."""
    descriptor = os.open(place.file("floor"), os.O_RDWR | os.O_CREAT)
    os.pwrite(descriptor, b"x" * (4 << 20), 0)
    os.fsync(descriptor)
    spans = []
    for i in range(500):
        began = time.monotonic()
        os.pwrite(descriptor, bytes([i & 255]) * 4096, i * 4096)
        os.fdatasync(descriptor)
        spans.append((time.monotonic() - began) * 1e6)
    os.close(descriptor)
    return median(spans)


def creates(place, server, headers):
    config = place.file("config.json", json.dumps(CONFIG))
    pod = place.file("pod.json", json.dumps(POD))
    url, put = start_etcd(place, b"/registry/bench", json.dumps(CONFIG).encode())
    configs = f"{server.url}/api/v1/namespaces/default/configmaps"
    headers = (*headers, "content-type: application/json")
    ours, pods, peer = by_turns(lambda: Load(configs, 8000, 32, 16, headers, config).rate,
                                lambda: Load(server.url + PODS, 3000, 32, 16, headers, pod).rate,
                                lambda: Load(url, 8000, 32, 16, GRPC, put).rate)
    report("durable CREATE of a 1 KB ConfigMap, 512 at once", ours, "/s", "etcd puts", peer, "ratio >= 5")
    report("durable CREATE of a pod, 512 at once", pods, "/s", "etcd puts", peer, "")
    log = place.file("h2load.log")
    ours, peer, floor = by_turns(lambda: median(Load(configs, 1000, 1, 1, headers, config, log).spans),
                                 lambda: median(Load(url, 1000, 1, 1, GRPC, put, log).spans),
                                 lambda: fdatasync_span(place))
    report("durable CREATE, one client, median", ours, "us", "one fdatasync", floor, "ratio <= 2")
    report("durable CREATE, one client, median", ours, "us", "etcd put", peer, "")


def customs(place, server, headers):
    """Custom resources beside built-in ones of the same size."""
    server.ask("POST", DEFINITIONS, DEFINITION)
    while server.raw("GET", WIDGETS)[0] != 200:
        time.sleep(0.01)
    configs = "/api/v1/namespaces/default/configmaps"
    config, widget = place.file("config.json", json.dumps(CONFIG)), place.file("widget.json", json.dumps(WIDGET))
    writing = (*headers, "content-type: application/json")
    ours, peer = by_turns(lambda: Load(server.url + WIDGETS, 8000, 32, 16, writing, widget).rate,
                          lambda: Load(server.url + configs, 8000, 32, 16, writing, config).rate)
    report("durable CREATE of a custom object, 512 at once", ours, "/s", "ConfigMaps of its size", peer, "ratio >= 0.5")
    first = {path: server.ask("GET", f"{path}?limit=1")["items"][0]["metadata"]["name"] for path in (WIDGETS, configs)}
    for what, rest, count, clients, streams in (("GET of a custom object, 8 x 32 streams", "/{}", 40000, 8, 32),
                                                ("LIST of 500 custom objects, 8 clients", "?limit=500", 800, 8, 1)):
        ours, peer = by_turns(*(lambda path=path: Load(server.url + path + rest.format(first[path]), count, clients, streams, headers).rate
                                for path in (WIDGETS, configs)))
        report(what, ours, "/s", "ConfigMaps of its size", peer, "ratio >= 0.5")


def main():
    need("nginx", "h2load", "etcd", "openssl")
    with Workplace("api-bench") as place:
        server = Server(place)
        headers = (f"authorization: Bearer {server.token()}",)
        pod = place.file("pod.json", json.dumps(POD))
        Load(server.url + PODS, 1000, 8, 8, (*headers, "content-type: application/json"), pod)
        names = [item["metadata"]["name"] for item in server.ask("GET", f"{PODS}?limit=1")["items"]]
        size = len(server.raw("GET", f"{PODS}/{names[0]}")[1])
        reads(place, server, headers, names)
        creates(place, server, headers)
        customs(place, server, headers)
        remark(f"a pod is {size} bytes here")


if __name__ == "__main__":
    main()

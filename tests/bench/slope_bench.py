"""slope_bench - the same requests with more streams, larger objects and more objects stored, so that it shows what they depend on.

A whole control plane over TLS and HTTP/2 with a service account's token. Reads beside nginx (one worker) with the same bytes, writes beside
etcd's puts of the same value; of the objects stored, beside the figure with the fewest of them. BENCH_OBJECTS names other numbers of objects
than 10,10000,300000. Upstream's API server on such a machine reads 456 pods a second with one stream and 2,322 with many, and creates 286
with one and 1,050 with 32."""
import json
import os

from api_client import Load, Server, start_etcd, start_nginx
from report import Workplace, need, remark, report

STREAMS = {1: (1, 1), 32: (4, 8), 256: (8, 32)}  # clients and streams of each
SIZES = {"1 KB": 700, "3 KB": 2700, "30 KB": 29700}  # bytes of data in an object
STORED = [int(count) for count in os.environ.get("BENCH_OBJECTS", "10,10000,300000").split(",")]
CONFIGS = "/api/v1/namespaces/default/configmaps"
GRPC = ("content-type: application/grpc", "te: trailers")
COUNT = {1: 1500, 32: 8000, 256: 16000}


def config(size, **meta):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"text": "x" * size}}


def count_of(streams, size):
    return max(200, COUNT[streams] // (1 + size // 4000))


def read_and_write(place, server, headers):
    """By streams and sizes, with few objects stored."""
    json_headers = (*headers, "content-type: application/json")
    patch_headers = (*headers, "content-type: application/merge-patch+json", ":method: PATCH")
    for text, size in SIZES.items():
        name = f"read-{size}"
        server.ask("POST", CONFIGS, config(size, name=name))
        nginx = start_nginx(place, {"object": server.raw("GET", f"{CONFIGS}/{name}")[1]})
        body = place.file("create.json", json.dumps(config(size, generateName="w-")))
        patch = place.file("patch.json", json.dumps({"data": {"more": "x" * 20}}))
        etcd, put = start_etcd(place, b"/registry/slope", json.dumps(config(size, name="w-12345")).encode())
        for streams, (clients, each) in STREAMS.items():
            count = count_of(streams, size)
            ours = Load(f"{server.url}{CONFIGS}/{name}", count, clients, each, headers).rate
            peer = Load(f"{nginx}/object", count, clients, each, headers).rate
            report(f"GET, {text}, {streams} streams", ours, "/s", "nginx, 1 worker", peer, "ratio >= 0.7" if streams > 1 else "")
            ours = Load(server.url + CONFIGS, count // 2, clients, each, json_headers, body).rate
            peer = Load(etcd, count // 2, clients, each, GRPC, put).rate
            report(f"durable CREATE, {text}, {streams} streams", ours, "/s", "etcd puts", peer, "ratio >= 5" if streams > 1 else "")
        ours = Load(f"{server.url}{CONFIGS}/{name}", 500, 1, 1, patch_headers, patch).rate
        report(f"merge PATCH that changes nothing, {text}, 1 stream", ours, "/s")
        for process in place.processes[-2:]:
            place.stop(process)
        server.ask("DELETE", f"{CONFIGS}?labelSelector=!none")


def memory_of(process):
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) * 1024


def by_stored(place, server, headers):
    """The slope: what other objects of the same kind cost a request, and what each of them costs in memory."""
    body = place.file("stored.json", json.dumps(config(SIZES["1 KB"], generateName="stored-", labels={"app": "slope"})))
    one = place.file("one.json", json.dumps(config(SIZES["1 KB"], generateName="one-")))
    json_headers = (*headers, "content-type: application/json")
    server.ask("POST", CONFIGS, config(SIZES["1 KB"], name="this"))
    asks = {
        "GET": lambda: Load(f"{server.url}{CONFIGS}/this", 8000, 4, 8, headers).rate,
        "LIST of 10": lambda: Load(f"{server.url}{CONFIGS}?limit=10", 2000, 4, 1, headers).rate,
        "LIST that matches none": lambda: Load(f"{server.url}{CONFIGS}?labelSelector=app%3Dnone", 40, 1, 1, headers).rate,
        "durable CREATE": lambda: Load(server.url + CONFIGS, 4000, 4, 8, json_headers, one).rate,
    }
    first, there, empty = {}, 1, memory_of(server.process)
    for stored in STORED:
        while there < stored:
            step = min(stored - there, 20000)
            Load(server.url + CONFIGS, step, min(step, 16), 16, json_headers, body)
            there += step
        for what, ask in asks.items():
            rate = ask()
            report(f"{what}, {stored:,} stored, 32 streams" if "LIST" not in what else f"{what}, {stored:,} stored", rate, "/s",
                   f"with {STORED[0]:,}" if what in first else "", first.get(what, 0.0))
            first.setdefault(what, rate)
        there += 4000
    size = len(server.raw("GET", f"{CONFIGS}/this")[1])
    each = (memory_of(server.process) - empty) / there
    report(f"memory of a stored ConfigMap, {there:,} stored", each, "bytes", "its JSON", size, "ratio <= 2")


def main():
    need("nginx", "h2load", "etcd", "openssl")
    with Workplace("slope-bench") as place:
        server = Server(place)
        headers = (f"authorization: Bearer {server.token()}",)
        read_and_write(place, server, headers)
        by_stored(place, server, headers)
        remark("each figure is one run: read the slope, not the last digit")


if __name__ == "__main__":
    main()

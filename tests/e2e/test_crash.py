# SPDX-License-Identifier: Apache-2.0
"""A server that is killed again and again under load: what it acknowledged is there, and who watches misses nothing."""
import json
import random
import subprocess
import threading
import time

import kubernetes
import pytest
import urllib3

from connection import UNREACHABLE, Connection, tls_context
from conftest import Server, wait_for

WRITERS, NAMES, KILLS = 4, 20, 8
PATH = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    made.start()
    yield made
    made.stop()


def parity_of(value):
    return "odd" if int(value.split(".")[1]) % 2 else "even"


class Writer(threading.Thread):
    """Writes its own objects and knows what each must be: the last acknowledged value, or that of a write without answer."""
    def __init__(self, number, connection, over):
        super().__init__()
        self.number, self.connection, self.over = number, connection, over
        self.random, self.known, self.problems, self.writes = random.Random(number), {}, [], 0

    def read_back(self, name, allowed):
        while True:
            try:
                status, document = self.connection.call("GET", f"{PATH}/{name}")
                break
            except UNREACHABLE:
                time.sleep(0.01)
        value = document["data"]["value"] if status == 200 else None
        if status not in (200, 404) or value not in allowed:
            self.problems.append(f"{name} is {value} (status {status}), may be one of {allowed}")
        self.known[name] = value

    def write(self, name, value):
        if value is None:
            return self.connection.call("DELETE", f"{PATH}/{name}")
        body = {"metadata": {"name": name, "labels": {"parity": parity_of(value)}}, "data": {"value": value}}
        if self.known.get(name) is None:
            return self.connection.call("POST", PATH, body)
        return self.connection.call("PUT", f"{PATH}/{name}", body)

    def run(self):
        while not self.over.is_set():
            name = f"w{self.number}-{self.random.randrange(NAMES)}"
            before, self.writes = self.known.get(name), self.writes + 1
            value = None if before is not None and self.random.random() < 0.2 else f"{self.number}.{self.writes}"
            try:
                status, document = self.write(name, value)
            except UNREACHABLE:
                self.read_back(name, (before, value))
                continue
            if status not in (200, 201):
                self.problems.append(f"{name}: {status} {document.get('message')}")
            self.known[name] = value


class Watcher(threading.Thread):
    """A client's copy of what it selects: one list, and every change since, wherever the server was killed in between."""
    def __init__(self, server, over, parity=None):
        super().__init__(daemon=True)
        self.server, self.over, self.copy, self.problems = server, over, {}, []
        self.revision, self.watches, self.parity = None, 0, parity
        self.query = f"labelSelector=parity%3D{parity}&" if parity else ""

    def take(self, event):
        if event["type"] == "ERROR":
            self.problems.append(f"{event['object']['message']} (after {self.revision})")
            self.over.set()
            return
        meta = event["object"]["metadata"]
        if int(meta["resourceVersion"]) <= self.revision:
            self.problems.append(f"{event['type']} {meta.get('name')} {meta['resourceVersion']} after {self.revision}")
        self.revision = int(meta["resourceVersion"])
        if event["type"] == "BOOKMARK":
            return
        name, value = meta["name"], event["object"].get("data", {}).get("value")
        if (event["type"] == "ADDED") == (name in self.copy):
            self.problems.append(f"{event['type']} {name} {self.revision}, which is {self.copy.get(name)} here")
        self.copy[name] = value
        if event["type"] == "DELETED":
            del self.copy[name]

    def list(self):
        _, document = Connection(self.server.port, self.server.context).call("GET", f"{PATH}?{self.query}")
        self.copy = {item["metadata"]["name"]: item.get("data", {}).get("value") for item in document["items"]}
        self.revision = int(document["metadata"]["resourceVersion"])

    def watch(self):
        connection = Connection(self.server.port, self.server.context, timeout=60)
        response = connection.send("GET", f"{PATH}?watch=1&{self.query}resourceVersion={self.revision}")
        while line := response.readline():
            self.take(json.loads(line))
        connection.http.close()

    def run(self):
        self.list()
        while not self.over.is_set():
            self.watches += 1
            try:
                self.watch()
            except UNREACHABLE:
                time.sleep(0.01)

    def shows(self, stored):
        """The same objects, of those that writers make."""
        def mine(value):
            return self.parity is None or parity_of(value) == self.parity
        return {n: v for n, v in self.copy.items() if n.startswith("w")} == {n: v for n, v in stored.items() if mine(v)}


class CurlWatcher(Watcher):
    def watch(self):
        files = [self.server.directory / f"{kind}-data" for kind in ("certificate-authority", "client-certificate", "client-key")]
        url = f"https://127.0.0.1:{self.server.port}{PATH}?watch=1&allowWatchBookmarks=true&{self.query}resourceVersion={self.revision}"
        command = ["curl", "--noproxy", "*", "-sN", "--cacert", files[0], "--cert", files[1], "--key", files[2], url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
            for line in curl.stdout:
                if not line.endswith(b"\n"):
                    break  # cut off in the middle
                self.take(json.loads(line))
        time.sleep(0.01)


class ClientWatcher(Watcher):
    """Kubernetes' client for Python."""
    def watch(self):
        api = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(self.server.kubeconfig))
        api.api_client.configuration.retries = False
        stream = kubernetes.watch.Watch().stream(api.list_namespaced_config_map, "default", resource_version=str(self.revision),
                                                 label_selector=f"parity={self.parity}" if self.parity else "", timeout_seconds=50)
        try:
            for event in stream:
                self.take({"type": event["type"], "object": event["raw_object"]})
        except kubernetes.client.exceptions.ApiException as failure:
            self.problems.append(str(failure))
            self.over.set()
        except urllib3.exceptions.HTTPError:
            time.sleep(0.01)


def test_nothing_acknowledged_is_lost(server):
    """... and who watches resumes where it was: without a gap, without seeing anything twice, and without a new list."""
    server.context, over, end = tls_context(server), threading.Event(), threading.Event()
    watchers = [Watcher(server, end), Watcher(server, end, "odd"), CurlWatcher(server, end), CurlWatcher(server, end, "even"),
                ClientWatcher(server, end), ClientWatcher(server, end, "odd")]
    writers = [Writer(number, Connection(server.port, server.context), over) for number in range(WRITERS)]
    for thread in [*watchers, *writers]:
        thread.start()
    chance = random.Random(1)
    for number in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.5))
        if number % 4 == 3:
            server.stop()  # in good order
        else:
            server.running.kill()
            server.running.wait()
        server.start()
    over.set()
    for writer in writers:
        writer.join()
    _, document = Connection(server.port, server.context).call("GET", PATH)
    stored = {item["metadata"]["name"]: item["data"]["value"] for item in document["items"] if item["metadata"]["name"].startswith("w")}
    known = {name: value for writer in writers for name, value in writer.known.items() if value is not None}
    assert [problem for writer in writers for problem in writer.problems] == []
    assert stored == known
    assert sum(writer.writes for writer in writers) > 10 * KILLS
    for watcher in watchers:
        wait_for("the watcher's copy to be the same", lambda: watcher.shows(stored) or watcher.problems, 10)
        assert watcher.problems == []
        assert watcher.watches > KILLS / 2
    end.set()

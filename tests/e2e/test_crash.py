# SPDX-License-Identifier: Apache-2.0
"""A server that is killed again and again under load: what it acknowledged is there, and who watches misses nothing."""
import http.client
import json
import random
import threading
import time

import pytest

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
        body = {"metadata": {"name": name}, "data": {"value": value}}
        if value is None:
            return self.connection.call("DELETE", f"{PATH}/{name}")
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
    """A client's copy of the collection: a list, its changes, and a new list when the server says that it must."""
    def __init__(self, connection, over):
        super().__init__(daemon=True)
        self.connection, self.over, self.copy, self.problems = connection, over, {}, []

    def take(self, event):
        meta = event["object"].get("metadata", {})
        if event["type"] == "ADDED" and meta["name"] in self.copy:
            self.problems.append(f"{meta['name']} was added twice")
        if event["type"] == "DELETED":
            self.copy.pop(meta["name"], None)
        elif event["type"] in ("ADDED", "MODIFIED"):
            self.copy[meta["name"]] = event["object"].get("data", {}).get("value")
        return meta["resourceVersion"]

    def follow(self):
        _, document = self.connection.call("GET", PATH)
        self.copy = {item["metadata"]["name"]: item.get("data", {}).get("value") for item in document["items"]}
        revision = document["metadata"]["resourceVersion"]
        while True:
            response = self.connection.send("GET", f"{PATH}?watch=1&resourceVersion={revision}")
            while line := response.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return  # 410: expired
                revision = self.take(event)
            self.connection.http.close()

    def run(self):
        while not self.over.is_set():
            try:
                self.follow()
            except UNREACHABLE:
                time.sleep(0.01)


def test_nothing_acknowledged_is_lost(server):
    context, over, end = tls_context(server), threading.Event(), threading.Event()
    watcher = Watcher(Connection(server.port, context, timeout=60), end)
    writers = [Writer(number, Connection(server.port, context), over) for number in range(WRITERS)]
    for thread in [watcher, *writers]:
        thread.start()
    chance = random.Random(1)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.5))
        server.running.kill()
        server.running.wait()
        server.start()
    over.set()
    for writer in writers:
        writer.join()
    _, document = Connection(server.port, context).call("GET", PATH)
    stored = {item["metadata"]["name"]: item["data"]["value"] for item in document["items"] if item["metadata"]["name"].startswith("w")}
    known = {name: value for writer in writers for name, value in writer.known.items() if value is not None}
    assert [problem for writer in writers for problem in writer.problems] == []
    assert stored == known
    assert sum(writer.writes for writer in writers) > 10 * KILLS
    wait_for("the watcher's copy to be the same", lambda: {n: v for n, v in watcher.copy.items() if n.startswith("w")} == stored, 10)
    assert watcher.problems == []
    end.set()

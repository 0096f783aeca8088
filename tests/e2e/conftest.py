# SPDX-License-Identifier: Apache-2.0
"""A cluster of this machine for the end-to-end tests: made by 'coracle up', driven by unmodified clients, removed at the end."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORACLE = ROOT / "build" / "coracle"
IMAGES = ROOT / "build" / "images"
KUBECTL_CACHE = tempfile.TemporaryDirectory(prefix="kubectl-cache-")  # gone at exit


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what, check, seconds=60):
    """The first true answer of check(); fails with what it was waiting for and what it saw last."""
    deadline = time.monotonic() + seconds
    seen = None
    while time.monotonic() < deadline:
        seen = check()
        if seen:
            return seen
        time.sleep(0.1)
    pytest.fail(f"waited {seconds} s for {what}; last: {seen!r}")


class Cluster:
    def __init__(self, name, port):
        self.name, self.port = name, port
        self.kubeconfig = f"/var/lib/coracle/{name}/admin.kubeconfig"

    def coracle(self, *words, check=True):
        result = subprocess.run([str(CORACLE), *words], capture_output=True, text=True, timeout=180)
        if check and result.returncode != 0:
            pytest.fail(f"coracle {' '.join(words)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def kubectl(self, *words, check=True, stdin=None, timeout=120):
        environment = dict(os.environ, KUBECONFIG=self.kubeconfig, HOME="/nonexistent", KUBECACHEDIR=KUBECTL_CACHE.name)
        result = subprocess.run(["kubectl", *words], capture_output=True, text=True, input=stdin, timeout=timeout, env=environment)
        if check and result.returncode != 0:
            pytest.fail(f"kubectl {' '.join(words)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def json(self, *words):
        return json.loads(self.kubectl(*words, "-o", "json").stdout)

    def process(self, component):
        """The pid of a supervised process: server, node1/agent, node1/containerd, ..."""
        path = pathlib.Path(f"/run/coracle/{self.name}/pids/{component.replace('/', '-')}.pid")
        return int(path.read_text().split()[0])


@pytest.fixture(scope="session")
def cluster():
    if os.geteuid() != 0:
        pytest.skip("needs root")
    made = Cluster(f"e2e-{os.getpid()}", free_port())
    try:
        made.said = made.coracle("up", "--name", made.name, "--nodes", "2", "--api-port", str(made.port)).stdout
        for archive in ("day-service-1.tar", "day-service-2.tar"):
            made.coracle("image", "import", "--name", made.name, str(IMAGES / archive))
        yield made
    finally:
        made.coracle("down", "--name", made.name)


class Server(Cluster):
    """A control plane without nodes: quick to start, and nobody but its own components and the test talks to it."""
    def __init__(self, directory, *options, data=None, enter=()):
        super().__init__("server", free_port())
        self.kubeconfig, self.options, self.directory = str(directory / "admin.kubeconfig"), options, directory
        self.data, self.enter, self.log = data or directory / "data", enter, directory / "log"
        self.running = None

    def command(self):
        return [*self.enter, str(CORACLE), "server", "--data-dir", str(self.data), "--secure-port", str(self.port),
                "--write-kubeconfig", self.kubeconfig, *self.options]

    def start(self):
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen(self.command(), stderr=log, stdout=log)
        wait_for("the server", lambda: self.kubectl("get", "--raw", "/readyz", check=False).stdout == "ok", 20)

    def stop(self):
        self.running.terminate()
        self.running.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def day_service(cluster):
    cluster.kubectl("apply", "-f", str(ROOT / "examples" / "day-service"))
    cluster.kubectl("-n", "production", "rollout", "status", "deployment/day-service", "--timeout=120s", timeout=150)
    return cluster


def day_pods(cluster):
    items = cluster.json("-n", "production", "get", "pods", "-l", "app=day-service")["items"]
    return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))

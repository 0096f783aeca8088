# SPDX-License-Identifier: Apache-2.0
"""Machines that stop, and a cluster that leaves nothing behind."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import CORACLE, ROOT, Cluster, day_pods, free_port, is_ready, wait_for


def test_pods_leave_a_stopped_machine(cluster):
    """On a cluster of its own, because a machine is gone for good. Tolerations are short so that the test is."""
    made = Cluster(f"stop-{os.getpid()}", free_port())
    try:
        made.coracle("up", "--name", made.name, "--nodes", "2", "--api-port", str(made.port))
        made.coracle("image", "import", "--name", made.name, str(ROOT / "build" / "images" / "day-service-1.tar"))
        made.kubectl("apply", "-f", str(ROOT / "examples" / "day-service"))
        tolerations = [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
                       for key in ("not-ready", "unreachable")]
        patch = {"spec": {"template": {"spec": {"tolerations": tolerations}}}}
        made.kubectl("-n", "production", "patch", "deployment", "day-service", "-p", str(patch).replace("'", '"'))
        made.kubectl("-n", "production", "rollout", "status", "deployment/day-service", "--timeout=120s", timeout=150)
        made.coracle("machine", "stop", "--name", made.name, "node2")
        wait_for("all pods ready on node1", lambda: len(
            [p for p in day_pods(made) if is_ready(p) and p["spec"]["nodeName"] == "node1"]) == 3, 120)
    finally:
        made.coracle("down", "--name", made.name)


def cni_results():
    """Where containerd's CNI library would write if its machine had no such directory of its own."""
    return set(pathlib.Path("/var/lib/cni").rglob("*"))


def leftovers(name):
    """Everything of this machine that bears the cluster's name."""
    found = [f"mount {line.split()[1]}" for line in pathlib.Path("/proc/mounts").read_text().splitlines() if name in line]
    found += [f"link {line}" for line in subprocess.run(["ip", "-o", "link"], capture_output=True, text=True).stdout.splitlines()
              if name in line]
    for hierarchy in pathlib.Path("/sys/fs/cgroup").iterdir():
        found += [f"cgroup {path}" for path in hierarchy.glob(f"coracle-{name}*")]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(f"/{name}/".encode() in word or word == name.encode() for word in words):
                found.append(f"process {entry.name} {words}")
    for root in ("/run/coracle", "/var/lib/coracle"):
        if pathlib.Path(root, name).exists():
            found.append(f"directory {root}/{name}")
    return found


def test_down_leaves_nothing_even_after_kills(cluster):
    made = Cluster(f"gone-{os.getpid()}", free_port())
    before = cni_results()
    made.coracle("up", "--name", made.name, "--nodes", "1", "--api-port", str(made.port))
    made.coracle("image", "import", "--name", made.name, str(ROOT / "build" / "images" / "day-service-1.tar"))
    made.kubectl("create", "deployment", "left", "--image=example/day-service:1")
    made.kubectl("rollout", "status", "deployment/left", "--timeout=60s")
    os.kill(made.process("supervisor"), 9)
    os.kill(made.process("node1/containerd"), 9)
    made.coracle("down", "--name", made.name)
    assert wait_for("nothing left", lambda: "clean" if not leftovers(made.name) else None, 20) == "clean"
    assert cni_results() <= before
    made.coracle("down", "--name", made.name)  # again is fine


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_down_leaves_nothing_when_up_was_ended(signal_number):
    """At any moment: before there is a supervisor, while it makes machines, while nodes become Ready."""
    for milliseconds in (1, 5, 10, 20, 40, 80, 160, 320, 640):
        made = Cluster(f"cut-{os.getpid()}", free_port())
        words = [str(CORACLE), "up", "--name", made.name, "--nodes", "1", "--api-port", str(made.port)]
        up = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(milliseconds / 1000)
        up.send_signal(signal_number)
        up.wait(10)
        made.coracle("down", "--name", made.name)
        assert wait_for("nothing left", lambda: "clean" if not leftovers(made.name) else None, 20) == "clean"


def test_two_ups_at_once():
    """Whoever comes second waits, and then uses what the first one made."""
    made = Cluster(f"twice-{os.getpid()}", free_port())
    words = [str(CORACLE), "up", "--name", made.name, "--nodes", "1", "--api-port", str(made.port)]
    try:
        ups = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for up in ups:
            assert up.wait(90) == 0, up.stderr.read()
        assert made.coracle("status", "--name", made.name).stdout.count("running") == 4
    finally:
        made.coracle("down", "--name", made.name)
    assert not leftovers(made.name)

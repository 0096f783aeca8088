# SPDX-License-Identifier: Apache-2.0
"""Machines that stop, and a cluster that leaves nothing behind."""
import os
import pathlib
import subprocess

from conftest import ROOT, Cluster, day_pods, free_port, is_ready, wait_for


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
    made.coracle("up", "--name", made.name, "--nodes", "1", "--api-port", str(made.port))
    os.kill(made.process("supervisor"), 9)
    os.kill(made.process("node1/containerd"), 9)
    made.coracle("down", "--name", made.name)
    assert wait_for("nothing left", lambda: "clean" if not leftovers(made.name) else None, 20) == "clean"
    made.coracle("down", "--name", made.name)  # again is fine

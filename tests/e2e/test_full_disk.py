# SPDX-License-Identifier: Apache-2.0
"""A full disk: writers are told so, everything else goes on, and writes work again when there is room."""
import os
import subprocess

import pytest

from connection import Connection, tls_context
from conftest import Server, wait_for

PATH = "/api/v1/namespaces/default/configmaps"
DISK = 160 << 20  # the log, allocated ahead, is 32 MB of it, and the checkpoint of it as much again


@pytest.fixture
def disk(tmp_path):
    """A small file system that only a mount namespace of its own sees, so that it goes with the processes in it."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    (tmp_path / "disk").mkdir()
    script = f"mount -t tmpfs -o size={DISK} small {tmp_path}/disk && echo mounted && exec cat"
    holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"mounted\n"
    yield holder.pid, tmp_path / "disk"
    holder.stdin.close()
    holder.wait(10)


@pytest.fixture
def server(disk, tmp_path):
    holder, path = disk
    made = Server(tmp_path, data=path / "data", enter=["nsenter", "--mount", "--root", f"--target={holder}"])
    made.start()
    yield made
    made.stop()


def fill(disk):
    """Takes what is free; returns the file to remove again."""
    holder, path = disk
    filler = f"/proc/{holder}/root{path}/filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            return filler


def create(connection, name, size=0):
    return connection.call("POST", PATH, {"metadata": {"name": name}, "data": {"value": "x" * size}})


def write_until_refused(connection, size):
    """What was acknowledged, and the refusal. What the log had allocated ahead still takes some."""
    kept = []
    for number in range(10000):
        status, answer = create(connection, f"full-{size}-{number}", size)
        if status != 201:
            return kept, answer
        kept.append(answer["metadata"]["name"])
    pytest.fail("the disk does not become full")


def test_writers_are_told_and_everything_else_goes_on(server, disk):
    connection = Connection(server.port, tls_context(server))
    assert create(connection, "before")[0] == 201
    process = server.running.pid
    filler = fill(disk)
    kept = []
    for size in (100000, 5000, 100):  # where a large one has no place a small one may still have
        written, refusal = write_until_refused(connection, size)
        kept += written
        assert (refusal["code"], refusal["reason"]) == (507, "InsufficientStorage"), refusal

    for name in ["before", *kept]:  # reads go on, and show nothing of what was refused
        assert connection.call("GET", f"{PATH}/{name}")[0] == 200
    names = {item["metadata"]["name"] for item in connection.call("GET", PATH)[1]["items"]}
    assert names == {"before", "kube-root-ca.crt", *kept}
    refused = server.kubectl("create", "namespace", "full", check=False)
    assert refused.returncode == 1 and "No space left on device" in refused.stderr, refused.stderr
    assert server.kubectl("get", "--raw", "/livez").stdout == "ok"

    os.unlink(filler)
    wait_for("writes to work again", lambda: create(connection, "after")[0] == 201, 10)
    server.kubectl("create", "namespace", "roomy")
    wait_for("the controllers to go on", lambda: server.kubectl(
        "-n", "roomy", "get", "serviceaccount", "default", check=False).returncode == 0, 60)
    assert server.running.poll() is None and server.running.pid == process

    server.running.kill()
    server.running.wait(10)
    server.start()  # nothing acknowledged is lost, and nothing refused has come to be
    connection = Connection(server.port, tls_context(server))
    names = {item["metadata"]["name"] for item in connection.call("GET", PATH)[1]["items"]}
    assert names == {"before", "after", "kube-root-ca.crt", *kept}


def test_starting_on_a_full_disk_says_so(disk, tmp_path):
    holder, path = disk
    fill(disk)
    made = Server(tmp_path, data=path / "data", enter=["nsenter", "--mount", "--root", f"--target={holder}"])
    said = subprocess.run(made.command(), capture_output=True, text=True, timeout=30)
    assert said.returncode == 1 and "No space left on device" in said.stderr, said
    assert len(said.stderr.splitlines()) == 1

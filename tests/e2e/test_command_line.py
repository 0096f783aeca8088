# SPDX-License-Identifier: Apache-2.0
"""What a user sees when something is wrong: one line that says what to do, and an exit code that scripts can use."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from conftest import Server, CORACLE, ROOT, free_port

DONE, FAILED, USAGE, NOT_RUNNING = 0, 1, 2, 3


@pytest.fixture
def name():
    """Of a cluster that never comes to be."""
    made = f"none-{os.getpid()}"
    yield made
    for root in ("/run/coracle", "/var/lib/coracle"):
        assert not os.path.exists(f"{root}/{made}"), f"a refused command left {root}/{made}"


def run(*words, before=(), stdin="", **options):
    return subprocess.run([*before, str(CORACLE), *words], capture_output=True, text=True, input=stdin, timeout=60, **options)


def says_one_line(result, code, *texts):
    assert result.returncode == code, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for text in texts:
        assert text in result.stderr, result.stderr


def test_help_is_there_for_every_role():
    listed = run("--help")
    assert listed.returncode == DONE
    roles = re.findall(r"^  ([a-z]+) +\S", listed.stdout, re.M)
    assert {"up", "down", "status", "kubeconfig", "server", "agent", "image", "convert"} <= set(roles)
    for role in roles:
        for words in ([role, "--help"], [role, "-h"]):
            shown = run(*words)
            assert shown.returncode == DONE and shown.stdout.startswith("usage: coracle " + role) and shown.stderr == "", shown
    assert run("--version").stdout.startswith("coracle ")
    assert run().returncode == USAGE


def test_not_root(name):
    """As somebody else, who may not even look into the project's directory."""
    with tempfile.TemporaryDirectory() as place:
        program = shutil.copy(CORACLE, place)
        os.chmod(place, 0o755)
        for words in (["up", "--name", name], ["down", "--name", name]):
            result = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, user=65534, group=65534,
                                    extra_groups=[])
            says_one_line(result, FAILED, "needs root", "sudo")


def test_port_taken(name, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        says_one_line(run("up", "--name", name, "--api-port", port), FAILED, port, "is taken", "--api-port")
        assert run("down", "--name", name).returncode == DONE
        says_one_line(run("server", "--data-dir", str(tmp_path / "data"), "--secure-port", port), FAILED, port, "another program")


def test_no_namespaces(name):
    """As in a container without privileges, and where the administrator has set their number to none."""
    if subprocess.run(["unshare", "-Ur", "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespaces here, as below a chroot")
    port = str(free_port())
    says_one_line(run("up", "--name", name, "--api-port", port, before=["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]),
                  FAILED, "cannot make namespaces", "privileged")
    none = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    says_one_line(run("up", "--name", name, "--api-port", port, before=["unshare", "-Ur", "sh", "-c", none, "sh"]),
                  FAILED, "cannot make namespaces")


@pytest.mark.parametrize("missing", ["containerd", "ctr", "runc"])
def test_missing_programs(name, missing, tmp_path):
    for program in {"containerd", "ctr", "runc"} - {missing}:
        (tmp_path / program).symlink_to("/bin/true")
    result = run("up", "--name", name, env={"PATH": str(tmp_path)})
    says_one_line(result, FAILED, f"{missing} is missing", "apt-get install")


def test_a_supervisor_that_cannot_go_on_ends_the_wait(name):
    """Its directories are there, but the cgroup tree is not to be written to."""
    script = "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/x && mount -o remount,ro /sys/fs/cgroup && exec \"$@\""
    result = run("up", "--name", name, "--api-port", str(free_port()), before=["unshare", "-m", "sh", "-c", script, "sh"])
    says_one_line(result, FAILED, "supervisor ended", "cgroup")
    assert run("down", "--name", name).returncode == DONE


def test_wrong_words():
    rows = [
        (["up", "--nmae", "x"], USAGE, "did you mean --name?"),
        (["up", "--nodes", "0"], USAGE, "from 1 to 50"),
        (["up", "--name", "A B"], USAGE, "not a cluster name"),
        (["up", "extra"], USAGE, "'extra'"),
        (["frob"], USAGE, "coracle help"),
        (["image", "import"], USAGE, "which FILE"),
        (["image", "pack"], USAGE, "--name"),
        (["agent"], USAGE, "--hostname-override"),
        (["convert", "--from", "xml"], USAGE, "protobuf"),
        (["convert", "no-such-file"], FAILED, "No such file"),
        (["convert", "-"], FAILED, "no document"),
        (["server", "--bind-address", "localhost", "--data-dir", "/proc/none"], FAILED, "/proc/none"),
    ]
    for words, code, text in rows:
        says_one_line(run(*words, cwd=ROOT), code, text)


def test_no_such_cluster(name):
    for words in (["status"], ["kubeconfig"], ["machine", "stop", "node1"]):
        says_one_line(run(*words, "--name", name), NOT_RUNNING, "'coracle up' makes one")
    says_one_line(run("image", "import", "--name", name, "x.tar"), FAILED, "'coracle up' makes one")
    assert run("down", "--name", name).returncode == DONE


def test_emulated_version(tmp_path):
    server = Server(tmp_path, "--emulated-version", "kube=1.33")
    raw = lambda path: json.loads(server.kubectl("get", "--raw", path).stdout)
    server.start()
    try:
        version = raw("/version")
        assert (version["minor"], version["emulationMinor"], version["minCompatibilityMinor"]) == ("36", "33", "33")
        kinds = server.kubectl("api-resources", "-o", "name").stdout.split()
        assert "servicecidrs.networking.k8s.io" in kinds and "validatingadmissionpolicies.admissionregistration.k8s.io" in kinds
        assert not {name for name in kinds if "resource.k8s.io" in name or "mutatingadmission" in name or "volumeattributes" in name}
        assert "the server could not find the requested resource" in server.kubectl(
            "get", "--raw", "/apis/resource.k8s.io/v1/deviceclasses", check=False).stderr
        assert "apis/resource.k8s.io/v1" not in raw("/openapi/v3")["paths"]
        described = raw("/openapi/v3/apis/storage.k8s.io/v1")
        assert described["info"]["version"] == "1.33" and not [name for name in described["paths"] if "attributesclasses" in name]
    finally:
        server.stop()

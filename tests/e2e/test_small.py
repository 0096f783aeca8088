# SPDX-License-Identifier: Apache-2.0
"""What an idle cluster costs. The bounds are generous, about twice what is measured: they are there so that nothing creeps."""
import os
import pathlib
import re
import time

import pytest

from conftest import Cluster, free_port, wait_for

MEGABYTE = 1 << 20
COMPONENTS = ("supervisor", "server", "node1/agent")


@pytest.fixture(scope="module")
def idle():
    """One node and nothing on it."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    made = Cluster(f"idle-{os.getpid()}", free_port())
    try:
        made.coracle("up", "--name", made.name, "--nodes", "1", "--api-port", str(made.port))
        yield made
    finally:
        made.coracle("down", "--name", made.name)


def memory(pid):
    """Resident and own bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(number) for name, number in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}
    return kilobytes["Rss"] * 1024, (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) * 1024


def wake_ups(pid):
    """How often its threads have been switched to."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += sum(int(number) for number in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text()))
    return total


def test_memory(idle):
    bounds = {"supervisor": (6, 3), "server": (16, 9), "node1/agent": (14, 7)}  # MB resident, MB of its own
    sanitized = "libasan" in pathlib.Path(f"/proc/{idle.process('server')}/maps").read_text()
    if sanitized:
        pytest.skip("sanitizers take more memory than the program")

    def within():
        seen = {component: memory(idle.process(component)) for component in COMPONENTS}
        over = {component: sizes for component, sizes in seen.items()
                if sizes[0] > bounds[component][0] * MEGABYTE or sizes[1] > bounds[component][1] * MEGABYTE}
        return not over

    wait_for("memory that only starting needs to be given back", within, seconds=30)


def test_nothing_polls(idle):
    before = {component: wake_ups(idle.process(component)) for component in COMPONENTS}
    time.sleep(10)
    woken = {component: wake_ups(idle.process(component)) - before[component] for component in COMPONENTS}
    assert sum(woken.values()) <= 100, woken  # 1 a second when measured


def test_status_tells_memory(idle):
    told = idle.coracle("status", "--name", idle.name).stdout
    for component in COMPONENTS:
        assert re.search(rf"^  {component} +running +process \d+ +\d+\.\d MB resident, \d+\.\d MB of its own$", told, re.M), told


def test_agents_wait_for_doors_to_open(idle):
    """Started when the server and the runtime are ready, they are refused nowhere."""
    log = pathlib.Path(f"/run/coracle/{idle.name}/logs/node1-agent.log").read_text()
    assert "agent runs" in log
    assert "Connection refused" not in log and "forbidden" not in log, log


def test_the_pause_image_is_there(idle):
    images = idle.coracle("image", "list", "--name", idle.name).stdout
    assert "registry.k8s.io/pause:coracle" in images

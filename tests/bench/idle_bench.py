"""idle_bench - what a cluster of one node without pods costs: memory, wake-ups, CPU, disk writes of server and agent.

Beside them containerd, which every node has. From smaps_rollup, schedstat and io below /proc, over 60 quiet seconds
after the first minute: by then the agent has told of its images, which is a write, and nothing is new any more."""
import glob
import os
import time

from api_client import Cluster
from report import Workplace, report, skip

SETTLE, SECONDS = 65, 60
OURS = ("server", "node1-agent")


def kilobytes(pid, field):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def counters(pid):
    """CPU seconds, times put on a CPU, bytes written to disk; of all threads."""
    seconds = switches = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as line:
            ran, _, slices = line.read().split()
        seconds += int(ran) / 1e9
        switches += int(slices)
    with open(f"/proc/{pid}/io", encoding="ascii") as lines:
        written = next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
    return seconds, switches, written


def main():
    if os.geteuid() != 0:
        skip("needs root")
    with Workplace("idle-bench") as place, Cluster(place) as cluster:
        time.sleep(SETTLE)
        pids = {name: cluster.process(name) for name in (*OURS, "node1-containerd")}
        before = {name: counters(pid) for name, pid in pids.items()}
        time.sleep(SECONDS)
        spent = {name: [b - a for a, b in zip(before[name], counters(pid))] for name, pid in pids.items()}
        peer = "containerd alone"

        def total(figure):
            return sum(figure(name) for name in OURS), figure("node1-containerd")
        ours, other = total(lambda name: kilobytes(pids[name], "Rss") / 1024)
        report("idle: resident memory, server + agent", ours, "MB", peer, other, "<= 16")
        ours, other = total(lambda name: kilobytes(pids[name], "Pss") / 1024)
        report("idle: proportional memory, server + agent", ours, "MB", peer, other, "")
        ours, other = total(lambda name: spent[name][1] / SECONDS)
        report("idle: wake-ups, server + agent", ours, "/s", peer, other, "<= 5")
        ours, other = total(lambda name: spent[name][0] / SECONDS * 100)
        report("idle: CPU, server + agent", ours, "%", peer, other, "<= 0.05")
        ours, other = total(lambda name: spent[name][2] / SECONDS * 86400 / 1e6)
        report("idle: disk writes, server + agent", ours, "MB/day", peer, other, "<= 1")
        for name in OURS:
            report(f"  {name}", kilobytes(pids[name], "Rss") / 1024, "MB", "", 0, "")
            report(f"  {name}", spent[name][1] / SECONDS, "wake-ups/s", "", 0, "")


if __name__ == "__main__":
    main()

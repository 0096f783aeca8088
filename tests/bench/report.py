"""report.py - how a bench written in Python tells its figures: the same lines as report.h, and what such benches share."""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BENCH_BUILD", os.path.join(ROOT, "build"))
CORACLE = os.path.join(BUILD, "coracle")
SKIPPED = 77  # meson's exit code for it


def report(what, ours, unit, peer_name="", peer=0.0, budget=""):
    print(f"row\t{what}\t{ours:.9g}\t{unit}\t{peer_name}\t{peer:.9g}\t{budget}", flush=True)


def remark(text):
    print(text, flush=True)


def median(values):
    return statistics.median(values) if values else 0.0


def skip(reason):
    print(reason)
    sys.exit(SKIPPED)


def need(*programs):
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program in programs:
        if shutil.which(program) is None:
            skip(f"needs {program}")


class Workplace:
    """A directory on a real disk and the processes that were started; both are gone afterwards, whatever happens."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"coracle-{name}-", dir=os.environ.get("BENCH_DIR", "/var/tmp"))
        self.processes = []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.stop(process)
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, text=None):
        path = os.path.join(self.path, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w" if isinstance(text, str) else "wb") as out:
                out.write(text)
        return path

    def start(self, argv, log=None, **more):
        out = open(self.file(log), "wb") if log else subprocess.DEVNULL
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT if log else out, **more)
        self.processes.append(process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(condition, seconds=20, pause=0.01):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not come about in time")
        time.sleep(pause)

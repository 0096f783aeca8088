# SPDX-License-Identifier: Apache-2.0
"""What README, CONTRIBUTING and docs/ tell to type and to read is there. The commands that take a whole machine are 'make up',
'make test' and 'make down' themselves."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import CORACLE, KUBECTL_CACHE, ROOT, free_port, wait_for

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/README.md"), *ROOT.glob("tests/**/README.md")])


def commands(document):
    """Lines of indented blocks that begin with a program of ours or of the reader's."""
    for line in document.read_text().splitlines():
        match = re.match(r"^    ((?:make|build/coracle|coracle|kubectl|scripts/\w+)( .*)?)$", line)
        words = re.split(r"\s+#|\s{3,}", match.group(1))[0] if match else ""  # what follows is what it does
        if words and ": " not in words:  # ... and that is what it prints
            yield words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_commands_exist(document):
    text = document.read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / target).exists(), f"{target} is not there"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    roles = set(re.findall(r"^  ([a-z]+) +\S", subprocess.run([CORACLE, "--help"], capture_output=True, text=True).stdout, re.M))
    for command in commands(document):
        words = shlex.split(command)
        if words[0] == "make":
            assert set(word for word in words[1:] if "=" not in word) <= targets, command
        elif words[0].endswith("coracle"):
            assert words[1] in roles, command
            shown = subprocess.run([CORACLE, words[1], "--help"], capture_output=True, text=True).stdout
            for option in re.findall(r"--[a-z-]+", command):
                assert words[1] in ("image", "machine") or f"  {option} " in shown or f"  {option}\n" in shown, f"{command}: no {option}"
        elif words[0].startswith("scripts/"):
            assert (ROOT / words[0]).exists(), command


def test_make_help_lists_what_there_is():
    shown = subprocess.run(["make", "help"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    for target in ("up", "down", "test", "bench", "status", "lint", "unit"):
        assert re.search(rf"^  make {target} +\w", shown, re.M), shown


def test_up_says_what_the_readme_shows(cluster):
    def without_figures(text, name):
        text = text.replace(f"'{name}'", "NAME").replace(f"/lib/coracle/{name}/", "/NAME/")
        return [re.sub(r"(\s|after )[\d.]+ (µs|ms|s)\b", " TIME", line).split() for line in text.splitlines() if line.strip()]
    shown = re.findall(r"^    (.*)\n", (ROOT / "README.md").read_text(), re.M)
    first = shown.index("coracle up: cluster 'coracle', 2 nodes")
    said = without_figures(cluster.said, cluster.name)
    assert without_figures("\n".join(shown[first:]), "coracle")[:len(said)] == said


def test_control_plane_alone_as_in_the_readme(tmp_path):
    """The two lines as they stand, but for directory and port."""
    port = str(free_port())
    typed = [command.replace("/tmp/plane", str(tmp_path)).replace("7443", port) for command in commands(ROOT / "README.md")
             if "/tmp/plane" in command]
    assert [line.split()[0] for line in typed] == ["build/coracle", "kubectl"]
    server = subprocess.Popen(shlex.split(typed[0]), cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        def namespaces():
            environment = dict(os.environ, KUBECACHEDIR=KUBECTL_CACHE.name)
            return subprocess.run(shlex.split(typed[1]), capture_output=True, text=True, env=environment)
        assert "kube-system" in wait_for("an answer", lambda: namespaces().stdout, 20)
    finally:
        server.terminate()
        assert server.wait(20) == 0

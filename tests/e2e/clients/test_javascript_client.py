# SPDX-License-Identifier: Apache-2.0
"""The official JavaScript client, where node and npm are."""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import ROOT, day_pods

SOURCE = pathlib.Path(__file__).with_name("javascript")
INSTALLED = ROOT / "build" / "peers" / "javascript"


@pytest.fixture(scope="module")
def client():
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "client.mjs"):
        shutil.copy(SOURCE / name, INSTALLED / name)
    said = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], cwd=INSTALLED, capture_output=True,
                          text=True, timeout=300)
    assert said.returncode == 0, said.stderr
    return INSTALLED / "client.mjs"


def test_javascript_client(client, day_service):
    pod = day_pods(day_service)[0]["metadata"]["name"]
    said = subprocess.run(["node", str(client), "production", pod], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, KUBECONFIG=day_service.kubeconfig))
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[-1] == "ok exec"

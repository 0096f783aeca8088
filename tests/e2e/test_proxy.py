# SPDX-License-Identifier: Apache-2.0
"""The proxy subresources of pods, services and nodes: verbs, paths, schemes, links, upgrades."""
import json
import pathlib
import socket
import subprocess
import sys

import pytest

from connection import Connection, tls_context

BACKEND = pathlib.Path(__file__).with_name("proxy_backend.py")
PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    path = tmp_path_factory.mktemp("backend") / "both.pem"
    said = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                           "-subj", "/CN=whatever", "-keyout", "-", "-out", "-"], capture_output=True, check=True)
    path.write_bytes(said.stdout)
    return path


@pytest.fixture(scope="module")
def backend(cluster, certificate):
    """Two servers in the first machine, and a pod and a service that are known at their addresses. Their node is nobody's, so that no
    kubelet minds that there are no containers."""
    node = cluster.json("get", "nodes")["items"][0]
    address = next(a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP")
    enter = ["nsenter", "--net", "--target", str(cluster.process("node1/agent")), sys.executable, str(BACKEND), address]
    processes = [subprocess.Popen([*enter, "7780"], stdout=subprocess.PIPE),
                 subprocess.Popen([*enter, "7781", str(certificate)], stdout=subprocess.PIPE)]
    documents = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "behind", "namespace": "default"},
         "spec": {"nodeName": "nobody", "containers": [{"name": "c", "image": "none", "ports": [{"name": "web", "containerPort": 7780}]}]}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "behind", "namespace": "default"},
         "spec": {"clusterIP": "None", "ports": [{"name": "web", "port": 80}, {"name": "tls", "port": 443}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": "behind", "namespace": "default", "labels": {"kubernetes.io/service-name": "behind"}},
         "endpoints": [{"addresses": [address], "nodeName": node["metadata"]["name"]}],
         "ports": [{"name": "web", "port": 7780}, {"name": "tls", "port": 7781}]},
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == b"ready\n"
        for document in documents:
            cluster.kubectl("create", "-f", "-", stdin=json.dumps(document))
        cluster.kubectl("-n", "default", "patch", "pod", "behind", "--subresource=status", "-p",
                        json.dumps({"status": {"podIP": address, "podIPs": [{"ip": address}]}}))
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for kind in ("pod", "service", "endpointslice"):
            cluster.kubectl("-n", "default", "delete", kind, "behind", "--force", "--grace-period=0", check=False)


@pytest.fixture(scope="module")
def api(cluster, backend, tmp_path_factory):
    cluster.directory = tmp_path_factory.mktemp("api")
    return Connection(cluster.port, tls_context(cluster))


def ask(api, method, path, body=None, headers=None):
    api.http.request(method, path, body, headers or {})
    answer = api.http.getresponse()
    return answer.status, answer.headers, answer.read()


def test_every_verb_and_the_path_as_it_is(api):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        body = "text" if method in ("POST", "PUT", "PATCH") else None
        status, _, said = ask(api, method, f"{PODS}/behind:7780/proxy/a%20b/c?x=1&y=%2F", body, {"X-Own": "1", "Authorization": "Bearer nobody's"}
                              if method == "none" else {"X-Own": "1"})
        seen = json.loads(said)
        assert status == 200 and seen["method"] == method and seen["path"] == "/a%20b/c?x=1&y=%2F" and seen["body"] == (body or "")
        headers = {name.lower(): value for name, value in seen["headers"].items()}
        assert headers["x-own"] == "1" and "authorization" not in headers
        assert headers["x-forwarded-uri"] == f"{PODS}/behind:7780/proxy/a%20b/c" and headers["x-forwarded-proto"] == "https"
    status, headers, said = ask(api, "HEAD", f"{PODS}/behind/proxy/")
    assert status == 200 and said == b"" and headers["X-Method"] == "HEAD"


def test_names_schemes_and_ports(api, cluster):
    for name in ("behind", "behind:web", "behind:7780", "http:behind:7780", "https:behind:7781"):
        status, _, said = ask(api, "GET", f"{PODS}/{name}/proxy/x")
        assert status == 200 and json.loads(said)["path"] == "/x", name
    for name in ("behind:web", "behind:80", "http:behind:web", "https:behind:tls", "https:behind:443"):
        status, _, said = ask(api, "GET", f"{SERVICES}/{name}/proxy/x")
        assert status == 200 and json.loads(said)["path"] == "/x", name
    assert cluster.kubectl("get", "--raw", f"{SERVICES}/https:behind:tls/proxy/y").stdout.startswith('{"method": "GET"')
    for name, status in (("none", 404), ("behind:none", 400), ("ftp:behind:1", 400)):
        assert ask(api, "GET", f"{PODS}/{name}/proxy/x")[0] == status, name
    assert ask(api, "GET", f"{SERVICES}/behind:none/proxy/x")[0] == 503


def test_root_and_links(api):
    status, headers, _ = ask(api, "GET", f"{PODS}/behind/proxy?x=1")
    assert status == 301 and headers["Location"] == f"{PODS}/behind/proxy/?x=1"
    status, headers, _ = ask(api, "GET", f"{PODS}/behind/proxy/moved")
    assert status == 302 and headers["Location"] == f"{PODS}/behind/proxy/there?x=1"
    _, headers, said = ask(api, "GET", f"{PODS}/behind/proxy/page", headers={"Accept-Encoding": "gzip"})
    assert said.decode() == f"<a href=\"{PODS}/behind/proxy/other\">x</a><img src='pic.png'>"


def test_upgrade(api, cluster):
    with socket.create_connection(("127.0.0.1", cluster.port), 10) as plain:
        with tls_context(cluster).wrap_socket(plain, server_hostname="127.0.0.1") as stream:
            stream.sendall(f"GET {PODS}/behind/proxy/echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n".encode())
            lines = stream.makefile("rb")
            assert b"101" in lines.readline()
            while lines.readline() != b"\r\n":
                pass
            for word in (b"one\n", b"two\n"):
                stream.sendall(word)
                assert lines.readline() == word.upper()


def test_not_to_this_host(api, cluster):
    cluster.kubectl("-n", "default", "patch", "pod", "behind", "--subresource=status", "--type=merge", "-p",
                    '{"status":{"podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}]}}')
    status, _, said = ask(api, "GET", f"{PODS}/behind/proxy/")
    assert status == 400 and "address not allowed" in json.loads(said)["message"]


def test_nodes(api, cluster):
    name = cluster.json("get", "nodes")["items"][0]["metadata"]["name"]
    assert ask(api, "GET", f"/api/v1/nodes/{name}/proxy/healthz")[2] == b"ok"
    assert ask(api, "GET", "/api/v1/nodes/none/proxy/healthz")[0] == 404

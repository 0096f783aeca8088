# SPDX-License-Identifier: Apache-2.0
"""Watches as clients without a library of ours see them: WebSockets on every thread, one page after the other, revisions of the past."""
import json
import ssl

import websocket

from connection import Connection, tls_context

PATH = "/api/v1/namespaces/default/configmaps"


def open_socket(server, query, **options):
    files = {"ca_certs": "certificate-authority-data", "certfile": "client-certificate-data", "keyfile": "client-key-data"}
    trust = {name: str(server.directory / file) for name, file in files.items()}
    return websocket.create_connection(f"wss://127.0.0.1:{server.port}{PATH}?watch=1&{query}", timeout=10, http_no_proxy=["127.0.0.1"],
                                       sslopt={**trust, "cert_reqs": ssl.CERT_REQUIRED}, **options)


def test_websockets(server):
    connection = Connection(server.port, tls_context(server))
    revision = connection.call("GET", PATH)[1]["metadata"]["resourceVersion"]
    query = f"resourceVersion={revision}&timeoutSeconds=3&fieldSelector=metadata.name!%3Dkube-root-ca.crt"  # which a controller makes at any time
    sockets = [open_socket(server, query, subprotocols=["base64.binary.k8s.io"]) for _ in range(8)]
    for name in ("one", "two"):
        assert connection.call("POST", PATH, {"metadata": {"name": name}})[0] == 201
    for socket in sockets:
        assert socket.getsubprotocol() == "base64.binary.k8s.io"
        for name in ("one", "two"):
            event = json.loads(socket.recv())
            assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", name)
        code, _ = socket.recv_data()  # the time is up
        assert code == websocket.ABNF.OPCODE_CLOSE
        socket.close()


def test_a_socket_that_does_not_read(server):
    connection, big = Connection(server.port, tls_context(server)), "x" * 500_000
    lazy, other = open_socket(server, "resourceVersion=0"), open_socket(server, "resourceVersion=0")
    for number in range(40):
        assert connection.call("POST", PATH, {"metadata": {"name": f"big{number}"}, "data": {"x": big}})[0] == 201
    for socket in (other, lazy):
        names = []
        while "big39" not in names:
            names.append(json.loads(socket.recv())["object"]["metadata"]["name"])
        assert [name for name in names if name.startswith("big")] == [f"big{number}" for number in range(40)]
        socket.close()
    assert connection.call("DELETE", PATH)[0] == 200


def test_pages_and_the_past(server):
    connection = Connection(server.port, tls_context(server))
    for number in range(10):
        assert connection.call("POST", PATH, {"metadata": {"name": f"page{number}"}})[0] == 201
    _, page = connection.call("GET", f"{PATH}?limit=4&fieldSelector=metadata.name!%3Dkube-root-ca.crt")
    first, token = page["metadata"]["resourceVersion"], page["metadata"]["continue"]
    names = [item["metadata"]["name"] for item in page["items"]]
    assert connection.call("DELETE", f"{PATH}/page7")[0] == 200
    server.running.kill()  # pages and revisions are those of the store: a restart changes nothing
    server.running.wait()
    server.start()
    connection = Connection(server.port, tls_context(server))
    while token:
        _, page = connection.call("GET", f"{PATH}?limit=4&fieldSelector=metadata.name!%3Dkube-root-ca.crt&continue={token}")
        assert page["metadata"]["resourceVersion"] == first
        names += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue")
    assert names == [f"page{number}" for number in range(10)]
    _, exact = connection.call("GET", f"{PATH}?resourceVersion={first}&resourceVersionMatch=Exact")
    assert "page7" in [item["metadata"]["name"] for item in exact["items"]]
    status, failure = connection.call("GET", f"{PATH}?resourceVersion=99999999")
    assert (status, failure["reason"], failure["details"]["causes"][0]["reason"]) == (504, "Timeout", "ResourceVersionTooLarge")

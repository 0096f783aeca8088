# SPDX-License-Identifier: Apache-2.0
"""Standard input, terminals and options of logs, on the wire: programs of the host run in a pod."""
import base64
import json
import os
import re
import ssl
import urllib.parse

import pytest
import websocket
from conftest import wait_for
from test_matrix import Api

POD = "/api/v1/namespaces/default/pods/streams"
PROGRAMS = {"/bin": "bin", "/lib": "lib", "/lib64": "lib64"}
INPUT, OUTPUT, ERRORS, STATUS, SIZE, CLOSE = 0, 1, 2, 3, 4, 255


@pytest.fixture(scope="module")
def streams(cluster, tmp_path_factory):
    """The API, and a pod with the host's programs, of which the container waits for a line, repeats it, and writes to both outputs."""
    script = "echo out; echo err >&2; read line; echo got $line; read line"
    container = {"name": "c", "image": "example/day-service:1", "imagePullPolicy": "IfNotPresent", "stdin": True,
                 "command": ["/bin/sh", "-c", script],
                 "volumeMounts": [{"name": name, "mountPath": path, "readOnly": True} for path, name in PROGRAMS.items()]}
    volumes = [{"name": name, "hostPath": {"path": os.path.realpath(path)}} for path, name in PROGRAMS.items()]
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "streams", "namespace": "default"},
                "spec": {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 0}}
    cluster.directory = tmp_path_factory.mktemp("streams")
    api = Api(cluster)
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(document))
    try:
        wait_for("the pod", lambda: api.ok("GET", POD).json()["status"]["phase"] == "Running", 30)
        yield api, cluster
    finally:
        cluster.kubectl("delete", "pod", "streams", "--force", "--grace-period=0")


def open_channels(streams, door, protocol, **query):
    _, cluster = streams
    files = {"ca_certs": "certificate-authority-data", "certfile": "client-certificate-data", "keyfile": "client-key-data"}
    trust = {name: str(cluster.directory / file) for name, file in files.items()}
    url = f"wss://127.0.0.1:{cluster.port}{POD}/{door}?{urllib.parse.urlencode(query, doseq=True)}"
    return websocket.create_connection(url, timeout=10, http_no_proxy=["127.0.0.1"], subprotocols=[protocol],
                                       sslopt={**trust, "cert_reqs": ssl.CERT_REQUIRED})


def run(channels):
    """What every channel said until the status came."""
    said = {}
    while STATUS not in said:
        message = channels.recv()
        message = message.encode() if isinstance(message, str) else message
        said[message[0]] = said.get(message[0], b"") + message[1:]
    return said, json.loads(said[STATUS])


def test_closing_standard_input(streams):
    """The fifth protocol can say that no more input comes: a program that reads to the end ends."""
    channels = open_channels(streams, "exec", "v5.channel.k8s.io", command=["/bin/cat"], stdin=1, stdout=1, stderr=1)
    assert channels.getsubprotocol() == "v5.channel.k8s.io"
    for words in (b"one ", b"two"):
        channels.send_binary(bytes([INPUT]) + words)
    channels.send_binary(bytes([CLOSE, INPUT]))
    said, status = run(channels)
    assert said[OUTPUT] == b"one two" and status["status"] == "Success"


def test_exit_codes(streams):
    channels = open_channels(streams, "exec", "v4.channel.k8s.io", command=["/bin/sh", "-c", "echo no >&2; exit 7"], stdout=1, stderr=1)
    said, status = run(channels)
    assert said[ERRORS] == b"no\n" and (status["status"], status["reason"]) == ("Failure", "NonZeroExitCode")
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]


def test_the_first_protocol_has_no_status(streams):
    """It says nothing at success, and of a failure the sentence."""
    def everything(*command):
        channels, said = open_channels(streams, "exec", "channel.k8s.io", command=command, stdout=1, stderr=1), []
        while True:
            opcode, data = channels.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return said
            if len(data) > 1:
                said.append((data[0], data[1:]))
    assert everything("/bin/echo", "hello") == [(OUTPUT, b"hello\n")]
    assert [channel for channel, _ in everything("/bin/sh", "-c", "exit 7")] == [STATUS]
    assert b"exit code" in everything("/bin/sh", "-c", "exit 7")[0][1]


def test_kubectl_sends_its_input(streams):
    text = "line\n" * 20_000
    assert streams[1].kubectl("exec", "-i", "streams", "--", "/bin/cat", stdin=text).stdout == text


def test_terminals_have_a_size(streams):
    """It arrives beside the input, and not in order with it: the command waits for it."""
    command = ["/bin/sh", "-c", 'while [ "$(stty size)" = "0 0" ]; do sleep 0.05; done; stty size']
    channels = open_channels(streams, "exec", "v5.channel.k8s.io", command=command, stdin=1, stdout=1, tty=1)
    channels.send_binary(bytes([SIZE]) + json.dumps({"Width": 101, "Height": 43}).encode())
    said, status = run(channels)
    assert b"43 101" in said[OUTPUT] and status["status"] == "Success"


def test_options_of_logs(streams):
    api, _ = streams
    log = lambda query="": api.ok("GET", f"{POD}/log?container=c{query}").body
    wait_for("both lines", lambda: sorted(log().split()) == [b"err", b"out"], 10)
    assert log("&limitBytes=2") in (b"ou", b"er")
    assert log("&tailLines=1") in (b"out\n", b"err\n")
    assert log("&sinceTime=2001-01-01T00:00:00Z") == log("&sinceSeconds=3600") == log()
    assert log("&sinceTime=2099-01-01T00:00:00Z") == b""
    assert log("&stream=Stdout") == b"out\n" and log("&stream=Stderr") == b"err\n"
    assert re.match(rb"\d{4}-\d\d-\d\dT[\d:.]+Z (out|err)\n", log("&timestamps=true"))


def test_logs_over_a_websocket(streams):
    """The first message is empty: it has begun. At the end of the log the server closes."""
    api, _ = streams
    wait_for("both lines", lambda: len(api.ok("GET", f"{POD}/log").body.split()) == 2, 10)
    expected = api.ok("GET", f"{POD}/log").body
    for protocol in ("binary.k8s.io", "base64.binary.k8s.io"):
        channels = open_channels(streams, "log", protocol, container="c")
        assert channels.getsubprotocol() == protocol
        messages = []
        while channels.connected:
            opcode, data = channels.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            assert opcode == (websocket.ABNF.OPCODE_BINARY if protocol == "binary.k8s.io" else websocket.ABNF.OPCODE_TEXT)
            messages.append(data if protocol == "binary.k8s.io" else base64.b64decode(data))
        assert messages[0] == b"" and b"".join(messages) == expected
    with pytest.raises(websocket.WebSocketBadStatusException, match="400"):
        open_channels(streams, "log", "binary.k8s.io", container="nope")


def test_attach_reaches_standard_input(streams):
    """The last test: the container goes on with what it is told."""
    channels = open_channels(streams, "attach", "v5.channel.k8s.io", container="c", stdin=1, stdout=1, stderr=1)
    channels.send_binary(bytes([INPUT]) + b"a word\n")
    said = b""
    while b"got a word\n" not in said:
        message = channels.recv()
        said += (message.encode() if isinstance(message, str) else message)[1:]
    channels.close()


def test_port_forward_begins_with_the_port_on_each_channel(streams):
    """The data's channel first, then the errors', port by port."""
    channels = open_channels(streams, "portforward", "v4.channel.k8s.io", ports=[8080, 9])
    begun = [channels.recv() for _ in range(4)]
    channels.close()
    assert begun == [bytes([number]) + port.to_bytes(2, "little") for number, port in ((0, 8080), (1, 8080), (2, 9), (3, 9))]

# SPDX-License-Identifier: Apache-2.0
"""Addresses and node ports of Services, on a dual-stack control plane: who gets which, and what heals by itself."""
import ipaddress
import json

import pytest

from conftest import Server, wait_for

NARROW = "10.96.0.0/24"


@pytest.fixture(scope="module")
def dual(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("dual"), "--service-cluster-ip-range", f"{NARROW},fd00:96::/112",
                  "--service-node-port-range", "30000-30063")
    made.start()
    try:
        yield made
    finally:
        made.stop()


def service(name, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
            "spec": {"ports": [{"port": 80, "name": "a"}], "selector": {"app": "x"}, **spec}}


def create(server, document, check=True):
    said = server.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(document), check=check)
    return json.loads(said.stdout) if said.returncode == 0 else said.stderr


def parent_of(server, address):
    said = server.kubectl("get", "ipaddress", address, "-o", "json", check=False)
    return json.loads(said.stdout)["spec"]["parentRef"] if said.returncode == 0 else None


def test_every_address_has_its_object(dual):
    made = create(dual, service("both", ipFamilyPolicy="PreferDualStack"))["spec"]
    assert made["ipFamilies"] == ["IPv4", "IPv6"] and made["clusterIP"] == made["clusterIPs"][0]
    first, second = made["clusterIPs"]
    assert int(ipaddress.ip_address(first)) - int(ipaddress.ip_network(NARROW)[0]) >= 16, "from the dynamic band"
    expected = {"group": "", "resource": "services", "namespace": "default", "name": "both"}
    for address in (first, second):
        parent = wait_for("the IPAddress", lambda: parent_of(dual, address), 10)
        assert parent.get("group", "") == "" and {**parent, "group": ""} == expected
    labels = dual.json("get", "ipaddress", second)["metadata"]["labels"]
    assert labels == {"ipaddress.kubernetes.io/ip-family": "IPv6", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
    dual.kubectl("patch", "service", "both", "-p", '{"spec":{"ipFamilyPolicy":"SingleStack"}}')
    assert dual.json("get", "service", "both")["spec"]["clusterIPs"] == [first]
    wait_for("the second to be free", lambda: parent_of(dual, second) is None, 10)
    dual.kubectl("patch", "service", "both", "-p", '{"spec":{"ipFamilyPolicy":"RequireDualStack"}}')
    assert len(dual.json("get", "service", "both")["spec"]["clusterIPs"]) == 2
    dual.kubectl("delete", "service", "both")
    wait_for("the first to be free", lambda: parent_of(dual, first) is None, 10)


def test_what_is_refused(dual):
    create(dual, service("taken", clusterIP="10.96.0.5"))
    refused = [
        (service("r", clusterIP="10.96.0.5"), "failed to allocate IP 10.96.0.5: provided IP is already allocated"),
        (service("r", clusterIP="10.97.0.5"), "failed to allocate IP 10.97.0.5: the provided network does not match the current range"),
        (service("r", clusterIPs=["10.96.0.7"]), "must be empty when `clusterIP` is not specified"),
        (service("r", clusterIP="10.96.0.7", clusterIPs=["10.96.0.7", "fd00:96::7"], ipFamilyPolicy="SingleStack"),
         "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"),
        (service("r", type="NodePort", ports=[{"port": 1, "nodePort": 29999}]),
         "provided port is not in the valid range. The range of valid ports is 30000-30063"),
    ]
    for document, text in refused:
        assert text in create(dual, document, check=False)
    assert create(dual, service("seven", clusterIP="10.96.0.7", clusterIPs=["10.96.0.7", "fd00:96::7"], ipFamilyPolicy="PreferDualStack"))
    for name in ("taken", "seven"):
        dual.kubectl("delete", "service", name)


def test_node_ports(dual):
    """One number serves both protocols, but each only once; a port for health checks is from the same range."""
    port = lambda protocol: {"port": 53, "nodePort": 30010, "protocol": protocol, "name": protocol.lower()}
    create(dual, service("dns", type="NodePort", ports=[port("UDP"), port("TCP")]))
    for protocol in ("UDP", "TCP"):
        assert "provided port is already allocated" in create(dual, service("r", type="NodePort", ports=[port(protocol)]), check=False)
    made = create(dual, service("local", type="LoadBalancer", externalTrafficPolicy="Local"))["spec"]
    assert made["healthCheckNodePort"] != made["ports"][0]["nodePort"]
    for number in (made["healthCheckNodePort"], made["ports"][0]["nodePort"]):
        assert 30016 <= number <= 30063, "above the static band"
    dual.kubectl("delete", "service", "dns", "local")
    create(dual, service("dns", type="NodePort", ports=[port("UDP")]))
    dual.kubectl("delete", "service", "dns")


def test_address_somebody_else_reserves(dual):
    reserved = {"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": {"name": "10.96.0.9"},
                "spec": {"parentRef": {"resource": "pods", "namespace": "default", "name": "mine"}}}
    create(dual, reserved)
    assert "provided IP is already allocated" in create(dual, service("r", clusterIP="10.96.0.9"), check=False)
    dual.kubectl("delete", "ipaddress", "10.96.0.9")
    create(dual, service("r", clusterIP="10.96.0.9"))
    dual.kubectl("delete", "service", "r")


def test_healing(dual):
    create(dual, service("healed", clusterIP="10.96.0.11"))
    wait_for("its IPAddress", lambda: parent_of(dual, "10.96.0.11"), 10)
    uid = dual.json("get", "ipaddress", "10.96.0.11")["metadata"]["uid"]
    dual.kubectl("delete", "ipaddress", "10.96.0.11")
    wait_for("another one", lambda: parent_of(dual, "10.96.0.11"), 10)
    assert dual.json("get", "ipaddress", "10.96.0.11")["metadata"]["uid"] != uid
    leaked = {"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
              "metadata": {"name": "10.96.0.13", "labels": {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}},
              "spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "nobody"}}}
    create(dual, leaked)
    wait_for("what leaked to go", lambda: parent_of(dual, "10.96.0.13") is None, 10)
    reasons = lambda: {event["reason"] for event in dual.json("get", "events", "-A")["items"]}
    wait_for("the events", lambda: {"ClusterIPNotAllocated", "IPAddressNotAllocated"} <= reasons(), 10)
    dual.kubectl("delete", "service", "healed")


def test_more_ranges(dual):
    assert dual.json("get", "servicecidr", "kubernetes")["spec"]["cidrs"] == [NARROW, "fd00:96::/112"]
    assert "not match the current range" in create(dual, service("far", clusterIP="10.200.0.4"), check=False)
    create(dual, {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"},
                  "spec": {"cidrs": ["10.200.0.0/28"]}})
    dual.kubectl("wait", "servicecidr/more", "--for=condition=Ready", "--timeout=20s")
    create(dual, service("far", clusterIP="10.200.0.4"))
    wait_for("its IPAddress", lambda: parent_of(dual, "10.200.0.4"), 10)
    dual.kubectl("delete", "servicecidr", "more", "--wait=false")
    state = lambda: {c["type"]: (c["status"], c["reason"]) for c in dual.json("get", "servicecidr", "more")["status"]["conditions"]}
    wait_for("it to say why it stays", lambda: state() == {"Ready": ("False", "Terminating")}, 20)
    assert "not match" in create(dual, service("late", clusterIP="10.200.0.5"), check=False)
    dual.kubectl("delete", "service", "far")
    dual.kubectl("wait", "servicecidr/more", "--for=delete", "--timeout=30s")


def test_restart_knows_all(dual):
    create(dual, service("kept", clusterIP="10.96.0.12", type="NodePort", ports=[{"port": 1, "nodePort": 30001}]))
    dual.running.kill()
    dual.running.wait(10)
    dual.start()
    assert "already allocated" in create(dual, service("r", clusterIP="10.96.0.12"), check=False)
    again = service("r", type="NodePort", ports=[{"port": 1, "nodePort": 30001}])
    assert "spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated" in create(dual, again, check=False)
    assert wait_for("its IPAddress", lambda: parent_of(dual, "10.96.0.12"), 10)["name"] == "kept"
    dual.kubectl("delete", "service", "kept")

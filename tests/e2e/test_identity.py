# SPDX-License-Identifier: Apache-2.0
"""Who the cluster's own components are: every controller works with the rights of its own service account and no others."""
import json
import re

from conftest import wait_for

POD = {"containers": [{"name": "c", "image": "example.com/i"}]}


def kind(version, name, kind_, spec, **more):
    return {"apiVersion": version, "kind": kind_, "metadata": {"name": name, "namespace": "rights"}, "spec": spec, **more}


def workload(kind_, name, **spec):
    template = {"metadata": {"labels": {"app": name}}, "spec": POD}
    return kind("apps/v1", name, kind_, {"selector": {"matchLabels": {"app": name}}, "template": template, **spec})


JOB = {"template": {"spec": {"restartPolicy": "Never", **POD}}}
EVERYTHING = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rights"}},
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}},
    workload("Deployment", "deployment", replicas=2),
    workload("DaemonSet", "daemon"),
    workload("StatefulSet", "stateful", serviceName="stateful", volumeClaimTemplates=[
        {"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]),
    kind("batch/v1", "job", "Job", {**JOB, "ttlSecondsAfterFinished": 0}),
    kind("batch/v1", "cron", "CronJob", {"schedule": "* * * * *", "jobTemplate": {"spec": JOB}}),
    kind("v1", "service", "Service", {"selector": {"app": "deployment"}, "ports": [{"port": 80}]}),
    kind("policy/v1", "budget", "PodDisruptionBudget", {"minAvailable": 1, "selector": {"matchLabels": {"app": "deployment"}}}),
    kind("v1", "tolerant", "Pod", {**POD, "nodeName": "node1"}),
]


def refusals(server):
    lines = server.kubectl("get", "--raw", "/metrics").stdout.splitlines()
    return [line for line in lines if line.startswith("apiserver_request_total{") and 'code="403"' in line]


def names(server, resource, *words):
    return [item["metadata"]["name"] for item in server.json("-n", "rights", "get", resource, *words)["items"]]


def test_default_roles_are_all_that_controllers_need(server):
    server.kubectl("apply", "-f", "-", stdin="\n".join(map(json.dumps, EVERYTHING)))
    get = lambda what, path: server.kubectl("-n", "rights", "get", what, "-o", f"jsonpath={path}").stdout
    wait_for("the daemon's pod", lambda: get("daemonset/daemon", "{.status.currentNumberScheduled}") == "1")
    wait_for("the stateful pod", lambda: "stateful-0" in names(server, "pods"))
    wait_for("its claim", lambda: names(server, "pvc") == ["v-stateful-0"])
    wait_for("the budget's status", lambda: get("pdb/budget", "{.status.expectedPods}") == "2")
    wait_for("the revision", lambda: "1" == get("deployment/deployment", r"{.metadata.annotations.deployment\.kubernetes\.io/revision}"))
    wait_for("slices", lambda: any(name.startswith("service-") for name in names(server, "endpointslices")))

    server.kubectl("-n", "rights", "set", "image", "deployment/deployment", "daemonset/daemon", "c=example.com/other")
    wait_for("a second replica set", lambda: len(names(server, "replicasets")) == 2)
    server.kubectl("-n", "rights", "scale", "deployment/deployment", "--replicas=1")
    pod = wait_for("the job's pod", lambda: names(server, "pods", "-l", "job-name=job"))[0]
    server.kubectl("-n", "rights", "patch", "pod", pod, "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Succeeded"}}')
    wait_for("the job's end", lambda: "job" not in names(server, "jobs"))
    server.kubectl("taint", "node", "node1", "gone=yes:NoExecute")
    evicted = lambda: server.json("-n", "rights", "get", "pod", "tolerant")["metadata"].get("deletionTimestamp")
    wait_for("the eviction", evicted)
    server.kubectl("-n", "rights", "delete", "deployment/deployment", "--cascade=orphan")
    wait_for("orphans", lambda: names(server, "replicasets") != [] and names(server, "deployments") == [])
    assert refusals(server) == []
    server.kubectl("delete", "namespace", "rights", "--wait=false")  # from here on creations are refused for another reason
    server.kubectl("-n", "rights", "delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
    wait_for("the namespace's end", lambda: server.kubectl("get", "namespace", "rights", check=False).returncode != 0, 90)
    assert not re.findall('.*is forbidden: User ".*', server.log.read_text())

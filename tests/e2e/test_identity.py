# SPDX-License-Identifier: Apache-2.0
"""Who the cluster's own components are: every controller works with the rights of its own service account and no others."""
import base64
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


def may(server, user, *question):
    return server.kubectl("auth", "can-i", *question, f"--as={user}", check=False).stdout.strip()


def test_roles_for_users_have_rules(server):
    for role in ("admin", "edit", "view"):
        server.kubectl("create", "rolebinding", role, f"--clusterrole={role}", f"--user={role}-user")
    wait_for("rules of admin", lambda: may(server, "admin-user", "create", "rolebindings") == "yes")
    assert may(server, "edit-user", "create", "deployments.apps") == "yes"
    assert may(server, "edit-user", "create", "rolebindings") == "no"
    assert may(server, "view-user", "list", "pods") == "yes"
    assert may(server, "view-user", "get", "secrets") == "no"
    assert may(server, "view-user", "delete", "pods") == "no"
    server.kubectl("create", "clusterrole", "more", "--verb=get", "--resource=nodes")
    assert may(server, "view-user", "get", "nodes") == "no"
    server.kubectl("label", "clusterrole", "more", "rbac.authorization.k8s.io/aggregate-to-view=true")
    wait_for("the new rule", lambda: may(server, "view-user", "get", "nodes") == "yes")
    assert may(server, "admin-user", "get", "nodes") == "yes"


def test_nobody_grants_what_they_do_not_have(server):
    server.kubectl("create", "rolebinding", "granter", "--clusterrole=admin", "--user=granter")
    wait_for("rules of admin", lambda: may(server, "granter", "create", "roles") == "yes")
    server.kubectl("create", "role", "fine", "--verb=get", "--resource=pods", "--as=granter")
    refused = server.kubectl("create", "role", "up", "--verb=get", "--resource=persistentvolumes", "--as=granter", check=False)
    assert ('roles.rbac.authorization.k8s.io "up" is forbidden: user "granter" (groups=["system:authenticated"]) is attempting to '
            'grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["persistentvolumes"], Verbs:["get"]}') in refused.stderr
    refused = server.kubectl("create", "rolebinding", "up", "--clusterrole=cluster-admin", "--user=granter", "--as=granter", check=False)
    assert 'user "granter" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held' in refused.stderr


def test_a_restart_repairs_default_roles(server):
    server.kubectl("patch", "clusterrole", "system:kube-scheduler", "--type=merge", "-p", '{"rules":[]}')
    server.kubectl("delete", "clusterrolebinding", "system:kube-scheduler")
    server.kubectl("patch", "clusterrole", "system:monitoring", "--type=merge", "-p", '{"rules":[]}')
    server.kubectl("annotate", "clusterrole", "system:monitoring", "--overwrite", "rbac.authorization.kubernetes.io/autoupdate=false")
    assert may(server, "system:kube-scheduler", "create", "pods", "--subresource=binding") == "no"
    server.stop()
    server.start()
    assert server.kubectl("get", "--raw", "/readyz/poststarthook/rbac/bootstrap-roles").stdout == "ok"
    assert may(server, "system:kube-scheduler", "create", "pods", "--subresource=binding") == "yes"
    assert server.json("get", "clusterrole", "system:monitoring")["rules"] == []


def test_leases_say_who_leads(server):
    holders = {lease["metadata"]["name"]: lease["spec"] for lease in server.json("-n", "kube-system", "get", "leases")["items"]}
    assert {"kube-controller-manager", "kube-scheduler"} <= set(holders)
    identity = holders["kube-scheduler"]["holderIdentity"]
    assert re.fullmatch(r".+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identity)
    assert holders["kube-scheduler"]["leaseDurationSeconds"] == 15
    events = server.json("-n", "kube-system", "get", "events", "--field-selector", "reason=LeaderElection")["items"]
    assert ("kube-controller-manager", f"{identity} became leader") in {(e["source"]["component"], e["message"]) for e in events}


def test_who_loses_the_lease_stops_until_it_has_it_again(server):
    steal = {"spec": {"holderIdentity": "somebody-else", "leaseDurationSeconds": 4}}
    server.kubectl("-n", "kube-system", "patch", "lease", "kube-controller-manager", "--type=merge", "-p", json.dumps(steal))
    wait_for("the loss", lambda: "leadership lost" in server.log.read_text(), 10)
    server.kubectl("create", "namespace", "waiting")
    assert names_of_accounts(server, "waiting") == []
    wait_for("controllers to work again", lambda: names_of_accounts(server, "waiting") == ["default"], 20)


def names_of_accounts(server, namespace):
    return [item["metadata"]["name"] for item in server.json("-n", namespace, "get", "serviceaccounts")["items"]]


def test_whoami_and_what_may_i(server):
    whoami = lambda *words: json.loads(server.kubectl("auth", "whoami", "-o", "json", *words).stdout)["status"]["userInfo"]
    assert whoami()["username"] == "kubernetes-admin"
    assert "system:masters" in whoami()["groups"]
    other = whoami("--as=ann", "--as-group=people", "--as-uid=42")
    assert (other["username"], other["uid"], other["groups"]) == ("ann", "42", ["people", "system:authenticated"])
    listed = lambda *words: server.kubectl("auth", "can-i", "--list", *words).stdout.splitlines()
    assert [line.split() for line in listed() if line.startswith("*.*")] == [["*.*", "[]", "[]", "[*]"]]
    server.kubectl("create", "rolebinding", "reader", "--clusterrole=view", "--user=reader")
    assert any(line.split()[0] == "pods/log" and line.endswith("[get list watch]") for line in listed("--as=reader"))
    assert not any(line.startswith("secrets") for line in listed("--as=reader"))


def test_others_can_check_tokens(server):
    """What a cloud does that gives roles to service accounts: it reads who the issuer is, fetches the keys, checks by itself."""
    part = lambda text: json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    issuer = json.loads(server.kubectl("get", "--raw", "/.well-known/openid-configuration").stdout)
    header, claims = map(part, server.kubectl("create", "token", "default").stdout.split(".")[:2])
    assert (issuer["issuer"], issuer["id_token_signing_alg_values_supported"]) == (claims["iss"], [header["alg"]])
    assert issuer["jwks_uri"].startswith("https://127.0.0.1:") and issuer["jwks_uri"].endswith("/openid/v1/jwks")
    keys = json.loads(server.kubectl("get", "--raw", "/openid/v1/jwks").stdout)["keys"]
    assert [(key["kid"], key["alg"], key["use"]) for key in keys] == [(header["kid"], header["alg"], "sig")]
    assert "forbidden" in server.kubectl("get", "--raw", "/openid/v1/jwks", "--as=system:anonymous", "--as-group=system:unauthenticated", check=False).stderr
    server.kubectl("get", "--raw", "/openid/v1/jwks", "--as=system:serviceaccount:a:b", "--as-group=system:serviceaccounts")


def test_a_namespace_that_ends_may_be_deleted_again(server):
    server.kubectl("create", "namespace", "stuck")
    server.kubectl("-n", "stuck", "create", "configmap", "held")
    server.kubectl("-n", "stuck", "patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    for _ in range(2):
        server.kubectl("delete", "namespace", "stuck", "--wait=false")
    assert server.json("get", "namespace", "stuck")["status"]["phase"] == "Terminating"
    server.kubectl("-n", "stuck", "patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    wait_for("the namespace's end", lambda: server.kubectl("get", "namespace", "stuck", check=False).returncode != 0, 60)

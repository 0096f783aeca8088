"""api_client.py - what benches need of a server: starts one, makes objects, and lets h2load and nginx stand beside it."""
import base64
import http.client
import json
import os
import re
import socket
import ssl
import subprocess

from report import BUILD, CORACLE, wait_until


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Api:
    """A connection to a server on this machine as its administrator."""

    def __init__(self, workplace, port, kubeconfig):
        self.port = port
        wait_until(lambda: os.path.exists(kubeconfig))
        text = open(kubeconfig, encoding="ascii").read()
        for name, key in (("ca", "certificate-authority"), ("cert", "client-certificate"), ("key", "client-key")):
            found = re.search(rf"{key}-data: *\"?([\w+/=]+)", text)
            workplace.file(f"{name}.pem", base64.b64decode(found[1]))
        self.context = ssl.create_default_context(cafile=workplace.file("ca.pem"))
        self.context.load_cert_chain(workplace.file("cert.pem"), workplace.file("key.pem"))
        self.connection = self.connect()
        wait_until(lambda: self.raw("GET", "/readyz")[0] == 200)

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=60)

    def rest(self):
        """Closes the connection; the next question opens it again."""
        self.connection.close()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def raw(self, method, path, body=None, content_type="application/json"):
        try:
            self.connection.request(method, path, body, {"content-type": content_type} if body else {})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0, b""

    def ask(self, method, path, body=None, content_type="application/json"):
        status, answer = self.raw(method, path, json.dumps(body) if body is not None else None, content_type)
        if status not in (200, 201, 202):
            raise RuntimeError(f"{method} {path}: {status} {answer[:500]}")
        return json.loads(answer)

    def token(self):
        """Of a service account that may do everything; admitted and authorized like any other user."""
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        self.ask("POST", accounts, {"metadata": {"name": "bench"}})
        self.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                 {"metadata": {"name": "bench"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                                                              "name": "cluster-admin"},
                  "subjects": [{"kind": "ServiceAccount", "name": "bench", "namespace": "default"}]})
        return self.ask("POST", f"{accounts}/bench/token", {"spec": {}})["status"]["token"]


class Server(Api):
    """A control plane without nodes in the workplace's directory."""

    def __init__(self, workplace, *options):
        port, config = free_port(), workplace.file("admin.kubeconfig")
        self.process = workplace.start([CORACLE, "server", "--data-dir", workplace.file("server"), "--secure-port",
                                        str(port), "--write-kubeconfig", config, *options], log="server.log")
        super().__init__(workplace, port, config)


class Cluster(Api):
    """A whole one with nodes, made by 'coracle up' and removed by 'coracle down'; a context manager."""

    def __init__(self, workplace, nodes=1):
        self.name, port = f"bench-{os.getpid()}", free_port()
        self.images = os.path.join(BUILD, "images")
        try:
            self.coracle("up", "--name", self.name, "--nodes", str(nodes), "--api-port", str(port))
            super().__init__(workplace, port, f"/var/lib/coracle/{self.name}/admin.kubeconfig")
        except BaseException:
            self.__exit__()
            raise

    @staticmethod
    def coracle(*words):
        done = subprocess.run([CORACLE, *words], capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"coracle {' '.join(words)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    def import_image(self, archive):
        self.coracle("image", "import", "--name", self.name, os.path.join(self.images, archive))

    def process(self, component):
        """The pid of server, node1-agent, node1-containerd, ..."""
        with open(f"/run/coracle/{self.name}/pids/{component}.pid", encoding="ascii") as pid:
            return int(pid.read().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.coracle("down", "--name", self.name)


class Load:
    """What one h2load run saw."""

    def __init__(self, url, count, clients=1, streams=1, headers=(), body=None, log=None):
        command = ["h2load", "-n", str(count), "-c", str(clients), "-m", str(streams)]
        for header in headers:
            command += ["-H", header]
        if body:
            command += ["-d", body]
        if log:
            if os.path.exists(log):
                os.unlink(log)
            command += ["--log-file", log]
        text = subprocess.run(command + [url], capture_output=True, text=True, check=False, timeout=120).stdout
        rate = re.search(r"finished in .*?, ([\d.]+) req/s", text)
        good = re.search(r"status codes: (\d+) 2xx", text)
        if rate is None or good is None or int(good[1]) != count:
            raise RuntimeError(f"h2load {url}: not all of {count} requests succeeded:\n{text[-1500:]}")
        self.rate = float(rate[1])
        self.spans = []  # microseconds
        if log:
            with open(log, encoding="ascii") as lines:
                self.spans = [int(line.split("\t")[2]) for line in lines]


def start_nginx(workplace, files, tls=True):
    """One worker that serves the files (name: bytes) as the server's neighbour would; its URL."""
    port = free_port()
    for name, content in files.items():
        workplace.file(f"www/{name}", content)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", workplace.file("nginx.key"), "-out", workplace.file("nginx.crt")],
                   capture_output=True, check=True)
    here = workplace.path
    temporary = "".join(f"{kind}_temp_path {here}/t; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    workplace.file("nginx.conf", f"""daemon off; master_process off; worker_processes 1; pid {here}/nginx.pid;
error_log {here}/nginx.log; events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; default_type application/json; {temporary} open_file_cache max=10;
server {{ listen 127.0.0.1:{port} {'ssl http2' if tls else ''}; root {here}/www;
ssl_certificate {here}/nginx.crt; ssl_certificate_key {here}/nginx.key; }} }}
""")
    workplace.start(["nginx", "-c", f"{here}/nginx.conf", "-p", here])
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    wait_until(listens)
    return f"{'https' if tls else 'http'}://127.0.0.1:{port}"


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def start_etcd(workplace, key, value):
    """Its URL for h2load, and the file with the body of one put as gRPC wants it."""
    port, peer_port = free_port(), free_port()
    peer = f"http://127.0.0.1:{peer_port}"
    workplace.start(["etcd", "--data-dir", workplace.file("etcd"), "--listen-client-urls", f"http://127.0.0.1:{port}",
                     "--advertise-client-urls", f"http://127.0.0.1:{port}", "--listen-peer-urls", peer,
                     "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"])

    def healthy():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return b'"true"' in connection.getresponse().read()
        except OSError:
            return False
    wait_until(healthy)
    message = b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(value)) + value
    body = workplace.file("put.bin", b"\0" + len(message).to_bytes(4, "big") + message)
    return f"http://127.0.0.1:{port}/etcdserverpb.KV/Put", body

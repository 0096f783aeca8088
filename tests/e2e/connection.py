# SPDX-License-Identifier: Apache-2.0
"""The API spoken directly, where a client's retries would hide what happens."""
import base64
import http.client
import json
import ssl

import yaml

UNREACHABLE = (OSError, http.client.HTTPException, json.JSONDecodeError)


def tls_context(server):
    """The administrator's, with the files that Python's ssl wants."""
    config = yaml.safe_load(open(server.kubeconfig))
    texts = {**config["clusters"][0]["cluster"], **config["users"][0]["user"]}
    for field in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
        (server.directory / field).write_bytes(base64.b64decode(texts[field]))
    context = ssl.create_default_context(cafile=server.directory / "certificate-authority-data")
    context.load_cert_chain(server.directory / "client-certificate-data", server.directory / "client-key-data")
    return context


class Connection:
    """One keep-alive connection; a broken one is made anew by the next call."""
    def __init__(self, port, context, timeout=5):
        self.http = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=timeout)

    def send(self, method, path, body=None):
        try:
            self.http.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
            return self.http.getresponse()
        except UNREACHABLE:
            self.http.close()
            raise

    def call(self, method, path, body=None):
        response = self.send(method, path, body)
        return response.status, json.loads(response.read())

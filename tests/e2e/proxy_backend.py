# SPDX-License-Identifier: Apache-2.0
"""A workload that answers what it was asked: every verb, pages with links, redirects, and an upgrade to an echo."""
import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/page"):
            self.answer(200, b"<a href=\"/other\">x</a><img src='pic.png'>", Content_Type="text/html; charset=utf-8")
        elif self.path.startswith("/moved"):
            self.answer(302, b"", Location="/there?x=1")
        elif self.headers.get("Upgrade") == "echo":
            self.send_response(101)
            self.send_header("Upgrade", "echo")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            for line in self.rfile:
                self.wfile.write(line.upper())
                self.wfile.flush()
            self.close_connection = True
        else:
            seen = {"method": self.command, "path": self.path, "body": body.decode(), "headers": dict(self.headers)}
            self.answer(200, json.dumps(seen).encode(), Content_Type="application/json", X_Method=self.command)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do

    def log_message(self, *_):
        pass


def main():
    address, port, *certificate = sys.argv[1:]
    server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[0])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", flush=True)
    server.serve_forever()


main()

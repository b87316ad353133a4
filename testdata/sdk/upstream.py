"""Scripted providers on one port: see `providers`, one class for each, and `providers/script.py`, what they answer.

    /NAME/...           the provider of that name, strictly: what it would refuse is refused
    GET /control/MARK   what was seen of the requests with that mark: {"requests", "closed", "bodies"}; `closed` counts those
                        whose connection the gateway gave up before their answer was whole
"""

import collections
import http.server
import json
import select
import socket
import threading
import time

from providers import PROVIDERS
from providers.script import Refused, answer, mark, trouble

SILENT_SECONDS_MAX = 20
BETWEEN_FOREVER_SECONDS = 0.02


class Seen:
    """What was seen under one mark."""

    def __init__(self):
        self.requests, self.closed, self.bodies = 0, 0, []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response leaves in several writes, and must not wait for the acknowledgement of the first.
    disable_nagle_algorithm = True

    def do_GET(self):
        seen = self.server.seen[self.path.removeprefix("/control/")]
        self.say(200, vars(seen))

    def do_POST(self):
        name = self.path.split("/")[1]
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        seen = self.server.seen[mark(text)]
        seen.requests += 1
        seen.bodies.append(text)
        provider = PROVIDERS[name](self.path, self.headers, text, self.server.kept[name])
        try:
            stream = provider.check()
            if (other := provider.other()) is not None:
                return self.say(200, other)
            words, tools, results = provider.asked()
            trouble(words, seen.requests > 1)
        except Refused as refused:
            self.server.refused.append(f"{self.path}: {refused}")
            headers = {**provider.error_headers(refused.status), **refused.headers}
            return self.say(refused.status, provider.error(refused.status, str(refused)), headers)
        if "silent" in words:
            return self.wait_for_close(seen)
        parts = answer(words, tools, results)
        if not stream:
            return self.say(200, provider.whole(parts))
        self.stream(provider, parts, words, seen)

    def wait_for_close(self, seen):
        self.close_connection = True
        readable, _, _ = select.select([self.connection], [], [], SILENT_SECONDS_MAX)
        if readable and self.connection.recv(1) == b"":
            seen.closed += 1

    def stream(self, provider, parts, words, seen):
        self.send_response(200)
        self.send_header("content-type", provider.media)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for at, event in enumerate(provider.events(parts)):
                # Cut anywhere: nobody may count on whole events.
                for piece in (event[:7], event[7:]):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if "cut" in words and at > 2:
                    self.close_connection = True
                    return self.connection.shutdown(socket.SHUT_RDWR)
                if "forever" in words:
                    time.sleep(BETWEEN_FOREVER_SECONDS)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            seen.closed += 1
            self.close_connection = True

    def say(self, status, value, headers=None):
        """An object as JSON, a text as XML."""
        is_xml = isinstance(value, str)
        body = (value if is_xml else json.dumps(value)).encode()
        self.send_response(status)
        media = "text/xml" if is_xml else "application/json"
        for name, text in {**(headers or {}), "content-type": media}.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def start():
    """A server on a free port; what it refused is in `refused`."""
    server = Server(("127.0.0.1", 0), Handler)
    server.seen = collections.defaultdict(Seen)
    server.kept = collections.defaultdict(dict)
    server.refused = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

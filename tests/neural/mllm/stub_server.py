"""A real HTTP server on loopback that answers as it is told to."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from s3ns.facts import Sign, vocabulary


class Fault(Enum):
    """What may go wrong with a server."""

    STATUS_500 = auto()
    STATUS_400 = auto()
    REDIRECT = auto()
    GARBAGE = auto()
    HALF_A_JSON = auto()
    NO_CHOICES = auto()
    HANG = auto()
    BREAK_OFF = auto()
    ENDLESS_HEAD = auto()
    ENDLESS_BODY = auto()


Body = dict[str, Any]
Script = Callable[[Body], "str | Fault | Weighed"]


@dataclass(frozen=True)
class Weighed:
    """An answer token by token; one of them with the likeliest in its place."""

    tokens: tuple[str, ...]
    at: int
    likely: Mapping[str, float]


@dataclass
class Stub:
    """A running server: its address, and all that was sent to it."""

    url: str
    port: int
    raw: list[bytes] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    most_at_once: int = 0


def answer(**members: object) -> str:
    return json.dumps({"words": "", "first_frame": 0, "last_frame": 0} | members)


NO = answer(answer="no", side="unknown")


def text_of(body: Body) -> str:
    """Return the words of a request."""
    parts = body["messages"][-1]["content"]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")


def sign_of(body: Body) -> Sign:
    """Return the sign that a request asks about."""
    text = text_of(body)
    (sign,) = [sign for sign in vocabulary().signs if sign.question in text]
    return sign


@contextmanager
def stub_server(
    script: Script, pages: Mapping[str, object] | None = None, *, port: int = 0
) -> Iterator[Stub]:
    """Run a server for the time of a ``with`` statement.

    ``pages`` are what it tells of itself, as JSON by path; a port of 0 is any.
    """
    lock = threading.Lock()
    over = threading.Event()
    running = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                stub.raw.append(f"{self.path}\n{self.headers}".encode())
            if self.path in (pages or {}):
                self._send(json.dumps((pages or {})[self.path]).encode())
            else:
                self._send(b"no such page", status=404)

        def do_POST(self) -> None:
            nonlocal running
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(raw)
            with lock:
                running += 1
                stub.most_at_once = max(stub.most_at_once, running)
                head = f"{self.path}\n{self.headers}".encode()
                stub.raw.append(head + raw)
                stub.bodies.append(body)
            try:
                said = script(body)
            finally:
                # Before the reply: after it, the next request may already be here.
                with lock:
                    running -= 1
            self._reply(said)

        def _reply(self, said: str | Fault | Weighed) -> None:
            if said is Fault.HANG:
                over.wait(60)
                self.close_connection = True
            elif said is Fault.BREAK_OFF:
                # Without lingering, the other side sees the connection torn down.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
            elif said is Fault.ENDLESS_HEAD or said is Fault.ENDLESS_BODY:
                self._drip(said)
            elif said is Fault.STATUS_500:
                self._send(b"worker died", status=500)
            elif said is Fault.STATUS_400:
                self._send(b'{"error": "context\n is too long"}\x1b[2J', status=400)
            elif said is Fault.REDIRECT:
                self.send_response(307)
                self.send_header("Location", f"{stub.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif said is Fault.GARBAGE:
                self._send(b"\xff<html>It works!</html>")
            elif said is Fault.HALF_A_JSON:
                whole = _completion("{}")
                self._send(whole[: len(whole) // 2], stated=len(whole))
                self.close_connection = True
            elif said is Fault.NO_CHOICES:
                self._send(b'{"choices": []}')
            elif isinstance(said, Weighed):
                self._send(_weighed(said))
            else:
                assert isinstance(said, str)
                self._send(_completion(said))

        def _drip(self, fault: Fault) -> None:
            """Send drop by drop until nobody listens any more."""
            drop = b"HTTP/1.1 100 Continue\r\n\r\n"
            if fault is Fault.ENDLESS_BODY:
                drop = b" "
                self.send_response(200)  # its length is not stated
                self.end_headers()
            self.close_connection = True
            while not over.wait(0.05):
                self.wfile.write(drop)

        def _send(
            self, raw: bytes, *, status: int = 200, stated: int | None = None
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(stated or len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that went away; they were told to."""

    server = Server(("127.0.0.1", port), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}/v1", server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _completion(text: str, **more: object) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"index": 0, "message": message} | more]}).encode()


def _weighed(said: Weighed) -> bytes:
    def top(place: int) -> list[dict[str, object]]:
        likely = said.likely if place == said.at else {said.tokens[place]: 0.0}
        return [{"token": t, "logprob": w, "bytes": None} for t, w in likely.items()]

    content = [
        {"token": token, "logprob": 0.0, "bytes": None, "top_logprobs": top(place)}
        for place, token in enumerate(said.tokens)
    ]
    return _completion("".join(said.tokens), logprobs={"content": content})

"""A language model behind an OpenAI-compatible server: vLLM, SGLang, LMDeploy, Ollama.

Only this machine is spoken to unless the user names another. No proxy is used and no
redirection followed, since either would carry the patient's pictures elsewhere.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import os
import socket
import threading
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from s3ns.facts import CapabilityError
from s3ns.neural.mllm.likelihood import ALTERNATIVES, beginning_of, chances
from s3ns.neural.mllm.request import Part, Picture, Reply, Request
from s3ns.neural.mllm.served import described
from s3ns.neural.mllm.settings import MllmSettings

KEY_VARIABLE = "S3NS_SERVER_KEY"
"""Environment variable with the key that a server may ask for."""

_LONGEST_ANSWER = 4 << 20  # bytes; far beyond any answer to a question of ours
_WORTH_REPEATING = {408, 409, 425, 429, 500, 502, 503, 504}
_NONE: frozenset[int] = frozenset()
_SEED = 0

Answer = TypeVar("Answer")


class Server:
    """Asks a server over HTTP; the same question gives the same answer.

    Parameters
    ----------
    settings
        Address, model, and how long and how often to try.

    Raises
    ------
    CapabilityError
        If the address is none, or that of a machine the user did not allow.
    """

    def __init__(self, settings: MllmSettings) -> None:
        if not settings.model:
            raise CapabilityError("expected the name of a model; add --model NAME")
        self._url = _checked(settings.server, settings.send_video_to)
        self._base = self._url.path.rstrip("/")
        self._settings = settings
        self._closed = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._tells_chances = True
        self.identity = settings.model
        self.address = f"{self._url.scheme}://{self._url.netloc.lower()}{self._base}"
        self.remarks: tuple[str, ...] = ()
        if not _is_this_machine(str(self._url.hostname)):
            self.remarks = ("pictures and sound were sent to another machine",)
        self.concurrency = settings.concurrency
        self.sees, self.hears = settings.sees, settings.hears

    def introduce(self) -> None:
        """Let the server tell which model it runs, for its identity.

        Raises
        ------
        CapabilityError
            If the server cannot be reached.
        """
        told = described(self._settings.model, self._base, self._fetched)
        if told.is_of_weights:
            self.address = ""
        if told.hash:
            self.identity = f"{self._settings.model}@{told.hash}"
        else:
            self.remarks += (
                "the server does not tell which weights it runs: kept answers are told "
                "apart by its address and the name of the model",
            )

    def ask(self, request: Request) -> Reply:
        """Put a question; a fault that may pass is met by waiting and asking again.

        Raises
        ------
        CapabilityError
            If the server cannot be reached, refuses, or gives nothing that is a chat
            completion, each time it was tried.
        """
        if not (request.weighed and self._tells_chances):
            return self._completed(request, weigh=False)
        try:
            return self._completed(request, weigh=True)
        except _Refused:
            # Some servers do not know how to tell probabilities, and say so like this.
            reply = self._completed(request, weigh=False)
            self._tells_chances = False
            return reply

    def _completed(self, request: Request, *, weigh: bool) -> Reply:
        body = json.dumps(self._body(request, weigh=weigh)).encode()

        def once() -> Reply:
            status, raw = self._exchanged(
                "POST", f"{self._base}/chat/completions", body
            )
            if status == 200:
                return _completion(raw, request)
            kind = _Refused if 400 <= status < 500 else CapabilityError
            raise kind(
                f"the model server {self._url.netloc} refused the request with HTTP "
                f"status {status}: {_line(raw)}"
            )

        return self._tried(once)

    def _fetched(self, path: str) -> Any:
        """Return the JSON at a path of the server; ``None`` if it gives none."""

        def once() -> Any:
            status, raw = self._exchanged("GET", path, None, lasting=_NONE)
            try:
                return json.loads(raw) if status == 200 else None
            except (ValueError, RecursionError):
                return None

        return self._tried(once)

    def _tried(self, once: Callable[[], Answer]) -> Answer:
        wait = self._settings.backoff
        for attempt in range(self._settings.retries + 1):
            if attempt:
                self._closed.wait(wait)
                wait *= 2
            if self._closed.is_set():
                raise CapabilityError("stopped")
            try:
                return once()
            except _MayPass as error:
                fault = str(error)
        count = self._settings.retries + 1
        raise CapabilityError(
            f"the model server {self._url.netloc} {fault}, {count} times; answers so "
            "far are kept: start the server and run the same command again"
        )

    def close(self) -> None:
        """Break off what is running."""
        with self._lock:
            self._closed.set()
            for sock in self._open:
                _break_off(sock)

    def _body(self, request: Request, *, weigh: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": [_content(p) for p in request.parts]},
            ],
            "temperature": 0,
            "top_p": 1,
            "seed": _SEED,
            "max_tokens": request.tokens,
        }
        if request.schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "strict": True,
                    "schema": request.schema,
                },
            }
        if weigh:
            body |= {"logprobs": True, "top_logprobs": ALTERNATIVES}
        return body

    def _exchanged(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        lasting: Container[int] = _WORTH_REPEATING,
    ) -> tuple[int, bytes]:
        """Return the status and the body of the server's answer to one request."""
        connection = self._connection()
        limit, is_late = self._settings.timeout, threading.Event()
        held: list[socket.socket] = []

        def end() -> None:
            is_late.set()
            for sock in held:
                _break_off(sock)

        # The timeout of a socket begins anew with each byte that a server lets fall.
        timer = threading.Timer(limit, end)
        timer.daemon = True
        try:
            connection.connect()
            # The connection itself lets go of it where the server states no length.
            held.append(connection.sock)
            timer.start()
            with self._lock:
                if self._closed.is_set():
                    raise CapabilityError("stopped")
                self._open.update(held)
            headers = {"Content-Type": "application/json"}
            if key := os.environ.get(KEY_VARIABLE):
                headers["Authorization"] = f"Bearer {key}"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            raw = _read(response)
            if is_late.is_set():
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if is_late.is_set() or isinstance(error, TimeoutError):
                raise _MayPass(f"did not answer within {limit:g} s") from error
            said = getattr(error, "strerror", None) or type(error).__name__
            raise _MayPass(f"could not be spoken to ({said})") from error
        finally:
            timer.cancel()
            with self._lock:
                self._open.difference_update(held)
            connection.close()
        if response.status in lasting:
            raise _MayPass(f"answered with HTTP status {response.status}")
        return response.status, raw

    def _connection(self) -> http.client.HTTPConnection:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        host = str(self._url.hostname)
        return kind(host, self._url.port, timeout=self._settings.timeout)


class _MayPass(Exception):
    """A fault that may be gone when the request is repeated."""


class _Refused(CapabilityError):
    """The server does not want the request as it is."""


class _Token(msgspec.Struct):
    """A token of an answer with the likeliest ones in its place."""

    token: str
    top_logprobs: list[_Likely] = []


class _Likely(msgspec.Struct):
    token: str
    logprob: float


def _checked(address: str, allowed: str) -> SplitResult:
    try:
        url = urlsplit(address)
        well_formed = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        url, well_formed = urlsplit(""), False
    # a name or a password would be shown with the address
    if not well_formed or "@" in url.netloc or url.query or url.fragment:
        raise CapabilityError(
            "expected an address such as http://127.0.0.1:8000/v1 for the model "
            f"server, got {address!r}"
        )
    host = str(url.hostname)
    if not _is_this_machine(host) and host != allowed.lower():
        raise CapabilityError(
            f"the model server is on another machine, {host}, and pictures and sound "
            f"of the patient would leave this one; allow it with --set "
            f"send_video_to={host}"
        )
    return url


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part, Picture):
        data = base64.b64encode(part.jpeg).decode()
        url = f"data:image/jpeg;base64,{data}"
        return {"type": "image_url", "image_url": {"url": url}}
    data = base64.b64encode(part.wav).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def _break_off(sock: socket.socket) -> None:
    # Only this wakes a thread that waits for an answer.
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse) -> bytes:
    """Read a whole body."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > _LONGEST_ANSWER:
            raise ValueError("too long")
    if response.length:  # it stated more than it sent
        raise http.client.IncompleteRead(b"")
    return b"".join(pieces)


def _completion(raw: bytes, request: Request) -> Reply:
    """Return the model's words; an empty text where it said nothing."""
    try:
        choice = json.loads(raw)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _MayPass("answered with something that is no chat completion") from error
    text = content if isinstance(content, str) else ""
    return Reply(text, _chances(choice, request) if request.weighed else None)


def _chances(choice: dict[str, Any], request: Request) -> dict[str, float] | None:
    try:
        tokens = msgspec.convert(choice["logprobs"]["content"], list[_Token])
    except (LookupError, TypeError, msgspec.ValidationError):  # not told
        return None
    found = beginning_of(request.weighed, [token.token for token in tokens])
    if found is None:
        return None
    place, before = found
    likely = {one.token: one.logprob for one in tokens[place].top_logprobs}
    return chances(before, likely, request.values)


def _line(raw: bytes) -> str:
    """Return the beginning of what a server said, on one line without control codes."""
    text = " ".join(raw[:2000].decode(errors="replace").split())
    return "".join(letter for letter in text if letter.isprintable())[:200]

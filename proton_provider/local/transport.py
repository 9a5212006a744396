"""HTTP/1.1 on a socket: whole requests in, whole answers out, whatever arrives.

Connections are kept alive. Bodies are read whole, up to a limit the caller sets for each request; what is not HTTP
gets an AWS error too. A client that stalls in the middle of a body is answered after ``REQUEST_TIMEOUT`` seconds.
"""

import contextlib
import http
import logging
import socket
import socketserver
import struct
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

from .errors import ServiceError

REQUEST_TIMEOUT = 10.0
"""Seconds that a client may pause in the middle of a request, or in taking its answer."""

IDLE_TIMEOUT = 300.0
"""Seconds that a connection may be idle between two requests."""

_LINGER_TIMEOUT = 2.0
_LINGER_BYTES = 256 * 1024 * 1024
_PIECE = 64 * 1024
_CHUNK_LINE = 4096
_TRAILERS = 100

_MALFORMED = "MalformedHttpRequestException"
# The statuses with which http.server refuses a request line, headers, or a method that is not HTTP's.
_PARSER_CODES = {
    414: "RequestEntityTooLargeException",
    431: "RequestEntityTooLargeException",
    501: "UnknownOperationException",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: ``url`` is the request target in its parts, ``raw_url`` as sent, ``host`` never empty."""

    method: str
    url: SplitResult
    raw_url: str
    headers: "Message[str, str]"
    host: str
    body: bytes = b""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Its length, date and request id are added on the way out."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Service(Protocol):
    """What a server serves: two functions, called from many threads."""

    def body_limit(self, headers: "Message[str, str]") -> int:
        """The most bytes that the body of a request with these headers may have."""

    def answer(self, request: HttpRequest) -> Answer | None:
        """The answer to a request; None resets the connection. Must not raise."""


def url_of(host: str, port: int) -> str:
    """The URL of a server, with an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer(ThreadingHTTPServer):
    """A server on a socket of its own, one thread a connection. Port 0 is any free one."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(
        self, host: str, port: int, service: Service, on_error: Callable[[BaseException], None]
    ) -> None:
        self.service = service
        self.on_error = on_error
        self._open: dict[threading.Thread, socket.socket] = {}
        self._open_lock = threading.Lock()
        self._resets: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        self.url = url_of(host, self.server_port)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name=f"serve {self.url}", daemon=True
        )

    def server_bind(self) -> None:
        """Bind without asking a name server for the name of the host, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and all connections, and wait for their threads."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._open_lock:
            still_open = dict(self._open)
        for connection in still_open.values():
            with contextlib.suppress(OSError):  # it may have gone by itself
                connection.shutdown(socket.SHUT_RDWR)
        for thread in still_open:
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, and remember both."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="connection", daemon=True
        )
        with self._open_lock:
            self._open[thread] = request
        try:
            thread.start()
        except RuntimeError:  # no thread is to be had
            self._forget(thread)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._forget(threading.current_thread())

    def _forget(self, thread: threading.Thread) -> None:
        with self._open_lock:
            self._open.pop(thread, None)

    def reset_connection(self, connection: socket.socket) -> None:
        """Have a connection end with RST instead of FIN."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._open_lock:
            self._resets.add(connection)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._open_lock:
            reset = request in self._resets
            self._resets.discard(request)
        if reset:
            self.close_request(request)  # a shutdown first would send FIN
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the base class's
        """Report what a connection's thread died of, unless the client went away."""
        error = sys.exc_info()[1]
        if isinstance(error, (ConnectionError, TimeoutError)):
            logger.debug("client %s went away: %s", client_address, error)
        elif error is not None:
            logger.error("a connection ended in an error", exc_info=error)
            self.on_error(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer

    def _serve(self) -> None:
        try:
            request = self._read()
        except ServiceError as error:
            self._refuse(error)
            return
        answer = self.server.service.answer(request)
        if answer is None:
            self.close_connection = True
            self.server.reset_connection(self.connection)
            return
        self._write(answer, request.request_id)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _serve  # noqa: N815  # http.server's

    def handle_one_request(self) -> None:
        """Wait long for a request, but not for the rest of one."""
        self.connection.settimeout(IDLE_TIMEOUT)
        try:
            self.rfile.peek(1)  # type: ignore[attr-defined]  # it is a BufferedReader
        except TimeoutError:
            self.close_connection = True
            return
        self.connection.settimeout(REQUEST_TIMEOUT)
        super().handle_one_request()

    def _read(self) -> HttpRequest:
        try:
            url = urlsplit(self.path)
        except ValueError as error:
            raise ServiceError(_MALFORMED, f"The request target can not be read: {error}") from error
        limit = self.server.service.body_limit(self.headers)
        try:
            body = self._read_body(limit)
        except TimeoutError as error:
            raise ServiceError("RequestTimeoutException", "The body did not arrive in time.") from error
        host = self.headers.get("Host") or self.server.url.partition("//")[2]
        return HttpRequest(self.command, url, self.path, self.headers, host, body)

    def _read_body(self, limit: int) -> bytes:
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", [])}
        encoding = self.headers.get("Transfer-Encoding")
        if encoding is not None:
            if lengths or encoding.strip().lower() != "chunked":
                raise ServiceError(
                    _MALFORMED, "Transfer-Encoding can only be chunked, and without Content-Length."
                )
            return self._read_chunks(limit)
        if not lengths:
            return b""
        text = lengths.pop()
        # Nineteen digits are more than any limit, and few enough for int().
        if lengths or not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004
            raise ServiceError(_MALFORMED, "Content-Length must be one number.")
        length = int(text)
        if length > limit:
            raise _too_large(limit)
        return self._read_exactly(length)

    def _read_exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ServiceError(_MALFORMED, f"The body ended after {len(body)} of {length} bytes.")
        return body

    def _read_chunks(self, limit: int) -> bytes:
        body = bytearray()
        while True:
            text = self.rfile.readline(_CHUNK_LINE).partition(b";")[0].strip()
            try:
                size = int(text, 16) if len(text) <= 16 and text.isalnum() else -1  # noqa: PLR2004
            except ValueError:
                size = -1
            if size < 0:
                raise ServiceError(_MALFORMED, "A chunk of the body does not begin with its size.")
            if size == 0:
                break
            if len(body) + size > limit:
                raise _too_large(limit)
            body += self._read_exactly(size)
            if self.rfile.readline(_CHUNK_LINE).strip():
                raise ServiceError(_MALFORMED, "A chunk of the body does not end where its size says.")
        for _ in range(_TRAILERS):
            if not self.rfile.readline(_CHUNK_LINE).strip():
                return bytes(body)
        raise ServiceError(_MALFORMED, f"The body has more than {_TRAILERS} trailers.")

    def _refuse(self, error: ServiceError) -> None:
        """Answer what could not be read as a request, and take what else arrives, so that the answer gets through."""
        self.close_connection = True
        request_id = str(uuid.uuid4())
        headers, body = error.render("json", request_id)
        self._write(Answer(error.status, headers, body), request_id)
        self.wfile.flush()
        with contextlib.suppress(OSError):  # the client may go at any time
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_TIMEOUT)
            taken = 0
            while taken < _LINGER_BYTES and (piece := self.connection.recv(_PIECE)):
                taken += len(piece)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what the parser of the request line and headers refused."""
        name = _PARSER_CODES.get(code, _MALFORMED)
        self._refuse(ServiceError(name, message or http.HTTPStatus(code).phrase))

    def _write(self, answer: Answer, request_id: str) -> None:
        bodiless = answer.status < 200 or answer.status in {204, 304}  # noqa: PLR2004
        head = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Unknown')}"]
        names = set()
        for name, value in answer.headers:
            names.add(name.lower())
            head.append(f"{name}: {value}")
        if "x-amzn-requestid" not in names:
            head.append(f"x-amzn-RequestId: {request_id}")
        if not bodiless and "content-length" not in names:
            head.append(f"Content-Length: {len(answer.body)}")
        if "date" not in names:
            head.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            head.append("Connection: close")
        elif self.request_version == "HTTP/1.0":
            head.append("Connection: keep-alive")
        head.append("\r\n")
        packet = "\r\n".join(head).encode("latin-1", "replace")
        if not bodiless and self.command != "HEAD":
            packet += answer.body
        self.wfile.write(packet)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        logger.debug(format, *args)


def _too_large(limit: int) -> ServiceError:
    return ServiceError(
        "RequestEntityTooLargeException", f"The body of this request can have {limit} bytes at most."
    )


_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}

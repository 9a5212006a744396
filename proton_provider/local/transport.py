"""The HTTP server, which is werkzeug's: starts and stops it, answers with AWS's errors, and resets connections.

A connection carries one request, as always with werkzeug. werkzeug and Python's parser accept some malformed requests
and would then answer a request that nobody sent. This module refuses them.
"""

import contextlib
import http
import io
import logging
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from typing import TYPE_CHECKING, Any, cast

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from .errors import ServiceError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MALFORMED = "MalformedHttpRequestException"
_TOO_LARGE = "RequestEntityTooLargeException"
_CODES = {413: _TOO_LARGE, 414: _TOO_LARGE, 431: _TOO_LARGE}
_LENGTH = re.compile(r"0*(\d{1,18})", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_LINGER = 1.0
"""Seconds until the connection of a silent client is closed after the response. Until then its data is dropped."""
_REFUSAL = "proton_provider.refusal"
_RESET = struct.pack("ii", 1, 0)

logger = logging.getLogger(__name__)


def url_of(host: str, port: int) -> str:
    """The URL of a server, with an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def read_request(environ: "WSGIEnvironment", limit: int) -> Request:
    """Read the request and its whole body. The body is also put back into ``environ``, so that moto can read it.

    Raises ``ServiceError`` for malformed HTTP, a broken body, and a body of more than ``limit`` bytes.
    """
    if environ[_REFUSAL] is not None:
        raise environ[_REFUSAL]
    request = Request(environ)
    request.max_form_memory_size = None
    request.max_content_length = limit + 1  # werkzeug cuts a chunked body here and raises nothing
    body: bytes | None = None
    with contextlib.suppress(RequestEntityTooLarge):
        try:
            body = request.get_data()
        except ClientDisconnected as error:
            raise ServiceError(
                _MALFORMED, "The body did not arrive whole, in time and well-formed."
            ) from error
    if body is None or len(body) > limit:
        raise ServiceError(_TOO_LARGE, f"The body can have {limit} bytes at most.")
    environ["wsgi.input"], environ["wsgi.input_terminated"] = io.BytesIO(body), True
    environ["CONTENT_LENGTH"] = str(len(body))
    return request


class HttpServer:
    """An HTTP server with one thread for each connection. Port 0 takes any free port.

    Calls ``answer`` with the WSGI environment of each request, from many threads. If it returns None, the connection
    is reset. If it raises an error, the caller gets no response and ``on_error`` gets the error. Raises ``OSError`` if
    the address can not be used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        answer: Callable[["WSGIEnvironment"], Response | None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._answer, self.on_error = answer, on_error
        self.connections: dict[threading.Thread, socket.socket] = {}
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # We bind the socket ourselves, because werkzeug ends the process if it can not.
        with socket.create_server((host, port), family=family, backlog=128) as listening:
            options: dict[str, Any] = {"request_handler": RequestHandler, "fd": listening.fileno()}
            self._server = make_server(host, port, self, threaded=True, passthrough_errors=True, **options)
        self.port = self._server.port
        self.url = url_of(host, self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        response = self._answer(environ)
        if response is None:
            environ["werkzeug.socket"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            environ["werkzeug.socket"].close()  # a shutdown first would end the connection without a reset
            raise ConnectionResetError
        return _then_linger(response(environ, start_response), environ["werkzeug.socket"])

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and all connections, and wait for their threads."""
        self._server.shutdown()
        self._thread.join()
        for thread, connection in self.connections.copy().items():
            with contextlib.suppress(OSError):  # the client may have closed it already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


def _then_linger(answer: Iterable[bytes], connection: socket.socket) -> Iterator[bytes]:
    """The response, then a short time-out.

    werkzeug goes on reading after the response. A client that waits for us to close would wait for ``timeout``.
    """
    yield from answer
    connection.settimeout(_LINGER)


class _Received(io.BufferedReader):
    """Reads from a client. ``last_line`` shows whether the headers arrived complete."""

    last_line = b""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and raise ``OSError`` if the client sent less. werkzeug would take a short chunk for a whole one."""
        data = super().read(size)
        if size is not None and len(data) < size:
            raise OSError(f"the body broke off, {size - len(data)} bytes before its end")
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line


class RequestHandler(MotoRequestHandler):
    """moto's request handler. It closes the connection of a client that sends nothing for ``timeout`` seconds."""

    timeout = 60.0
    rbufsize = 0  # the buffer is that of _Received
    disable_nagle_algorithm = True
    refusal: ServiceError | None = None

    @property
    def _http(self) -> HttpServer:
        return cast("HttpServer", self.server.app)

    def setup(self) -> None:
        super().setup()
        self.rfile: _Received = _Received(self.rfile)
        self._http.connections[threading.current_thread()] = self.connection

    def finish(self) -> None:
        del self._http.connections[threading.current_thread()]
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError as error:
            logger.debug("a client went away: %s", error)
        except Exception as error:
            logger.exception("a connection ended in an error")
            self._http.on_error(error)

    def parse_request(self) -> bool:
        if not super().parse_request():
            if self.refusal is None:  # the parser reports no error for an empty line
                self.send_error(400, "The request line is empty.")
            return False
        problem = self._framing_problem()
        if problem is not None:
            self.send_error(*problem)
        return problem is None

    def _framing_problem(self) -> tuple[int, str] | None:
        """A status and a sentence for a problem in the headers that the parser does not find, or None."""
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if self.request_version == self.default_request_version:
            return 400, "The request line has no version of HTTP."
        if self.rfile.last_line not in {b"\r\n", b"\n"} or self.headers.defects:
            return 400, "The headers did not arrive whole and well-formed."
        if len(lengths) > 1 or not all(map(_DIGITS.fullmatch, lengths)):
            return 400, "The Content-Length must be one whole number."
        if not all(map(_LENGTH.fullmatch, lengths)):
            return 413, "The Content-Length is beyond every limit."
        if [coding.strip().lower() for coding in codings] not in ([], ["chunked"]):
            return 400, "The one transfer coding is chunked."
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what the parser refuses as if it were a request, so that werkzeug sends the response."""
        self.refusal = ServiceError(_CODES.get(code, _MALFORMED), message or http.HTTPStatus(code).phrase)
        self.command, self.path, self.request_version, self.headers = "GET", "/", "HTTP/1.1", Message()
        self.run_wsgi()

    def make_environ(self) -> dict[str, Any]:
        try:
            return {**super().make_environ(), _REFUSAL: self.refusal}
        except ValueError as error:  # werkzeug would close the connection without a response
            self.refusal = ServiceError(_MALFORMED, f"The request target can not be read: {error}")
            self.path = "/"
            return self.make_environ()

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:  # noqa: ARG002
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do nothing: the gateway logs each request with its operation."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002
        logger.debug(message, *args)

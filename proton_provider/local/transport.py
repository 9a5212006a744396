"""HTTP by werkzeug's server: started and stopped here, with AWS's errors instead of its pages, and connection resets.

As werkzeug has it, a connection carries one request, and odd framing is what werkzeug makes of it.
"""

import contextlib
import http
import io
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterable
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
_CODES = {414: _TOO_LARGE, 431: _TOO_LARGE}
_REFUSAL = "proton_provider.refusal"
_RESET = struct.pack("ii", 1, 0)

logger = logging.getLogger(__name__)


def url_of(host: str, port: int) -> str:
    """The URL of a server, with an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def read_request(environ: "WSGIEnvironment", limit: int) -> Request:
    """The request with its whole body, which is put back into ``environ`` to be read once more.

    Raises ``ServiceError`` for what is not HTTP, and for a body that is broken or has more than ``limit`` bytes.
    """
    if environ[_REFUSAL] is not None:
        raise environ[_REFUSAL]
    request = Request(environ)
    request.max_form_memory_size = None
    request.max_content_length = limit + 1  # at which werkzeug cuts a chunked body without a word
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
    """A server on a socket of its own, one thread a connection. Port 0 is any free one.

    ``answer`` is given each request as WSGI has it, from many threads; None resets the connection. What it raises
    goes to ``on_error``, and the caller gets no answer. Raises ``OSError`` if the address can not be had.
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
        # werkzeug would end the process if it could not bind.
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
            environ["werkzeug.socket"].close()  # or it would be shut down first, which says goodbye
            raise ConnectionResetError
        return response(environ, start_response)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and all connections, and wait for their threads."""
        self._server.shutdown()
        self._thread.join()
        for thread, connection in self.connections.copy().items():
            with contextlib.suppress(OSError):  # it may have gone by itself
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class RequestHandler(MotoRequestHandler):
    """moto's reading of a request. A client that stalls for ``timeout`` seconds loses its connection."""

    timeout = 60.0
    disable_nagle_algorithm = True
    refusal: ServiceError | None = None

    @property
    def _http(self) -> HttpServer:
        return cast("HttpServer", self.server.app)

    def setup(self) -> None:
        super().setup()
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

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Have what the parser refuses answered like a request, which werkzeug writes and drains."""
        self.refusal = ServiceError(_CODES.get(code, _MALFORMED), message or http.HTTPStatus(code).phrase)
        self.command, self.path, self.request_version, self.headers = "GET", "/", "HTTP/1.1", Message()
        self.run_wsgi()

    def make_environ(self) -> dict[str, Any]:
        try:
            return {**super().make_environ(), _REFUSAL: self.refusal}
        except ValueError as error:  # at which werkzeug would drop the connection
            self.refusal = ServiceError(_MALFORMED, f"The request target can not be read: {error}")
            self.path = "/"
            return self.make_environ()

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:  # noqa: ARG002
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: requests are logged by their operation."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002
        logger.debug(message, *args)

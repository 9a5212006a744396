"""The HTTP server: werkzeug's, with moto's request handler. It also resets connections and closes them at its end.

A connection carries one request, as always with werkzeug.
"""

import contextlib
import io
import logging
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_RESET = struct.pack("ii", 1, 0)

logger = logging.getLogger(__name__)


def url_of(host: str, port: int) -> str:
    """The URL of a server, with an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer(ThreadedWSGIServer):
    """An HTTP server with one thread for each connection. Port 0 takes any free port.

    Calls ``answer`` with each request, from many threads; ``read_body`` reads its body. If ``answer`` returns None, the
    connection is reset. If it raises an error, the caller gets no response and ``on_error`` gets the error. Raises
    ``OSError`` if the address can not be used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        answer: Callable[[Request], Response | None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._answer, self.on_error = answer, on_error
        self.connections: dict[threading.Thread, socket.socket] = {}
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # We bind the socket ourselves, because werkzeug ends the process if it can not.
        with socket.create_server((host, port), family=family, backlog=128) as listening:
            super().__init__(
                host, port, self._respond, _RequestHandler, passthrough_errors=True, fd=listening.fileno()
            )
        self.url = url_of(host, self.port)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and all connections, and wait for their threads."""
        self.shutdown()
        self._thread.join()
        for thread, connection in self.connections.copy().items():
            with contextlib.suppress(OSError):  # the client may have closed it already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _respond(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self._answer(Request(environ))
        if response is None:
            environ["werkzeug.socket"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            environ["werkzeug.socket"].close()  # a shutdown first would end the connection without a reset
            raise ConnectionResetError
        return response(environ, start_response)


def read_body(request: Request) -> bytes:
    """The whole body, which is then in the WSGI environment, too, so that moto can read it again.

    Raises ``OSError`` if the client ends the connection before.
    """
    request.max_form_memory_size = None
    request.max_form_parts = sys.maxsize
    try:
        body = request.get_data()
    except ClientDisconnected as error:
        raise ConnectionAbortedError from error
    request.environ["wsgi.input"], request.environ["wsgi.input_terminated"] = io.BytesIO(body), True
    request.environ["CONTENT_LENGTH"] = str(len(body))
    return body


class _RequestHandler(MotoRequestHandler):
    """moto's request handler. It closes the connection of a client that sends nothing for ``timeout`` seconds."""

    timeout = 60.0
    disable_nagle_algorithm = True

    @property
    def _http(self) -> HttpServer:
        return cast("HttpServer", self.server)

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

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:  # noqa: ARG002
        self.close_connection = True  # otherwise the handler would wait for another request

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do nothing: the gateway logs each request with its operation."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002
        logger.debug(message, *args)

"""HTTP servers of the tests' own: each at a port that the system chooses, and ended with its block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

POLL = 0.02
"""Seconds between two looks of a server whether it is to end."""


class Handler(BaseHTTPRequestHandler):
    """Answers with a whole body, and prints nothing."""

    def read_body(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, body: bytes, status: int = 200, content_type: str | None = None) -> None:
        """Send the response."""
        self.send_response(status)
        if content_type is not None:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""


@contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """Serve in a thread; the server's address."""
    with server:
        thread = Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(handler: Any) -> Iterator[str]:
    """A server whose requests this class of handlers answers; its address."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield url


@contextmanager
def serving_files(folder: Path) -> Iterator[str]:
    """A server of the files of a folder; its address."""
    with serving(partial(_Files, directory=folder)) as url:
        yield url

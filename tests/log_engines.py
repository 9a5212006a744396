"""The part of an engine that takes the lines of its providers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc


class LogEngine(engine_pb2_grpc.EngineServicer):
    """Keeps the lines that it gets."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, str, str]] = []
        """Severity, text and URN of each line."""

    @property
    def lines(self) -> list[tuple[int, str]]:
        """Severity and text of each line."""
        return [(severity, text) for severity, text, _urn in self.logged]

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802  # the protocol's name
        self.logged.append((request.severity, request.message, request.urn))
        return empty_pb2.Empty()


@contextmanager
def listening(engine: LogEngine) -> Iterator[str]:
    """The address at which an engine listens."""
    running = grpc.server(ThreadPoolExecutor())
    engine_pb2_grpc.add_EngineServicer_to_server(engine, running)
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    yield f"127.0.0.1:{port}"
    running.stop(None).wait()


@contextmanager
def silent() -> Iterator[str]:
    """An address that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield f"127.0.0.1:{there.getsockname()[1]}"

"""Serves a provider on a free port of 127.0.0.1, prints the port, and ends when the engine ends."""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from proton_provider import engine_log, stopping

OPERATIONS: Final = 32
"""How many operations can run at once. Pulumi's default for `--parallel` is four for each core."""

_THREADS: Final = 4 * OPERATIONS  # each is started when it is needed
_GRACE: Final = 60.0  # seconds for running calls to finish
_ENGINE_CHECK: Final = 1.0  # seconds between two checks of the engine
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024  # bytes; the limit of Pulumi's SDKs (Go SDK: rpcutil/serve.go)
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
)


class Engine:
    """The engine that started this process, or attached to it."""

    def __init__(self, address: str = "") -> None:
        """`address` is the engine's HOST:PORT. It is empty before the engine has attached."""
        self.address = address
        self.stopping = threading.Event()
        """Set when the process is to end. It ends all waits."""
        self._started_with = address
        self._started_by = os.getppid() if address else None

    def log(self, severity: engine_log.Severity, message: str, urn: str = "") -> None:
        """Show the message to the user, on the row of the resource if `urn` is given."""
        engine_log.show(self.address, severity, message, urn)

    def has_ended(self) -> bool:
        """Whether the engine has ended. A killed engine cannot stop its plugins.

        Two signs are checked: the parent process has changed, or the engine's address refuses connections.
        A process that was started by hand has neither sign, and outlives the engines that attach to it.
        """
        if self._started_by is not None and os.getppid() != self._started_by:
            return True
        host, _, port = self._started_with.rpartition(":")
        if not host:
            return False
        try:
            socket.create_connection((host, int(port)), timeout=_ENGINE_CHECK).close()
        except ConnectionRefusedError:
            return True
        except OSError:  # for example a time-out on a busy machine
            return False
        return False


Provider: TypeAlias = Callable[[Engine], provider_pb2_grpc.ResourceProviderServicer]
"""Creates the servicer for an engine."""


def start(provider: Provider, engine: Engine) -> tuple[grpc.Server, int]:
    """Serve what `provider` creates. Returns the running server, and its port on 127.0.0.1."""
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=_OPTIONS)
    served: Any = provider(engine)
    # Cancel ends the waits of operations, so it must not wait for a thread behind them.
    served.Cancel = functools.partial(served.Cancel)
    served.Cancel.experimental_thread_pool = ThreadPoolExecutor(max_workers=1)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(served, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(provider: Provider, arguments: Sequence[str]) -> int:
    """Run the plugin until SIGINT or SIGTERM, or until the engine has ended. Returns the exit status.

    `arguments` come from the engine: options for logging and tracing, then its address. A call that is still running
    a minute after the end does not keep the process alive.
    """
    engine = Engine(arguments[-1] if arguments else "")
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # Pulumi sends SIGBREAK on Windows
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: engine.stopping.set())
    server, port = start(provider, engine)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not engine.stopping.wait(_ENGINE_CHECK) and not engine.has_ended():
        pass
    engine.stopping.set()
    stopping.stop()  # a killed engine sends no Cancel
    # Without this timer, Python waits for all threads, however long their calls take.
    last_resort = threading.Timer(_GRACE, os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()
    server.stop(_GRACE).wait()
    return 0

"""The process: it serves a provider on a free port of the loopback, says which, and ends when its engine does."""

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
"""How many operations are to run at once; Pulumi's own default of `--parallel` is four for each core."""

_THREADS: Final = 4 * OPERATIONS  # made when they are needed
_GRACE: Final = 60.0  # seconds for calls that are under way
_ENGINE_CHECK: Final = 1.0  # seconds between two looks for the engine
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024  # bytes, as in Pulumi's SDKs (Go SDK: rpcutil/serve.go)
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
)


class Engine:
    """The engine that this process works for."""

    def __init__(self, address: str = "") -> None:
        """`address` is where it listens, HOST:PORT; empty where nobody has said yet."""
        self.address = address
        self.stopping = threading.Event()
        """Set when the process is to end: whatever waits, ends its wait."""
        self._started_with = address
        self._started_by = os.getppid() if address else None

    def log(self, severity: engine_log.Severity, message: str, urn: str = "") -> None:
        """Show the message to the user, on the row of the resource `urn` where one is given."""
        engine_log.show(self.address, severity, message, urn)

    def has_ended(self) -> bool:
        """Whether the engine is gone: one that was killed cannot tell its plugins to end.

        Its process was this one's parent, unless a wrapper stands between them; and it listens at its address.
        A process that was started by hand outlives the engines that attach to it.
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
        except OSError:  # such as a time-out on a busy machine
            return False
        return False


Provider: TypeAlias = Callable[[Engine], provider_pb2_grpc.ResourceProviderServicer]
"""Makes what is served, given whom it works for."""


def start(provider: Provider, engine: Engine) -> tuple[grpc.Server, int]:
    """Serve what `provider` makes; the running server, and its port at 127.0.0.1."""
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=_OPTIONS)
    served: Any = provider(engine)
    # Cancel ends the waits of the operations, so it must not queue behind them.
    served.Cancel = functools.partial(served.Cancel)
    served.Cancel.experimental_thread_pool = ThreadPoolExecutor(max_workers=1)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(served, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(provider: Provider, arguments: Sequence[str]) -> int:
    """Be the process of a plugin until SIGINT or SIGTERM, or until the engine has ended; the exit status.

    `arguments` are the engine's: its address comes last, options of logging and tracing before it. A call that is
    still under way a minute after the end does not keep the process.
    """
    engine = Engine(arguments[-1] if arguments else "")
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is what Pulumi sends on Windows
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: engine.stopping.set())
    server, port = start(provider, engine)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not engine.stopping.wait(_ENGINE_CHECK) and not engine.has_ended():
        pass
    engine.stopping.set()
    stopping.stop()  # no Cancel comes from an engine that was killed
    # The interpreter waits for its threads, however long their calls take.
    last_resort = threading.Timer(_GRACE, os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()
    server.stop(_GRACE).wait()
    return 0

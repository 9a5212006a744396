"""The process: it serves the protocol on a free port of the loopback, says which, and ends when it is told to."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc

from aws_stand_in.account import CONCURRENCY
from aws_stand_in.protocol import provider_pb2_grpc
from aws_stand_in.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Sequence

_GRACE = 60.0  # seconds for calls that are under way; the engine itself waits five
_ENGINE_CHECK = 1.0  # seconds between two looks for the engine
_LARGEST_MESSAGE = 400 * 1024 * 1024  # bytes, as in the Pulumi SDKs
_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
)


def main(arguments: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM, or until the engine that started it is gone.

    `arguments` are the engine's: its address comes last, options that this plugin has no use for before it.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    provider = Provider(arguments[-1] if arguments else "")
    server = grpc.server(ThreadPoolExecutor(max_workers=CONCURRENCY), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not stopped.wait(_ENGINE_CHECK) and not _is_gone(provider.engine_address):
        pass
    server.stop(_GRACE).wait()
    return 0


def _is_gone(engine_address: str) -> bool:
    """Whether nobody listens at the engine's address: an engine that was killed cannot tell its plugins to end."""
    host, _, port = engine_address.rpartition(":")
    if not host:
        return False
    try:
        socket.create_connection((host, int(port)), timeout=_ENGINE_CHECK).close()
    except ConnectionRefusedError:
        return True
    except OSError:  # such as a time-out on a busy machine
        return False
    return False

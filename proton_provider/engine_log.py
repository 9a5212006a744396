"""Shows the user a line with the engine's own `Log` call. A line that cannot be shown never fails an operation."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Final, Literal, TypeAlias

import grpc
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

Severity: TypeAlias = Literal["debug", "info", "warning"]

_WITHIN: Final = 10.0
"""The longest wait, in seconds, for an engine that does not answer."""


def show(address: str, severity: Severity, text: str, urn: str = "") -> None:
    """Show one line, on the row of the resource `urn` if it is given. The engine marks warnings and does not mix lines.

    `address` is the engine's. Without an engine that answers, the line is lost: AWS may have been changed already, and
    the state must say so.
    """
    if not address:
        return
    request = engine_pb2.LogRequest(
        severity=engine_pb2.LogSeverity.Value(severity.upper()),
        # Names from files and the environment may have bytes that are not UTF-8.
        message=text.encode(errors="backslashreplace").decode(),
        urn=urn,
    )
    with suppress(grpc.RpcError):
        EngineStub(_channel(address)).Log(request, timeout=_WITHIN)


@functools.lru_cache(maxsize=1)
def _channel(address: str) -> grpc.Channel:
    # The engine is on this machine: a proxy in the environment is not for it.
    return grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])

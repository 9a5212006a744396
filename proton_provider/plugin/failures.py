"""Ends a call with an error that the engine shows, and says what happened to the resource."""

from __future__ import annotations

from itertools import accumulate
from typing import Final, NoReturn

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from proton_provider.errors import one_line


def fail(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    """End a call that changed nothing, or that can be repeated safely."""
    _abort(context, grpc.StatusCode.FAILED_PRECONDITION, sentence)


def fail_incomplete(
    context: grpc.ServicerContext,
    sentence: str,
    *,
    resource_id: str,
    outputs: struct_pb2.Struct,
    inputs: struct_pb2.Struct | None = None,
) -> NoReturn:
    """End a call that created the resource but did not complete it. The state keeps it; the next update completes it."""
    sentence = _short(sentence)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=sentence)
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=outputs, inputs=inputs, reasons=[sentence]
        )
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _abort(context, grpc.StatusCode.UNKNOWN, sentence)


def fail_internal(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    """End a call that failed because of a bug in the plugin."""
    _abort(context, grpc.StatusCode.INTERNAL, sentence)


_LONGEST: Final = 3000
"""In bytes. gRPC sends errors in headers, which are often limited to 8 KB. A byte that is not ASCII takes three."""


def _short(sentence: str) -> str:
    """The sentence in one line, cut to the length that gRPC can send."""
    line = one_line(sentence)
    sizes = accumulate(1 if character.isascii() else 3 * len(character.encode()) for character in line)
    return one_line(line, max(1, sum(size <= _LONGEST for size in sizes)))


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, sentence: str) -> NoReturn:
    context.abort(code, _short(sentence))
    raise AssertionError("abort always raises")

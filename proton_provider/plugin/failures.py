"""Failures as the engine shows them: one sentence each, and what became of the resource."""

from __future__ import annotations

from itertools import accumulate
from typing import Final, NoReturn

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from proton_provider.errors import one_line


def refuse(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    """End the call: nothing was done, or doing it again does no harm."""
    _end(context, grpc.StatusCode.FAILED_PRECONDITION, sentence)


def lose(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    """End the call: whether it was done is not known, and the engine says so."""
    _end(context, grpc.StatusCode.UNKNOWN, sentence)


def keep(
    context: grpc.ServicerContext,
    sentence: str,
    *,
    resource_id: str,
    outputs: struct_pb2.Struct,
    inputs: struct_pb2.Struct | None = None,
) -> NoReturn:
    """End the call of a resource that was made but not completed: state keeps it, and the next update completes it."""
    sentence = _short(sentence)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=sentence)
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=outputs, inputs=inputs, reasons=[sentence]
        )
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _end(context, grpc.StatusCode.UNKNOWN, sentence)


def defect(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    """End the call that met a defect of the plugin's own."""
    _end(context, grpc.StatusCode.INTERNAL, sentence)


_LONGEST: Final = 3000
"""In bytes. gRPC carries errors in headers, for which 8 KB is a common limit. Other bytes than ASCII count three times."""


def _short(sentence: str) -> str:
    """The sentence in one line, cut to what gRPC carries."""
    line = one_line(sentence)
    sizes = accumulate(1 if character.isascii() else 3 * len(character.encode()) for character in line)
    return one_line(line, max(1, sum(size <= _LONGEST for size in sizes)))


def _end(context: grpc.ServicerContext, code: grpc.StatusCode, sentence: str) -> NoReturn:
    context.abort(code, _short(sentence))
    raise AssertionError("abort always raises")

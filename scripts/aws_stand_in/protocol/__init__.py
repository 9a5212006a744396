"""Pulumi's plugin protocol: the modules that its SDK generates, without the SDK around them.

The plugin starts at each command of Pulumi, and importing the whole SDK would take as long as everything else it needs.
The generated modules import only each other, so this package takes the SDK's folder of them for its own.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )
else:
    _sdk = find_spec("pulumi")  # finds it without importing it
    __path__ = [f"{folder}/runtime/proto" for folder in _sdk.submodule_search_locations]
    from . import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

__all__ = ["engine_pb2", "engine_pb2_grpc", "plugin_pb2", "provider_pb2", "provider_pb2_grpc", "status_pb2"]

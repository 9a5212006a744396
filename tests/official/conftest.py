"""What the tests with Pulumi's own release share with those on the engine."""

from __future__ import annotations

from engine.conftest import _local_aws, aws, client, connection_id

__all__ = ["_local_aws", "aws", "client", "connection_id"]

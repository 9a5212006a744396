"""One connection in the store, and the caller of an operation."""

from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["environmentAccountId", "managementAccountId"]
"""The member of a connection that holds the account id of this side."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True)
class Caller:
    """Who calls: a twelve-digit account id and a Region name."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the Region."""
        return next((name for start, name in _PARTITIONS.items() if self.region.startswith(start)), "aws")


@dataclass(slots=True)
class Connection:
    """One stored connection."""

    sequence: int
    """Older connections have smaller numbers."""
    region: str
    detail: dict[str, Any]
    """The members of the connection in a response."""
    tags: dict[str, str]
    token: str
    """The client token of the Create request; empty if there was none."""
    request: str
    """The parameters of the Create request."""

    def has(self, side: Side, caller: Caller) -> bool:
        """Whether the caller is this side of the connection, in its Region."""
        return bool(self.detail[side] == caller.account and self.region == caller.region)

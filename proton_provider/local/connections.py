"""Stores the connections of all accounts and finds them for the environment account and the management account."""

import itertools
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["environmentAccountId", "managementAccountId"]
"""The member of a connection that holds the account id of this side."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_SIDES: tuple[Side, ...] = ("environmentAccountId", "managementAccountId")


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


class Connections:
    """The connections of all accounts and Regions. Each one is stored for both of its accounts."""

    def __init__(self) -> None:
        self._by_account: dict[tuple[Side, str, str], dict[str, Connection]] = {}
        self._sequence = itertools.count(1)

    def __len__(self) -> int:
        return len(self._by_account)

    def of(self, side: Side, caller: Caller) -> dict[str, Connection]:
        """The connections in which the caller is this side, by id, oldest first. Do not change the result."""
        return self._by_account.get((side, caller.account, caller.region), {})

    def add(self, caller: Caller, detail: dict[str, Any], tags: dict[str, str], token: str) -> Connection:
        """Store a new connection in the caller's Region."""
        connection = Connection(next(self._sequence), caller.region, detail, tags, token)
        for key in self._keys(connection):
            self._by_account.setdefault(key, {})[detail["id"]] = connection
        return connection

    def remove(self, connection: Connection) -> None:
        """Delete a connection."""
        for key in self._keys(connection):
            del self._by_account[key][connection.detail["id"]]
            if not self._by_account[key]:
                del self._by_account[key]

    @staticmethod
    def _keys(connection: Connection) -> list[tuple[Side, str, str]]:
        return [(side, connection.detail[side], connection.region) for side in _SIDES]

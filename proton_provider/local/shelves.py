"""Where connections are kept: on the shelf of the account that requested them, and of the one they wait for."""

import itertools
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["environmentAccountId", "managementAccountId"]
"""The member of a connection that names the account in question."""

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
    """A connection: ``detail`` as answers have it, ``sequence`` by age, and the client token it was made with."""

    sequence: int
    region: str
    detail: dict[str, Any]
    tags: dict[str, str]
    token: str


class Shelves:
    """All connections of all accounts and Regions, each found from both sides."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[Side, str, str], dict[str, Connection]] = {}
        self._sequence = itertools.count(1)

    def __len__(self) -> int:
        return len(self._shelves)

    def of(self, side: Side, caller: Caller) -> dict[str, Connection]:
        """The connections of an account on one side of them, by id, from old to new. Not to be changed."""
        return self._shelves.get((side, caller.account, caller.region), {})

    def add(self, caller: Caller, detail: dict[str, Any], tags: dict[str, str], token: str) -> Connection:
        """A new connection of the caller's Region."""
        connection = Connection(next(self._sequence), caller.region, detail, tags, token)
        for shelf in self._where(connection):
            self._shelves.setdefault(shelf, {})[detail["id"]] = connection
        return connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection, and with it shelves that it leaves empty."""
        for shelf in self._where(connection):
            del self._shelves[shelf][connection.detail["id"]]
            if not self._shelves[shelf]:
                del self._shelves[shelf]

    @staticmethod
    def _where(connection: Connection) -> list[tuple[Side, str, str]]:
        return [(side, connection.detail[side], connection.region) for side in _SIDES]

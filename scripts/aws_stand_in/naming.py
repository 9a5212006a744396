"""Names: those that a program sets, automatic ones, and unique ones from a prefix."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from aws_stand_in import kinds

if TYPE_CHECKING:
    from aws_stand_in.kinds import Kind
    from aws_stand_in.wire import Properties

_RANDOM_DIGITS = 7  # of an automatic name, as pulumi-aws makes it: name-1a2b3c4
_SUFFIX_LENGTH = 26  # of a name from a prefix, as pulumi-aws makes it: 18 digits of time, 8 of a counter
_counter = itertools.count()


@dataclass(frozen=True)
class Naming:
    """What an automatic name is made of.

    `seed` is the engine's, the same in preview and update. `proposed` is the name that the configuration
    `pulumi:autonaming` asks for, `disabled` that it wants no automatic names.
    """

    resource_name: str
    seed: bytes = b""
    proposed: str = ""
    disabled: bool = False

    def make(self, part: str = "") -> str:
        """A name that no other resource has, or no other `part` of this one."""
        digits = hashlib.sha256((self.seed or secrets.token_bytes()) + part.encode()).hexdigest()[
            :_RANDOM_DIGITS
        ]
        return f"{self.resource_name}-{digits}" if part else self.proposed or f"{self.resource_name}-{digits}"


def prefix(longest: int) -> Kind:
    """The prefix of a name of at most `longest` characters."""
    return kinds.name(longest=longest - _SUFFIX_LENGTH)


def of(inputs: Properties) -> str:
    """The name to create something under."""
    if inputs.get("name"):
        return str(inputs["name"])
    now = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S%f")
    return f"{inputs['namePrefix']}{now[:18]}{next(_counter):08x}"

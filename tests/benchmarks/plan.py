"""How much a full run and a quick run measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.conditions import CHECKPOINTS, DELAYED, DELAYED_32, PLAIN, PLAIN_32


@dataclass(frozen=True)
class Plan:
    """How much is measured; each inner mapping is of numbers of resources to rounds."""

    stacks: Mapping[str, Mapping[int, int]]
    """By condition."""
    aws_cli: Mapping[int, int]
    counted: int
    """Resources of the stack whose calls are counted event by event."""
    starts: int
    side_by_side: int
    """Rounds of operations at once against one."""
    requests: int
    """Requests of each operation that the local AWS answers in a round of three."""

    @property
    def connections(self) -> int:
        """How many connections the measured stacks need."""
        return max(2 * self.counted, *(max(sizes) for sizes in (*self.stacks.values(), self.aws_cli)))


FULL: Final = Plan(
    stacks={
        PLAIN: {1: 5, 50: 4, 200: 3, 1000: 2},
        PLAIN_32: {1: 1, 50: 1, 200: 2, 1000: 1},
        DELAYED: {1: 1, 50: 1, 200: 2, 1000: 1},
        DELAYED_32: {1: 1, 50: 1, 200: 2, 1000: 1},
        CHECKPOINTS: {200: 1},
    },
    aws_cli={1: 3, 50: 1},
    counted=10,
    starts=10,
    side_by_side=3,
    requests=1000,
)
QUICK: Final = Plan(
    stacks={
        PLAIN: {1: 1, 2: 1, 3: 1},
        PLAIN_32: {2: 1},
        DELAYED: {2: 1},
        DELAYED_32: {2: 1},
        CHECKPOINTS: {2: 1},
    },
    aws_cli={1: 1},
    counted=2,
    starts=1,
    side_by_side=1,
    requests=100,
)

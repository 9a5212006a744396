"""Compares the native plugin with the dynamic resources: the same event of the same round, and the goal for it."""

from __future__ import annotations

from typing import Final

from benchmarks.conditions import CONDITIONS
from benchmarks.figures import Figure, Figures
from benchmarks.programs import DYNAMIC, NATIVE

NO_SLOWER: Final = 1.0
AT_ONCE_MOST: Final = 0.6
"""Wanted where time goes by waiting for the endpoint: the native plugin does not stop at four operations at once."""
AT_ONCE_SIZE: Final = 200
AT_ONCE_EVENTS: Final = ("create", "update")


def native_over_dynamic(figures: Figures, condition: str, event: str, resources: int) -> Figure | None:
    """The native plugin's time over that of the dynamic resources in the same round; None where nothing was measured."""
    pairs = zip(
        figures.samples(condition, event, NATIVE, resources),
        figures.samples(condition, event, DYNAMIC, resources),
        strict=True,
    )
    rounds = tuple(native.seconds / dynamic.seconds for native, dynamic in pairs)
    at_once = CONDITIONS[condition].delay > 0 and event in AT_ONCE_EVENTS and resources == AT_ONCE_SIZE
    return Figure(rounds, most=AT_ONCE_MOST if at_once else NO_SLOWER) if rounds else None


def wanted(condition: str, event: str) -> str:
    """The bound of a row, in words."""
    if CONDITIONS[condition].delay and event in AT_ONCE_EVENTS:
        return f"≤ {NO_SLOWER:.2f}; {AT_ONCE_SIZE}: ≤ {AT_ONCE_MOST:.2f}"
    return f"≤ {NO_SLOWER:.2f}"

"""Foresees the outputs of a create or an update: which of them a preview knows, by the rules of the life cycles."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.lifecycle import Properties, Reading
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    connection_in,
    has_roles,
    managed_roles,
    noted_roles,
    pick,
    previous_roles,
)

_ANSWERED: Final = ("status", "lastModifiedAt", "liveRoleArns")
"""What AWS may answer otherwise after every change."""


def of_roles(olds: Properties | None, news: Properties, unknown: frozenset[str]) -> Properties:
    """The known outputs beside the inputs, of a resource that sets roles; `olds` is None before it is made.

    Outputs that are missing are not known. What is not known in `news` is named in `unknown`.
    """
    roles_are_known = unknown.isdisjoint(rules.ROLES)
    managed = managed_roles(news)
    if olds is None:
        return {"managedRoleArns": managed} if roles_are_known else {}
    before = {**pick(connection_in(olds), CONNECTION_OUTPUTS), "liveRoleArns": olds["liveRoleArns"]}
    if roles_are_known:
        before |= {
            "managedRoleArns": noted_roles(olds, managed),
            "previousRoleArns": previous_roles(olds, managed),
        }
        if has_roles(olds["liveRoleArns"], managed):
            return before
    return {name: value for name, value in before.items() if name not in _ANSWERED}


def of_accepter(olds: Properties | None, _news: Properties, _unknown: frozenset[str]) -> Properties:
    """The known outputs beside the inputs, of an accepter; `olds` is None before it is made."""
    if olds is None:
        return {}
    before = pick(olds, (*CONNECTION_OUTPUTS, "liveRoleArns"))
    if olds["status"] == "CONNECTED":
        return before
    return {name: value for name, value in before.items() if name not in _ANSWERED}


def imported(reading: Reading) -> Reading:
    """What is read for a resource that is to be managed from now on: its live roles become its own."""
    if "managedRoleArns" not in reading.outputs:
        return reading
    live = dict(reading.outputs["liveRoleArns"])
    return Reading({**reading.outputs, **live, "managedRoleArns": live}, {**reading.inputs, **live})

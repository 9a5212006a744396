"""Computes the outputs of a create or an update that a preview already knows."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.lifecycle import Properties
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    connection_in,
    has_roles,
    managed_roles,
    pick,
    previous_roles,
    recorded_roles,
)

_CHANGING: Final = ("status", "lastModifiedAt", "liveRoleArns")
"""Outputs that may have a new value after every update."""


def role_outputs(olds: Properties | None, news: Properties, unknown: frozenset[str]) -> Properties:
    """The known outputs of a resource that sets roles, without its inputs. `olds` is None before it is created.

    Outputs that are missing are not known. `unknown` has the names of the inputs that are not known.
    """
    roles_are_known = unknown.isdisjoint(rules.ROLES)
    managed = managed_roles(news)
    if olds is None:
        return {"managedRoleArns": managed} if roles_are_known else {}
    before = {**pick(connection_in(olds), CONNECTION_OUTPUTS), "liveRoleArns": olds["liveRoleArns"]}
    if roles_are_known:
        before |= {
            "managedRoleArns": recorded_roles(olds, managed),
            "previousRoleArns": previous_roles(olds, managed),
        }
        if has_roles(olds["liveRoleArns"], managed):
            return before
    return {name: value for name, value in before.items() if name not in _CHANGING}


def accepter_outputs(olds: Properties | None, _news: Properties, _unknown: frozenset[str]) -> Properties:
    """The known outputs of an accepter, without its inputs. `olds` is None before it is created."""
    if olds is None:
        return {}
    before = pick(olds, (*CONNECTION_OUTPUTS, "liveRoleArns"))
    if olds["status"] == "CONNECTED":
        return before
    return {name: value for name, value in before.items() if name not in _CHANGING}


def for_import(outputs: Properties, inputs: Properties) -> tuple[Properties, Properties]:
    """What was read, for `pulumi import`: the resource manages all live roles from now on."""
    if "managedRoleArns" not in outputs:
        return outputs, inputs
    live = dict(outputs["liveRoleArns"])
    return {**outputs, **live, "managedRoleArns": live}, {**inputs, **live}

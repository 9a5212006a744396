"""Finds connections by id, environment, management account and status. If none matches, the error lists what exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from proton_provider import rules
from proton_provider.errors import ConfigurationError, NotOneConnectionError
from proton_provider.lifecycle import Connection, Connections
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS
from proton_provider.wire_names import wire_name

MEMBERS: Final = ("id", *CONNECTION_OUTPUTS, *rules.ROLES)
"""The members of a connection that was found."""

REQUESTERS: Final = ("ENVIRONMENT_ACCOUNT", "MANAGEMENT_ACCOUNT")


Conditions: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""Conditions by AWS's member names. A tuple has all accepted values."""


def find_one(connections: Connections, wanted: Conditions, requested_by: str) -> Connection:
    """The one connection that meets the conditions.

    Raises `NotOneConnectionError` if none or several do; its message lists connections. Raises `ConnectionNotFoundError`
    for an absent id.
    """
    connection_id, name = wanted.get("id"), wanted.get("environmentName")
    of_environment = requested_by == "ENVIRONMENT_ACCOUNT"
    if isinstance(connection_id, str) and of_environment:
        found: Sequence[Connection] = [connections.find(connection_id)]
    else:
        found = connections.list_connections(
            requested_by, environment_name=name if isinstance(name, str) else None
        )
    matching = [connection for connection in found if _matches(connection, wanted)]
    if len(matching) != 1:
        raise NotOneConnectionError(_not_one_message(wanted, matching, found))
    if connection_id is None and of_environment:
        return connections.find(matching[0]["id"])  # a list lacks the CodeBuild role
    return matching[0]


def find_all(connections: Connections, wanted: Conditions, requested_by: str) -> list[Connection]:
    """All connections that meet the conditions, as AWS lists them."""
    name = wanted.get("environmentName")
    listed = connections.list_connections(
        requested_by, environment_name=name if isinstance(name, str) else None
    )
    return [connection for connection in listed if _matches(connection, wanted)]


def conditions_of(requested_by: object, **conditions: Any) -> Conditions:
    """The conditions that are not None.

    Raises `ConfigurationError` for a condition that no connection can meet, because a search would only find nothing.
    """
    conditions = {name: value for name, value in conditions.items() if value is not None}
    for name, value in [*conditions.items(), ("requested_by", requested_by)]:
        if hasattr(value, "apply"):
            raise ConfigurationError(f"{name} is an Output. Use the function whose name ends with _output.")
        if problem := _PROBLEMS[name](value):
            raise ConfigurationError(f"{name} {problem}; it is {value!r}.")
    wanted = {wire_name(name): value for name, value in conditions.items() if name != "statuses"}
    return {**wanted, **({"status": tuple(conditions["statuses"])} if "statuses" in conditions else {})}


def _problem_with_requester(value: object) -> str | None:
    return None if value in REQUESTERS else f"must be one of {', '.join(REQUESTERS)}"


def _problem_with_statuses(value: object) -> str | None:
    if isinstance(value, list | tuple) and all(status in rules.STATUSES for status in value):
        return None
    return f"must be a list of some of {', '.join(rules.STATUSES)}"


_PROBLEMS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "id": rules.problem_with_connection_id,
    "environment_name": rules.problem_with_environment_name,
    "management_account_id": rules.problem_with_account_id,
    "statuses": _problem_with_statuses,
    "requested_by": _problem_with_requester,
}
"""The check of each condition."""


def _matches(connection: Mapping[str, Any], wanted: Conditions) -> bool:
    return all(
        connection[name] in value if isinstance(value, tuple) else connection[name] == value
        for name, value in wanted.items()
    )


def _not_one_message(
    wanted: Conditions,
    matching: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
) -> str:
    conditions = (
        ", ".join(
            f"{name} {value if isinstance(value, str) else ' or '.join(value) or 'none'}"
            for name, value in wanted.items()
        )
        or "no condition"
    )
    if matching:
        return (
            f"Exactly one connection must match ({conditions}), but {len(matching)} do: {_formatted(matching)}. "
            "Give more conditions, or the id."
        )
    others = f"The account has: {_formatted(found)}" if found else "The account has no similar one"
    return f"Exactly one connection must match ({conditions}), but none does. {others}. Check the account and the Region."


def _formatted(connections: Sequence[Mapping[str, Any]]) -> str:
    """At most ten of the connections, in one line."""
    shown = [
        f"{c['id']} ({c['status']}, environment {c['environmentName']}, management account {c['managementAccountId']})"
        for c in connections[:_SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(connections) - _SHOWN} more" if len(connections) > _SHOWN else "")


_SHOWN = 10

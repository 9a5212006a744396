"""Properties of all resources: outputs made from inputs and AWS's answers, and what they say about the connection."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from proton_provider import rules
from proton_provider.errors import ConfigurationError, WrongAccountError
from proton_provider.lifecycle import Connection, Connections, Log, Properties, Reading
from proton_provider.lifecycle.declared import MADE
from proton_provider.lifecycle.names import NAME

CONNECTION_OUTPUTS: Final = (
    "arn",
    "environmentAccountId",
    "environmentName",
    "managementAccountId",
    "status",
    "requestedAt",
    "lastModifiedAt",
)
"""Outputs of every resource that describe its connection, by AWS's member names."""

ROLE_BOOKKEEPING: Final = ("managedRoleArns", "previousRoleArns", "liveRoleArns")
"""Bookkeeping outputs of a resource that sets roles."""


def with_defaults(news: Properties, defaults: Properties) -> Properties:
    """The inputs without those that are None, and with defaults for missing ones."""
    return {**defaults, **{name: value for name, value in news.items() if value is not None}}


def account_of_roles(properties: Properties) -> str | None:
    """The account id of the first valid role ARN, or None."""
    for arn in managed_roles(properties).values():
        if rules.problem_with_role_arn(arn) is None:
            return rules.account_of(arn)
    return None


def require_account_of_roles(connection: Connection, managed: Properties) -> None:
    """Raise `WrongAccountError` for a role in another account than the connection's."""
    account = connection["environmentAccountId"]
    for role, arn in managed.items():
        if rules.account_of(arn) != account:
            raise WrongAccountError(
                f"{label(connection)} belongs to the environment account {account}, but {role} {arn} is in account "
                f"{rules.account_of(arn)}. Give roles of account {account}, or the id of a connection of account "
                f"{rules.account_of(arn)}."
            )


def changed(olds: Properties, news: Properties, unknown: frozenset[str], names: Iterable[str]) -> list[str]:
    """The `names` whose values differ. A value that is not known yet counts as different, so it previews a replacement."""
    return [name for name in names if name in olds and (name in unknown or olds[name] != news.get(name))]


def warn_of_removed_roles(olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> None:
    """Warn of roles that the program no longer sets. AWS has no way to remove a role (read off the model)."""
    for role in managed_roles(olds.get("managedRoleArns", {})):
        if role not in news and role not in unknown:
            log(
                "warning",
                f"{label(olds)} keeps its {role}. It is no longer managed here; AWS Proton has no way to remove a role. If "
                "this stack also deletes that IAM role, the connection names a role that no longer exists.",
            )


def managed_roles(properties: Properties) -> Properties:
    """The roles in these properties, in a fixed order. The engine sends properties in any order."""
    return {role: properties[role] for role in rules.ROLES if role in properties}


def pick(connection: Connection, names: Iterable[str]) -> Properties:
    """The members of `connection` that are in `names`."""
    return {name: connection[name] for name in names if name in connection}


def has_roles(live: Mapping[str, str], roles: Properties) -> bool:
    """Whether `live` has all of these roles with the same ARNs."""
    return all(live.get(role) == arn for role, arn in roles.items())


def is_first_read(props: Properties) -> bool:
    """Whether `props` are inputs alone, as at the first read (`get` or import)."""
    return "environmentAccountId" not in props


def require_connection_id(resource_id: str) -> None:
    """Raise `ConfigurationError` for the id of a first read (`get` or import) that no connection can have."""
    if problem := rules.problem_with_connection_id(resource_id):
        raise ConfigurationError(f"The id {resource_id!r} {problem}.")


def read_connection(
    connections: Connections, resource_id: str, props: Properties, log: Log
) -> Connection | None:
    """The connection of a resource, or None if it certainly no longer exists. Warns of an unknown status.

    Raises `ConnectionNotFoundError` for an absent connection at the first read.
    """
    if is_first_read(props):
        require_connection_id(resource_id)
        found: Connection | None = connections.find(resource_id)
    else:
        found = connections.find_unless_gone(resource_id, props["environmentAccountId"])
    if found is not None:
        warn_of_unknown_status(found, log)
    return found


def warn_of_unknown_status(connection: Connection, log: Log) -> None:
    """Warn of a status that the service model does not have: what it means for the connection is not known."""
    if connection["status"] not in rules.STATUSES:
        shown = ascii(connection["status"])[:_SHOWN_STATUS]
        log(
            "warning",
            f"{label(connection)} has the status {shown}, which is none of {', '.join(rules.STATUSES)}. What it means is "
            "not known here: look at the connection in AWS Proton.",
        )


def connection_id_in(outputs: Properties) -> str:
    """The id of the connection, the last part of its ARN."""
    return str(outputs["arn"]).rpartition("/")[2]


def connection_in(outputs: Properties) -> Connection:
    """The connection, as the previous outputs describe it."""
    return {**{name: outputs[name] for name in CONNECTION_OUTPUTS}, **outputs["liveRoleArns"]}


def as_created(news: Properties) -> Properties:
    """The inputs of a created resource, with a new `MADE` value."""
    return {**news, MADE: uuid.uuid4().hex}


def as_updated(olds: Properties, news: Properties) -> Properties:
    """The inputs of an updated resource, with the `MADE` value of its state."""
    return {**news, **pick(olds, (MADE,))}


def previous_roles(olds: Properties, managed: Properties) -> Properties:
    """The ARN that each managed role had before this resource first set it.

    For a role that is managed only from now on, it is the last known live ARN.
    """
    return {
        role: arns[role]
        for role in managed
        for arns in [olds["previousRoleArns"] if role in olds["managedRoleArns"] else olds["liveRoleArns"]]
        if role in arns
    }


def recorded_roles(olds: Properties, managed: Properties) -> Properties:
    """The ARNs that this resource last set, by role. A role that was already live keeps its recorded ARN.

    A refresh writes live values into the inputs, even if somebody else has set them. So an ARN that was already live
    does not prove that this resource set it.
    """
    recorded, live = olds["managedRoleArns"], olds["liveRoleArns"]
    return {
        role: recorded[role] if role in recorded and live.get(role) == arn else arn
        for role, arn in managed.items()
    }


def outputs_of(
    inputs: Properties,
    names: Iterable[str],
    connection: Connection,
    managed: Properties,
    previous: Properties,
) -> Properties:
    """The outputs: `names` from the inputs, the members of the connection, and the bookkeeping.

    Roles that are not managed are left out, and `aws` if it is not given. An output that is declared but missing in
    state would be unknown in every preview.
    """
    return {
        **pick(inputs, (*names, NAME, MADE)),
        **{name: connection[name] for name in CONNECTION_OUTPUTS},
        **pick(connection, managed),
        "managedRoleArns": dict(managed),
        "previousRoleArns": pick(previous, managed),
        "liveRoleArns": pick(connection, rules.ROLES),
    }


def updated_outputs(
    olds: Properties, news: Properties, names: Iterable[str], connection: Connection
) -> Properties:
    """The outputs of an updated resource that sets roles."""
    managed = managed_roles(news)
    recorded, previous = recorded_roles(olds, managed), previous_roles(olds, managed)
    return outputs_of(as_updated(olds, news), names, connection, recorded, previous)


def reading_of(props: Properties, names: Collection[str], connection: Connection) -> Reading:
    """The reading of a resource that sets roles. `props` are its outputs, or its inputs alone at the first read."""
    managed, previous = props.get("managedRoleArns") or {}, props.get("previousRoleArns") or {}
    outputs = outputs_of(props, names, connection, managed, previous)
    return Reading(outputs, pick(outputs, (*names, NAME, *managed)))


_SHOWN_STATUS: Final = 60
"""The most characters of an unknown status in a message."""


def label(connection: Connection) -> str:
    """The beginning of a message: the connection's ARN, which also shows the Region and the account."""
    return f"Connection {connection['arn']}"

"""Requests a connection: sends its client token, and adopts what an earlier attempt or somebody else has requested."""

from __future__ import annotations

import hashlib
from typing import Final

from proton_provider import rules
from proton_provider.errors import (
    IdempotencyMismatchError,
    IncompleteError,
    ProtonError,
    RefusedError,
    UnusableConnectionError,
)
from proton_provider.lifecycle import Connection, Connections, Log, Properties, tags
from proton_provider.lifecycle.matching import find_first_attempt
from proton_provider.lifecycle.names import NAME
from proton_provider.lifecycle.properties import (
    as_created,
    has_roles,
    label,
    managed_roles,
    outputs_of,
    pick,
    require_account_of_roles,
)

FIXED: Final = ("environmentName", "managementAccountId", "region")
"""The inputs that no update can change."""
CLIENT_TOKEN: Final = "__clientToken"  # noqa: S105  # a name
"""Internal input: what makes a repeated request the same request."""
REQUESTER: Final = "__requester"
"""Internal input: the stack that requests the connection. The engine hides names that begin with two underscores."""
INPUTS: Final = (*FIXED, "adoptExisting", "aws", CLIENT_TOKEN, "tags", "tagsAll")
"""The inputs that are outputs, too."""

_MOST_REJECTED: Final = 20
"""The most requests in a row that find a rejected connection. An endpoint that calls each one rejected gets no more."""


def token(requester: str, inputs: Properties, before: str) -> str:
    """The client token of a request: the same for every attempt of one resource, a new one for its replacement.

    AWS answers a repeated token with the first connection. A replacement must not repeat the token, because the old
    connection still exists. So the new token is derived from the one `before`, and each attempt of the replacement
    repeats it.
    """
    return _hash(requester, *(str(inputs.get(name)) for name in (NAME, *FIXED)), before)


def request(connections: Connections, news: Properties, log: Log) -> Connection:
    """Request the connection. AWS answers with a new connection, or with that of an earlier attempt.

    The connection of an earlier attempt gets the roles and tags of the inputs. If it was rejected, nobody can use it: a
    new one is requested.
    """
    managed = managed_roles(news)
    wanted = {
        **pick(news, ("environmentName", "managementAccountId", *rules.ROLES)),
        "clientToken": news[CLIENT_TOKEN],
        "tags": tags.as_list({**news["tagsAll"], **news["tags"]}),
    }
    for _ in range(_MOST_REJECTED):
        try:
            connection = connections.request(wanted, log)
            as_requested = has_roles(connection, managed)
            earlier = bool(connection.get(rules.REQUESTED_EARLIER))
        except IdempotencyMismatchError:
            connection, as_requested, earlier = find_first_attempt(connections, news), False, True
        except UnusableConnectionError as error:
            raise _incomplete(error, error.connection, {}, news) from error
        if connection["status"] != "REJECTED":
            break
        log("info", f"{label(connection)} was rejected, which is final: a new connection is requested.")
        wanted["clientToken"] = _hash(wanted["clientToken"], connection["id"])
    else:
        raise RefusedError(
            f"{_MOST_REJECTED} connections for the environment {news['environmentName']} in {news['region']} are "
            "rejected. Delete those that are not used (aws proton delete-environment-account-connection --id ...), "
            "and run the command again."
        )
    found = f"{label(connection)} was requested by an earlier attempt; adopted"
    if earlier:
        found = _earlier_message(connection)
        if as_requested:
            log("info", f"{found} without changes.")
    if as_requested:
        return connection
    try:
        return update_to_match(connections, connection, managed, news, log, found=found)
    except ProtonError as error:
        certain = {role: arn for role, arn in managed.items() if connection.get(role) == arn}
        raise _incomplete(error, connection, certain, news) from error


def update_to_match(
    connections: Connections,
    connection: Connection,
    managed: Properties,
    news: Properties,
    log: Log,
    *,
    found: str,
) -> Connection:
    """Set the wanted roles and tags on an existing connection, and log what changes.

    `found` begins the message. The message has no values: tags may come from secrets of the program.
    """
    live, wanted = connections.tags(connection["arn"]), news["tagsAll"]
    roles = [role for role, arn in managed.items() if connection.get(role) != arn]
    add, drop = tags.difference(live, wanted)
    changes = [*roles, *(f"the tag {key}" for key in sorted([*add, *drop]))]
    log("info", f"{found} with changes to {', '.join(changes)}." if changes else f"{found} without changes.")
    if roles:
        require_account_of_roles(connection, managed)
        connection = connections.set_roles(connection["id"], managed, log)
    tags.retag(connections, connection["arn"], live, wanted)
    return connection


def _incomplete(
    error: ProtonError, connection: Connection, certain: Properties, news: Properties
) -> IncompleteError:
    """The error of a request that made the connection. The state records only what is certain.

    The next update sets the roles that are not in `certain`, and all tags.
    """
    outputs = outputs_of(as_created({**news, "tagsAll": {}}), INPUTS, connection, certain, dict(certain))
    return IncompleteError(str(error), connection["id"], outputs)


def _earlier_message(connection: Connection) -> str:
    """The message for a connection from before this run. AWS does not say who sent its client token first."""
    return (
        f"{label(connection)} was requested at {connection['requestedAt']}, before this run: by an earlier attempt of "
        "this resource, or by another stack with the same organization, project, stack and resource names. If it was "
        "another stack, destroying that stack deletes this connection too. It is adopted"
    )


def _hash(*parts: str) -> str:
    """A hash of 64 characters, the longest client token that AWS accepts (read off the model)."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

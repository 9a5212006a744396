"""Emulates Proton's ten operations for environment account connections and their tags, in memory, without HTTP.

Each rule names its source: AWS's documentation (documented), AWS's service model (model), our assumption where both
say nothing (assumed), or a choice of ours that differs from AWS (ours).

- model: Every request has the members, types, lengths, patterns and enumerations of the model.
- model: Create needs no role, although every connection in the model's responses has a ``roleArn``.
- model: The summaries of List have no ``codebuildRoleArn``. Only ListTagsForResource returns tags.
- model: A role that is not set is absent. A role can be replaced, but never removed.
- model: A page has 1 to 100 items.
- documented ([operations]): The environment account calls Create, Update, Delete and Get. The management account calls Accept and
  Reject. Both call List, with ``requestedBy``.
- documented ([Accept], [Reject]): Create makes a PENDING connection. Accept makes it CONNECTED, Reject makes it REJECTED. A REJECTED
  connection can not be accepted.
- documented ([Reject]): A connection that an environment uses can not be rejected. There are no environments here, so every
  CONNECTED connection can be rejected.
- documented ([environment account connections]): A connection is found in its own Region only.
- documented ([quotas]): An environment account has at most 1,000 connections in a Region.
- documented ([idempotency]): A client token is valid for 8 hours. Create with the same token and parameters returns the first
  connection. With other parameters it is a ValidationException that names IdempotentParameterMismatch.
  After a deletion, the token makes a new connection.
- assumed: The wrong account gets a ResourceNotFoundException. So does the management account for Get and for tags.
- assumed: Delete of an absent connection is a ResourceNotFoundException. Delete returns the connection that it
  deleted.
- assumed: Update works on PENDING and CONNECTED connections and keeps the status. Roles that it does not name stay
  as they are. ``lastModifiedAt`` always increases.
- assumed: Update and Accept of a REJECTED connection are a ConflictException.
- assumed: Accept of a CONNECTED and Reject of a REJECTED connection succeed and change nothing.
- assumed: REJECTED connections count for the quota. Deleted connections do not.
- assumed: A client token belongs to an account and a Region. A repeated Create returns the connection as it is now.
  The order of tags makes no difference. An empty token counts as no token.
- assumed: List returns the oldest connection first, and tags are in the order of their keys. A page has 100 items
  when ``maxResults`` is absent. A page token is valid only for the same account, Region and filters.
- assumed: A resource has at most 50 tags. A key that begins with ``aws:``, and a key that is given twice, are a
  ValidationException. Tags do not change ``lastModifiedAt``.
- assumed: A role ARN of another account than the caller's, or of another partition than the Region's, is a
  ValidationException of Create and Update. This is checked first.
- assumed: Responses have role ARNs of up to 2,048 characters, although the model allows 200 in responses.
- assumed: Only with ``connection_delay``: the management account does not find a new connection for that time, in
  Accept, Reject and List. The environment account finds it at once.
- assumed: Only with ``check_roles`` or ``iam_delay``: a role that its service can not assume is a
  ValidationException that names the ARN.
- ours: Proton exists in every name that has the form of a Region, not only in the eleven that AWS lists.
"""

import functools
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from . import pages, roles, validation
from .connections import Caller, Connection, Side
from .errors import ServiceError

CONNECTIONS_PER_ACCOUNT = 1000
TAGS_PER_RESOURCE = 50
TOKEN_LIFETIME = 8 * 60 * 60
"""Seconds for which a client token is remembered."""

# (operation, status before) -> status after. Every other pair is a ConflictException.
TRANSITIONS = {
    ("Accept", "PENDING"): "CONNECTED",
    ("Accept", "CONNECTED"): "CONNECTED",
    ("Reject", "PENDING"): "REJECTED",
    ("Reject", "CONNECTED"): "REJECTED",
    ("Reject", "REJECTED"): "REJECTED",
    ("Update", "PENDING"): "PENDING",
    ("Update", "CONNECTED"): "CONNECTED",
}


class ProtonStore:
    """All connections of all accounts and Regions. Safe to use from many threads.

    ``clock`` returns the time in seconds since 1970. ``check_role`` checks every role ARN in Create and Update.
    ``connection_delay`` returns the seconds until the management account finds a new connection.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        check_role: roles.RoleCheck | None = None,
        connection_delay: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._clock = clock
        self._check_role = check_role
        self._connection_delay = connection_delay
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[Caller, dict[str, Any]], dict[str, Any]]] = {
            "AcceptEnvironmentAccountConnection": functools.partial(self._decide, "Accept"),
            "CreateEnvironmentAccountConnection": self._create,
            "DeleteEnvironmentAccountConnection": self._delete,
            "GetEnvironmentAccountConnection": self._get,
            "ListEnvironmentAccountConnections": self._list,
            "ListTagsForResource": self._list_tags,
            "RejectEnvironmentAccountConnection": functools.partial(self._decide, "Reject"),
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateEnvironmentAccountConnection": self._update,
        }
        self.reset()

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations that ``call`` can do."""
        return frozenset(self._operations)

    def reset(self) -> None:
        """Delete all connections, tags, client tokens and page tokens."""
        with self._lock:
            self._connections: dict[str, Connection] = {}
            self._sequence = itertools.count(1)
            self._data_id = str(uuid.uuid4())  # page tokens from before a reset are invalid

    def call(self, operation: str, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do one operation and return its output, with AWS's member names and timestamps in seconds since 1970.

        ``operation`` is one of ``operations``. Raises ``ServiceError`` with one of Proton's codes, or with
        ``SerializationException`` for a wrong type.
        """
        checked = validation.check(operation, parameters)
        with self._lock:
            return self._operations[operation](caller, checked)

    def _create(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        roles.check_accounts(parameters, caller)
        now = self._clock()
        token = parameters.pop("clientToken", "")
        tags = _tags(parameters.pop("tags", []))
        request = json.dumps([parameters, tags], sort_keys=True)
        existing = list(self._of("environmentAccountId", caller))
        if (first := _made_by(token, request, existing, now)) is not None:
            return _response(first)
        roles.check_usable(parameters, self._check_role)
        if len(existing) >= CONNECTIONS_PER_ACCOUNT:
            raise ServiceError(
                "ServiceQuotaExceededException",
                f"The account has {CONNECTIONS_PER_ACCOUNT} environment account connections in {caller.region}, "
                "which is the quota.",
            )
        connection_id = str(uuid.uuid4())
        detail = {
            "arn": f"arn:{caller.partition}:proton:{caller.region}:{caller.account}"
            f":environment-account-connection/{connection_id}",
            "id": connection_id,
            "environmentAccountId": caller.account,
            **parameters,
            "status": "PENDING",
            "requestedAt": round(now, 3),
            "lastModifiedAt": round(now, 3),
        }
        connection = Connection(next(self._sequence), caller.region, detail, tags, token, request)
        self._connections[connection_id] = connection
        return _response(connection)

    def _update(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        roles.check_accounts(parameters, caller)
        connection = self._find("environmentAccountId", caller, parameters.pop("id"))
        self._change_status(connection, "Update")
        roles.check_usable(parameters, self._check_role)
        connection.detail.update(parameters)
        self._set_last_modified(connection)
        return _response(connection)

    def _delete(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("environmentAccountId", caller, parameters["id"])
        del self._connections[parameters["id"]]
        return _response(connection)

    def _get(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        return _response(self._find("environmentAccountId", caller, parameters["id"]))

    def _list(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        by_environment = parameters["requestedBy"] == "ENVIRONMENT_ACCOUNT"
        side: Side = "environmentAccountId" if by_environment else "managementAccountId"
        name, statuses = parameters.get("environmentName"), parameters.get("statuses")
        query = [self._data_id, caller.account, caller.region, side, name, sorted(set(statuses or []))]
        found = (
            (connection.sequence, _summary(connection))
            for connection in self._of(side, caller)
            if self._is_visible(side, connection)
            and (name is None or connection.detail["environmentName"] == name)
            and (not statuses or connection.detail["status"] in statuses)
        )
        return pages.page("environmentAccountConnections", found, query, parameters)

    def _decide(self, operation: str, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("managementAccountId", caller, parameters["id"])
        if self._change_status(connection, operation):
            self._set_last_modified(connection)
        return _response(connection)

    def _tag(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find_by_arn(caller, parameters["resourceArn"])
        merged = {**connection.tags, **_tags(parameters["tags"])}
        if len(merged) > TAGS_PER_RESOURCE:
            raise ServiceError(
                "ValidationException", f"A resource can have {TAGS_PER_RESOURCE} tags at most."
            )
        connection.tags = merged
        return {}

    def _untag(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find_by_arn(caller, parameters["resourceArn"])
        for key in parameters["tagKeys"]:
            connection.tags.pop(key, None)
        return {}

    def _list_tags(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find_by_arn(caller, parameters["resourceArn"])
        found = ((key, {"key": key, "value": value}) for key, value in sorted(connection.tags.items()))
        return pages.page("tags", found, [self._data_id, connection.detail["arn"]], parameters)

    def _of(self, side: Side, caller: Caller) -> Iterator[Connection]:
        """The connections in which the caller is this side, oldest first."""
        return (connection for connection in self._connections.values() if connection.has(side, caller))

    def _is_visible(self, side: Side, connection: Connection) -> bool:
        delay = self._connection_delay()
        age: float = self._clock() - connection.detail["requestedAt"]
        return side == "environmentAccountId" or delay <= 0 or age >= delay

    def _find(self, side: Side, caller: Caller, connection_id: str) -> Connection:
        connection = self._connections.get(connection_id)
        if connection is None or not connection.has(side, caller) or not self._is_visible(side, connection):
            raise ServiceError(
                "ResourceNotFoundException",
                f"Environment account connection {connection_id} was not found in {caller.region}.",
            )
        return connection

    def _find_by_arn(self, caller: Caller, arn: str) -> Connection:
        connection = self._find("environmentAccountId", caller, arn.rpartition("/")[2])
        if connection.detail["arn"] != arn:
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} was not found.")
        return connection

    def _change_status(self, connection: Connection, operation: str) -> bool:
        """Set the status that the operation gives the connection. Return whether the status changed."""
        before = connection.detail["status"]
        after = TRANSITIONS.get((operation, before))
        if after is None:
            raise ServiceError(
                "ConflictException",
                f"{operation} is not possible: environment account connection {connection.detail['id']} is {before}.",
            )
        connection.detail["status"] = after
        return bool(after != before)

    def _set_last_modified(self, connection: Connection) -> None:
        # At least a millisecond later, so that two changes never have the same time.
        before = connection.detail["lastModifiedAt"]
        connection.detail["lastModifiedAt"] = round(max(self._clock(), before + 0.001), 3)


def _made_by(token: str, request: str, connections: list[Connection], now: float) -> Connection | None:
    """The connection that a Create with this client token made. Raises ``ServiceError`` if its parameters differ."""
    made = (connection for connection in connections if token and connection.token == token)
    first = next((one for one in made if now < one.detail["requestedAt"] + TOKEN_LIFETIME), None)
    if first is not None and first.request != request:
        raise ServiceError(
            "ValidationException",
            "IdempotentParameterMismatch: the client token was used before with other parameters.",
        )
    return first


def _response(connection: Connection) -> dict[str, Any]:
    return {"environmentAccountConnection": dict(connection.detail)}


def _summary(connection: Connection) -> dict[str, Any]:
    return {member: value for member, value in connection.detail.items() if member != "codebuildRoleArn"}


def _tags(tag_list: list[dict[str, str]]) -> dict[str, str]:
    tags = {tag["key"]: tag["value"] for tag in tag_list}
    if len(tags) < len(tag_list):
        raise ServiceError("ValidationException", "A tag key is given more than once.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ServiceError("ValidationException", f"Tag keys that begin with 'aws:' are AWS's own: {key}")
    return tags

"""What AWS Proton does with environment account connections and their tags, in memory.

Ten operations; nothing of HTTP. Where each rule comes from: AWS's documentation, AWS's service model, our
assumption where neither says anything, or a choice of ours that departs from AWS.

==========  ==========================================================================================================
source      rule
==========  ==========================================================================================================
model       members, types, lengths, patterns and enumerations of every request
model       Create needs no role, although the model gives every connection in an answer a ``roleArn``
model       summaries of List have no ``codebuildRoleArn``; no answer but that of ListTagsForResource has tags
model       unset roles are absent; a role can be replaced, never unset
model       pages hold 1 to 100 items
documented  Create, Update, Delete and Get are called by the environment account, Accept and Reject by the management
            account, List by either, as ``requestedBy`` says
documented  Create gives PENDING, Accept makes it CONNECTED, Reject makes it REJECTED; a REJECTED one can not be
            accepted
documented  a connection that is connected to an environment can not be rejected: here are no environments, so a
            CONNECTED one can
documented  a connection is seen in its own Region only
documented  an environment account has 1,000 connections at most in a Region
documented  a client token lives 8 hours; with the same parameters it gives the first connection, with others a
            ValidationException that names IdempotentParameterMismatch; after a deletion it makes a new connection
assumed     the wrong account finds nothing: ResourceNotFoundException, also for Get by the management account and for
            tags
assumed     Delete of an absent connection is a ResourceNotFoundException; Delete answers with what it deleted
assumed     Update works in PENDING and CONNECTED and keeps the status; omitted roles stay; ``lastModifiedAt`` always
            moves on
assumed     Update of a REJECTED connection is a ConflictException, and so is Accept
assumed     Accept of a CONNECTED and Reject of a REJECTED connection succeed and change nothing
assumed     REJECTED connections count for the quota, deleted ones do not
assumed     a client token belongs to an account and Region; a repeated Create answers with the connection as it is
            now; the order of tags makes no difference; an empty token is none
assumed     List goes from old to new, tags go by key, a page holds 100 items when ``maxResults`` is absent; a page
            token is good for the same account, Region and filters only
assumed     a resource has 50 tags at most; keys that begin with ``aws:`` and keys given twice are a
            ValidationException; tags do not move ``lastModifiedAt``
assumed     a role ARN of another account than the caller's, or of another partition than its Region's, is a
            ValidationException of Create and Update, before anything else is looked at
assumed     role ARNs of up to 2,048 characters come back, although the model's answers allow 200
assumed     the management account does not find a new connection for a while (only where a delay is asked for):
            Accept and Reject do not find it, List leaves it out; the environment account finds it at once
assumed     a role that its service can not assume is a ValidationException that names the ARN (only where roles are
            checked)
ours        every Region-shaped name has a Proton, not only the eleven that AWS lists
==========  ==========================================================================================================
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from . import roles, validation
from .client_tokens import ClientTokens
from .errors import ServiceError
from .pages import Pages
from .shelves import Caller, Connection, Shelves, Side

CONNECTIONS_PER_ACCOUNT = 1000
TAGS_PER_RESOURCE = 50

# (operation, status before) -> status after. What is not in here is a ConflictException.
TRANSITIONS = {
    ("AcceptEnvironmentAccountConnection", "PENDING"): "CONNECTED",
    ("AcceptEnvironmentAccountConnection", "CONNECTED"): "CONNECTED",
    ("RejectEnvironmentAccountConnection", "PENDING"): "REJECTED",
    ("RejectEnvironmentAccountConnection", "CONNECTED"): "REJECTED",
    ("RejectEnvironmentAccountConnection", "REJECTED"): "REJECTED",
    ("UpdateEnvironmentAccountConnection", "PENDING"): "PENDING",
    ("UpdateEnvironmentAccountConnection", "CONNECTED"): "CONNECTED",
}


class ProtonStore:
    """All connections of all accounts and Regions. Safe to use from many threads.

    ``clock`` gives the time in seconds since 1970. ``check_role`` is asked about every role ARN that Create and
    Update are given. ``connection_delay`` is asked how many seconds pass until the management account finds a new
    connection.
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
            "AcceptEnvironmentAccountConnection": self._accept,
            "CreateEnvironmentAccountConnection": self._create,
            "DeleteEnvironmentAccountConnection": self._delete,
            "GetEnvironmentAccountConnection": self._get,
            "ListEnvironmentAccountConnections": self._list,
            "ListTagsForResource": self._list_tags,
            "RejectEnvironmentAccountConnection": self._reject,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateEnvironmentAccountConnection": self._update,
        }
        self.reset()

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations that ``call`` knows."""
        return frozenset(self._operations)

    def reset(self) -> None:
        """Forget all connections, tags, client tokens and page tokens."""
        with self._lock:
            self._shelves = Shelves()
            self._tokens = ClientTokens()
            self._pages = Pages()

    def call(self, operation: str, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do one operation and answer with its output: AWS's member names, timestamps in seconds since 1970.

        ``operation`` is one of ``operations``. Raises ``ServiceError`` with one of Proton's codes, or
        ``SerializationException`` for a wrong type.
        """
        checked = validation.check(operation, parameters)
        with self._lock:
            return self._operations[operation](caller, checked)

    def _create(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        roles.refuse_foreign(parameters, caller)
        now = self._clock()
        token = parameters.pop("clientToken", "")
        tags = _tags(parameters.pop("tags", []))
        wanted = json.dumps([parameters, tags], sort_keys=True)
        own = self._shelves.of("environmentAccountId", caller)
        if (first := self._tokens.made(caller, token, wanted, now)) is not None:
            return _answer(own[first])
        roles.refuse_unusable(parameters, self._check_role)
        if len(own) >= CONNECTIONS_PER_ACCOUNT:
            raise ServiceError(
                "ServiceQuotaExceededException",
                f"The account has {CONNECTIONS_PER_ACCOUNT} environment account connections in {caller.region}, "
                "which is the quota.",
            )
        connection_id = str(uuid.uuid4())
        now = round(now, 3)
        detail = {
            "arn": f"arn:{caller.partition}:proton:{caller.region}:{caller.account}"
            f":environment-account-connection/{connection_id}",
            "id": connection_id,
            "environmentAccountId": caller.account,
            **parameters,
            "status": "PENDING",
            "requestedAt": now,
            "lastModifiedAt": now,
        }
        self._tokens.remember(caller, token, wanted, connection_id, now)
        return _answer(self._shelves.add(caller, detail, tags, token))

    def _update(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        roles.refuse_foreign(parameters, caller)
        connection = self._find("environmentAccountId", caller, parameters.pop("id"))
        self._move(connection, "UpdateEnvironmentAccountConnection")
        roles.refuse_unusable(parameters, self._check_role)
        connection.detail.update(parameters)
        self._touch(connection)
        return _answer(connection)

    def _delete(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("environmentAccountId", caller, parameters["id"])
        self._shelves.remove(connection)
        self._tokens.forget(caller, connection.token, parameters["id"])
        return _answer(connection)

    def _get(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        return _answer(self._find("environmentAccountId", caller, parameters["id"]))

    def _list(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        side: Side = (
            "environmentAccountId"
            if parameters["requestedBy"] == "ENVIRONMENT_ACCOUNT"
            else "managementAccountId"
        )
        name, statuses = parameters.get("environmentName"), parameters.get("statuses")
        query = ["connections", caller.account, caller.region, side, name, sorted(set(statuses or []))]
        found = (
            (connection.sequence, _summary(connection))
            for connection in self._seen(side, caller)
            if (name is None or connection.detail["environmentName"] == name)
            and (not statuses or connection.detail["status"] in statuses)
        )
        return self._pages.page("environmentAccountConnections", found, query, parameters)

    def _accept(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        return self._decide("AcceptEnvironmentAccountConnection", caller, parameters)

    def _reject(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        return self._decide("RejectEnvironmentAccountConnection", caller, parameters)

    def _decide(self, operation: str, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("managementAccountId", caller, parameters["id"])
        if self._move(connection, operation):
            self._touch(connection)
        return _answer(connection)

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
        return self._pages.page("tags", found, ["tags", connection.detail["arn"]], parameters)

    def _seen(self, side: Side, caller: Caller) -> Iterator[Connection]:
        connections = self._shelves.of(side, caller).values()
        return (connection for connection in connections if self._is_seen(side, connection))

    def _is_seen(self, side: Side, connection: Connection) -> bool:
        delay = self._connection_delay()
        age: float = self._clock() - connection.detail["requestedAt"]
        return side == "environmentAccountId" or delay <= 0 or age >= delay

    def _find(self, side: Side, caller: Caller, connection_id: str) -> Connection:
        connection = self._shelves.of(side, caller).get(connection_id)
        if connection is None or not self._is_seen(side, connection):
            raise ServiceError(
                "ResourceNotFoundException",
                f"Environment account connection {connection_id} was not found in {caller.region}.",
            )
        return connection

    def _find_by_arn(self, caller: Caller, arn: str) -> Connection:
        connection = self._shelves.of("environmentAccountId", caller).get(arn.rpartition("/")[2])
        if connection is None or connection.detail["arn"] != arn:
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} was not found.")
        return connection

    def _move(self, connection: Connection, operation: str) -> bool:
        """Bring a connection to the status that the operation leads to; True if that is another one."""
        before = connection.detail["status"]
        after = TRANSITIONS.get((operation, before))
        if after is None:
            raise ServiceError(
                "ConflictException",
                f"{operation} is not possible: environment account connection {connection.detail['id']} is {before}.",
            )
        connection.detail["status"] = after
        return bool(after != before)

    def _touch(self, connection: Connection) -> None:
        # At least a millisecond on, so that two changes are told apart on any clock.
        before = connection.detail["lastModifiedAt"]
        connection.detail["lastModifiedAt"] = round(max(self._clock(), before + 0.001), 3)


def _answer(connection: Connection) -> dict[str, Any]:
    return {"environmentAccountConnection": dict(connection.detail)}


def _summary(connection: Connection) -> dict[str, Any]:
    return {member: value for member, value in connection.detail.items() if member != "codebuildRoleArn"}


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    tags = {tag["key"]: tag["value"] for tag in given}
    if len(tags) < len(given):
        raise ServiceError("ValidationException", "A tag key is given more than once.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ServiceError("ValidationException", f"Tag keys that begin with 'aws:' are AWS's own: {key}")
    return tags

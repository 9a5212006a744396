"""What AWS Proton does with environment account connections and their tags, in memory.

Ten operations; nothing of HTTP. Where each rule comes from: AWS's documentation, botocore's service model, our
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
assumed     role ARNs of another account than the caller's are taken, and ARNs of up to 2,048 characters come back,
            although the model's answers allow 200
assumed     a role that its service can not assume is a ValidationException that names the ARN (only where roles are
            checked)
ours        every Region-shaped name has a Proton, not only the eleven that AWS lists
==========  ==========================================================================================================
"""

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from . import validation
from .errors import ServiceError

CONNECTIONS_PER_ACCOUNT = 1000
TAGS_PER_RESOURCE = 50
DEFAULT_PAGE_SIZE = 100
TOKEN_LIFETIME = 8 * 60 * 60
"""Seconds that a client token is remembered."""

ROLE_PRINCIPALS = {
    "roleArn": "proton.amazonaws.com",
    "componentRoleArn": "proton.amazonaws.com",
    "codebuildRoleArn": "codebuild.amazonaws.com",
}
"""Which service must be able to assume each role of a connection (documented)."""

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

_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}

RoleCheck = Callable[[str, str], str | None]
"""Given a role's ARN and a service principal: why the service can not assume the role, or None if it can."""


@dataclass(frozen=True)
class Caller:
    """Who calls: a twelve-digit account id and a Region name."""

    account: str
    region: str


@dataclass(slots=True)
class _Connection:
    sequence: int
    region: str
    detail: dict[str, Any]
    tags: dict[str, str]
    token: str


@dataclass(frozen=True, slots=True)
class _ClientToken:
    expires_at: float
    parameters: str
    connection_id: str


# (member that names the account, account, Region)
_Shelf = tuple[str, str, str]
_SIDES = ("environmentAccountId", "managementAccountId")


class ProtonStore:
    """All connections of all accounts and Regions. Safe to use from many threads.

    ``clock`` gives the time in seconds since 1970. ``check_role`` is asked about every role ARN that Create and
    Update are given.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, check_role: RoleCheck | None = None
    ) -> None:
        self._clock = clock
        self._check_role = check_role
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
            self._shelves: dict[_Shelf, dict[str, _Connection]] = {}
            self._tokens: dict[tuple[Caller, str], _ClientToken] = {}
            self._sequence = itertools.count(1)
            self._page_key = secrets.token_bytes(32)

    def call(self, operation: str, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do one operation and answer with its output: AWS's member names, timestamps in seconds since 1970.

        ``operation`` is one of ``operations``. Raises ``ServiceError`` with one of Proton's codes, or
        ``SerializationException`` for a wrong type.
        """
        checked = validation.check(operation, parameters)
        with self._lock:
            return self._operations[operation](caller, checked)

    def _create(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        now = self._clock()
        token = parameters.pop("clientToken", "")
        tags = _tags(parameters.pop("tags", []))
        wanted = json.dumps([parameters, tags], sort_keys=True)
        own = self._shelf("environmentAccountId", caller)
        self._drop_expired_tokens(now)
        if token and (first := self._tokens.get((caller, token))) is not None:
            if first.parameters != wanted:
                raise ServiceError(
                    "ValidationException",
                    "IdempotentParameterMismatch: the client token was used before with other parameters.",
                )
            return _answer(own[first.connection_id])
        self._refuse_unusable_roles(parameters)
        if len(own) >= CONNECTIONS_PER_ACCOUNT:
            raise ServiceError(
                "ServiceQuotaExceededException",
                f"The account has {CONNECTIONS_PER_ACCOUNT} environment account connections in {caller.region}, "
                "which is the quota.",
            )
        connection_id = str(uuid.uuid4())
        now = round(now, 3)
        detail = {
            "arn": f"arn:{_partition(caller.region)}:proton:{caller.region}:{caller.account}"
            f":environment-account-connection/{connection_id}",
            "id": connection_id,
            "environmentAccountId": caller.account,
            **parameters,
            "status": "PENDING",
            "requestedAt": now,
            "lastModifiedAt": now,
        }
        connection = _Connection(next(self._sequence), caller.region, detail, tags, token)
        for shelf in _shelves_of(connection):
            self._shelves.setdefault(shelf, {})[connection_id] = connection
        if token:
            self._tokens[caller, token] = _ClientToken(now + TOKEN_LIFETIME, wanted, connection_id)
        return _answer(connection)

    def _update(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("environmentAccountId", caller, parameters.pop("id"))
        self._move(connection, "UpdateEnvironmentAccountConnection")
        self._refuse_unusable_roles(parameters)
        connection.detail.update(parameters)
        self._touch(connection)
        return _answer(connection)

    def _delete(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        connection = self._find("environmentAccountId", caller, parameters["id"])
        for shelf in _shelves_of(connection):
            del self._shelves[shelf][parameters["id"]]
            if not self._shelves[shelf]:
                del self._shelves[shelf]
        first = self._tokens.get((caller, connection.token))
        if first is not None and first.connection_id == parameters["id"]:
            del self._tokens[caller, connection.token]
        return _answer(connection)

    def _get(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        return _answer(self._find("environmentAccountId", caller, parameters["id"]))

    def _list(self, caller: Caller, parameters: dict[str, Any]) -> dict[str, Any]:
        member = (
            "environmentAccountId"
            if parameters["requestedBy"] == "ENVIRONMENT_ACCOUNT"
            else "managementAccountId"
        )
        name, statuses = parameters.get("environmentName"), parameters.get("statuses")
        query = ["connections", caller.account, caller.region, member, name, sorted(set(statuses or []))]
        found = (
            (connection.sequence, _summary(connection))
            for connection in self._shelf(member, caller).values()
            if (name is None or connection.detail["environmentName"] == name)
            and (not statuses or connection.detail["status"] in statuses)
        )
        return self._page("environmentAccountConnections", found, query, parameters)

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
        return self._page("tags", found, ["tags", connection.detail["arn"]], parameters)

    def _shelf(self, member: str, caller: Caller) -> dict[str, _Connection]:
        return self._shelves.get((member, caller.account, caller.region), {})

    def _find(self, member: str, caller: Caller, connection_id: str) -> _Connection:
        connection = self._shelf(member, caller).get(connection_id)
        if connection is None:
            raise ServiceError(
                "ResourceNotFoundException",
                f"Environment account connection {connection_id} was not found in {caller.region}.",
            )
        return connection

    def _find_by_arn(self, caller: Caller, arn: str) -> _Connection:
        connection = self._shelf("environmentAccountId", caller).get(arn.rpartition("/")[2])
        if connection is None or connection.detail["arn"] != arn:
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} was not found.")
        return connection

    def _move(self, connection: _Connection, operation: str) -> bool:
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

    def _touch(self, connection: _Connection) -> None:
        # At least a millisecond on, so that two changes are told apart on any clock.
        before = connection.detail["lastModifiedAt"]
        connection.detail["lastModifiedAt"] = round(max(self._clock(), before + 0.001), 3)

    def _refuse_unusable_roles(self, parameters: dict[str, Any]) -> None:
        if self._check_role is None:
            return
        for member, principal in ROLE_PRINCIPALS.items():
            if (
                member in parameters
                and (problem := self._check_role(parameters[member], principal)) is not None
            ):
                raise ServiceError(
                    "ValidationException", f"{member} {parameters[member]} can not be used: {problem}"
                )

    def _drop_expired_tokens(self, now: float) -> None:
        while self._tokens:
            oldest = next(iter(self._tokens))
            if self._tokens[oldest].expires_at > now:
                return
            del self._tokens[oldest]

    def _page(
        self,
        member: str,
        found: Iterable[tuple[Any, dict[str, Any]]],
        query: list[Any],
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """One page of what was found, each with its place in an order that inserts do not disturb."""
        token, size = parameters.get("nextToken"), parameters.get("maxResults", DEFAULT_PAGE_SIZE)
        if token is not None:
            after = self._open_page_token(token, query)
            found = ((place, item) for place, item in found if place > after)
        page = list(itertools.islice(found, size + 1))
        answer: dict[str, Any] = {member: [item for _, item in page[:size]]}
        if len(page) > size:
            answer["nextToken"] = self._page_token(page[size - 1][0], query)
        return answer

    def _page_token(self, place: Any, query: list[Any]) -> str:
        text = json.dumps(place).encode()
        return base64.b64encode(self._page_seal(text, query) + text).decode()

    def _open_page_token(self, token: str, query: list[Any]) -> Any:
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        seal, text = raw[:16], raw[16:]
        if not hmac.compare_digest(seal, self._page_seal(text, query)):
            raise ServiceError("ValidationException", "The nextToken is invalid for this request.")
        return json.loads(text)

    def _page_seal(self, text: bytes, query: list[Any]) -> bytes:
        # A token is bound to its query: one from another account, Region or filter must not open.
        sealed = json.dumps(query).encode() + b"\0" + text
        return hmac.new(self._page_key, sealed, hashlib.sha256).digest()[:16]


def _answer(connection: _Connection) -> dict[str, Any]:
    return {"environmentAccountConnection": dict(connection.detail)}


def _shelves_of(connection: _Connection) -> list[_Shelf]:
    """Where a connection is: with the account that requested it, and with the one that it was requested of."""
    return [(member, connection.detail[member], connection.region) for member in _SIDES]


def _summary(connection: _Connection) -> dict[str, Any]:
    return {member: value for member, value in connection.detail.items() if member != "codebuildRoleArn"}


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    tags = {tag["key"]: tag["value"] for tag in given}
    if len(tags) < len(given):
        raise ServiceError("ValidationException", "A tag key is given more than once.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ServiceError("ValidationException", f"Tag keys that begin with 'aws:' are AWS's own: {key}")
    return tags


def _partition(region: str) -> str:
    return next((name for start, name in _PARTITIONS.items() if region.startswith(f"{start}-")), "aws")

"""The two protocols of the core: what a resource's life cycle is, and what it is given to reach AWS and the user.

Nothing in this package imports pulumi or boto3. Property bags are plain dicts with AWS's own camelCase names; a
property whose value is not known yet (in a preview) is absent from the bag and named in `unknown` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from proton_provider.settings import Settings

Properties: TypeAlias = dict[str, Any]

Connection: TypeAlias = Mapping[str, Any]
"""A connection as AWS answered it: its member names, unset roles absent, timestamps as ISO 8601 in UTC."""

Log: TypeAlias = Callable[[Literal["info", "warning"], str], None]
"""Shows the user one line; the text names the connection, since lines of parallel operations mix."""


@dataclass(frozen=True)
class Checked:
    """What `check` found: the inputs with defaults filled in, and at most one problem a property."""

    inputs: Properties
    problems: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    """Inputs that `check` adds and cannot know yet."""
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Difference:
    """What `diff` adds to the engine's own comparison of the inputs."""

    replaces: Sequence[str] = ()
    differs: bool = False
    """Whether there is something to do although the inputs are the same."""
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Reading:
    """What `read` found: the outputs, and the inputs that would have led to them."""

    outputs: Properties
    inputs: Properties


class Connections(Protocol):
    """The calls to AWS Proton, in one account and Region. Each raises the children of `ProtonError`."""

    def find(self, connection_id: str) -> Connection:
        """The connection; raises `ConnectionNotFoundError`."""
        ...

    def find_unless_gone(self, connection_id: str, environment_account_id: str) -> Connection | None:
        """The connection, or None where it is gone for certain.

        "Not found" says nothing where the credentials are those of another account than the connection's:
        that raises `WrongAccountError`.
        """
        ...

    def set_roles(self, connection_id: str, roles: Mapping[str, str], log: Log) -> Connection:
        """Set these roles, leave the others, and return the connection as it is then.

        Waits for roles that IAM made moments ago, and logs that it does.
        """
        ...

    def request(self, request: Mapping[str, Any], log: Log) -> Connection:
        """Request a connection; a repeated client token gives the first one.

        One that is older than this call has the member `rules.REQUESTED_EARLIER`.
        Raises `IdempotencyMismatchError` where the token was used with other parameters. Waits as `set_roles` does.
        """
        ...

    def delete(self, connection_id: str, environment_account_id: str) -> None:
        """Delete the connection; one that is gone for certain is success."""
        ...

    def accept(self, connection_id: str, log: Log) -> Connection:
        """Accept the connection; one that is CONNECTED is success.

        Waits for a connection that was requested moments ago, and logs that it does.
        """
        ...

    def reject(self, connection_id: str, management_account_id: str) -> None:
        """Reject the connection; one that is gone for certain is success."""
        ...

    def list_connections(
        self, requested_by: str, *, environment_name: str | None = None
    ) -> Sequence[Connection]:
        """All connections that the account requested (ENVIRONMENT_ACCOUNT) or was asked for (MANAGEMENT_ACCOUNT)."""
        ...

    def require_account(self, account_id: str, connection_id: str) -> None:
        """Raise `WrongAccountError` where the credentials are not those of `account_id`."""
        ...

    def tags(self, arn: str) -> dict[str, str]:
        """All tags of the connection."""
        ...

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set these tags, leave the others."""
        ...

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """Take these tags away."""
        ...


Connect: TypeAlias = Callable[[], Connections]
"""Reaches AWS; called only by an event that has to, so that the others need no credentials.

Raises `EndpointGoneError` where the user has said that what is at an endpoint that is gone counts as deleted.
"""


class Lifecycle(Protocol):
    """What happens to one kind of resource."""

    @property
    def outputs(self) -> Sequence[str]:
        """Every resource of the kind has these beside its inputs."""
        ...

    def foresee(self, olds: Properties | None, news: Properties, unknown: frozenset[str]) -> Properties:
        """Those of `outputs` that a preview knows; `olds` is None before the resource is made."""
        ...

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: Settings
    ) -> Checked:
        """Judge the new inputs `news`; `olds` are the inputs of last time, empty at first."""
        ...

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        """Compare the outputs of last time with the checked inputs."""
        ...

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        """Make it so for the first time; the id and the outputs."""
        ...

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        """How it is now, or None where it is gone; `props` are outputs, or inputs alone for a first look.

        Where `connect` raises `EndpointGoneError` it counts as gone, but for a first look.
        """
        ...

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        """Make it so again; the outputs."""
        ...

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        """Let go of it. Where `connect` raises `EndpointGoneError` it is let go of without a call."""
        ...

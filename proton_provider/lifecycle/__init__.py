"""The protocols of the core: a resource's life cycle (`Lifecycle`), and the calls to AWS that it makes (`Connections`).

Nothing in this package imports pulumi or boto3. Properties are plain dicts with AWS's own camelCase names. In a
preview some values are not known yet: such a property is absent, and its name is in `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

Properties: TypeAlias = dict[str, Any]

Connection: TypeAlias = Mapping[str, Any]
"""A connection as AWS returned it, by AWS's member names. Roles that are not set are absent. Times are ISO 8601, UTC."""

Log: TypeAlias = Callable[[Literal["info", "warning"], str], None]
"""Shows the user one line. The text names the connection, because operations run in parallel and their lines mix."""


class CheckSettings(Protocol):
    """The part of the resolved settings that `check` uses."""

    @property
    def endpoint_is_given(self) -> bool:
        """Whether the endpoint is another one than AWS's own. Any Region is accepted for it."""
        ...

    @property
    def default_tags(self) -> tuple[tuple[str, str], ...] | None:
        """The default tags; None if they are not known yet."""
        ...

    def ignores_tag(self, key: str) -> bool:
        """Whether a tag with this key is left to others."""
        ...


@dataclass(frozen=True)
class Checked:
    """The result of `check`: the inputs with their defaults, and at most one problem for each property."""

    inputs: Properties
    problems: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    """Names of inputs that `check` adds and whose values are not known yet."""
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Difference:
    """The result of `diff`. The engine also compares the inputs by itself."""

    replaces: Sequence[str] = ()
    differs: bool = False
    """Whether an update is needed although the inputs are the same."""
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Reading:
    """The result of `read`: the outputs, and the inputs that would produce them."""

    outputs: Properties
    inputs: Properties


class Connections(Protocol):
    """The calls to AWS Proton, in one account and Region. Each raises the children of `ProtonError`."""

    def find(self, connection_id: str) -> Connection:
        """The connection; raises `ConnectionNotFoundError`."""
        ...

    def find_unless_gone(self, connection_id: str, environment_account_id: str) -> Connection | None:
        """The connection, or None if it certainly no longer exists.

        Raises `WrongAccountError` if it is not found with the credentials of another account: it may still exist then.
        """
        ...

    def set_roles(self, connection_id: str, roles: Mapping[str, str], log: Log) -> Connection:
        """Set these roles, leave the others unchanged, and return the changed connection.

        Waits for roles that are new in IAM, and logs that it waits.
        """
        ...

    def request(self, request: Mapping[str, Any], log: Log) -> Connection:
        """Request a connection, also with the default tags that are ignored later.

        AWS answers a repeated client token with the first connection. A connection that is older than this call has the
        member `rules.REQUESTED_EARLIER`.
        Raises `IdempotencyMismatchError` if the token was used with other parameters. Waits as `set_roles` does.
        """
        ...

    def delete(self, connection_id: str, environment_account_id: str) -> None:
        """Delete the connection. Succeeds if it certainly no longer exists."""
        ...

    def accept(self, connection_id: str, log: Log) -> Connection:
        """Accept the connection. Succeeds if it is already CONNECTED.

        Waits for a new connection that this account does not see yet, and logs that it waits.
        """
        ...

    def reject(self, connection_id: str, management_account_id: str) -> None:
        """Reject the connection. Succeeds if it certainly no longer exists."""
        ...

    def list_connections(
        self, requested_by: str, *, environment_name: str | None = None
    ) -> Sequence[Connection]:
        """All connections that this account requested (ENVIRONMENT_ACCOUNT) or has to accept (MANAGEMENT_ACCOUNT)."""
        ...

    def require_account(self, account_id: str, connection_id: str) -> None:
        """Raise `WrongAccountError` if the credentials are not those of `account_id`."""
        ...

    def tags(self, arn: str) -> dict[str, str]:
        """All tags of the connection, except ignored ones."""
        ...

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set these tags, and leave the others unchanged."""
        ...

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """Remove these tags, except ignored ones."""
        ...


Connect: TypeAlias = Callable[[], Connections]
"""Connects to AWS. An event calls it only if it calls AWS; other events need no credentials.

Raises `EndpointGoneError` if the endpoint is gone and the user has set `deleteUnreachable`.
"""


class Lifecycle(Protocol):
    """The life cycle of one type of resource: one method for each event of the engine."""

    @property
    def outputs(self) -> Sequence[str]:
        """Names of the outputs that every resource of this type has, in addition to its inputs."""
        ...

    @property
    def only_in_state(self) -> Sequence[str]:
        """Names of the outputs that every resource of this type has and that AWS does not know."""
        ...

    def preview_outputs(
        self, olds: Properties | None, news: Properties, unknown: frozenset[str]
    ) -> Properties:
        """The `outputs` whose values a preview knows. `olds` is None before the resource is created."""
        ...

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> Checked:
        """Check the new inputs `news`. `olds` are the previous inputs; they are empty before the first update."""
        ...

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        """Compare the previous outputs with the checked inputs."""
        ...

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        """Create the resource. Returns its id and its outputs."""
        ...

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        """Read the resource, or return None if it no longer exists.

        `props` are its outputs, or its inputs alone at the first read (`get` or import). If `connect` raises
        `EndpointGoneError`, the resource counts as deleted; the first read raises the error.
        """
        ...

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        """Update the resource. Returns its outputs."""
        ...

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        """Delete the resource. If `connect` raises `EndpointGoneError`, it is only removed from the state."""
        ...

"""Remembers which connections the program declares in this run, so that a delete does not undo what it declares.

The engine calls `check` for each declared resource, and `diff` with its id, before the deletes at the end of an `up`. It
never calls `check` for a resource that it only deletes or refreshes. Each run declares its resources anew, so no marker
at AWS is needed. There are three limits: a resource that `--target` leaves out is not checked; `destroy` runs no
program, so nothing is declared; and each provider of the native plugin has its own process, which sees only its own
resources.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from proton_provider import rules
from proton_provider.lifecycle import Properties

NAME: Final = "__name"
"""Internal input: the resource's name, after its parent's type and `::` if it has a parent."""

MADE: Final = "__made"
"""Internal output: a new value at each create, so that no two states of a resource are equal."""

Kind: TypeAlias = Literal["connection", "roles", "accepter"]
Adopting: TypeAlias = tuple[str, str]
"""An environment's name and a management account: they identify the connection to adopt."""


@dataclass
class DeclaredResource:
    """One declared resource, and the connection that it manages."""

    kind: Kind
    name: str
    region: str | None
    connection_id: str | None
    """None if it is not known yet."""
    roles: frozenset[str] = frozenset()
    """The roles that it sets."""
    adopting: Adopting | None = None
    state: Properties | None = field(default=None, repr=False)
    """The outputs that `diff` saw; None after a create or an update in this run."""
    made: bool = False
    """Whether this run has created or updated it."""

    def is_for(self, region: str, connection_id: str) -> bool:
        return (self.region, self.connection_id) == (region, connection_id)

    def is_other_than(self, deleted: Properties) -> bool:
        """Whether this is another resource than the deleted state, so that its connection must be kept.

        A replacement that deletes first deletes the same state that `diff` saw, and it must not keep itself. Two states
        of version 0.1.0 can be equal although they are of two resources, except those of roles.
        """
        return self.made or self.state != deleted or (self.kind != "roles" and MADE not in deleted)


class Declared:
    """The resources that the program declares in this run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: dict[tuple[Kind, str], DeclaredResource] = {}
        self._warned: dict[str, str] = {}
        """Which resource doubles which other one, as far as it was said."""

    @property
    def program_ran(self) -> bool:
        """Whether the program was run. `pulumi destroy` does not run it."""
        with self._lock:
            return bool(self._resources)

    def record_inputs(
        self,
        kind: Kind,
        inputs: Properties,
        unknown: frozenset[str],
        *,
        connection_id: str | None = None,
        adopting: Adopting | None = None,
    ) -> None:
        """Record that the program declares this resource. Its connection's id may be known only after `diff`."""
        roles = frozenset(role for role in rules.ROLES if role in inputs or role in unknown)
        with self._lock:
            key = _key(kind, inputs)
            before = self._resources.get(key)
            self._resources[key] = DeclaredResource(
                kind,
                name_of(inputs),
                inputs.get("region"),
                connection_id or (before.connection_id if before else None),
                roles,
                adopting,
                before.state if before else None,
            )

    def record_state(self, kind: Kind, inputs: Properties, olds: Properties, connection_id: str) -> None:
        """Record the state of a declared resource. A resource that was not checked is only refreshed, and is ignored."""
        with self._lock:
            resource = self._resources.get(_key(kind, inputs))
            if resource is not None:
                resource.connection_id, resource.state = connection_id, olds

    def record_made(self, kind: Kind, inputs: Properties, connection_id: str) -> None:
        """Record that this run created or updated the resource."""
        with self._lock:
            roles = frozenset(role for role in rules.ROLES if role in inputs)
            self._resources[_key(kind, inputs)] = DeclaredResource(
                kind, name_of(inputs), inputs["region"], connection_id, roles, made=True
            )

    def current_manager(self, kind: Kind, olds: Properties, connection_id: str) -> str | None:
        """A clause that names the declared resource which manages the connection of the deleted state `olds`, or None."""
        adopting = (olds["environmentName"], olds["managementAccountId"])
        with self._lock:
            for resource in self._resources.values():
                if resource.kind != kind or not resource.is_other_than(olds):
                    continue
                adopts = resource.connection_id is None and resource.adopting == adopting
                if resource.is_for(olds["region"], connection_id) or (
                    adopts and resource.region == olds["region"]
                ):
                    return f"{resource.name} manages this connection now{_instead_of(resource, olds)}"
        return None

    def current_manager_of_role(self, role: str, olds: Properties, connection_id: str) -> str | None:
        """A clause that names the declared resource which sets this role of the connection of the deleted `olds`, or None."""
        with self._lock:
            for resource in self._resources.values():
                if (
                    role in resource.roles
                    and resource.is_for(olds["region"], connection_id)
                    and resource.is_other_than(olds)
                ):
                    return f"{resource.name} manages it now{_instead_of(resource, olds)}{_loss(role, resource, olds)}"
        return None

    def is_still_declared(self, kind: Kind, olds: Properties, connection_id: str) -> bool:
        """Whether the program still declares the deleted resource (it was replaced), or another one for its connection."""
        with self._lock:
            return any(
                resource.kind == kind
                and (key == _key(kind, olds) or resource.is_for(olds["region"], connection_id))
                for key, resource in self._resources.items()
            )

    def duplicate_warnings(self, kind: Kind, inputs: Properties) -> Iterator[str]:
        """A warning if other resources manage the same connection: one for each superfluous resource, once in a run."""
        with self._lock:
            own = self._resources.get(_key(kind, inputs))
            if own is None or own.connection_id is None or own.region is None:
                return
            resource = f"{own.kind} {own.name}"
            for other in self._resources.values() if resource not in self._warned else ():
                beside = f"{other.kind} {other.name}"
                if other is own or self._warned.get(beside) == resource:
                    continue
                if other.is_for(own.region, own.connection_id) and (
                    sentence := _duplicate_warning(own, other)
                ):
                    self._warned[resource] = beside
                    yield sentence
                    return


def name_of(bag: Properties) -> str:
    """The resource's name for messages; empty for a state of version 0.1.0, which has no name."""
    return str(bag.get(NAME, "")).rpartition("::")[2]


def _key(kind: Kind, inputs: Properties) -> tuple[Kind, str]:
    """A key for each declared resource. Inputs of version 0.1.0 have no name; `ignore_changes=["*"]` keeps them."""
    return kind, str(inputs.get(NAME) or inputs.get("__clientToken") or inputs.get("connectionId"))


def _instead_of(resource: DeclaredResource, olds: Properties) -> str:
    before = name_of(olds)
    if not before:
        return ""
    return " (it was replaced)" if before == resource.name else f" instead of {before}"


def _loss(role: str, resource: DeclaredResource, olds: Properties) -> str:
    """A sentence if the delete loses the previous role. It cannot be moved to the state of another resource."""
    previous = olds["previousRoleArns"].get(role)
    kept = (resource.state or {}).get("previousRoleArns", {}).get(role)
    if olds["onDelete"] != "restore" or previous in (None, kept, olds["managedRoleArns"].get(role)):
        return ""
    advice = "" if name_of(olds) == resource.name else "; an alias would have kept it"
    return f". The previous {role} is no longer in any state, so nothing restores it{advice}"


def _duplicate_warning(own: DeclaredResource, other: DeclaredResource) -> str | None:
    both = " and ".join(sorted((other.name, own.name)))  # the engine checks resources in any order
    same = f"the connection {own.connection_id} in {own.region}"
    if own.kind == other.kind != "roles":
        return f"{both} both manage {same}. Keep one of them, and remove the other from the program."
    shared = _joined(own.roles & other.roles) if "accepter" not in (own.kind, other.kind) else ""
    if not shared:
        return None
    return f"{both} both set {shared} of {same}. Each undoes the other: set a role in one of them only."


def _joined(roles: Iterable[str]) -> str:
    names = set(roles)
    return " and ".join(role for role in rules.ROLES if role in names)

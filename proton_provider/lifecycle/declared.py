"""Remembers which connections the program declares in this run, so that a delete does not undo what it declares.

The engine calls `check` for each declared resource, and `diff` with its id, before the deletes at the end of an `up`. It
never calls `check` for a resource that it only deletes or refreshes. Each run declares its resources anew, so no marker
at AWS is needed. There are three limits: a resource that `--target` or `--exclude` leaves out is not checked; `destroy`
runs no program, so nothing is declared; and each provider of the native plugin has its own process, which sees only its
own resources.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from proton_provider import rules
from proton_provider.errors import ProtonError
from proton_provider.lifecycle import Log, Properties
from proton_provider.lifecycle.names import NAME, earlier_form, name_key, own_name, shown_name

MADE: Final = "__made"
"""Internal output: a new value at each create, so that no two states of a resource are equal."""

Kind: TypeAlias = Literal["connection", "roles", "accepter"]
Adopting: TypeAlias = tuple[str, str]
"""An environment's name and a management account: they identify the connection to adopt."""


@dataclass
class DeclaredResource:
    """One declared resource, and the connection that it manages."""

    kind: Kind
    full_name: str
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
    replaced: bool = False
    """Whether this run replaces it: the engine has checked it again, without its state."""
    rejects: bool = False
    """Whether a destroy of this accepter rejects the connection. It has not seen the connection's own resource."""

    def is_named_as(self, olds: Properties) -> bool:
        """Whether this state, which may have the earlier form of a name, is of the resource with this name."""
        return olds.get(NAME) in (self.full_name, earlier_form(self.full_name))

    def is_for(self, region: str, connection_id: str) -> bool:
        return (self.region, self.connection_id) == (region, connection_id)

    def is_other_than(self, deleted: Properties) -> bool:
        """Whether this is another resource than the deleted state, so that its connection must be kept.

        A replacement that deletes first deletes the same state that `diff` saw, and it must not keep itself.
        """
        return self.made or self.state != deleted


class Declared:
    """The resources that the program declares in this run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: dict[tuple[Kind, str], DeclaredResource] = {}
        self._warned: dict[tuple[Kind, str], tuple[Kind, str]] = {}
        """Which resource doubles which other one, as far as it was said."""

    def record_inputs(
        self,
        kind: Kind,
        inputs: Properties,
        unknown: frozenset[str],
        olds: Properties,
        *,
        connection_id: str | None = None,
        adopting: Adopting | None = None,
    ) -> None:
        """Record that the program declares this resource. Its connection's id may be known only after `diff`.

        The id of a connection that is replaced is no longer that of the resource.
        """
        roles = frozenset(role for role in rules.ROLES if role in inputs or role in unknown)
        with self._lock:
            key = _key(kind, inputs)
            before = self._resources.get(key)
            state = before.state if before else None
            replaced = state is not None and not olds
            self._resources[key] = DeclaredResource(
                kind,
                str(inputs.get(NAME, "")),
                inputs.get("region"),
                connection_id or (before.connection_id if before and not replaced else None),
                roles,
                adopting,
                state,
                replaced=replaced,
            )

    def record_state(
        self, kind: Kind, inputs: Properties, olds: Properties, connection_id: str, *, rejects: bool = False
    ) -> None:
        """Record the state of a declared resource. A resource that was not checked is only refreshed, and is ignored."""
        with self._lock:
            resource = self._resources.get(_key(kind, inputs))
            if resource is not None:
                resource.connection_id, resource.state = connection_id, olds
                resource.replaced, resource.rejects = False, rejects

    def record_made(
        self, kind: Kind, inputs: Properties, connection_id: str, *, rejects: bool = False
    ) -> None:
        """Record that this run created or updated the resource."""
        with self._lock:
            roles = frozenset(role for role in rules.ROLES if role in inputs)
            self._resources[_key(kind, inputs)] = DeclaredResource(
                kind,
                str(inputs.get(NAME, "")),
                inputs["region"],
                connection_id,
                roles,
                made=True,
                rejects=rejects,
            )

    def current_manager(self, kind: Kind, olds: Properties, connection_id: str) -> str | None:
        """A clause that names the declared resource which manages the connection of the deleted state `olds`, or None."""
        adopting = (olds["environmentName"], olds["managementAccountId"])
        with self._lock:
            for resource in self._resources.values():
                # An accepter that is replaced will accept the connection again.
                is_other = resource.is_other_than(olds) or (kind == "accepter" and resource.replaced)
                if resource.kind != kind or not is_other:
                    continue
                adopts = resource.connection_id is None and resource.adopting == adopting
                if resource.is_for(olds["region"], connection_id) or (
                    adopts and resource.region == olds["region"]
                ):
                    return self._manages_now(resource, olds, "this connection")
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
                    return self._manages_now(resource, olds, "it") + _loss(role, resource, olds)
        return None

    def removes_accepter(self, olds: Properties, connection_id: str) -> bool:
        """Whether the program declares the connection itself, and no accepter of it any more.

        `destroy --run-program` declares both.
        """
        with self._lock:
            kinds = {
                one.kind for one in self._resources.values() if one.is_for(olds["region"], connection_id)
            }
        return "connection" in kinds and "accepter" not in kinds

    def connection(self, region: str, connection_id: str) -> DeclaredResource | None:
        """The declared resource of the connection itself, or None."""
        with self._lock:
            found = (one for one in self._resources.values() if one.kind == "connection")
            return next((one for one in found if one.is_for(region, connection_id)), None)

    def early_accepter_warning(self, inputs: Properties, connection_id: str) -> str | None:
        """A warning if an accepter of the connection with these inputs came before it, and would reject it."""
        region = inputs["region"]
        with self._lock:
            for resource in self._resources.values():
                if resource.rejects and resource.is_for(region, connection_id):
                    own, accepter = self._label(str(inputs.get(NAME, ""))), self._label(resource.full_name)
                    return (
                        f"{accepter} accepts the connection {connection_id} in {region} of {own}, but comes before {own} "
                        f"and does not see it. So a destroy of {accepter} rejects the connection, which is final. Set the "
                        f"connectionId of {accepter} to the output id of {own}."
                    )
        return None

    def is_still_declared(self, kind: Kind, olds: Properties, connection_id: str) -> bool:
        """Whether the program still declares the deleted resource (it was replaced), or another one for its connection."""
        with self._lock:
            return any(
                resource.kind == kind
                and (resource.is_named_as(olds) or resource.is_for(olds["region"], connection_id))
                for resource in self._resources.values()
            )

    def duplicate_warnings(self, kind: Kind, inputs: Properties) -> Iterator[str]:
        """A warning if other resources manage the same connection: one for each superfluous resource, once in a run."""
        with self._lock:
            key = _key(kind, inputs)
            own = self._resources.get(key)
            if own is None or own.connection_id is None or own.region is None or key in self._warned:
                return
            for beside, other in self._resources.items():
                if other is own or self._warned.get(beside) == key:
                    continue
                if other.is_for(own.region, own.connection_id) and (
                    sentence := self._duplicate_warning(own, other)
                ):
                    self._warned[key] = beside
                    yield sentence
                    return

    def _manages_now(self, resource: DeclaredResource, olds: Properties, what: str) -> str:
        """The clause that says which resource manages `what`, and whether it is another one than the deleted one."""
        before = str(olds.get(NAME, ""))
        if not before:
            return f"{self._label(resource.full_name)} manages {what} now"
        if resource.is_named_as(olds):
            return f"{self._label(resource.full_name)} manages {what} now (it was replaced)"
        old, new = self._label(before, resource.full_name), self._label(resource.full_name, before)
        return f"{new} manages {what} now instead of {old}"

    def _label(self, full_name: str, *beside: str) -> str:
        """A resource's name for a message. It has the parents if another resource has the same name."""
        others = {*beside, *(resource.full_name for resource in self._resources.values())} - {full_name}
        name = own_name(full_name)
        return shown_name(full_name) if name in map(own_name, others) else name

    def _duplicate_warning(self, own: DeclaredResource, other: DeclaredResource) -> str | None:
        labels = sorted((self._label(other.full_name), self._label(own.full_name)))
        both = " and ".join(labels)  # the engine checks resources in any order
        same = f"the connection {own.connection_id} in {own.region}"
        if own.kind == other.kind != "roles":
            return f"{both} both manage {same}. Keep one of them, and remove the other from the program."
        shared = _joined(own.roles & other.roles) if "accepter" not in (own.kind, other.kind) else ""
        if not shared:
            return None
        return f"{both} both set {shared} of {same}. Each undoes the other: set a role in one of them only."


@contextmanager
def taking_over(connection: str, loss: str | None, log: Log) -> Iterator[Callable[[], None]]:
    """Around a create that may take a connection over from a resource of another name, which is still in state.

    Yields a function that logs what the next `up` must not do; a failure logs it, too, without the connection: most failed
    creates take nothing over. `loss` is what the deletion of the other resource does to the connection. Nothing is logged
    if it is None.
    """

    def advise() -> None:
        if loss is not None:
            log(
                "info",
                f"{connection}: if another resource of this stack managed it until now, {_NEXT_UP} Otherwise the deletion "
                f"of that resource {loss}.",
            )

    try:
        yield advise
    except ProtonError:
        if loss is not None:
            log("warning", _AFTER_FAILURE)
        raise


_NEXT_UP: Final = "the next pulumi up must not leave resources out (--target, --exclude)."
_AFTER_FAILURE: Final = (
    f"If a resource that could not be created has a new name or a new parent, {_NEXT_UP} Otherwise the deletion of the "
    "earlier resource deletes or rejects its connection, or restores its earlier roles."
)


def _key(kind: Kind, inputs: Properties) -> tuple[Kind, str]:
    return kind, name_key(inputs)


def _loss(role: str, resource: DeclaredResource, olds: Properties) -> str:
    """A sentence if the delete loses the previous role. It cannot be moved to the state of another resource."""
    previous = olds["previousRoleArns"].get(role)
    kept = (resource.state or {}).get("previousRoleArns", {}).get(role)
    if olds["onDelete"] != "restore" or previous in (None, kept, olds["managedRoleArns"].get(role)):
        return ""
    advice = "" if resource.is_named_as(olds) else "; an alias would have kept it"
    return f". The previous {role} is no longer in any state, so nothing restores it{advice}"


def _joined(roles: Iterable[str]) -> str:
    names = set(roles)
    return " and ".join(role for role in rules.ROLES if role in names)

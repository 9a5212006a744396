"""Life cycle of `EnvironmentAccountConnectionRoles`, which sets the roles of an existing connection."""

from __future__ import annotations

import threading
from typing import Final

from proton_provider import rules
from proton_provider.errors import (
    EndpointUnreachableError,
    IncompleteError,
    OutOfTimeError,
    StoppedError,
    TryAgainLaterError,
)
from proton_provider.lifecycle import (
    Checked,
    CheckSettings,
    Connect,
    Connection,
    Connections,
    Difference,
    Log,
    Properties,
    Reading,
    previews,
)
from proton_provider.lifecycle.checks import Checks
from proton_provider.lifecycle.declared import Declared, taking_over
from proton_provider.lifecycle.gone import connect_to_delete, connect_to_read
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    ROLE_BOOKKEEPING,
    account_of_roles,
    as_created,
    changed,
    connection_in,
    has_roles,
    label,
    managed_roles,
    outputs_of,
    pick,
    read_connection,
    reading_of,
    require_account_of_roles,
    updated_outputs,
    warn_of_removed_roles,
    warn_of_unknown_status,
    with_defaults,
)

_INPUTS: Final = ("connectionId", "onDelete", "region", "aws")
_FIXED: Final = ("connectionId", "region")
_MAY_BE_DONE: Final = (EndpointUnreachableError, OutOfTimeError, StoppedError, TryAgainLaterError)
"""The errors of a call that AWS may have carried out."""


class RolesLifecycle:
    """There is one instance in a process. It remembers the restored roles: two resources may restore one connection."""

    outputs = (*CONNECTION_OUTPUTS, *ROLE_BOOKKEEPING)
    only_in_state = ("region", "onDelete", "managedRoleArns", "previousRoleArns")
    preview_outputs = staticmethod(previews.role_outputs)

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()
        self._restoring: dict[tuple[str, str], threading.Lock] = {}
        """One lock for each connection, by Region and id: a restore may wait long for its roles."""
        self._unrestored: dict[tuple[str, str, str, str], str] = {}
        self._restored: set[tuple[str, str, str, str]] = set()

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> Checked:
        checks = Checks(news, {"onDelete": "retain"}, unknown, settings)
        inputs = checks.inputs
        checks.value("connectionId", rules.problem_with_connection_id)
        if not unknown.intersection(rules.ROLES) and not managed_roles(inputs):
            checks.problems["roleArn"] = f"at least one of {', '.join(rules.ROLES)} must be given"
        checks.choice("onDelete", "retain", "restore")
        checks.region()
        account = account_of_roles(olds) if not changed(olds, inputs, unknown, _FIXED) else None
        checks.role_arns((account, "which the connection belongs to") if account else None)
        self._declared.record_inputs("roles", inputs, unknown, olds, connection_id=inputs.get("connectionId"))
        return Checked(
            inputs, checks.problems, warnings=list(self._declared.duplicate_warnings("roles", inputs))
        )

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        if replaces := changed(olds, news, unknown, _FIXED):
            return Difference(replaces)
        self._declared.record_state("roles", news, olds, news["connectionId"])
        warn_of_removed_roles(olds, news, unknown, log)
        # Delete the old resource first: deleting it later would undo the new one.
        return Difference(delete_before_replace=True)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        managed = managed_roles(news)
        loss = "restores its earlier roles" if news["onDelete"] == "restore" else None
        with taking_over(f"Connection {connection_id}", loss, log) as advise:
            connections = connect()
            before = connections.find(connection_id)
            require_account_of_roles(before, managed)
            after = before
            if has_roles(before, managed):
                log("info", f"{label(before)} already has these roles; nothing is changed.")
                advise()
            else:
                after = _set_first(connections, before, managed, news, log)
        warn_of_unknown_status(after, log)
        self._declared.record_made("roles", news, connection_id)
        return connection_id, outputs_of(as_created(news), _INPUTS, after, managed, pick(before, managed))

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        connections = connect_to_read(connect, props, log)
        if connections is None:
            return None
        connection = read_connection(connections, resource_id, props, log)
        if connection is None:
            return None
        return reading_of(with_defaults(props, {"onDelete": "retain"}), _INPUTS, connection)

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        managed = managed_roles(news)
        if has_roles(olds["liveRoleArns"], managed):
            connection = connection_in(olds)
        else:
            connection = connect().set_roles(resource_id, managed, log)
        warn_of_unknown_status(connection, log)
        self._declared.record_made("roles", news, resource_id)
        return updated_outputs(olds, news, _INPUTS, connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "restore":
            log("info", _retain_message(olds, self._declared.is_still_declared("roles", olds, resource_id)))
            return
        of_others = self._roles_of_others(resource_id, olds, log)
        own = {
            role: arn for role, arn in managed_roles(olds["managedRoleArns"]).items() if role not in of_others
        }
        if not own:
            return
        connections = connect_to_delete(connect, olds, log, undone="did not get its previous roles back")
        if connections is None:
            return
        with self._restoring.setdefault((olds["region"], resource_id), threading.Lock()):
            live = connections.find_unless_gone(resource_id, olds["environmentAccountId"])
            if live is None:
                log("info", f"{label(olds)} no longer exists; there are no roles to restore.")
                return
            to_restore = self._to_restore(resource_id, olds, own, live, log)
            if to_restore:
                connections.set_roles(resource_id, to_restore, log)
                log("info", f"{label(olds)} has its previous {' and '.join(to_restore)} again.")

    def _roles_of_others(self, resource_id: str, olds: Properties, log: Log) -> set[str]:
        """The roles that another declared resource sets. They must not be restored."""
        of_others = set()
        for role in managed_roles(olds["managedRoleArns"]):
            if why := self._declared.current_manager_of_role(role, olds, resource_id):
                log("info", f"{label(olds)} keeps its {role}: {why}.")
                of_others.add(role)
        return of_others

    def _to_restore(
        self, resource_id: str, olds: Properties, own: Properties, live: Connection, log: Log
    ) -> dict[str, str]:
        """The roles to restore: those whose live ARN is still the one that this resource set.

        Two resources may have set the same role one after the other, and a destroy deletes them in any order. If the
        resource that set it first is deleted first, its previous ARN is kept for the other resource to restore.
        """
        to_restore = {}
        for role, arn in own.items():
            previous = olds["previousRoleArns"].get(role)
            key = (olds["region"], resource_id, role)
            why = None
            if live.get(role) != arn and (*key, live.get(role)) in self._restored:
                continue
            if live.get(role) != arn:
                why = "it is not the one that this stack last set"
                if previous is not None:
                    self._unrestored[(*key, arn)] = previous
            elif previous is None:
                why = (
                    "the connection had none before, and AWS Proton has no way to remove a role. If this run deletes that "
                    "IAM role and not the connection, the connection names a role that no longer exists"
                )
            else:
                while (*key, previous) in self._unrestored:
                    previous = self._unrestored.pop((*key, previous))
                if previous != arn:
                    to_restore[role] = previous
                    self._restored.add((*key, previous))
            if why:
                log("info", f"{label(olds)} keeps its {role}: {why}.")
        return to_restore


def _set_first(
    connections: Connections, before: Connection, managed: Properties, news: Properties, log: Log
) -> Connection:
    """Set the roles of a new resource.

    If it is not known whether AWS has set them, the error has the connection with its earlier roles. A state that keeps
    them can restore them; the next update sets the roles again.
    """
    try:
        return connections.set_roles(before["id"], managed, log)
    except _MAY_BE_DONE as error:
        outputs = outputs_of(as_created(news), _INPUTS, before, {}, {})
        raise IncompleteError(str(error), before["id"], outputs) from error


def _retain_message(olds: Properties, still_managed: bool) -> str:
    kept = f"{label(olds)} keeps its roles (onDelete is retain)"
    if still_managed:
        return f"{kept}."
    return (
        f"{kept}, unless this run also deletes the connection. If it deletes those IAM roles and not the connection, the "
        "connection names roles that no longer exist."
    )

"""Life cycle of `EnvironmentAccountConnectionRoles`, which sets the roles of an existing connection."""

from __future__ import annotations

import threading
from typing import Final

from proton_provider import rules
from proton_provider.lifecycle import (
    Checked,
    Connect,
    Connection,
    Difference,
    Log,
    Properties,
    Reading,
    previews,
)
from proton_provider.lifecycle.declared import Declared
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    NOTES,
    account_of_roles,
    add_problem,
    as_created,
    as_updated,
    changed,
    check_choice,
    check_region,
    check_role_arns,
    connection_in,
    has_roles,
    inputs_of,
    label,
    managed_roles,
    noted_roles,
    outputs_of,
    pick,
    previous_roles,
    read_connection,
    require_account_of_roles,
    warn_of_roles_let_go,
    with_defaults,
)
from proton_provider.lifecycle.unreachable import connect_to_delete, connect_to_read
from proton_provider.settings import Settings

_INPUTS: Final = ("connectionId", "onDelete", "region", "aws")
_FIXED: Final = ("connectionId", "region")


class RolesLifecycle:
    """There is one instance in a process. It remembers the restored roles: two resources may restore one connection."""

    outputs = (*CONNECTION_OUTPUTS, *NOTES)

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()
        self._restoring = threading.Lock()
        self._let_go: dict[tuple[str, str, str, str], str] = {}
        self._restored: set[tuple[str, str, str, str]] = set()

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: Settings
    ) -> Checked:
        inputs = with_defaults(news, {"onDelete": "retain"})
        problems: dict[str, str] = {}
        if "connectionId" not in unknown:
            add_problem(
                problems, "connectionId", rules.problem_with_connection_id(inputs.get("connectionId"))
            )
        if not unknown.intersection(rules.ROLES) and not managed_roles(inputs):
            problems["roleArn"] = f"at least one of {', '.join(rules.ROLES)} must be given"
        check_choice(inputs, unknown, "onDelete", ("retain", "restore"), problems)
        check_region(inputs, unknown, settings, problems)
        account = account_of_roles(olds) if not changed(olds, inputs, unknown, _FIXED) else None
        check_role_arns(inputs, (account, "which the connection belongs to") if account else None, problems)
        self._declared.checked("roles", inputs, unknown, connection_id=inputs.get("connectionId"))
        return Checked(inputs, problems, warnings=list(self._declared.doubles("roles", inputs)))

    def foresee(self, olds: Properties | None, news: Properties, unknown: frozenset[str]) -> Properties:
        return previews.of_roles(olds, news, unknown)

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        if replaces := changed(olds, news, unknown, _FIXED):
            return Difference(replaces)
        self._declared.seen("roles", news, olds, olds["connectionId"])
        warn_of_roles_let_go(olds, news, unknown, log)
        # Delete the old resource first: deleting it later would undo the new one.
        return Difference(delete_before_replace=True)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        managed = managed_roles(news)
        connections = connect()
        before = connections.find(connection_id)
        require_account_of_roles(before, managed)
        after = before
        if has_roles(before, managed):
            log("info", f"{label(before)} already has these roles; nothing is changed.")
        else:
            after = connections.set_roles(connection_id, managed, log)
        self._declared.made("roles", news, connection_id)
        return connection_id, outputs_of(as_created(news), _INPUTS, after, managed, pick(before, managed))

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        connections = connect_to_read(connect, props, log)
        if connections is None:
            return None
        connection = read_connection(connections, resource_id, props)
        if connection is None:
            return None
        known = with_defaults(props, {"onDelete": "retain", "managedRoleArns": {}, "previousRoleArns": {}})
        outputs = outputs_of(known, _INPUTS, connection, known["managedRoleArns"], known["previousRoleArns"])
        return Reading(outputs, inputs_of(outputs, _INPUTS))

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        managed = managed_roles(news)
        if has_roles(olds["liveRoleArns"], managed):
            connection = connection_in(olds)
        else:
            connection = connect().set_roles(resource_id, managed, log)
        self._declared.made("roles", news, resource_id)
        noted = noted_roles(olds, managed)
        return outputs_of(as_updated(olds, news), _INPUTS, connection, noted, previous_roles(olds, managed))

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "restore":
            log("info", _retained(olds, self._declared.still_declares("roles", olds, resource_id)))
            return
        theirs = self._left_to_others(resource_id, olds, log)
        ours = {
            role: arn for role, arn in managed_roles(olds["managedRoleArns"]).items() if role not in theirs
        }
        if not ours:
            return
        connections = connect_to_delete(connect, olds, log, undone="did not get its previous roles back")
        if connections is None:
            return
        with self._restoring:
            live = connections.find_unless_gone(resource_id, olds["environmentAccountId"])
            if live is None:
                log("info", f"{label(olds)} no longer exists; there are no roles to restore.")
                return
            back = self._to_restore(resource_id, olds, ours, live, log)
            if back:
                connections.set_roles(resource_id, back, log)
                log("info", f"{label(olds)} has its previous {' and '.join(back)} again.")

    def _left_to_others(self, resource_id: str, olds: Properties, log: Log) -> set[str]:
        """The roles that another declared resource sets. They must not be restored."""
        left = set()
        for role in managed_roles(olds["managedRoleArns"]):
            if why := self._declared.manages(role, olds, resource_id):
                log("info", f"{label(olds)} keeps its {role}: {why}.")
                left.add(role)
        return left

    def _to_restore(
        self, resource_id: str, olds: Properties, ours: Properties, live: Connection, log: Log
    ) -> dict[str, str]:
        """The roles to restore: those whose live ARN is still the one that this resource set.

        Two resources may have set the same role one after the other, and a destroy deletes them in any order. If the
        resource that set it first is deleted first, its previous ARN is kept for the other resource to restore.
        """
        back = {}
        for role, arn in ours.items():
            previous = olds["previousRoleArns"].get(role)
            spot = (olds["region"], resource_id, role)
            why = None
            if live.get(role) != arn and (*spot, live.get(role)) in self._restored:
                continue
            if live.get(role) != arn:
                why = "someone changed it after this stack last set it"
                if previous is not None:
                    self._let_go[(*spot, arn)] = previous
            elif previous is None:
                why = "the connection had none before, and AWS Proton has no way to remove a role"
            else:
                while (*spot, previous) in self._let_go:
                    previous = self._let_go.pop((*spot, previous))
                if previous != arn:
                    back[role] = previous
                    self._restored.add((*spot, previous))
            if why:
                log("info", f"{label(olds)} keeps its {role}: {why}.")
        return back


def _retained(olds: Properties, still_managed: bool) -> str:
    kept = f"{label(olds)} keeps its roles (onDelete is retain)."
    if still_managed:
        return kept
    return (
        f"{kept} If this stack also deletes those IAM roles, the connection names roles that no longer exist."
    )

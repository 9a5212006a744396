"""What happens to `EnvironmentAccountConnectionRoles`: the roles of a connection that may have been made elsewhere."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.lifecycle import Checked, Connect, Connection, Difference, Log, Properties, Reading
from proton_provider.lifecycle.properties import (
    account_of_roles,
    add_problem,
    changed,
    check_choice,
    check_region,
    check_role_arns,
    connection_in,
    has_roles,
    inputs_of,
    label,
    managed_roles,
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
    """One instance a process: it remembers which roles this run has set, for those who restore after it."""

    def __init__(self) -> None:
        self._set_in_this_run: set[tuple[str, str, str]] = set()

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
        return Checked(inputs, problems)

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        if replaces := changed(olds, news, unknown, _FIXED):
            return Difference(replaces)
        warn_of_roles_let_go(olds, news, unknown, log)
        # A second one on the same connection would be undone by the deletion of the first.
        return Difference(differs=_is_unnoted(olds, news), delete_before_replace=True)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        managed = managed_roles(news)
        connections = connect()
        before = connections.find(connection_id)
        require_account_of_roles(before, managed)
        after = before
        if has_roles(before, managed):
            log("info", f"{label(before)} has these roles already and is left as it is.")
        else:
            after = connections.set_roles(connection_id, managed, log)
        self._remember(news["region"], connection_id, managed)
        return connection_id, outputs_of(news, _INPUTS, after, managed, pick(before, managed))

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
        self._remember(news["region"], resource_id, managed)
        return outputs_of(news, _INPUTS, connection, managed, previous_roles(olds, managed))

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "restore":
            log(
                "info",
                f"{label(olds)} keeps its roles (on_delete is retain); a role that this stack deletes as well leaves "
                "it pointing at nothing.",
            )
            return
        connections = connect_to_delete(connect, olds, log, undone="did not get its earlier roles back")
        if connections is None:
            return
        live = connections.find_unless_gone(resource_id, olds["environmentAccountId"])
        if live is None:
            log("info", f"{label(olds)} is gone, so there are no roles to restore.")
            return
        back = self._to_restore(resource_id, olds, live, log)
        if back:
            connections.set_roles(resource_id, back, log)
            log("info", f"{label(olds)} has its earlier {' and '.join(back)} again.")

    def _to_restore(self, resource_id: str, olds: Properties, live: Connection, log: Log) -> dict[str, str]:
        """The roles to put back: those that are still ours and that nothing else in this run has set."""
        back = {}
        for role, ours in managed_roles(olds["managedRoleArns"]).items():
            previous = olds["previousRoleArns"].get(role)
            why = None
            if (olds["region"], resource_id, role) in self._set_in_this_run:
                why = "another resource of this stack manages it now"
            elif live.get(role) != ours:
                why = f"it was changed to {live.get(role)} since this stack set it to {ours}"
            elif previous is None:
                why = "it had none before, and AWS Proton cannot take a role away"
            elif previous != ours:
                back[role] = previous
            if why:
                log("info", f"{label(olds)} keeps its {role}: {why}.")
        return back

    def _remember(self, region: str, connection_id: str, roles: Properties) -> None:
        self._set_in_this_run.update((region, connection_id, role) for role in roles)


def _is_unnoted(olds: Properties, news: Properties) -> bool:
    """Whether a wanted role is live but not noted as set here: an `up` died after its update, and a refresh saw it.

    The inputs are the same then, and without an update of the notes a restore would take the role for somebody else's.
    """
    noted = olds["managedRoleArns"]
    return any(olds.get(role) == arn != noted.get(role, arn) for role, arn in managed_roles(news).items())

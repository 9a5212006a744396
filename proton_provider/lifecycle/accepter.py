"""What happens to `EnvironmentAccountConnectionAccepter`: a request accepted in the management account."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.errors import ConnectionNotFoundError
from proton_provider.lifecycle import Checked, Connect, Connection, Difference, Log, Properties, Reading
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    add_problem,
    changed,
    check_choice,
    check_region,
    is_first_look,
    label,
    pick,
    with_defaults,
)
from proton_provider.lifecycle.unreachable import connect_to_delete, connect_to_read
from proton_provider.settings import Settings

_FIXED: Final = ("connectionId", "region")
_INPUTS: Final = (*_FIXED, "onDelete", "aws")
_REQUESTED: Final = "MANAGEMENT_ACCOUNT"
_LISTED_ROLES: Final = ("roleArn", "componentRoleArn")
"""The roles in AWS's list, the only view that is documented for the management account (read off the model)."""


class AccepterLifecycle:
    """One instance a process: it remembers what this run has accepted, and so must not reject."""

    def __init__(self) -> None:
        self._accepted_in_this_run: set[str] = set()

    def check(
        self,
        olds: Properties,
        news: Properties,
        unknown: frozenset[str],
        settings: Settings,
    ) -> Checked:
        inputs = with_defaults(news, {"onDelete": "retain"})
        problems: dict[str, str] = {}
        if "connectionId" not in unknown:
            add_problem(
                problems, "connectionId", rules.problem_with_connection_id(inputs.get("connectionId"))
            )
        check_choice(inputs, unknown, "onDelete", ("retain", "reject"), problems)
        check_region(inputs, unknown, settings, problems)
        return Checked(inputs, problems)

    def diff(
        self,
        olds: Properties,
        news: Properties,
        unknown: frozenset[str],
        log: Log,
    ) -> Difference:
        replaces = changed(olds, news, unknown, _FIXED)
        if olds["status"] == "REJECTED" and not replaces and "connectionId" not in unknown:
            log("warning", f"{label(olds)} was rejected, which is final: request another one.")
        return Difference(replaces, differs=olds["status"] != "CONNECTED")

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        connection = connect().accept(connection_id, log)
        self._accepted_in_this_run.add(connection_id)
        return connection_id, _outputs(news, connection)

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        connections = connect_to_read(connect, props, log)
        if connections is None:
            return None
        listed = connections.list_connections(_REQUESTED, environment_name=props.get("environmentName"))
        for summary in listed:
            if summary["id"] == resource_id:
                outputs = _outputs(
                    with_defaults({**props, "connectionId": resource_id}, {"onDelete": "retain"}), summary
                )
                return Reading(outputs, pick(outputs, _INPUTS))
        if is_first_look(props):
            raise ConnectionNotFoundError(
                f"No connection {resource_id} is listed for this management account in {props['region']}: check the "
                "id, the Region, and that the credentials are those of the account that the connection names."
            )
        connections.require_account(props["managementAccountId"], resource_id)
        return None

    def update(
        self,
        resource_id: str,
        olds: Properties,
        news: Properties,
        connect: Connect,
        log: Log,
    ) -> Properties:
        connection: Connection = {**olds, **olds["liveRoleArns"]}
        if olds["status"] != "CONNECTED":
            connection = connect().accept(resource_id, log)
        return _outputs(news, connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "reject":
            log("info", f"{label(olds)} stays {olds['status']} (on_delete is retain).")
        elif resource_id in self._accepted_in_this_run:
            log("info", f"{label(olds)} is not rejected: another resource of this stack has accepted it.")
        else:
            connections = connect_to_delete(connect, olds, log, undone="was not rejected")
            if connections is not None:
                connections.reject(resource_id, olds["managementAccountId"])


def _outputs(inputs: Properties, connection: Connection) -> Properties:
    return {
        **pick(inputs, _INPUTS),
        **{name: connection[name] for name in CONNECTION_OUTPUTS},
        "liveRoleArns": pick(connection, _LISTED_ROLES),
    }

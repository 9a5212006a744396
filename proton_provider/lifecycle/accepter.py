"""What happens to `EnvironmentAccountConnectionAccepter`: a request accepted in the management account."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.errors import ConnectionNotFoundError
from proton_provider.lifecycle import Checked, Connect, Connection, Difference, Properties, Reading, Tell
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    changed,
    check_choice,
    check_region,
    given,
    named,
    note,
    some_of,
)
from proton_provider.settings import Settings

_FIXED: Final = ("connectionId", "region")
_INPUTS: Final = (*_FIXED, "onDelete", "aws")
_REQUESTED: Final = "MANAGEMENT_ACCOUNT"
_LISTED_ROLES: Final = ("roleArn", "componentRoleArn")
"""The roles in AWS's list, the only view that is documented for the management account (read off the model)."""


class AccepterLifecycle:
    """Accepting is all that it does; roles and tags are the environment account's."""

    def check(
        self,
        olds: Properties,
        news: Properties,
        unknown: frozenset[str],
        settings: Settings,
    ) -> Checked:
        inputs = given(news, {"onDelete": "retain"})
        problems: dict[str, str] = {}
        if "connectionId" not in unknown:
            note(problems, "connectionId", rules.problem_with_connection_id(inputs.get("connectionId")))
        check_choice(inputs, unknown, "onDelete", ("retain", "reject"), problems)
        check_region(inputs, unknown, settings, problems)
        return Checked(inputs, problems)

    def diff(
        self,
        olds: Properties,
        news: Properties,
        unknown: frozenset[str],
        tell: Tell,
    ) -> Difference:
        if replaces := changed(olds, news, unknown, _FIXED):
            return Difference(replaces)
        return Difference(differs=olds["status"] != "CONNECTED", delete_before_replace=True)

    def create(self, news: Properties, connect: Connect, tell: Tell) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        return connection_id, _outputs(news, connect().accept(connection_id))

    def read(self, resource_id: str, props: Properties, connect: Connect) -> Reading | None:
        connections = connect()
        listed = connections.list_connections(_REQUESTED, environment_name=props.get("environmentName"))
        for summary in listed:
            if summary["id"] == resource_id:
                outputs = _outputs(
                    given({**props, "connectionId": resource_id}, {"onDelete": "retain"}), summary
                )
                return Reading(outputs, some_of(outputs, _INPUTS))
        if "managementAccountId" not in props:
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
        tell: Tell,
    ) -> Properties:
        connection: Connection = {**olds, **olds["liveRoleArns"]}
        if olds["status"] != "CONNECTED":
            connection = connect().accept(resource_id)
        return _outputs(news, connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, tell: Tell) -> None:
        if olds["onDelete"] == "reject":
            connect().reject(resource_id, olds["managementAccountId"])
        else:
            tell("info", f"{named(olds)} stays accepted (on_delete is retain).")


def _outputs(inputs: Properties, connection: Connection) -> Properties:
    return {
        **some_of(inputs, _INPUTS),
        **{name: connection[name] for name in CONNECTION_OUTPUTS},
        "liveRoleArns": some_of(connection, _LISTED_ROLES),
    }

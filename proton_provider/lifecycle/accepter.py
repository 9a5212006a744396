"""Life cycle of `EnvironmentAccountConnectionAccepter`, which accepts a connection in the management account."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.errors import ConnectionNotFoundError, RefusedError
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
from proton_provider.lifecycle.declared import MADE, Declared, taking_over
from proton_provider.lifecycle.gone import connect_to_delete, connect_to_read
from proton_provider.lifecycle.names import NAME
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    as_created,
    as_updated,
    changed,
    connection_in,
    is_first_read,
    label,
    pick,
    require_connection_id,
    warn_of_unknown_status,
    with_defaults,
)

OF_THIS_STACK: Final = "__ofThisStack"
"""Internal output: whether the program declared the connection's own resource when this one was created or updated.

A state without it counts as if it did. Only a resource of the same provider is seen.
"""

_FIXED: Final = ("connectionId", "region")
_INPUTS: Final = (*_FIXED, "onDelete", "aws", NAME)
_REQUESTED_BY: Final = "MANAGEMENT_ACCOUNT"
_LISTED_ROLES: Final = ("roleArn", "componentRoleArn")
"""The roles in AWS's list. AWS documents no other view for the management account (read off the model)."""


class AccepterLifecycle:
    """There is one instance in a process."""

    outputs = (*CONNECTION_OUTPUTS, "liveRoleArns")
    only_in_state = ("region", "onDelete")
    preview_outputs = staticmethod(previews.accepter_outputs)

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> Checked:
        checks = Checks(news, {"onDelete": "retain"}, unknown, settings)
        inputs = checks.inputs
        checks.value("connectionId", rules.problem_with_connection_id)
        checks.choice("onDelete", "retain", "reject")
        checks.region()
        self._declared.record_inputs(
            "accepter", inputs, unknown, olds, connection_id=inputs.get("connectionId")
        )
        return Checked(
            inputs, checks.problems, warnings=list(self._declared.duplicate_warnings("accepter", inputs))
        )

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        replaces = changed(olds, news, unknown, _FIXED)
        if not replaces:
            self._declared.record_state(
                "accepter", news, olds, news["connectionId"], rejects=_rejects({**olds, **news})
            )
            if olds["status"] == "REJECTED":
                log("warning", f"{label(olds)} was rejected, which is final. Request a new connection.")
        # An update writes what is only known now. Without it, a destroy would reject the connection.
        belongs_here_now = (
            not replaces
            and _rejects({**olds, "onDelete": news.get("onDelete")})
            and self._declared.connection(news["region"], news["connectionId"]) is not None
        )
        return Difference(replaces, differs=olds["status"] != "CONNECTED" or belongs_here_now)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        loss = "rejects the connection, which is final" if news["onDelete"] == "reject" else None
        with taking_over(f"Connection {connection_id}", loss, log) as advise:
            connection = connect().accept(connection_id, log)
            own = self._declared.connection(news["region"], connection_id)
            if own is None or not own.made:
                advise()
        recorded = {**as_created(news), OF_THIS_STACK: own is not None}
        self._declared.record_made("accepter", news, connection_id, rejects=_rejects(recorded))
        _log_that_destroy_rejects(connection, recorded, log)
        return connection_id, _outputs(recorded, connection)

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        if is_first_read(props):
            require_connection_id(resource_id)
        connections = connect_to_read(connect, props, log)
        if connections is None:
            return None
        summary = _find_in_list(connections, resource_id, props.get("environmentName"))
        if summary is not None:
            warn_of_unknown_status(summary, log)
            known = with_defaults({**props, "connectionId": resource_id}, {"onDelete": "retain"})
            outputs = _outputs(known, summary)
            return Reading(outputs, pick(outputs, _INPUTS))
        if is_first_read(props):
            raise ConnectionNotFoundError(
                f"No connection {resource_id} is listed for this management account in {props['region']}. Check the "
                "id and the Region. Use credentials of the management account that the connection names."
            )
        connections.require_account(props["managementAccountId"], resource_id)
        return None

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        connection = connection_in(olds)
        if olds["status"] != "CONNECTED":
            connection = connect().accept(resource_id, log)
        own = self._declared.connection(news["region"], resource_id)
        recorded = {
            **as_updated(olds, news),
            OF_THIS_STACK: olds.get(OF_THIS_STACK, False) or own is not None,
        }
        self._declared.record_made("accepter", news, resource_id, rejects=_rejects(recorded))
        if olds["onDelete"] != news["onDelete"]:
            _log_that_destroy_rejects(connection, recorded, log)
        return _outputs(recorded, connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "reject":
            log(
                "info",
                f"{label(olds)} is not rejected (onDelete is retain). It stays {olds['status']}, unless this run also "
                "deletes the connection.",
            )
        elif why := self._declared.current_manager("accepter", olds, resource_id):
            log("info", f"{label(olds)} is not rejected: {why}.")
        elif olds.get(OF_THIS_STACK, True) and not self._declared.removes_accepter(olds, resource_id):
            if olds["status"] != "REJECTED":
                log("info", _left_message(olds, resource_id))
        else:
            connections = connect_to_delete(connect, olds, log, undone="was not rejected")
            if connections is not None:
                _reject(connections, resource_id, olds)


def _reject(connections: Connections, resource_id: str, olds: Properties) -> None:
    """Reject the connection. Succeeds if it is already rejected, for example by a second resource."""
    try:
        connections.reject(resource_id, olds["managementAccountId"])
    except RefusedError:
        listed = _find_in_list(connections, resource_id, olds["environmentName"])
        if listed is None or listed["status"] != "REJECTED":
            raise


def _left_message(olds: Properties, resource_id: str) -> str:
    return (
        f"{label(olds)} is not rejected: the connection's own resource decides what becomes of it. To reject it if it stays, "
        f"run in the management account: aws proton reject-environment-account-connection --id {resource_id} --region "
        f"{olds['region']}."
    )


def _find_in_list(
    connections: Connections, connection_id: str, environment_name: str | None
) -> Connection | None:
    """The connection as the management account sees it, or None if it sees none."""
    listed = connections.list_connections(_REQUESTED_BY, environment_name=environment_name)
    return next((summary for summary in listed if summary["id"] == connection_id), None)


def _rejects(recorded: Properties) -> bool:
    """Whether a destroy rejects the connection: it does not belong to this stack, as far as the accepter has seen."""
    return recorded.get("onDelete") == "reject" and recorded.get(OF_THIS_STACK) is False


def _log_that_destroy_rejects(connection: Connection, recorded: Properties, log: Log) -> None:
    """Log that a destroy rejects the connection, if it does."""
    if _rejects(recorded):
        log(
            "info",
            f"{label(connection)}: destroying this resource rejects the connection, which is final (onDelete is reject). "
            "Set protect on this resource to prevent that.",
        )


def _outputs(inputs: Properties, connection: Connection) -> Properties:
    return {
        **pick(inputs, (*_INPUTS, MADE, OF_THIS_STACK)),
        **{name: connection[name] for name in CONNECTION_OUTPUTS},
        "liveRoleArns": pick(connection, _LISTED_ROLES),
    }

"""Life cycle of `EnvironmentAccountConnectionAccepter`, which accepts a connection in the management account."""

from __future__ import annotations

from typing import Final

from proton_provider import rules
from proton_provider.errors import ConnectionNotFoundError, ProtectedConnectionError, RefusedError
from proton_provider.lifecycle import (
    Checked,
    Connect,
    Connection,
    Connections,
    Difference,
    Log,
    Properties,
    Reading,
    previews,
)
from proton_provider.lifecycle.declared import MADE, NAME, Declared, name_of, taking_over
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    add_problem,
    as_created,
    as_updated,
    changed,
    check_choice,
    check_region,
    is_first_read,
    label,
    pick,
    require_connection_id,
    warn_of_unknown_status,
    with_defaults,
)
from proton_provider.lifecycle.unreachable import connect_to_delete, connect_to_read
from proton_provider.settings import Settings

PROTECTED: Final = "__protected"
"""Internal input: the name of the connection's own resource, if that resource is protected or retained.

It is empty if that resource is not protected. It is absent if `connection_id` comes from elsewhere.
"""

_FIXED: Final = ("connectionId", "region")
_INPUTS: Final = (*_FIXED, "onDelete", "aws", NAME, PROTECTED)
_REQUESTED_BY: Final = "MANAGEMENT_ACCOUNT"
_LISTED_ROLES: Final = ("roleArn", "componentRoleArn")
"""The roles in AWS's list. AWS documents no other view for the management account (read off the model)."""


class AccepterLifecycle:
    """There is one instance in a process."""

    outputs = (*CONNECTION_OUTPUTS, "liveRoleArns")
    only_in_state = ("region", "onDelete")

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()

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
        self._declared.record_inputs("accepter", inputs, unknown, connection_id=inputs.get("connectionId"))
        warnings = [*self._declared.duplicate_warnings("accepter", inputs), *_protection_warnings(inputs)]
        return Checked(inputs, problems, warnings=warnings)

    def preview_outputs(
        self, olds: Properties | None, news: Properties, unknown: frozenset[str]
    ) -> Properties:
        return previews.accepter_outputs(olds, news, unknown)

    def diff(
        self,
        olds: Properties,
        news: Properties,
        unknown: frozenset[str],
        log: Log,
    ) -> Difference:
        replaces = changed(olds, news, unknown, _FIXED)
        if not replaces:
            self._declared.record_state("accepter", news, olds, news["connectionId"])
            if olds["status"] == "REJECTED":
                log("warning", f"{label(olds)} was rejected, which is final. Request a new connection.")
        protection_changed = (olds.get(PROTECTED) or "") != (news.get(PROTECTED) or "")
        return Difference(replaces, differs=olds["status"] != "CONNECTED" or protection_changed)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        connection_id = news["connectionId"]
        loss = "rejects the connection, which is final" if news["onDelete"] == "reject" else None
        with taking_over(f"Connection {connection_id}", loss, log) as advise:
            connection = connect().accept(connection_id, log)
            own = self._declared.connection(news["region"], connection_id)
            if own is None or not own.made:
                advise()
        self._declared.record_made("accepter", news, connection_id)
        _log_that_destroy_rejects(connection, news, log)
        return connection_id, _outputs(as_created(news), connection)

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
        self._declared.record_made("accepter", news, resource_id)
        if olds["onDelete"] != news["onDelete"]:
            _log_that_destroy_rejects(connection, news, log)
        return _outputs(as_updated(olds, news), connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if olds["onDelete"] != "reject":
            log(
                "info",
                f"{label(olds)} is not rejected (onDelete is retain). It stays {olds['status']}, unless this run also "
                "deletes the connection.",
            )
        elif why := self._declared.current_manager("accepter", olds, resource_id):
            log("info", f"{label(olds)} is not rejected: {why}.")
        else:
            self._require_unprotected(olds)
            connections = connect_to_delete(connect, olds, log, undone="was not rejected")
            if connections is not None:
                _reject(connections, resource_id, olds)

    def _require_unprotected(self, olds: Properties) -> None:
        """Raise `ProtectedConnectionError` if a destroy would reject a connection that the program protects.

        A destroy deletes this resource first. The protection of the connection would stop the destroy only afterwards.
        """
        if olds.get(PROTECTED) and not self._declared.program_ran:
            raise ProtectedConnectionError(
                f"{label(olds)} was not rejected: {olds[PROTECTED]} keeps it (protect or retainOnDelete), and a rejection "
                f"is final. To keep the connection accepted, set onDelete of {name_of(olds)} to retain and run pulumi up. "
                f"To reject it, remove {name_of(olds)} from the program and run pulumi up, or remove protect and "
                f"retainOnDelete from {olds[PROTECTED]} and run pulumi up. Then run pulumi destroy again."
            )


def _reject(connections: Connections, resource_id: str, olds: Properties) -> None:
    """Reject the connection. Succeeds if it is already rejected, for example by a second resource."""
    try:
        connections.reject(resource_id, olds["managementAccountId"])
    except RefusedError:
        listed = _find_in_list(connections, resource_id, olds["environmentName"])
        if listed is None or listed["status"] != "REJECTED":
            raise


def _find_in_list(
    connections: Connections, connection_id: str, environment_name: str | None
) -> Connection | None:
    """The connection as the management account sees it, or None if it sees none."""
    listed = connections.list_connections(_REQUESTED_BY, environment_name=environment_name)
    return next((summary for summary in listed if summary["id"] == connection_id), None)


def _protection_warnings(inputs: Properties) -> list[str]:
    """A warning if the connection is protected but its acceptance is not; otherwise nothing."""
    if inputs["onDelete"] != "reject" or not inputs.get(PROTECTED):
        return []
    name, source = name_of(inputs), inputs[PROTECTED]
    sentence = (
        f"{name} accepts the connection of {source} and has onDelete reject. {source} is protected or retained, but that "
        f"does not protect the acceptance, and a rejection is final. Protect {name} too, or set its onDelete to retain."
    )
    return [sentence]


def _log_that_destroy_rejects(connection: Connection, news: Properties, log: Log) -> None:
    """Log that a destroy rejects the connection, if it is not known whether the connection is protected."""
    if news["onDelete"] == "reject" and PROTECTED not in news:
        log(
            "info",
            f"{label(connection)}: destroying this resource rejects the connection, which is final (onDelete is reject). "
            "Set protect on this resource to prevent that.",
        )


def _outputs(inputs: Properties, connection: Connection) -> Properties:
    return {
        **pick(inputs, (*_INPUTS, MADE)),
        **{name: connection[name] for name in CONNECTION_OUTPUTS},
        "liveRoleArns": pick(connection, _LISTED_ROLES),
    }

"""Life cycle of `EnvironmentAccountConnection`, which the environment account requests."""

from __future__ import annotations

from proton_provider import rules
from proton_provider.errors import IncompleteError
from proton_provider.lifecycle import (
    Checked,
    CheckSettings,
    Connect,
    Difference,
    Log,
    Properties,
    Reading,
    previews,
    tags,
)
from proton_provider.lifecycle.checks import Checks
from proton_provider.lifecycle.declared import Adopting, Declared, taking_over
from proton_provider.lifecycle.gone import connect_to_delete, connect_to_read
from proton_provider.lifecycle.matching import find_existing
from proton_provider.lifecycle.names import name_key
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    ROLE_BOOKKEEPING,
    as_created,
    changed,
    connection_id_in,
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
from proton_provider.lifecycle.requesting import (
    CLIENT_TOKEN,
    FIXED,
    INPUTS,
    REQUESTER,
    request,
    token,
    update_to_match,
)


class ConnectionLifecycle:
    """There is one instance in a process. It remembers the client tokens of resources that may be replaced."""

    outputs = (*CONNECTION_OUTPUTS, *ROLE_BOOKKEEPING, "tagsAll")
    only_in_state = ("region", "managedRoleArns", "previousRoleArns")
    preview_outputs = staticmethod(previews.role_outputs)

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()
        self._old_tokens: dict[str, str] = {}

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> Checked:
        checks = Checks(news, {"adoptExisting": False, "tags": {}}, unknown, settings)
        inputs = checks.inputs
        # With ignore_changes=["*"] the engine passes the old inputs, which have no requester.
        requester = inputs.pop(REQUESTER, "")
        key = name_key(inputs)
        checks.value("environmentName", rules.problem_with_environment_name)
        checks.value("managementAccountId", rules.problem_with_account_id)
        checks.value("adoptExisting", rules.problem_with_boolean)
        checks.region()
        checks.role_arns()
        added_unknown = checks.tags()
        if isinstance(olds.get(CLIENT_TOKEN), str):
            inputs[CLIENT_TOKEN] = self._old_tokens[key] = olds[CLIENT_TOKEN]
        elif unknown.intersection(FIXED):
            added_unknown.add(CLIENT_TOKEN)
        else:
            inputs[CLIENT_TOKEN] = token(requester, inputs, self._old_tokens.get(key, ""))
        self._declared.record_inputs("connection", inputs, unknown, olds, adopting=_adopting(inputs, unknown))
        return Checked(inputs, checks.problems, frozenset(added_unknown))

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        replaces = changed(olds, news, unknown, FIXED)
        if not replaces:
            self._declared.record_state("connection", news, olds, connection_id_in(olds))
            self._warn_of_others(news, connection_id_in(olds), log)
            warn_of_removed_roles(olds, news, unknown, log)
            if olds["status"] == "REJECTED":
                log(
                    "warning",
                    f"{label(olds)} was rejected, which is final. To request a new connection, run pulumi up --replace "
                    "with the URN of this resource.",
                )
        return Difference(replaces)

    def create(self, news: Properties, connect: Connect, log: Log) -> tuple[str, Properties]:
        managed = managed_roles(news)
        previous: Properties = {}
        may_adopt = news["adoptExisting"]
        named = f"The connection of {news['environmentName']} in {news['region']}"
        with taking_over(named, "deletes the connection" if may_adopt else None, log) as advise:
            connections = connect()
            connection = find_existing(connections, news) if may_adopt else None
            if connection is not None:
                previous = pick(connection, managed)
                found = f"{label(connection)} ({connection['status']}) already exists; adopted"
                connection = update_to_match(connections, connection, managed, news, log, found=found)
                advise()
            else:
                try:
                    connection = request(connections, news, log)
                except IncompleteError as error:
                    self._declared.record_made("connection", news, error.resource_id)
                    raise
        self._declared.record_made("connection", news, connection["id"])
        self._warn_of_others(news, connection["id"], log)
        warn_of_unknown_status(connection, log)
        return connection["id"], outputs_of(as_created(news), INPUTS, connection, managed, previous)

    def read(self, resource_id: str, props: Properties, connect: Connect, log: Log) -> Reading | None:
        connections = connect_to_read(connect, props, log)
        if connections is None:
            return None
        connection = read_connection(connections, resource_id, props, log)
        if connection is None:
            return None
        live = {
            key: value
            for key, value in connections.tags(connection["arn"]).items()
            if not tags.is_aws_own(key)
        }
        before, all_before = props.get("tags", {}), props.get("tagsAll", {})
        defaults = {key: value for key, value in all_before.items() if key not in before}
        known = with_defaults(props, {"adoptExisting": False})
        known["tagsAll"] = live
        ignored = {key: value for key, value in before.items() if key not in all_before}
        known["tags"] = {
            **{key: value for key, value in live.items() if defaults.get(key) != value},
            **ignored,  # as they were declared: nobody looks at them after the request
        }
        return reading_of(known, INPUTS, connection)

    def update(
        self, resource_id: str, olds: Properties, news: Properties, connect: Connect, log: Log
    ) -> Properties:
        managed = managed_roles(news)
        connection = connection_in(olds)
        if not has_roles(connection, managed):
            require_account_of_roles(connection, managed)
            connection = connect().set_roles(resource_id, managed, log)
        if olds["tagsAll"] != news["tagsAll"]:
            tags.retag(connect(), connection["arn"], olds["tagsAll"], news["tagsAll"])
        warn_of_unknown_status(connection, log)
        self._declared.record_made("connection", news, resource_id)
        return updated_outputs(olds, news, INPUTS, connection)

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if why := self._declared.current_manager("connection", olds, resource_id):
            # After a rename with adopt_existing and no alias, or `up --replace` while AWS remembers the client token.
            log("info", f"{label(olds)} is not deleted: {why}.")
            return
        connections = connect_to_delete(connect, olds, log, undone="was not deleted")
        if connections is not None:
            connections.delete(resource_id, olds["environmentAccountId"])

    def _warn_of_others(self, news: Properties, connection_id: str, log: Log) -> None:
        for sentence in self._declared.duplicate_warnings("connection", news):
            log("warning", sentence)
        if warning := self._declared.early_accepter_warning(news, connection_id):
            log("warning", warning)


def _adopting(inputs: Properties, unknown: frozenset[str]) -> Adopting | None:
    """The environment and management account of the connection to adopt, or None."""
    if inputs["adoptExisting"] is not True or unknown.intersection(FIXED):
        return None
    return str(inputs.get("environmentName")), str(inputs.get("managementAccountId"))

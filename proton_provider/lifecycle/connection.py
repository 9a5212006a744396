"""Life cycle of `EnvironmentAccountConnection`, which the environment account requests."""

from __future__ import annotations

import hashlib
from typing import Final

from proton_provider import rules
from proton_provider.errors import (
    IdempotencyMismatchError,
    IncompleteError,
    ProtonError,
    RefusedError,
    UnusableConnectionError,
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
    tags,
)
from proton_provider.lifecycle.declared import (
    NAME,
    Adopting,
    Declared,
    name_key,
    taking_over,
)
from proton_provider.lifecycle.gone import connect_to_delete, connect_to_read
from proton_provider.lifecycle.matching import find_existing, find_first_attempt
from proton_provider.lifecycle.properties import (
    CONNECTION_OUTPUTS,
    ROLE_BOOKKEEPING,
    add_problem,
    as_created,
    as_updated,
    changed,
    check_region,
    check_role_arns,
    connection_id_in,
    connection_in,
    has_roles,
    inputs_of,
    label,
    managed_roles,
    outputs_of,
    pick,
    previous_roles,
    read_connection,
    recorded_roles,
    require_account_of_roles,
    warn_of_removed_roles,
    warn_of_unknown_status,
    with_defaults,
)

_FIXED: Final = ("environmentName", "managementAccountId", "region")
REQUESTER: Final = "__requester"
"""Internal input: the stack that requests the connection. The engine hides names that begin with two underscores."""
_MOST_REJECTED: Final = 20
"""The most requests in a row that find a rejected connection. An endpoint that calls each one rejected gets no more."""
CLIENT_TOKEN: Final = "__clientToken"  # noqa: S105  # a name
_INPUTS: Final = (*_FIXED, "adoptExisting", "aws", CLIENT_TOKEN, "tags", "tagsAll")


class ConnectionLifecycle:
    """There is one instance in a process. It remembers the client tokens of resources that may be replaced."""

    outputs = (*CONNECTION_OUTPUTS, *ROLE_BOOKKEEPING, "tagsAll")
    only_in_state = ("region", "managedRoleArns", "previousRoleArns")

    def __init__(self, declared: Declared | None = None) -> None:
        self._declared = declared or Declared()
        self._old_tokens: dict[str, str] = {}

    def check(
        self, olds: Properties, news: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> Checked:
        inputs = with_defaults(news, {"adoptExisting": False, "tags": {}})
        # With ignore_changes=["*"] the engine passes the old inputs, which have no requester.
        requester = inputs.pop(REQUESTER, "")
        key = name_key(inputs)
        problems: dict[str, str] = {}
        if "environmentName" not in unknown:
            problem = rules.problem_with_environment_name(inputs.get("environmentName"))
            add_problem(problems, "environmentName", problem)
        if "managementAccountId" not in unknown:
            problem = rules.problem_with_account_id(inputs.get("managementAccountId"))
            add_problem(problems, "managementAccountId", problem)
        if "adoptExisting" not in unknown and not isinstance(inputs["adoptExisting"], bool):
            problems["adoptExisting"] = "must be true or false"
        check_region(inputs, unknown, settings, problems)
        check_role_arns(inputs, None, problems)
        added_unknown = _check_tags(inputs, unknown, settings, problems)
        if isinstance(olds.get(CLIENT_TOKEN), str):
            inputs[CLIENT_TOKEN] = self._old_tokens[key] = olds[CLIENT_TOKEN]
        elif unknown.intersection(_FIXED):
            added_unknown.add(CLIENT_TOKEN)
        else:
            inputs[CLIENT_TOKEN] = _token(requester, inputs, self._old_tokens.get(key, ""))
        self._declared.record_inputs("connection", inputs, unknown, adopting=_adopting(inputs, unknown))
        return Checked(inputs, problems, frozenset(added_unknown))

    def preview_outputs(
        self, olds: Properties | None, news: Properties, unknown: frozenset[str]
    ) -> Properties:
        return previews.role_outputs(olds, news, unknown)

    def diff(self, olds: Properties, news: Properties, unknown: frozenset[str], log: Log) -> Difference:
        replaces = changed(olds, news, unknown, _FIXED)
        if not replaces:
            self._declared.record_state("connection", news, olds, connection_id_in(olds))
            self._warn_of_duplicates(news, log)
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
                connection = _update_to_match(connections, connection, managed, news, log, found=found)
                advise()
            else:
                try:
                    connection = self._request(connections, news, log)
                except IncompleteError as error:
                    self._declared.record_made("connection", news, error.resource_id)
                    raise
        self._declared.record_made("connection", news, connection["id"])
        self._warn_of_duplicates(news, log)
        warn_of_unknown_status(connection, log)
        return connection["id"], outputs_of(as_created(news), _INPUTS, connection, managed, previous)

    def _request(self, connections: Connections, news: Properties, log: Log) -> Connection:
        """Request the connection. AWS answers with a new connection, or with that of an earlier attempt.

        The connection of an earlier attempt gets the roles and tags of the inputs. If it was rejected, nobody can use
        it: a new one is requested.
        """
        managed = managed_roles(news)
        request = pick(news, ("environmentName", "managementAccountId", *rules.ROLES))
        token = news[CLIENT_TOKEN]
        for _ in range(_MOST_REJECTED):
            try:
                connection = connections.request(
                    {
                        **request,
                        "clientToken": token,
                        "tags": tags.as_list({**news["tagsAll"], **news["tags"]}),
                    },
                    log,
                )
                as_requested, earlier = (
                    has_roles(connection, managed),
                    bool(connection.get(rules.REQUESTED_EARLIER)),
                )
            except IdempotencyMismatchError:
                connection, as_requested, earlier = find_first_attempt(connections, news), False, True
            except UnusableConnectionError as error:
                raise _incomplete(error, error.connection, {}, news) from error
            if connection["status"] != "REJECTED":
                break
            log("info", f"{label(connection)} was rejected, which is final: a new connection is requested.")
            token = _hash(token, connection["id"])
        else:
            raise RefusedError(
                f"{_MOST_REJECTED} connections for the environment {news['environmentName']} in {news['region']} are "
                "rejected. Delete those that are not used (aws proton delete-environment-account-connection --id ...), "
                "and run the command again."
            )
        found = f"{label(connection)} was requested by an earlier attempt; adopted"
        if earlier:
            found = _earlier_message(connection)
            if as_requested:
                log("info", f"{found} without changes.")
        if as_requested:
            return connection
        try:
            return _update_to_match(connections, connection, managed, news, log, found=found)
        except ProtonError as error:
            certain = {role: arn for role, arn in managed.items() if connection.get(role) == arn}
            raise _incomplete(error, connection, certain, news) from error

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
        known = with_defaults(props, {"adoptExisting": False, "managedRoleArns": {}, "previousRoleArns": {}})
        known["tagsAll"] = live
        ignored = {key: value for key, value in before.items() if key not in all_before}
        known["tags"] = {
            **{key: value for key, value in live.items() if defaults.get(key) != value},
            **ignored,  # as they were declared: nobody looks at them after the request
        }
        outputs = outputs_of(known, _INPUTS, connection, known["managedRoleArns"], known["previousRoleArns"])
        return Reading(outputs, inputs_of(outputs, _INPUTS))

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
        recorded = recorded_roles(olds, managed)
        return outputs_of(
            as_updated(olds, news), _INPUTS, connection, recorded, previous_roles(olds, managed)
        )

    def delete(self, resource_id: str, olds: Properties, connect: Connect, log: Log) -> None:
        if why := self._declared.current_manager("connection", olds, resource_id):
            # After a rename with adopt_existing and no alias, or `up --replace` while AWS remembers the client token.
            log("info", f"{label(olds)} is not deleted: {why}.")
            return
        connections = connect_to_delete(connect, olds, log, undone="was not deleted")
        if connections is not None:
            connections.delete(resource_id, olds["environmentAccountId"])

    def _warn_of_duplicates(self, news: Properties, log: Log) -> None:
        for sentence in self._declared.duplicate_warnings("connection", news):
            log("warning", sentence)


def _token(requester: str, inputs: Properties, before: str) -> str:
    """The client token of a request: the same for every attempt of one resource, a new one for its replacement.

    AWS answers a repeated token with the first connection. A replacement must not repeat the token, because the old
    connection still exists. So the new token is derived from the one `before`, and each attempt of the replacement
    repeats it.
    """
    return _hash(requester, *(str(inputs.get(name)) for name in (NAME, *_FIXED)), before)


def _check_tags(
    inputs: Properties, unknown: frozenset[str], settings: CheckSettings, problems: dict[str, str]
) -> set[str]:
    """Check the tags, and add all tags to the inputs, or return their name if they are not known yet.

    As for pulumi-aws, a request has the ignored tags too, but they are not part of all tags: no update sets or removes
    them (read off the Terraform provider).
    """
    inputs.pop("tagsAll", None)
    if "tags" in unknown:
        del inputs["tags"]
        return {"tagsAll"}
    if problem := rules.problem_with_tag_map(inputs["tags"]):
        problems["tags"] = problem
        return set()
    own = inputs["tags"] = rules.as_tags(inputs["tags"])
    if settings.default_tags is None:
        return {"tagsAll"}
    requested = {**dict(settings.default_tags), **own}
    add_problem(problems, "tags", rules.problem_with_tags(requested))
    inputs["tagsAll"] = {key: value for key, value in requested.items() if not settings.ignores_tag(key)}
    return set()


def _incomplete(
    error: ProtonError, connection: Connection, certain: Properties, news: Properties
) -> IncompleteError:
    """The error of a request that made the connection. The state records only what is certain.

    The next update sets the roles that are not in `certain`, and all tags.
    """
    outputs = outputs_of(as_created({**news, "tagsAll": {}}), _INPUTS, connection, certain, dict(certain))
    return IncompleteError(str(error), connection["id"], outputs)


def _adopting(inputs: Properties, unknown: frozenset[str]) -> Adopting | None:
    """The environment and management account of the connection to adopt, or None."""
    if inputs["adoptExisting"] is not True or unknown.intersection(_FIXED):
        return None
    return str(inputs.get("environmentName")), str(inputs.get("managementAccountId"))


def _hash(*parts: str) -> str:
    """A hash of 64 characters, the longest client token that AWS accepts (read off the model)."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _earlier_message(connection: Connection) -> str:
    """The message for a connection from before this run. AWS does not say who sent its client token first."""
    return (
        f"{label(connection)} was requested at {connection['requestedAt']}, before this run: by an earlier attempt of "
        "this resource, or by another stack with the same organization, project, stack and resource names. If it was "
        "another stack, destroying that stack deletes this connection too. It is adopted"
    )


def _update_to_match(
    connections: Connections,
    connection: Connection,
    managed: Properties,
    news: Properties,
    log: Log,
    *,
    found: str,
) -> Connection:
    """Set the wanted roles and tags on an existing connection, and log what changes.

    `found` begins the message. The message has no values: tags may come from secrets of the program.
    """
    live, wanted = connections.tags(connection["arn"]), news["tagsAll"]
    roles = [role for role, arn in managed.items() if connection.get(role) != arn]
    add, drop = tags.difference(live, wanted)
    changes = [*roles, *(f"the tag {key}" for key in sorted([*add, *drop]))]
    log("info", f"{found} with changes to {', '.join(changes)}." if changes else f"{found} without changes.")
    if roles:
        require_account_of_roles(connection, managed)
        connection = connections.set_roles(connection["id"], managed, log)
    tags.retag(connections, connection["arn"], live, wanted)
    return connection

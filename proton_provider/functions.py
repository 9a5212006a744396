"""Look-ups: connections by id or by what they connect, for programs that do not carry an id.

A look-up runs in the program's process, at preview too, so it needs credentials then. Its settings are those of
the resources: `AwsSettings`, then the stack's config, then the shell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

import pulumi
from pulumi import Input, Output

from proton_provider import rules, stack_config
from proton_provider.aws_settings import AwsSettings, require_good
from proton_provider.errors import ConfigurationError, NotOneConnectionError
from proton_provider.wire_names import wire_name

Status: TypeAlias = Literal["PENDING", "CONNECTED", "REJECTED"]
RequestedBy: TypeAlias = Literal["ENVIRONMENT_ACCOUNT", "MANAGEMENT_ACCOUNT"]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class EnvironmentAccountConnectionResult:
    """A connection as a look-up found it; a role that is not set is None. Times are ISO 8601, UTC."""

    id: str
    """The connection's id, the part of its ARN after the last `/`."""
    arn: str
    environment_account_id: str
    environment_name: str
    management_account_id: str
    status: str
    requested_at: str
    last_modified_at: str
    role_arn: str | None = None
    component_role_arn: str | None = None
    codebuild_role_arn: str | None = None
    """None also in every list, and for `requested_by="MANAGEMENT_ACCOUNT"`: AWS's list does not have it."""


def get_environment_account_connection(
    id: str | None = None,  # noqa: A002  # AWS's name
    *,
    environment_name: str | None = None,
    management_account_id: str | None = None,
    statuses: Sequence[Status] | None = None,
    requested_by: RequestedBy = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
) -> EnvironmentAccountConnectionResult:
    """The one connection with this id, or with this environment, management account and statuses.

    Asked with the credentials of the environment account, or with those of the management account and
    `requested_by="MANAGEMENT_ACCOUNT"`. Raises `NotOneConnectionError`, which lists what was found, where none or
    several match; `ConnectionNotFoundError` for an absent id; `ConfigurationError` for a condition that no connection
    can meet; other children of `ProtonError` for failed calls.
    """
    wanted = _wanted(
        requested_by,
        id=id,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
    )
    connections = _connections(aws)
    if id is not None and requested_by == "ENVIRONMENT_ACCOUNT":
        seen = [connections.find(id)]
    else:
        seen = connections.list_connections(requested_by, environment_name=environment_name)
    matching = [connection for connection in seen if _matches(connection, wanted)]
    if len(matching) != 1:
        raise NotOneConnectionError(_not_one(wanted, matching, seen))
    if id is None and requested_by == "ENVIRONMENT_ACCOUNT":
        matching = [connections.find(matching[0]["id"])]  # a list lacks the CodeBuild role
    return _result(matching[0])


def get_environment_account_connections(
    *,
    environment_name: str | None = None,
    management_account_id: str | None = None,
    statuses: Sequence[Status] | None = None,
    requested_by: RequestedBy = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
) -> list[EnvironmentAccountConnectionResult]:
    """All connections that match, as AWS lists them, of all pages; an empty list where none does.

    Raises `ConfigurationError` for a condition that no connection can meet, and other children of `ProtonError` for
    failed calls.
    """
    wanted = _wanted(
        requested_by,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
    )
    listed = _connections(aws).list_connections(requested_by, environment_name=environment_name)
    return [_result(connection) for connection in listed if _matches(connection, wanted)]


def get_environment_account_connection_output(
    id: Input[str] | None = None,  # noqa: A002  # AWS's name
    *,
    environment_name: Input[str] | None = None,
    management_account_id: Input[str] | None = None,
    statuses: Input[Sequence[Input[Status]]] | None = None,
    requested_by: Input[RequestedBy] = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
) -> Output[EnvironmentAccountConnectionResult]:
    """`get_environment_account_connection` for arguments that are outputs; unknown while one of them is."""
    return _when_known(
        get_environment_account_connection,
        aws,
        id=id,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
        requested_by=requested_by,
    )


def get_environment_account_connections_output(
    *,
    environment_name: Input[str] | None = None,
    management_account_id: Input[str] | None = None,
    statuses: Input[Sequence[Input[Status]]] | None = None,
    requested_by: Input[RequestedBy] = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
) -> Output[list[EnvironmentAccountConnectionResult]]:
    """`get_environment_account_connections` for arguments that are outputs; unknown while one of them is."""
    return _when_known(
        get_environment_account_connections,
        aws,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
        requested_by=requested_by,
    )


def _when_known(look_up: Callable[..., T], aws: AwsSettings | None, **arguments: Any) -> Output[T]:
    _require_settings(aws)
    members = {} if aws is None else {f.name: getattr(aws, f.name) for f in fields(aws)}

    def run(known: dict[str, Any]) -> T:
        return look_up(**known["arguments"], aws=None if aws is None else AwsSettings(**known["aws"]))

    return Output.all(arguments=Output.from_input(arguments), aws=Output.from_input(members)).apply(run)


def _connections(aws: AwsSettings | None) -> Any:
    """The calls for these settings, read from the program's own view of the stack's config.

    Raises `ConfigurationError` where they do not read, or no Region is known.
    """
    _require_settings(aws)
    from proton_provider.aws import client  # noqa: PLC0415  # a program that looks nothing up needs no boto3

    members = None if aws is None else aws.to_properties()
    require_good(members)
    return client.connect(stack_config.resolve(members, _config))


def _require_settings(aws: object) -> None:
    if aws is not None and not isinstance(aws, AwsSettings):
        raise ConfigurationError(f"aws must be AwsSettings(…); it is {aws!r}.")


def _config(key: str) -> str | None:
    namespace, name = key.split(":")
    return pulumi.Config(namespace).get(name)


def _wanted(requested_by: object, **conditions: Any) -> dict[str, str | tuple[str, ...]]:
    """The conditions that are given, by AWS's member names.

    Raises `ConfigurationError` for one that no connection can meet: a look-up would find nothing, and not say why.
    """
    given = {name: value for name, value in conditions.items() if value is not None}
    for name, value in [*given.items(), ("requested_by", requested_by)]:
        if hasattr(value, "apply"):
            raise ConfigurationError(f"{name} is an Output: use the look-up whose name ends with _output.")
        if problem := _PROBLEMS[name](value):
            raise ConfigurationError(f"{name} {problem}; it is {value!r}.")
    wanted = {wire_name(name): value for name, value in given.items() if name != "statuses"}
    return {**wanted, **({"status": tuple(given["statuses"])} if "statuses" in given else {})}


def _problem_with_requester(value: object) -> str | None:
    choices = get_args(RequestedBy)
    return None if value in choices else f"must be one of {', '.join(choices)}"


def _problem_with_statuses(value: object) -> str | None:
    if isinstance(value, list | tuple) and all(status in rules.STATUSES for status in value):
        return None
    return f"must be a list of some of {', '.join(rules.STATUSES)}"


_PROBLEMS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "id": rules.problem_with_connection_id,
    "environment_name": rules.problem_with_environment_name,
    "management_account_id": rules.problem_with_account_id,
    "statuses": _problem_with_statuses,
    "requested_by": _problem_with_requester,
}
"""What is wrong with a condition."""


def _matches(connection: Mapping[str, Any], wanted: Mapping[str, str | tuple[str, ...]]) -> bool:
    return all(
        connection[name] in value if isinstance(value, tuple) else connection[name] == value
        for name, value in wanted.items()
    )


def _not_one(
    wanted: Mapping[str, str | tuple[str, ...]],
    matching: Sequence[Mapping[str, Any]],
    seen: Sequence[Mapping[str, Any]],
) -> str:
    conditions = (
        ", ".join(
            f"{name} {value if isinstance(value, str) else ' or '.join(value) or 'none'}"
            for name, value in wanted.items()
        )
        or "no condition"
    )
    if matching:
        return (
            f"Exactly one connection must match ({conditions}), but {len(matching)} do: {_listed(matching)}. "
            "Say more of it, or give its id."
        )
    others = f"there are: {_listed(seen)}" if seen else "the account has none like it"
    return f"Exactly one connection must match ({conditions}), but none does; {others}. Check the account and the Region."


def _listed(connections: Sequence[Mapping[str, Any]]) -> str:
    """At most ten of them, in one line."""
    shown = [
        f"{c['id']} ({c['status']}, environment {c['environmentName']}, management account {c['managementAccountId']})"
        for c in connections[:_SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(connections) - _SHOWN} more" if len(connections) > _SHOWN else "")


_SHOWN = 10


def _result(connection: Mapping[str, Any]) -> EnvironmentAccountConnectionResult:
    values: dict[str, Any] = {
        f.name: connection.get(wire_name(f.name)) for f in fields(EnvironmentAccountConnectionResult)
    }
    return EnvironmentAccountConnectionResult(**values)

"""Data source functions: find connections by id, or by environment, management account and status.

A data source function runs in the program's process, also at preview, so it needs credentials there. Its settings come
from the same sources as those of resources: `AwsSettings`, the `aws.Provider` in its options (only the `_output` forms),
the stack's config, the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar

import pulumi
from pulumi import Input, InvokeOptions, InvokeOutputOptions, Output

from proton_provider.aws.clients import Clients
from proton_provider.errors import ConfigurationError, ProtonError
from proton_provider.lifecycle import Connections, search
from proton_provider.masking import Secrets
from proton_provider.program import invokes
from proton_provider.program.arguments import with_outputs
from proton_provider.program.aws_provider import find_provider, with_provider
from proton_provider.program.inputs import names_of_secrets, secret_config_keys
from proton_provider.settings import resolve
from proton_provider.settings.aws_settings import AwsSettings, require_valid_settings
from proton_provider.wire_names import python_name, wire_name

T = TypeVar("T")

_clients: Final = Clients()


@dataclass(frozen=True, kw_only=True)
class EnvironmentAccountConnectionResult:
    """A connection that a data source function found. A role that is not set is None. Times are ISO 8601, UTC."""

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
    """Always None in lists and with `requested_by="MANAGEMENT_ACCOUNT"`: AWS's list does not have it."""


def get_environment_account_connection(
    id: str | None = None,  # noqa: A002  # AWS's name
    *,
    environment_name: str | None = None,
    management_account_id: str | None = None,
    statuses: Sequence[str] | None = None,
    requested_by: str = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
    opts: InvokeOptions | None = None,
) -> EnvironmentAccountConnectionResult:
    """Find the one connection with this id, or with this environment, management account and statuses.

    Use credentials of the environment account. With credentials of the management account, set
    `requested_by="MANAGEMENT_ACCOUNT"` (the default is `ENVIRONMENT_ACCOUNT`). `statuses` is a list of some of `PENDING`,
    `CONNECTED` and `REJECTED`.

    Raises `NotOneConnectionError` if none or several match; its message lists connections that exist. Raises
    `ConnectionNotFoundError` for an absent id. Raises `ConfigurationError` for a condition that no connection can meet,
    and for a provider in `opts`, which only the `_output` form can use. Raises another child of `ProtonError` if a call
    fails.
    """
    return _GET_ONE.call(
        aws,
        opts,
        id=id,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
        requested_by=requested_by,
    )


def get_environment_account_connections(
    *,
    environment_name: str | None = None,
    management_account_id: str | None = None,
    statuses: Sequence[str] | None = None,
    requested_by: str = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
    opts: InvokeOptions | None = None,
) -> list[EnvironmentAccountConnectionResult]:
    """Find all connections that match, in AWS's order. The list is empty if none matches.

    The arguments are those of `get_environment_account_connection`. Raises `ConfigurationError` for a condition that no
    connection can meet, and for a provider in `opts`. Raises another child of `ProtonError` if a call fails.
    """
    return _GET_ALL.call(
        aws,
        opts,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
        requested_by=requested_by,
    )


def get_environment_account_connection_output(
    id: Input[str] | None = None,  # noqa: A002  # AWS's name
    *,
    environment_name: Input[str] | None = None,
    management_account_id: Input[str] | None = None,
    statuses: Input[Sequence[Input[str]]] | None = None,
    requested_by: Input[str] = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
    opts: InvokeOptions | InvokeOutputOptions | None = None,
) -> Output[EnvironmentAccountConnectionResult]:
    """`get_environment_account_connection` for arguments that are outputs.

    The result is unknown at a preview if an argument is unknown. It is also unknown if an argument or `depends_on`
    depends on a resource that does not exist yet. An `aws.Provider` in `opts`, or of its `parent`, is used as for a
    resource.
    """
    return _GET_ONE.call_with_outputs(
        aws,
        opts,
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
    statuses: Input[Sequence[Input[str]]] | None = None,
    requested_by: Input[str] = "ENVIRONMENT_ACCOUNT",
    aws: AwsSettings | None = None,
    opts: InvokeOptions | InvokeOutputOptions | None = None,
) -> Output[list[EnvironmentAccountConnectionResult]]:
    """`get_environment_account_connections` for arguments that are outputs.

    Unknown results and providers work as for `get_environment_account_connection_output`.
    """
    return _GET_ALL.call_with_outputs(
        aws,
        opts,
        environment_name=environment_name,
        management_account_id=management_account_id,
        statuses=statuses,
        requested_by=requested_by,
    )


@dataclass(frozen=True)
class _Function(Generic[T]):
    """One data source function, in its plain form (`call`) and its `_output` form (`call_with_outputs`)."""

    name: str
    """Pulumi's name of the function."""
    find: Callable[[Connections, search.Conditions, str], Any]
    result: Callable[[Any], T]
    answer: Callable[[dict[str, Any]], Any]
    """Takes the result from a mock's answer."""

    def call(self, aws: AwsSettings | None, opts: InvokeOptions | None, **arguments: Any) -> T:
        if find_provider(name := python_name(self.name), opts) is not None:
            raise ConfigurationError(
                f"{name} runs before its aws.Provider is known. Use {name}_output, which uses the provider; or set "
                "aws=AwsSettings(...) and remove provider and parent from its options."
            )
        settings = _members(aws)
        if invokes.has_mocks():
            search.conditions_of(**arguments)
            require_valid_settings(settings)
            return self.result(self.answer(invokes.call_mocks(self.name, arguments, settings)))
        return self._prepared(arguments, settings)()

    def _prepared(
        self, arguments: Mapping[str, Any], settings: Mapping[str, Any] | None, secret: Sequence[str] = ()
    ) -> Callable[[], T]:
        """The look-up, which may run in another thread. What depends on the caller's thread is decided before.

        `secret` has the names of secret arguments. Their values stand in no error.
        """
        hidden = Secrets()
        hidden.remember_values(*({**arguments, "aws": settings}[name] for name in secret))
        hidden.remember_values(*(_config(key) for key in secret_config_keys()))
        with hidden.in_no_error():
            wanted = search.conditions_of(**arguments)
            require_valid_settings(settings)
            connect = _connect(settings)

        def look_up() -> T:
            try:
                with hidden.in_no_error():
                    return self.result(self.find(connect(), wanted, arguments["requested_by"]))
            except (
                ProtonError
            ) as error:  # the program's own lines matter to its author, not those below this one
                raise error.with_traceback(None) from None

        return look_up

    def call_with_outputs(
        self, aws: AwsSettings | None, opts: InvokeOptions | InvokeOutputOptions | None, **arguments: Any
    ) -> Output[T]:
        arguments, settings = with_outputs(arguments), with_outputs(_members(aws))
        name = f"{python_name(self.name)}_output"
        if (provider := find_provider(name, opts)) is not None:
            settings = with_provider(name, settings, provider)
        known = Output.from_input(arguments)
        secret: Output[Any] = Output.from_input(names_of_secrets({**arguments, "aws": settings}))
        if invokes.has_mocks():
            answers = invokes.call_mocks_output(self.name, arguments, settings, opts)
            return Output.all(known, answers).apply(lambda both: self._mock_result(*both))
        exist = invokes.dependencies_exist([arguments, settings], opts)
        return Output.all(exist, known, Output.from_input(settings), secret).apply(
            lambda known: invokes.off_the_loop(self._prepared(known[1], known[2], known[3]))
        )

    def _mock_result(self, arguments: Mapping[str, Any], answer: dict[str, Any]) -> T:
        search.conditions_of(**arguments)
        return self.result(self.answer(answer))


def _members(aws: object) -> dict[str, Any] | None:
    if aws is not None and not isinstance(aws, AwsSettings):
        raise ConfigurationError(f"aws must be AwsSettings(…); it is {aws!r}.")
    return None if aws is None else aws.to_properties()


def _connect(settings: Mapping[str, Any] | None) -> Callable[[], Connections]:
    """A function that connects to AWS with these settings and with the stack's config, as the program sees it.

    Raises `ConfigurationError` for invalid settings. The function raises it for a missing Region.
    """
    invokes.require_known_environment(settings, _config)
    resolved = resolve.resolve(settings, _config)
    return lambda: _clients.connect(resolved)


def _config(key: str) -> str | None:
    namespace, name = key.split(":")
    return pulumi.Config(namespace).get(name)


def _result(connection: Mapping[str, Any]) -> EnvironmentAccountConnectionResult:
    values: dict[str, Any] = {
        f.name: connection.get(wire_name(f.name)) for f in fields(EnvironmentAccountConnectionResult)
    }
    return EnvironmentAccountConnectionResult(**values)


_GET_ONE = _Function("getEnvironmentAccountConnection", search.find_one, _result, lambda answer: answer)
_GET_ALL = _Function(
    "getEnvironmentAccountConnections",
    search.find_all,
    lambda found: [_result(connection) for connection in found],
    lambda answer: answer.get("environmentAccountConnections") or [],
)

"""The types that users of the package see; read by the type checker alone."""

from __future__ import annotations

from typing import assert_type

from pulumi import Output, ResourceOptions

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionArgs,
    EnvironmentAccountConnectionResult,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
    RoleArns,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections_output,
)


def roles(arn: Output[str]) -> None:
    one = EnvironmentAccountConnectionRoles(
        "roles", connection_id=arn, role_arn=arn, on_delete="restore", aws=AwsSettings(region=arn)
    )
    assert_type(one.status, Output[str])
    assert_type(one.role_arn, Output[str | None])
    assert_type(one.live_role_arns, Output[RoleArns])
    args = EnvironmentAccountConnectionRolesArgs(connection_id="id", component_role_arn=arn)
    EnvironmentAccountConnectionRoles("roles", args, ResourceOptions(protect=True))
    assert_type(EnvironmentAccountConnectionRoles.get("roles", "id"), EnvironmentAccountConnectionRoles)
    EnvironmentAccountConnectionRoles("roles", connection_id=arn, on_delete="never")  # type: ignore[call-overload]
    EnvironmentAccountConnectionRoles("roles", role_arn=arn)  # type: ignore[call-overload]


def handshake(arn: Output[str]) -> None:
    connection = EnvironmentAccountConnection(
        "connection",
        environment_name="prod",
        management_account_id=arn,
        tags={"team": arn},
        adopt_existing=True,
    )
    assert_type(connection.tags_all, Output[dict[str, str]])
    accepted = EnvironmentAccountConnectionAccepter(
        "accepted", connection_id=connection.id, on_delete="reject"
    )
    assert_type(accepted.status, Output[str])
    EnvironmentAccountConnectionArgs(environment_name="prod")  # type: ignore[call-arg]


def look_ups(name: Output[str]) -> None:
    found = get_environment_account_connection(environment_name="prod", statuses=["CONNECTED"])
    assert_type(found, EnvironmentAccountConnectionResult)
    assert_type(
        get_environment_account_connection_output(environment_name=name),
        Output[EnvironmentAccountConnectionResult],
    )
    assert_type(
        get_environment_account_connections_output(environment_name=name),
        Output[list[EnvironmentAccountConnectionResult]],
    )
    get_environment_account_connection(statuses=["DONE"])  # type: ignore[list-item]

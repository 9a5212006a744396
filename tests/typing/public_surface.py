"""The types that users of the package see, in every documented form; read by type checkers alone."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_type

import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, InvokeOutputOptions, Output, ResourceOptions

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionAccepterArgs,
    EnvironmentAccountConnectionArgs,
    EnvironmentAccountConnectionResult,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
    RoleArns,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections,
    get_environment_account_connections_output,
)


def roles(arn: Output[str], on_delete: str) -> None:
    one = EnvironmentAccountConnectionRoles(
        "roles", connection_id=arn, role_arn=arn, on_delete="restore", aws=AwsSettings(region=arn)
    )
    assert_type(one.status, Output[str])
    assert_type(one.role_arn, Output[str | None])
    assert_type(one.live_role_arns, Output[RoleArns])
    assert_type(one.managed_role_arns, Output[RoleArns])
    assert_type(one.aws, Output[dict[str, Any] | None])
    assert_type(one.pulumi_type, str)
    EnvironmentAccountConnectionRoles("roles", connection_id=arn, role_arn=arn, on_delete=on_delete)
    args = EnvironmentAccountConnectionRolesArgs(
        connection_id="id", component_role_arn=arn, on_delete=on_delete
    )
    EnvironmentAccountConnectionRoles("roles", args, ResourceOptions(protect=True))
    EnvironmentAccountConnectionRoles("roles", args=args)
    assert_type(EnvironmentAccountConnectionRoles.get("roles", "id"), EnvironmentAccountConnectionRoles)
    EnvironmentAccountConnectionRoles("roles", connection_id=arn, on_delete=1)  # type: ignore[call-overload]
    EnvironmentAccountConnectionRoles("roles", role_arn=arn)  # type: ignore[call-overload]


def handshake(arn: Output[str], on_delete: str) -> None:
    connection = EnvironmentAccountConnection(
        "connection",
        environment_name="prod",
        management_account_id=arn,
        tags={"team": arn},
        adopt_existing=True,
        aws=AwsSettings(assume_role_arn=arn, session_tags={"team": arn}),
    )
    assert_type(connection.tags, Output[dict[str, str]])
    assert_type(connection.tags_all, Output[dict[str, str]])
    assert_type(connection.adopt_existing, Output[bool])
    accepted = EnvironmentAccountConnectionAccepter(
        "accepted", connection_id=connection.id, on_delete="reject"
    )
    assert_type(accepted.status, Output[str])
    assert_type(accepted.role_arn, Output[str | None])
    given = EnvironmentAccountConnectionAccepterArgs(connection_id=connection.id, on_delete=on_delete)
    EnvironmentAccountConnectionAccepter("accepted", given)
    EnvironmentAccountConnectionArgs(environment_name="prod")  # type: ignore[call-arg]


class House(EnvironmentAccountConnection):
    """A subclass, with arguments of its own."""

    def __init__(self, name: str, account: aws.Provider, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            name,
            ResourceOptions.merge(opts, ResourceOptions(provider=account)),
            environment_name=name,
            management_account_id="111111111111",
        )


def component(account: aws.Provider) -> None:
    parent = pulumi.ComponentResource(
        "house:index:House", "house", None, ResourceOptions(providers=[account])
    )
    assert_type(House("prod", account, ResourceOptions(parent=parent)).status, Output[str])


def data_sources(name: Output[str], statuses: Sequence[str], account: aws.Provider) -> None:
    found = get_environment_account_connection(environment_name="prod", statuses=["CONNECTED"])
    assert_type(found, EnvironmentAccountConnectionResult)
    listed = get_environment_account_connections(statuses=statuses, opts=InvokeOptions(version="1"))
    assert_type(listed, list[EnvironmentAccountConnectionResult])
    assert_type(
        get_environment_account_connection_output(
            environment_name=name, statuses=["PENDING", name], opts=InvokeOutputOptions(provider=account)
        ),
        Output[EnvironmentAccountConnectionResult],
    )
    assert_type(
        get_environment_account_connections_output(
            environment_name=name, requested_by=name, opts=InvokeOptions(provider=account)
        ),
        Output[list[EnvironmentAccountConnectionResult]],
    )
    get_environment_account_connection(statuses=[1])  # type: ignore[list-item]

"""The resource `EnvironmentAccountConnectionRoles`: its class, its arguments and its documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

from pulumi import Input, ResourceOptions

from proton_provider import dynamic
from proton_provider.program.arguments import read_arguments
from proton_provider.program.outputs import (
    CONNECTION_OUTPUTS,
    ROLE_OUTPUTS,
    ExistingConnectionOutputs,
    RoleOutputs,
)
from proton_provider.program.resource import ConnectionResource, with_id
from proton_provider.settings.aws_settings import AwsSettings


@dataclass(kw_only=True)
class EnvironmentAccountConnectionRolesArgs:
    """The arguments of `EnvironmentAccountConnectionRoles` as one object."""

    connection_id: Input[str]
    """The id of the connection, the part of its ARN after the last `/`. Another id replaces the resource."""
    role_arn: Input[str] | None = None
    """The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes."""
    component_role_arn: Input[str] | None = None
    """The role for directly defined components, which `proton.amazonaws.com` assumes."""
    codebuild_role_arn: Input[str] | None = None
    """The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes."""
    on_delete: Input[str] | None = None
    """The effect of a destroy on the connection. `retain` (default) leaves its roles. `restore` sets the previous roles
    again, except roles that someone else has changed."""
    aws: AwsSettings | None = None
    """AWS settings for this resource. They override the provider and the stack's config."""


class EnvironmentAccountConnectionRoles(
    ExistingConnectionOutputs,
    RoleOutputs,
    ConnectionResource,
    module="proton",
    name="EnvironmentAccountConnectionRoles",
):
    """The roles of an existing environment account connection, which this program need not manage.

    Give at least one role. Roles that are not given are not changed. `UpdateEnvironmentAccountConnection` sets
    roles ([documented by AWS](https://docs.aws.amazon.com/proton/latest/APIReference/API_UpdateEnvironmentAccountConnection.html)). It has no way to remove a role (read off the service model): if you
    remove a role from the program, the connection keeps it, and a preview says so.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionRolesArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        connection_id: Input[str],
        role_arn: Input[str] | None = None,
        component_role_arn: Input[str] | None = None,
        codebuild_role_arn: Input[str] | None = None,
        on_delete: Input[str] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        """Declare the roles.

        :param resource_name: The name of the resource in its stack.
        :param args: The arguments as one object, an `EnvironmentAccountConnectionRolesArgs`, instead of those below.
        :param opts: The options of the resource.
        :param connection_id: The id of the connection, the part of its ARN after the last `/`. Another id replaces the
            resource.
        :param role_arn: The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes.
        :param component_role_arn: The role for directly defined components, which `proton.amazonaws.com` assumes.
        :param codebuild_role_arn: The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes.
        :param on_delete: The effect of a destroy on the connection. `retain` (default) leaves its roles. `restore` sets the
            previous roles again, except roles that someone else has changed.
        :param aws: AWS settings for this resource. They override the provider and the stack's config.
        """
        arguments, opts = read_arguments(EnvironmentAccountConnectionRolesArgs, args, kwargs)
        super().__init__(
            dynamic.EnvironmentAccountConnectionRolesProvider(),
            resource_name,
            arguments,
            (*CONNECTION_OUTPUTS, *ROLE_OUTPUTS),
            opts,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnectionRoles:
        """Read the roles of the connection `id` without managing them, also at preview.

        An absent connection is an error. `managed_role_arns` and `previous_role_arns` are empty.
        """
        return EnvironmentAccountConnectionRoles(resource_name, with_id(opts, id), connection_id=id, aws=aws)

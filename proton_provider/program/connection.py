"""The resource `EnvironmentAccountConnection`: its class, its arguments and its documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from proton_provider import dynamic
from proton_provider.program.arguments import read_arguments
from proton_provider.program.outputs import CONNECTION_OUTPUTS, ROLE_OUTPUTS, RoleOutputs, wire_property
from proton_provider.program.resource import ConnectionResource, is_only_read, with_id
from proton_provider.settings.aws_settings import AwsSettings


@dataclass(kw_only=True)
class EnvironmentAccountConnectionArgs:
    """The arguments of `EnvironmentAccountConnection` as one object."""

    environment_name: Input[str]
    """The name of the environment in the management account: 1 to 100 characters. A change replaces the resource."""
    management_account_id: Input[str]
    """The account that runs Proton: twelve digits, as a string. A change replaces the resource."""
    role_arn: Input[str] | None = None
    """The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes."""
    component_role_arn: Input[str] | None = None
    """The role for directly defined components, which `proton.amazonaws.com` assumes."""
    codebuild_role_arn: Input[str] | None = None
    """The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes."""
    tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the connection, at most 50 together with the default tags (`aws:defaultTags`). They override default tags.
    A tag whose value is None is left out."""
    adopt_existing: Input[bool] | None = None
    """Adopt the existing connection of the same environment and management account, if there is one that is not
    rejected. No new request is sent then. Several such connections are an error that lists them."""
    aws: AwsSettings | None = None
    """AWS settings for this resource, with credentials of the environment account. They override the provider and the
    stack's config."""


class EnvironmentAccountConnection(
    RoleOutputs, ConnectionResource, module="proton", name="EnvironmentAccountConnection"
):
    """A connection that the environment account requests and the management account accepts.

    A failed create is safe to repeat: if the answer to a request was lost, the next request gets the same connection (AWS
    remembers the client token for 8 hours, [documented by AWS](https://docs.aws.amazon.com/proton/latest/APIReference/Welcome.html)). Destroying the resource deletes the connection, also an
    adopted one. Manage the roles of one connection here or in `EnvironmentAccountConnectionRoles`, not in both: each
    would undo the other at every `up`.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        environment_name: Input[str],
        management_account_id: Input[str],
        role_arn: Input[str] | None = None,
        component_role_arn: Input[str] | None = None,
        codebuild_role_arn: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        adopt_existing: Input[bool] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        """Declare the connection.

        :param resource_name: The name of the resource in its stack.
        :param args: The arguments as one object, an `EnvironmentAccountConnectionArgs`, instead of those below.
        :param opts: The options of the resource.
        :param environment_name: The name of the environment in the management account: 1 to 100 characters. A change
            replaces the resource.
        :param management_account_id: The account that runs Proton: twelve digits, as a string. A change replaces the
            resource.
        :param role_arn: The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes.
        :param component_role_arn: The role for directly defined components, which `proton.amazonaws.com` assumes.
        :param codebuild_role_arn: The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes.
        :param tags: Tags of the connection, at most 50 together with the default tags (`aws:defaultTags`). They override
            default tags. A tag whose value is None is left out.
        :param adopt_existing: Adopt the existing connection of the same environment and management account, if there is
            one that is not rejected. No new request is sent then. Several such connections are an error that lists them.
        :param aws: AWS settings for this resource, with credentials of the environment account. They override the
            provider and the stack's config.
        """
        arguments, opts = read_arguments(EnvironmentAccountConnectionArgs, args, kwargs)
        internal = {} if is_only_read(opts) else {"requester": _stack()}
        super().__init__(
            dynamic.EnvironmentAccountConnectionProvider(),
            resource_name,
            arguments,
            (*CONNECTION_OUTPUTS, *ROLE_OUTPUTS, "tags_all"),
            opts,
            **internal,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnection:
        """Read the connection `id` without managing it, also at preview. An absent connection is an error."""
        return EnvironmentAccountConnection(  # type: ignore[no-any-return, call-overload]  # `get` reads the required arguments
            resource_name,
            with_id(opts, id),
            environment_name=None,
            management_account_id=None,
            aws=aws,
        )

    @property
    @wire_property
    def adopt_existing(self) -> Output[bool]:
        """Whether the resource may adopt an existing connection."""
        return self._output("adopt_existing")

    @property
    @wire_property
    def tags(self) -> Output[dict[str, str]]:
        """The connection's tags, without those that come only from the default tags."""
        return self._output("tags")

    @property
    @wire_property
    def tags_all(self) -> Output[dict[str, str]]:
        """The connection's tags, default tags included."""
        return self._output("tags_all")


def _stack() -> str:
    """The stack that requests the connection."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"

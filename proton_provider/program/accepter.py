"""The resource `EnvironmentAccountConnectionAccepter`: its class, its arguments and its documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

from pulumi import Input, Output, ResourceOptions

from proton_provider import dynamic
from proton_provider.program.arguments import read_arguments
from proton_provider.program.outputs import CONNECTION_OUTPUTS, ExistingConnectionOutputs
from proton_provider.program.resource import ConnectionResource, with_id
from proton_provider.settings.aws_settings import AwsSettings


@dataclass(kw_only=True)
class EnvironmentAccountConnectionAccepterArgs:
    """The arguments of `EnvironmentAccountConnectionAccepter` as one object."""

    connection_id: Input[str]
    """The id of the connection to accept. Another id replaces the resource."""
    on_delete: Input[str] | None = None
    """The effect of a destroy on the connection. `retain` (default) leaves it accepted. `reject` rejects it, which is final:
    nobody can accept it again. A `destroy` never rejects a connection of the same stack. AWS refuses to reject a connection that an environment uses ([documented by AWS](https://docs.aws.amazon.com/proton/latest/APIReference/API_RejectEnvironmentAccountConnection.html))."""
    aws: AwsSettings | None = None
    """AWS settings for this resource, with credentials of the management account. They override the provider and the
    stack's config."""


class EnvironmentAccountConnectionAccepter(
    ExistingConnectionOutputs,
    ConnectionResource,
    module="proton",
    name="EnvironmentAccountConnectionAccepter",
):
    """The acceptance of a connection, in the management account.

    It needs the permissions `proton:AcceptEnvironmentAccountConnection` and
    `proton:ListEnvironmentAccountConnections`, and with `on_delete="reject"` also
    `proton:RejectEnvironmentAccountConnection`. It reads the connection with the [list
    operation](https://docs.aws.amazon.com/proton/latest/APIReference/API_ListEnvironmentAccountConnections.html), because AWS documents
    no other one for the management account.

    A rejection is final. A connection whose own resource is in the same stack is rejected only by an `up` that removes the
    accepter and keeps that resource. `destroy` does not reject it: the connection's own resource decides what becomes of it.
    For a connection of another stack, protect this resource to keep the connection accepted.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionAccepterArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        connection_id: Input[str],
        on_delete: Input[str] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        """Declare the acceptance.

        :param resource_name: The name of the resource in its stack.
        :param args: The arguments as one object, an `EnvironmentAccountConnectionAccepterArgs`, instead of those below.
        :param opts: The options of the resource.
        :param connection_id: The id of the connection to accept. Another id replaces the resource.
        :param on_delete: The effect of a destroy on the connection. `retain` (default) leaves it accepted. `reject` rejects
            it, which is final: nobody can accept it again. A `destroy` never rejects a connection of the same stack. AWS
            refuses to reject a connection that an environment uses ([documented by AWS](https://docs.aws.amazon.com/proton/latest/APIReference/API_RejectEnvironmentAccountConnection.html)).
        :param aws: AWS settings for this resource, with credentials of the management account. They override the
            provider and the stack's config.
        """
        arguments, opts = read_arguments(EnvironmentAccountConnectionAccepterArgs, args, kwargs)
        super().__init__(
            dynamic.EnvironmentAccountConnectionAccepterProvider(),
            resource_name,
            arguments,
            CONNECTION_OUTPUTS,
            opts,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnectionAccepter:
        """Read the connection `id` as the management account sees it, also at preview. An absent connection is an error."""
        return EnvironmentAccountConnectionAccepter(
            resource_name, with_id(opts, id), connection_id=id, aws=aws
        )

    @property
    def role_arn(self) -> Output[str | None]:
        """The role for CloudFormation provisioning."""
        return self._live_role("role_arn")

    @property
    def component_role_arn(self) -> Output[str | None]:
        """The role for directly defined components."""
        return self._live_role("component_role_arn")

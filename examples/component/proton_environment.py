"""A component with everything that a Proton environment needs in its account."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import ResourceOptions

from proton_provider import EnvironmentAccountConnection, ServiceRoles


class ProtonEnvironment(pulumi.ComponentResource):
    """The roles and the connection of one environment, in the account of the component's provider."""

    connection_id: pulumi.Output[str]
    """The id of the connection, for the management account to accept."""

    def __init__(self, name: str, *, management_account_id: str, opts: ResourceOptions | None = None) -> None:
        super().__init__("house:index:ProtonEnvironment", name, None, opts)
        here = ResourceOptions(parent=self)
        roles = ServiceRoles(
            f"{name}-roles",
            management_account_id=management_account_id,
            role=False,
            component_role=False,
            opts=here,
        )
        connection = EnvironmentAccountConnection(
            name,
            environment_name=name,
            management_account_id=management_account_id,
            codebuild_role_arn=roles.codebuild_role_arn,
            opts=here,
        )
        self.connection_id = connection.id
        self.register_outputs({"connectionId": self.connection_id})


def tag_everything(tags: Mapping[str, str]) -> pulumi.ResourceTransformation:
    """A transformation that adds these tags to every resource that can have tags."""

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not hasattr(args.resource, "tags"):
            return None
        own: Any = args.props["tags"] or {}
        return pulumi.ResourceTransformationResult({**args.props, "tags": {**tags, **own}}, args.opts)

    return tag

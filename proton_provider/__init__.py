"""Pulumi resources for AWS Proton environment account connections, their roles, and look-ups of them."""

from typing import TYPE_CHECKING, Any

from proton_provider.aws_settings import AwsSettings
from proton_provider.errors import ProtonError
from proton_provider.functions import (
    EnvironmentAccountConnectionResult,
    get_environment_account_connection,
    get_environment_account_connection_output,
    get_environment_account_connections,
    get_environment_account_connections_output,
)
from proton_provider.resources import (
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionAccepterArgs,
    EnvironmentAccountConnectionArgs,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
    RoleArns,
)

if TYPE_CHECKING:
    from proton_provider.components import (
        CloudFormationRoleArgs,
        CodeBuildRoleArgs,
        ServiceRoles,
        ServiceRolesArgs,
    )
else:  # a type checker would take a function of this name as a promise of every name

    def __getattr__(name: str) -> Any:
        """What `components` has: it needs pulumi-aws, which takes long to import and not every program uses."""
        if name not in _OF_COMPONENTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from proton_provider import components  # noqa: PLC0415  # see above

        return getattr(components, name)


_OF_COMPONENTS = frozenset(
    {"CloudFormationRoleArgs", "CodeBuildRoleArgs", "ServiceRoles", "ServiceRolesArgs"}
)

__all__ = [
    "AwsSettings",
    "CloudFormationRoleArgs",
    "CodeBuildRoleArgs",
    "EnvironmentAccountConnection",
    "EnvironmentAccountConnectionAccepter",
    "EnvironmentAccountConnectionAccepterArgs",
    "EnvironmentAccountConnectionArgs",
    "EnvironmentAccountConnectionResult",
    "EnvironmentAccountConnectionRoles",
    "EnvironmentAccountConnectionRolesArgs",
    "ProtonError",
    "RoleArns",
    "ServiceRoles",
    "ServiceRolesArgs",
    "get_environment_account_connection",
    "get_environment_account_connection_output",
    "get_environment_account_connections",
    "get_environment_account_connections_output",
]

"""Pulumi resources for AWS Proton environment account connections, their roles, and data source functions for them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proton_provider.aws_settings import AwsSettings
    from proton_provider.components import ServiceRoles
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
    from proton_provider.role_args import CloudFormationRoleArgs, CodeBuildRoleArgs, ServiceRolesArgs
else:  # with this function visible, a type checker would accept every name

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: pulumi and pulumi-aws are slow to import."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

    def __dir__() -> list[str]:
        """The public names. They are not put into the module: Pulumi's runner of plugins takes what is there for its own."""
        return __all__


_MODULES = {
    "AwsSettings": "aws_settings",
    "CloudFormationRoleArgs": "role_args",
    "CodeBuildRoleArgs": "role_args",
    "EnvironmentAccountConnection": "resources",
    "EnvironmentAccountConnectionAccepter": "resources",
    "EnvironmentAccountConnectionAccepterArgs": "resources",
    "EnvironmentAccountConnectionArgs": "resources",
    "EnvironmentAccountConnectionResult": "functions",
    "EnvironmentAccountConnectionRoles": "resources",
    "EnvironmentAccountConnectionRolesArgs": "resources",
    "ProtonError": "errors",
    "RoleArns": "resources",
    "ServiceRoles": "components",
    "ServiceRolesArgs": "role_args",
    "get_environment_account_connection": "functions",
    "get_environment_account_connection_output": "functions",
    "get_environment_account_connections": "functions",
    "get_environment_account_connections_output": "functions",
}

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

"""Pulumi resources for AWS Proton environment account connections, their roles, and data source functions for them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proton_provider.errors import ProtonError
    from proton_provider.program.accepter import (
        EnvironmentAccountConnectionAccepter,
        EnvironmentAccountConnectionAccepterArgs,
    )
    from proton_provider.program.connection import (
        EnvironmentAccountConnection,
        EnvironmentAccountConnectionArgs,
    )
    from proton_provider.program.functions import (
        EnvironmentAccountConnectionResult,
        get_environment_account_connection,
        get_environment_account_connection_output,
        get_environment_account_connections,
        get_environment_account_connections_output,
    )
    from proton_provider.program.outputs import RoleArns
    from proton_provider.program.roles import (
        EnvironmentAccountConnectionRoles,
        EnvironmentAccountConnectionRolesArgs,
    )
    from proton_provider.program.service_roles import ServiceRoles
    from proton_provider.program.service_roles_args import (
        CloudFormationRoleArgs,
        CodeBuildRoleArgs,
        ServiceRolesArgs,
    )
    from proton_provider.settings.aws_settings import AwsSettings
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
    "AwsSettings": "settings.aws_settings",
    "CloudFormationRoleArgs": "program.service_roles_args",
    "CodeBuildRoleArgs": "program.service_roles_args",
    "EnvironmentAccountConnection": "program.connection",
    "EnvironmentAccountConnectionAccepter": "program.accepter",
    "EnvironmentAccountConnectionAccepterArgs": "program.accepter",
    "EnvironmentAccountConnectionArgs": "program.connection",
    "EnvironmentAccountConnectionResult": "program.functions",
    "EnvironmentAccountConnectionRoles": "program.roles",
    "EnvironmentAccountConnectionRolesArgs": "program.roles",
    "ProtonError": "errors",
    "RoleArns": "program.outputs",
    "ServiceRoles": "program.service_roles",
    "ServiceRolesArgs": "program.service_roles_args",
    "get_environment_account_connection": "program.functions",
    "get_environment_account_connection_output": "program.functions",
    "get_environment_account_connections": "program.functions",
    "get_environment_account_connections_output": "program.functions",
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

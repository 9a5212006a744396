"""Pulumi resources for AWS Proton environment account connections, and look-ups of them."""

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
from proton_provider.settings import AwsSettings

__all__ = [
    "AwsSettings",
    "EnvironmentAccountConnection",
    "EnvironmentAccountConnectionAccepter",
    "EnvironmentAccountConnectionAccepterArgs",
    "EnvironmentAccountConnectionArgs",
    "EnvironmentAccountConnectionResult",
    "EnvironmentAccountConnectionRoles",
    "EnvironmentAccountConnectionRolesArgs",
    "ProtonError",
    "RoleArns",
    "get_environment_account_connection",
    "get_environment_account_connection_output",
    "get_environment_account_connections",
    "get_environment_account_connections_output",
]

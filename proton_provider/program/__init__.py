"""The resources that users declare, their typed arguments and their documentation."""

from proton_provider.resources.accepter import (
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionAccepterArgs,
)
from proton_provider.resources.base import RoleArns
from proton_provider.resources.connection import (
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionArgs,
)
from proton_provider.resources.roles import (
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
)

__all__ = [
    "EnvironmentAccountConnection",
    "EnvironmentAccountConnectionAccepter",
    "EnvironmentAccountConnectionAccepterArgs",
    "EnvironmentAccountConnectionArgs",
    "EnvironmentAccountConnectionRoles",
    "EnvironmentAccountConnectionRolesArgs",
    "RoleArns",
]

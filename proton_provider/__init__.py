"""Pulumi resources for AWS Proton environment account connections."""

from proton_provider.resources import (
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
    RoleArns,
)
from proton_provider.settings import AwsSettings

__all__ = [
    "AwsSettings",
    "EnvironmentAccountConnectionRoles",
    "EnvironmentAccountConnectionRolesArgs",
    "RoleArns",
]

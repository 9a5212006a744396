"""Refuses roles that a connection can not have: of another account, or not assumable by the right service."""

from collections.abc import Callable
from typing import Any

from .connections import Caller
from .errors import ServiceError

ROLE_PRINCIPALS = {
    "roleArn": "proton.amazonaws.com",
    "componentRoleArn": "proton.amazonaws.com",
    "codebuildRoleArn": "codebuild.amazonaws.com",
}
"""The service that assumes each role of a connection (documented)."""

RoleCheck = Callable[[str, str], str | None]
"""Takes a role's ARN and a service principal. Returns why the service can not assume the role, or None if it can."""


def check_accounts(parameters: dict[str, Any], caller: Caller) -> None:
    """Raise ``ServiceError`` for a role that is not in the caller's account and partition."""
    for member in _role_members(parameters):
        _, partition, _, _, account, _ = parameters[member].split(":", 5)
        if (account, partition) != (caller.account, caller.partition):
            raise ServiceError(
                "ValidationException",
                f"{member} must be a role of account {caller.account} in partition {caller.partition}; "
                f"it is one of account {account} in partition {partition}.",
            )


def check_usable(parameters: dict[str, Any], check_role: RoleCheck | None) -> None:
    """Raise ``ServiceError`` with the ARN and the reason for a role that its service can not assume."""
    if check_role is None:
        return
    for member in _role_members(parameters):
        if (problem := check_role(parameters[member], ROLE_PRINCIPALS[member])) is not None:
            raise ServiceError(
                "ValidationException", f"{member} {parameters[member]} can not be used: {problem}"
            )


def _role_members(parameters: dict[str, Any]) -> list[str]:
    return [member for member in ROLE_PRINCIPALS if member in parameters]

"""Which roles a connection can have: those of its own account, that the right service can assume."""

from collections.abc import Callable
from typing import Any

from .errors import ServiceError
from .shelves import Caller

ROLE_PRINCIPALS = {
    "roleArn": "proton.amazonaws.com",
    "componentRoleArn": "proton.amazonaws.com",
    "codebuildRoleArn": "codebuild.amazonaws.com",
}
"""Which service must be able to assume each role of a connection (documented)."""

RoleCheck = Callable[[str, str], str | None]
"""Given a role's ARN and a service principal: why the service can not assume the role, or None if it can."""


def refuse_foreign(parameters: dict[str, Any], caller: Caller) -> None:
    """Raise ``ServiceError`` for a role of another account than the caller's, or of another partition."""
    for member in _given(parameters):
        _, partition, _, _, account, _ = parameters[member].split(":", 5)
        if (account, partition) != (caller.account, caller.partition):
            raise ServiceError(
                "ValidationException",
                f"{member} must be a role of account {caller.account} in partition {caller.partition}; "
                f"it is one of account {account} in partition {partition}.",
            )


def refuse_unusable(parameters: dict[str, Any], check_role: RoleCheck | None) -> None:
    """Raise ``ServiceError`` for a role that its service can not assume, with the ARN and the reason."""
    if check_role is None:
        return
    for member in _given(parameters):
        if (problem := check_role(parameters[member], ROLE_PRINCIPALS[member])) is not None:
            raise ServiceError(
                "ValidationException", f"{member} {parameters[member]} can not be used: {problem}"
            )


def _given(parameters: dict[str, Any]) -> list[str]:
    return [member for member in ROLE_PRINCIPALS if member in parameters]

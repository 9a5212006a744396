"""Says whether CloudFormation can still work with a stack's service role."""

from __future__ import annotations

from enum import Enum, auto

from .belongs import CLOUDFORMATION
from .found import IAM_ROLES, Inventory, Role, Stack


class ServiceRole(Enum):
    """What is known of a stack's service role."""

    NONE = auto()
    """The stack has none: CloudFormation uses the permissions of the caller."""
    USABLE = auto()
    UNREAD = auto()
    """It could not be read which role it is, or whether that role still exists."""
    GONE = auto()
    CLOSED = auto()
    """Its trust policy does not let CloudFormation in."""
    ITS_OWN = auto()
    """The stack made it, and would delete it while CloudFormation still needs it."""

    @property
    def can_delete(self) -> bool:
        """Whether CloudFormation can delete the stack without being given another role."""
        return self in {ServiceRole.NONE, ServiceRole.USABLE}


class RolesOfStacks:
    """The service roles of an account's stacks."""

    def __init__(self, inventory: Inventory) -> None:
        self._roles: dict[str | None, Role] = {role.arn: role for role in inventory.roles}
        self._all_are_known = not inventory.could_not_read(IAM_ROLES)

    def of(self, stack: Stack) -> ServiceRole:
        """What is known of the service role of this stack."""
        if not stack.role_is_known:
            return ServiceRole.UNREAD
        if stack.role_arn is None:
            return ServiceRole.NONE
        role = self._roles.get(stack.role_arn)
        if role is None:
            return ServiceRole.GONE if self._all_are_known else ServiceRole.UNREAD
        if not role.trust.lets_in(CLOUDFORMATION):
            return ServiceRole.CLOSED
        return ServiceRole.ITS_OWN if role.made_by == stack.arn else ServiceRole.USABLE

"""What the command has read of an account, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Role:
    """An IAM role, as ListRoles has it."""

    name: str
    arn: str
    path: str
    trusts: frozenset[str]
    """The principals that its trust policy lets assume it, such as `proton.amazonaws.com`; see `trust.principals`."""
    has_codebuild_policy: bool = False
    """Whether Proton's managed policy for CodeBuild roles is attached to it."""


@dataclass(frozen=True)
class Stack:
    """A CloudFormation stack that is not deleted, as DescribeStacks has it."""

    name: str
    arn: str
    region: str
    status: str
    created: datetime
    role_arn: str | None = None
    """Its service role; None: it has none, or (`role_is_known` is false) it could not be read."""
    role_is_known: bool = True
    parent: str | None = None
    """The ARN of the stack that this one is nested in."""
    is_protected: bool = False
    """Whether termination protection is on."""


@dataclass(frozen=True)
class Project:
    """A CodeBuild project."""

    name: str
    arn: str
    region: str
    role_arn: str | None = None
    """The role that its builds run as; None where it could not be read."""
    stack: str | None = None
    """The ARN of the stack that made it, from the tag that CloudFormation sets."""


@dataclass(frozen=True)
class Unread:
    """Something that could not be read."""

    what: str
    region: str | None
    """None: of the whole account."""
    reason: str
    """AWS's words, or the SDK's."""
    actions: tuple[str, ...] = ()
    """IAM actions of which at least one is missing; empty where permissions are not the reason."""

    @property
    def place(self) -> str:
        """What could not be read and where, such as `CloudFormation stacks in us-east-1`."""
        return f"{self.what} in {self.region}" if self.region else self.what


IAM_ROLES = "IAM roles"
CODEBUILD_ROLES = "roles with Proton's CodeBuild policy"
STACKS = "CloudFormation stacks"
STACK_ROLES = "service roles of CloudFormation stacks"
PROJECTS = "CodeBuild projects"
PROJECT_ROLES = "roles of CodeBuild projects"
"""The values of `Unread.what`."""


@dataclass(frozen=True)
class Inventory:
    """All that was read of one account; also the roles, stacks and projects that are not Proton's, for they hold roles."""

    account: str
    regions: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    stacks: tuple[Stack, ...] = ()
    projects: tuple[Project, ...] = ()
    unread: tuple[Unread, ...] = ()

    def could_not_read(self, *what: str) -> tuple[Unread, ...]:
        """What of these could not be read, or not to its end."""
        return tuple(unread for unread in self.unread if unread.what in what)

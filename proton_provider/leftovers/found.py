"""The values that the command reads from an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .trust import Trust


@dataclass(frozen=True)
class Role:
    """An IAM role from ListRoles."""

    name: str
    arn: str
    path: str
    trust: Trust
    has_codebuild_policy: bool = False
    """Whether Proton's managed policy for CodeBuild roles is attached to it."""
    made_by: str | None = None
    """The ARN of the CloudFormation stack that made it. Only read for Proton's roles."""
    last_used: datetime | None = None
    """When it was last used, in the last 400 days. Only read for Proton's roles."""


@dataclass(frozen=True)
class Stack:
    """A CloudFormation stack from DescribeStacks that is not deleted."""

    name: str
    arn: str
    region: str
    status: str
    created: datetime
    role_arn: str | None = None
    """Its service role. None: it has none, or it could not be read (then `role_is_known` is false)."""
    role_is_known: bool = True
    parent: str | None = None
    """The ARN of the stack that this one is nested in."""
    is_protected: bool = False
    """Whether termination protection is on."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Names and values of its parameters. The value of a NoEcho parameter is `****`."""
    capabilities: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    exports: tuple[str, ...] = ()
    """The names under which it exports outputs."""
    imported_by: tuple[str, ...] = ()
    """The ARNs of the stacks that import its exports. Only read for Proton's stacks."""


@dataclass(frozen=True)
class Project:
    """A CodeBuild project."""

    name: str
    arn: str
    region: str
    role_arn: str | None = None
    """The role of its builds, or None if it could not be read."""
    stack: str | None = None
    """The ARN of the stack that created it, from the tag that CloudFormation sets."""


@dataclass(frozen=True)
class Tagged:
    """Something with a tag of Proton that no stack of Proton made."""

    arn: str
    region: str
    service: str
    """The service in its ARN, such as `ecs`."""
    stack: str | None
    """The name of the stack that made it."""


@dataclass(frozen=True)
class Unread:
    """Something that could not be read."""

    what: str
    region: str | None
    """None: the whole account."""
    reason: str
    """The error text of AWS or the SDK."""
    actions: tuple[str, ...] = ()
    """IAM actions, at least one of which is missing. Empty if permissions are not the reason."""

    @property
    def place(self) -> str:
        """What could not be read and where, such as `CloudFormation stacks in us-east-1`."""
        return f"{self.what} in {self.region}" if self.region else self.what


IAM_ROLES = "IAM roles"
CODEBUILD_ROLES = "roles with Proton's CodeBuild policy"
LAST_USE = "the last use of Proton's roles"
STACKS = "CloudFormation stacks"
STACK_ROLES = "service roles of CloudFormation stacks"
ROLE_OWNERS = "CloudFormation stacks that made Proton's roles"
IMPORTS = "imports of the exports of Proton's stacks"
PROJECTS = "CodeBuild projects"
PROJECT_ROLES = "roles of CodeBuild projects"
TAGGED = "resources with Proton's tags"
TEMPLATES = "the template of"
"""The values of `Unread.what`."""


@dataclass(frozen=True)
class Inventory:
    """Everything that was read from one account. It includes what is not Proton's, which may use Proton's roles."""

    account: str
    regions: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    stacks: tuple[Stack, ...] = ()
    projects: tuple[Project, ...] = ()
    unread: tuple[Unread, ...] = ()
    tagged: tuple[Tagged, ...] = ()
    """Only read if asked for."""

    def could_not_read(self, *what: str) -> tuple[Unread, ...]:
        """Those of these things that could not be read, or not completely."""
        return tuple(unread for unread in self.unread if unread.what in what)

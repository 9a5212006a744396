"""Reads IAM, CloudFormation and CodeBuild. It is the only module of the command that calls AWS. It changes nothing.

It makes these calls (permissions: `PERMISSIONS`), for these reasons:

- ListRoles returns roles with their trust policies, 1,000 in each call (documented). GetAccountAuthorizationDetails
  would also return attached policies. But its permission shows every policy of every user, group and role in the
  account. This command should not ask for so much. ListEntitiesForPolicy finds the roles with Proton's managed policy
  in one call.
- DescribeStacks returns a stack's service role and termination protection, ListStacks does not (service model). Without
  a name, DescribeStacks needs the permissions for both (documented). If it is denied, ListStacks is used instead.
- ListProjects returns only names. BatchGetProjects returns roles and tags, of 100 projects in each call (service model).
  All projects are read, because any of them may use a role of Proton.
- STS GetCallerIdentity names the account and needs no permission (documented).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from proton_provider.errors import ConfigurationError

from .found import (
    CODEBUILD_ROLES,
    IAM_ROLES,
    PROJECT_ROLES,
    PROJECTS,
    STACK_ROLES,
    STACKS,
    Inventory,
    Project,
    Role,
    Stack,
    Unread,
)
from .progress import Progress
from .trust import principals

PERMISSIONS = (
    "iam:ListRoles",
    "iam:ListEntitiesForPolicy",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "codebuild:ListProjects",
    "codebuild:BatchGetProjects",
)
"""All IAM actions that the command needs."""

CODEBUILD_POLICY = "AWSProtonCodeBuildProvisioningBasicAccess"

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_DELETED = "DELETE_COMPLETE"  # ListStacks returns deleted stacks for 90 days, DescribeStacks does not
_BATCH = 100  # service model, BatchGetProjects
_ROLES_A_PAGE = 1000  # the most that IAM gives at once


def read(session: boto3.Session, regions: tuple[str, ...], progress: Progress) -> Inventory:
    """Read one account in these Regions.

    The result also lists what could not be read. Raises botocore's errors only if the account can't be found out: there
    are no credentials, they are refused, or STS can't be reached. Raises `ConfigurationError` for an endpoint that is
    not a valid address.
    """
    progress.step("asking STS which account this is")
    identity = _client(session, "sts", regions[0]).get_caller_identity()
    reading = _Reading(session, identity["Account"], identity["Arn"].split(":")[1], progress)
    reading.iam(regions[0])
    for region in regions:
        reading.cloudformation(region)
        reading.codebuild(region)
    return Inventory(
        account=reading.account,
        regions=regions,
        roles=tuple(reading.roles),
        stacks=tuple(reading.stacks),
        projects=tuple(reading.projects),
        unread=tuple(reading.unread),
    )


@dataclass
class _Reading:
    """Reads one account, and collects what it has read."""

    session: boto3.Session
    account: str
    partition: str
    progress: Progress
    roles: list[Role] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def iam(self, region: str) -> None:
        """Read the roles. IAM is the same in all Regions; this Region is only used to sign the calls."""
        iam = _client(self.session, "iam", region)
        policy = f"arn:{self.partition}:iam::aws:policy/{CODEBUILD_POLICY}"
        carriers: set[str] = set()

        def read_carriers() -> None:
            pages = iam.get_paginator("list_entities_for_policy").paginate(
                PolicyArn=policy, EntityFilter="Role", PaginationConfig={"PageSize": _ROLES_A_PAGE}
            )
            try:
                carriers.update(role["RoleName"] for page in pages for role in page["PolicyRoles"])
            except iam.exceptions.NoSuchEntityException:  # AWS has removed the policy, so no role has it
                return

        def read_roles() -> None:
            pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": _ROLES_A_PAGE})
            for page in pages:
                self.roles += [_role(role, carriers) for role in page["Roles"]]
                self.progress.step(f"reading IAM roles: {len(self.roles):,} so far")

        self.progress.step("reading IAM roles")
        self._attempt(read_carriers, CODEBUILD_ROLES, None, "iam:ListEntitiesForPolicy")
        self._attempt(read_roles, IAM_ROLES, None, "iam:ListRoles")

    def cloudformation(self, region: str) -> None:
        """Read the stacks of a Region."""
        client = _client(self.session, "cloudformation", region)
        first = len(self.stacks)

        def describe() -> None:
            for page in client.get_paginator("describe_stacks").paginate():
                self.stacks += [_stack(stack, region) for stack in page["Stacks"]]
                self._count("CloudFormation stacks", region, len(self.stacks) - first)

        def list_only() -> None:
            statuses = client.meta.service_model.shape_for("StackStatus").enum
            live = [status for status in statuses if status != _DELETED]
            pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=live)
            for page in pages:
                self.stacks += [
                    _stack(stack, region, role_is_known=False) for stack in page["StackSummaries"]
                ]
                self._count("CloudFormation stacks", region, len(self.stacks) - first)

        self._count("CloudFormation stacks", region)
        actions = ("cloudformation:DescribeStacks", "cloudformation:ListStacks")
        problem = self._attempt(describe, STACKS, region, *actions)
        if problem is None or not problem.actions:
            return
        del self.stacks[first:]  # list_only reads them again
        if self._attempt(list_only, STACKS, region, *actions) is None:
            self.unread.append(Unread(STACK_ROLES, region, problem.reason, actions[:1]))
            self.unread.remove(problem)
        else:
            self.unread.pop()  # it repeats `problem`

    def codebuild(self, region: str) -> None:
        """Read the CodeBuild projects of a Region."""
        client = _client(self.session, "codebuild", region)
        names: list[str] = []
        described: list[Project] = []

        def list_names() -> None:
            for page in client.get_paginator("list_projects").paginate():
                names.extend(page["projects"])

        def describe() -> None:
            remaining = iter(names)
            while batch := list(islice(remaining, _BATCH)):
                answer = client.batch_get_projects(names=batch)
                described.extend(_project(project, region) for project in answer["projects"])
                self._count("CodeBuild projects", region, len(described))

        self._count("CodeBuild projects", region)
        self._attempt(list_names, PROJECTS, region, "codebuild:ListProjects")
        gone: set[str] = set()
        if self._attempt(describe, PROJECT_ROLES, region, "codebuild:BatchGetProjects") is None:
            gone = set(names) - {project.name for project in described}  # deleted meanwhile
        known = {project.name: project for project in described}
        self.projects += [
            known.get(name) or Project(name, self._project_arn(name, region), region)
            for name in names
            if name not in gone
        ]

    def _project_arn(self, name: str, region: str) -> str:
        """A project's ARN, in the form that the service authorization reference documents."""
        return f"arn:{self.partition}:codebuild:{region}:{self.account}:project/{name}"

    def _count(self, what: str, region: str, count: int = 0) -> None:
        self.progress.step(f"reading {what} in {region}" + (f": {count:,} so far" if count else ""))

    def _attempt(
        self, call: Callable[[], None], what: str, region: str | None, *actions: str
    ) -> Unread | None:
        """Make a call. If it fails, add the problem to `unread` and return it."""
        try:
            call()
        except ClientError as error:
            denied = error.response["Error"].get("Code") in _DENIED
            problem = Unread(what, region, sentence(error), actions if denied else ())
        except BotoCoreError as error:
            problem = Unread(what, region, sentence(error))
        else:
            return None
        self.unread.append(problem)
        return problem


def _client(session: boto3.Session, service: str, region: str) -> Any:
    try:
        return session.client(service, region_name=region, config=_CONFIG)
    except ValueError as error:  # botocore raises it for a wrong endpoint in the environment or the profile
        raise ConfigurationError(f"{error}.") from None


def sentence(error: ClientError | BotoCoreError) -> str:
    """The text of the error on one line, in AWS's or the SDK's words, without botocore's frame around it."""
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        text = f"{answer.get('Code', 'error')}: {answer.get('Message') or 'no message'}"
    else:
        text = str(error)
    return " ".join(text.split()).rstrip(".") + "."


def _role(role: dict[str, Any], carriers: set[str]) -> Role:
    return Role(
        name=role["RoleName"],
        arn=role["Arn"],
        path=role["Path"],
        trusts=principals(role.get("AssumeRolePolicyDocument")),
        has_codebuild_policy=role["RoleName"] in carriers,
    )


def _stack(stack: dict[str, Any], region: str, *, role_is_known: bool = True) -> Stack:
    return Stack(
        name=stack["StackName"],
        arn=stack["StackId"],
        region=region,
        status=stack["StackStatus"],
        created=stack["CreationTime"],
        role_arn=stack.get("RoleARN") or None,
        role_is_known=role_is_known,
        parent=stack.get("ParentId") or None,
        is_protected=bool(stack.get("EnableTerminationProtection")),
    )


def _project(project: dict[str, Any], region: str) -> Project:
    tags: Iterator[tuple[str, str]] = ((tag["key"], tag["value"]) for tag in project.get("tags") or ())
    return Project(
        name=project["name"],
        arn=project["arn"],
        region=region,
        role_arn=project.get("serviceRole") or None,
        stack=dict(tags).get("aws:cloudformation:stack-id"),  # set by CloudFormation (documented)
    )

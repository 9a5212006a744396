"""Reads IAM, CloudFormation and CodeBuild. With ``details`` and ``templates`` it makes all calls. It changes nothing.

It makes these calls (permissions: `PERMISSIONS`), for these reasons:

- ListRoles returns roles with their trust policies, 1,000 in each call (documented). GetAccountAuthorizationDetails
  would also return attached policies. But its permission shows every policy of every user, group and role in the
  account. This command should not ask for so much. ListEntitiesForPolicy finds the roles with Proton's managed policy
  in one call.
- DescribeStacks returns a stack's service role, termination protection and exports, ListStacks does not (service model).
  Without a name, DescribeStacks needs the permissions for both (documented). If it is denied, ListStacks is used instead.
- ListProjects returns only names. BatchGetProjects returns roles and tags, of 100 projects in each call (service model).
  All projects are read, because any of them may use a role of Proton.
- STS GetCallerIdentity names the account and needs no permission (documented).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from . import details, tagged, trust
from .calls import Calls
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

PERMISSIONS = (
    "iam:ListRoles",
    "iam:ListEntitiesForPolicy",
    "iam:GetRole",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "cloudformation:DescribeStackResources",
    "cloudformation:ListImports",
    "codebuild:ListProjects",
    "codebuild:BatchGetProjects",
)
"""All IAM actions that the command needs."""

CODEBUILD_POLICY = "AWSProtonCodeBuildProvisioningBasicAccess"

_DELETED = "DELETE_COMPLETE"  # ListStacks returns deleted stacks for 90 days, DescribeStacks does not
_BATCH = 100  # service model, BatchGetProjects
_ROLES_A_PAGE = 1000  # the most that IAM gives at once


def read(calls: Calls, regions: tuple[str, ...], *, with_tagged: bool = False) -> Inventory:
    """Read one account in these Regions. `with_tagged`: also what has Proton's tags.

    The result also lists what could not be read. Raises botocore's errors only if the account can't be found out: there
    are no credentials, they are refused, or STS can't be reached. Raises `ConfigurationError` for an endpoint that is
    not a valid address.
    """
    calls.progress.step("asking STS which account this is")
    identity = calls.client("sts", regions[0]).get_caller_identity()
    account, partition = identity["Account"], identity["Arn"].split(":")[1]
    roles = _roles(calls, partition, regions[0])
    stacks, projects = [], []
    for region in regions:
        stacks += _stacks(calls, region)
        projects += _projects(calls, region, f"arn:{partition}:codebuild:{region}:{account}:project/")
    return Inventory(
        account=account,
        regions=regions,
        roles=tuple(details.with_owners_and_last_use(calls, roles, stacks, projects, regions[0])),
        stacks=tuple(details.with_importers(calls, stacks)),
        projects=tuple(projects),
        tagged=tagged.read(calls, regions) if with_tagged else (),
        unread=tuple(calls.unread),
    )


def _roles(calls: Calls, partition: str, region: str) -> list[Role]:
    """The roles of the account. IAM is the same in all Regions; this Region is only used to sign the calls."""
    iam = calls.client("iam", region)
    carriers: set[str] = set()
    roles: list[Role] = []

    def read_carriers() -> None:
        pages = iam.get_paginator("list_entities_for_policy").paginate(
            PolicyArn=f"arn:{partition}:iam::aws:policy/{CODEBUILD_POLICY}",
            EntityFilter="Role",
            PaginationConfig={"PageSize": _ROLES_A_PAGE},
        )
        try:
            carriers.update(role["RoleName"] for page in pages for role in page["PolicyRoles"])
        except iam.exceptions.NoSuchEntityException:  # AWS has removed the policy, so no role has it
            return

    def read_roles() -> None:
        pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": _ROLES_A_PAGE})
        for page in pages:
            roles.extend(_role(role, carriers) for role in page["Roles"])
            calls.count(IAM_ROLES, None, len(roles))

    calls.attempt(read_carriers, CODEBUILD_ROLES, None, "iam:ListEntitiesForPolicy")
    calls.attempt(read_roles, IAM_ROLES, None, "iam:ListRoles")
    return roles


def _stacks(calls: Calls, region: str) -> list[Stack]:
    """The stacks of a Region."""
    client = calls.client("cloudformation", region)
    stacks: list[Stack] = []

    def describe() -> None:
        for page in client.get_paginator("describe_stacks").paginate():
            stacks.extend(_stack(stack, region) for stack in page["Stacks"])
            calls.count(STACKS, region, len(stacks))

    def list_only() -> None:
        statuses = client.meta.service_model.shape_for("StackStatus").enum
        live = [status for status in statuses if status != _DELETED]
        for page in client.get_paginator("list_stacks").paginate(StackStatusFilter=live):
            stacks.extend(_stack(stack, region, role_is_known=False) for stack in page["StackSummaries"])
            calls.count(STACKS, region, len(stacks))

    actions = ("cloudformation:DescribeStacks", "cloudformation:ListStacks")
    problem = calls.attempt(describe, STACKS, region, *actions)
    if problem is None or not problem.actions:
        return stacks
    stacks.clear()  # list_only reads them again
    if calls.attempt(list_only, STACKS, region, *actions) is None:
        calls.unread.append(Unread(STACK_ROLES, region, problem.reason, actions[:1]))
        calls.unread.remove(problem)
    else:
        calls.unread.pop()  # it repeats `problem`
    return stacks


def _projects(calls: Calls, region: str, arn: str) -> list[Project]:
    """The CodeBuild projects of a Region. `arn` is the beginning of their ARNs (documented)."""
    client = calls.client("codebuild", region)
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
            calls.count(PROJECTS, region, len(described))

    calls.attempt(list_names, PROJECTS, region, "codebuild:ListProjects")
    gone: set[str] = set()
    if calls.attempt(describe, PROJECT_ROLES, region, "codebuild:BatchGetProjects") is None:
        gone = set(names) - {project.name for project in described}  # deleted meanwhile
    known = {project.name: project for project in described}
    return [known.get(name) or Project(name, f"{arn}{name}", region) for name in names if name not in gone]


def _role(role: dict[str, Any], carriers: set[str]) -> Role:
    return Role(
        name=role["RoleName"],
        arn=role["Arn"],
        path=role["Path"],
        trust=trust.read(role.get("AssumeRolePolicyDocument")),
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
        parameters=tuple(
            (each["ParameterKey"], each.get("ParameterValue", "")) for each in stack.get("Parameters") or ()
        ),
        capabilities=tuple(stack.get("Capabilities") or ()),
        tags=tuple((tag["Key"], tag["Value"]) for tag in stack.get("Tags") or ()),
        exports=tuple(
            output["ExportName"] for output in stack.get("Outputs") or () if output.get("ExportName")
        ),
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

"""Decides what belongs to Proton, what still needs it, and in which order to delete it. Pure functions.

The rules and their sources. ``advice`` turns them into sentences:

1. **AWS documents** (CloudFormation, "service role", DeleteStack): CloudFormation uses a stack's service role for every
   operation, also for the deletion. A stack without a service role is deleted with the caller's permissions.
   **AWS documents** (Knowledge Center, "Role is invalid or cannot be assumed"): the operation fails if that role is gone
   or does not trust CloudFormation. ``--role-arn`` gives another role. So stacks are deleted before roles.
2. **AWS documents** (CloudFormation, "nested stacks"): a nested stack is deleted with the stack that it is part of.
3. **AWS documents**: termination protection makes a deletion fail. A stack in ``DELETE_FAILED`` is deleted with
   ``--retain-resources``. A status ``…_IN_PROGRESS`` means that an operation is running.
4. **Inferred**: in each Region, the newest stack is deleted first. Proton needs an environment before it can deploy a
   service into it (documented), so a newer stack may use something in an older one.
5. **AWS documents** (Proton, "CodeBuild provisioning"): the commands in the CodeBuild project deploy and delete the
   infrastructure. **Inferred**: deleting its stack ``AWSProton-CodeBuild-*`` does not delete that infrastructure.
6. **AWS documents** (CloudFormation, "resource tags"): the tag ``aws:cloudformation:stack-id`` names the stack that created
   a project. **Inferred**: a project without the tag, or whose stack is gone, is deleted by itself.
7. **Inferred**: the role of a project's builds is deleted after the project. Without it no build can clean up.
8. **AWS documents** (IAM, DeleteRole): a role can be deleted when it has no policies and no instance profiles.
   **Inferred**: others that its trust policy allows may still use the role.
9. **AWS documents** (IAM, "service-linked roles"): DeleteRole refuses them. DeleteServiceLinkedRole starts a task, and the
   linked service must agree. **Inferred**: the role for CodeBuild provisioning is deleted after the stacks and projects
   that its managed policy names. AWS does not document whether Proton still answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from . import advice
from .found import CODEBUILD_ROLES, IAM_ROLES, PROJECTS, STACKS, Inventory, Project, Role, Stack

STACK = "stack"
PROJECT = "codebuild-project"
ROLE = "role"
SERVICE_LINKED_ROLE = "service-linked-role"
"""The values of `Leftover.kind`."""

_STACK_NAMES = "AWSProton-"
_PROJECT_NAMES = "AWSProton"
_CODEBUILD_STACK_NAMES = "awsproton-codebuild-"  # AWS spells it CodeBuild and Codebuild
_PROTON = "proton.amazonaws.com"
_CODEBUILD = "codebuild.amazonaws.com"
_PROTON_CODEBUILD = "codebuild.proton.amazonaws.com"
_SERVICE_LINKED_PATH = "/aws-service-role/"


@dataclass(frozen=True)
class Leftover:
    """Something that Proton left behind."""

    kind: str
    name: str
    arn: str
    region: str | None
    """None for IAM, which has no Regions."""
    account: str
    status: str | None
    """CloudFormation's status of a stack, else None."""
    held_by: tuple[str, ...]
    """The ARNs of what must be deleted first, or of the stack that it is deleted with."""
    advice: tuple[str, ...]
    """Sentences that say what to do, with `{name}` and `{region}` in commands."""
    is_part_of: bool = False
    """Whether it is deleted with its stack. Do not delete or import it by itself."""

    def advice_about(self, name: str, region: str) -> tuple[str, ...]:
        """The advice with this name and this Region in the commands."""
        return tuple(sentence.replace("{name}", name).replace("{region}", region) for sentence in self.advice)


def leftovers(inventory: Inventory) -> list[Leftover]:
    """Everything of Proton in the order of deletion. What holds something comes before it."""
    before_roles = [*_stacks(inventory), *_projects(inventory)]
    return [*before_roles, *_roles(inventory, before_roles)]


def is_of_proton(role: Role) -> bool:
    """Whether a role is Proton's: it trusts Proton, or it trusts CodeBuild and has Proton's managed policy."""
    return bool(_proton_principals(role))


def completeness(inventory: Inventory) -> tuple[str, ...]:
    """Sentences that say what may be missing from the list because it could not be read."""
    lacking = []
    if inventory.could_not_read(IAM_ROLES):
        lacking.append("Roles may be missing from this list.")
    elif inventory.could_not_read(CODEBUILD_ROLES):
        lacking.append("Roles for CodeBuild may be missing from this list.")
    if inventory.could_not_read(STACKS):
        lacking.append("Stacks may be missing from this list.")
    if inventory.could_not_read(PROJECTS):
        lacking.append("CodeBuild projects may be missing from this list.")
    return tuple(lacking)


def _stacks(inventory: Inventory) -> list[Leftover]:
    """The stacks by Region, newest first. A stack comes before the stacks that are nested in it (rules 2 and 4)."""
    by_arn = {stack.arn: stack for stack in inventory.stacks}
    roles = {role.arn: role for role in inventory.roles}

    def with_parents(stack: Stack) -> list[Stack]:
        """The stack and all stacks that it is nested in, the outermost first."""
        parent = by_arn.get(stack.parent or "")
        return [stack] if parent is None else [*with_parents(parent), stack]

    def sort_key(stack: Stack) -> tuple[str, list[tuple[float, str]]]:
        return stack.region, [(-each.created.timestamp(), each.arn) for each in with_parents(stack)]

    found = [stack for stack in inventory.stacks if stack.name.startswith(_STACK_NAMES)]
    return [
        Leftover(
            kind=STACK,
            name=stack.name,
            arn=stack.arn,
            region=stack.region,
            account=inventory.account,
            status=stack.status,
            held_by=(stack.parent,) if stack.parent else (),
            advice=advice.for_stack(
                stack,
                roles.get(stack.role_arn or ""),
                all_roles_are_known=not inventory.could_not_read(IAM_ROLES),
                is_for_codebuild=_is_for_codebuild(stack),
            ),
            is_part_of=stack.parent is not None,
        )
        for stack in sorted(found, key=sort_key)
    ]


def _is_for_codebuild(stack: Stack) -> bool:
    return stack.name.lower().startswith(_CODEBUILD_STACK_NAMES)


def _projects(inventory: Inventory) -> list[Leftover]:
    stacks = {stack.arn for stack in inventory.stacks}
    unread = {problem.region for problem in inventory.could_not_read(STACKS)}

    def stack_of(project: Project) -> str | None:
        """The stack that the project is deleted with (rule 6)."""
        return project.stack if project.stack in stacks or project.region in unread else None

    return [
        Leftover(
            kind=PROJECT,
            name=project.name,
            arn=project.arn,
            region=project.region,
            account=inventory.account,
            status=None,
            held_by=(stack,) if (stack := stack_of(project)) else (),
            advice=advice.for_project(has_stack=stack is not None),
            is_part_of=stack is not None,
        )
        for project in sorted(inventory.projects, key=lambda project: (project.region, project.name))
        if project.name.startswith(_PROJECT_NAMES)
    ]


def _roles(inventory: Inventory, before: Iterable[Leftover]) -> list[Leftover]:
    """The roles: first those that nothing holds, then those that something holds, then the service-linked roles."""
    position = {each.arn: number for number, each in enumerate(before)}
    stacks, projects = defaultdict(list), defaultdict(list)
    for stack in inventory.stacks:
        stacks[stack.role_arn].append(stack.arn)
    for project in inventory.projects:
        projects[project.role_arn].append(project.arn)

    def leftover(role: Role) -> Leftover:
        is_service_linked = role.path.startswith(_SERVICE_LINKED_PATH)
        held_by = [*stacks[role.arn], *projects[role.arn]]
        if is_service_linked and _PROTON_CODEBUILD in role.trusts:  # rule 9
            held_by += [stack.arn for stack in inventory.stacks if _is_for_codebuild(stack)]
            held_by += [
                project.arn for project in inventory.projects if project.name.startswith(_PROJECT_NAMES)
            ]
        return Leftover(
            kind=SERVICE_LINKED_ROLE if is_service_linked else ROLE,
            name=role.name,
            arn=role.arn,
            region=None,
            account=inventory.account,
            status=None,
            held_by=tuple(
                sorted(dict.fromkeys(held_by), key=lambda arn: (position.get(arn, len(position)), arn))
            ),
            advice=advice.for_service_linked_role()
            if is_service_linked
            else advice.for_role(
                inventory,
                stacks=bool(stacks[role.arn]),
                projects=bool(projects[role.arn]),
                others=role.trusts - _proton_principals(role),
            ),
        )

    found = [leftover(role) for role in inventory.roles if is_of_proton(role)]
    return sorted(found, key=lambda each: (each.kind == SERVICE_LINKED_ROLE, bool(each.held_by), each.name))


def _proton_principals(role: Role) -> set[str]:
    """The principals that a role trusts because it is Proton's."""
    own = {name for name in role.trusts if name == _PROTON or name.endswith(f".{_PROTON}")}
    if role.has_codebuild_policy:
        own |= role.trusts & {_CODEBUILD}
    return own

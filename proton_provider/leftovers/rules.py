"""Judgement: what is Proton's, what holds it, and in which order to take it apart. Pure functions.

The rules, and who says so; ``advice`` puts them into words:

1. **AWS documents** (CloudFormation, "service role", DeleteStack): CloudFormation uses the service role that a stack is
   associated with for every operation, its deletion too; a stack without one is deleted with the caller's permissions.
   **AWS documents** (Knowledge Center, "Role is invalid or cannot be assumed"): where that role is gone or does not
   trust CloudFormation, the operation fails; another role can be given with ``--role-arn``. So stacks go before roles.
2. **AWS documents** (CloudFormation, "nested stacks"): a nested stack is deleted with the stack that it is part of.
3. **AWS documents**: termination protection makes a deletion fail; a stack in ``DELETE_FAILED`` is deleted with
   ``--retain-resources``; in an ``…_IN_PROGRESS`` an operation is running.
4. **Inferred**: of the stacks of a Region the newest goes first. Proton needs an environment before a service can be put
   into it (documented), so the older may hold what the newer uses.
5. **AWS documents** (Proton, "CodeBuild provisioning"): the commands that the CodeBuild project runs are what deploys and
   undoes infrastructure. **Inferred**: so deleting its stack ``AWSProton-CodeBuild-*`` undoes nothing of it.
6. **AWS documents** (CloudFormation, "resource tags"): the tag ``aws:cloudformation:stack-id`` names the stack that made a
   project. **Inferred**: a project without it, or whose stack is gone, goes by itself.
7. **Inferred**: a project holds the role that its builds run as, for without it no build can clean up.
8. **AWS documents** (IAM, DeleteRole): a role is deleted after its policies and instance profiles are off it.
   **Inferred**: who else is let in by its trust policy may still use it.
9. **AWS documents** (IAM, "service-linked roles"): DeleteRole refuses them. DeleteServiceLinkedRole starts a task in which
   the linked service has a say. **Inferred**: the one for CodeBuild provisioning goes after the stacks and projects that
   its managed policy names. Whether Proton still has its say is documented nowhere.
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
    """None: IAM's, which has no Region."""
    account: str
    status: str | None
    """CloudFormation's status of a stack; None for what has no status."""
    held_by: tuple[str, ...]
    """The ARNs of what has to go first, or deletes it as it goes."""
    advice: tuple[str, ...]
    """What to do, a sentence each, with `{name}` and `{region}` in commands."""
    is_part_of: bool = False
    """Whether it goes with something else, and is not to be deleted, nor imported, by itself."""

    def advice_about(self, name: str, region: str) -> tuple[str, ...]:
        """The advice with these words in the commands: those of the leftover itself, or ones that stand for many."""
        return tuple(sentence.replace("{name}", name).replace("{region}", region) for sentence in self.advice)


def leftovers(inventory: Inventory) -> list[Leftover]:
    """What is Proton's, in the order in which to take it apart: what holds something comes before it."""
    before_roles = [*_stacks(inventory), *_projects(inventory)]
    return [*before_roles, *_roles(inventory, before_roles)]


def is_of_proton(role: Role) -> bool:
    """Whether a role is Proton's: its trust policy lets Proton in, or CodeBuild while it has Proton's managed policy."""
    return bool(_own_principals(role))


def completeness(inventory: Inventory) -> tuple[str, ...]:
    """What the list may lack because it could not be read, a sentence each."""
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
    """The stacks by Region, newest first, each before those that are nested in it (rules 2 and 4)."""
    by_arn = {stack.arn: stack for stack in inventory.stacks}
    roles = {role.arn: role for role in inventory.roles}

    def line(stack: Stack) -> list[Stack]:
        """The stack and those that it is nested in, the outermost first."""
        above = by_arn.get(stack.parent or "")
        return [stack] if above is None else [*line(above), stack]

    def place(stack: Stack) -> tuple[str, list[tuple[float, str]]]:
        return stack.region, [(-each.created.timestamp(), each.arn) for each in line(stack)]

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
        for stack in sorted(found, key=place)
    ]


def _is_for_codebuild(stack: Stack) -> bool:
    return stack.name.lower().startswith(_CODEBUILD_STACK_NAMES)


def _projects(inventory: Inventory) -> list[Leftover]:
    stacks = {stack.arn for stack in inventory.stacks}
    unread = {problem.region for problem in inventory.could_not_read(STACKS)}

    def maker(project: Project) -> str | None:
        """The stack that the project goes with (rule 6)."""
        return project.stack if project.stack in stacks or project.region in unread else None

    return [
        Leftover(
            kind=PROJECT,
            name=project.name,
            arn=project.arn,
            region=project.region,
            account=inventory.account,
            status=None,
            held_by=(stack,) if (stack := maker(project)) else (),
            advice=advice.for_project(has_stack=stack is not None),
            is_part_of=stack is not None,
        )
        for project in sorted(inventory.projects, key=lambda project: (project.region, project.name))
        if project.name.startswith(_PROJECT_NAMES)
    ]


def _roles(inventory: Inventory, before: Iterable[Leftover]) -> list[Leftover]:
    """The roles: those that nothing holds, those that something holds, the service-linked ones."""
    place = {each.arn: number for number, each in enumerate(before)}
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
            held_by=tuple(sorted(dict.fromkeys(held_by), key=lambda arn: (place.get(arn, len(place)), arn))),
            advice=advice.for_service_linked_role()
            if is_service_linked
            else advice.for_role(
                inventory,
                stacks=bool(stacks[role.arn]),
                projects=bool(projects[role.arn]),
                others=role.trusts - _own_principals(role),
            ),
        )

    found = [leftover(role) for role in inventory.roles if is_of_proton(role)]
    return sorted(found, key=lambda each: (each.kind == SERVICE_LINKED_ROLE, bool(each.held_by), each.name))


def _own_principals(role: Role) -> set[str]:
    """Those of a role's principals that make it Proton's."""
    own = {name for name in role.trusts if name == _PROTON or name.endswith(f".{_PROTON}")}
    if role.has_codebuild_policy:
        own |= role.trusts & {_CODEBUILD}
    return own

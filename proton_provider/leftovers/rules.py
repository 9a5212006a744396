"""Decides what still needs each leftover, and in which order to delete them. Pure functions.

The rules and their sources. ``advice`` turns them into sentences, ``import_file`` into parents:

1. **AWS documents** (CloudFormation, [service role], [DeleteStack]): CloudFormation uses a stack's service role for every
   operation, also for the deletion. A stack without a service role is deleted with the caller's permissions.
   **AWS documents** (Knowledge Center, [Role is invalid or cannot be assumed]): the operation fails if that role is gone
   or does not trust CloudFormation. Then ``--role-arn`` gives another role, or a role of the same name is made again. So
   stacks are deleted before roles.
2. **AWS documents** (CloudFormation, [nested stacks]): a nested stack is deleted with the stack that it is part of.
3. **AWS documents** (CloudFormation, [termination protection], [DeleteStack], [DeletionPolicy]): termination protection makes a deletion fail. A stack in ``DELETE_FAILED`` is deleted with
   ``--retain-resources`` or ``--deletion-mode FORCE_DELETE_STACK``. A status ``…_IN_PROGRESS`` means that an operation is
   running. A resource with ``DeletionPolicy: Retain`` stays when its stack is deleted.
4. **AWS documents** (CloudFormation, [exports]): a stack can't be deleted while another stack imports its exports.
   **Inferred**: other than that, the newest stack of a Region is deleted first. Proton needs an environment before it can
   deploy a service into it (documented: [environments]), so a newer stack may use something in an older one. This is wrong for components:
   they are newer than the service instance to whose role their policies are attached. Their deletion fails, and succeeds
   when the others are gone. So a stack in ``DELETE_FAILED`` comes after the others.
5. **AWS documents** (Proton, [CodeBuild provisioning]): the commands in the CodeBuild project deploy and delete the
   infrastructure. **Inferred**: deleting its stack ``AWSProton-CodeBuild-*`` does not delete that infrastructure.
6. **AWS documents** (CloudFormation, [resource tags]): the tag ``aws:cloudformation:stack-id`` names the stack that created
   a project. **Inferred**: a project without the tag, or whose stack is gone, is deleted by itself.
7. **Inferred**: the role of a project's builds is deleted after the project. Without it no build can clean up.
8. **AWS documents** (IAM, [DeleteRole]): a role can be deleted when it has no policies and no instance profiles.
   **AWS documents** (CloudFormation, [DescribeStackResources]): CloudFormation says which stack made a role. Such a role is
   deleted with its stack, so whatever uses the role is deleted before that stack.
   **Inferred**: others that its trust policy lets in may still use the role.
   **AWS documents** (IAM, [role last used]): IAM keeps the last use of 400 days. **Inferred**: a use after Proton's end
   is somebody else's.
9. **AWS documents** (IAM, [DeleteServiceLinkedRole]): DeleteRole refuses them. DeleteServiceLinkedRole starts a task, and the
   linked service must agree. **Inferred**: the role for CodeBuild provisioning is deleted after the stacks and projects
   that its managed policy names. AWS does not document whether Proton still answers.
10. **AWS documents** (CloudFormation, [UpdateStack]): a role that is given with an update is used from then on. A service
    role can be replaced, not taken away. **Inferred**: an update that changes a tag changes the role too.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import advice, belongs
from .found import CODEBUILD_ROLES, IAM_ROLES, IMPORTS, PROJECTS, STACKS, Inventory, Project, Role, Stack
from .service_role import RolesOfStacks

STACK = "stack"
PROJECT = "codebuild-project"
ROLE = "role"
SERVICE_LINKED_ROLE = "service-linked-role"
"""The values of `Leftover.kind`."""


@dataclass(frozen=True)
class Leftover:
    """Something that Proton left behind."""

    kind: str
    name: str
    arn: str
    region: str | None
    """None for IAM, which has no Regions."""
    status: str | None
    """CloudFormation's status of a stack, else None."""
    held_by: tuple[str, ...]
    """The ARNs of what must be deleted first, or of the stack that it is deleted with."""
    after: frozenset[str]
    """The ARNs of what must be deleted first, as wholes: for a nested stack, the stack that it is deleted with."""
    part_of: str | None
    """The ARN of the stack that it is deleted with. Do not delete or import it by itself."""
    advice: tuple[str, ...]
    """Sentences that say what to do, with `{name}` and `{region}` in commands."""

    def advice_about(self, name: str, region: str) -> tuple[str, ...]:
        """The advice with this name and this Region in the commands."""
        return tuple(sentence.replace("{name}", name).replace("{region}", region) for sentence in self.advice)


def leftovers(inventory: Inventory) -> list[Leftover]:
    """Everything of Proton in the order of deletion. What holds something comes before it."""
    relations = _Relations(inventory)
    return _in_order(
        [*_stacks(inventory, relations), *_projects(inventory, relations), *_roles(inventory, relations)]
    )


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


class _Relations:
    """What is deleted with what, and what needs what, in the whole account."""

    def __init__(self, inventory: Inventory) -> None:
        stacks = {stack.arn for stack in inventory.stacks}
        unread = {problem.region for problem in inventory.could_not_read(STACKS)}
        self._part_of: dict[str, str] = {
            stack.arn: stack.parent for stack in inventory.stacks if stack.parent
        }
        self._part_of |= {
            project.arn: project.stack
            for project in inventory.projects
            if project.stack and (project.stack in stacks or project.region in unread)  # rule 6
        }
        self._part_of |= {role.arn: role.made_by for role in inventory.roles if role.made_by}
        self._holders: dict[str, dict[str, None]] = defaultdict(dict)  # in this order, each once
        for used, user in _uses(inventory):
            self._holders[used][user] = None
            whole = self.whole(used)
            if self.whole(user) != whole:  # what needs a part needs the whole
                self._holders[whole][user] = None

    def leftover(self, kind: str, each: Stack | Project | Role, its_advice: tuple[str, ...]) -> Leftover:
        """A stack, project or role as a leftover."""
        return Leftover(
            kind=kind,
            name=each.name,
            arn=each.arn,
            region=None if isinstance(each, Role) else each.region,
            status=each.status if isinstance(each, Stack) else None,
            held_by=self.held_by(each.arn),
            after=self.after(each.arn),
            part_of=self.part_of(each.arn),
            advice=its_advice,
        )

    def part_of(self, arn: str) -> str | None:
        """The stack that it is deleted with."""
        return self._part_of.get(arn)

    def whole(self, arn: str) -> str:
        """The outermost stack that it is deleted with, or itself."""
        while arn in self._part_of:
            arn = self._part_of[arn]
        return arn

    def held_by(self, arn: str) -> tuple[str, ...]:
        """What must be deleted before it, and the stack that it is deleted with."""
        part_of = self.part_of(arn)
        holders = [holder for holder in self._holders[arn] if part_of or self.whole(holder) != arn]
        return tuple(dict.fromkeys([*holders, *([part_of] if part_of else [])]))

    def after(self, arn: str) -> frozenset[str]:
        """What must be deleted before it, as wholes."""
        return frozenset(map(self.whole, self._holders[arn])) - {self.whole(arn)}


def _uses(inventory: Inventory) -> Iterable[tuple[str, str]]:
    """Pairs of what is used and what uses it (rules 1, 4, 7 and 9)."""
    for stack in inventory.stacks:
        if stack.role_arn:
            yield stack.role_arn, stack.arn
        for importer in stack.imported_by:
            yield stack.arn, importer
    for project in inventory.projects:
        if project.role_arn:
            yield project.role_arn, project.arn
    for role in filter(belongs.is_of_codebuild_provisioning, inventory.roles):
        for stack in filter(belongs.is_for_codebuild, inventory.stacks):
            yield role.arn, stack.arn
        for project in filter(belongs.is_project, inventory.projects):
            yield role.arn, project.arn


def _in_order(keyed: list[tuple[Any, Leftover]]) -> list[Leftover]:
    """In the order of their keys, but each after what holds it."""
    order = [each for _, each in sorted(keyed, key=lambda pair: pair[0])]
    rank = {each.arn: number for number, each in enumerate(order)}
    waiting_for = {
        each.arn: {holder for holder in (*each.held_by, *each.after) if holder in rank} for each in order
    }
    held: dict[str, list[str]] = defaultdict(list)
    for arn, holders in waiting_for.items():
        for holder in holders:
            held[holder].append(arn)
    ready = [rank[arn] for arn, holders in waiting_for.items() if not holders]
    done: dict[str, Leftover] = {}
    while len(done) < len(order):
        # Things that hold each other have no order: the first of them goes on.
        number = heapq.heappop(ready) if ready else min(rank[arn] for arn in waiting_for if arn not in done)
        each = order[number]
        if each.arn in done:
            continue
        done[each.arn] = each
        for arn in held[each.arn]:
            waiting_for[arn].discard(each.arn)
            if not waiting_for[arn]:
                heapq.heappush(ready, rank[arn])
    rank = {arn: number for number, arn in enumerate(done)}
    return [
        replace(each, held_by=tuple(sorted(each.held_by, key=lambda arn: (rank.get(arn, len(rank)), arn))))
        for each in done.values()
    ]


def _stacks(inventory: Inventory, relations: _Relations) -> Iterable[tuple[Any, Leftover]]:
    """The stacks, to be deleted by Region, newest first, each before the stacks that are nested in it (rules 2 and 4)."""
    by_arn = {stack.arn: stack for stack in inventory.stacks}
    service_roles = RolesOfStacks(inventory)

    def with_parents(stack: Stack) -> list[Stack]:
        """The stack and all stacks that it is nested in, the outermost first."""
        parent = by_arn.get(stack.parent or "")
        return [stack] if parent is None else [*with_parents(parent), stack]

    for stack in filter(belongs.is_stack, inventory.stacks):
        path = with_parents(stack)
        has_failed = path[0].status == "DELETE_FAILED"  # it is deleted again after the others
        key = stack.region, has_failed, [(-each.created.timestamp(), each.arn) for each in path]
        yield (
            (0, *key),
            relations.leftover(
                STACK,
                stack,
                advice.for_stack(
                    stack,
                    service_roles.of(stack),
                    is_held=bool(relations.after(stack.arn)),
                    imports_are_known=all(
                        problem.region != stack.region for problem in inventory.could_not_read(IMPORTS)
                    ),
                ),
            ),
        )


def _projects(inventory: Inventory, relations: _Relations) -> Iterable[tuple[Any, Leftover]]:
    for project in filter(belongs.is_project, inventory.projects):
        its_advice = advice.for_project(has_stack=relations.part_of(project.arn) is not None)
        yield (1, project.region, project.name), relations.leftover(PROJECT, project, its_advice)


def _roles(inventory: Inventory, relations: _Relations) -> Iterable[tuple[Any, Leftover]]:
    """The roles: first those that nothing holds, then those that something holds, then the service-linked roles."""
    run_by_builds = belongs.build_roles(inventory.projects)
    stacks = {stack.role_arn for stack in inventory.stacks}
    projects = {project.role_arn for project in inventory.projects}
    for role in inventory.roles:
        if not belongs.is_role(role, run_by_builds):
            continue
        if is_service_linked := belongs.is_service_linked(role):
            leftover = relations.leftover(SERVICE_LINKED_ROLE, role, advice.for_service_linked_role(role))
        else:
            its_advice = advice.for_role(
                role,
                inventory,
                stacks=role.arn in stacks,
                projects=role.arn in projects,
                own=belongs.principals(role, run_by_builds),
            )
            leftover = relations.leftover(ROLE, role, its_advice)
        yield (2, is_service_linked, bool(leftover.held_by), role.name), leftover

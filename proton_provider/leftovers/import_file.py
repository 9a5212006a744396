"""Writes the content of the file for ``pulumi import --file``, with what pulumi-aws can import.

Pulumi documents the form: a member ``resources``, which is a list of ``type``, ``name``, ``id`` and ``parent``. pulumi-aws
documents the ids: the name of a role or a stack, the ARN of a project and of a service-linked role. The id of a stack ends
with ``@REGION``, which pulumi-aws reads since 7.0.0 (its guide "Enhanced Region Support").

Imported resources depend on nothing. Only parents give ``pulumi destroy`` an order: it deletes a resource after those
below it. So each stack is below the role and the stacks that it needs, and each project is below its role. Where something
needs two others, one of these is below the other.

pulumi-aws removes a stack from the state if CloudFormation refuses to delete it (a public report). Then Pulumi would
delete the role of a stack that still exists. So what ``pulumi destroy`` can't delete is left out, with what it needs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .found import IMPORTS, PROJECT_ROLES, PROJECTS, ROLE_OWNERS, STACK_ROLES, STACKS, Inventory
from .rules import PROJECT, ROLE, SERVICE_LINKED_ROLE, STACK, Leftover
from .service_role import RolesOfStacks, ServiceRole

_TYPES = {
    ROLE: "aws:iam/role:Role",
    SERVICE_LINKED_ROLE: "aws:iam/serviceLinkedRole:ServiceLinkedRole",
    STACK: "aws:cloudformation/stack:Stack",
    PROJECT: "aws:codebuild/project:Project",
}
_NOT_DELETABLE = {
    ServiceRole.UNREAD: "its service role could not be read",
    ServiceRole.GONE: "its service role is gone",
    ServiceRole.CLOSED: "its service role does not let CloudFormation in",
    ServiceRole.ITS_OWN: "it made its service role itself",
}


@dataclass(frozen=True)
class ImportFile:
    """What is in the file, and what is not."""

    resources: list[dict[str, str]]
    left_out: dict[str, list[str]]
    """For each reason, the names."""

    def content(self) -> dict[str, Any]:
        """The content of the file."""
        return {"resources": self.resources}


def make(leftovers: Sequence[Leftover], inventory: Inventory, *, keeps: bool) -> ImportFile:
    """The file for those who destroy: in the order of deletion, with parents that keep this order.

    With `keeps`, the file for those who keep everything: without parents, which would stay in the URNs.
    """
    reasons = _Reasons(inventory)
    taken: dict[str, Leftover] = {}
    left_out: dict[str, list[str]] = defaultdict(list)
    for each in leftovers:  # whatever holds something comes before it
        why = reasons.not_importable(each)
        if why is None and not keeps:
            why = reasons.not_deletable(each)
            if why is None and (
                holder := next((arn for arn in sorted(each.after) if arn not in taken), None)
            ):
                why = f"{_named(holder, leftovers)} still needs it, and is not in the file"
        if why is None:
            taken[each.arn] = each
        else:
            left_out[why].append(each.name)
    found = list(taken.values())
    return ImportFile(_resources(found, {} if keeps else _parents(found)), left_out)


class _Reasons:
    """Why something is left out."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._stacks = {stack.arn: stack for stack in inventory.stacks}
        self._service_roles = RolesOfStacks(inventory)
        self._may_be_imported: set[str] = set()
        unread = {problem.region for problem in inventory.could_not_read(IMPORTS)}
        for stack in inventory.stacks:
            if stack.exports and stack.region in unread:
                self._may_be_imported.update(self._with_parents(stack.arn))

    def _with_parents(self, arn: str | None) -> Iterator[str]:
        """The ARNs of a stack and of all stacks that it is nested in."""
        while arn is not None and arn in self._stacks:
            yield arn
            arn = self._stacks[arn].parent

    def not_importable(self, leftover: Leftover) -> str | None:
        """Why `pulumi import` can't read it, or must not take it away from what manages it."""
        if leftover.part_of:
            return "a stack manages it"
        if leftover.status == "REVIEW_IN_PROGRESS":
            return "it has no template yet"
        if leftover.status == "DELETE_IN_PROGRESS":
            return "CloudFormation is deleting it"
        if leftover.kind == ROLE and self._inventory.could_not_read(STACKS, ROLE_OWNERS):
            return "whether a stack made it could not be read"
        return None

    def not_deletable(self, leftover: Leftover) -> str | None:
        """Why `pulumi destroy` can't delete it."""
        if leftover.kind == STACK:
            return self._stack(leftover)
        if leftover.kind == ROLE and self._inventory.could_not_read(STACK_ROLES, PROJECTS, PROJECT_ROLES):
            return "what uses it could not be read"
        return None

    def _stack(self, leftover: Leftover) -> str | None:
        stack = self._stacks[leftover.arn]
        if stack.is_protected:
            return "it is protected from termination"
        if stack.status.endswith("_IN_PROGRESS"):
            return "CloudFormation is working on it"
        if stack.arn in self._may_be_imported:
            return "whether another stack imports its exports could not be read"
        return _NOT_DELETABLE.get(self._service_roles.of(stack))


def _named(arn: str, leftovers: Sequence[Leftover]) -> str:
    return next((each.name for each in leftovers if each.arn == arn), arn)


def _parents(taken: Sequence[Leftover]) -> dict[str, str]:
    """For each resource, the ARN of its parent: all that it needs is above it. `taken` is in the order of deletion."""
    position = {each.arn: number for number, each in enumerate(taken)}
    needed: dict[str, set[str]] = defaultdict(set)
    for each in taken:
        for user in each.after:
            needed[user].add(each.arn)
    parents = {}
    for each in taken:
        if needs := needed[each.arn]:
            first = min(needs, key=position.__getitem__)
            parents[each.arn] = first
            needed[first] |= needs - {first}
    return parents


def _resources(taken: Sequence[Leftover], parents: dict[str, str]) -> list[dict[str, str]]:
    names = _names(taken)
    return [
        {
            "type": _TYPES[each.kind],
            "name": names[each.arn],
            "id": _id(each),
            **({"parent": names[parents[each.arn]]} if each.arn in parents else {}),
        }
        for each in taken
    ]


def _names(taken: Sequence[Leftover]) -> dict[str, str]:
    """Their names in AWS. Where two have the same name, the Region or the kind is added: Pulumi finds a parent by its name."""
    count = Counter(each.name for each in taken)
    used = {name for name in count if count[name] == 1}
    names = {}
    for each in taken:
        name = each.name
        if count[name] > 1:
            name = f"{name}-{each.region or each.kind}"
            while name in used:
                name = f"{name}-{each.kind}"
            used.add(name)
        names[each.arn] = name
    return names


def _id(leftover: Leftover) -> str:
    if leftover.kind in {SERVICE_LINKED_ROLE, PROJECT}:
        return leftover.arn
    return f"{leftover.name}@{leftover.region}" if leftover.region else leftover.name

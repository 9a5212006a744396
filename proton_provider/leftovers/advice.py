"""Writes the sentences that say what to do with each leftover. ``rules`` numbers the rules behind them.

A sentence ends with ``(inferred)`` if AWS does not document it. A command stands at the end of its sentence, after a
colon. In it, ``{name}`` and ``{region}`` stand for those of the leftover, words in capitals for what the reader chooses.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from .belongs import CLOUDFORMATION, is_for_codebuild
from .found import (
    LAST_USE,
    PROJECT_ROLES,
    PROJECTS,
    ROLE_OWNERS,
    STACK_ROLES,
    STACKS,
    Inventory,
    Role,
    Stack,
)
from .service_role import ServiceRole
from .trust import EVERYBODY

INFERRED: Final = "(inferred)"
END_OF_PROTON: Final = date(2026, 10, 7)

_STACK = "--region {region} --stack-name {name}"
_ANOTHER_ROLE = "--role-arn ROLE_ARN"
_CAN_BE_UPDATED = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)


def for_stack(
    stack: Stack, service_role: ServiceRole, *, is_held: bool, imports_are_known: bool
) -> tuple[str, ...]:
    """The advice for a stack. `is_held`: something must be deleted before it."""
    if stack.parent is not None:
        return (
            "Do not update or delete it by itself: that is done with the stack that it is part of.",
            *([_HELD] if is_held else []),
        )
    about_role = _about_service_role(stack, service_role)
    if stack.status == "DELETE_IN_PROGRESS":
        return ("CloudFormation is deleting it: wait.", about_role)
    sentences = []
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        sentences.append("CloudFormation is working on it: wait until that has ended.")
    sentences.append(about_role)
    sentences.append(_keep(stack, service_role))
    if is_held:
        sentences.append(_HELD)
    if not imports_are_known and stack.exports:
        sentences.append(
            "Whether another stack imports its exports could not be read. Then it can't be deleted."
        )
    if is_for_codebuild(stack):
        sentences.append(
            "Before you delete it, delete what the builds of its CodeBuild project deployed. That stays when the stack is "
            f"deleted, and then no project is left to delete it. {INFERRED}"
        )
    if stack.is_protected:
        sentences.append(
            "Before you delete it, turn off its termination protection: aws cloudformation "
            f"update-termination-protection --no-enable-termination-protection {_STACK}"
        )
    return (*sentences, *_delete(stack, service_role))


_HELD = (
    "Delete what holds it first: that imports an export of this stack, or uses a role that this stack made."
)


def _about_service_role(stack: Stack, service_role: ServiceRole) -> str:
    """How a stack's service role affects what CloudFormation can do with it (rule 1)."""
    role = f"Its service role {stack.role_arn}"
    return {
        ServiceRole.NONE: "It has no service role: CloudFormation works on it with the permissions of the caller.",
        ServiceRole.USABLE: f"CloudFormation works on it with its service role {stack.role_arn}: keep that role as long as "
        "the stack has it.",
        ServiceRole.UNREAD: f"{role} was named. Whether this role still exists could not be read."
        if stack.role_arn
        else "Its service role and its termination protection could not be read.",
        ServiceRole.GONE: f"{role} is gone: with it CloudFormation can neither update nor delete the stack.",
        ServiceRole.CLOSED: f"{role} does not let in {CLOUDFORMATION}: with it CloudFormation can neither update nor "
        "delete the stack.",
        ServiceRole.ITS_OWN: f"{role} was made by the stack itself: a deletion with it may lose it halfway. {INFERRED}",
    }[service_role]


def _keep(stack: Stack, service_role: ServiceRole) -> str:
    """How to keep a stack without Proton and its roles (rule 10)."""
    if stack.status == "REVIEW_IN_PROGRESS":
        return "There is nothing to keep: it has no template yet."
    if not stack.role_is_known:
        return "How to keep it depends on its service role and its parameters, which could not be read."
    if service_role is ServiceRole.NONE:
        return "To keep it, leave it as it is: it needs nothing of Proton's."
    if stack.status not in _CAN_BE_UPDATED:
        return (
            f"To keep what is in it, save its template first, because CloudFormation updates no stack in {stack.status}: "
            "proton-leftovers --region {region} --templates DIR"
        )
    parameters = [f"ParameterKey={key},UsePreviousValue=true" for key, _ in stack.parameters]
    options = ["--use-previous-template", _ANOTHER_ROLE]
    options += ["--parameters", *parameters] if parameters else []
    options += ["--capabilities", *stack.capabilities] if stack.capabilities else []
    return (
        "To keep it, give it a role of yours. CloudFormation uses that role from then on: aws cloudformation update-stack "
        f"{_STACK} {' '.join(options)}"
    )


def _delete(stack: Stack, service_role: ServiceRole) -> list[str]:
    """How to delete a stack (rules 1 and 3)."""
    command = f"aws cloudformation delete-stack {_STACK}"
    if service_role.can_delete or service_role is ServiceRole.UNREAD:
        sentences = [f"To delete it: {command}"]
    else:
        command = f"{command} {_ANOTHER_ROLE}"
        sentences = [f"To delete it, name a role of yours that CloudFormation may assume: {command}"]
    if service_role is ServiceRole.GONE:
        path, _, name = str(stack.role_arn).partition(":role")[2].rpartition("/")
        with_path = f"--path {path}/ " if path else ""
        sentences.append(
            "Or make a role of the same name, delete the stack, and delete the role again: aws iam create-role "
            f"--role-name {name} {with_path}--assume-role-policy-document file://trust.json"
        )
    if stack.status == "DELETE_FAILED":
        events = f"aws cloudformation describe-stack-events {_STACK}"
        retain = f"{command} --retain-resources LOGICAL_ID"
        sentences = [
            f"An earlier deletion failed. See which resources failed: {events}",
            f"Delete it again after the others, because one of them may have used something of it. {INFERRED}",
            *sentences,
            f"If a resource can't be deleted again, retain it, and delete it by hand afterwards: {retain}",
            f"Or retain whatever can't be deleted: {command} --deletion-mode FORCE_DELETE_STACK",
            f"A resource of type AWS::Proton::… can only be retained, because Proton has ended. {INFERRED}",
        ]
    return sentences


def for_project(*, has_stack: bool) -> tuple[str, ...]:
    """The advice for a project. `has_stack`: a stack created it, and that stack still exists."""
    if has_stack:
        return ("Do not delete it by itself: it is deleted with the stack that created it.",)
    return (
        f"A stack AWSProton-CodeBuild-* of its Region may have created it: delete those stacks first. {INFERRED}",
        "Then delete it: aws codebuild delete-project --region {region} --name {name}",
    )


def for_role(
    role: Role, inventory: Inventory, *, stacks: bool, projects: bool, own: set[str]
) -> tuple[str, ...]:
    """The advice for a role. `stacks` and `projects`: whether any use it. `own`: whom it trusts because it is Proton's."""
    sentences = []
    if stacks:
        sentences.append(
            "Keep it as long as a stack has it as its service role: CloudFormation can't work on a stack whose service role "
            "is gone."
        )
    if projects:
        sentences.append(
            f"Keep it until the CodeBuild projects that use it are gone: their builds run with it. {INFERRED}"
        )
    unread = inventory.could_not_read(STACKS, STACK_ROLES, PROJECTS, PROJECT_ROLES, ROLE_OWNERS)
    if unread:
        places = ", ".join(problem.place for problem in unread)
        sentences.append(
            f"Keep it until you could read these, because something there may use it or own it: {places}."
        )
    elif not stacks and not projects:
        sentences.append(
            "No CloudFormation stack and no CodeBuild project in the Regions that were read uses it."
        )
    sentences += _who_else(role, own)
    sentences += _last_use(role, inventory)
    if role.made_by:
        return (_made_by(role), *sentences)
    return (
        *sentences,
        f"If a program in Pulumi, CDK or Terraform has it, destroy it there. {INFERRED}",
        "Otherwise remove its policies and instance profiles, and delete it: aws iam delete-role --role-name {name}",
    )


def _made_by(role: Role) -> str:
    return f"The stack {role.made_by} made it. Do not delete it by hand: it is deleted with that stack."


def _who_else(role: Role, own: set[str]) -> list[str]:
    """Whom its trust policy lets in or keeps out, beside Proton. The stacks show CloudFormation's use."""
    sentences = []
    if others := sorted(role.trust.all - own - {CLOUDFORMATION}):
        named = ", ".join("everybody (*)" if name == EVERYBODY else name for name in others)
        sentences.append(f"It also lets in {named}: check whether something else uses it. {INFERRED}")
    if role.trust.denied:
        sentences.append(
            f"Its trust policy has a Deny, for {', '.join(sorted(role.trust.denied))}: somebody restricted it or switched "
            "it off."
        )
    return sentences


def _last_use(role: Role, inventory: Inventory) -> list[str]:
    """What IAM says about its last use (rule 8)."""
    if inventory.could_not_read(LAST_USE):
        return []
    if role.last_used is None:
        return ["IAM knows of no use of it in the last 400 days."]
    said = f"IAM knows of a use on {role.last_used:%Y-%m-%d}"
    if role.last_used.date() <= END_OF_PROTON:
        return [f"{said}."]
    return [
        f"{said}, after Proton's end. So something else uses it: CloudFormation, CodeBuild, or whom it lets in. {INFERRED}"
    ]


def for_service_linked_role(role: Role) -> tuple[str, ...]:
    """The advice for a service-linked role (rule 9)."""
    if role.made_by:
        return (_made_by(role),)
    return (
        "delete-role refuses to delete it. Its service must agree to the deletion.",
        "Ask for its deletion: aws iam delete-service-linked-role --role-name {name}",
        "See the result: aws iam get-service-linked-role-deletion-status --deletion-task-id ID",
        f"If that fails because Proton has ended, ask AWS Support. It can stay: only Proton can assume it. {INFERRED}",
    )

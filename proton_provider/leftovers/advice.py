"""Writes the sentences that say what to do with each leftover. ``rules`` numbers the rules behind them.

A sentence ends with ``(inferred)`` if AWS does not document it. A command stands at the end of its sentence, after a
colon. In it, ``{name}`` and ``{region}`` stand for those of the leftover.
"""

from __future__ import annotations

from .found import PROJECT_ROLES, PROJECTS, STACK_ROLES, STACKS, Inventory, Role, Stack

INFERRED = "(inferred)"
CLOUDFORMATION = "cloudformation.amazonaws.com"

_STACK = "--region {region} --stack-name {name}"


def for_stack(
    stack: Stack, role: Role | None, *, all_roles_are_known: bool, is_for_codebuild: bool
) -> tuple[str, ...]:
    """The advice for a stack. `role` is its service role, or None if no such role was read."""
    if stack.parent is not None:
        return ("Do not delete it by itself: it is deleted with the stack that it is part of.",)
    service_role = _service_role(stack, role, all_roles_are_known=all_roles_are_known)
    if stack.status == "DELETE_IN_PROGRESS":
        return ("CloudFormation is deleting it: wait.", service_role)
    sentences = []
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        sentences.append("CloudFormation is working on it: wait until that has ended.")
    if is_for_codebuild:
        sentences.append(
            "First delete what the builds of its CodeBuild project deployed. That stays when the stack is deleted, and "
            f"then no project is left to delete it. {INFERRED}"
        )
    if stack.status == "DELETE_FAILED":
        sentences.append(
            f"An earlier deletion failed. See which resources failed: aws cloudformation describe-stack-events {_STACK}"
        )
    sentences.append(service_role)
    if stack.is_protected:
        sentences.append(
            "Turn off its termination protection: aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection {_STACK}"
        )
    sentences.append(f"Delete it: aws cloudformation delete-stack {_STACK}")
    if stack.status == "DELETE_FAILED":
        sentences += [
            "If a resource can't be deleted again, add --retain-resources LOGICAL_ID, and delete it by hand afterwards.",
            f"A resource of type AWS::Proton::… can only be retained, because Proton has ended. {INFERRED}",
        ]
    return tuple(sentences)


def _service_role(stack: Stack, role: Role | None, *, all_roles_are_known: bool) -> str:
    """How a stack's service role affects its deletion (rule 1)."""
    another = "Add --role-arn with a role that CloudFormation may assume."
    if not stack.role_is_known:
        return "Its service role and its termination protection could not be read."
    if stack.role_arn is None:
        return "It has no service role: CloudFormation deletes it with the permissions of the caller."
    if role is None and not all_roles_are_known:
        return f"Its service role is {stack.role_arn}. Whether this role still exists could not be read."
    if role is None:
        return f"Its service role {stack.role_arn} is gone: deletion with it fails. {another}"
    if CLOUDFORMATION not in role.trusts:
        return f"Its service role {stack.role_arn} does not trust {CLOUDFORMATION}: deletion with it fails. {another}"
    return f"CloudFormation deletes it with its service role {stack.role_arn}: keep that role until the stack is gone."


def for_project(*, has_stack: bool) -> tuple[str, ...]:
    """The advice for a project. `has_stack`: a stack created it, and that stack still exists."""
    if has_stack:
        return ("Do not delete it by itself: it is deleted with the stack that created it.",)
    return (
        f"A stack AWSProton-CodeBuild-* of its Region may have created it: delete those stacks first. {INFERRED}",
        "Then delete it: aws codebuild delete-project --region {region} --name {name}",
    )


def for_role(
    inventory: Inventory, *, stacks: bool, projects: bool, others: frozenset[str]
) -> tuple[str, ...]:
    """The advice for a role. `stacks` and `projects`: whether any use it. `others`: whom it trusts beside Proton."""
    sentences = []
    if stacks:
        sentences.append(
            "Keep it until the stacks that use it are gone: CloudFormation can't delete a stack whose service role is gone."
        )
    if projects:
        sentences.append(
            f"Keep it until the CodeBuild projects that use it are gone: their builds run with it. {INFERRED}"
        )
    unread = inventory.could_not_read(STACKS, STACK_ROLES, PROJECTS, PROJECT_ROLES)
    if unread:
        places = ", ".join(problem.place for problem in unread)
        sentences.append(f"Keep it until you could read these, because something there may use it: {places}.")
    elif not stacks and not projects:
        sentences.append("No stack and no CodeBuild project in the Regions that were read uses it.")
    if named := sorted(others - {CLOUDFORMATION}):
        sentences.append(
            f"It also trusts {', '.join(named)}: check whether something else uses it. {INFERRED}"
        )
    return (
        *sentences,
        "Then remove its policies and instance profiles, and delete it: aws iam delete-role --role-name {name}",
    )


def for_service_linked_role() -> tuple[str, ...]:
    """The advice for a service-linked role, the same for each (rule 9)."""
    return (
        "delete-role refuses to delete it. Its service must agree to the deletion.",
        "Ask for its deletion: aws iam delete-service-linked-role --role-name {name}",
        "See the result: aws iam get-service-linked-role-deletion-status --deletion-task-id ID",
        f"If that fails because Proton has ended, ask AWS Support. It can stay: only Proton can assume it. {INFERRED}",
    )

"""What to do with each leftover, in sentences; what stands behind them is numbered in ``rules``.

A sentence that AWS documents nowhere ends with ``(inferred)``. A command comes last in its sentence, after a colon, with
``{name}`` and ``{region}`` for those of the leftover.
"""

from __future__ import annotations

from .found import PROJECT_ROLES, PROJECTS, STACK_ROLES, STACKS, Inventory, Role, Stack

INFERRED = "(inferred)"
CLOUDFORMATION = "cloudformation.amazonaws.com"

_STACK = "--region {region} --stack-name {name}"


def for_stack(
    stack: Stack, role: Role | None, *, all_roles_are_known: bool, is_for_codebuild: bool
) -> tuple[str, ...]:
    """`role` is the one that the stack names as its service role, if there is such a role among those that were read."""
    if stack.parent is not None:
        return ("Do not delete it by itself: it goes with the stack that it is part of.",)
    service_role = _service_role(stack, role, all_roles_are_known=all_roles_are_known)
    if stack.status == "DELETE_IN_PROGRESS":
        return ("CloudFormation is deleting it: wait.", service_role)
    sentences = []
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        sentences.append("CloudFormation is working on it: wait until it has ended.")
    if is_for_codebuild:
        sentences.append(
            "First undo what the builds of its CodeBuild project deployed: it stays when the stack goes, and the "
            f"project is then not there to undo it. {INFERRED}"
        )
    if stack.status == "DELETE_FAILED":
        sentences.append(
            f"An earlier deletion failed. See on what: aws cloudformation describe-stack-events {_STACK}"
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
            "If the same can't be deleted again, add --retain-resources LOGICAL_ID, and delete that by hand afterwards.",
            f"A resource of type AWS::Proton::… can only be left out so, for its service has ended. {INFERRED}",
        ]
    return tuple(sentences)


def _service_role(stack: Stack, role: Role | None, *, all_roles_are_known: bool) -> str:
    """What a stack's service role means for its deletion (rule 1)."""
    another = "Add --role-arn with a role that CloudFormation may assume."
    if not stack.role_is_known:
        return "Which service role it was made with, and whether it is protected, could not be read."
    if stack.role_arn is None:
        return "It has no service role: CloudFormation deletes it with the permissions of the caller."
    if role is None and not all_roles_are_known:
        return f"Its service role is {stack.role_arn}. Whether that still exists could not be read."
    if role is None:
        return f"Its service role {stack.role_arn} is gone: deletion with it fails. {another}"
    if CLOUDFORMATION not in role.trusts:
        return f"Its service role {stack.role_arn} does not trust {CLOUDFORMATION}: deletion with it fails. {another}"
    return f"CloudFormation deletes it with its service role {stack.role_arn}: keep that until the stack is gone."


def for_project(*, has_stack: bool) -> tuple[str, ...]:
    """`has_stack`: a stack made it, and is still there."""
    if has_stack:
        return ("Do not delete it by itself: it goes with the stack that made it.",)
    return (
        f"A stack AWSProton-CodeBuild-* of its Region may have made it: delete those first. {INFERRED}",
        "Then delete it: aws codebuild delete-project --region {region} --name {name}",
    )


def for_role(
    inventory: Inventory, *, stacks: bool, projects: bool, others: frozenset[str]
) -> tuple[str, ...]:
    """Whether stacks and projects hold it; `others` are those whom it trusts beside Proton."""
    sentences = []
    if stacks:
        sentences.append(
            "Keep it until the stacks that hold it are gone: CloudFormation can't delete a stack whose service role is gone."
        )
    if projects:
        sentences.append(
            f"Keep it until the CodeBuild projects that hold it are gone: their builds run as it. {INFERRED}"
        )
    unread = inventory.could_not_read(STACKS, STACK_ROLES, PROJECTS, PROJECT_ROLES)
    if unread:
        places = ", ".join(problem.place for problem in unread)
        sentences.append(f"Keep it until this can be read, for something there may hold it: {places}.")
    elif not stacks and not projects:
        sentences.append("No stack and no CodeBuild project in the Regions that were read names it.")
    if named := sorted(others - {CLOUDFORMATION}):
        sentences.append(f"It also trusts {', '.join(named)}: look who still uses it. {INFERRED}")
    return (
        *sentences,
        "Then take its policies and instance profiles off, and delete it: aws iam delete-role --role-name {name}",
    )


def for_service_linked_role() -> tuple[str, ...]:
    """The same for each (rule 9)."""
    return (
        "IAM alone can't delete it: delete-role refuses, and its service has a say.",
        "Ask for its deletion: aws iam delete-service-linked-role --role-name {name}",
        "See what came of it: aws iam get-service-linked-role-deletion-status --deletion-task-id ID",
        f"If that fails now that Proton has ended, ask AWS Support. It can stay: only Proton can assume it. {INFERRED}",
    )

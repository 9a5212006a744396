"""Decides which roles, stacks and projects belong to Proton. ``leftovers`` names the rules and their sources."""

from __future__ import annotations

from collections.abc import Iterable

from .found import Project, Role, Stack

CLOUDFORMATION = "cloudformation.amazonaws.com"
_PROTON = "proton.amazonaws.com"
_CODEBUILD = "codebuild.amazonaws.com"
_PROTON_CODEBUILD = "codebuild.proton.amazonaws.com"
_STACK_NAMES = "AWSProton-"
_CODEBUILD_STACK_NAMES = "awsproton-codebuild-"  # AWS spells it CodeBuild and Codebuild
_PROJECT_NAMES = "AWSProton"
_SERVICE_LINKED_PATH = "/aws-service-role/"


def is_stack(stack: Stack) -> bool:
    """Whether Proton made the stack."""
    return is_stack_name(stack.name)


def is_stack_name(name: str) -> bool:
    """Whether Proton gave this name to a stack."""
    return name.startswith(_STACK_NAMES)


def is_for_codebuild(stack: Stack) -> bool:
    """Whether the stack has the project of a CodeBuild provisioning."""
    return stack.name.lower().startswith(_CODEBUILD_STACK_NAMES)


def is_project(project: Project) -> bool:
    """Whether Proton made the project."""
    return project.name.startswith(_PROJECT_NAMES)


def build_roles(projects: Iterable[Project]) -> frozenset[str]:
    """The ARNs of the roles that Proton's projects run as."""
    return frozenset(each.role_arn for each in projects if each.role_arn and is_project(each))


def is_role(role: Role, run_by_builds: frozenset[str]) -> bool:
    """Whether a role is Proton's. `run_by_builds` is from `build_roles`."""
    return role.arn in run_by_builds or bool(principals(role, run_by_builds))


def principals(role: Role, run_by_builds: frozenset[str]) -> set[str]:
    """The principals that a role trusts because it is Proton's."""
    own = {name for name in role.trust.services if name == _PROTON or name.endswith(f".{_PROTON}")}
    if role.has_codebuild_policy or role.arn in run_by_builds:
        own |= role.trust.services & {_CODEBUILD}
    return own


def is_service_linked(role: Role) -> bool:
    """Whether AWS made the role for a service, which must agree to its deletion."""
    return role.path.startswith(_SERVICE_LINKED_PATH)


def is_of_codebuild_provisioning(role: Role) -> bool:
    """Whether it is the service-linked role for CodeBuild provisioning."""
    return is_service_linked(role) and _PROTON_CODEBUILD in role.trust.services

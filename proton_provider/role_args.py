"""The arguments of `ServiceRoles`, and what is wrong with them before any role is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias
from typing import TypeVar as PlainTypeVar
from unicodedata import category

from pulumi import Input

from proton_provider import rules

PolicyDocument: TypeAlias = str | Mapping[str, Any]
"""An IAM policy document: JSON text, or the map that such a text stands for."""


@dataclass(kw_only=True)
class _RoleArgs:
    policies: Mapping[str, Input[PolicyDocument]] = field(default_factory=dict)
    """Inline policies of the role, by their names in IAM."""
    policy_arns: Mapping[str, Input[str]] = field(default_factory=dict)
    """ARNs of managed policies to attach, each under a name of your own, by which Pulumi tells them apart.

    Keep an ARN under its name. Under another name it is attached first, and then detached together with the old name:
    `pulumi refresh` and another `pulumi up` attach it again.
    """


@dataclass(kw_only=True)
class CloudFormationRoleArgs(_RoleArgs):
    """What a role may do that Proton assumes to provision with CloudFormation: nothing but what is said here."""

    stack_access: bool = False
    """Add an inline policy that lets Proton work with its own CloudFormation stacks, those named `AWSProton-*`, by the
    actions that AWS documents. Proton needs it; by itself it allows no resource in these stacks."""
    cloudformation_administrator_policy: bool = False
    """Add the policy that AWS documents for provisioning with CloudFormation.

    It makes the role an administrator in effect: through CloudFormation it allows everything but organizations and
    accounts, so whoever may register a Proton template may do all of that in the environment account (AWS's own
    documentation says so, and recommends less). Say less with `policies` and `policy_arns`.
    """


@dataclass(kw_only=True)
class CodeBuildRoleArgs(_RoleArgs):
    """What the role may do that CodeBuild assumes to provision for Proton."""

    basic_access: bool = True
    """Attach AWS's managed policy `AWSProtonCodeBuildProvisioningBasicAccess`, which a build needs to write its log
    and to report its end to Proton (documented by AWS). By itself it allows no provisioning."""


# What a program says of each role is part of the type, so that a type checker knows which roles are made. What only a
# run can tell, such as a flag in the stack's config, is `bool`; so is everything of a plain `ServiceRoles` in a signature.
if TYPE_CHECKING:
    from typing_extensions import TypeVar  # its default= came to Python itself in 3.13

    Role_co = TypeVar("Role_co", covariant=True, default=CloudFormationRoleArgs | bool)
    ComponentRole_co = TypeVar("ComponentRole_co", covariant=True, default=CloudFormationRoleArgs | bool)
    CodeBuildRole_co = TypeVar("CodeBuildRole_co", covariant=True, default=CodeBuildRoleArgs | bool)
else:
    Role_co = PlainTypeVar("Role_co", covariant=True)
    ComponentRole_co = PlainTypeVar("ComponentRole_co", covariant=True)
    CodeBuildRole_co = PlainTypeVar("CodeBuildRole_co", covariant=True)

# One for each role, of which the first that fits is taken: with a bound, Pyright takes False for any bool.
Role = PlainTypeVar(
    "Role", Literal[True], Literal[False], CloudFormationRoleArgs, bool, CloudFormationRoleArgs | bool
)
ComponentRole = PlainTypeVar(
    "ComponentRole",
    Literal[True],
    Literal[False],
    CloudFormationRoleArgs,
    bool,
    CloudFormationRoleArgs | bool,
)
CodeBuildRole = PlainTypeVar(
    "CodeBuildRole", Literal[True], Literal[False], CodeBuildRoleArgs, bool, CodeBuildRoleArgs | bool
)


@dataclass(kw_only=True)
class ServiceRolesArgs(Generic[Role_co, ComponentRole_co, CodeBuildRole_co]):
    """The arguments of `ServiceRoles` as one object."""

    management_account_id: Input[str]
    """The account that runs Proton: twelve digits, as text."""
    environment_account_id: Input[str] | None = None
    """The account that the roles are made in: twelve digits, as text. Unless it is given, AWS is asked (STS, at
    preview too) whose the credentials of the component's provider are. It is not known at a preview at which that
    provider is not known."""
    role: CloudFormationRoleArgs | bool = True
    """The role for CloudFormation provisioning. True: it is made without permissions, for you to attach some;
    False: it is not made."""
    component_role: CloudFormationRoleArgs | bool = True
    """The role for directly defined components; True and False as for `role`."""
    codebuild_role: CodeBuildRoleArgs | bool = True
    """The role for CodeBuild provisioning. True: it is made with basic access; False: it is not made."""
    path: Input[str] | None = None
    """The IAM path of the roles, such as `/proton/`: it begins and ends with a slash (documented by AWS). A change
    replaces them."""
    name_prefix: Input[str] | None = None
    """What the roles' names begin with, at most 25 characters: `acme-` makes names such as `acme-component-…`. Unless
    it is given, Pulumi names them after the component. A change replaces them.

    Do not fix a role's whole name by a transformation. pulumi-aws deletes a role of a fixed name before it makes the
    replacement, so the connection would name a deleted role meanwhile.
    """
    permissions_boundary: Input[str] | None = None
    """The ARN of the policy that bounds what the roles may do."""
    tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the roles. No key begins with `aws:`; keys and values hold letters, digits, spaces and `_.:/=+-@`, at most
    128 and 256 characters of them (documented by AWS)."""
    max_session_duration: Input[int] | None = None
    """How long a session of a role may last at most, in seconds: 3,600 (unless given) to 43,200 (documented by AWS)."""

    if TYPE_CHECKING:

        def __init__(
            self: ServiceRolesArgs[Role, ComponentRole, CodeBuildRole],
            *,
            management_account_id: Input[str],
            environment_account_id: Input[str] | None = None,
            role: Role = True,  # type: ignore[assignment]  # where it is left out, Pyright takes its type from here
            component_role: ComponentRole = True,  # type: ignore[assignment]
            codebuild_role: CodeBuildRole = True,  # type: ignore[assignment]
            path: Input[str] | None = None,
            name_prefix: Input[str] | None = None,
            permissions_boundary: Input[str] | None = None,
            tags: Input[Mapping[str, Input[str]]] | None = None,
            max_session_duration: Input[int] | None = None,
        ) -> None: ...


KINDS: Final[Mapping[str, type[_RoleArgs]]] = {
    "role": CloudFormationRoleArgs,
    "component_role": CloudFormationRoleArgs,
    "codebuild_role": CodeBuildRoleArgs,
}
"""The three roles, and the arguments of each."""

PATH: Final = re.compile(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)")
PATH_LENGTH: Final = 512
_TAG_CHARACTERS: Final = "_.:/=+-@"


def problem_with_role(wanted: object, kind: type[_RoleArgs]) -> str | None:
    """What is wrong with an argument for a role, or None."""
    if isinstance(wanted, bool):
        return None
    if not isinstance(wanted, kind):
        return f"must be True, False or {kind.__name__}(…); it is {wanted!r}"
    for name, value in (("policies", wanted.policies), ("policy_arns", wanted.policy_arns)):
        if not isinstance(value, Mapping):
            return f"must have {name} as a map, each under a name of your own; they are {value!r}"
    return None


def problem_with_path(value: object) -> str | None:
    """What IAM would not accept of `value` as the path of a role, or None (read off IAM's service model)."""
    if not isinstance(value, str) or not PATH.fullmatch(value):
        return f"must begin and end with a slash, with no space in it, such as /proton/; it is {value!r}"
    if len(value) > PATH_LENGTH:
        return f"must have at most {PATH_LENGTH} characters; this has {len(value)}"
    return None


def problem_with_tags(tags: object) -> str | None:
    """What IAM would not accept of `tags` as those of a role, or None (read off IAM's service model, `aws:` documented)."""
    if not isinstance(tags, Mapping):
        return f"must be a map of strings; they are {tags!r}"
    if problem := rules.problem_with_tags(tags):
        return f"are wrong: {problem}"
    for text in (text for tag in tags.items() for text in tag):
        if wrong := [letter for letter in text if not _may_be_in_tags(letter)]:
            return f"may hold letters, digits, spaces and {_TAG_CHARACTERS} only; {text!r} has {wrong[0]!r}"
    return None


def _may_be_in_tags(letter: str) -> bool:
    return letter in _TAG_CHARACTERS or category(letter)[0] in "LNZ"

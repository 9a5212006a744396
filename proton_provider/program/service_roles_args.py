"""The arguments of `ServiceRoles`, and their checks before any role is created."""

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
"""An IAM policy document, as a JSON string or as a map."""


@dataclass(kw_only=True)
class _RoleArgs:
    policies: Mapping[str, Input[PolicyDocument]] = field(default_factory=dict)
    """Inline policies of the role, by their names in IAM."""
    policy_arns: Mapping[str, Input[str]] = field(default_factory=dict)
    """ARNs of managed policies to attach. Choose a name for each; Pulumi uses it in the name of the attachment.

    Do not change the name of an ARN. Pulumi would attach the policy under the new name first, and then detach it under
    the old one, so that it is not attached. `pulumi refresh` and another `pulumi up` attach it again.
    """


@dataclass(kw_only=True)
class CloudFormationRoleArgs(_RoleArgs):
    """The permissions of a role that Proton assumes to provision with CloudFormation. By default it has none."""

    stack_access: bool = False
    """Add an inline policy for Proton's own CloudFormation stacks, which are named `AWSProton-*`, with the actions that
    [AWS documents](https://docs.aws.amazon.com/proton/latest/userguide/security_iam_service-role-policy-examples.html). Proton needs it. It does not allow any resource in these stacks."""
    cloudformation_administrator_policy: bool = False
    """Add the policy that [AWS documents](https://docs.aws.amazon.com/proton/latest/userguide/security_iam_service-role-policy-examples.html) for provisioning with CloudFormation.

    It makes the role an administrator in effect: through CloudFormation it allows every action except those on
    organizations and accounts. Whoever can register a Proton template can do all of that in the environment account.
    [AWS's documentation](https://docs.aws.amazon.com/proton/latest/userguide/security_iam_service-role-policy-examples.html) says so, and recommends fewer permissions. Use `policies` and `policy_arns` for fewer permissions.
    """


@dataclass(kw_only=True)
class CodeBuildRoleArgs(_RoleArgs):
    """The permissions of the role that CodeBuild assumes to provision for Proton."""

    basic_access: bool = True
    """Attach AWS's managed policy `AWSProtonCodeBuildProvisioningBasicAccess`. A build needs it to write its log and to
    report its result to Proton ([documented by AWS](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSProtonCodeBuildProvisioningBasicAccess.html)). It does not allow any provisioning."""


# The argument for each role is part of the type, so that a type checker knows which roles are created. A value that only
# a run knows, such as a flag in the stack's config, is `bool`. In a plain `ServiceRoles` all three are `bool` too.
if TYPE_CHECKING:
    from typing_extensions import TypeVar  # its default= came to Python itself in 3.13

    Role_co = TypeVar("Role_co", covariant=True, default=CloudFormationRoleArgs | bool)
    ComponentRole_co = TypeVar("ComponentRole_co", covariant=True, default=CloudFormationRoleArgs | bool)
    CodeBuildRole_co = TypeVar("CodeBuildRole_co", covariant=True, default=CodeBuildRoleArgs | bool)
else:
    Role_co = PlainTypeVar("Role_co", covariant=True)
    ComponentRole_co = PlainTypeVar("ComponentRole_co", covariant=True)
    CodeBuildRole_co = PlainTypeVar("CodeBuildRole_co", covariant=True)

# A type checker takes the first type that fits. These are no bounds, because Pyright would accept False as any bool.
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
    """The account that runs Proton: twelve digits, as a string."""
    environment_account_id: Input[str] | None = None
    """The account that the roles are created in: twelve digits, as a string. The default is the account of the
    component's provider: STS is called for it, also at preview. At a preview it is unknown if that provider is unknown."""
    role: CloudFormationRoleArgs | bool = True
    """The role for CloudFormation provisioning. True creates it without permissions; attach them yourself. False does
    not create it."""
    component_role: CloudFormationRoleArgs | bool = True
    """The role for directly defined components; True and False as for `role`."""
    codebuild_role: CodeBuildRoleArgs | bool = True
    """The role for CodeBuild provisioning. True creates it with basic access. False does not create it."""
    path: Input[str] | None = None
    """The IAM path of the roles, such as `/proton/`. It begins and ends with a slash ([documented by AWS](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html)). A change
    replaces the roles."""
    name_prefix: Input[str] | None = None
    """The beginning of the roles' names, at most 25 characters: `acme-` gives names such as `acme-component-…`. By
    default Pulumi names the roles after the component. A change replaces the roles.

    Do not set a role's whole name in a transformation. pulumi-aws deletes a role with a fixed name before it creates the
    replacement, so for a time the connection would name a deleted role.
    """
    permissions_boundary: Input[str] | None = None
    """The ARN of the policy that is the permissions boundary of the roles."""
    tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the roles. No key begins with `aws:`; keys and values hold letters, digits, spaces and `_.:/=+-@`, at most
    128 and 256 characters of them ([documented by AWS](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html))."""
    max_session_duration: Input[int] | None = None
    """The longest session of a role, in seconds: 3,600 (the default) to 43,200 ([documented by AWS](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html))."""

    if TYPE_CHECKING:

        def __init__(
            self: ServiceRolesArgs[Role, ComponentRole, CodeBuildRole],
            *,
            management_account_id: Input[str],
            environment_account_id: Input[str] | None = None,
            role: Role = True,  # type: ignore[assignment]  # Pyright takes the type of a missing argument from here
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
"""The arguments for the three roles, and their types."""

PATH: Final = re.compile(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)")
PATH_LENGTH: Final = 512
_TAG_CHARACTERS: Final = "_.:/=+-@"


def problem_with_role(wanted: object, kind: type[_RoleArgs]) -> str | None:
    """The problem with an argument for a role, or None."""
    if isinstance(wanted, bool):
        return None
    if not isinstance(wanted, kind):
        return f"must be True, False or {kind.__name__}(…); it is {wanted!r}"
    for name, value in (("policies", wanted.policies), ("policy_arns", wanted.policy_arns)):
        if not isinstance(value, Mapping):
            return f"must have {name} as a map, each under a name of your own; they are {value!r}"
    return None


def problem_with_path(value: object) -> str | None:
    """The problem with `value` as a role's path, or None (read off IAM's service model)."""
    if not isinstance(value, str) or not PATH.fullmatch(value):
        return f"must begin and end with a slash, with no space in it, such as /proton/; it is {value!r}"
    if len(value) > PATH_LENGTH:
        return f"must have at most {PATH_LENGTH} characters; this has {len(value)}"
    return None


def problem_with_tags(tags: object) -> str | None:
    """The problem with `tags` as a role's tags, or None (read off IAM's service model; `aws:` is documented)."""
    if not isinstance(tags, Mapping):
        return f"must be a map of strings; they are {tags!r}"
    if problem := rules.problem_with_tag_map(tags):
        return f"are wrong: {problem}"
    for text in (text for tag in rules.as_tags(tags).items() for text in tag):
        if wrong := [letter for letter in text if not _may_be_in_tags(letter)]:
            return f"may hold letters, digits, spaces and {_TAG_CHARACTERS} only; {text!r} has {wrong[0]!r}"
    return None


def _may_be_in_tags(letter: str) -> bool:
    return letter in _TAG_CHARACTERS or category(letter)[0] in "LNZ"

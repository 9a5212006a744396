"""`ServiceRoles`: the IAM roles of a connection, with the trust policies that AWS documents for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar, overload

import pulumi_aws as aws
from pulumi import UNKNOWN, ComponentResource, Input, InvokeOutputOptions, Output, ResourceOptions
from pulumi.runtime import is_dry_run

from proton_provider import rules
from proton_provider.program import policy_documents
from proton_provider.program.arguments import read_arguments
from proton_provider.program.policy_documents import RoleScope
from proton_provider.program.service_roles_args import (
    KINDS,
    CloudFormationRoleArgs,
    CodeBuildRole,
    CodeBuildRole_co,
    CodeBuildRoleArgs,
    ComponentRole,
    ComponentRole_co,
    PolicyDocument,
    Role,
    Role_co,
    ServiceRolesArgs,
    problem_with_path,
    problem_with_role,
    problem_with_tags,
)

T = TypeVar("T")
_NotCreated: TypeAlias = Literal[False]
_Created: TypeAlias = Literal[True] | CloudFormationRoleArgs | CodeBuildRoleArgs


class _RoleAttribute(Protocol[T]):
    """The type of an attribute of the CloudFormation role: None only if the role may not be created."""

    @overload
    def __get__(self, component: ServiceRoles[_NotCreated, Any, Any], owner: object) -> None: ...
    @overload
    def __get__(self, component: ServiceRoles[_Created, Any, Any], owner: object) -> T: ...
    @overload
    def __get__(self, component: ServiceRoles[Any, Any, Any], owner: object) -> T | None: ...
    def __set__(self, component: Any, value: T | None) -> None: ...


class _ComponentRoleAttribute(Protocol[T]):
    """The same for the role for directly defined components."""

    @overload
    def __get__(self, component: ServiceRoles[Any, _NotCreated, Any], owner: object) -> None: ...
    @overload
    def __get__(self, component: ServiceRoles[Any, _Created, Any], owner: object) -> T: ...
    @overload
    def __get__(self, component: ServiceRoles[Any, Any, Any], owner: object) -> T | None: ...
    def __set__(self, component: Any, value: T | None) -> None: ...


class _CodeBuildRoleAttribute(Protocol[T]):
    """The same for the CodeBuild role."""

    @overload
    def __get__(self, component: ServiceRoles[Any, Any, _NotCreated], owner: object) -> None: ...
    @overload
    def __get__(self, component: ServiceRoles[Any, Any, _Created], owner: object) -> T: ...
    @overload
    def __get__(self, component: ServiceRoles[Any, Any, Any], owner: object) -> T | None: ...
    def __set__(self, component: Any, value: T | None) -> None: ...


class ServiceRoles(ComponentResource, Generic[Role_co, ComponentRole_co, CodeBuildRole_co]):
    """The IAM roles of an environment account connection, created in the environment account.

    Proton assumes `role` and `component_role`. CodeBuild assumes `codebuild_role`.

    The trust policies of the first two roles have the conditions `aws:SourceAccount` and `aws:SourceArn`, which AWS
    [documents](https://docs.aws.amazon.com/proton/latest/userguide/security_iam_service-role-policy-examples.html) against the confused deputy. They allow Proton only for environments of the management account or of the
    environment account. AWS does not document which of the two accounts the conditions mean, so they name both. The
    trust policy of the CodeBuild role has no condition, as AWS documents it there.

    If the default pulumi-aws provider is not that of the environment account, give the right provider in `opts`.

    If a change replaces the roles, the old roles keep their policies until the resources that use their ARNs are updated.
    """

    role: _RoleAttribute[aws.iam.Role]
    """The role for CloudFormation provisioning; None if it is not created."""
    component_role: _ComponentRoleAttribute[aws.iam.Role]
    """The role for directly defined components; None if it is not created."""
    codebuild_role: _CodeBuildRoleAttribute[aws.iam.Role]
    """The role for CodeBuild provisioning; None if it is not created."""
    role_arn: _RoleAttribute[Output[str]]
    """The ARN of `role`. A resource that uses it waits for the role's policies too, and is destroyed before them."""
    component_role_arn: _ComponentRoleAttribute[Output[str]]
    """The ARN of `component_role`; it waits as `role_arn` does."""
    codebuild_role_arn: _CodeBuildRoleAttribute[Output[str]]
    """The ARN of `codebuild_role`; it waits as `role_arn` does."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: ServiceRolesArgs[Role_co, ComponentRole_co, CodeBuildRole_co],
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: ServiceRoles[Role, ComponentRole, CodeBuildRole],
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        management_account_id: Input[str],
        environment_account_id: Input[str] | None = None,
        role: Role = True,  # type: ignore[assignment]  # as in ServiceRolesArgs
        component_role: ComponentRole = True,  # type: ignore[assignment]
        codebuild_role: CodeBuildRole = True,  # type: ignore[assignment]
        path: Input[str] | None = None,
        name_prefix: Input[str] | None = None,
        permissions_boundary: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        max_session_duration: Input[int] | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *positional: Any, **named: Any) -> None:
        """Declare the roles, with `ServiceRolesArgs(…)` or with its members as keyword arguments.

        Raises `TypeError` for arguments of another form, and `ValueError` for values that IAM or Proton would refuse.
        """
        args, opts = read_arguments(ServiceRolesArgs, positional, named)
        of_this = f"of ServiceRoles {resource_name!r}"
        for role, kind in KINDS.items():
            if problem := problem_with_role(getattr(args, role), kind):
                raise TypeError(f"{role} {of_this} {problem}.")
        self._path = _check(f"path {of_this}", args.path, problem_with_path)
        tags = args.tags.apply(rules.as_tags) if isinstance(args.tags, Output) else rules.as_tags(args.tags)
        self._tags = _check(f"tags {of_this}", tags, problem_with_tags)
        super().__init__("proton:index:ServiceRoles", resource_name, None, opts)
        self._args = args
        invoke_options = InvokeOutputOptions(parent=self)
        environment_account: Input[str] | None = args.environment_account_id
        if environment_account is None:
            environment_account = _unknown_if_none(
                aws.get_caller_identity_output(opts=invoke_options).account_id
            )
        scope: Output[RoleScope] = Output.all(
            _unknown_if_none(aws.get_partition_output(opts=invoke_options).partition),
            _checked_account(f"environment_account_id {of_this}", environment_account),
            _checked_account(f"management_account_id {of_this}", args.management_account_id),
        ).apply(lambda values: RoleScope(*values))
        self.role, self.role_arn = self._cloudformation("provisioning", args.role, scope)
        self.component_role, self.component_role_arn = self._cloudformation(
            "component", args.component_role, scope
        )
        self.codebuild_role, self.codebuild_role_arn = self._codebuild(args.codebuild_role, scope)
        self.register_outputs(
            {
                "roleArn": self.role_arn,
                "componentRoleArn": self.component_role_arn,
                "codebuildRoleArn": self.codebuild_role_arn,
            }
        )

    def _cloudformation(
        self, job: str, wanted: CloudFormationRoleArgs | bool, scope: Output[RoleScope]
    ) -> tuple[aws.iam.Role | None, Output[str] | None]:
        if wanted is False:
            return None, None
        args = CloudFormationRoleArgs() if wanted is True else wanted
        policies = dict(args.policies)
        if args.stack_access:
            policies["cloudformation-stacks"] = scope.apply(policy_documents.stack_access)
        if args.cloudformation_administrator_policy:
            policies["cloudformation-administrator"] = scope.apply(
                policy_documents.administrator_through_cloudformation
            )
        return self._create_role(
            job, scope.apply(policy_documents.trust_in_proton), policies, args.policy_arns
        )

    def _codebuild(
        self, wanted: CodeBuildRoleArgs | bool, scope: Output[RoleScope]
    ) -> tuple[aws.iam.Role | None, Output[str] | None]:
        if wanted is False:
            return None, None
        args = CodeBuildRoleArgs() if wanted is True else wanted
        policy_arns = dict(args.policy_arns)
        if args.basic_access:
            policy_arns["basic-access"] = scope.apply(policy_documents.basic_access)
        return self._create_role(
            "codebuild", policy_documents.trust_in_codebuild(), args.policies, policy_arns
        )

    def _create_role(
        self,
        job: str,
        trust: Input[str],
        policies: Mapping[str, Input[PolicyDocument]],
        policy_arns: Mapping[str, Input[str]],
    ) -> tuple[aws.iam.Role, Output[str]]:
        """Create a role with its policies. The ARN is an output that waits for the policies."""
        name, args = f"{self.pulumi_resource_name}-{job}", self._args
        prefix = args.name_prefix
        role = aws.iam.Role(
            name,
            assume_role_policy=trust,
            description=_DESCRIPTIONS[job],
            path=self._path,
            name_prefix=None if prefix is None else Output.concat(prefix, job, "-"),
            permissions_boundary=args.permissions_boundary,
            tags=self._tags,
            max_session_duration=args.max_session_duration,
            opts=ResourceOptions(parent=self),
        )
        # By default pulumi-aws removes a policy from the old role before it adds the replacement to the new role. The
        # connection still names the old role then. The policies are on two roles, so creating first is safe.
        policy_options = ResourceOptions(parent=self, delete_before_replace=False)
        inline = [
            aws.iam.RolePolicy(
                f"{name}-{key}", role=role.name, name=key, policy=_as_json(policy), opts=policy_options
            )
            for key, policy in policies.items()
        ]
        attached = [
            aws.iam.RolePolicyAttachment(f"{name}-{key}", role=role.name, policy_arn=arn, opts=policy_options)
            for key, arn in policy_arns.items()
        ]
        # A preview knows URNs but not new ids. With URNs, the ARN stays known when a policy changes.
        policy_urns = [policy.urn for policy in (*inline, *attached)]
        arn: Output[str] = Output.all(role.arn, *policy_urns).apply(lambda values: values[0])
        return role, arn


_DESCRIPTIONS: Final = {
    "provisioning": "AWS Proton provisions with CloudFormation",
    "component": "AWS Proton provisions directly defined components",
    "codebuild": "CodeBuild provisions for AWS Proton",
}


def _check(name: str, value: Any, problem_with: Callable[[object], str | None]) -> Any:
    """The value after its check. The check of an output runs when its value is known.

    Raises `ValueError` for an invalid value.
    """

    def checked(known: Any) -> Any:
        if problem := problem_with(known):
            raise ValueError(f"{name} {problem}.")
        return known

    if value is None:
        return None
    if isinstance(value, Output):
        return value.apply(checked)
    if isinstance(value, Mapping):
        # It stays a map, so that transformations can add to it. AWS checks values that are not known yet.
        checked({key: "" if isinstance(item, Output) else item for key, item in value.items()})
        return value
    return checked(value)


def _unknown_if_none(value: Output[T]) -> Output[T]:
    """The result of a pulumi-aws function. If a preview does not know its provider, the engine returns None for unknown."""

    def known(answer: T) -> Any:
        return UNKNOWN if answer is None else answer

    return value.apply(known)


def _checked_account(name: str, account_id: Input[str]) -> Output[str]:
    """The account id after its check. A wrong id in a trust policy would show only when Proton assumes the role."""

    def checked(value: str | None) -> Any:
        if value is None and isinstance(account_id, Output) and is_dry_run():
            return UNKNOWN  # it may come from a pulumi-aws function too
        if problem := rules.problem_with_account_id(value):
            raise ValueError(f"{name} {problem}; it is {value!r}.")
        return value

    return Output.from_input(account_id).apply(checked)


def _as_json(document: Input[PolicyDocument]) -> Output[str]:
    """A policy document as a JSON string. pulumi-aws also accepts maps, but the SDK would rename their keys."""
    return Output.from_input(document).apply(
        lambda known: known if isinstance(known, str) else json.dumps(known)
    )

"""`ServiceRoles`: the IAM roles of a connection, with the trust policies that AWS documents for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, overload

import pulumi_aws as aws
from pulumi import ComponentResource, Input, InvokeOutputOptions, Output, ResourceOptions

from proton_provider import rules
from proton_provider.arguments import arguments

PolicyDocument: TypeAlias = str | Mapping[str, Any]
"""An IAM policy document: JSON text, or the map that such a text stands for."""


@dataclass(kw_only=True)
class _RoleArgs:
    policies: Mapping[str, Input[PolicyDocument]] = field(default_factory=dict)
    """Inline policies of the role, by their names in IAM."""
    policy_arns: Mapping[str, Input[str]] = field(default_factory=dict)
    """ARNs of managed policies to attach, each under a name of your own, by which Pulumi tells them apart."""


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


@dataclass(kw_only=True)
class ServiceRolesArgs:
    """The arguments of `ServiceRoles` as one object."""

    management_account_id: Input[str]
    """The account that runs Proton: twelve digits, as text."""
    environment_account_id: Input[str] | None = None
    """The account that the roles are made in: twelve digits, as text. Unless it is given, AWS is asked (STS, at
    preview too) whose the credentials of the component's provider are."""
    role: CloudFormationRoleArgs | bool = True
    """The role for CloudFormation provisioning. True: it is made without permissions, for you to attach some;
    False: it is not made."""
    component_role: CloudFormationRoleArgs | bool = True
    """The role for directly defined components; True and False as for `role`."""
    codebuild_role: CodeBuildRoleArgs | bool = True
    """The role for CodeBuild provisioning. True: it is made with basic access; False: it is not made."""
    path: Input[str] | None = None
    """The IAM path of the roles, such as `/proton/`. A change replaces them."""
    name_prefix: Input[str] | None = None
    """What the roles' names begin with, at most 25 characters: `acme-` makes names such as `acme-component-…`. Unless
    it is given, Pulumi names them after the component. A change replaces them."""
    permissions_boundary: Input[str] | None = None
    """The ARN of the policy that bounds what the roles may do."""
    tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the roles."""
    max_session_duration: Input[int] | None = None
    """How long a session of a role may last at most, in seconds: 3,600 (unless given) to 43,200 (documented by AWS)."""


class ServiceRoles(ComponentResource):
    """The roles of an environment account connection, made in the environment account.

    Proton assumes `role` and `component_role`, CodeBuild assumes `codebuild_role`. The trust policies of the first two
    let Proton in only on behalf of an environment of the management account or of the environment account: AWS documents
    these conditions (`aws:SourceAccount`, `aws:SourceArn`) against the confused deputy, but not which account they mean
    where an environment lives in another account, so they name both. The trust policy of the CodeBuild role has no
    condition, as AWS documents it.

    Where the environment account is not that of the default pulumi-aws provider, give its provider in `opts`.
    """

    role: aws.iam.Role | None
    """The role for CloudFormation provisioning; None where it is not made."""
    component_role: aws.iam.Role | None
    """The role for directly defined components; None where it is not made."""
    codebuild_role: aws.iam.Role | None
    """The role for CodeBuild provisioning; None where it is not made."""
    role_arn: Output[str] | None
    """The ARN of `role`. Whatever takes it waits for the role's policies too, and is destroyed before them."""
    component_role_arn: Output[str] | None
    """The ARN of `component_role`; it waits as `role_arn` does."""
    codebuild_role_arn: Output[str] | None
    """The ARN of `codebuild_role`; it waits as `role_arn` does."""

    @overload
    def __init__(
        self, resource_name: str, args: ServiceRolesArgs, opts: ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        management_account_id: Input[str],
        environment_account_id: Input[str] | None = None,
        role: CloudFormationRoleArgs | bool = True,
        component_role: CloudFormationRoleArgs | bool = True,
        codebuild_role: CodeBuildRoleArgs | bool = True,
        path: Input[str] | None = None,
        name_prefix: Input[str] | None = None,
        permissions_boundary: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        max_session_duration: Input[int] | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *positional: Any, **named: Any) -> None:
        args, opts = arguments(ServiceRolesArgs, positional, named)
        for role, kind in _KINDS.items():
            if problem := _problem_with_role(getattr(args, role), kind):
                raise TypeError(f"{role} of ServiceRoles {resource_name!r} {problem}.")
        super().__init__("proton:index:ServiceRoles", resource_name, None, opts)
        self._name = resource_name
        self._args = args
        of_component = InvokeOutputOptions(parent=self)
        environment_account: Input[str] | None = args.environment_account_id
        if environment_account is None:
            environment_account = aws.get_caller_identity_output(opts=of_component).account_id
        where: Output[_Where] = Output.all(
            aws.get_partition_output(opts=of_component).partition,
            _account(f"environment_account_id of ServiceRoles {resource_name!r}", environment_account),
            _account(f"management_account_id of ServiceRoles {resource_name!r}", args.management_account_id),
        ).apply(lambda values: _Where(*values))
        self.role, self.role_arn = self._cloudformation("provisioning", args.role, where)
        self.component_role, self.component_role_arn = self._cloudformation(
            "component", args.component_role, where
        )
        self.codebuild_role, self.codebuild_role_arn = self._codebuild(args.codebuild_role, where)
        self.register_outputs(
            {
                "roleArn": self.role_arn,
                "componentRoleArn": self.component_role_arn,
                "codebuildRoleArn": self.codebuild_role_arn,
            }
        )

    def _cloudformation(
        self, job: str, wanted: CloudFormationRoleArgs | bool, where: Output[_Where]
    ) -> tuple[aws.iam.Role | None, Output[str] | None]:
        if wanted is False:
            return None, None
        args = CloudFormationRoleArgs() if wanted is True else wanted
        policies = dict(args.policies)
        if args.stack_access:
            policies["cloudformation-stacks"] = where.apply(lambda where: _document(_stack_access(where)))
        if args.cloudformation_administrator_policy:
            policies["cloudformation-administrator"] = where.apply(
                lambda where: _document(_stack_access(where), *_ADMINISTRATOR_THROUGH_CLOUDFORMATION)
            )
        return self._made(job, where.apply(_trust_in_proton), policies, args.policy_arns)

    def _codebuild(
        self, wanted: CodeBuildRoleArgs | bool, where: Output[_Where]
    ) -> tuple[aws.iam.Role | None, Output[str] | None]:
        if wanted is False:
            return None, None
        args = CodeBuildRoleArgs() if wanted is True else wanted
        policy_arns = dict(args.policy_arns)
        if args.basic_access:
            policy_arns["basic-access"] = where.apply(
                lambda where: f"arn:{where.partition}:iam::aws:policy/{BASIC_ACCESS}"
            )
        return self._made("codebuild", _trust("codebuild.amazonaws.com"), args.policies, policy_arns)

    def _made(
        self,
        job: str,
        trust: Input[str],
        policies: Mapping[str, Input[PolicyDocument]],
        policy_arns: Mapping[str, Input[str]],
    ) -> tuple[aws.iam.Role, Output[str]]:
        """A role with its policies, and its ARN as an output that waits for these."""
        name, args, here = f"{self._name}-{job}", self._args, ResourceOptions(parent=self)
        prefix = args.name_prefix
        role = aws.iam.Role(
            name,
            assume_role_policy=trust,
            description=_DESCRIPTIONS[job],
            path=args.path,
            name_prefix=None if prefix is None else Output.concat(prefix, job, "-"),
            permissions_boundary=args.permissions_boundary,
            tags=args.tags,
            max_session_duration=args.max_session_duration,
            opts=here,
        )
        inline = [
            aws.iam.RolePolicy(f"{name}-{key}", role=role.name, name=key, policy=_text(policy), opts=here)
            for key, policy in policies.items()
        ]
        attached = [
            aws.iam.RolePolicyAttachment(f"{name}-{key}", role=role.name, policy_arn=arn, opts=here)
            for key, arn in policy_arns.items()
        ]
        # A URN is known at preview where an id is not, so a change of a policy leaves the ARN known there.
        in_place = [policy.urn for policy in (*inline, *attached)]
        arn: Output[str] = Output.all(role.arn, *in_place).apply(lambda values: values[0])
        return role, arn


BASIC_ACCESS: Final = "AWSProtonCodeBuildProvisioningBasicAccess"
"""AWS's managed policy for the CodeBuild role (documented by AWS)."""

_DESCRIPTIONS: Final = {
    "provisioning": "AWS Proton provisions with CloudFormation",
    "component": "AWS Proton provisions directly defined components",
    "codebuild": "CodeBuild provisions for AWS Proton",
}


_KINDS: Final[Mapping[str, type[_RoleArgs]]] = {
    "role": CloudFormationRoleArgs,
    "component_role": CloudFormationRoleArgs,
    "codebuild_role": CodeBuildRoleArgs,
}


def _problem_with_role(wanted: object, kind: type[_RoleArgs]) -> str | None:
    if isinstance(wanted, bool):
        return None
    if not isinstance(wanted, kind):
        return f"must be True, False or {kind.__name__}(…); it is {wanted!r}"
    for name, value in (("policies", wanted.policies), ("policy_arns", wanted.policy_arns)):
        if not isinstance(value, Mapping):
            return f"must have {name} as a map, each under a name of your own; they are {value!r}"
    return None


@dataclass(frozen=True)
class _Where:
    partition: str
    environment_account: str
    management_account: str


def _account(name: str, account_id: Input[str]) -> Output[str]:
    """The account's id, once it is known to be one: a wrong one would only show when Proton is refused."""

    def checked(value: str) -> str:
        if problem := rules.problem_with_account_id(value):
            raise ValueError(f"{name} {problem}; it is {value!r}.")
        return value

    return Output.from_input(account_id).apply(checked)


def _trust_in_proton(where: _Where) -> str:
    """Who may assume the first two roles: Proton, on behalf of an environment of one of the accounts."""
    accounts = sorted({where.environment_account, where.management_account})
    return _trust(
        "proton.amazonaws.com",
        {
            "StringEquals": {"aws:SourceAccount": accounts},
            "ArnLike": {
                "aws:SourceArn": [
                    f"arn:{where.partition}:proton:*:{account}:environment/*" for account in accounts
                ]
            },
        },
    )


def _trust(service: str, condition: Mapping[str, Any] | None = None) -> str:
    """A trust policy that lets an AWS service assume the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return _document({**statement, "Condition": condition} if condition else statement)


def _stack_access(where: _Where) -> Mapping[str, Any]:
    """The statement that AWS documents for Proton's own CloudFormation stacks."""
    return {
        "Effect": "Allow",
        "Action": [f"cloudformation:{action}" for action in _STACK_ACTIONS],
        "Resource": f"arn:{where.partition}:cloudformation:*:{where.environment_account}:stack/AWSProton-*",
    }


_STACK_ACTIONS: Final = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeStackDriftDetectionStatus",
    "DescribeStackEvents",
    "DescribeStackResourceDrifts",
    "DescribeStacks",
    "DetectStackResourceDrift",
    "ExecuteChangeSet",
    "ListChangeSets",
    "ListStackResources",
    "UpdateStack",
)
"""What Proton does with its own stacks (documented by AWS)."""

_CALLED_VIA_CLOUDFORMATION: Final = {
    "ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}
}
_ADMINISTRATOR_THROUGH_CLOUDFORMATION: Final = (
    {
        "Effect": "Allow",
        "NotAction": ["organizations:*", "account:*"],
        "Resource": "*",
        "Condition": _CALLED_VIA_CLOUDFORMATION,
    },
    {
        "Effect": "Allow",
        "Action": ["organizations:DescribeOrganization", "account:ListRegions"],
        "Resource": "*",
        "Condition": _CALLED_VIA_CLOUDFORMATION,
    },
)
"""The statements that AWS documents for what the templates of Proton's stacks make."""


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _text(document: Input[PolicyDocument]) -> Output[str]:
    """A document as JSON text; pulumi-aws takes maps too, but the SDK would rename keys of theirs."""
    return Output.from_input(document).apply(
        lambda known: known if isinstance(known, str) else json.dumps(known)
    )

"""The types of `ServiceRoles` that users see: which of its roles may be None; read by type checkers alone."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from proton_provider import CloudFormationRoleArgs, CodeBuildRoleArgs, ServiceRoles, ServiceRolesArgs


def roles_that_the_defaults_make(account: Output[str]) -> None:
    roles = ServiceRoles("roles", management_account_id=account)
    assert_type(roles.role.name, Output[str])
    assert_type(roles.component_role, aws.iam.Role)
    assert_type(roles.codebuild_role, aws.iam.Role)
    assert_type(roles.role_arn, Output[str])
    assert_type(roles.component_role_arn, Output[str])
    assert_type(roles.codebuild_role_arn, Output[str])
    assert_type(ServiceRoles("roles", management_account_id="1").role.name, Output[str])


def roles_with_policies() -> None:
    roles = ServiceRoles(
        "roles",
        ResourceOptions(protect=True),
        management_account_id="111111111111",
        role=CloudFormationRoleArgs(stack_access=True),
        component_role=True,
        codebuild_role=CodeBuildRoleArgs(basic_access=False),
    )
    assert_type(roles.role, aws.iam.Role)
    assert_type(roles.component_role.arn, Output[str])
    assert_type(roles.codebuild_role_arn, Output[str])


def roles_that_are_switched_off() -> None:
    roles = ServiceRoles("roles", management_account_id="111111111111", role=False, codebuild_role=False)
    assert_type(roles.role, None)
    assert_type(roles.role_arn, None)
    assert_type(roles.component_role, aws.iam.Role)
    assert_type(roles.codebuild_role, None)
    assert_type(roles.codebuild_role_arn, None)


def arguments_as_one_object() -> None:
    made = ServiceRoles("roles", ServiceRolesArgs(management_account_id="111111111111"))
    assert_type(made.role.name, Output[str])
    assert_type(made.codebuild_role_arn, Output[str])
    args = ServiceRolesArgs(
        management_account_id="111111111111", role=CloudFormationRoleArgs(), component_role=False
    )
    some = ServiceRoles("roles", args=args, opts=ResourceOptions(protect=True))
    assert_type(some.role, aws.iam.Role)
    assert_type(some.component_role, None)


def roles_that_only_a_run_can_tell(wanted: bool, either: CloudFormationRoleArgs | bool) -> ServiceRoles:
    roles = ServiceRoles(
        "roles",
        management_account_id="111111111111",
        role=wanted,
        component_role=either,
        codebuild_role=False,
    )
    assert_type(roles.role, aws.iam.Role | None)
    assert_type(roles.role_arn, Output[str] | None)
    assert_type(roles.component_role, aws.iam.Role | None)
    return roles


def roles_of_a_signature(roles: ServiceRoles, args: ServiceRolesArgs) -> ServiceRoles:
    assert_type(roles.role, aws.iam.Role | None)
    assert_type(roles.codebuild_role_arn, Output[str] | None)
    assert_type(ServiceRoles("roles", args).role, aws.iam.Role | None)
    return ServiceRoles("roles", management_account_id="111111111111", component_role=False)


class HouseRoles(ServiceRoles):
    """A component of a user's own."""

    def __init__(self, name: str, account: str) -> None:
        super().__init__(name, management_account_id=account, component_role=False)


def roles_that_may_not_be_there(wanted: bool, roles: ServiceRoles) -> None:
    off = ServiceRoles("roles", management_account_id="111111111111", role=False)
    perhaps = ServiceRoles("roles", management_account_id="111111111111", role=wanted)
    of_args = ServiceRoles("roles", ServiceRolesArgs(management_account_id="111111111111", role=False))
    print(off.role.name)  # type: ignore[attr-defined]
    print(perhaps.role.name)  # type: ignore[union-attr]
    print(of_args.role.name)  # type: ignore[attr-defined]
    print(roles.role.name)  # type: ignore[union-attr]


def arguments_that_are_wrong() -> None:
    ServiceRoles("roles")  # type: ignore[call-overload]
    ServiceRoles("roles", management_account_id=111111111111)  # type: ignore[call-overload]
    ServiceRoles("roles", management_account_id="1", role="no")  # type: ignore[call-overload]
    ServiceRoles("roles", management_account_id="1", role=CodeBuildRoleArgs())  # type: ignore[call-overload]
    ServiceRolesArgs(management_account_id="1", codebuild_role=CloudFormationRoleArgs())  # type: ignore[type-var]

"""Creates connections for many environments in several accounts, from a table in the stack's config."""

import pulumi
import pulumi_aws as aws

from proton_provider import (
    AwsSettings,
    CloudFormationRoleArgs,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    ServiceRoles,
)

config = pulumi.Config()
management_account_id = config.require("managementAccountId")
environments: dict[str, str] = config.require_object("environments")  # name to account


def access_role(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{config.require('accessRole')}"


def settings(account_id: str) -> AwsSettings:
    return AwsSettings(assume_role_arn=access_role(account_id), allowed_account_ids=[account_id])


def service_roles(account_id: str) -> ServiceRoles:
    """The roles that all environments of an account share."""
    provider = aws.Provider(
        f"account-{account_id}",
        region=aws.config.region,
        allowed_account_ids=[account_id],
        assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=access_role(account_id))],
    )
    return ServiceRoles(
        f"roles-{account_id}",
        management_account_id=management_account_id,
        environment_account_id=account_id,
        role=CloudFormationRoleArgs(
            stack_access=True, policy_arns={"buckets": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}
        ),
        component_role=False,
        codebuild_role=False,
        opts=pulumi.ResourceOptions(provider=provider),
    )


def connect(environment_name: str, account_id: str, role_arn: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """Request and accept a connection. Returns its status."""
    connection = EnvironmentAccountConnection(
        environment_name,
        environment_name=environment_name,
        management_account_id=management_account_id,
        role_arn=role_arn,
        aws=settings(account_id),
    )
    accepter = EnvironmentAccountConnectionAccepter(
        environment_name, connection_id=connection.id, aws=settings(management_account_id)
    )
    return accepter.status


roles = {account_id: service_roles(account_id) for account_id in sorted(set(environments.values()))}
pulumi.export(
    "statuses",
    {
        name: connect(name, account_id, roles[account_id].role_arn)
        for name, account_id in environments.items()
    },
)

"""Creates the roles, requests the connection and accepts it: two accounts in one program."""

import pulumi

from proton_provider import (
    AwsSettings,
    CloudFormationRoleArgs,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    ServiceRoles,
)

config = pulumi.Config()
management_account_id = config.require("managementAccountId")

# The environment's templates may create buckets, and only through CloudFormation.
buckets = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
        }
    ],
}

roles = ServiceRoles(
    "roles",
    management_account_id=management_account_id,
    role=CloudFormationRoleArgs(stack_access=True, policies={"buckets": buckets}),
    component_role=False,
)

connection = EnvironmentAccountConnection(
    "connection",
    environment_name=config.require("environmentName"),
    management_account_id=management_account_id,
    role_arn=roles.role_arn,
    codebuild_role_arn=roles.codebuild_role_arn,
)

accepter = EnvironmentAccountConnectionAccepter(
    "accepter",
    connection_id=connection.id,
    aws=AwsSettings(assume_role_arn=config.require("managementRoleArn")),
)

pulumi.export("connectionArn", connection.arn)
pulumi.export("status", accepter.status)
pulumi.export("roleArn", connection.role_arn)
pulumi.export("codebuildRoleArn", connection.codebuild_role_arn)

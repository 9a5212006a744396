"""Finds a connection that somebody else requested, by its environment's name, and sets one of its roles."""

import pulumi

from proton_provider import (
    CodeBuildRoleArgs,
    EnvironmentAccountConnectionRoles,
    ServiceRoles,
    get_environment_account_connection,
)

connection = get_environment_account_connection(
    environment_name=pulumi.Config().require("environmentName"),
    statuses=["PENDING", "CONNECTED"],
)

roles = ServiceRoles(
    "roles",
    management_account_id=connection.management_account_id,
    role=False,
    component_role=False,
    codebuild_role=CodeBuildRoleArgs(policy_arns={"network": "arn:aws:iam::aws:policy/AmazonVPCFullAccess"}),
)

managed = EnvironmentAccountConnectionRoles(
    "connection-roles",
    connection_id=connection.id,
    codebuild_role_arn=roles.codebuild_role_arn,
    on_delete="restore",
)

pulumi.export("connectionId", connection.id)
pulumi.export("status", managed.status)
pulumi.export("codebuildRoleArn", managed.codebuild_role_arn)
pulumi.export("roleArn", managed.role_arn)  # not managed here: whatever the connection has

"""Three IAM roles made by pulumi-aws, and the Proton connection that uses them, in one stack."""

import json

import pulumi
import pulumi_aws as aws

from proton_provider import EnvironmentAccountConnectionRoles


def service_role(name: str, service: str) -> aws.iam.Role:
    """A role that an AWS service may assume."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    return aws.iam.Role(name, assume_role_policy=json.dumps(trust))


provisioning = service_role("provisioning", "proton.amazonaws.com")
component = service_role("component", "proton.amazonaws.com")
codebuild = service_role("codebuild", "codebuild.amazonaws.com")

roles = EnvironmentAccountConnectionRoles(
    "roles",
    connection_id=pulumi.Config().require("connectionId"),
    role_arn=provisioning.arn,
    component_role_arn=component.arn,
    codebuild_role_arn=codebuild.arn,
)

pulumi.export("connectionArn", roles.arn)
pulumi.export("status", roles.status)
pulumi.export("roleArn", roles.role_arn)
pulumi.export("componentRoleArn", roles.component_role_arn)
pulumi.export("codebuildRoleArn", roles.codebuild_role_arn)

"""Creates an environment in another account, with a component that has the account's provider."""

import pulumi
import pulumi_aws as aws
from proton_environment import ProtonEnvironment, tag_everything

config = pulumi.Config()
pulumi.runtime.register_stack_transformation(tag_everything({"cost-center": "platform"}))

account = aws.Provider(
    "payments-prod",
    region=config.require("region"),
    assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=config.require("deployerRoleArn"))],
)
environment = ProtonEnvironment(
    "payments-prod",
    management_account_id=config.require("managementAccountId"),
    opts=pulumi.ResourceOptions(provider=account),
)

pulumi.export("connectionId", environment.connection_id)

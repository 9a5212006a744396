"""Tests the component with Pulumi's mocks, without an engine: `python -m pytest`."""

from typing import Any

import pulumi
import pulumi_aws as aws
from proton_environment import ProtonEnvironment, tag_everything

DEPLOYER = "arn:aws:iam::222222222222:role/deployer"
CONNECTION = "pulumi-python:dynamic/proton:EnvironmentAccountConnection"


class Mocks(pulumi.runtime.Mocks):
    """Returns the inputs of each resource as its outputs."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.inputs[args.typ] = args.inputs
        return f"{args.name}-id", {**args.inputs, "arn": f"arn:aws:iam::222222222222:role/{args.name}"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        assert args.token in (
            "aws:index/getCallerIdentity:getCallerIdentity",
            "aws:index/getPartition:getPartition",
        )
        return {"accountId": "222222222222", "partition": "aws"}, []


mocks = Mocks()
pulumi.runtime.set_mocks(mocks)


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's
def test_the_connection_is_made_in_the_account_of_the_provider_with_the_tags() -> pulumi.Output[None]:
    """The connection has the component's provider, the role that the component creates, and the tags of all resources."""
    account = aws.Provider(
        "account", region="us-west-2", assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=DEPLOYER)]
    )
    opts = pulumi.ResourceOptions(
        provider=account, transformations=[tag_everything({"cost-center": "platform"})]
    )
    environment = ProtonEnvironment("payments", management_account_id="111111111111", opts=opts)

    def check(connection_id: str) -> None:
        connection = mocks.inputs[CONNECTION]
        assert connection_id == "payments-id"
        assert connection["tags"] == {"cost-center": "platform"}
        assert connection["codebuildRoleArn"].startswith("arn:aws:iam::222222222222:role/payments-roles")
        assert connection["aws"]["region"] == "us-west-2"
        assert DEPLOYER in connection["aws"]["provider"]["assumeRoles"]

    return environment.connection_id.apply(check)

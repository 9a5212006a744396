"""Tests the program in this folder with Pulumi's mocks, without an engine or a local AWS: `python -m pytest`."""

import runpy
from pathlib import Path
from typing import Any

import pulumi

MANAGEMENT_ACCOUNT = "111111111111"


class Mocks(pulumi.runtime.Mocks):
    """Returns the inputs of each resource as its outputs."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, "arn": f"arn:aws:iam::222222222222:role/{args.name}"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answers functions; a program that looks for a connection calls `proton:index:getEnvironmentAccountConnection`."""
        assert args.token in (
            "aws:index/getCallerIdentity:getCallerIdentity",
            "aws:index/getPartition:getPartition",
        )
        return {"accountId": "222222222222", "partition": "aws"}, []


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's
def test_the_connection_has_the_role_for_builds_alone() -> pulumi.Output[None]:
    """Only the CodeBuild role is given, and the team is in the tags."""
    pulumi.runtime.set_mocks(Mocks(), project="unit-tests")
    pulumi.runtime.set_all_config({"unit-tests:managementAccountId": MANAGEMENT_ACCOUNT})
    connection = runpy.run_path(str(Path(__file__).with_name("__main__.py")))["connection"]

    def check(values: list[Any]) -> None:
        codebuild_role_arn, role_arn, tags = values
        assert codebuild_role_arn == "arn:aws:iam::222222222222:role/roles-codebuild"
        assert role_arn is None
        assert tags == {"team": "payments"}

    outputs = (connection.codebuild_role_arn, connection.role_arn, connection.tags)
    return pulumi.Output.all(*outputs).apply(check)

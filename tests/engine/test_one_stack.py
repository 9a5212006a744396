"""The one path: role ARNs made by pulumi-aws flow into a connection in one `pulumi up`."""

from __future__ import annotations

from pathlib import Path

from engine.harness import Client, MakeStack, ProtonCalls

ONE_STACK = Path(__file__).parents[2] / "examples" / "one_stack"


def test_first_up_sets_the_roles_that_the_same_up_makes(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """One `up` makes three IAM roles and sets them on the connection with one update."""
    stack = make_stack(ONE_STACK, {"one-stack:connectionId": connection_id})
    proton_calls()
    stack.up()
    assert proton_calls() == ["GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"]
    live = client("proton").get_environment_account_connection(id=connection_id)[
        "environmentAccountConnection"
    ]
    made = {role["Arn"] for role in client("iam").list_roles()["Roles"]}
    assert {live["roleArn"], live["componentRoleArn"], live["codebuildRoleArn"]} == made
    assert stack.outputs["roleArn"] == live["roleArn"]

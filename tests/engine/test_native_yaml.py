"""The example in YAML on the native plugin, which is the whole of the project in one program."""

from __future__ import annotations

from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls
from engine.native import MakeNative
from engine.programs import live
from engine.test_examples import EXAMPLES


def test_the_example(make_native: MakeNative, client: Client, proton_calls: ProtonCalls) -> None:
    """Roles of pulumi-aws, a request, its acceptance in another account, roles and a function: up, and no change after it."""
    stack = make_native(
        EXAMPLES / "yaml",
        {
            "yaml:managementRoleArn": f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/accept-connections",
        },
    )
    stack.preview()
    assert proton_calls() == []
    stack.up("--skip-preview")
    proton_calls()
    outputs = stack.outputs
    connection = live(client, outputs["connectionArn"].rpartition("/")[2])
    set_roles = [connection[name] for name in ("roleArn", "componentRoleArn", "codebuildRoleArn")]
    assert set(set_roles) == {role["Arn"] for role in client("iam").list_roles()["Roles"]}
    assert (connection["status"], outputs["status"], outputs["roleArn"]) == (
        "CONNECTED",
        "CONNECTED",
        connection["roleArn"],
    )
    stack.preview("--expect-no-changes")
    assert set(proton_calls()) == {"GetEnvironmentAccountConnection"}  # the function
    stack.destroy("--skip-preview", "--refresh")
    assert stack.resources() == []

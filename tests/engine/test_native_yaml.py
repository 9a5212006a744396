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


def test_a_tag_may_be_a_number(make_native: MakeNative, client: Client) -> None:
    """YAML has numbers and booleans; the provider's default tags are read alike, and null is left out."""
    tags = {"cost": 42, "ratio": 1.5, "on": True, "left out": None}
    properties = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT, "tags": tags}
    connection = {"type": "proton:EnvironmentAccountConnection", "properties": properties}
    defaults = {"proton:defaultTags": {"floor": 7, "empty": None}}
    stack = make_native({"prod": connection}, defaults)
    stack.up("--skip-preview")
    (found,) = client("proton").list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")[
        "environmentAccountConnections"
    ]
    listed = client("proton").list_tags_for_resource(resourceArn=found["arn"])["tags"]
    assert {tag["key"]: tag["value"] for tag in listed} == {
        "cost": "42",
        "ratio": "1.5",
        "on": "true",
        "floor": "7",
    }
    stack.preview("--expect-no-changes")

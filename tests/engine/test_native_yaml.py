"""What is YAML's own in a program of the native plugin; test_examples.py runs the example in YAML."""

from __future__ import annotations

from engine.harness import MANAGEMENT_ACCOUNT, Client
from engine.native import MakeNative


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

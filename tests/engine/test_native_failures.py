"""Failures of the native plugin: one sentence on the resource's row, and nothing that was made is lost."""

from __future__ import annotations

import re
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client
from engine.native import MakeNative, resource
from engine.programs import arn, live_ids, live_roles

from proton_provider.local import LocalAws
from proton_provider.local.control import CONNECTION_RESET


def test_an_error_is_one_line(make_native: MakeNative, connection_id: str) -> None:
    """A create that fails shows one sentence under its resource, and no traceback; a wrong input one by its property."""
    absent = "11111111-1111-4111-8111-111111111111"
    stack = make_native({"roles": resource(connectionId=absent, roleArn=arn("a"))})
    failed = stack.up_error("--skip-preview").lines
    at = failed.index("  proton:index:EnvironmentAccountConnectionRoles (roles):")
    assert failed[at + 1].startswith("    error: GetEnvironmentAccountConnection of ")
    assert failed[at + 2].strip() == ""
    assert not any("Traceback" in line for line in failed)

    stack.declare(
        {"roles": resource(connectionId="x", roleArn="y", onDelete="z", aws={"assumeRoleArn": "deployer"})}
    )
    printed = stack.preview_error().text.partition("Diagnostics:")[2]
    for name in ("connectionId", "roleArn", "onDelete", "aws.assumeRoleArn"):
        assert printed.count(f"property {name} value") == 1
    assert re.search(r"property aws\.assumeRoleArn value .*must be the ARN of an IAM role", printed)


def test_a_half_made_connection_is_kept(make_native: MakeNative, client: Client, aws: LocalAws) -> None:
    """A create that fails after the request is in state with what there is, and the next `up` completes it."""
    wanted: dict[str, Any] = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}
    stack = make_native({"prod": resource("", **wanted, roleArn=arn("a"))})
    aws.fail_next("CreateEnvironmentAccountConnection", CONNECTION_RESET, times=8, after_effect=True)
    stack.up_error("--skip-preview")  # the answer to the request is lost, and nothing is in state
    assert stack.resources("Connection") == []
    (connection_id,) = live_ids(client)

    stack.declare({"prod": resource("", **wanted, roleArn=arn("b"), tags={"team": "x"})})
    aws.fail_next("UpdateEnvironmentAccountConnection", "ConflictException", times=1)
    assert "ConflictException" in stack.up_error("--skip-preview").text
    (state,) = stack.resources("Connection")
    assert (state["id"], state["outputs"]["managedRoleArns"]) == (connection_id, {})

    stack.up("--skip-preview")
    assert live_ids(client) == [connection_id]
    assert live_roles(client, connection_id) == {"roleArn": "b"}
    (state,) = stack.resources("Connection")
    assert client("proton").list_tags_for_resource(resourceArn=state["outputs"]["arn"])["tags"] == [
        {"key": "team", "value": "x"}
    ]
    assert (state["id"], state["outputs"]["managedRoleArns"]) == (connection_id, {"roleArn": arn("b")})

"""What previews of the native plugin know and show: outputs, kinds of differences, secrets, and options of resources."""

from __future__ import annotations

import re
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls
from engine.native import MakeNative, NativeStack, resource, urn
from engine.programs import accepted_connection, arn, live_ids, live_roles

SECRET = "[secret]"


def step(stack: NativeStack, op: str = "update") -> dict[str, Any]:
    """The one step of this kind that a preview has for the resource `roles`."""
    (found,) = [found for found in stack.preview_steps() if (found["urn"], found["op"]) == (urn("roles"), op)]
    return found


def kinds(found: dict[str, Any]) -> dict[str, str]:
    """The detailed differences of a step."""
    return {path: difference["kind"] for path, difference in (found["detailedDiff"] or {}).items()}


SHOWN = {
    "arn": "${roles.arn}",
    "connection": "${roles.connectionId}",
    "environment": "${roles.environmentName}",
    "live": "${roles.liveRoleArns}",
    "managed": "${roles.managedRoleArns}",
    "region": "${roles.region}",
    "role": "${roles.roleArn}",
    "status": "${roles.status}",
}
"""Outputs of the stack: one is known in a preview where the output that it is made of is."""


def known_outputs(stack: NativeStack) -> set[str]:
    """The outputs of the stack that a preview knows."""
    printed = stack.preview("--diff", "--show-sames").text.rpartition("--outputs:--")[2]
    return set(re.findall(r"^(?:    |  [~+] )(\w+) *: (?!\[unknown\])", printed, flags=re.MULTILINE))


def test_known_outputs_are_known(
    make_native: MakeNative, connection_id: str, client: Client, proton_calls: ProtonCalls
) -> None:
    """A preview knows what AWS will answer where that is certain, says how each property differs, and calls nobody."""
    stack = make_native({"roles": resource(connectionId=connection_id, roleArn=arn("a"))}, outputs=SHOWN)
    proton_calls()
    assert known_outputs(stack) == {"connection", "managed", "region", "role"}
    stack.up("--skip-preview")

    stack.declare(
        {"roles": resource(connectionId=connection_id, componentRoleArn=arn("b"), onDelete="restore")},
        outputs=SHOWN,
    )
    proton_calls()
    assert known_outputs(stack) == {"arn", "connection", "environment", "managed", "region"}
    assert kinds(step(stack)) == {"roleArn": "delete", "componentRoleArn": "add", "onDelete": "update"}
    assert proton_calls() == []
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "a", "componentRoleArn": "b"}

    stack.declare({"roles": resource(connectionId=connection_id, componentRoleArn=arn("b"))}, outputs=SHOWN)
    assert known_outputs(stack) == SHOWN.keys() - {"role"}  # nothing is to be asked of AWS

    stack.declare(
        {
            "roles": resource(
                connectionId=accepted_connection(client), componentRoleArn=arn("b"), onDelete="restore"
            )
        }
    )
    replaced = step(stack, op="replace")
    assert replaced["replaceReasons"] == ["connectionId"]
    assert kinds(replaced) == {"connectionId": "update-replace"}


def test_options(make_native: MakeNative, connection_id: str, client: Client) -> None:
    """The options of a resource mean for it what they mean for every other."""
    declared = resource(connectionId=connection_id, roleArn=arn("a"), onDelete="restore")
    stack = make_native({"roles": declared})
    stack.up("--skip-preview")

    changed = resource(
        connectionId=connection_id,
        roleArn=arn("b"),
        onDelete="restore",
        options={"ignoreChanges": ["roleArn"]},
    )
    stack.declare({"roles": changed})
    stack.preview("--expect-no-changes")

    replaced = resource(
        connectionId=connection_id,
        roleArn=arn("b"),
        onDelete="restore",
        options={"replaceOnChanges": ["roleArn"], "additionalSecretOutputs": ["status"]},
    )
    stack.declare({"roles": replaced}, outputs={"status": "${roles.status}"})
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "b"}
    (state,) = stack.resources("Roles")
    assert state["outputs"]["previousRoleArns"] == {"roleArn": arn("before")}  # deleted first
    assert stack.outputs == {"status": SECRET}

    retained = resource(
        connectionId=connection_id, roleArn=arn("b"), onDelete="restore", options={"retainOnDelete": True}
    )
    other = accepted_connection(client, roleArn=arn("before"))
    goes_with_its_owner = resource(
        connectionId=other,
        roleArn=arn("c"),
        onDelete="restore",
        options={"deletedWith": "${owner}"},
    )
    owner = resource("", environmentName="owner", managementAccountId=MANAGEMENT_ACCOUNT)
    stack.declare({"roles": retained, "owner": owner, "owned": goes_with_its_owner})
    stack.up("--skip-preview")
    stack.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "b"}
    assert live_ids(client) == [connection_id, other]
    assert live_roles(client, other) == {"roleArn": "c"}  # nothing is restored of what goes with its owner


def test_secrets_stay_secret(make_native: MakeNative, connection_id: str) -> None:
    """An input that is a secret makes all that follows from it one: in previews, in state, in refreshes and in texts."""
    hidden = arn("hidden-role")
    declared = resource(connectionId=connection_id, roleArn={"fn::secret": hidden})
    stack = make_native({"roles": declared}, outputs={"live": "${roles.liveRoleArns}", "arn": "${roles.arn}"})
    printed = [stack.preview("--diff").text, stack.up("--skip-preview").text, stack.refresh("--diff").text]
    (state,) = stack.resources("Roles")
    printed += [str({**state["outputs"], **state["inputs"]}), stack.run("stack", "--show-ids").text]
    assert [text for text in printed if "hidden-role" in text] == []
    assert stack.outputs["live"] == SECRET
    assert stack.outputs["arn"] != SECRET
    stack.preview("--expect-no-changes")
    declared["properties"]["connectionId"] = "11111111-1111-4111-8111-111111111111"
    stack.declare({"roles": declared})
    assert "hidden-role" not in stack.up_error("--skip-preview").text

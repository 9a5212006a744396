"""Stacks of the dynamic resources that move over to the native plugin, by the aliases in its schema."""

from __future__ import annotations

import json
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, ProtonCalls, Stack
from engine.hosts import add_host
from engine.native import TYPE, credentials, resource
from engine.programs import arn, program, roles
from engine.test_old_states import as_recorded, recorded

from proton_provider.local import LocalAws


def move(stack: Stack, aws: LocalAws, resources: dict[str, Any]) -> None:
    """Make the program of a stack one in YAML, with settings that the native plugin sees."""
    document = {"name": "test", "runtime": "yaml", "resources": resources}
    (stack.folder / "Pulumi.yaml").write_text(json.dumps(document, indent=2))
    (stack.folder / "__main__.py").unlink()
    stack.env |= {**credentials(), "AWS_ENDPOINT_URL_STS": aws.url}
    add_host(stack.env, "yaml")


def bookkeeping(stack: Stack) -> dict[str, Any]:
    """What the resources in state have noted of roles, by name."""
    return {
        state["urn"].rpartition("::")[2]: {
            name: value for name, value in state["outputs"].items() if name.endswith("RoleArns")
        }
        for state in stack.resources()
        if "EnvironmentAccountConnection" in state["type"]
    }


def is_moved(stack: Stack, proton_calls: ProtonCalls) -> None:
    """Whether an `up` moves all resources, keeps what they note, and asks nothing of Proton, then and afterwards."""
    before = bookkeeping(stack)
    proton_calls()
    stack.preview()
    stack.up("--skip-preview")
    stack.preview("--expect-no-changes")
    assert proton_calls() == []
    assert bookkeeping(stack) == before
    moved = [state for state in stack.resources() if state["urn"].rpartition("::")[2] in before]
    assert all(state["type"].startswith(TYPE) for state in moved)
    assert not any("__provider" in {**state["inputs"], **state["outputs"]} for state in moved)


def test_a_stack_of_today(
    make_stack: MakeStack, aws: LocalAws, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Roles that the dynamic resource has set are managed on, and restored by a destroy."""
    stack = make_stack(
        program(roles(connection_id=connection_id, role_arn=arn("a"), on_delete="restore")),
        {"proton:region": REGION},
    )
    stack.up("--skip-preview")
    move(
        stack,
        aws,
        {"roles": resource(connectionId=connection_id, roleArn=arn("a"), onDelete="restore")},
    )
    is_moved(stack, proton_calls)
    stack.destroy("--skip-preview")
    assert "UpdateEnvironmentAccountConnection" in proton_calls()


def test_a_stack_of_the_first_release(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """A state that version 0.1.0 has written moves over as well, with all kinds of resources and tags."""
    ids = as_recorded(client)
    stack = make_stack(
        "", {"proton:region": REGION, "proton:defaultTags": {"team": "platform", "stage": "default"}}
    )
    recorded(stack, aws, "stack", ids)
    of_management = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
    in_prod: dict[str, Any] = {"managementAccountId": MANAGEMENT_ACCOUNT}
    move(
        stack,
        aws,
        {
            "connection": resource(
                "",
                environmentName="prod",
                roleArn=arn("a"),
                codebuildRoleArn=arn("b"),
                tags={"stage": "prod", "role_arn": "a name of a tag"},
                **in_prod,
            ),
            "adopted": resource(
                "", environmentName="adopted", roleArn=arn("a"), adoptExisting=True, **in_prod
            ),
            "bare": resource("", environmentName="bare", **in_prod),
            "accepter": resource(
                "Accepter", connectionId="${connection.id}", onDelete="reject", aws=of_management
            ),
            "retained": resource("Accepter", connectionId="${adopted.id}", aws=of_management),
            "roles": resource(
                connectionId=ids["roles"],
                roleArn=arn("a"),
                codebuildRoleArn=arn("b"),
                onDelete="restore",
                aws={"region": REGION, "maxAttempts": 3},
            ),
        },
    )
    is_moved(stack, proton_calls)

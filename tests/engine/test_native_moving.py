"""Stacks that move from the dynamic resources to the native plugin and back, by aliases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, ProtonCalls, Stack
from engine.hosts import add_host
from engine.native import TYPE, add_plugin, resource
from engine.programs import (
    Source,
    accepter,
    arn,
    assumed,
    connection,
    live_roles,
    program,
    requested,
    roles,
)
from engine.test_other_languages import MOVING_BACK

from proton_provider.local import LocalAws

Move: TypeAlias = Callable[[Stack, dict[str, Any]], None]
DYNAMIC = "pulumi-python:dynamic/proton:"


@pytest.fixture
def move(aws: LocalAws, plugins: Path) -> Move:
    """Makes the program of a stack one in YAML, with settings that the native plugin sees."""

    def to_yaml(stack: Stack, resources: dict[str, Any]) -> None:
        document = {"name": "test", "runtime": "yaml", "resources": resources}
        (stack.folder / "Pulumi.yaml").write_text(json.dumps(document, indent=2))
        (stack.folder / "__main__.py").unlink()
        add_plugin(stack.env, aws, plugins)
        add_host(stack.env, "yaml")

    return to_yaml


ALIASES = """\
def alias(args):
    kind = args.type_.removeprefix("pulumi-python:dynamic/proton:")
    if kind != args.type_:
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=f"proton:index:{kind}")])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, aliases))
pulumi.runtime.register_stack_transformation(alias)
"""


def move_back(stack: Stack, text: str) -> None:
    """Make the program of a stack one in Python."""
    (stack.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    stack.write(text)


def bookkeeping(stack: Stack) -> dict[str, Any]:
    """What the resources in state have recorded of roles, by name."""
    return {
        state["urn"].rpartition("::")[2]: {
            name: value for name, value in state["outputs"].items() if name.endswith("RoleArns")
        }
        for state in stack.resources()
        if "EnvironmentAccountConnection" in state["type"]
    }


def is_moved(stack: Stack, proton_calls: ProtonCalls, types: str = TYPE) -> None:
    """Whether an `up` moves all resources, keeps what they record, and asks nothing of Proton."""
    before = bookkeeping(stack)
    proton_calls()
    stack.up("--skip-preview")
    assert proton_calls() == []
    assert bookkeeping(stack) == before
    moved = [state for state in stack.resources() if state["urn"].rpartition("::")[2] in before]
    assert all(state["type"].startswith(types) for state in moved)
    is_native = types == TYPE
    assert not any(("__provider" in {**state["inputs"], **state["outputs"]}) is is_native for state in moved)


def is_unchanged(stack: Stack, proton_calls: ProtonCalls) -> None:
    """Whether a preview shows no change and asks nothing of Proton."""
    proton_calls()
    stack.preview("--expect-no-changes")
    assert proton_calls() == []


def test_a_stack_of_today_goes_there_and_back(
    make_stack: MakeStack, move: Move, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """The native plugin manages roles that the dynamic resources set, and a destroy restores them. Back, it is as the page says."""
    stack = make_stack(
        program(roles(connection_id=connection_id, role_arn=arn("a"), on_delete="restore")),
        {"proton:region": REGION, "test:connectionId": connection_id, "test:roleArn": arn("a")},
    )
    stack.up("--skip-preview")
    move(
        stack,
        {"roles": resource(connectionId=connection_id, roleArn=arn("a"), onDelete="restore")},
    )
    is_moved(stack, proton_calls)
    move_back(stack, MOVING_BACK)
    is_moved(stack, proton_calls, DYNAMIC)
    stack.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before"}


def all_kinds(connection_id: str) -> str:
    """A program with every kind of resource of the dynamic provider."""
    mgmt = assumed(MANAGEMENT_ACCOUNT)
    return program(
        connection(
            "connection",
            environment_name="prod",
            role_arn=arn("a"),
            codebuild_role_arn=arn("b"),
            tags={"stage": "prod", "role_arn": "a name of a tag"},
        ),
        connection("adopted", role_arn=arn("a"), adopt_existing=True),
        connection("bare"),
        accepter("accepter", connection_id=Source("connection.id"), on_delete="reject", aws=mgmt),
        accepter("retained", connection_id=Source("adopted.id"), aws=mgmt),
        roles(
            "roles",
            connection_id=connection_id,
            role_arn=arn("a"),
            codebuild_role_arn=arn("b"),
            on_delete="restore",
            aws=Source(f"AwsSettings(region={REGION!r}, max_attempts=3)"),
        ),
    )


def test_all_kinds_of_resources_go_there_and_back(
    make_stack: MakeStack, move: Move, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Connections with tags and default tags, accepters and roles move without a call and without a change."""
    requested(client, "adopted", roleArn=arn("a"))
    tags = {"team": "platform", "stage": "default"}
    stack = make_stack(
        all_kinds(connection_id),
        {"proton:region": REGION, "proton:defaultTags": tags, "aws:defaultTags": {"tags": tags}},
    )
    stack.up("--skip-preview")
    of_management = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
    in_prod: dict[str, Any] = {"managementAccountId": MANAGEMENT_ACCOUNT}
    move(
        stack,
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
                connectionId=connection_id,
                roleArn=arn("a"),
                codebuildRoleArn=arn("b"),
                onDelete="restore",
                aws={"region": REGION, "maxAttempts": 3},
            ),
        },
    )
    is_moved(stack, proton_calls)
    is_unchanged(stack, proton_calls)
    move_back(stack, all_kinds(connection_id).replace("import pulumi\n", f"import pulumi\n{ALIASES}", 1))
    is_moved(stack, proton_calls, DYNAMIC)
    is_unchanged(stack, proton_calls)


def test_secrets_stay_secret_on_the_way(
    make_stack: MakeStack, move: Move, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Secrets of the dynamic resources stay secret in the native plugin, and move without a call."""
    hidden = Source("pulumi.Output.secret(" + repr(arn("hidden")) + ")")
    tags = Source("{'stage': pulumi.Output.secret('hidden-tag')}")
    stack = make_stack(
        program(
            connection("connection", environment_name="prod", role_arn=hidden, tags=tags),
            roles("roles", connection_id=connection_id, role_arn=hidden, on_delete="restore"),
        ),
        {"proton:region": REGION},
    )
    stack.up("--skip-preview")
    secret = {"fn::secret": arn("hidden")}
    move(
        stack,
        {
            "connection": resource(
                "",
                environmentName="prod",
                managementAccountId=MANAGEMENT_ACCOUNT,
                roleArn=secret,
                tags={"stage": {"fn::secret": "hidden-tag"}},
            ),
            "roles": resource(connectionId=connection_id, roleArn=secret, onDelete="restore"),
        },
    )
    proton_calls()
    stack.up("--skip-preview")
    assert "hidden" not in json.dumps(stack.state)
    assert proton_calls() == []

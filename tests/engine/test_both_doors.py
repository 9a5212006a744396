"""The life cycles behave alike through both doors: one table of scenarios, each run by the dynamic resources and the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, Stack
from engine.native import MakeNative, NativeStack, resource
from engine.programs import arn, declare, live, live_ids, live_roles, program, requested

from proton_provider.local import LocalAws
from proton_provider.wire_names import python_name

Declared: TypeAlias = Mapping[str, tuple[str, Mapping[str, Any]]]
"""Resources by name: the end of their kind's name ("", "Roles", "Accepter") and their properties, as on the wire."""

DEAD = "http://127.0.0.1:9"
"""Nothing listens there."""


@dataclass(frozen=True)
class World:
    """What a scenario has."""

    stack: Stack
    aws: LocalAws
    client: Client

    def declare(self, resources: Declared) -> None:
        """Replace the program, in the language of the door."""
        if isinstance(self.stack, NativeStack):
            self.stack.declare({name: resource(kind, **given) for name, (kind, given) in resources.items()})
        else:
            self.stack.write(
                program(
                    *(
                        declare(
                            f"EnvironmentAccountConnection{kind}",
                            name,
                            **{python_name(key): value for key, value in given.items()},
                        )
                        for name, (kind, given) in resources.items()
                    )
                )
            )


def drift(world: World) -> None:
    """Somebody's change shows in a refresh as a change of the input, and the next `up` undoes it."""
    stack, client = world.stack, world.client
    connection_id = requested(client, roleArn=arn("before"))
    world.declare({"roles": ("Roles", {"connectionId": connection_id, "roleArn": arn("a")})})
    stack.up("--skip-preview")
    client("proton").update_environment_account_connection(id=connection_id, roleArn=arn("drifted"))
    assert "drifted" in stack.refresh("--diff").text
    (state,) = stack.resources("Roles")
    assert (state["inputs"]["roleArn"], state["outputs"]["managedRoleArns"]) == (
        arn("drifted"),
        {"roleArn": arn("a")},
    )
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "a"}


def restore(world: World) -> None:
    """A destroy puts back what was before, except where somebody has changed it since."""
    stack, client = world.stack, world.client
    connection_id = requested(client, roleArn=arn("before"), codebuildRoleArn=arn("before-too"))
    given = {
        "connectionId": connection_id,
        "roleArn": arn("a"),
        "codebuildRoleArn": arn("c"),
        "onDelete": "restore",
    }
    world.declare({"roles": ("Roles", given)})
    stack.up("--skip-preview")
    client("proton").update_environment_account_connection(id=connection_id, codebuildRoleArn=arn("other"))
    stack.refresh("--skip-preview")
    assert "keeps its codebuildRoleArn" in stack.destroy("--skip-preview").text
    assert live_roles(client, connection_id) == {"roleArn": "before", "codebuildRoleArn": "other"}


def adopt(world: World) -> None:
    """A connection that exists is adopted, with the declared role and tags, and no second one is requested."""
    stack, client = world.stack, world.client
    connection_id = requested(client, "prod", roleArn=arn("before"))
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT, "roleArn": arn("a")}
    world.declare({"prod": ("", {**given, "adoptExisting": True, "tags": {"my team": "x"}})})
    assert "already exists; adopted" in stack.up("--skip-preview").text
    assert live_ids(client) == [connection_id]
    assert live(client, connection_id)["roleArn"] == arn("a")
    stack.preview("--expect-no-changes")


def rename(world: World) -> None:
    """A resource that is renamed and adopts keeps the connection alive, also where the deletion comes in a later run."""
    stack, client = world.stack, world.client
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT, "adoptExisting": True}
    world.declare({"old": ("", given)})
    stack.up("--skip-preview")
    (connection_id,) = live_ids(client)
    absent = {"connectionId": "11111111-1111-4111-8111-111111111111", "roleArn": arn("a")}
    world.declare({"new": ("", given), "absent": ("Roles", absent)})
    stack.up_error("--skip-preview")  # so that the deletion of the old one is left for the next run
    world.declare({"new": ("", given)})
    assert "is not deleted" in stack.up("--skip-preview").text
    assert live_ids(client) == [connection_id]
    assert [state["urn"].rpartition("::")[2] for state in stack.resources("Connection")] == ["new"]


def unreachable(world: World) -> None:
    """A dead endpoint is an error, and the state stays; where the user says so, the resource is let go with a warning."""
    stack, client = world.stack, world.client
    connection_id = requested(client, roleArn=arn("before"))
    given = {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"}
    settings = {"endpointUrl": world.aws.url, "maxAttempts": 1}
    world.declare({"roles": ("Roles", {**given, "aws": settings})})
    stack.up("--skip-preview")
    world.declare({"roles": ("Roles", {**given, "aws": {**settings, "endpointUrl": DEAD}})})
    stack.up("--skip-preview")  # nothing is to be asked
    assert DEAD in stack.refresh_error("--skip-preview").text
    assert len(stack.resources("Roles")) == 1
    stack.env["PULUMI_PROTON_DELETE_UNREACHABLE"] = "true"
    assert "only removed from the state" in stack.destroy("--skip-preview").text
    assert stack.resources() == []
    assert live_roles(client, connection_id) == {"roleArn": "a"}


SCENARIOS: tuple[Callable[[World], None], ...] = (drift, restore, adopt, rename, unreachable)


@pytest.fixture(params=["dynamic", "native"])
def world(
    request: pytest.FixtureRequest,
    make_stack: MakeStack,
    make_native: MakeNative,
    aws: LocalAws,
    client: Client,
) -> World:
    """A stack of one door."""
    stack = make_stack("") if request.param == "dynamic" else make_native({})
    return World(stack, aws, client)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_scenario(world: World, scenario: Callable[[World], None]) -> None:
    """What the scenario promises holds, whichever door the engine takes."""
    scenario(world)

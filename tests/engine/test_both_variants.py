"""One table of scenarios, which the dynamic resources and the native plugin both pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls, Stack
from engine.native import MakeNative, NativeStack, resource
from engine.programs import DEAD_ADDRESS, arn, declare, live, live_ids, live_roles, program, requested

from proton_provider.local import LocalAws
from proton_provider.wire_names import python_name

Declared: TypeAlias = Mapping[str, tuple[str, Mapping[str, Any]]]
"""Resources by name: the end of their kind's name ("", "Roles", "Accepter") and their properties, as on the wire."""

GET = "GetEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"


@dataclass(frozen=True)
class World:
    """What a scenario has."""

    stack: Stack
    aws: LocalAws
    client: Client
    proton_calls: ProtonCalls

    def urn(self, roles: str) -> str:
        """The URN of these roles."""
        (found,) = (
            state["urn"] for state in self.stack.resources("Roles") if state["urn"].endswith(f"::{roles}")
        )
        return str(found)

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
    """Somebody's change of a managed role, and of no other, shows as the input's change, and the next `up` undoes it."""
    stack, client = world.stack, world.client
    connection_id = requested(client, roleArn=arn("before"))
    world.declare({"roles": ("Roles", {"connectionId": connection_id, "roleArn": arn("a")})})
    stack.up("--skip-preview")
    client("proton").update_environment_account_connection(
        id=connection_id, roleArn=arn("drifted"), componentRoleArn=arn("another")
    )
    world.proton_calls()
    refreshed = stack.refresh("--diff").text
    assert world.proton_calls() == [GET, GET], "one for the preview, one for the refresh"
    assert f'~ roleArn: "{arn("a")}" => "{arn("drifted")}"' in refreshed
    assert "componentRoleArn" not in refreshed
    (state,) = stack.resources("Roles")
    assert state["inputs"]["roleArn"] == arn("drifted")
    assert state["outputs"]["managedRoleArns"] == {"roleArn": arn("a")}
    assert state["outputs"]["liveRoleArns"] == {"roleArn": arn("drifted"), "componentRoleArn": arn("another")}
    printed = stack.up("--skip-preview", "--diff").text
    assert f'~ roleArn: "{arn("drifted")}" => "{arn("a")}"' in printed
    assert world.proton_calls() == [UPDATE]
    assert live_roles(client, connection_id) == {"roleArn": "a", "componentRoleArn": "another"}
    outputs = stack.resources("Roles")[0]["outputs"]
    assert outputs["liveRoleArns"] == {"roleArn": arn("a"), "componentRoleArn": arn("another")}


def gone(world: World) -> None:
    """A refresh of a deleted connection reports "deleted"; the next `up` says that there is none."""
    stack, client = world.stack, world.client
    connection_id = requested(client)
    world.declare({"roles": ("Roles", {"connectionId": connection_id, "roleArn": arn("a")})})
    stack.up("--skip-preview")
    client("proton").delete_environment_account_connection(id=connection_id)
    world.proton_calls()
    assert "- 1 deleted" in stack.refresh("--skip-preview").text
    assert world.proton_calls() == [GET]
    assert stack.resources("Roles") == []
    failed = stack.up_error("--skip-preview").text
    assert f"GetEnvironmentAccountConnection of {connection_id} in us-east-1 failed" in failed
    assert "Use credentials of the environment account that requested it." in failed
    assert stack.resources("Roles") == []


def restore(world: World) -> None:
    """A destroy puts back what was before, except what somebody has changed since, whether or not a refresh saw it."""
    stack, client = world.stack, world.client
    ids = {
        name: requested(client, name, roleArn=arn("before"), codebuildRoleArn=arn("before-too"))
        for name in ("unseen", "refreshed", "gone")
    }
    given = {"roleArn": arn("a"), "codebuildRoleArn": arn("c"), "onDelete": "restore"}
    world.declare({name: ("Roles", {"connectionId": id_, **given}) for name, id_ in ids.items()})
    stack.up("--skip-preview")
    for name in ("unseen", "refreshed"):
        client("proton").update_environment_account_connection(id=ids[name], codebuildRoleArn=arn("theirs"))
    client("proton").delete_environment_account_connection(id=ids["gone"])
    stack.refresh("--skip-preview", "--target", world.urn("refreshed"))
    world.proton_calls()
    # The engine puts options of tracing before its address, which the lines go to.
    printed = stack.destroy("--skip-preview", "--tracing", f"file:{stack.folder / 'trace'}").text
    assert sorted(world.proton_calls()) == [*[GET] * 3, *[UPDATE] * 2]
    for name in ("unseen", "refreshed"):
        kept = f"/{ids[name]} keeps its codebuildRoleArn: it is not the one that this stack last set."
        assert kept in printed
        assert live_roles(client, ids[name]) == {"roleArn": "before", "codebuildRoleArn": "theirs"}
    assert f"/{ids['gone']} no longer exists; there are no roles to restore." in printed


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
    """A dead endpoint is an error of every event, and the state stays; where the user says so, the resource is let go.

    A preview calls nothing, so it works.
    """
    stack, client = world.stack, world.client
    connection_id = requested(client, roleArn=arn("before"))

    def declare_role(role: str) -> None:
        given = {"connectionId": connection_id, "roleArn": arn(role), "onDelete": "restore"}
        world.declare({"roles": ("Roles", given)})

    stack.configure({"proton:endpointUrl": None})
    stack.env |= {"AWS_ENDPOINT_URL_PROTON": world.aws.url, "AWS_MAX_ATTEMPTS": "1"}
    declare_role("a")
    stack.up("--skip-preview")
    before = stack.resources("Roles")
    stack.env["AWS_ENDPOINT_URL_PROTON"] = DEAD_ADDRESS
    declare_role("b")
    for failed in (
        stack.up_error(),
        stack.refresh_error("--skip-preview"),
        stack.destroy_error("--skip-preview"),
    ):
        assert f'Could not connect to the endpoint URL: "{DEAD_ADDRESS}/"' in failed.text
        assert "deleted" not in failed.text.partition("Diagnostics:")[0]
    assert [_kept(roles) for roles in stack.resources("Roles")] == [_kept(roles) for roles in before]
    stack.env["PULUMI_PROTON_DELETE_UNREACHABLE"] = "true"
    assert "only removed from the state" in stack.destroy("--skip-preview").text
    assert stack.resources() == []
    assert live_roles(client, connection_id) == {"roleArn": "a"}


def _kept(roles: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return roles["id"], roles["inputs"], roles["outputs"]


SCENARIOS: tuple[Callable[[World], None], ...] = (drift, gone, restore, adopt, rename, unreachable)


@pytest.fixture(params=["dynamic", "native"])
def world(
    request: pytest.FixtureRequest,
    *,
    make_stack: MakeStack,
    make_native: MakeNative,
    aws: LocalAws,
    client: Client,
    proton_calls: ProtonCalls,
) -> World:
    """A stack of one door."""
    stack = make_stack("") if request.param == "dynamic" else make_native({})
    return World(stack, aws, client, proton_calls)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_scenario(world: World, scenario: Callable[[World], None]) -> None:
    """What the scenario promises holds, whichever door the engine takes."""
    scenario(world)

"""One life of a stack, which the dynamic resources and the native plugin both show."""

from __future__ import annotations

from collections.abc import Mapping
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
DELETE = "DeleteEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"


@dataclass(frozen=True)
class World:
    """A stack of either variant, and its surroundings."""

    stack: Stack
    aws: LocalAws
    client: Client
    proton_calls: ProtonCalls

    def resource(self, name: str) -> dict[str, Any]:
        """The resource of this name, as it is in state."""
        (found,) = (state for state in self.stack.resources() if state["urn"].endswith(f"::{name}"))
        return found

    def declare(self, resources: Declared) -> None:
        """Replace the program, in the stack's language."""
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
    """A stack of one variant."""
    stack = make_stack("") if request.param == "dynamic" else make_native({})
    return World(stack, aws, client, proton_calls)


def test_what_others_do_meanwhile_is_seen_healed_and_respected(world: World) -> None:
    """Adopted, drifted, deleted, renamed and restored, all in one stack: each event says and does what it promises."""
    stack, client = world.stack, world.client
    roles = {"roleArn": arn("before"), "codebuildRoleArn": arn("before-too")}
    ids = {
        name: requested(client, name, **roles) for name in ("drifting", "gone", "unseen", "refreshed", "late")
    }
    ids["prod"] = requested(client, "prod", roleArn=arn("before"))
    restored = {"roleArn": arn("a"), "codebuildRoleArn": arn("c"), "onDelete": "restore"}
    adopting: dict[str, Any] = {"managementAccountId": MANAGEMENT_ACCOUNT, "adoptExisting": True}
    kept: Declared = {
        "drifting": ("Roles", {"connectionId": ids["drifting"], "roleArn": arn("a")}),
        **{
            name: ("Roles", {"connectionId": ids[name], **restored})
            for name in ("unseen", "refreshed", "late")
        },
        "prod": ("", {**adopting, "environmentName": "prod", "roleArn": arn("a"), "tags": {"my team": "x"}}),
    }
    gone: Declared = {"gone": ("Roles", {"connectionId": ids["gone"], "roleArn": arn("a")})}
    named: tuple[str, Mapping[str, Any]] = ("", {**adopting, "environmentName": "named"})
    world.declare({**kept, **gone, "old": named})
    assert f"/{ids['prod']} (PENDING) already exists; adopted" in stack.up("--skip-preview").text
    (named_id,) = set(live_ids(client)) - set(ids.values())
    assert live(client, ids["prod"])["roleArn"] == arn("a")

    # Refreshed: a change of a managed role, and of no other, shows as the input's; what is deleted is reported so.
    change = client("proton").update_environment_account_connection
    change(id=ids["drifting"], roleArn=arn("drifted"), componentRoleArn=arn("another"))
    change(id=ids["refreshed"], codebuildRoleArn=arn("theirs"))
    client("proton").delete_environment_account_connection(id=ids["gone"])
    targets = [("--target", world.resource(name)["urn"]) for name in ("drifting", "gone", "refreshed")]
    world.proton_calls()
    refreshed = stack.refresh("--skip-preview", "--diff", *(each for pair in targets for each in pair)).text
    assert world.proton_calls() == [GET] * 3
    assert f'~ roleArn: "{arn("a")}" => "{arn("drifted")}"' in refreshed
    assert "componentRoleArn" not in refreshed
    assert "- 1 deleted" in refreshed
    drifted = world.resource("drifting")
    assert drifted["inputs"]["roleArn"] == arn("drifted")
    assert drifted["outputs"]["managedRoleArns"] == {"roleArn": arn("a")}

    # An `up` that fails leaves the deletion of the old name to the next one, which heals what drifted.
    world.declare({**kept, **gone, "new": named})
    failed = stack.up_error("--skip-preview").text
    assert f"GetEnvironmentAccountConnection of {ids['gone']} in us-east-1 failed" in failed
    assert "Use credentials of the environment account that requested it." in failed
    world.declare({**kept, "new": named})
    assert "is not deleted" in stack.up("--skip-preview").text
    assert world.resource("new")["id"] == named_id
    assert named_id in live_ids(client)
    healed = {"roleArn": arn("a"), "componentRoleArn": arn("another"), "codebuildRoleArn": arn("before-too")}
    assert world.resource("drifting")["outputs"]["liveRoleArns"] == healed

    # Destroyed: what was before comes back, except what somebody has changed since, whether or not a refresh saw it.
    for name in ("unseen", "refreshed"):
        change(id=ids[name], codebuildRoleArn=arn("theirs"))
    client("proton").delete_environment_account_connection(id=ids["late"])
    world.proton_calls()
    # The engine puts options of tracing before its address, which the lines go to.
    printed = stack.destroy("--skip-preview", "--tracing", f"file:{stack.folder / 'trace'}").text
    assert sorted(world.proton_calls()) == [*[DELETE] * 2, *[GET] * 3, *[UPDATE] * 2]
    for name in ("unseen", "refreshed"):
        kept_role = f"/{ids[name]} keeps its codebuildRoleArn: it is not the one that this stack last set."
        assert kept_role in printed
        assert live_roles(client, ids[name]) == {"roleArn": "before", "codebuildRoleArn": "theirs"}
    assert f"/{ids['late']} no longer exists; there are no roles to restore." in printed


def test_the_plugin_lets_go_of_what_is_out_of_reach(
    make_native: MakeNative, aws: LocalAws, client: Client
) -> None:
    """A dead endpoint is an error and the state stays; where the user says so, the resource is let go.

    `test_take_apart` and `test_way_out` show the same of the dynamic resources.
    """
    connection_id = requested(client, roleArn=arn("before"))
    given: dict[str, Any] = {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"}
    stack = make_native({"roles": resource(**given)}, {"proton:endpointUrl": None})
    stack.env |= {"AWS_ENDPOINT_URL_PROTON": aws.url, "AWS_MAX_ATTEMPTS": "1"}
    stack.up("--skip-preview")
    (before,) = stack.resources("Roles")
    stack.env["AWS_ENDPOINT_URL_PROTON"] = DEAD_ADDRESS
    stack.declare({"roles": resource(**{**given, "roleArn": arn("b")})})
    for failed in (stack.up_error("--skip-preview"), stack.destroy_error("--skip-preview")):
        assert f'Could not connect to the endpoint URL: "{DEAD_ADDRESS}/"' in failed.text
        assert "deleted" not in failed.text.partition("Diagnostics:")[0]
    (after,) = stack.resources("Roles")
    assert [after[part] for part in ("id", "inputs", "outputs")] == [
        before[part] for part in ("id", "inputs", "outputs")
    ]
    stack.env["PULUMI_PROTON_DELETE_UNREACHABLE"] = "true"
    assert "only removed from the state" in stack.destroy("--skip-preview").text
    assert stack.resources() == []
    assert live_roles(client, connection_id) == {"roleArn": "a"}

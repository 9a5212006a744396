"""Explicit providers of the native plugin: the engine starts a process for each, and each has its own account."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, Client, ProtonCalls
from engine.native import MakeNative, resource, urn
from engine.programs import arn, live, live_ids, live_roles, requested

from proton_provider.local import LocalAws

OTHER_ACCOUNT = "333333333333"


def provider(aws: LocalAws, **more: Any) -> dict[str, Any]:
    """An explicit provider of a YAML program."""
    return {
        "type": "pulumi:providers:proton",
        "properties": {"region": REGION, "endpointUrl": aws.url, **more},
    }


def test_a_resource_changes_its_provider_and_its_name(
    make_native: MakeNative, aws: LocalAws, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Each provider works in its own account, and a new one is no change of what it manages, nor is a name with an alias.

    A new name without an alias is: the old resource's end undoes what it did.
    """
    accepted = requested(client, "accepted")
    of_management = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
    adopted = {"environmentName": "adopted", "managementAccountId": MANAGEMENT_ACCOUNT, "adoptExisting": True}
    kinds: dict[str, dict[str, Any]] = {
        "Roles": {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"},
        "": adopted,
        "Accepter": {"connectionId": accepted, "onDelete": "reject", "aws": of_management},
    }
    others = {
        "first": provider(aws),
        "second": provider(aws, maxAttempts=3),
        "other": provider(aws, assumeRoleArn=arn("deployer", OTHER_ACCOUNT)),
        "theirs": resource("", options={"provider": "${other}"}, **adopted),
    }

    def declared(name: str, of: str, alias: str | None = None) -> dict[str, Any]:
        """A resource of each kind, named `name` and the end of its kind's name."""
        resources = {}
        for kind, given in kinds.items():
            aliases = [urn(f"{alias}-{kind}", kind)] if alias else []
            options = {"provider": f"${{{of}}}", "aliases": aliases}
            resources[f"{name}-{kind}"] = resource(kind, options=options, **given)
        return {**others, **resources}

    stack = make_native(declared("a", "first"))
    stack.up("--skip-preview")
    (made,) = set(live_ids(client, ENVIRONMENT_ACCOUNT)) - {connection_id, accepted}
    (theirs,) = live_ids(client, OTHER_ACCOUNT)
    assert made != theirs

    def alive() -> tuple[dict[str, str], bool, str]:
        """The managed roles, whether the adopted connection is there, and the status of the accepted one."""
        status: str = live(client, accepted)["status"]
        return live_roles(client, connection_id), made in live_ids(client), status

    for program in (declared("a", "second"), declared("b", "first", alias="a")):
        stack.declare(program)
        proton_calls()
        stack.up("--skip-preview", "--expect-no-changes")
        assert proton_calls() == []
        assert alive() == ({"roleArn": "a"}, True, "CONNECTED")
    assert {state["urn"]: state["id"] for state in stack.resources("Connection")} == {
        urn("b-", ""): made,
        urn("theirs", ""): theirs,
    }
    stack.declare(declared("c", "second"))
    stack.up("--skip-preview")
    assert alive() == ({"roleArn": "before"}, False, "REJECTED")
    assert live_ids(client, OTHER_ACCOUNT) == [theirs]


def test_runs_attach_to_a_plugin_that_was_started_by_hand(
    make_native: MakeNative, client: Client, connection_id: str
) -> None:
    """PULUMI_DEBUG_PROVIDERS: one process serves run after run, and refuses a second provider of the same program."""
    roles: dict[str, Any] = {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"}
    before = live_roles(client, connection_id)
    stack = make_native({"roles": resource(**roles)})
    command = [sys.executable, "-m", "proton_provider.plugin"]
    with subprocess.Popen(command, env=stack.env, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        stack.env["PULUMI_DEBUG_PROVIDERS"] = f"proton:{plugin.stdout.readline().strip()}"
        try:
            stack.up()
            assert live_roles(client, connection_id) != before
            stack.destroy("--skip-preview")
            assert live_roles(client, connection_id) == before
            stack.declare(
                {
                    "other": {"type": "pulumi:providers:proton", "properties": {"region": REGION}},
                    "roles": resource(**roles),
                    "theirs": resource(options={"provider": "${other}"}, **roles),
                }
            )
            refused = stack.up_error().text
            assert "cannot share the process that PULUMI_DEBUG_PROVIDERS names" in refused
        finally:
            plugin.terminate()

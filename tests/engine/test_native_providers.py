"""Explicit providers of the native plugin: the engine starts a process for each, and each has its own account."""

from __future__ import annotations

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


def test_two_accounts_and_a_change_of_provider(
    make_native: MakeNative, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """Each provider works in its own account; a resource that changes its provider is kept, also when it is renamed."""
    providers = {
        "first": provider(aws),
        "second": provider(aws, maxAttempts=3),
        "other": provider(aws, assumeRoleArn=arn("deployer", OTHER_ACCOUNT)),
    }
    given = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}

    def of(name: str, **options: Any) -> dict[str, Any]:
        return resource("", **given, adoptExisting=True, options={"provider": f"${{{name}}}", **options})

    theirs = {**providers, "theirs": of("other")}
    stack = make_native({**theirs, "ours": of("first")})
    stack.up("--skip-preview")
    (our_id,), (their_id,) = live_ids(client, ENVIRONMENT_ACCOUNT), live_ids(client, OTHER_ACCOUNT)
    assert our_id != their_id

    stack.declare({**theirs, "ours": of("second")})
    proton_calls()
    stack.up("--skip-preview")
    stack.declare({**theirs, "renamed": of("first", aliases=[urn("ours", "")])})
    stack.up("--skip-preview")
    assert proton_calls() == []
    assert {state["urn"]: state["id"] for state in stack.resources("Connection")} == {
        urn("renamed", ""): our_id,
        urn("theirs", ""): their_id,
    }


def test_a_new_name_together_with_a_new_provider(
    make_native: MakeNative, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """Nothing live is touched by a new provider alone, nor with an alias; without one, the old resource's end undoes it."""
    accepted = requested(client, "accepted")
    of_management = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
    adopted = {"environmentName": "adopted", "managementAccountId": MANAGEMENT_ACCOUNT, "adoptExisting": True}
    kinds: dict[str, dict[str, Any]] = {
        "Roles": {"connectionId": connection_id, "roleArn": arn("a"), "onDelete": "restore"},
        "": adopted,
        "Accepter": {"connectionId": accepted, "onDelete": "reject", "aws": of_management},
    }
    providers = {name: provider(aws) for name in ("first", "second")}

    def declared(name: str, of: str, alias: str | None = None) -> dict[str, Any]:
        """A resource of each kind, named `name` and the end of its kind's name."""
        resources = {}
        for kind, given in kinds.items():
            aliases = [urn(f"{alias}-{kind}", kind)] if alias else []
            options = {"provider": f"${{{of}}}", "aliases": aliases}
            resources[f"{name}-{kind}"] = resource(kind, options=options, **given)
        return {**providers, **resources}

    stack = make_native(declared("a", "first"))
    stack.up("--skip-preview")
    (made,) = set(live_ids(client)) - {connection_id, accepted}

    def alive() -> tuple[dict[str, str], bool, str]:
        """The managed roles, whether the adopted connection is there, and the status of the accepted one."""
        status: str = live(client, accepted)["status"]
        return live_roles(client, connection_id), made in live_ids(client), status

    for program in (declared("a", "second"), declared("b", "first", alias="a")):
        stack.declare(program)
        stack.up("--skip-preview", "--expect-no-changes")
        assert alive() == ({"roleArn": "a"}, True, "CONNECTED")
    stack.declare(declared("c", "second"))
    stack.up("--skip-preview")
    assert alive() == ({"roleArn": "before"}, False, "REJECTED")

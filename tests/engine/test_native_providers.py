"""Explicit providers of the native plugin: the engine starts a process for each, and each has its own account."""

from __future__ import annotations

from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, Client, ProtonCalls
from engine.native import MakeNative, resource, urn
from engine.programs import arn, live_ids

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

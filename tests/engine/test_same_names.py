"""Resources of one name below components of one type are two resources, whatever stands around them."""

from __future__ import annotations

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls
from engine.programs import Source, live, live_ids, sent
from engine.variants import MANAGEMENT, VARIANTS, MakeVariant, Variant, component, declared, source

from proton_provider.local import LocalAws

OUTER = ("Prod", "Staging")
ASK = "CreateEnvironmentAccountConnection"


def environments(variant: Variant, connection: str, acceptance: str) -> str:
    """The same component inside of two others. All parents have one type each, and the inner ones one name."""
    lines = []
    for outer in OUTER:
        lines += [
            component(outer, outer, name="outer"),
            component("Env", "env", opts=f"parent={outer}"),
            declared(
                "",
                connection,
                opts="parent=env",
                environment_name=outer,
                management_account_id=MANAGEMENT_ACCOUNT,
                adopt_existing=True,
            ),
            declared(
                "Accepter",
                acceptance,
                opts="parent=env",
                connection_id=Source(f"{connection}.id"),
                on_delete="reject",
                aws=MANAGEMENT,
            ),
        ]
    return source(variant, *lines)


@pytest.mark.parametrize("variant", VARIANTS)
def test_renamed_children_of_a_component_that_is_used_twice_keep_what_is_live(
    variant: Variant, make_variant: MakeVariant, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """Both children renamed without an alias: nothing is deleted or rejected, and the lines distinguish the two."""
    stack = make_variant(variant, environments(variant, "connection", "acceptance"))
    stack.up("--skip-preview")
    assert len({request["clientToken"] for request in sent(aws, ASK)}) == 2
    assert not [one for one in stack.resources() if (one.get("propertyDependencies") or {}).get("__name")]
    ids = sorted(live_ids(client))
    stack.write(environments(variant, "renamed", "accepted"))
    proton_calls()
    printed = stack.up("--skip-preview").text
    assert not [call for call in proton_calls() if call.startswith(("Delete", "Reject", "Create"))]
    assert sorted(live_ids(client)) == ids
    assert {live(client, connection_id)["status"] for connection_id in ids} == {"CONNECTED"}
    for outer in OUTER:
        chain = f"test:index:{outer}$test:index:Env"
        assert (
            f"is not deleted: {chain}::renamed manages this connection now instead of connection." in printed
        )
        assert (
            f"is not rejected: {chain}::accepted manages this connection now instead of acceptance."
            in printed
        )
        assert (
            f"The connection of {outer} in us-east-1: if another resource of this stack managed it" in printed
        )

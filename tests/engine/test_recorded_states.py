"""States that commit 9228830 wrote: both kinds of resources show no change, refresh and destroy as promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client, ProtonCalls, Stack
from engine.programs import Source, accepted_connection, arn, live, live_ids, live_roles, requested
from engine.variants import MANAGEMENT, VARIANTS, MakeVariant, Variant, component, declared, source

from proton_provider.local import LocalAws

_RECORDED = Path(__file__).parent / "recorded"
_ADDRESS = "http://local-aws.test"
OWN, FOREIGN = (
    ("prod", "staging", "kept", "parent"),
    ("foreign", "prod_roles", "staging_roles", "secret_roles"),
)
"""Connections that the stack has requested, by their environments' names, and those that it has not."""
PLACEHOLDERS = {
    name: f"00000000-0000-4000-9000-00000000000{number}" for number, name in enumerate((*OWN, *FOREIGN), 1)
}
TAGS = [{"key": "stage", "value": "hidden-tag"}]


def text(variant: Variant, ids: dict[str, str]) -> str:
    """The program that the states were recorded with, but for the ids of connections that others have requested."""
    lines = []
    for outer in ("prod", "staging"):
        lines += [
            component(outer.capitalize(), outer),
            component("Env", "env", opts=f"parent={outer}"),
            declared(
                "",
                "connection",
                opts="parent=env",
                environment_name=outer,
                management_account_id=MANAGEMENT_ACCOUNT,
                role_arn=arn("a"),
            ),
            declared(
                "Accepter",
                "acceptance",
                opts="parent=env",
                connection_id=Source("connection.id"),
                on_delete="reject",
                aws=MANAGEMENT,
            ),
            declared(
                "Roles",
                "roles",
                opts="parent=env",
                connection_id=ids[f"{outer}_roles"],
                role_arn=arn("a"),
                on_delete="restore",
            ),
        ]
    secret = Source(f"Output.secret({arn('hidden')!r})")
    lines += [
        declared(
            "",
            "kept",
            opts="retain_on_delete=True",
            environment_name="kept",
            management_account_id=MANAGEMENT_ACCOUNT,
            role_arn=secret,
            tags={"stage": Source("Output.secret('hidden-tag')")},
        ),
        declared(
            "Accepter",
            "of_kept",
            connection_id=Source("kept.id"),
            on_delete="reject",
            aws=MANAGEMENT,
        ),
        declared("", "parent", environment_name="parent", management_account_id=MANAGEMENT_ACCOUNT),
        declared(
            "Accepter", "child", opts="parent=parent", connection_id=Source("parent.id"), aws=MANAGEMENT
        ),
        declared("Accepter", "of_foreign", connection_id=ids["foreign"], on_delete="reject", aws=MANAGEMENT),
        declared(
            "Roles",
            "secret_roles",
            connection_id=ids["secret_roles"],
            role_arn=secret,
            on_delete="restore",
        ),
    ]
    return source(variant, *lines)


def as_recorded(client: Client) -> dict[str, str]:
    """The ids of connections as the recorded states have them."""
    ids = {
        **{name: requested(client, name, roleArn=arn("a")) for name in ("prod", "staging")},
        "kept": requested(client, "kept", roleArn=arn("hidden"), tags=TAGS),
        "parent": requested(client, "parent"),
        "foreign": accepted_connection(client),
        **{name: accepted_connection(client, roleArn=arn("a")) for name in ("prod_roles", "staging_roles")},
        "secret_roles": accepted_connection(client, roleArn=arn("hidden")),
    }
    for name in OWN:
        client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=ids[name])
    return ids


def recorded(stack: Stack, variant: Variant, aws: LocalAws, ids: dict[str, str]) -> None:
    """Import the recorded state, with the ids of connections that are live here."""
    state = (_RECORDED / f"9228830-{variant}.json").read_text().replace(_ADDRESS, aws.url)
    for name, connection_id in ids.items():
        state = state.replace(PLACEHOLDERS[name], connection_id)
    document = json.loads(state)
    document["deployment"]["secrets_providers"] = stack.state["deployment"]["secrets_providers"]
    file = stack.folder / "recorded.json"
    file.write_text(json.dumps(document))
    stack.run("stack", "import", "--file", str(file))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_state_of_before_shows_no_change_is_refreshed_and_destroyed(
    variant: Variant,
    make_variant: MakeVariant,
    aws: LocalAws,
    client: Client,
    proton_calls: ProtonCalls,
) -> None:
    """Parents, kept connections and secrets change nothing in `up` and refresh; a destroy deletes, keeps and restores."""
    ids = as_recorded(client)
    stack = make_variant(variant, text(variant, ids))
    recorded(stack, variant, aws, ids)
    proton_calls()
    stack.refresh("--skip-preview", "--expect-no-changes")
    proton_calls()
    for _ in range(2):
        printed = stack.up("--skip-preview", "--expect-no-changes", "--diff").text
        assert "__" not in printed
        assert "hidden" not in printed
        assert proton_calls() == []
    stack.destroy("--skip-preview")
    assert "RejectEnvironmentAccountConnection" not in proton_calls()
    assert (
        live_roles(client, ids["prod_roles"])
        == live_roles(client, ids["staging_roles"])
        == {"roleArn": "before"}
    )
    assert live_roles(client, ids["secret_roles"]) == {"roleArn": "before"}
    assert set(live_ids(client)) == {ids[name] for name in ("kept", *FOREIGN)}
    assert live(client, ids["kept"])["status"] == "CONNECTED"

"""Replacements: another connection, another Region, and the replacements that a user asks for."""

from __future__ import annotations

from typing import Any

from engine.harness import Client, MakeStack, ProtonCalls, Stack
from engine.programs import Source, accepted_connection, arn, error_of, live_roles, program, roles, updates

from proton_provider.local import LocalAws


def _outputs(stack: Stack) -> dict[str, Any]:
    """What the state says of all roles, by their names."""
    return {roles["urn"].rpartition("::")[2]: roles["outputs"] for roles in stack.resources("Roles")}


def test_another_connection_id_replaces_new_first_and_a_replacement_on_the_same_one_restores_first(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """The new connection gets its roles before the old one gets its earlier ones back; if there is none, nothing does.

    With `replace_on_changes` the connection stays the same: the earlier roles come back, then the new ones are set.
    """
    other_id = accepted_connection(client)
    same_id = accepted_connection(client, roleArn=arn("before"))

    def declared(moving_id: str, role: str) -> str:
        return program(
            roles(connection_id=moving_id, role_arn=arn("a"), on_delete="restore"),
            roles(
                "same",
                connection_id=same_id,
                role_arn=arn(role),
                on_delete="restore",
                opts=Source("ResourceOptions(replace_on_changes=['role_arn'])"),
            ),
        )

    stack = make_stack(declared(connection_id, "a"))
    stack.up("--skip-preview")
    before = _outputs(stack)
    stack.write(declared(f"00000000-{connection_id[9:]}", "a"))
    printed = stack.up_error()
    assert "replace [diff: ~connectionId]" in printed.text
    assert "Check the id" in error_of(printed)[-1]
    assert _outputs(stack) == before
    assert live_roles(client, connection_id) == {"roleArn": "a"}
    stack.write(declared(other_id, "b"))
    assert "+-2 replaced" in stack.up("--skip-preview").text
    on_same = [update["roleArn"] for update in updates(aws) if update["id"] == same_id]
    assert on_same == [arn("a"), arn("before"), arn("b")]
    assert _outputs(stack)["same"]["previousRoleArns"] == {"roleArn": arn("before")}
    assert [update for update in updates(aws) if update["id"] != same_id][1:] == [
        {"id": other_id, "roleArn": arn("a")},
        {"id": connection_id, "roleArn": arn("before")},
    ]


def test_another_region_replaces_and_is_visible_in_the_preview(
    make_stack: MakeStack, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """With another Region a preview without any call shows the replacement; a connection is in one Region only."""
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=arn("a"))))
    stack.up("--skip-preview")
    stack.configure({"aws:region": "us-west-2"})
    proton_calls()
    preview = stack.preview("--diff").text
    assert proton_calls() == []
    assert "EnvironmentAccountConnectionRoles: (replace)" in preview
    assert '~ region: "us-east-1" => "us-west-2"' in preview
    assert f"{connection_id} in us-west-2 failed" in error_of(stack.up_error("--skip-preview"))[-1]
    assert stack.resources("Roles")[0]["outputs"]["region"] == "us-east-1"

"""Replacements: another connection, another Region, and the replacements that a user asks for."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import Source, accepted_connection, arn, error_of, live_roles, program, roles, updates

from proton_provider.local import LocalAws


def test_another_connection_id_replaces_new_first_and_a_typo_in_it_leaves_the_old_alone(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """The new connection gets its roles before the old one gets its earlier ones back; if there is none, nothing does."""

    def of(connection_id: str) -> str:
        return program(roles(connection_id=connection_id, role_arn=arn("a"), on_delete="restore"))

    other_id = accepted_connection(client)
    stack = make_stack(of(connection_id))
    stack.up("--skip-preview")
    outputs = stack.resources("Roles")[0]["outputs"]
    stack.write(of(f"00000000-{connection_id[9:]}"))
    printed = stack.up_error()
    assert "replace [diff: ~connectionId]" in printed.text
    assert "Check the id" in error_of(printed)[-1]
    assert [roles["outputs"] for roles in stack.resources("Roles")] == [outputs]
    assert live_roles(client, connection_id) == {"roleArn": "a"}
    stack.write(of(other_id))
    assert "+-1 replaced" in stack.up("--skip-preview").text
    assert updates(aws)[1:] == [
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


def test_replace_on_changes_restores_first_and_sets_the_new_roles_then(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """A replacement on the same connection deletes first: the earlier roles come back, then the new ones are set."""

    def with_role(role: str) -> str:
        return program(
            roles(
                connection_id=connection_id,
                role_arn=arn(role),
                on_delete="restore",
                opts=Source("ResourceOptions(replace_on_changes=['role_arn'])"),
            )
        )

    stack = make_stack(with_role("a"))
    stack.up("--skip-preview")
    stack.write(with_role("b"))
    stack.up("--skip-preview")
    assert [update["roleArn"] for update in updates(aws)] == [arn("a"), arn("before"), arn("b")]
    outputs = stack.resources("Roles")[0]["outputs"]
    assert outputs["previousRoleArns"] == {"roleArn": arn("before")}
    assert live_roles(client, connection_id) == {"roleArn": "b"}

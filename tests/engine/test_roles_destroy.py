"""The end of the roles: what `destroy`, a rename and a forced replacement leave on the connection."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import ROLES, accepted_connection, arn, live_roles, program, roles, updates, urn

from proton_provider.local import LocalAws


def test_a_destroy_restores_the_earlier_roles_where_it_is_to_and_says_what_stays(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """Restore sets in one call what was there before, also of a role managed later; it names the rest.

    By default a destroy leaves a connection as it is, calls nothing and says so in a line that is no warning.
    """
    restored_id = accepted_connection(client, roleArn=arn("before"), componentRoleArn=arn("earlier"))
    first = {"connection_id": restored_id, "role_arn": arn("a"), "codebuild_role_arn": arn("c")}
    retained = roles("retained", connection_id=connection_id, role_arn=arn("a"))
    stack = make_stack(program(roles(**first, on_delete="retain"), retained))
    stack.up("--skip-preview")
    stack.write(program(roles(**first, component_role_arn=arn("b"), on_delete="restore"), retained))
    stack.up("--skip-preview")
    proton_calls()
    # The engine puts options of tracing before its address, which the lines go to.
    printed = stack.destroy("--skip-preview", "--tracing", f"file:{stack.folder / 'trace'}")
    assert proton_calls() == ["GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"]
    assert updates(aws)[-1] == {
        "id": restored_id,
        "roleArn": arn("before"),
        "componentRoleArn": arn("earlier"),
    }
    assert "has its previous roleArn and componentRoleArn again" in printed.text
    assert (
        "keeps its codebuildRoleArn: the connection had none before, and AWS Proton has no way to remove a role"
        in printed.text
    )
    assert live_roles(client, restored_id)["codebuildRoleArn"] == "c"

    about_it = [
        line for line in printed.lines if f"/{connection_id} keeps its roles (onDelete is retain)" in line
    ]
    assert any(line.startswith("    Connection ") for line in about_it)
    assert all("names roles that no longer exist" in line and "warning" not in line for line in about_it)
    assert live_roles(client, connection_id) == {"roleArn": "a"}


def test_a_rename_and_a_forced_replacement_under_restore_keep_the_new_roles(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """Roles that a resource made in the same run has set are not put back by the old one that is deleted after it."""
    arguments = {"connection_id": connection_id, "role_arn": arn("a"), "on_delete": "restore"}
    stack = make_stack(program(roles("old", **arguments)))
    stack.up("--skip-preview")
    stack.write(program(roles("new", **arguments)))
    printed = stack.up("--skip-preview").text
    assert "+ 1 created" in printed
    assert "- 1 deleted" in printed
    assert "keeps its roleArn: new manages it now instead of old." in printed
    assert live_roles(client, connection_id) == {"roleArn": "a"}
    printed = stack.up("--skip-preview", "--replace", urn("new", ROLES)).text
    assert "+-1 replaced" in printed
    assert "keeps its roleArn: new manages it now (it was replaced)." in printed
    assert live_roles(client, connection_id) == {"roleArn": "a"}
    assert len(updates(aws)) == 1

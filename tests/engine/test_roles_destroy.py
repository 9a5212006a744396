"""The end of the roles: what `destroy`, a rename and a forced replacement leave on the connection."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import ROLES, accepted_connection, arn, live_roles, program, roles, updates, urn

from proton_provider.local import LocalAws


def test_destroy_with_retain_calls_nothing_and_says_what_stays(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """By default a destroy leaves the connection as it is, calls nothing and says so in a line that is no warning."""
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=arn("a"))))
    stack.up("--skip-preview")
    connection_arn = stack.resources("Roles")[0]["outputs"]["arn"]
    proton_calls()
    printed = stack.destroy("--skip-preview").text
    assert proton_calls() == []
    assert f"\n    Connection {connection_arn} keeps its roles (onDelete is retain)" in printed
    assert "names roles that no longer exist" in printed
    assert "warning" not in printed
    assert live_roles(client, connection_id) == {"roleArn": "a"}


def test_destroy_with_restore_puts_the_earlier_roles_back(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """A destroy with restore sets in one call what was there before, also of a role managed later; the rest it names."""
    connection_id = accepted_connection(client, roleArn=arn("before"), componentRoleArn=arn("earlier"))
    first = {"connection_id": connection_id, "role_arn": arn("a"), "codebuild_role_arn": arn("c")}
    stack = make_stack(program(roles(**first, on_delete="retain")))
    stack.up("--skip-preview")
    stack.write(program(roles(**first, component_role_arn=arn("b"), on_delete="restore")))
    stack.up("--skip-preview")
    proton_calls()
    printed = stack.destroy("--skip-preview").text
    assert proton_calls() == ["GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"]
    assert updates(aws)[-1] == {
        "id": connection_id,
        "roleArn": arn("before"),
        "componentRoleArn": arn("earlier"),
    }
    assert "has its previous roleArn and componentRoleArn again" in printed
    assert (
        "keeps its codebuildRoleArn: the connection had none before, and AWS Proton has no way to remove a role"
        in printed
    )
    assert live_roles(client, connection_id)["codebuildRoleArn"] == "c"


def test_restore_leaves_alone_what_someone_else_changed_with_and_without_a_refresh_between(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """A role that this stack did not set is left and named, whether or not a refresh saw it; no connection is no error."""
    refreshed_id = accepted_connection(client, roleArn=arn("before"))
    gone_id = accepted_connection(client)
    ids = {"unseen": connection_id, "refreshed": refreshed_id, "gone": gone_id}
    stack = make_stack(
        program(
            *(
                roles(name, connection_id=id_, role_arn=arn("a"), on_delete="restore")
                for name, id_ in ids.items()
            )
        )
    )
    stack.up("--skip-preview")
    for id_ in (connection_id, refreshed_id):
        client("proton").update_environment_account_connection(id=id_, roleArn=arn("theirs"))
    client("proton").delete_environment_account_connection(id=gone_id)
    stack.refresh("--skip-preview", "--target", urn("refreshed", ROLES))
    proton_calls()
    printed = stack.destroy("--skip-preview").text
    assert proton_calls() == ["GetEnvironmentAccountConnection"] * 3
    changed = "keeps its roleArn: it is not the one that this stack last set."
    for id_ in (connection_id, refreshed_id):
        assert f"/{id_} {changed}" in printed
        assert live_roles(client, id_) == {"roleArn": "theirs"}
    assert f"/{gone_id} no longer exists; there are no roles to restore." in printed


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

"""The options that every Pulumi resource takes, and the other form of the arguments."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import ROLES, arn, live_roles, program, urn


def test_options_and_the_args_form_work_as_on_every_resource(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """A rename with an alias and a refused destroy call nothing, a transformation's role is set, an ignored role stays.

    An ignored role that a stranger has set stays a stranger's, also after a refresh and a destroy that restores.
    """

    def with_role(name: str, role: str) -> str:
        return program(
            "def transform(args):",
            f"    args.props['codebuild_role_arn'] = {arn('transformed')!r}",
            "    return pulumi.ResourceTransformationResult(args.props, args.opts)",
            "roles = EnvironmentAccountConnectionRoles(",
            f"    {name!r},",
            f"    EnvironmentAccountConnectionRolesArgs(connection_id={connection_id!r}, role_arn={arn(role)!r},",
            "        on_delete='restore'),",
            "    ResourceOptions(protect=True, ignore_changes=['role_arn'], aliases=[Alias(name='first')],",
            "        transformations=[transform]),",
            ")",
            "pulumi.export('codebuild', roles.codebuild_role_arn)",
        )

    stack = make_stack(with_role("first", "a"))
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "a", "codebuildRoleArn": "transformed"}
    assert stack.outputs == {"codebuild": arn("transformed")}
    client("proton").update_environment_account_connection(id=connection_id, roleArn=arn("theirs"))
    stack.refresh("--skip-preview")
    stack.write(with_role("renamed", "b"))
    proton_calls()
    assert "2 unchanged" in stack.up("--skip-preview").text
    assert [state["urn"] for state in stack.resources("Roles")] == [urn("renamed", ROLES)]
    assert "protect" in stack.destroy_error("--skip-preview").text
    assert proton_calls() == []
    stack.run("state", "unprotect", "--all", "--yes")
    printed = stack.destroy("--skip-preview").text
    assert "keeps its roleArn: it is not the one that this stack last set." in printed
    assert live_roles(client, connection_id)["roleArn"] == "theirs"

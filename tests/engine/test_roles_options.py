"""The options that every Pulumi resource takes, the other form of the arguments, and `get`."""

from __future__ import annotations

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import ROLES, Source, accepted_connection, arn, error_of, live_roles, program, roles, urn

from proton_provider.local import LocalAws


def test_ignore_changes_protect_transformations_and_the_args_form_work_as_on_every_resource(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """An ignored role stays, a protected resource is not destroyed, a transformation's role is set like any other."""

    def with_role(role: str) -> str:
        return program(
            "def transform(args):",
            f"    args.props['codebuild_role_arn'] = {arn('transformed')!r}",
            "    return pulumi.ResourceTransformationResult(args.props, args.opts)",
            "roles = EnvironmentAccountConnectionRoles(",
            "    'roles',",
            f"    EnvironmentAccountConnectionRolesArgs(connection_id={connection_id!r}, role_arn={arn(role)!r}),",
            "    ResourceOptions(protect=True, ignore_changes=['role_arn'], transformations=[transform]),",
            ")",
            "pulumi.export('codebuild', roles.codebuild_role_arn)",
        )

    stack = make_stack(with_role("a"))
    stack.up("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "a", "codebuildRoleArn": "transformed"}
    assert stack.outputs == {"codebuild": arn("transformed")}
    stack.write(with_role("b"))
    proton_calls()
    assert "2 unchanged" in stack.up("--skip-preview").text
    assert "protect" in stack.destroy_error("--skip-preview").text
    assert proton_calls() == []
    assert live_roles(client, connection_id)["roleArn"] == "a"


def test_depends_on_orders_the_calls_and_an_alias_makes_a_rename_free(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """What depends on roles comes after them; a renamed resource with an alias is the same one, and nothing is called."""
    other_id = accepted_connection(client)
    first = {"connection_id": connection_id, "role_arn": arn("a"), "on_delete": "restore"}
    second = {"connection_id": other_id, "role_arn": arn("b")}
    stack = make_stack(
        program(
            roles("first", **first),
            roles("second", **second, opts=Source("ResourceOptions(depends_on=[first])")),
        )
    )
    aws.delay(0.5, "UpdateEnvironmentAccountConnection")
    before = len(aws.requests)
    stack.up("--skip-preview")
    asked = [request.parameters["id"] for request in aws.requests[before:] if request.service == "proton"]
    assert asked == [connection_id, connection_id, other_id, other_id]
    aws.delay(0, "UpdateEnvironmentAccountConnection")
    stack.write(
        program(
            roles("renamed", **first, opts=Source("ResourceOptions(aliases=[Alias(name='first')])")),
            roles("second", **second, opts=Source("ResourceOptions(depends_on=[renamed])")),
        )
    )
    proton_calls()
    assert "3 unchanged" in stack.up("--skip-preview").text
    assert proton_calls() == []
    assert {resource["urn"] for resource in stack.resources("Roles")} == {
        urn("renamed", ROLES),
        urn("second", ROLES),
    }


def test_get_reads_a_connection_at_preview_and_manages_nothing(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """`get` knows every output at preview, changes nothing, lets go without a call; an absent connection is an error."""

    def get(connection_id: str) -> str:
        return program(
            f"roles = EnvironmentAccountConnectionRoles.get('roles', {connection_id!r})",
            "pulumi.export('status', roles.status)",
            "pulumi.export('role', roles.role_arn)",
            "pulumi.export('managed', roles.managed_role_arns)",
        )

    stack = make_stack(get(connection_id))
    proton_calls()
    preview = stack.preview().text
    assert proton_calls() == ["GetEnvironmentAccountConnection"]
    assert '"CONNECTED"' in preview
    assert f'"{arn("before")}"' in preview
    assert "[unknown]" not in preview
    stack.up("--skip-preview")
    assert stack.outputs == {"status": "CONNECTED", "role": arn("before"), "managed": {}}
    proton_calls()
    stack.destroy("--skip-preview")
    assert proton_calls() == []
    assert live_roles(client, connection_id) == {"roleArn": "before"}
    stack.write(get(f"00000000-{connection_id[9:]}"))
    assert "Check the id" in error_of(stack.preview_error())[-1]

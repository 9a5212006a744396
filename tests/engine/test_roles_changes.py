"""What an `up` of roles shows and sends when nothing changed, and when their ARN is not known at preview."""

from __future__ import annotations

import json

from engine.harness import Client, MakeStack, ProtonCalls
from engine.programs import Source, accepted_connection, arn, live_roles, program, roles

_OUTPUTS = (
    "arn",
    "aws",
    "codebuild_role_arn",
    "component_role_arn",
    "connection_id",
    "environment_account_id",
    "environment_name",
    "id",
    "last_modified_at",
    "live_role_arns",
    "managed_role_arns",
    "management_account_id",
    "on_delete",
    "previous_role_arns",
    "region",
    "requested_at",
    "role_arn",
    "status",
)

_SEE = f"""
import json
from pathlib import Path

def write(outputs):
    Path("seen.json").write_text(json.dumps(outputs))

for name in {_OUTPUTS}:
    pulumi.export(name, getattr(roles, name))
pulumi.Output.all(**{{name: getattr(roles, name) for name in {_OUTPUTS}}}).apply(write)
"""
"""Exports every output, and writes them down where all are known."""


def test_second_up_changes_nothing_and_no_output_is_unknown_in_its_preview(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """An `up` of the same program calls nothing, and its preview knows every output, also of roles not managed.

    The first one reads each connection, and sets the roles of the one that does not have them yet.
    """
    has_it_id = accepted_connection(client, roleArn=arn("it"))
    stack = make_stack(
        program(
            roles("has_it", connection_id=has_it_id, role_arn=arn("it")),
            roles(connection_id=connection_id, codebuild_role_arn=arn("codebuild")),
            _SEE,
        )
    )
    proton_calls()
    stack.up("--skip-preview")
    assert sorted(proton_calls()) == [
        *["GetEnvironmentAccountConnection"] * 2,
        "UpdateEnvironmentAccountConnection",
    ]
    outputs = stack.outputs
    (stack.folder / "seen.json").unlink()
    preview = stack.preview()
    assert "3 unchanged" in preview.text
    assert "[unknown]" not in preview.text
    assert (
        json.loads((stack.folder / "seen.json").read_text())
        == {"aws": None, "component_role_arn": None} | outputs
    )
    assert proton_calls() == []
    assert outputs["arn"].endswith(f":222222222222:environment-account-connection/{connection_id}")
    assert outputs["id"] == outputs["connection_id"] == connection_id
    assert outputs["role_arn"] == arn("before")
    assert outputs["live_role_arns"] == {"role_arn": arn("before"), "codebuild_role_arn": arn("codebuild")}
    assert outputs["managed_role_arns"] == {"codebuild_role_arn": arn("codebuild")}
    assert outputs["previous_role_arns"] == {}


def test_a_role_replaced_upstream_is_an_update_although_its_arn_is_unknown_at_preview(
    make_stack: MakeStack, client: Client, connection_id: str, proton_calls: ProtonCalls
) -> None:
    """A role that pulumi-aws replaces has no ARN at preview yet: the connection's roles are updated, never replaced."""

    def with_role(name: str) -> str:
        trust = '{"Version": "2012-10-17", "Statement": []}'
        return program(
            "import pulumi_aws",
            f"role = pulumi_aws.iam.Role('provisioning', name={name!r}, assume_role_policy={trust!r})",
            roles(
                connection_id=connection_id,
                role_arn=Source("role.arn"),
                aws=Source("AwsSettings(region=pulumi.Output.from_input('us-east-1'))"),
            ),
        )

    stack = make_stack(with_role("first"))
    stack.up("--skip-preview")
    stack.write(with_role("second"))
    proton_calls()
    preview = stack.preview("--diff").text
    assert proton_calls() == []
    assert "EnvironmentAccountConnectionRoles: (update)" in preview
    assert f'~ roleArn: "{arn("first")}" => [unknown]' in preview
    assert "aws:iam/role:Role: (replace)" in preview
    stack.up("--skip-preview")
    assert proton_calls() == ["UpdateEnvironmentAccountConnection"]
    assert live_roles(client, connection_id) == {"roleArn": "second"}

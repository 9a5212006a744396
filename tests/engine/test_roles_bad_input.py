"""Bad input: what a preview says of it, without a call, credentials or an endpoint."""

from __future__ import annotations

from engine.harness import MakeStack
from engine.roles_programs import TYPE, arn, dead_address, declare, error_of, program

from proton_provider.local import LocalAws

_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def test_a_preview_names_every_problem_and_needs_neither_credentials_nor_endpoint(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """Three wrong inputs are three lines of one preview; without them it passes, and nothing was asked of AWS."""
    stack = make_stack(
        program(
            declare(
                connection_id=_ID.upper(),
                role_arn="provisioning",
                codebuild_role_arn=arn("b"),
                on_delete="delete",
            )
        ),
        {"aws:accessKey": None, "aws:secretKey": None, "proton:endpointUrl": dead_address()},
    )
    before = len(aws.requests)
    problems = error_of(stack.preview_error())
    assert len(problems) == 3
    for line, name, problem in zip(
        sorted(problems, key=lambda line: line.partition(" property ")[2]),
        ("connectionId", "onDelete", "roleArn"),
        (
            "must be the id of an environment account connection",
            "must be one of retain, restore",
            "must be the ARN",
        ),
        strict=True,
    ):
        assert line.startswith(f"error: {TYPE} resource 'roles': property {name} value {{")
        assert f"has a problem: {problem}" in line
    stack.write(program(declare(connection_id=_ID, role_arn=arn("a"), codebuild_role_arn=arn("b"))))
    assert "2 to create" in stack.preview().text
    assert len(aws.requests) == before


def test_roles_of_two_accounts_and_a_missing_region_are_found_at_preview(make_stack: MakeStack) -> None:
    """A preview also finds what is wrong between the inputs, and that no Region is known."""
    stack = make_stack(
        program(declare(connection_id=_ID, role_arn=arn("a"), codebuild_role_arn=arn("b", "333333333333"))),
        {"aws:region": None},
    )
    of_codebuild, of_region = sorted(error_of(stack.preview_error()))
    assert of_codebuild.endswith(
        "must be a role in account 222222222222, as roleArn is; this is in 333333333333"
    )
    assert "property region value" in of_region
    assert "set aws:region in the stack's config" in of_region

"""Bad input: the sentence that a user sees for it, at preview, without a call, credentials or an endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from engine.harness import MakeStack, ProtonCalls
from engine.programs import DEAD_ADDRESS, ROLES_TYPE, Source, arn, declare, error_of, program, roles
from sentences import A_NUMBER, NO_ARN, NO_ID, NO_NAME

from proton_provider.local import LocalAws

_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
_REGIONS = (
    "ap-northeast-1, ap-northeast-2, ap-southeast-1, ap-southeast-2, ca-central-1, eu-central-1, eu-west-1, "
    "eu-west-2, us-east-1, us-east-2, us-west-2"
)


def test_a_preview_names_every_problem_and_needs_neither_credentials_nor_endpoint(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """Three wrong inputs are three lines of one preview; without them it passes, and nothing was asked of AWS."""
    stack = make_stack(
        program(
            roles(
                connection_id=_ID.upper(),
                role_arn="provisioning",
                codebuild_role_arn=arn("b"),
                on_delete="delete",
            )
        ),
        {"aws:accessKey": None, "aws:secretKey": None, "proton:endpointUrl": DEAD_ADDRESS},
    )
    before = len(aws.requests)
    problems = error_of(stack.preview_error())
    assert len(problems) == 3
    for line, name, problem in zip(
        sorted(problems, key=lambda line: line.partition(" property ")[2]),
        ("connectionId", "onDelete", "roleArn"),
        (NO_ID, "must be one of retain, restore", NO_ARN),
        strict=True,
    ):
        assert line.startswith(f"error: {ROLES_TYPE} resource 'roles': property {name} value {{")
        assert line.endswith(f"has a problem: {problem}")
    stack.write(program(roles(connection_id=_ID, role_arn=arn("a"), codebuild_role_arn=arn("b"))))
    assert "2 to create" in stack.preview().text
    assert len(aws.requests) == before


@pytest.mark.parametrize(
    ("kind", "arguments", "sentences"),
    [
        (
            "EnvironmentAccountConnection",
            {
                "environment_name": "my prod",
                "management_account_id": 111111111111,
                "role_arn": [arn("a")],
                "tags": {"size": [5]},
                "adopt_existing": "yes",
            },
            {
                "environmentName": NO_NAME,
                "managementAccountId": A_NUMBER,
                "roleArn": "must be the ARN of an IAM role, as a string; this is a list",
                "tags": "the value of 'size' must be a string; this is a list",
                "adoptExisting": "must be true or false",
            },
        ),
        (
            "EnvironmentAccountConnectionAccepter",
            {"connection_id": None, "on_delete": "restore", "aws": Source("AwsSettings(external_id='x')")},
            {
                "connectionId": "must be the id of a connection, as a string; this is missing",
                "onDelete": "must be one of retain, reject",
                "aws": "externalId needs assumeRoleArn",
            },
        ),
    ],
)
def test_every_kind_of_resource_names_every_problem(
    make_stack: MakeStack,
    proton_calls: ProtonCalls,
    kind: str,
    arguments: dict[str, Any],
    sentences: dict[str, str],
) -> None:
    """Values of wrong types, missing ones and contradictions reach the user as one line each, and nothing else does."""
    printed = make_stack(program(declare(kind, "bad", **arguments))).preview_error()
    (of_resource,) = printed.text.partition(f"{kind} (bad):\n")[2].split("\n\n")[:1]
    lines = of_resource.splitlines()
    assert len(lines) == len(sentences)
    for name, sentence in sentences.items():
        (line,) = [line for line in lines if f"'bad': property {name} value " in line]
        assert line.endswith(f"has a problem: {sentence}")
    assert "Traceback" not in printed.text
    assert proton_calls() == []


@pytest.mark.parametrize(
    ("config", "named", "sentence"),
    [
        (
            {"aws:region": None},
            "region",
            (
                "is not known: set proton:region in the stack's config (pulumi config set proton:region us-east-1), AWS_REGION "
                "in the environment, or region in the aws property (AwsSettings in Python)"
            ),
        ),
        (
            {"aws:region": "eu-west-3", "proton:endpointUrl": None},
            "region",
            f"must be a Region where AWS offered Proton: {_REGIONS}; this is eu-west-3",
        ),
        (
            {"aws:assumeRoles": [{"roleArn": arn("a"), "externalId": [5]}]},
            None,
            "aws:assumeRoles externalId must be a string; this is a list.",
        ),
    ],
)
def test_config_that_cannot_be_used_is_one_sentence(
    make_stack: MakeStack, config: dict[str, Any], named: str | None, sentence: str
) -> None:
    """What the stack's config lacks, or where it contradicts itself, is told at preview as one line of the resource."""
    stack = make_stack(program(roles(connection_id=_ID, role_arn=arn("a"))), config)
    (line,) = error_of(stack.preview_error())
    assert ("property" in line) == (named is not None)  # a fault of the config is none of a property
    assert named is None or f"'roles': property {named} value " in line
    assert line.endswith(f"has a problem: {sentence}")

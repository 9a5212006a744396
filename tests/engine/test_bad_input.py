"""Bad input: the sentence that a user sees for it, at preview, without a call, credentials or an endpoint.

The sentences for each kind of resource are in `test_bad_programs`.
"""

from __future__ import annotations

from typing import Any

from engine.harness import MakeStack
from engine.programs import DEAD_ADDRESS, arn, connection, error_of, program, roles
from sentences import A_NUMBER, NO_NAME

from proton_provider.local import LocalAws

_CONNECTION = "EnvironmentAccountConnection"
_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
_BAD: dict[str, Any] = {
    "environment_name": "my prod",
    "management_account_id": 111111111111,
    "role_arn": [arn("a")],
    "tags": {"size": [5]},
    "adopt_existing": "yes",
}
_SENTENCES = {
    "environmentName": NO_NAME,
    "managementAccountId": A_NUMBER,
    "roleArn": "must be the ARN of an IAM role, as a string; this is a list",
    "tags": "the value of 'size' must be a string; this is a list",
    "adoptExisting": "must be true or false",
}


def test_a_preview_names_every_problem_and_needs_neither_credentials_nor_endpoint(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """Each wrong input is one line, and nothing else is printed; without them the preview passes, and nobody is asked."""
    stack = make_stack(
        program(connection(**_BAD)),
        {"aws:accessKey": None, "aws:secretKey": None, "proton:endpointUrl": DEAD_ADDRESS},
    )
    printed = stack.preview_error()
    problems = error_of(printed, "prod", _CONNECTION)
    assert len(problems) == len(_SENTENCES)
    for name, sentence in _SENTENCES.items():
        (line,) = [line for line in problems if f"'prod': property {name} value {{" in line]
        assert line.endswith(f"has a problem: {sentence}")
    assert "Traceback" not in printed.text
    stack.write(program(roles(connection_id=_ID, role_arn=arn("a"), codebuild_role_arn=arn("b"))))
    assert "2 to create" in stack.preview().text
    assert aws.requests == []


def test_config_that_cannot_be_used_is_one_sentence(make_stack: MakeStack) -> None:
    """What the stack's config lacks is a problem of a property; a config that does not read is none of a property's."""
    stack = make_stack(program(roles(connection_id=_ID, role_arn=arn("a"))), {"aws:region": None})
    (line,) = error_of(stack.preview_error())
    assert "'roles': property region value " in line
    assert line.endswith(
        "has a problem: is not known: set proton:region in the stack's config (pulumi config set proton:region "
        "us-east-1), AWS_REGION in the environment, or region in the aws property (AwsSettings in Python)"
    )
    stack.configure({"aws:assumeRoles": [{"roleArn": arn("a"), "externalId": [5]}]})
    (line,) = error_of(stack.preview_error())
    assert "property" not in line
    assert line.endswith("has a problem: aws:assumeRoles externalId must be a string; this is a list.")

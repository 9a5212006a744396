"""Failures: what the user reads of them, and what they leave in state and on the connection."""

from __future__ import annotations

from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, Printed, Stack
from engine.programs import DEAD_ADDRESS, Source, arn, error_of, live_roles, program, roles

from proton_provider.local import LocalAws

_MOST_LINES = 10


def _sentence(printed: Printed, name: str = "roles") -> str:
    """The last line of the error of the roles `name`, which is a sentence; the whole is short."""
    error = error_of(printed, name)
    assert 1 < len(error) <= _MOST_LINES, error
    assert error[-1].endswith("."), error
    assert error[-1].startswith("proton_provider.errors."), error
    return error[-1]


def _kept(stack: Stack) -> list[tuple[str, Any, Any]]:
    """What the state says of all roles: ids, inputs and outputs."""
    return [(roles["id"], roles["inputs"], roles["outputs"]) for roles in stack.resources("Roles")]


def test_every_failure_of_a_first_up_is_ten_lines_at_most_and_leaves_nothing(
    make_stack: MakeStack, aws: LocalAws, client: Client, connection_id: str
) -> None:
    """Each failed create ends in a sentence that says what failed and what to do; the state has none of them."""
    rejected_id = client("proton").create_environment_account_connection(
        environmentName="rejected", managementAccountId=MANAGEMENT_ACCOUNT
    )["environmentAccountConnection"]["id"]
    client("proton", MANAGEMENT_ACCOUNT).reject_environment_account_connection(id=rejected_id)
    absent_id = f"00000000-{connection_id[9:]}"
    cases = {
        "absent": (
            {"connection_id": absent_id},
            f"of {absent_id} in us-east-1 failed: ResourceNotFoundException: ",
            "Use credentials of the environment account that requested it.",
        ),
        "foreign": (
            {"role_arn": arn("a", "333333333333")},
            f"/{connection_id} belongs to the environment account 222222222222",
            "Give roles of account 222222222222, or the id of a connection of account 333333333333.",
        ),
        "rejected": (
            {"connection_id": rejected_id},
            f"UpdateEnvironmentAccountConnection of {rejected_id} in us-east-1 failed: ConflictException: ",
            "Delete a rejected connection and request a new one.",
        ),
        "dead": (
            {"aws": Source(f"AwsSettings(endpoint_url={DEAD_ADDRESS!r}, max_attempts=1)")},
            f'Could not connect to the endpoint URL: "{DEAD_ADDRESS}/"',
            "If it no longer exists, run PULUMI_PROTON_DELETE_UNREACHABLE=true pulumi destroy.",
        ),
        "assumed": (
            {"aws": Source(f"AwsSettings(assume_role_arn={arn('deployer')!r})")},
            f"Assuming the role {arn('deployer')} failed: AccessDenied: ",
            "they need sts:AssumeRole on it.",
        ),
        "account": (
            {"aws": Source("AwsSettings(allowed_account_ids=['333333333333'])")},
            "The credentials are those of account 222222222222, but the account must be one of 333333333333",
            "Nothing was changed. The credentials come from aws:accessKey. Use credentials of the right account.",
        ),
    }
    stack = make_stack(
        program(
            *(
                roles(name, **{"connection_id": connection_id, "role_arn": arn("a"), **arguments})
                for name, (arguments, _, _) in cases.items()
            )
        )
    )
    aws.fail_next("AssumeRole", "AccessDenied")
    printed = stack.up_error("--skip-preview", "--continue-on-error")
    for name, (_, what, remedy) in cases.items():
        sentence = _sentence(printed, name)
        assert what in sentence
        assert sentence.endswith(remedy)
    assert _kept(stack) == []
    assert live_roles(client, connection_id) == {"roleArn": "before"}

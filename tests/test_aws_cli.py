"""The AWS CLI against the local AWS, through all ten operations and both accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cli
import pytest

from proton_provider.local import LocalAws

Cli = Callable[..., aws_cli.Ended]

ENVIRONMENT, MANAGEMENT = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{ENVIRONMENT}:role/proton"


@pytest.fixture
def cli(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs `aws` as an account, with nothing of the user's own set-up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    def run(account: str, *arguments: str) -> aws_cli.Ended:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
        return aws_cli.aws(arguments)

    return run


@pytest.fixture
def proton(cli: Cli) -> Any:
    """Runs `aws proton` as an account and reads its answer; a failure shows its words."""

    def run(account: str, *arguments: str) -> Any:
        done = cli(account, "proton", *arguments, "--output", "json")
        assert done.status == 0, done.err
        return json.loads(done.out) if done.out.strip() else None

    return run


def test_the_cli_goes_through_all_ten_operations(proton: Any) -> None:
    """Request, look, accept, update, tag, untag, reject and delete by hand, as the user guide has it."""
    made = proton(
        ENVIRONMENT, "create-environment-account-connection", "--environment-name", "production",
        "--management-account-id", MANAGEMENT, "--role-arn", ROLE, "--tags", "key=team,value=a",
    )["environmentAccountConnection"]  # fmt: skip
    connection_id, arn = made["id"], made["arn"]
    assert (made["status"], made["environmentAccountId"]) == ("PENDING", ENVIRONMENT)

    listing = proton(
        MANAGEMENT, "list-environment-account-connections", "--requested-by", "MANAGEMENT_ACCOUNT"
    )
    assert [item["id"] for item in listing["environmentAccountConnections"]] == [connection_id]

    accepted = proton(MANAGEMENT, "accept-environment-account-connection", "--id", connection_id)
    assert accepted["environmentAccountConnection"]["status"] == "CONNECTED"

    proton(
        ENVIRONMENT, "update-environment-account-connection", "--id", connection_id,
        "--component-role-arn", ROLE, "--codebuild-role-arn", ROLE,
    )  # fmt: skip
    found = proton(ENVIRONMENT, "get-environment-account-connection", "--id", connection_id)
    found = found["environmentAccountConnection"]
    assert [found[member] for member in ("roleArn", "componentRoleArn", "codebuildRoleArn")] == [ROLE] * 3

    proton(ENVIRONMENT, "tag-resource", "--resource-arn", arn, "--tags", "key=stage,value=test")
    proton(ENVIRONMENT, "untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    tags = proton(ENVIRONMENT, "list-tags-for-resource", "--resource-arn", arn)["tags"]
    assert tags == [{"key": "stage", "value": "test"}]

    rejected = proton(MANAGEMENT, "reject-environment-account-connection", "--id", connection_id)
    assert rejected["environmentAccountConnection"]["status"] == "REJECTED"

    deleted = proton(ENVIRONMENT, "delete-environment-account-connection", "--id", connection_id)
    assert deleted["environmentAccountConnection"]["id"] == connection_id
    listing = proton(
        ENVIRONMENT, "list-environment-account-connections", "--requested-by", "ENVIRONMENT_ACCOUNT"
    )
    assert listing["environmentAccountConnections"] == []


def test_the_cli_shows_errors_by_their_code(cli: Cli) -> None:
    """A user reads AWS's code and a sentence, as from AWS itself."""
    absent = "00000000-0000-4000-8000-000000000000"
    done = cli(MANAGEMENT, "proton", "accept-environment-account-connection", "--id", absent)
    assert done.status != 0
    assert "(ResourceNotFoundException)" in done.err
    assert absent in done.err


def test_the_cli_reaches_iam_and_sts_at_the_same_address(cli: Cli) -> None:
    """One endpoint variable is a whole account."""
    done = cli(
        ENVIRONMENT, "iam", "create-role", "--role-name", "proton", "--assume-role-policy-document", "{}"
    )
    assert json.loads(done.out)["Role"]["Arn"] == ROLE
    done = cli(MANAGEMENT, "sts", "get-caller-identity", "--query", "Account", "--output", "text")
    assert done.out.strip() == MANAGEMENT

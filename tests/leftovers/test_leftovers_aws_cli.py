"""The commands that `proton-leftovers` prints, typed into the AWS CLI."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from aws_cli import aws
from left_behind import AWAY, CODEBUILD_POLICY, HOME, Account, Command


def test_the_commands_of_the_advice_take_the_account_apart(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed one after the other, with the policies taken off as the sentence says, they leave nothing."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    account.fill()
    account.stack("AWSProton-failed", status="DELETE_FAILED")
    found = leftovers.json().found
    sentences = [line for each in found for line in each["advice"].splitlines()]
    commands = [
        f"aws {command}" for _, colon, command in (line.partition(": aws ") for line in sentences) if colon
    ]
    # What keeps a stack, or deletes it in another way, is typed on its page.
    other_ways = r"update-stack|--retain-resources|--deletion-mode|--role-arn"
    commands = [command for command in commands if not re.search(other_ways, command)]
    assert len(commands) == 9
    for line in commands:
        if "delete-role --role-name proton-codebuild" in line:
            account.client("iam").detach_role_policy(RoleName="proton-codebuild", PolicyArn=CODEBUILD_POLICY)
        done = aws(shlex.split(line)[1:])
        # moto has not given a deletion task of the id "ID".
        assert done.status == 0 or "--deletion-task-id ID" in line, done.err
    account.client("codebuild", AWAY).delete_project(
        name="AWSProton-prod-build"
    )  # moto's stack has not made it
    assert leftovers.json().found == []


def test_the_command_for_termination_protection_is_one_of_the_aws_cli(
    account: Account, leftovers: Command
) -> None:
    """The CLI takes its options; moto does not have the operation."""
    account.stack("AWSProton-prod", EnableTerminationProtection=True)
    advice = leftovers.json().found[0]["advice"]
    found = re.search(r"aws (cloudformation update-termination-protection .*)", advice)
    assert found is not None
    assert json.loads(aws([*found[1].split(), "--generate-cli-skeleton", "output"]).out)["StackId"]

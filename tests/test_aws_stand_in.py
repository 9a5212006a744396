"""The stand-in for pulumi-aws's plugin, in the tests' own process: its account, and what each resource does at IAM."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT
from without_downloads.aws_stand_in.account import Account, StandInError, configuration
from without_downloads.aws_stand_in.plan import check, diff
from without_downloads.aws_stand_in.resources import RESOURCES

from proton_provider.local import LocalAws

ROLE = RESOURCES["aws:iam/role:Role"]
POLICY = RESOURCES["aws:iam/policy:Policy"]
_STATEMENT = {"Effect": "Allow", "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{**_STATEMENT, "Principal": {"AWS": "*"}}]})
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{**_STATEMENT, "Resource": "*"}]})
OTHER_TRUST = TRUST.replace('"*"', '"222222222222"')
BOUNDARY = f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:policy/boundary"


@pytest.fixture
def config(aws: LocalAws) -> dict[str, Any]:
    """The configuration that points the stand-in at the local AWS."""
    endpoints = json.dumps([{"iam": aws.url, "sts": aws.url}])
    return {
        "region": "us-east-1",
        "accessKey": ENVIRONMENT_ACCOUNT,
        "secretKey": "local",
        "endpoints": endpoints,
        "skipCredentialsValidation": "true",
    }


def role_inputs(account: Account, **own: Any) -> dict[str, Any]:
    inputs, failures = check(
        ROLE, {}, {"assumeRolePolicy": TRUST, **own}, "web-1234567", account.default_tags
    )
    assert failures == {}
    return inputs


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"ignoreTags": {"keys": ["a"]}}, "aws:ignoreTags is not supported by the stand-in"),
        ({"assumeRoles": '[{"roleArn": "x", "policy": "y"}]'}, "policy of aws:assumeRoles is not supported"),
        ({"allowedAccountIds": ["999999999999"]}, f"AWS account ID not allowed: {ENVIRONMENT_ACCOUNT}"),
    ],
)
def test_configuration_that_fails(config: dict[str, Any], own: dict[str, Any], words: str) -> None:
    """What the stand-in cannot follow, and what cannot work, is one sentence."""

    def configure() -> None:
        account = Account(configuration(config | own))
        account.check_allowed()
        account.client("iam")

    with pytest.raises(StandInError, match=re.escape(words)):
        configure()


def test_roles_are_assumed_one_after_the_other(config: dict[str, Any], aws: LocalAws) -> None:
    """The account is that of the last role."""
    arns = [f"arn:aws:iam::{number}:role/deployer" for number in (MANAGEMENT_ACCOUNT, "333333333333")]
    for arn in arns:
        iam = aws.client("iam", account=arn.split(":")[4])
        iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)
    roles = json.dumps([{"roleArn": arn, "externalId": "two"} for arn in arns])
    assert Account(configuration({**config, "assumeRoles": roles})).identity()["Account"] == "333333333333"


@pytest.mark.parametrize(
    "change",
    [
        {"assumeRolePolicy": OTHER_TRUST},
        {"description": "changed"},
        {"description": None},
        {"maxSessionDuration": 43200},
        {"permissionsBoundary": None},
        {"tags": {"a": "changed", "c": "new"}},
        {"tags": None},
    ],
    ids=json.dumps,
)
def test_role_is_changed_in_place(config: dict[str, Any], change: dict[str, Any]) -> None:
    """Each property takes its new value in IAM, alone. Default tags are in `tagsAll`, and not the role's own."""
    account = Account(configuration({**config, "defaultTags": {"tags": {"team": "x"}}}))
    own = {
        "description": "first",
        "maxSessionDuration": 7200,
        "permissionsBoundary": BOUNDARY,
        "tags": {"a": "b"},
    }
    account.client("iam").create_policy(PolicyName="boundary", PolicyDocument=DOCUMENT)
    inputs = role_inputs(account, **own)
    made = {"id": ROLE.create(account, inputs)}
    state = {**(ROLE.read(account, {**inputs, **made}) or {}), **made}
    assert (state["tags"], state["tagsAll"]) == ({"a": "b"}, {"a": "b", "team": "x"})
    assert diff(ROLE, state, inputs)[0] == {}
    wanted = role_inputs(account, **{**own, **change})
    ROLE.update(account, state, wanted)
    updated = ROLE.read(account, {**state, **wanted}) or {}
    assert {name for name in updated if updated[name] != state[name]} - {"tagsAll"} == change.keys()
    assert diff(ROLE, updated, wanted)[0] == {}


def test_change_that_it_cannot_make_is_refused(config: dict[str, Any]) -> None:
    """A managed policy is created and deleted. Another document fails the preview."""
    with pytest.raises(StandInError, match="A change of policy of aws:iam/policy:Policy is not supported"):
        diff(POLICY, {"policy": "{}"}, {"policy": "[]"})

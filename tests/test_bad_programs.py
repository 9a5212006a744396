"""The sentence that a user reads for each wrong argument of a program.

The engine stops at the first resource with a problem, so that a table this long would take it minutes: here the SDK's
own recorder takes its place, since the program's side is all that is looked at. `engine/test_bad_input` shows on the
engine how such sentences reach the user.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from accounts import MANAGEMENT_ACCOUNT, role_arn
from sentences import A_NUMBER, NO_ARN, NO_ID, NO_NAME

_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def roles_case(named: str, sentence: str, **arguments: Any) -> tuple[str, str, str]:
    """Roles of a connection with these arguments, the property that has a problem, and the sentence about it."""
    given = {"connection_id": _ID, "role_arn": role_arn("a"), **arguments}
    return _row("EnvironmentAccountConnectionRoles", given), named, sentence


def connection_case(named: str, sentence: str, **arguments: Any) -> tuple[str, str, str]:
    """The same for a requested connection."""
    given = {"environment_name": "prod", "management_account_id": MANAGEMENT_ACCOUNT, **arguments}
    return _row("EnvironmentAccountConnection", given), named, sentence


def accepter_case(named: str, sentence: str, **arguments: Any) -> tuple[str, str, str]:
    """The same for an accepted connection."""
    return _row("EnvironmentAccountConnectionAccepter", {"connection_id": _ID, **arguments}), named, sentence


def settings_case(sentence: str, members: str) -> tuple[str, str, str]:
    """The same for the settings of a resource."""
    call = f"EnvironmentAccountConnectionAccepter('bad', connection_id={_ID!r}, aws=AwsSettings({members}))"
    return call, "aws", f"aws.{sentence}."


def _row(kind: str, arguments: dict[str, Any]) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{kind}('bad', {given})"


_ASSUMING = f"assume_role_arn={role_arn('deployer')!r}, "
CHECKED = [
    roles_case("connectionId", NO_ID, connection_id="prod"),
    roles_case("connectionId", NO_ID, connection_id=f"{_ID}\n"),
    roles_case("connectionId", "must be the id of a connection, as a string; this is a number", connection_id=5),
    roles_case("connectionId", "must be the id of a connection, as a string; this is missing", connection_id=None),
    roles_case("roleArn", "at least one of roleArn, componentRoleArn, codebuildRoleArn must be given", role_arn=None),
    roles_case("roleArn", NO_ARN, role_arn=""),
    roles_case("roleArn", NO_ARN, role_arn=role_arn("a").replace("role/", "user/")),
    roles_case("roleArn", "must be the ARN of an IAM role, as a string; this is a list", role_arn=[role_arn("a")]),
    roles_case("componentRoleArn", NO_ARN, component_role_arn=f"{role_arn('a')} "),
    roles_case("codebuildRoleArn", "must have at most 2048 characters; this has 2049", codebuild_role_arn="a" * 2049),
    roles_case(
        "codebuildRoleArn",
        "must be a role in account 222222222222, as roleArn is; this is in 333333333333",
        codebuild_role_arn=role_arn("b", "333333333333"),
    ),
    roles_case(
        "componentRoleArn",
        "must be in the partition aws, as the Region us-east-1 is; this is in aws-cn",
        component_role_arn=role_arn("b").replace("aws", "aws-cn", 1),
    ),
    roles_case("onDelete", "must be one of retain, restore", on_delete="reject"),
    connection_case("environmentName", NO_NAME, environment_name="my prod"),
    connection_case("environmentName", NO_NAME, environment_name=""),
    connection_case("environmentName", "must have at most 100 characters; this has 101", environment_name="e" * 101),
    connection_case(
        "environmentName", "must be the name of an environment, as a string; this is a boolean", environment_name=True
    ),
    connection_case("managementAccountId", "must be an account id: twelve digits", management_account_id="11111111111"),
    connection_case("managementAccountId", A_NUMBER, management_account_id=111111111111),
    connection_case("adoptExisting", "must be true or false", adopt_existing="yes"),
    connection_case("roleArn", NO_ARN, role_arn="provisioning"),
    connection_case("tags", "must be a map of strings", tags=["team"]),
    connection_case("tags", "must be a map of strings", tags="team"),
    connection_case("tags", "the value of 'size' must be a string; this is a list", tags={"size": [5]}),
    connection_case("tags", "the key '' must be a string of 1 to 128 characters", tags={"": "x"}),
    connection_case("tags", "the key 'aws:x' must not begin with aws:, which AWS reserves", tags={"aws:x": "x"}),
    connection_case("tags", "the value of 'a' must have at most 256 characters", tags={"a": "x" * 257}),
    connection_case(
        "tags",
        "must be at most 50, default tags included; these are 51",
        tags={f"tag-{number}": "" for number in range(51)},
    ),
    accepter_case("connectionId", NO_ID, connection_id="*"),
    accepter_case("onDelete", "must be one of retain, reject", on_delete="restore"),
    accepter_case("aws", "must be a map of settings, or AwsSettings(…) in Python.", aws="us-east-1"),
    settings_case("region must be a string; this is a number", "region=5"),
    settings_case("profile must be a string; this is a boolean", "profile=True"),
    settings_case(
        "profile absent is not in AWS's shared configuration files. To list the profiles, run aws configure "
        "list-profiles",
        "profile='absent'",
    ),
    settings_case(f"assumeRoleArn {NO_ARN}", "assume_role_arn='deployer'"),
    settings_case("externalId needs assumeRoleArn", "external_id='x'"),
    settings_case(
        "sessionName, durationSeconds need assumeRoleArn", "session_name='x', duration_seconds=900"
    ),
    settings_case("sessionTags must be a map of strings", f"{_ASSUMING}session_tags=['team']"),
    settings_case(
        "sessionTags the value of 'team' must be a string; this is a list", f"{_ASSUMING}session_tags={{'team': [5]}}"
    ),
    settings_case(
        "durationSeconds must be a whole number of at least 1; this is a string",
        f"{_ASSUMING}duration_seconds='an hour'",
    ),
    settings_case(
        "endpointUrl must be an address such as http://127.0.0.1:4600; this is a string",
        "endpoint_url='127.0.0.1:4600'",
    ),
    settings_case("allowedAccountIds must be a list of account ids; this is a string", "allowed_account_ids='222222222222'"),
    settings_case(
        "allowedAccountIds[0] must be an account id: twelve digits", "allowed_account_ids=['2']"
    ),
    settings_case("maxAttempts must be a whole number of at least 1; this is a number", "max_attempts=0"),
    settings_case("maxAttempts must be a whole number of at least 1; this is a boolean", "max_attempts=True"),
]  # fmt: skip


_ARGS = "EnvironmentAccountConnectionArgs"
_AFTER_NAME = (
    f"TypeError: After the name come {_ARGS}(…), or ResourceOptions(…) and keyword arguments; this is"
)
_ROLE_ARGS = "must be True, False or CloudFormationRoleArgs(…); it is"
_STATUSES = "ConfigurationError: statuses must be a list of some of PENDING, CONNECTED, REJECTED; it is"
RAISED = [
    (
        "EnvironmentAccountConnection('a', environment_name='e')",
        f"TypeError: {_ARGS}.__init__() missing 1 required keyword-only argument: 'management_account_id'",
    ),
    (
        "EnvironmentAccountConnectionRoles('a', connection_id='x', role='y')",
        "TypeError: EnvironmentAccountConnectionRolesArgs.__init__() got an unexpected keyword argument 'role'",
    ),
    (
        ("EnvironmentAccountConnection('a', EnvironmentAccountConnectionArgs(environment_name='e', "
        "management_account_id='1'), environment_name='f')"),
        f"TypeError: Give {_ARGS}(…) or keyword arguments, not both.",
    ),
    ("EnvironmentAccountConnection('a', 'prod', '111111111111')", f"{_AFTER_NAME} 'prod'."),
    ("EnvironmentAccountConnection('a', {'environment_name': 'e'})", f"{_AFTER_NAME} {{'environment_name': 'e'}}."),
    (
        "EnvironmentAccountConnectionAccepter('a', args=5)",
        "TypeError: args must be EnvironmentAccountConnectionAccepterArgs(…); it is 5.",
    ),
    (
        "EnvironmentAccountConnectionAccepter('a', connection_id='x', opts=pulumi.ResourceOptions(provider=5))",
        ("ValueError: EnvironmentAccountConnectionAccepter 'a' accepts only an aws.Provider; its provider is 5. Remove "
        "provider from its options."),
    ),
    ("AwsSettings(access_key='x')", "TypeError: AwsSettings.__init__() got an unexpected keyword argument 'access_key'"),
    (
        "ServiceRoles('a')",
        "TypeError: ServiceRolesArgs.__init__() missing 1 required keyword-only argument: 'management_account_id'",
    ),
    ("ServiceRoles('a', management_account_id='1', role='x')", f"TypeError: role of ServiceRoles 'a' {_ROLE_ARGS} 'x'."),
    (
        "ServiceRoles('a', management_account_id='1', component_role=None)",
        f"TypeError: component_role of ServiceRoles 'a' {_ROLE_ARGS} None.",
    ),
    (
        "ServiceRoles('a', management_account_id='1', role=CodeBuildRoleArgs())",
        (f"TypeError: role of ServiceRoles 'a' {_ROLE_ARGS} CodeBuildRoleArgs(policies={{}}, policy_arns={{}}, "
        "basic_access=True)."),
    ),
    (
        "ServiceRoles('a', management_account_id='1', codebuild_role=CodeBuildRoleArgs(policy_arns=['x']))",
        ("TypeError: codebuild_role of ServiceRoles 'a' must have policy_arns as a map, each under a name of your own; "
        "they are ['x']."),
    ),
    ("get_environment_account_connection('prod')", f"ConfigurationError: id {NO_ID}; it is 'prod'."),
    (
        "get_environment_account_connection(pulumi.Output.from_input('x'))",
        "ConfigurationError: id is an Output. Use the function whose name ends with _output.",
    ),
    (
        "get_environment_account_connection(management_account_id=111111111111)",
        f"ConfigurationError: management_account_id {A_NUMBER}; it is 111111111111.",
    ),
    (
        "get_environment_account_connections(environment_name='my prod')",
        f"ConfigurationError: environment_name {NO_NAME}; it is 'my prod'.",
    ),
    ("get_environment_account_connections(statuses='PENDING')", f"{_STATUSES} 'PENDING'."),
    ("get_environment_account_connections(statuses=['OPEN'])", f"{_STATUSES} ['OPEN']."),
    (
        "get_environment_account_connections(requested_by='ME')",
        "ConfigurationError: requested_by must be one of ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT; it is 'ME'.",
    ),
    (
        "get_environment_account_connections(aws='us-east-1')",
        "ConfigurationError: aws must be AwsSettings(…); it is 'us-east-1'.",
    ),
    (
        "get_environment_account_connections(aws=AwsSettings(session_name='x'))",
        "ConfigurationError: aws.sessionName needs assumeRoleArn.",
    ),
    (
        "get_environment_account_connections(aws=AwsSettings(region='eu-west-3', max_attempts=0))",
        "ConfigurationError: aws.maxAttempts must be a whole number of at least 1; this is a number.",
    ),
]  # fmt: skip


PROGRAM = """
import json
import sys

import pulumi
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import Mocks, Settings, configure, set_all_config, set_mocks

import proton_provider
from proton_provider import dynamic

CONFIG = {"aws:region": "us-east-1", "proton:endpointUrl": "http://127.0.0.1:1"}
names = {name: getattr(proton_provider, name) for name in proton_provider.__all__}
said = []


class Engine(Mocks):
    def new_resource(self, args):
        provider = getattr(dynamic, args.typ.rpartition(":")[2] + "Provider")()
        provider.configure(ConfigureRequest(Config(CONFIG, "project")))
        failures = provider.check({}, args.inputs).failures
        said.append([[failure.property, failure.reason] for failure in failures])
        return args.name, args.inputs

    def call(self, args):
        return {}


@pulumi.runtime.test
def run(source):
    eval(source, {"pulumi": pulumi, **names})


set_all_config(CONFIG)
for source in json.load(sys.stdin):
    set_mocks(Engine())
    if source.startswith("get_"):  # under mocks a function asks them, not AWS
        configure(Settings(project="project", stack="stack"))
    try:
        run(source)
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is said of each call: failures of `check` on what the SDK made of its arguments, or what it raised."""
    sources = [*(source for source, _, _ in CHECKED), *(source for source, _ in RAISED)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(sources),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))},
            "AWS_CONFIG_FILE": str(tmp_path_factory.mktemp("aws") / "absent"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(sources, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("source", "named", "sentence"), CHECKED, ids=range(len(CHECKED)))
def test_a_wrong_input_is_one_sentence_at_preview(
    said: dict[str, Any], source: str, named: str, sentence: str
) -> None:
    """A resource with a wrong input has one failure, of that property, which says what it must be."""
    assert said[source] == [[named, sentence]]


@pytest.mark.parametrize(("source", "sentence"), RAISED, ids=range(len(RAISED)))
def test_what_a_call_cannot_take_is_raised_as_one_sentence(
    said: dict[str, Any], source: str, sentence: str
) -> None:
    """Missing, unknown and contradictory arguments raise at once, with one line that names what is wrong."""
    assert said[source] == sentence

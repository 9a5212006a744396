"""Every code block of the page on taking a stack apart is run, or is what something that runs prints."""

from __future__ import annotations

import json
import os
import re
import shlex
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import accounts
import aws_cli
import pytest
import yaml
from botocore.exceptions import ClientError
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    Printed,
    Stack,
)
from engine.pages import Page, lines, shell
from engine.programs import (
    DEAD_ADDRESS,
    Source,
    accepter,
    arn,
    connection,
    live_ids,
    live_roles,
    of_proton,
    program,
    requested,
    roles,
    urn,
    warnings_of,
)

from proton_provider.local import LocalAws

PAGE = Page("docs/take-a-stack-apart.md")
LEFTOVERS = PAGE.block("bash", "proton-leftovers --region us-east-1\n")
TEMPLATES = PAGE.block("bash", "--templates")
HAND_OVER = PAGE.block("bash", "wait stack-update-complete --region")
CHANGE_A_TAG = PAGE.block("bash", "--tags")
LOOK_GONE = PAGE.block("bash", "--preview-only")
DESTROY_GONE = PAGE.block("bash", "=true pulumi destroy --yes")
WARNING = PAGE.block("text", "warning: Connection")
REFRESH_GONE = PAGE.block("bash", "=true pulumi refresh")
BY_CONFIG = PAGE.block("bash", "proton:deleteUnreachable")
DESTROY = PAGE.block("bash", "pulumi destroy --yes\n")
NEW_ADDRESS = PAGE.block("bash", "proton:endpointUrl")
NATIVE = PAGE.block("bash", "aws-native:proton")
DELETE = PAGE.block(
    "bash",
    "aws cloudformation delete-stack --stack-name NAME\naws cloudformation wait stack-delete-complete --stack-name NAME\n",
)
DELETE_FAILED = PAGE.block("bash", "--retain-resources")
OTHER_ROLE = PAGE.block("bash", "delete-stack --stack-name NAME --role-arn")
TRUST = PAGE.block("json", "cloudformation.amazonaws.com")
SAME_ROLE = PAGE.block("bash", "create-role")
FORCE = PAGE.block("bash", "FORCE_DELETE_STACK")
RETAINED = PAGE.block("yaml", "DeletionPolicy: Retain")
LET_GO = PAGE.block("bash", "file://retained.yaml")
ROLES = PAGE.block("bash", "list-attached-role-policies")
PROVIDERS = PAGE.block("bash", "list-open-id-connect-providers")
LAST_RESORT = PAGE.block("bash", "URN_OF_THE_ACCEPTER")
ADDRESS = "http://127.0.0.1:4600"
NATIVE_TYPE = "aws-native:proton:EnvironmentAccountConnection"

_SKIP_PREVIEW = {"PULUMI_OPTION_SKIP_PREVIEW": "true"}
"""As the flag of this name. Previews of these commands are shown where they are of interest."""

_IAM_ROLE = (
    "import json, pulumi_aws as aws",
    'role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))',
)
_ROLES_OF_IAM = (
    "import json",
    "import pulumi_aws as aws",
    'trust = {"Version": "2012-10-17", "Statement": []}',
    *(
        f"{name} = aws.iam.Role({name!r}, assume_role_policy=json.dumps(trust))"
        for name in ("provisioning", "component", "codebuild")
    ),
)
_WHOLE = program(
    *_ROLES_OF_IAM,
    connection(
        role_arn=Source("provisioning.arn"),
        component_role_arn=Source("component.arn"),
        codebuild_role_arn=Source("codebuild.arn"),
    ),
    accepter(
        connection_id=Source('pulumi.Config().require("elsewhere")'),
        on_delete="reject",
        aws=Source('AwsSettings(profile="management")'),
    ),
    roles(
        connection_id=Source('pulumi.Config().require("elsewhere")'),
        role_arn=Source("provisioning.arn"),
        on_delete="restore",
    ),
    'EnvironmentAccountConnectionRoles.get("seen", pulumi.Config().require("kept"))',
    roles(
        "kept", connection_id=Source('pulumi.Config().require("kept")'), role_arn=Source("provisioning.arn")
    ),
)
"""All resources, three IAM roles, a requested connection, `reject`, `restore`, one that is retained, one that is read."""


def _roles(client: Client) -> list[str]:
    return [role["RoleName"] for role in client("iam").list_roles()["Roles"]]


@pytest.fixture
def stranded(make_stack: MakeStack, tmp_path: Path) -> Stack:
    """A stack with everything in it, whose Proton endpoint was taken away for good."""
    shared = tmp_path / "credentials"
    shared.write_text(
        f"[management]\naws_access_key_id = {MANAGEMENT_ACCOUNT}\naws_secret_access_key = local\n"
    )
    with LocalAws() as elsewhere:
        ids = [_requested_by_hand(elsewhere, name) for name in ("elsewhere", "kept")]
        stack = make_stack(
            _WHOLE,
            {"proton:endpointUrl": elsewhere.url, "test:elsewhere": ids[0], "test:kept": ids[1]},
        )
        stack.env |= {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_MAX_ATTEMPTS": "1"}
        stack.up("--skip-preview")
    return stack


def _requested_by_hand(aws: LocalAws, name: str) -> str:
    made = accounts.client(aws, "proton").create_environment_account_connection(
        environmentName=name, managementAccountId=MANAGEMENT_ACCOUNT, roleArn=arn("before")
    )
    return str(made["environmentAccountConnection"]["id"])


def test_a_stack_whose_proton_is_gone_is_destroyed(stranded: Stack, client: Client) -> None:
    """One variable and one command leave nothing in state or in IAM; one warning for each call that was not made.

    The warning is the page's, but for its reason. The error before names the variable. With a refresh in place of the
    destroy all that is Proton's counts as deleted, with a warning for each, and the program without it is up to date.
    """
    assert len(_roles(client)) == 3
    failed = stranded.destroy_error("--skip-preview", "--continue-on-error")
    assert f"If it no longer exists, run {DESTROY_GONE.partition(' --yes')[0]}." in failed.text
    assert "ended Proton" not in failed.text
    assert len(of_proton(stranded)) == 3, "what is retained is gone, the others stay"

    (stranded.folder / "state.json").write_text(json.dumps(stranded.state))
    refreshed = shell(REFRESH_GONE, stranded.folder, stranded.env | _SKIP_PREVIEW)
    assert len(warnings_of(Printed(refreshed))) == 3
    assert refreshed.count("was not read and counts as deleted: no connection to") >= 3
    assert of_proton(stranded) == []
    stranded.write(program(*_ROLES_OF_IAM))
    assert "4 unchanged" in stranded.up("--skip-preview").text
    stranded.run("stack", "import", "--file", "state.json")
    stranded.write(_WHOLE)

    foreseen = shell(LOOK_GONE, stranded.folder, stranded.env)
    assert "aws:iam:Role" in foreseen
    assert len(_roles(client)) == 3, "nothing was destroyed"
    printed = shell(DESTROY_GONE, stranded.folder, stranded.env)
    warnings = warnings_of(Printed(printed.partition("\nDestroying (test):")[2]))
    assert len(warnings) == 3
    before, after = WARNING.strip().split("AWS ended Proton on 7 October 2026")
    connection, not_deleted = re.split("[0-9a-f-]{36}", before)
    for what in (not_deleted, " was not rejected: ", " did not get its previous roles back: "):
        assert [
            line
            for line in warnings
            if re.fullmatch(
                f"{re.escape(connection)}[0-9a-f-]{{36}}{re.escape(what)}"
                rf"no connection to http://127\.0\.0\.1:\d+ can be made \(.+?\){re.escape(after)}",
                line,
            )
        ], (what, warnings)
    assert stranded.resources() == []
    assert _roles(client) == []


def test_an_answer_of_another_endpoint_is_never_a_reason(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """With the variable an endpoint that denies keeps its resources; once it is gone, the config alone lets them go."""
    connection_id = requested(client, roleArn=arn("before"))
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=arn("ours"), on_delete="restore")))
    stack.up("--skip-preview")
    stack.env["PULUMI_PROTON_DELETE_UNREACHABLE"] = "true"
    aws.fail_next("GetEnvironmentAccountConnection", "AccessDeniedException")
    failed = stack.destroy_error("--skip-preview").text
    assert "The credentials need proton:GetEnvironmentAccountConnection" in failed
    assert "ended Proton" not in failed
    assert len(of_proton(stack)) == 1
    del stack.env["PULUMI_PROTON_DELETE_UNREACHABLE"]
    stack.configure({"proton:endpointUrl": DEAD_ADDRESS})
    printed = shell(BY_CONFIG, stack.folder, stack.env | _SKIP_PREVIEW)
    assert "did not get its previous roles back: no connection to" in printed
    assert live_roles(client, connection_id) == {"roleArn": "ours"}


def test_a_stack_whose_endpoint_moved_is_destroyed_and_a_resource_of_aws_native_taken_out(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """The refresh that runs the program takes up the new address, and the destroy uses it.

    Before, what aws-native has is taken out of the state by two commands, which do not start its provider.
    """
    stack = make_stack(program(connection()))
    stack.up("--skip-preview")
    state = stack.state
    provider_id = str(uuid.uuid4())
    provider = "urn:pulumi:test::test::pulumi:providers:aws-native::default"
    state["deployment"]["resources"] += [
        {"urn": provider, "custom": True, "id": provider_id, "type": "pulumi:providers:aws-native"},
        {
            "urn": f"urn:pulumi:test::test::{NATIVE_TYPE}::connection",
            "custom": True,
            "id": "arn:aws:proton:us-east-1:222222222222:environment-account-connection/x",
            "type": NATIVE_TYPE,
            "provider": f"{provider}::{provider_id}",
        },
    ]
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.run("stack", "import", "--file", "state.json")
    look, delete = lines(NATIVE)
    found = shell(look, stack.folder, stack.env).split()
    assert found == [f"urn:pulumi:test::test::{NATIVE_TYPE}::connection"]
    shell(delete.replace("URN", found[0]), stack.folder, stack.env)
    assert stack.resources(NATIVE_TYPE) == []

    stack.configure({"proton:endpointUrl": DEAD_ADDRESS})
    stack.env["AWS_MAX_ATTEMPTS"] = "1"
    stack.up("--skip-preview")
    assert NEW_ADDRESS.endswith(DESTROY)
    shell(NEW_ADDRESS.replace(ADDRESS, aws.url), stack.folder, stack.env | _SKIP_PREVIEW)
    assert live_ids(client) == []
    assert stack.resources() == []


Cli: TypeAlias = Callable[[str], str]


@pytest.fixture
def cli(aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Types a block of AWS CLI commands, in a shell in which it reaches the local AWS; what they print."""
    variables = {
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ENVIRONMENT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def typed(block: str) -> str:
        printed = []
        for line in lines(block):
            program, *arguments = shlex.split(line)
            assert program == "aws"
            ended = aws_cli.aws(arguments)
            assert ended.status == 0, f"{line}\n{ended.err}"
            printed.append(ended.out)
        return "".join(printed)

    return typed


_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudformation.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _template(connection: dict[str, Any] | None) -> str:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "proton-provisioning", "AssumeRolePolicyDocument": _TRUST},
    }
    resources = {"Role": role} | (connection or {})
    return yaml.safe_dump({"Resources": resources})


_CONNECTION = {
    "Connection": {
        "Type": "AWS::Proton::EnvironmentAccountConnection",
        "Properties": {"EnvironmentName": "prod", "ManagementAccountId": MANAGEMENT_ACCOUNT},
    }
}


def _typed(block: str, **names: str) -> str:
    for name, value in {"NAME": "proton", "LOGICAL_ID": "Connection", **names}.items():
        block = re.sub(rf"\b{name}\b", value, block)
    return block


_UNKNOWN_TO_MOTO = pytest.mark.filterwarnings("ignore:Tried to parse AWS.*Proton:UserWarning")


@_UNKNOWN_TO_MOTO
@pytest.mark.parametrize(
    "block",
    [DELETE, DELETE_FAILED, OTHER_ROLE, FORCE],
    ids=["plain", "retaining", "by another role", "by force"],
)
def test_a_stack_of_cloudformation_is_deleted(client: Client, cli: Cli, block: str) -> None:
    """Each way deletes the stack with its role."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="proton", TemplateBody=_template(_CONNECTION), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert _roles(client) == ["proton-provisioning"]
    cli(_typed(block, ROLE_ARN=arn("deleter")))
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName="proton")
    assert _roles(client) == []


def test_a_stack_is_deleted_with_a_role_that_is_made_again(client: Client, cli: Cli, tmp_path: Path) -> None:
    """Of the same name; when the stack is gone, so is the role."""
    cloudformation = client("cloudformation")
    template = yaml.safe_dump({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation.create_stack(StackName="proton", TemplateBody=template, RoleARN=arn("gone"))
    (tmp_path / "trust.json").write_text(TRUST)
    cli(_typed(SAME_ROLE, ROLE="gone"))
    assert cloudformation.describe_stacks()["Stacks"] == []
    assert _roles(client) == []


_PARAMETERS = " --parameters ParameterKey=Size,UsePreviousValue=true"


def test_a_stack_of_proton_is_handed_over(client: Client, cli: Cli, tmp_path: Path) -> None:
    """It gets another role, and keeps its tags, the second time with one more.

    moto sees no update in the same parameters, whatever else changes. So both ways are typed without them.
    """
    cloudformation = client("cloudformation")
    name = "AWSProton-prod-environment"
    with_parameters = {
        "Parameters": {"Size": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    without = {"Resources": with_parameters["Resources"]}
    tags = [{"Key": "team", "Value": "a"}]
    cloudformation.create_stack(
        StackName=name, TemplateBody=yaml.safe_dump(without), RoleARN=arn("protons"), Tags=tags
    )
    shell(TEMPLATES, tmp_path, dict(os.environ))
    saved = tmp_path / "templates" / REGION / f"{name}.tags.json"
    saved.write_text(json.dumps([*json.loads(saved.read_text()), {"Key": "kept", "Value": "true"}]))
    for block, role, kept in ((HAND_OVER, "mine", {"team"}), (CHANGE_A_TAG, "ours", {"team", "kept"})):
        typed = _typed(block, NAME=name, ROLE_ARN=arn(role))
        assert _PARAMETERS in typed
        cli(typed.replace(_PARAMETERS, ""))
        (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert made["RoleARN"] == arn(role)
        assert {tag["Key"] for tag in made["Tags"]} == kept

    cloudformation.delete_stack(StackName=name)
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=yaml.safe_dump(with_parameters),
        Parameters=[{"ParameterKey": "Size", "ParameterValue": "1"}],
    )
    with pytest.raises(AssertionError, match="No updates are to be performed"):
        cli(typed)


def test_the_identity_providers_are_shown(client: Client, cli: Cli) -> None:
    """GitHub's, which pull-request provisioning made."""
    made = client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com")
    assert made["OpenIDConnectProviderArn"] in cli(PROVIDERS)


def test_a_stack_of_cloudformation_lets_go_of_its_connection(
    client: Client, cli: Cli, tmp_path: Path
) -> None:
    """Both updates are taken; after them the stack has its role and, in the place of a connection, no queue.

    moto cannot take a resource out whose type it does not know.
    """
    known_to_moto = {"Connection": {"Type": "AWS::SQS::Queue"}}
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="proton", TemplateBody=_template(known_to_moto), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    retained = yaml.safe_load(RETAINED)
    assert retained["Connection"].pop("Type") == _CONNECTION["Connection"]["Type"]
    (tmp_path / "retained.yaml").write_text(
        _template({"Connection": {**known_to_moto["Connection"], **retained["Connection"]}})
    )
    (tmp_path / "without.yaml").write_text(_template(None))
    cli(_typed(LET_GO))
    (left,) = cloudformation.describe_stack_resources(StackName="proton")["StackResources"]
    assert left["LogicalResourceId"] == "Role"
    assert _roles(client) == ["proton-provisioning"]


def test_a_role_of_a_connection_made_by_hand_is_deleted(client: Client, cli: Cli) -> None:
    """With an instance profile, an attached and an inline policy, each of which is shown first."""
    iam = client("iam")
    iam.create_role(RoleName="proton", AssumeRolePolicyDocument=json.dumps(_TRUST))
    policy = iam.create_policy(PolicyName="stacks", PolicyDocument=json.dumps(_ALLOWED))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="proton", PolicyArn=policy)
    iam.put_role_policy(RoleName="proton", PolicyName="inline", PolicyDocument=json.dumps(_ALLOWED))
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="proton")
    typed = _typed(ROLES, ROLE="proton", POLICY_ARN=policy, POLICY="inline", PROFILE="profile")
    assert cli(typed).split() == ["profile", policy, "inline"]
    assert _roles(client) == []


_ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def test_what_proton_left_behind_is_shown(client: Client, cli: Cli, tmp_path: Path) -> None:
    """The command finds a role that lets Proton in."""
    trust = json.dumps(_TRUST).replace("cloudformation", "proton")
    client("iam").create_role(RoleName="proton-provisioning", AssumeRolePolicyDocument=trust)
    assert "proton-provisioning" in shell(LEFTOVERS, tmp_path, dict(os.environ))


def test_the_last_resort_is_a_state_without_what_is_protons(make_stack: MakeStack, client: Client) -> None:
    """The URNs are shown; taken out in that order, they leave a stack that a plain destroy ends."""
    with LocalAws() as elsewhere:
        stack = make_stack(
            program(
                *_IAM_ROLE,
                connection(role_arn=Source("role.arn"), management_account_id=ENVIRONMENT_ACCOUNT),
                accepter(connection_id=Source("prod.id")),
            ),
            {"proton:endpointUrl": elsewhere.url},
        )
        stack.up("--skip-preview")
    look, *rest = lines(LAST_RESORT)
    shown = shell(look, stack.folder, stack.env).split()
    kind = "EnvironmentAccountConnection"
    assert set(shown) == {urn("prod"), urn("accepter", f"{kind}Accepter")}
    commands = "\n".join(rest)
    commands = commands.replace("URN_OF_THE_ACCEPTER", urn("accepter", f"{kind}Accepter"))
    shell(commands.replace("URN_OF_THE_CONNECTION", urn("prod")), stack.folder, stack.env)
    assert stack.resources() == []
    assert _roles(client) == []


def test_no_block_is_left_out() -> None:
    """Every code block of the page is in one of the tests above."""
    assert PAGE.left_out() == []

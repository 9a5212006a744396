"""Every code block of the page on taking a stack apart is run, or is what something that runs prints."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    Stack,
    environment,
)
from engine.pages import Page, lines, shell
from engine.programs import (
    Source,
    accepter,
    arn,
    connection,
    dead_address,
    live_ids,
    program,
    urn,
)

from proton_provider.local import LocalAws

PAGE = Page("docs/take-a-stack-apart.md")
LEFTOVERS = PAGE.block("bash", "proton-leftovers")
DESTROY_GONE = PAGE.block("bash", "=true pulumi destroy")
WARNING = PAGE.block("text", "warning: Connection")
REFRESH_GONE = PAGE.block("bash", "=true pulumi refresh")
BY_CONFIG = PAGE.block("bash", "proton:deleteUnreachable")
DESTROY = PAGE.block("bash", "pulumi destroy --yes\n")
NEW_ADDRESS = PAGE.block("bash", "proton:endpointUrl")
NATIVE = PAGE.block("bash", "aws-native:proton")
DELETE = PAGE.block("bash", "wait stack-delete-complete")
DELETE_FAILED = PAGE.block("bash", "--retain-resources")
OTHER_ROLE = PAGE.block("bash", "--role-arn")
RETAINED = PAGE.block("yaml", "DeletionPolicy: Retain")
LET_GO = PAGE.block("bash", "update-stack")
ROLES = PAGE.block("bash", "aws iam delete-role ")
LAST_RESORT = PAGE.block("bash", "URN_OF_THE_ACCEPTER")
ADDRESS = "http://127.0.0.1:4600"
NATIVE_TYPE = "aws-native:proton:EnvironmentAccountConnection"

_IAM_ROLE = (
    "import json, pulumi_aws as aws",
    'role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))',
)
_STACK = program(*_IAM_ROLE, connection(role_arn=Source("role.arn")))
"""A connection whose role is in the same stack."""


def _roles(client: Client) -> list[str]:
    return [role["RoleName"] for role in client("iam").list_roles()["Roles"]]


def _of_proton(stack: Stack) -> list[str]:
    return [resource["urn"] for resource in stack.resources() if "dynamic/proton" in resource["type"]]


@pytest.fixture
def stranded(make_stack: MakeStack) -> Stack:
    """A stack whose endpoint was taken away."""
    with LocalAws() as elsewhere:
        stack = make_stack(_STACK, {"proton:endpointUrl": elsewhere.url})
        stack.env["AWS_MAX_ATTEMPTS"] = "1"
        stack.up("--skip-preview")
    return stack


def test_a_stack_whose_proton_is_gone_is_destroyed(stranded: Stack, client: Client) -> None:
    """One command, IAM roles included; the warning is as printed, but for the reason."""
    printed = " ".join(shell(DESTROY_GONE, stranded.folder, stranded.env).split())
    ended = "AWS ended Proton on 7 October 2026"
    before, after = re.sub(r"[0-9a-f-]{36}", "ID", WARNING.strip()).split(ended)
    assert re.search(
        re.escape(before)
        + r"no connection to http://127\.0\.0\.1:\d+ can be made \(.+?\)"
        + re.escape(after),
        re.sub(r"[0-9a-f-]{36}", "ID", printed),
    )
    assert stranded.resources() == []
    assert _roles(client) == []


def test_a_stack_whose_proton_is_gone_keeps_the_rest_after_a_refresh(stranded: Stack, client: Client) -> None:
    """The refresh takes out what is Proton's; the program without it is up to date."""
    shell(REFRESH_GONE, stranded.folder, stranded.env)
    assert _of_proton(stranded) == []
    stranded.write(program(*_IAM_ROLE))
    assert "2 unchanged" in stranded.up("--skip-preview").text
    assert len(_roles(client)) == 1


def test_the_config_does_what_the_variable_does(stranded: Stack, client: Client) -> None:
    """Set in the config, it holds for a destroy that runs the program."""
    shell(BY_CONFIG, stranded.folder, stranded.env)
    assert stranded.resources() == []
    assert _roles(client) == []


def test_a_stack_whose_endpoint_answers_is_destroyed(make_stack: MakeStack, client: Client) -> None:
    """Nothing special is needed, and Proton is told."""
    stack = make_stack(_STACK)
    stack.up("--skip-preview")
    shell(DESTROY, stack.folder, stack.env)
    assert live_ids(client) == []


def test_a_stack_whose_endpoint_moved_is_destroyed(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """The new address is taken up by the refresh that runs the program, and used by the destroy."""
    stack = make_stack(_STACK)
    stack.up("--skip-preview")
    stack.configure({"proton:endpointUrl": dead_address()})
    stack.env["AWS_MAX_ATTEMPTS"] = "1"
    stack.up("--skip-preview")
    assert "EndpointUnreachableError" in stack.destroy_error("--skip-preview").text
    shell(NEW_ADDRESS.replace(ADDRESS, aws.url), stack.folder, stack.env)
    assert live_ids(client) == []
    assert stack.resources() == []


def test_a_resource_of_aws_native_is_taken_out_of_the_state(make_stack: MakeStack, tmp_path: Path) -> None:
    """Both commands work on a state that holds it; its provider is not started."""
    stack = make_stack(program())
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
    exported = tmp_path / "state.json"
    exported.write_text(json.dumps(state))
    stack.run("stack", "import", "--file", str(exported))
    look, delete = lines(NATIVE)
    found = shell(look, stack.folder, stack.env).split()
    assert found == [f"urn:pulumi:test::test::{NATIVE_TYPE}::connection"]
    shell(delete.replace("URN", f"'{found[0]}'"), stack.folder, stack.env)
    assert stack.resources(NATIVE_TYPE) == []


@pytest.fixture
def cli(aws: LocalAws, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in which the AWS CLI reaches the local AWS."""
    (tmp_path / "shell").mkdir()
    return {
        **environment(tmp_path / "shell"),
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ENVIRONMENT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_PAGER": "",
    }


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
    "block", [DELETE, DELETE_FAILED, OTHER_ROLE], ids=["plain", "retaining", "by another role"]
)
def test_a_stack_of_cloudformation_is_deleted(
    client: Client, cli: dict[str, str], tmp_path: Path, block: str
) -> None:
    """Each way deletes the stack with its role."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="proton", TemplateBody=_template(_CONNECTION), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert _roles(client) == ["proton-provisioning"]
    shell(_typed(block, ROLE_ARN=arn("deleter")), tmp_path, cli)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName="proton")
    assert _roles(client) == []


def test_a_stack_of_cloudformation_lets_go_of_its_connection(
    client: Client, cli: dict[str, str], tmp_path: Path
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
    shell(_typed(LET_GO), tmp_path, cli)
    (left,) = cloudformation.describe_stack_resources(StackName="proton")["StackResources"]
    assert left["LogicalResourceId"] == "Role"
    assert _roles(client) == ["proton-provisioning"]


def test_a_role_of_a_connection_made_by_hand_is_deleted(
    client: Client, cli: dict[str, str], tmp_path: Path
) -> None:
    """With an attached and an inline policy, each of which is shown first."""
    iam = client("iam")
    iam.create_role(RoleName="proton", AssumeRolePolicyDocument=json.dumps(_TRUST))
    policy = iam.create_policy(PolicyName="stacks", PolicyDocument=json.dumps(_ALLOWED))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="proton", PolicyArn=policy)
    iam.put_role_policy(RoleName="proton", PolicyName="inline", PolicyDocument=json.dumps(_ALLOWED))
    typed = _typed(ROLES, ROLE="proton", POLICY_ARN=policy, POLICY="inline")
    assert shell(typed, tmp_path, cli).split() == [policy, "inline"]
    assert _roles(client) == []


_ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def test_what_proton_left_behind_is_shown(client: Client, cli: dict[str, str], tmp_path: Path) -> None:
    """The command finds a role that lets Proton in."""
    trust = json.dumps(_TRUST).replace("cloudformation", "proton")
    client("iam").create_role(RoleName="proton-provisioning", AssumeRolePolicyDocument=trust)
    assert "proton-provisioning" in shell(LEFTOVERS, tmp_path, cli)


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
    commands = commands.replace("URN_OF_THE_ACCEPTER", f"'{urn('accepter', f'{kind}Accepter')}'")
    shell(commands.replace("URN_OF_THE_CONNECTION", f"'{urn('prod')}'"), stack.folder, stack.env)
    assert stack.resources() == []
    assert _roles(client) == []


def test_no_block_is_left_out() -> None:
    """Every code block of the page is in one of the tests above."""
    assert PAGE.left_out() == []

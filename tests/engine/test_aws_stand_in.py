"""The stand-in for pulumi-aws's plugin on the real engine: programs against the real Python package, IAM over HTTP."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from engine.harness import ENVIRONMENT_ACCOUNT, Client, Stack, environment, local_config, project

from proton_provider.local import LocalAws

PROGRAM = Path(__file__).parents[2] / "scripts" / "without_downloads" / "aws_stand_in" / "pulumi-resource-aws"
VERSION = version("pulumi-aws")
OTHER_ACCOUNT = "333333333333"

ROLES = """
import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
path = config.get("path") or "/"
caller = aws.get_caller_identity()
of_proton = {
    "Effect": "Allow",
    "Principal": {"Service": "proton.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": caller.account_id}},
}
trust = json.dumps({"Version": "2012-10-17", "Statement": [of_proton]})


def allow(action, resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


proton = aws.iam.Role(
    "proton",
    assume_role_policy=trust,
    description=config.get("description") or "for Proton",
    path=path,
    tags={"team": "shop"},
)
component = aws.iam.Role("component", assume_role_policy=json.loads(trust))
aws.iam.RolePolicy("pass-role", role=component.id, policy=proton.arn.apply(lambda arn: allow("iam:PassRole", arn)))
shared = aws.iam.Policy("shared", policy=allow("logs:*"))
aws.iam.RolePolicyAttachment("component-shared", role=component.name, policy_arn=shared.arn)

other = aws.Provider(
    "other",
    region=config.get("region") or "eu-west-1",
    access_key="222222222222",
    secret_key="local",
    skip_credentials_validation=True,
    skip_metadata_api_check=True,
    assume_roles=[
        aws.ProviderAssumeRoleArgs(role_arn="arn:aws:iam::333333333333:role/deployer", session_name="deploy")
    ],
    default_tags=aws.ProviderDefaultTagsArgs(tags={"owner": "platform"}),
    endpoints=[aws.ProviderEndpointArgs(**pulumi.Config("aws").require_object("endpoints")[0])],
)
codebuild = aws.iam.Role(
    "codebuild",
    name=config.get("name"),
    assume_role_policy=trust,
    path=path,
    opts=pulumi.ResourceOptions(provider=other),
)

pulumi.export("arns", {"proton": proton.arn, "component": component.arn, "codebuild": codebuild.arn})
pulumi.export("account", caller.account_id)
pulumi.export("partition", aws.get_partition().partition)
pulumi.export("tags", codebuild.tags_all)
pulumi.export("otherAccount", aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=other)).account_id)
"""

MakeStandInStack: TypeAlias = Callable[[str], Stack]


@pytest.fixture
def make_stack(tmp_path: Path, aws: LocalAws, client: Client) -> MakeStandInStack:
    """Makes a stack whose Pulumi home holds the stand-in, whichever plugin this machine has."""
    trust = {
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ENVIRONMENT_ACCOUNT}}
        ]
    }
    deployer = {
        "RoleName": "deployer",
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", **trust}),
    }
    client("iam", OTHER_ACCOUNT).create_role(**deployer)
    env = environment(tmp_path)
    plugins = tmp_path / "home" / "plugins"
    plugins.unlink(missing_ok=True)
    plugin = plugins / f"resource-aws-v{VERSION}" / "pulumi-resource-aws"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(PROGRAM)])} "$@"\n')
    plugin.chmod(0o755)

    def make(program: str) -> Stack:
        stack = Stack(project(tmp_path, program), env)
        stack.configure({**local_config(aws.url), "test:name": "codebuild"})
        return stack

    return make


@pytest.fixture
def roles(client: Client) -> Callable[..., dict[str, Any]]:
    """The roles that IAM has in an account, by their names without the random digits."""

    def find(account: str = ENVIRONMENT_ACCOUNT) -> dict[str, Any]:
        listed = client("iam", account).list_roles()["Roles"]
        return {role["RoleName"].split("-")[0]: role for role in listed}

    return find


def operations(steps: list[dict[str, Any]]) -> dict[str, str]:
    """What a preview plans, by resource; what stays as it is and the engine's own parts of a replacement left out."""
    names = {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in steps
        if step["op"] in ("update", "replace", "create")
    }
    return {name: operation for name, operation in names.items() if name != "test-test"}


def test_roles_are_made_in_both_accounts_and_stay_as_they_are(
    make_stack: MakeStandInStack, roles: Callable[..., dict[str, Any]]
) -> None:
    """One `up` makes all, each provider in its own account; the next refresh and `up` find nothing to change."""
    stack = make_stack(ROLES)
    stack.up("--skip-preview")
    outputs = stack.outputs
    here, there = roles(), roles(OTHER_ACCOUNT)
    assert here.keys() == {"proton", "component"}
    assert outputs["arns"] == {
        "proton": here["proton"]["Arn"],
        "component": here["component"]["Arn"],
        "codebuild": there["codebuild"]["Arn"],
    }
    assert (outputs["account"], outputs["otherAccount"]) == (ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT)
    assert (outputs["partition"], outputs["tags"]) == ("aws", {"owner": "platform"})
    condition = here["proton"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    assert condition == {"StringEquals": {"aws:SourceAccount": ENVIRONMENT_ACCOUNT}}
    stack.refresh("--skip-preview", "--expect-no-changes")
    stack.configure({"test:name": None})
    stack.up(
        "--skip-preview", "--expect-no-changes"
    )  # a name that is fixed no more is kept, as in pulumi-aws
    assert roles(OTHER_ACCOUNT)["codebuild"]["RoleId"] == there["codebuild"]["RoleId"]
    stack.configure({"test:region": "eu-central-1"})
    assert operations(stack.preview_steps()) == {"other": "update"}
    stack.destroy("--skip-preview")
    assert not roles()
    assert roles(OTHER_ACCOUNT).keys() == {"deployer"}


def test_a_preview_shows_changes_and_a_refresh_shows_drift_which_an_up_heals(
    make_stack: MakeStandInStack, roles: Callable[..., dict[str, Any]], client: Client
) -> None:
    """A change in place leaves ARNs known; a new path replaces, and what takes the ARN shows as a change.

    A refresh prints what somebody did to role, inline policy and attachment; the next `up` makes it the program's.
    """
    stack = make_stack(ROLES)
    stack.up("--skip-preview")
    stack.configure({"test:description": "changed"})
    assert operations(stack.preview_steps()) == {"proton": "update"}
    stack.configure({"test:path": "/team/"})
    planned = operations(stack.preview_steps())
    assert planned == {"proton": "replace", "codebuild": "replace", "pass-role": "update"}
    before = roles()["proton"]
    printed = stack.up("--skip-preview").text
    assert printed.index("codebuild deleted original") < printed.index("codebuild creating replacement")
    assert printed.index("proton created replacement") < printed.index("proton deleting original")
    after = roles()["proton"]
    assert after["RoleName"] != before["RoleName"]
    assert after["Arn"] == f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/team/{after['RoleName']}"
    assert roles(OTHER_ACCOUNT)["codebuild"]["Path"] == "/team/"

    iam = client("iam")
    proton, component = roles()["proton"]["RoleName"], roles()["component"]["RoleName"]
    shared = iam.list_attached_role_policies(RoleName=component)["AttachedPolicies"][0]["PolicyArn"]
    iam.update_role(RoleName=proton, Description="by hand", MaxSessionDuration=3600)
    (inline,) = iam.list_role_policies(RoleName=component)["PolicyNames"]
    iam.delete_role_policy(RoleName=component, PolicyName=inline)
    iam.detach_role_policy(RoleName=component, PolicyArn=shared)
    printed = stack.refresh("--skip-preview", "--diff").text
    assert 'description: "changed" => "by hand"' in printed
    assert "- aws:iam/rolePolicy:RolePolicy: (delete)" in printed
    assert "- aws:iam/rolePolicyAttachment:RolePolicyAttachment: (delete)" in printed
    planned = operations(stack.preview_steps())
    assert planned == {"proton": "update", "component-shared": "create", "pass-role": "create"}
    stack.up("--skip-preview")
    assert roles()["proton"]["Description"] == "changed"
    assert len(iam.list_role_policies(RoleName=component)["PolicyNames"]) == 1
    assert iam.list_attached_role_policies(RoleName=component)["AttachedPolicies"][0]["PolicyArn"] == shared


def test_what_it_cannot_do_and_what_is_wrong_is_one_sentence_each(make_stack: MakeStandInStack) -> None:
    """A preview names the real plugin for other resources and inputs. Each wrong input has a line of its own."""
    stack = make_stack('import pulumi_aws as aws\naws.s3.Bucket("bucket")\n')
    printed = stack.preview_error().text
    assert "The resource type aws:s3/bucket:Bucket is not supported by the stand-in" in printed
    assert f"`pulumi plugin install resource aws {VERSION} --reinstall`" in printed
    stack.write(
        'import pulumi_aws as aws\naws.iam.Role("role", assume_role_policy="{", force_detach_policies=True)\n'
    )
    wrong = stack.preview_error()
    assert "Traceback" not in printed + wrong.text
    lines = "\n".join(sorted(line for line in wrong.lines if line.startswith("    error: aws:")))
    assert lines.count("\n") == 1
    assert "property assumeRolePolicy value {{} has a problem: contains invalid JSON" in lines
    assert "The input forceDetachPolicies of aws:iam/role:Role is not supported" in lines

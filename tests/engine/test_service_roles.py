"""`ServiceRoles` on the real engine: roles as IAM has them, and the order in which their changes reach a connection."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, Stack

from proton_provider.local import LocalAws

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
BASIC_ACCESS = "arn:aws:iam::aws:policy/AWSProtonCodeBuildProvisioningBasicAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

PROGRAM = f"""
import pulumi
import pulumi_aws as aws
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles, ServiceRolesArgs

config = pulumi.Config()
text = '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}]}}'
queue = aws.iam.Policy("queue", policy=text)
documents = {{
    "as-map": {{
        "Version": "2012-10-17",
        "Statement": [{{
            "Effect": "Allow", "Action": config.require("action"), "Resource": "*",
            "Condition": {{"ArnEquals": {{"aws:some_key": queue.arn}}}},
        }}],
    }},
    "as-text": text,
}}
component_role = CloudFormationRoleArgs(cloudformation_administrator_policy=True)
roles = ServiceRoles("roles", ServiceRolesArgs(
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role=CloudFormationRoleArgs(
        policies=documents, policy_arns={{"queue": queue.arn, "read-only": {READ_ONLY!r}}}, stack_access=True
    ),
    component_role=component_role if config.require_bool("componentRole") else False,
    path=config.require("path"),
    name_prefix="acme-",
    permissions_boundary={BOUNDARY!r},
    tags={{"cost_center": "42"}},
    max_session_duration=7200,
))
connection = EnvironmentAccountConnection(
    "connection",
    environment_name="prod",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role_arn=roles.role_arn,
    component_role_arn=roles.component_role_arn,
    codebuild_role_arn=roles.codebuild_role_arn,
)
"""


@dataclass(frozen=True)
class LiveRole:
    """A role as IAM has it."""

    described: dict[str, Any]
    inline: dict[str, Any]
    attached: set[str]


def live_roles(iam: Any) -> dict[str, LiveRole]:
    """All roles of the account with their policies, as IAM answers, by ARN."""
    roles = {}
    for listed in iam.list_roles()["Roles"]:
        name = listed["RoleName"]
        inline = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        role = iam.get_role(RoleName=name)["Role"]
        roles[role["Arn"]] = LiveRole(role, inline, {policy["PolicyArn"] for policy in attached})
    return roles


def connection_of(stack: Stack) -> dict[str, Any]:
    """The connection as it is in state."""
    (connection,) = stack.resources("EnvironmentAccountConnection")
    return connection


def require_as_declared(live: dict[str, LiveRole], connection: dict[str, Any], queue_arn: str) -> None:
    """IAM has the policies and attributes that the program names, and no others."""
    arns = {job: connection["inputs"][f"{job}Arn"] for job in ("role", "componentRole", "codebuildRole")}
    assert set(arns.values()) == live.keys()
    for arn, job in zip(arns.values(), ("provisioning", "component", "codebuild"), strict=True):
        role = live[arn].described
        assert arn.startswith(f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/old/acme-{job}-")
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
        assert role["Tags"] == [{"Key": "cost_center", "Value": "42"}]
        assert role["MaxSessionDuration"] == 7200
    provisioning, component, codebuild = (live[arn] for arn in arns.values())
    assert provisioning.inline.keys() == {"as-map", "as-text", "cloudformation-stacks"}
    (as_map,) = provisioning.inline["as-map"]["Statement"]
    assert as_map["Condition"] == {"ArnEquals": {"aws:some_key": queue_arn}}
    assert provisioning.inline["as-text"]["Statement"][0]["Effect"] == "Deny"
    assert provisioning.attached == {queue_arn, READ_ONLY}
    assert component.inline.keys() == {"cloudformation-administrator"}
    assert component.attached == set()
    assert (codebuild.inline, codebuild.attached) == ({}, {BASIC_ACCESS})


def require_waiting(connection: dict[str, Any]) -> None:
    """A role's ARN comes with its policies: what takes it depends on them, so Proton never sees a role without."""
    waits_for = {
        role: {urn.rpartition("::roles-")[2] for urn in connection["propertyDependencies"][role]}
        for role in ("roleArn", "componentRoleArn", "codebuildRoleArn")
    }
    policies = ("as-map", "as-text", "cloudformation-stacks", "queue", "read-only")
    assert waits_for == {
        "roleArn": {"provisioning", *(f"provisioning-{policy}" for policy in policies)},
        "componentRoleArn": {"component", "component-cloudformation-administrator"},
        "codebuildRoleArn": {"codebuild", "codebuild-basic-access"},
    }


def test_roles_come_change_and_go_without_leaving_the_connection_bare(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Roles have all policies before the connection names them; replaced ones keep theirs until it names others.

    A policy's change is all that its preview shows. A role that is switched off is deleted, with a warning.
    """
    iam = client("iam")
    values = {"test:action": "s3:Get*", "test:componentRole": "true", "test:path": "/old/"}
    stack = make_stack(PROGRAM, values)
    stack.up("--skip-preview")
    (queue,) = stack.resources(":Policy")
    require_as_declared(live_roles(iam), connection_of(stack), queue["outputs"]["arn"])
    require_waiting(connection_of(stack))

    stack.configure({"test:action": "s3:*"})
    changing = [step["urn"] for step in stack.preview_steps() if step["op"] != "same"]
    assert [urn.rpartition("::")[2] for urn in changing] == ["roles-provisioning-as-map"]

    stack.configure({"test:componentRole": "false"})
    assert "keeps its componentRoleArn. It is no longer managed here" in stack.up("--skip-preview").text
    old = {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert [name.rpartition("-")[0] for name in sorted(old)] == ["acme-codebuild", "acme-provisioning"]

    made = len(aws.requests)
    stack.configure({"test:path": "/new/"})
    stack.up("--skip-preview")
    calls = [(request.operation, request.parameters.get("RoleName")) for request in aws.requests[made:]]
    moved = [operation for operation, _ in calls].index("UpdateEnvironmentAccountConnection")
    added = {"CreateRole": 2, "PutRolePolicy": 3, "AttachRolePolicy": 3}
    taken = {"DeleteRole": 2, "DeleteRolePolicy": 3, "DetachRolePolicy": 3}
    assert Counter(name for name, _ in calls if name in added.keys() | taken.keys()) == {**added, **taken}
    assert {name for name, _ in calls[:moved]} & taken.keys() == set()
    assert {name for name, _ in calls[moved:]} & added.keys() == set()
    assert {role for name, role in calls if name in taken} == old
    assert {arn.split("/")[1] for arn in live_roles(iam)} == {"new"}
    stack.preview("--expect-no-changes")


UNKNOWN_AT_PREVIEW = f"""
import json
import pulumi
import pulumi_aws as aws
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles

trust = {{"Version": "2012-10-17", "Statement": [
    {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": {ENVIRONMENT_ACCOUNT!r}}}}}
]}}
deployer = aws.iam.Role("deployer", assume_role_policy=json.dumps(trust))
url = pulumi.Config().require("url")
provider = aws.Provider(
    "other",
    region={REGION!r},
    access_key={ENVIRONMENT_ACCOUNT!r},
    secret_key="local",
    skip_credentials_validation=True,
    skip_metadata_api_check=True,
    endpoints=[aws.ProviderEndpointArgs(iam=url, sts=url)],
    assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=deployer.arn)],
)
mine = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=provider)).account_id


def make(name, account):
    return ServiceRoles(
        name,
        pulumi.ResourceOptions(provider=provider),
        management_account_id={MANAGEMENT_ACCOUNT!r},
        environment_account_id=account,
        role=CloudFormationRoleArgs(stack_access=True),
        component_role=CloudFormationRoleArgs(cloudformation_administrator_policy=True),
    )


roles = make("asked-for", None)
by_program = make("asked-for-by-the-program", mine)
EnvironmentAccountConnection(
    "connection",
    environment_name="prod",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role_arn=roles.role_arn,
    component_role_arn=roles.component_role_arn,
    codebuild_role_arn=roles.codebuild_role_arn,
)
pulumi.export("made", [[made.role_arn, made.codebuild_role_arn] for made in (roles, by_program)])
"""


def test_a_provider_that_is_not_known_at_preview_leaves_the_roles_unknown_and_up_makes_them(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """The role that the provider assumes is made in the same `up`: a preview names no account, nor another in its place.

    It makes no difference whether the component or the program asks for the account.
    """
    stack = make_stack(UNKNOWN_AT_PREVIEW, {"test:url": aws.url})
    steps = stack.preview_steps()
    kinds = Counter(step["urn"].split("::")[2].rpartition(":")[2] for step in steps if step["op"] == "create")
    assert kinds["Role"] == 7, "the deployer, and three of each component"
    assert "arn:None" not in json.dumps(steps)
    stack.up("--skip-preview")
    live = live_roles(client("iam"))
    for role_arn, codebuild_role_arn in stack.outputs["made"]:
        role, builds = live[role_arn], live[codebuild_role_arn]
        (statement,) = role.described["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"]["StringEquals"] == {
            "aws:SourceAccount": [MANAGEMENT_ACCOUNT, ENVIRONMENT_ACCOUNT]
        }
        (stacks,) = role.inline["cloudformation-stacks"]["Statement"]
        assert stacks["Resource"].startswith(f"arn:aws:cloudformation:*:{ENVIRONMENT_ACCOUNT}:")
        assert builds.attached == {BASIC_ACCESS}
    stack.preview("--expect-no-changes")

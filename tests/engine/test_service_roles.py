"""`ServiceRoles`: roles as IAM has them after a real `up`, and who may assume them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import eq
from typing import Any

import boto3
import pytest
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    Stack,
    local_config,
    project,
    quick_environment,
)

from proton_provider.local import LocalAws

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
BASIC_ACCESS = "arn:aws:iam::aws:policy/AWSProtonCodeBuildProvisioningBasicAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
STRANGER = "999999999999"

PROGRAM = f"""
import pulumi
import pulumi_aws as aws
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles, ServiceRolesArgs

text = '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}]}}'
queue = aws.iam.Policy("queue", policy=text)
documents = {{
    "as-map": {{
        "Version": "2012-10-17",
        "Statement": [{{
            "Effect": "Allow", "Action": "sqs:*", "Resource": "*",
            "Condition": {{"ArnEquals": {{"aws:some_key": queue.arn}}}},
        }}],
    }},
    "as-text": text,
}}
roles = ServiceRoles("roles", ServiceRolesArgs(
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role=CloudFormationRoleArgs(
        policies=documents, policy_arns={{"queue": queue.arn, "read-only": {READ_ONLY!r}}}, stack_access=True
    ),
    component_role=CloudFormationRoleArgs(cloudformation_administrator_policy=True),
    path="/proton/",
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
plain = ServiceRoles("plain", management_account_id={MANAGEMENT_ACCOUNT!r}, component_role=False)
pulumi.export("queueArn", queue.arn)
pulumi.export("roleArn", roles.role_arn)
pulumi.export("componentRoleArn", roles.component_role_arn)
pulumi.export("codebuildRoleArn", roles.codebuild_role_arn)
pulumi.export("plainRoleArn", plain.role_arn)
pulumi.export("plainCodebuildRoleArn", plain.codebuild_role_arn)
"""


@dataclass(frozen=True)
class LiveRole:
    """A role as IAM has it."""

    described: dict[str, Any]
    inline: dict[str, Any]
    attached: set[str]


@dataclass(frozen=True)
class Made:
    """What one `up` of the program has made."""

    outputs: dict[str, Any]
    live: dict[str, LiveRole]
    """All roles of the account, by ARN."""
    state: list[dict[str, Any]]

    def role(self, output: str) -> LiveRole:
        return self.live[self.outputs[output]]


@pytest.fixture(scope="module")
def made(_local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One `up` for all tests that only look at what it made."""
    _local_aws.reset()
    folder = tmp_path_factory.mktemp("service-roles")
    stack = Stack(project(folder, PROGRAM), quick_environment(folder))
    stack.configure(local_config(_local_aws.url))
    iam = boto3.Session(ENVIRONMENT_ACCOUNT, "local", region_name=REGION).client(
        "iam", endpoint_url=_local_aws.url
    )
    stack.up("--skip-preview")
    made = Made(stack.outputs, live_roles(iam), stack.resources())
    stack.destroy("--skip-preview")
    assert live_roles(iam) == {}
    return made


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


@dataclass(frozen=True)
class Caller:
    """Who asks STS for a role: an AWS service, and on whose behalf it says it does."""

    service: str
    source_account: str | None = None
    source_arn: str | None = None


def may_assume(trust: Mapping[str, Any], caller: Caller) -> bool:
    """Whether the trust policy lets the caller in, by IAM's rules for the elements that these policies have."""
    context = {"aws:SourceAccount": caller.source_account, "aws:SourceArn": caller.source_arn}
    return any(_allows(statement, caller.service, context) for statement in trust["Statement"])


def _allows(statement: Mapping[str, Any], service: str, context: Mapping[str, str | None]) -> bool:
    assert statement.keys() <= {"Effect", "Principal", "Action", "Condition"}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    # All operators and keys must hold, one of each key's values must match, and a key that is not there matches none.
    met = [
        any(MATCHES[operator](context[key], value) for value in values)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return statement["Principal"] == {"Service": service} and all(met)


def _arn_like(value: str | None, pattern: str) -> bool:
    """Each of an ARN's six parts by itself, * for any text, ? for any character."""
    if value is None:
        return False
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(map(fnmatchcase, parts, patterns))


MATCHES: Mapping[str, Callable[[str | None, str], bool]] = {"StringEquals": eq, "ArnLike": _arn_like}


def proton(account: str | None, source_arn: str | None) -> Caller:
    return Caller("proton.amazonaws.com", account, source_arn)


def environment_arn(account: str, region: str = "us-east-1", partition: str = "aws") -> str:
    return f"arn:{partition}:proton:{region}:{account}:environment/prod"


OF_PROTON = ("roleArn", "componentRoleArn", "plainRoleArn")
OF_CODEBUILD = ("codebuildRoleArn", "plainCodebuildRoleArn")
BUILD = f"arn:aws:codebuild:us-east-1:{ENVIRONMENT_ACCOUNT}:project/AWSProton-Shell"
HERE, MANAGEMENT = environment_arn(ENVIRONMENT_ACCOUNT), environment_arn(MANAGEMENT_ACCOUNT)

WHO_MAY = [
    (OF_PROTON, proton(ENVIRONMENT_ACCOUNT, HERE), True, "for an environment of the environment account"),
    (OF_PROTON, proton(MANAGEMENT_ACCOUNT, MANAGEMENT), True, "for an environment of the management account"),
    (OF_PROTON, proton(ENVIRONMENT_ACCOUNT, MANAGEMENT), True, "AWS does not say which account means what"),
    (
        OF_PROTON,
        proton(MANAGEMENT_ACCOUNT, environment_arn(MANAGEMENT_ACCOUNT, "eu-west-1")),
        True,
        "in any Region",
    ),
    (OF_PROTON, proton(STRANGER, environment_arn(STRANGER)), False, "for a stranger: the confused deputy"),
    (OF_PROTON, proton(STRANGER, HERE), False, "in a stranger's name"),
    (
        OF_PROTON,
        proton(ENVIRONMENT_ACCOUNT, environment_arn(STRANGER)),
        False,
        "for a stranger's environment",
    ),
    (OF_PROTON, proton(None, None), False, "without saying for whom"),
    (OF_PROTON, proton(ENVIRONMENT_ACCOUNT, None), False, "without saying for what"),
    (OF_PROTON, proton(None, HERE), False, "without saying for which account"),
    (
        OF_PROTON,
        proton(ENVIRONMENT_ACCOUNT, HERE.replace("environment/", "service/")),
        False,
        "for what is no environment",
    ),
    (
        OF_PROTON,
        proton(ENVIRONMENT_ACCOUNT, environment_arn(ENVIRONMENT_ACCOUNT, partition="aws-cn")),
        False,
        "in another partition",
    ),
    (
        OF_PROTON,
        Caller("codebuild.amazonaws.com", ENVIRONMENT_ACCOUNT, HERE),
        False,
        "a service of another job",
    ),
    (OF_PROTON, Caller("ec2.amazonaws.com", ENVIRONMENT_ACCOUNT, HERE), False, "a service of no job here"),
    (OF_CODEBUILD, Caller("codebuild.amazonaws.com"), True, "AWS documents no condition for builds"),
    (OF_CODEBUILD, Caller("codebuild.amazonaws.com", ENVIRONMENT_ACCOUNT, BUILD), True, "for a build"),
    (OF_CODEBUILD, proton(ENVIRONMENT_ACCOUNT, HERE), False, "Proton leaves builds to CodeBuild"),
    (OF_CODEBUILD, Caller("ec2.amazonaws.com"), False, "another service"),
]


@pytest.mark.parametrize(
    ("outputs", "caller", "may"),
    [row[:3] for row in WHO_MAY],
    ids=[f"{row[1].service}, {row[3]}" for row in WHO_MAY],
)
def test_who_may_assume_the_roles(made: Made, outputs: tuple[str, ...], caller: Caller, may: bool) -> None:
    """The roles as IAM has them let in whom AWS documents, for one of the two accounts, and nobody else."""
    trusts = [made.role(output).described["AssumeRolePolicyDocument"] for output in outputs]
    assert [may_assume(trust, caller) for trust in trusts] == [may] * len(outputs)


def test_permissions_are_the_ones_that_were_asked_for(made: Made) -> None:
    """A role has the documents and managed policies that the program names, and no others."""
    role = made.role("roleArn")
    assert role.inline.keys() == {"as-map", "as-text", "cloudformation-stacks"}
    (as_map,) = role.inline["as-map"]["Statement"]
    assert as_map["Condition"] == {"ArnEquals": {"aws:some_key": made.outputs["queueArn"]}}
    assert role.inline["as-text"]["Statement"][0]["Effect"] == "Deny"
    assert role.attached == {made.outputs["queueArn"], READ_ONLY}
    assert (made.role("plainRoleArn").inline, made.role("plainRoleArn").attached) == ({}, set())


def test_stack_access_reaches_the_stacks_of_proton_and_nothing_else(made: Made) -> None:
    """What Proton needs for its own stacks is one statement that allows nothing but CloudFormation on them."""
    (statement,) = made.role("roleArn").inline["cloudformation-stacks"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert {action.partition(":")[0] for action in statement["Action"]} == {"cloudformation"}
    assert statement["Resource"] == f"arn:aws:cloudformation:*:{ENVIRONMENT_ACCOUNT}:stack/AWSProton-*"


def test_administrator_policy_is_there_only_where_it_was_asked_for(made: Made) -> None:
    """AWS's broad CloudFormation policy is on the one role that asked for it by name, as AWS documents it."""
    with_it = {arn for arn, role in made.live.items() if "cloudformation-administrator" in role.inline}
    assert with_it == {made.outputs["componentRoleArn"]}
    stacks, everything, lists = made.live[with_it.pop()].inline["cloudformation-administrator"]["Statement"]
    assert stacks["Resource"].endswith(":stack/AWSProton-*")
    assert everything["NotAction"] == ["organizations:*", "account:*"]
    assert lists["Action"] == ["organizations:DescribeOrganization", "account:ListRegions"]
    through_cloudformation = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    assert [everything["Condition"], lists["Condition"]] == [through_cloudformation] * 2


def test_builds_have_basic_access_unless_told_otherwise(made: Made) -> None:
    """The CodeBuild role has AWS's managed policy for Proton's builds, and nothing else."""
    for output in ("codebuildRoleArn", "plainCodebuildRoleArn"):
        assert (made.role(output).inline, made.role(output).attached) == ({}, {BASIC_ACCESS})


def test_what_iam_offers_besides_passes_through(made: Made) -> None:
    """Path, name prefix, permissions boundary, tags and session duration are on every role of the component."""
    for output, job in (
        ("roleArn", "provisioning"),
        ("componentRoleArn", "component"),
        ("codebuildRoleArn", "codebuild"),
    ):
        role = made.role(output).described
        assert role["Arn"].startswith(f"arn:aws:iam::{ENVIRONMENT_ACCOUNT}:role/proton/acme-{job}-")
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
        assert role["Tags"] == [{"Key": "cost_center", "Value": "42"}]
        assert role["MaxSessionDuration"] == 7200


def test_a_role_that_is_switched_off_is_not_made(made: Made) -> None:
    """Five roles for two components of which one goes without the role for components."""
    assert len(made.live) == 5
    names = {arn.rpartition("/")[2] for arn in made.live}
    assert not [name for name in names if name.startswith("plain-component")]


def test_a_connection_waits_for_the_policies_of_its_roles(made: Made) -> None:
    """A role's ARN comes with its policies: what takes it depends on them, so Proton never sees a role without."""
    (connection,) = [entry for entry in made.state if entry["type"].endswith("EnvironmentAccountConnection")]
    names = {
        role: {urn.rpartition("::")[2] for urn in connection["propertyDependencies"][role]}
        for role in ("roleArn", "componentRoleArn", "codebuildRoleArn")
    }
    assert names == {
        "roleArn": {
            "roles-provisioning",
            "roles-provisioning-as-map",
            "roles-provisioning-as-text",
            "roles-provisioning-cloudformation-stacks",
            "roles-provisioning-queue",
            "roles-provisioning-read-only",
        },
        "componentRoleArn": {"roles-component", "roles-component-cloudformation-administrator"},
        "codebuildRoleArn": {"roles-codebuild", "roles-codebuild-basic-access"},
    }


CHANGING = f"""
import pulumi
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles

config = pulumi.Config()
document = {{"Version": "2012-10-17", "Statement": [
    {{"Effect": "Allow", "Action": config.require("action"), "Resource": "*"}}
]}}
roles = ServiceRoles(
    "roles",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role=CloudFormationRoleArgs(policies={{"own": document}}),
    component_role=config.require_bool("componentRole"),
    codebuild_role=False,
)
connection = EnvironmentAccountConnection(
    "connection",
    environment_name="prod",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role_arn=roles.role_arn,
    component_role_arn=roles.component_role_arn,
    codebuild_role_arn=roles.codebuild_role_arn,
)
"""


def test_a_changed_policy_does_not_touch_the_connection_and_a_role_switched_off_goes(
    make_stack: MakeStack, client: Client
) -> None:
    """A policy's change is all that its preview shows; a role that is switched off is deleted, with a warning."""
    stack = make_stack(CHANGING, {"test:action": "s3:Get*", "test:componentRole": "true"})
    stack.up("--skip-preview")
    stack.configure({"test:action": "s3:*"})
    changing = [step["urn"] for step in stack.preview_steps() if step["op"] != "same"]
    assert [urn.rpartition("::")[2] for urn in changing] == ["roles-provisioning-own"]
    stack.configure({"test:componentRole": "false"})
    assert "keeps its componentRoleArn. It is no longer managed here" in stack.up("--skip-preview").text
    (name,) = [role["RoleName"] for role in client("iam").list_roles()["Roles"]]
    assert name.startswith("roles-provisioning-")


def provider(*, assume: str = "", **arguments: str) -> str:
    """A program's lines for an explicit pulumi-aws provider at the local AWS, which the real one takes offline as well."""
    given = {
        "region": repr(REGION),
        "secret_key": "'local'",
        "skip_credentials_validation": "True",
        "skip_metadata_api_check": "True",
        "endpoints": "[aws.ProviderEndpointArgs(iam=url, sts=url)]",
        **({"assume_roles": f"[aws.ProviderAssumeRoleArgs(role_arn={assume})]"} if assume else {}),
        **arguments,
    }
    return "\n".join(
        ["url = pulumi.Config().require('url')", "provider = aws.Provider(", "    'other',"]
        + [f"    {name}={value}," for name, value in given.items()]
        + [")"]
    )


ELSEWHERE = f"""
import pulumi
import pulumi_aws as aws
from proton_provider import ServiceRoles

{provider(access_key="'333333333333'")}
ServiceRoles(
    "roles",
    pulumi.ResourceOptions(provider=provider),
    management_account_id=pulumi.Config().require("managementAccountId"),
)
"""


def test_the_environment_account_is_that_of_the_provider_and_ids_are_checked_at_preview(
    make_stack: MakeStack, aws: LocalAws
) -> None:
    """Without an id the trust policies name the account of the component's provider; a wrong id stops the preview."""
    stack = make_stack(ELSEWHERE, {"test:url": aws.url, "test:managementAccountId": MANAGEMENT_ACCOUNT})
    inputs = [step["newState"].get("inputs", {}) for step in stack.preview_steps()]
    trust = next(
        bag["assumeRolePolicy"] for bag in inputs if "proton.amazonaws.com" in bag.get("assumeRolePolicy", "")
    )
    assert json.loads(trust)["Statement"][0]["Condition"]["StringEquals"] == {
        "aws:SourceAccount": [MANAGEMENT_ACCOUNT, "333333333333"]
    }
    stack.configure({"test:managementAccountId": "the-management-account"})
    assert (
        "management_account_id of ServiceRoles 'roles' must be an account id: twelve digits; "
        "it is 'the-management-account'."
    ) in stack.preview_error().text


UNKNOWN_AT_PREVIEW = f"""
import json
import pulumi
import pulumi_aws as aws
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles

trust = {{"Version": "2012-10-17", "Statement": [
    {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": {ENVIRONMENT_ACCOUNT!r}}}}}
]}}
deployer = aws.iam.Role("deployer", assume_role_policy=json.dumps(trust))
{provider(assume="deployer.arn", access_key=repr(ENVIRONMENT_ACCOUNT))}
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


REPLACED = f"""
import pulumi
from proton_provider import CloudFormationRoleArgs, EnvironmentAccountConnection, ServiceRoles

document = {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]}}
roles = ServiceRoles(
    "roles",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role=CloudFormationRoleArgs(policies={{"own": document}}, policy_arns={{"read-only": {READ_ONLY!r}}}),
    component_role=False,
    path=pulumi.Config().require("path"),
)
EnvironmentAccountConnection(
    "connection",
    environment_name="prod",
    management_account_id={MANAGEMENT_ACCOUNT!r},
    role_arn=roles.role_arn,
    codebuild_role_arn=roles.codebuild_role_arn,
)
"""


def test_replaced_roles_keep_their_policies_until_the_connection_has_moved(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """The new roles have all policies before the connection names them, and only then do the old ones lose theirs."""
    stack = make_stack(REPLACED, {"test:path": "/old/"})
    stack.up("--skip-preview")
    old = {role["RoleName"] for role in client("iam").list_roles()["Roles"]}
    made = len(aws.requests)
    stack.configure({"test:path": "/new/"})
    stack.up("--skip-preview")
    calls = [(request.operation, request.parameters.get("RoleName")) for request in aws.requests[made:]]
    (moved,) = [
        index
        for index, (operation, _) in enumerate(calls)
        if operation == "UpdateEnvironmentAccountConnection"
    ]
    added = {"CreateRole": 2, "PutRolePolicy": 1, "AttachRolePolicy": 2}
    taken = {"DeleteRole": 2, "DeleteRolePolicy": 1, "DetachRolePolicy": 2}
    changes = [name for name, _ in calls if name in added.keys() | taken.keys()]
    assert Counter(changes) == {**added, **taken}
    assert {name for name, _ in calls[:moved]} & taken.keys() == set()
    assert {name for name, _ in calls[moved:]} & added.keys() == set()
    assert {role for name, role in calls if name in taken} == old
    assert {arn.split("/")[1] for arn in live_roles(client("iam"))} == {"new"}
    stack.preview("--expect-no-changes")


PATH_IS_WRONG = (
    "path of ServiceRoles 'roles' must begin and end with a slash, with no space in it, such as /proton/; "
)
WRONG = [
    ("path='proton'", f"{PATH_IS_WRONG}it is 'proton'.", True, "path"),
    ("path=late('proton')", f"{PATH_IS_WRONG}it is 'proton'.", False, "path that comes late"),
    (
        "tags={'AWS:x': late('y')}",
        "tags of ServiceRoles 'roles' are wrong: the key 'AWS:x' must not begin with aws:, which AWS reserves.",
        True,
        "tag whose value comes late",
    ),
    (
        "tags=late({'aws:x': 'y'})",
        "tags of ServiceRoles 'roles' are wrong: the key 'aws:x' must not begin with aws:, which AWS reserves.",
        False,
        "tags that come late",
    ),
]


@pytest.mark.parametrize(
    ("argument", "sentence", "at_preview"), [row[:3] for row in WRONG], ids=[row[3] for row in WRONG]
)
def test_what_iam_would_not_accept_is_refused_before_any_role_is_made(
    make_stack: MakeStack, client: Client, argument: str, sentence: str, at_preview: bool
) -> None:
    """A path without slashes and a tag key of AWS's own are told in one sentence; a preview passes what is not known."""
    stack = make_stack(
        f"""
import pulumi
import pulumi_aws as aws
from proton_provider import ServiceRoles

policy = {{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}]}}
made = aws.iam.Policy("made", policy=policy)


def late(value):
    return made.arn.apply(lambda _: value)


ServiceRoles("roles", management_account_id={MANAGEMENT_ACCOUNT!r}, {argument})
"""
    )
    previewed, _, updated = stack.up_error().text.partition("\nUpdating (test):")
    assert sentence in (previewed if at_preview else updated)
    assert bool(updated) is not at_preview
    assert client("iam").list_roles()["Roles"] == []

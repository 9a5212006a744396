"""`ServiceRoles` without an engine: how it is imported and called, what it declares under Pulumi's mocks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import botocore.session
import mocks
import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import proton_provider
from proton_provider import CloudFormationRoleArgs, CodeBuildRoleArgs, ServiceRoles, ServiceRolesArgs
from proton_provider.program import service_roles, service_roles_args
from proton_provider.program.service_roles_args import problem_with_path, problem_with_tags


def test_importing_the_package_does_not_import_pulumi_aws() -> None:
    """A program without `ServiceRoles` neither waits for pulumi-aws nor needs it."""
    seen = "import proton_provider, sys; print('pulumi_aws' in sys.modules, 'boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_every_public_name_can_be_imported() -> None:
    """What the package says it has, it has; anything else is missing as Python says it."""
    assert all(hasattr(proton_provider, name) for name in proton_provider.__all__)
    with pytest.raises(AttributeError, match="module 'proton_provider' has no attribute 'ServiceRole'"):
        proton_provider.ServiceRole  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


def test_both_forms_of_arguments_at_once_are_refused() -> None:
    """An object of arguments and keyword arguments would contradict each other, so it is one or the other."""
    args = ServiceRolesArgs(management_account_id="111111111111")
    with pytest.raises(TypeError, match="Give ServiceRolesArgs"):
        ServiceRoles("roles", args, management_account_id="222222222222")  # type: ignore[call-overload]


IAM = botocore.session.get_session().get_service_model("iam")


def test_the_rule_for_paths_is_that_of_the_service_model() -> None:
    """The pattern and the length are IAM's own."""
    assert IAM.shape_for("pathType").metadata == {
        "min": 1,
        "max": service_roles_args.PATH_LENGTH,
        "pattern": service_roles_args.PATH.pattern,
    }


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("/", True),
        ("/proton/", True),
        ("/a/b/", True),
        (f"/{'a' * 510}/", True),
        (f"/{'a' * 511}/", False),
        ("", False),
        ("proton", False),
        ("/proton", False),
        ("proton/", False),
        ("/pro ton/", False),
        ("/proton/\n", False),
        ("/protön/", False),
        (7, False),
    ],
)
def test_paths_are_judged_as_by_iam(path: object, good: bool) -> None:
    """A path begins and ends with a slash, is ASCII without spaces, and has at most 512 characters."""
    assert (problem_with_path(path) is None) == good


@pytest.mark.parametrize(
    ("tags", "good"),
    [
        ({}, True),
        ({"team": ""}, True),
        ({"Team of the shop": "a_b.c:d/e=f+g-h@i"}, True),
        ({"käse": "名"}, True),
        ({"not-aws:x": "y"}, True),
        ({"aws:x": "y"}, False),
        ({"Aws:x": "y"}, False),
        ({"": "y"}, False),
        ({"a" * 129: "y"}, False),
        ({"a": "y" * 257}, False),
        ({"a*": "y"}, False),
        ({"a": "y!"}, False),
        ({"a": "y\n"}, False),
        ({"a": 7, "b": 1.5, "c": True, "d": None}, True),
        ({"a": [7]}, False),
        ({str(number): "y" for number in range(51)}, False),
        (["a"], False),
    ],
)
def test_tags_are_judged_as_by_iam(tags: object, good: bool) -> None:
    """Keys are none of AWS's own; both have the characters and lengths that IAM takes, and are 50 at most."""
    assert (problem_with_tags(tags) is None) == good


@given(st.dictionaries(st.text(max_size=130), st.text(max_size=260)))
@example({"aws:": ""})
def test_what_is_wrong_with_tags_is_one_sentence(tags: dict[str, str]) -> None:
    """Whatever the tags are, what is said of them fits behind the name of the argument."""
    problem = problem_with_tags(tags)
    assert problem is None or ("\n" not in problem and problem[-1] not in ".;")


# Under Pulumi's mocks

ENVIRONMENT, MANAGEMENT = "222222222222", "111111111111"


def account_mocks(account: str | None = ENVIRONMENT) -> mocks.EchoingMocks:
    """An account of the partition of China; None for the functions of a provider that a preview does not know."""
    return mocks.EchoingMocks(
        answers={
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": account},
            "aws:index/getPartition:getPartition": {"partition": account and "aws-cn"},
        }
    )


def documents(policy: Any) -> Any:
    """The statements of a policy document."""
    document = json.loads(policy)
    assert document["Version"] == "2012-10-17"
    return document["Statement"]


@pytest.mark.parametrize("give", [pulumi.Output.from_input, mocks.awaited])
def test_each_role_has_the_trust_policy_and_the_policies_that_it_asks_for(give: Callable[[Any], Any]) -> None:
    """The documents name both accounts in the partition of the provider; what is asked for of all roles, each has."""
    made = account_mocks()
    made.outputs = {"arn": "arn:aws-cn:iam::222222222222:role/proton/made"}

    def program() -> Any:
        roles = ServiceRoles(
            "svc",
            management_account_id=give(MANAGEMENT),
            role=CloudFormationRoleArgs(
                policies={"buckets": give({"Statement": []})},
                policy_arns={"read": give("arn:aws-cn:iam::aws:policy/ReadOnlyAccess")},
                cloudformation_administrator_policy=True,
            ),
            component_role=CloudFormationRoleArgs(stack_access=True),
            codebuild_role=CodeBuildRoleArgs(),
            path=give("/proton/"),
            name_prefix=give("acme-"),
            tags={"team": give("shop"), "cost": 42, "left_out": None},  # type: ignore[dict-item]  # as YAML gives them
        )
        return pulumi.Output.all(roles.role_arn, roles.component_role_arn, roles.codebuild_role_arn)

    assert mocks.run(made, program) == [made.outputs["arn"]] * 3
    for job in ("provisioning", "component", "codebuild"):
        role = made.inputs(f"svc-{job}")
        asked = {"path": "/proton/", "namePrefix": f"acme-{job}-", "tags": {"team": "shop", "cost": "42"}}
        assert {name: role[name] for name in asked} == asked
    (trust,) = documents(made.inputs("svc-component")["assumeRolePolicy"])
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "proton.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": [MANAGEMENT, ENVIRONMENT]},
            "ArnLike": {
                "aws:SourceArn": [
                    f"arn:aws-cn:proton:*:{account}:environment/*" for account in (MANAGEMENT, ENVIRONMENT)
                ]
            },
        },
    }
    (trust,) = documents(made.inputs("svc-codebuild")["assumeRolePolicy"])
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    assert json.loads(made.inputs("svc-provisioning-buckets")["policy"]) == {"Statement": []}
    own_stacks, everything, lists = documents(
        made.inputs("svc-provisioning-cloudformation-administrator")["policy"]
    )
    assert documents(made.inputs("svc-component-cloudformation-stacks")["policy"]) == [own_stacks]
    assert {action.partition(":")[0] for action in own_stacks.pop("Action")} == {"cloudformation"}
    assert own_stacks == {
        "Effect": "Allow",
        "Resource": f"arn:aws-cn:cloudformation:*:{ENVIRONMENT}:stack/AWSProton-*",
    }
    through_cloudformation = {
        "Effect": "Allow",
        "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
    }
    assert everything == {**through_cloudformation, "NotAction": ["organizations:*", "account:*"]}
    own_actions = ["organizations:DescribeOrganization", "account:ListRegions"]
    assert lists == {**through_cloudformation, "Action": own_actions}
    attached = {
        "svc-provisioning-read": "ReadOnlyAccess",
        "svc-codebuild-basic-access": "AWSProtonCodeBuildProvisioningBasicAccess",
    }
    for name, policy in attached.items():
        assert made.inputs(name)["policyArn"] == f"arn:aws-cn:iam::aws:policy/{policy}"


def test_a_role_that_is_not_wanted_is_not_declared() -> None:
    """Its attributes are None, and the account that the arguments name is not asked for."""
    made = account_mocks()

    def program() -> Any:
        roles = ServiceRoles(
            "svc",
            management_account_id=MANAGEMENT,
            environment_account_id=ENVIRONMENT,
            role=False,
            codebuild_role=False,
        )
        assert (roles.role, roles.role_arn, roles.codebuild_role, roles.codebuild_role_arn) == (None,) * 4
        return roles.component_role.name

    mocks.run(made, program)
    assert [args.name for args in made.made if args.typ.startswith("aws:")] == ["svc-component"]
    assert "aws:index/getCallerIdentity:getCallerIdentity" not in [args.token for args in made.called]


def test_a_preview_without_the_providers_account_declares_the_roles_all_the_same() -> None:
    """What depends on the account is unknown then, no problem."""
    made = account_mocks(None)
    mocks.run(
        made,
        lambda: ServiceRoles("svc", management_account_id=MANAGEMENT).component_role.urn,
        preview=True,
    )
    trusts = {job: made.inputs(f"svc-{job}")["assumeRolePolicy"] for job in ("codebuild", "component")}
    assert isinstance(trusts["codebuild"], str)
    assert isinstance(trusts["component"], pulumi.output.Unknown)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"path": "proton"}, "path of ServiceRoles 'svc' must begin and end with a slash"),
        ({"tags": {"aws:x": "y"}}, "tags of ServiceRoles 'svc' are wrong: the key 'aws:x' must not begin"),
        ({"tags": {"a*": pulumi.Output.from_input("y")}}, "tags of ServiceRoles 'svc' "),
    ],
)
def test_a_value_that_iam_would_refuse_is_refused_before_any_role_is_declared(
    arguments: dict[str, Any], sentence: str
) -> None:
    """The sentence names the argument and the component; keys of tags are judged before their values are known."""
    with pytest.raises(ValueError, match=f"^{sentence}"):
        ServiceRoles("svc", management_account_id=MANAGEMENT, **arguments)


def late(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)


@pytest.mark.parametrize(
    ("judged", "sentence"),
    [
        (lambda: service_roles._check("path", late("proton"), problem_with_path), "path must begin"),
        (lambda: service_roles._check("tags", late({"aws:x": "y"}), problem_with_tags), "tags are wrong"),
        (
            lambda: service_roles._checked_account("id", late("mine")),
            "id must be an account id: twelve digits; ",
        ),
        (lambda: service_roles._checked_account("id", late(2)), "id must be an account id, as a string"),
    ],
)
def test_a_value_that_comes_late_is_judged_when_it_is_known(judged: Callable[[], Any], sentence: str) -> None:
    """What takes the value gets the same sentence in its place."""
    with pytest.raises(ValueError, match=f"^{sentence}"):
        mocks.run(account_mocks(), judged)


def test_the_environment_account_is_that_of_the_components_provider() -> None:
    """The functions that ask for account and partition, and the roles, use the provider that the component has."""
    made = account_mocks()

    def program() -> Any:
        other = pulumi.ResourceOptions(provider=aws.Provider("other", region="us-east-1"))
        return ServiceRoles("svc", other, management_account_id=MANAGEMENT).role_arn

    mocks.run(made, program)
    used = [call.provider for call in made.called] + [
        args.provider for args in made.made if "iam" in args.typ
    ]
    assert len(used) == 6
    assert all("::other::" in (provider or "") for provider in used)

"""Each rule of `proton-leftovers`: what belongs to Proton, what still needs it, the order of deletion, and the advice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest
from left_behind import CLOUDFORMATION, CODEBUILD, HOME, PROTON

from proton_provider.leftovers.found import (
    CODEBUILD_ROLES,
    IAM_ROLES,
    PROJECTS,
    STACKS,
    Inventory,
    Project,
    Role,
    Stack,
    Unread,
)
from proton_provider.leftovers.import_file import import_file
from proton_provider.leftovers.rules import Leftover, completeness, is_of_proton, leftovers

ACCOUNT = "222222222222"
BEGINNING = datetime(2026, 1, 1, tzinfo=timezone.utc)
GONE = f"arn:aws:iam::{ACCOUNT}:role/gone"


def role(name: str = "role", *trusts: str, path: str = "/", **more: Any) -> Role:
    return Role(name, f"arn:aws:iam::{ACCOUNT}:role{path}{name}", path, frozenset(trusts or {PROTON}), **more)


def stack(
    name: str = "AWSProton-env", status: str = "CREATE_COMPLETE", *, day: int = 0, **more: Any
) -> Stack:
    region = more.pop("region", HOME)
    arn = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/1"
    return Stack(name, arn, region, status, BEGINNING + timedelta(days=day), **more)


def project(name: str = "AWSProton-build", **more: Any) -> Project:
    return Project(name, f"arn:aws:codebuild:{HOME}:{ACCOUNT}:project/{name}", HOME, **more)


def judge(*found: Role | Stack | Project, unread: tuple[Unread, ...] = ()) -> dict[str, Leftover]:
    """The leftovers among these by name, in order."""
    inventory = Inventory(
        ACCOUNT,
        (HOME,),
        tuple(each for each in found if isinstance(each, Role)),
        tuple(each for each in found if isinstance(each, Stack)),
        tuple(each for each in found if isinstance(each, Project)),
        unread,
    )
    return {each.name: each for each in leftovers(inventory)}


def said(leftover: Leftover) -> str:
    return " ".join(leftover.advice)


# What is Proton's


@pytest.mark.parametrize(
    ("trusts", "has_codebuild_policy", "is_it"),
    [
        ((PROTON,), False, True),
        (("sync.proton.amazonaws.com",), False, True),
        (("codebuild.proton.amazonaws.com",), False, True),
        ((CODEBUILD,), True, True),
        ((CODEBUILD,), False, False),
        (("lambda.amazonaws.com",), True, False),
        (("notproton.amazonaws.com",), False, False),
        (("proton.amazonaws.com.example",), False, False),
        (("*",), False, False),
        ((CLOUDFORMATION,), False, False),
    ],
)
def test_a_role_is_protons_by_whom_it_lets_in(
    trusts: tuple[str, ...], has_codebuild_policy: bool, is_it: bool
) -> None:
    """Proton or a service under it; CodeBuild only together with Proton's managed policy."""
    assert is_of_proton(role("r", *trusts, has_codebuild_policy=has_codebuild_policy)) is is_it


def test_stacks_and_projects_are_protons_by_their_names() -> None:
    """`AWSProton-*` and `AWSProton*`, in these letters."""
    found = judge(
        stack("AWSProton-a"), stack("AWSProtonb"), stack("awsproton-c"), stack("my-AWSProton-d"),
        project("AWSProtonE"), project("proton-f"),
    )  # fmt: skip
    assert list(found) == ["AWSProton-a", "AWSProtonE"]


# What holds what, and in which order


def test_the_stacks_that_name_a_role_hold_it_whatever_their_name() -> None:
    """A role must outlive the stacks that were made with it, those of others too, and goes after them."""
    made_with = role("made-with", PROTON, CLOUDFORMATION)
    ours, others = stack(role_arn=made_with.arn), stack("network", role_arn=made_with.arn)
    found = judge(made_with, others, ours)
    assert list(found) == ["AWSProton-env", "made-with"]
    assert found["made-with"].held_by == (ours.arn, others.arn)
    assert "Keep it until the stacks that use it are gone" in said(found["made-with"])
    assert f"with its service role {made_with.arn}: keep that role until" in said(found["AWSProton-env"])


def test_the_projects_that_run_as_a_role_hold_it() -> None:
    """Without its role a project can't undo what it deployed."""
    runs_as = role("runs-as", CODEBUILD, has_codebuild_policy=True)
    ours, others = project(role_arn=runs_as.arn), project("unrelated", role_arn=runs_as.arn)
    found = judge(runs_as, others, ours)
    assert found["runs-as"].held_by == (ours.arn, others.arn)
    assert "their builds run with it. (inferred)" in said(found["runs-as"])


def test_a_nested_stack_is_held_by_the_one_that_it_is_part_of() -> None:
    """It comes after it, and is neither to be deleted nor imported by itself, at any depth."""
    outer = stack("AWSProton-outer")
    middle = stack("AWSProton-middle", day=1, parent=outer.arn)
    inner = stack("AWSProton-inner", day=2, parent=middle.arn)
    for order in permutations((outer, middle, inner)):
        found = judge(*order)
        assert list(found) == ["AWSProton-outer", "AWSProton-middle", "AWSProton-inner"]
    assert found["AWSProton-inner"].held_by == (middle.arn,)
    assert said(found["AWSProton-inner"]).startswith("Do not delete it by itself")
    assert [each["name"] for each in import_file(list(found.values()))["resources"]] == ["AWSProton-outer"]


def test_a_project_that_a_stack_made_goes_with_it() -> None:
    """By the tag that CloudFormation sets; without it, or when that stack is gone, it goes by itself."""
    maker = stack("AWSProton-CodeBuild-env")
    found = judge(
        maker,
        project("AWSProton-1", stack=maker.arn),
        project("AWSProton-2"),
        project("AWSProton-3", stack="x"),
    )
    assert list(found) == ["AWSProton-CodeBuild-env", "AWSProton-1", "AWSProton-2", "AWSProton-3"]
    assert [each.held_by for each in found.values()] == [(), (maker.arn,), (), ()]
    assert said(found["AWSProton-1"]).startswith("Do not delete it by itself")
    assert "aws codebuild delete-project" in said(found["AWSProton-2"])
    assert "aws codebuild delete-project" in said(found["AWSProton-3"])


def test_a_project_goes_with_a_stack_that_could_not_be_read() -> None:
    """What the stacks of its Region are is not known, so its tag is believed."""
    denied = Unread(STACKS, HOME, "denied", ("cloudformation:DescribeStacks",))
    found = judge(project("AWSProton-1", stack="x"), unread=(denied,))
    assert found["AWSProton-1"].held_by == ("x",)


def test_the_newest_stack_of_a_region_goes_first() -> None:
    """A service was made after the environment that it is in."""
    found = judge(
        stack("AWSProton-env"),
        stack("AWSProton-service", day=1),
        stack("AWSProton-x", region="ap-northeast-1"),
    )
    assert list(found) == ["AWSProton-x", "AWSProton-service", "AWSProton-env"]


def test_roles_come_last_and_service_linked_ones_after_them() -> None:
    """The order is that of taking apart: stacks, projects, roles that nothing holds, held ones, service-linked ones."""
    held = role("a-held")
    linked = role(
        "AWSServiceRoleForProtonSync",
        "sync.proton.amazonaws.com",
        path="/aws-service-role/sync.proton.amazonaws.com/",
    )
    found = judge(linked, held, role("free"), project(), stack(role_arn=held.arn))
    assert list(found) == [
        "AWSProton-env",
        "AWSProton-build",
        "free",
        "a-held",
        "AWSServiceRoleForProtonSync",
    ]
    assert [each.kind for each in found.values()] == [
        "stack",
        "codebuild-project",
        "role",
        "role",
        "service-linked-role",
    ]


def test_whatever_holds_something_comes_before_it() -> None:
    """In every list, also of things that hold each other over several steps."""
    runs_as = role("runs-as", CODEBUILD, has_codebuild_policy=True)
    maker = stack("AWSProton-CodeBuild-env", role_arn=runs_as.arn)
    nested = stack("AWSProton-nested", parent=maker.arn, day=-3, role_arn=runs_as.arn)
    linked = role("linked", "codebuild.proton.amazonaws.com", path="/aws-service-role/x/")
    things: tuple[Role | Stack | Project, ...] = (
        linked,
        runs_as,
        nested,
        maker,
        project(role_arn=runs_as.arn, stack=maker.arn),
    )
    for order in permutations(things):
        found = list(judge(*order).values())
        place = {each.arn: number for number, each in enumerate(found)}
        assert len(place) == len(things)
        assert all(place[holder] < place[each.arn] for each in found for holder in each.held_by)


def test_the_service_linked_role_for_codebuild_is_held_by_what_its_policy_names() -> None:
    """Stacks `AWSProton-CodeBuild-*`, as AWS spells them, and projects `AWSProton*`; the others hold nothing of it."""
    path = "/aws-service-role/codebuild.proton.amazonaws.com/"
    linked = role("linked", "codebuild.proton.amazonaws.com", path=path)
    sync = role("sync", "sync.proton.amazonaws.com", path=path)
    stacks = stack("AWSProton-CodeBuild-a"), stack("AWSProton-Codebuild-b"), stack("AWSProton-c")
    found = judge(linked, sync, *stacks, project())
    assert found["sync"].held_by == ()
    assert found["linked"].held_by == (stacks[0].arn, stacks[1].arn, project().arn)


# Advice


def test_a_service_linked_role_cant_be_deleted_by_iam_alone() -> None:
    """It is asked for, and its service has a say; that Proton may say nothing any more is inferred."""
    found = judge(
        role("linked", "sync.proton.amazonaws.com", path="/aws-service-role/sync.proton.amazonaws.com/")
    )
    assert "delete-role refuses to delete it" in said(found["linked"])
    assert "aws iam delete-service-linked-role --role-name {name}" in said(found["linked"])
    assert "aws iam delete-role" not in said(found["linked"])


@pytest.mark.parametrize(
    ("made_with", "sentence"),
    [
        (None, "It has no service role: CloudFormation deletes it with the permissions of the caller."),
        (GONE, f"Its service role {GONE} is gone: deletion with it fails. Add --role-arn"),
        (
            role().arn,
            f"Its service role {role().arn} does not trust {CLOUDFORMATION}: deletion with it fails. Add --role-arn",
        ),
    ],
)
def test_a_stack_needs_another_role_when_its_own_cant_be_used(made_with: str | None, sentence: str) -> None:
    """CloudFormation can't delete a stack whose service role is gone, or no longer trusts it."""
    found = judge(stack(role_arn=made_with), role())
    assert sentence in said(found["AWSProton-env"])


def test_nothing_is_said_of_a_role_that_could_not_be_read() -> None:
    """A role that is not in the list is not taken for gone when the list is not whole."""
    denied = Unread(IAM_ROLES, None, "denied", ("iam:ListRoles",))
    found = judge(stack(role_arn=GONE), unread=(denied,))
    assert f"Its service role is {GONE}. Whether this role still exists could not be read." in said(
        found["AWSProton-env"]
    )


@pytest.mark.parametrize(
    ("status", "sentence", "is_to_be_deleted"),
    [
        ("CREATE_COMPLETE", "Delete it: aws cloudformation delete-stack", True),
        ("REVIEW_IN_PROGRESS", "Delete it: aws cloudformation delete-stack", True),
        ("UPDATE_IN_PROGRESS", "CloudFormation is working on it: wait until that has ended.", True),
        ("DELETE_IN_PROGRESS", "CloudFormation is deleting it: wait.", False),
        ("DELETE_FAILED", "add --retain-resources LOGICAL_ID", True),
    ],
)
def test_the_status_of_a_stack_says_what_to_do(status: str, sentence: str, is_to_be_deleted: bool) -> None:
    """What is being deleted is waited for, and not imported; what could not be deleted is left out."""
    found = judge(stack(status=status))["AWSProton-env"]
    assert sentence in said(found)
    assert ("aws cloudformation delete-stack" in said(found)) is is_to_be_deleted
    assert bool(import_file([found])["resources"]) is is_to_be_deleted


def test_termination_protection_is_turned_off_first() -> None:
    """Its sentence comes before the deletion."""
    found = said(judge(stack(is_protected=True))["AWSProton-env"])
    assert 0 < found.index("--no-enable-termination-protection") < found.index("delete-stack")


def test_what_codebuild_deployed_is_undone_before_its_stack_goes() -> None:
    """The stack has the project only; the sentence is marked as inferred."""
    found = judge(stack("AWSProton-CodeBuild-env"))["AWSProton-CodeBuild-env"]
    assert found.advice[0].startswith("First delete what the builds")
    assert found.advice[0].endswith("(inferred)")


def test_a_role_that_others_use_too_is_not_just_deleted() -> None:
    """Whom else its trust policy lets in is named; CloudFormation's use is seen by the stacks."""
    found = said(judge(role("shared", PROTON, CLOUDFORMATION, "lambda.amazonaws.com", CODEBUILD))["shared"])
    assert (
        f"It also trusts {CODEBUILD}, lambda.amazonaws.com: check whether something else uses it. (inferred)"
        in found
    )
    assert "also trusts" not in said(judge(role("own", CODEBUILD, has_codebuild_policy=True))["own"])


def test_a_role_is_kept_while_something_that_may_hold_it_is_unread() -> None:
    """Nothing is called free that was not looked at."""
    denied = Unread(STACKS, "us-east-1", "denied", ("cloudformation:DescribeStacks",))
    assert "No stack and no CodeBuild project in the Regions that were read uses it." in said(
        judge(role())["role"]
    )
    unsure = said(judge(role(), unread=(denied,))["role"])
    assert "something there may use it: CloudFormation stacks in us-east-1." in unsure
    assert "No stack" not in unsure


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (IAM_ROLES, "Roles may be missing from this list."),
        (CODEBUILD_ROLES, "Roles for CodeBuild may be missing from this list."),
        (STACKS, "Stacks may be missing from this list."),
        (PROJECTS, "CodeBuild projects may be missing from this list."),
    ],
)
def test_what_the_list_may_lack_is_said(what: str, sentence: str) -> None:
    """For each thing that could not be listed."""
    assert completeness(Inventory(ACCOUNT, (HOME,), unread=(Unread(what, None, "denied"),))) == (sentence,)


# The file for pulumi import


def test_ids_in_the_import_file_are_those_of_pulumi_aws() -> None:
    """Names, with the Region where there is one, and the ARN of a service-linked role."""
    linked = role("linked", "sync.proton.amazonaws.com", path="/aws-service-role/sync.proton.amazonaws.com/")
    found = judge(role(), linked, stack(), project())
    assert import_file(list(found.values())) == {
        "resources": [
            {
                "type": "aws:cloudformation/stack:Stack",
                "name": "AWSProton-env",
                "id": f"AWSProton-env@{HOME}",
            },
            {
                "type": "aws:codebuild/project:Project",
                "name": "AWSProton-build",
                "id": f"AWSProton-build@{HOME}",
            },
            {"type": "aws:iam/role:Role", "name": "role", "id": "role"},
            {"type": "aws:iam/serviceLinkedRole:ServiceLinkedRole", "name": "linked", "id": linked.arn},
        ]
    }


def test_two_of_one_name_are_told_apart_by_their_regions() -> None:
    """The engine takes a name once for a type."""
    inventory = Inventory(ACCOUNT, (HOME,), stacks=(stack(), stack(region="us-east-1")))
    names = [each["name"] for each in import_file(leftovers(inventory))["resources"]]
    assert names == ["AWSProton-env-eu-west-1", "AWSProton-env-us-east-1"]

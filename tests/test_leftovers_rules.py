"""Each rule of `proton-leftovers`: what belongs to Proton, what still needs it, the order of deletion, and the advice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest
from inventories import ACCOUNT, judge, project, role, stack, trusting
from left_behind import CLOUDFORMATION, CODEBUILD, HOME, PROTON

from proton_provider.leftovers import belongs
from proton_provider.leftovers.advice import END_OF_PROTON
from proton_provider.leftovers.found import (
    CODEBUILD_ROLES,
    IAM_ROLES,
    IMPORTS,
    LAST_USE,
    PROJECTS,
    STACKS,
    Inventory,
    Project,
    Role,
    Stack,
    Unread,
)
from proton_provider.leftovers.rules import Leftover, completeness

GONE = f"arn:aws:iam::{ACCOUNT}:role/gone"


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
    found = role("r", *trusts, has_codebuild_policy=has_codebuild_policy)
    assert belongs.is_role(found, frozenset()) is is_it


def test_a_role_that_a_project_of_proton_runs_as_is_protons() -> None:
    """Whatever it carries and trusts; the role of another project is not."""
    runs_as, near = role("runs-as", CODEBUILD), role("near", CODEBUILD)
    found = judge(runs_as, near, project(role_arn=runs_as.arn), project("website", role_arn=near.arn))
    assert list(found) == ["AWSProton-build", "runs-as"]
    assert "also lets in" not in said(found["runs-as"])


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
    assert "Keep it as long as a stack has it as its service role" in said(found["made-with"])
    assert f"with its service role {made_with.arn}: keep that role as long as" in said(found["AWSProton-env"])


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
    assert said(found["AWSProton-inner"]).startswith("Do not update or delete it by itself")


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
    """A service was made after the environment that it is in. What could not be deleted goes after the others."""
    found = judge(
        stack("AWSProton-failed", "DELETE_FAILED", day=2),
        stack("AWSProton-env"),
        stack("AWSProton-service", day=1),
        stack("AWSProton-x", region="ap-northeast-1"),
    )
    assert list(found) == ["AWSProton-x", "AWSProton-service", "AWSProton-env", "AWSProton-failed"]


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
    importer = stack("AWSProton-importer", day=-9)
    maker = replace(maker, imported_by=(importer.arn,))
    things: tuple[Role | Stack | Project, ...] = (
        linked,
        runs_as,
        nested,
        importer,
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


WITH_ANOTHER = "delete-stack --region {region} --stack-name {name} --role-arn ROLE_ARN"


@pytest.mark.parametrize(
    ("changes", "about_role", "keep", "delete"),
    [
        pytest.param(
            {},
            "It has no service role: CloudFormation works on it with the permissions of the caller.",
            "To keep it, leave it as it is",
            "To delete it: aws cloudformation delete-stack --region {region} --stack-name {name}",
            id="none",
        ),
        pytest.param(
            {"role_arn": role("open").arn},
            f"CloudFormation works on it with its service role {role('open').arn}: keep that role",
            "update-stack --region {region} --stack-name {name} --use-previous-template --role-arn ROLE_ARN",
            "To delete it: aws cloudformation delete-stack --region {region} --stack-name {name}",
            id="usable",
        ),
        pytest.param(
            {"role_arn": GONE},
            f"Its service role {GONE} is gone: with it CloudFormation can neither update nor delete",
            "update-stack",
            WITH_ANOTHER,
            id="gone",
        ),
        pytest.param(
            {"role_arn": role().arn},
            f"Its service role {role().arn} does not let in {CLOUDFORMATION}",
            "update-stack",
            WITH_ANOTHER,
            id="not trusting",
        ),
        pytest.param(
            {"role_arn": role("denied").arn},
            f"Its service role {role('denied').arn} does not let in {CLOUDFORMATION}",
            "update-stack",
            WITH_ANOTHER,
            id="denied",
        ),
        pytest.param(
            {"role_arn": role("own").arn},
            "was made by the stack itself: a deletion with it may lose it halfway. (inferred)",
            "update-stack",
            WITH_ANOTHER,
            id="its own",
        ),
    ],
)
def test_a_stack_is_kept_or_deleted_with_a_role_that_can_be_used(
    changes: dict[str, Any], about_role: str, keep: str, delete: str
) -> None:
    """CloudFormation can't work on a stack whose service role is gone, or does not let it in. The last sentence deletes."""
    made = stack(**changes)
    found = judge(
        made,
        role(),
        role("open", PROTON, CLOUDFORMATION),
        role("denied", trust=trusting(PROTON, CLOUDFORMATION, denied=["*"])),
        role("own", PROTON, CLOUDFORMATION, made_by=made.arn),
    )[made.name]
    assert about_role in said(found)
    assert keep in said(found)
    assert any(sentence.endswith(delete) for sentence in found.advice)


def test_a_stack_is_kept_with_its_parameters_and_capabilities() -> None:
    """The command of the hand-over names them: without them CloudFormation would take the defaults, or refuse."""
    made = stack(
        role_arn=GONE,
        parameters=(("size", "1"), ("secret", "****")),
        capabilities=("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
    )
    assert (
        "--role-arn ROLE_ARN --parameters ParameterKey=size,UsePreviousValue=true ParameterKey=secret,UsePreviousValue=true "
        "--capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM"
    ) in said(judge(made)[made.name])


def test_a_gone_service_role_can_be_made_again() -> None:
    """Of the same name, and in the same path."""
    made = stack(role_arn=f"arn:aws:iam::{ACCOUNT}:role/teams/a/gone")
    assert "aws iam create-role --role-name gone --path /teams/a/ --assume" in said(judge(made)[made.name])
    made = stack(role_arn=GONE)
    assert "aws iam create-role --role-name gone --assume" in said(judge(made)[made.name])


def test_nothing_is_said_of_a_role_that_could_not_be_read() -> None:
    """A role that is not in the list is not taken for gone when the list is not whole."""
    denied = Unread(IAM_ROLES, None, "denied", ("iam:ListRoles",))
    found = judge(stack(role_arn=GONE), unread=(denied,))
    assert f"Its service role {GONE} was named. Whether this role still exists could not be read." in said(
        found["AWSProton-env"]
    )


@pytest.mark.parametrize(
    ("status", "sentence", "is_to_be_deleted"),
    [
        ("CREATE_COMPLETE", "To keep it, give it a role of yours.", True),
        ("ROLLBACK_COMPLETE", "CloudFormation updates no stack in ROLLBACK_COMPLETE: proton-leftovers", True),
        ("REVIEW_IN_PROGRESS", "There is nothing to keep: it has no template yet.", True),
        ("UPDATE_IN_PROGRESS", "CloudFormation is working on it: wait until that has ended.", True),
        ("DELETE_IN_PROGRESS", "CloudFormation is deleting it: wait.", False),
        ("DELETE_FAILED", "Delete it again after the others", True),
        ("DELETE_FAILED", "--role-arn ROLE_ARN --retain-resources LOGICAL_ID", True),
        ("DELETE_FAILED", "--role-arn ROLE_ARN --deletion-mode FORCE_DELETE_STACK", True),
    ],
)
def test_the_status_of_a_stack_says_what_to_do(status: str, sentence: str, is_to_be_deleted: bool) -> None:
    """What is being deleted is waited for; what could not be deleted is deleted again, and may lose what it can't."""
    found = judge(stack(status=status, role_arn=GONE))["AWSProton-env"]
    assert sentence in said(found)
    assert ("aws cloudformation delete-stack" in said(found)) is is_to_be_deleted


def test_termination_protection_is_turned_off_first() -> None:
    """Its sentence comes before the deletion."""
    found = said(judge(stack(is_protected=True))["AWSProton-env"])
    assert 0 < found.index("--no-enable-termination-protection") < found.index("delete-stack")


def test_what_codebuild_deployed_is_undone_before_its_stack_goes() -> None:
    """The stack has the project only; the sentence is marked as inferred."""
    found = judge(stack("AWSProton-CodeBuild-env"))["AWSProton-CodeBuild-env"]
    (sentence,) = (each for each in found.advice if "delete what the builds" in each)
    assert sentence.endswith("(inferred)")
    assert found.advice.index(sentence) < len(found.advice) - 1


def test_a_role_that_others_use_too_is_not_just_deleted() -> None:
    """Whom else its trust policy lets in, or keeps out, is named before the deletion; the stacks show CloudFormation's use."""
    found = judge(role("shared", PROTON, CLOUDFORMATION, "lambda.amazonaws.com", CODEBUILD, "*"))["shared"]
    sentence = f"It also lets in everybody (*), {CODEBUILD}, lambda.amazonaws.com: check whether something else uses it."
    assert any(sentence in each for each in found.advice[:-1])
    assert "also lets in" not in said(judge(role("own", CODEBUILD, has_codebuild_policy=True))["own"])
    denied = said(judge(role("denied", trust=trusting(PROTON, denied=["*"])))["denied"])
    assert "Its trust policy has a Deny, for *: somebody restricted it or switched it off." in denied


def test_a_role_of_a_stack_is_never_deleted_by_hand() -> None:
    """It goes with its stack, Proton's or not; what uses the role goes before that stack."""
    maker, others = stack("AWSProton-maker", day=1), stack("network")
    made, of_others = role("made", PROTON, CLOUDFORMATION, made_by=maker.arn), role("b", made_by=others.arn)
    user = stack("AWSProton-user", role_arn=made.arn)
    linked = role("linked", "sync.proton.amazonaws.com", path="/aws-service-role/x/", made_by=others.arn)
    found = judge(maker, others, made, of_others, user, linked)
    assert list(found) == ["AWSProton-user", "AWSProton-maker", "b", "made", "linked"]
    assert found["AWSProton-maker"].held_by == (user.arn,)
    assert "Delete what holds it first" in said(found["AWSProton-maker"])
    assert found["made"].held_by == (user.arn, maker.arn)
    for name, stack_of in (("made", maker), ("b", others), ("linked", others)):
        assert said(found[name]).startswith(f"The stack {stack_of.arn} made it. Do not delete it by hand")
        assert "aws iam delete-" not in said(found[name])


def test_what_imports_an_export_goes_first() -> None:
    """Also where it is the older one, and where both are nested in others."""
    outer, older = stack("AWSProton-outer", day=2), stack("AWSProton-older", day=0)
    nested = stack("AWSProton-nested", day=2, parent=outer.arn, exports=("x",), imported_by=(older.arn,))
    found = judge(outer, nested, older)
    assert list(found) == ["AWSProton-older", "AWSProton-outer", "AWSProton-nested"]
    assert found["AWSProton-outer"].held_by == (older.arn,)
    assert "Delete what holds it first" in said(found["AWSProton-outer"])


def test_imports_that_could_not_be_read_are_said() -> None:
    """Of the stacks in that Region that export something."""
    denied = Unread(IMPORTS, HOME, "denied", ("cloudformation:ListImports",))
    found = judge(stack("AWSProton-a", exports=("x",)), stack("AWSProton-b"), unread=(denied,))
    assert "imports its exports could not be read" in said(found["AWSProton-a"])
    assert "imports its exports could not be read" not in said(found["AWSProton-b"])


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (None, "IAM knows of no use of it in the last 400 days."),
        (0, "IAM knows of a use on 2026-10-07."),
        (1, "IAM knows of a use on 2026-10-08, after Proton's end. So something else uses it"),
    ],
)
def test_a_use_after_protons_end_is_somebody_elses(days: int | None, sentence: str) -> None:
    """Nothing is said where it could not be read."""
    noon = datetime.combine(END_OF_PROTON, time(12), timezone.utc)
    used = role(last_used=None if days is None else noon + timedelta(days=days))
    assert sentence in said(judge(used)["role"])
    unread = judge(used, unread=(Unread(LAST_USE, None, "denied"),))["role"]
    assert "IAM knows" not in said(unread)


def test_a_role_is_kept_while_something_that_may_hold_it_is_unread() -> None:
    """Nothing is called free that was not looked at."""
    denied = Unread(STACKS, "us-east-1", "denied", ("cloudformation:DescribeStacks",))
    assert "No CloudFormation stack and no CodeBuild project in the Regions that were read uses it." in said(
        judge(role())["role"]
    )
    unsure = said(judge(role(), unread=(denied,))["role"])
    assert "something there may use it or own it: CloudFormation stacks in us-east-1." in unsure
    assert "No CloudFormation stack" not in unsure


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

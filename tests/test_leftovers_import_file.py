"""The file for `pulumi import`: read as Pulumi reads it, nothing loses its role before it is gone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventories import PulumiImport, inventory, project, role, stack, trusting
from left_behind import CLOUDFORMATION, CODEBUILD, HOME, PROTON

from proton_provider.leftovers import belongs
from proton_provider.leftovers.found import (
    IAM_ROLES,
    IMPORTS,
    PROJECT_ROLES,
    PROJECTS,
    ROLE_OWNERS,
    STACK_ROLES,
    STACKS,
    Inventory,
    Project,
    Role,
    Stack,
    Unread,
)
from proton_provider.leftovers.import_file import ImportFile, make
from proton_provider.leftovers.rules import leftovers
from proton_provider.leftovers.service_role import RolesOfStacks

OPEN = role("open", PROTON, CLOUDFORMATION)
OTHER = role("other", PROTON, CLOUDFORMATION)
BUILDS = role("builds", CODEBUILD)


def destroying(*found: Role | Stack | Project, unread: tuple[Unread, ...] = ()) -> ImportFile:
    account = inventory(*found, unread=unread)
    return make(leftovers(account), account, keeps=False)


def keeping(*found: Role | Stack | Project, unread: tuple[Unread, ...] = ()) -> ImportFile:
    account = inventory(*found, unread=unread)
    return make(leftovers(account), account, keeps=True)


def names(made: ImportFile) -> list[str]:
    return [each["name"] for each in made.resources]


def test_ids_are_those_of_pulumi_aws() -> None:
    """A stack's name with its Region, a role's name, and the ARNs of a project and of a service-linked role."""
    linked = role("linked", "sync.proton.amazonaws.com", path="/aws-service-role/sync.proton.amazonaws.com/")
    made = destroying(role(), linked, stack(), project())
    assert made.content() == {
        "resources": [
            {
                "type": "aws:cloudformation/stack:Stack",
                "name": "AWSProton-env",
                "id": f"AWSProton-env@{HOME}",
            },
            {"type": "aws:codebuild/project:Project", "name": "AWSProton-build", "id": project().arn},
            {"type": "aws:iam/role:Role", "name": "role", "id": "role"},
            {"type": "aws:iam/serviceLinkedRole:ServiceLinkedRole", "name": "linked", "id": linked.arn},
        ]
    }
    assert made.left_out == {}


def test_names_are_unique_across_kinds_and_regions() -> None:
    """Pulumi takes a parent by its name alone; a name that was made up is not that of something else."""
    same = "AWSProton-env"
    made = destroying(
        stack(same),
        stack(same, region="us-east-1"),
        stack(f"{same}-us-east-1"),
        project(same),
        role(same),
        role(f"{same}-role"),
    )
    assert set(names(made)) == {
        f"{same}-eu-west-1",
        f"{same}-us-east-1-stack",
        f"{same}-us-east-1",
        f"{same}-eu-west-1-codebuild-project",
        f"{same}-role-role",
        f"{same}-role",
    }


def test_parents_keep_the_order_of_deletion() -> None:
    """Stacks are below their role, projects below theirs, and what imports an export below the stack that has it."""
    exporter = stack("AWSProton-exporter", role_arn=OTHER.arn)
    importer = stack("AWSProton-importer", role_arn=OPEN.arn)
    exporter = stack("AWSProton-exporter", role_arn=OTHER.arn, imported_by=(importer.arn,))
    build = project(role_arn=BUILDS.arn)
    made = destroying(OPEN, OTHER, BUILDS, exporter, importer, build, stack("AWSProton-alone"))
    read = PulumiImport(made.content())
    assert made.left_out == {}
    assert read.goes_before(build.arn, "builds")
    assert read.above(f"AWSProton-alone@{HOME}") == []
    assert read.above(f"AWSProton-importer@{HOME}") == ["AWSProton-exporter", "open", "other"]
    assert read.goes_before(f"AWSProton-exporter@{HOME}", "other")


def test_what_is_deleted_with_a_stack_counts_as_that_stack() -> None:
    """Nested stacks, projects and roles that a stack made need their roles until that stack is gone."""
    outer = stack("AWSProton-outer")
    nested = stack("AWSProton-nested", parent=outer.arn, role_arn=OPEN.arn)
    made_project = project("website", stack=outer.arn, role_arn=BUILDS.arn)
    proton_project = project(stack=outer.arn, role_arn=BUILDS.arn)
    made = destroying(OPEN, BUILDS, outer, nested, made_project, proton_project)
    read = PulumiImport(made.content())
    assert made.left_out == {"a stack manages it": ["AWSProton-nested", "AWSProton-build"]}
    assert set(read.above(f"AWSProton-outer@{HOME}")) == {"open", "builds"}


USER = stack("AWSProton-user", role_arn=OPEN.arn)
MAKER = stack("AWSProton-maker")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param([stack(is_protected=True)], "it is protected from termination", id="protected"),
        pytest.param([stack(role_arn=role("gone").arn)], "its service role is gone", id="role gone"),
        pytest.param(
            [stack(role_arn=BUILDS.arn), BUILDS],
            "its service role does not let CloudFormation in",
            id="role for something else",
        ),
        pytest.param(
            [
                stack(role_arn=role("denied").arn),
                role("denied", trust=trusting(CLOUDFORMATION, denied=[CLOUDFORMATION])),
            ],
            "its service role does not let CloudFormation in",
            id="role that denies",
        ),
        pytest.param([stack(status="REVIEW_IN_PROGRESS")], "it has no template yet", id="no template"),
        pytest.param([stack(status="DELETE_IN_PROGRESS")], "CloudFormation is deleting it", id="deleting"),
        pytest.param(
            [stack(status="UPDATE_IN_PROGRESS")], "CloudFormation is working on it", id="an operation runs"
        ),
        pytest.param(
            [stack(imported_by=(stack("network").arn,)), stack("network")],
            f"{stack('network').arn} still needs it, and is not in the file",
            id="an export in use outside",
        ),
    ],
)
def test_what_destroy_cant_delete_is_left_out_with_its_role(
    found: list[Role | Stack | Project], reason: str
) -> None:
    """And with whatever else it needs; the others stay. Each is named with its reason."""
    (bad, *more) = found
    assert isinstance(bad, Stack)
    needed = stack("AWSProton-needed", day=-1, role_arn=OTHER.arn, imported_by=(bad.arn,))
    made = destroying(bad, *more, needed, OTHER, USER, OPEN)
    assert names(made) == ["AWSProton-user", "open"]
    assert made.left_out[reason] == ["AWSProton-env"]
    assert made.left_out["AWSProton-env still needs it, and is not in the file"] == ["AWSProton-needed"]
    assert made.left_out["AWSProton-needed still needs it, and is not in the file"] == ["other"]


def test_a_stack_whose_deletion_failed_stays_in() -> None:
    """`pulumi destroy` tries again; if that fails too, its role stays."""
    made = destroying(stack(status="DELETE_FAILED", role_arn=OPEN.arn), OPEN)
    assert names(made) == ["AWSProton-env", "open"]


@pytest.mark.parametrize(
    ("found", "left_out"),
    [
        pytest.param([stack("network", role_arn=OPEN.arn), OPEN], "open", id="a stack outside"),
        pytest.param([project("website", role_arn=BUILDS.arn), project(role_arn=BUILDS.arn), BUILDS], "builds", id="a project outside"),
        pytest.param([role("made", PROTON, made_by=MAKER.arn), MAKER], "made", id="a stack of Proton made it"),
        pytest.param([role("made", PROTON, made_by=stack("cdk").arn), stack("cdk")], "made", id="another stack made it"),
    ],
)  # fmt: skip
def test_roles_that_something_else_needs_or_made_are_left_out(
    found: list[Role | Stack | Project], left_out: str
) -> None:
    """The rest is in the file."""
    made = destroying(*found)
    assert [name for those in made.left_out.values() for name in those] == [left_out]


def test_what_uses_a_role_of_a_stack_goes_before_that_stack() -> None:
    """The role is not in the file; its stack is, above those that use the role."""
    made_role = role("made", PROTON, CLOUDFORMATION, made_by=MAKER.arn)
    made = destroying(made_role, MAKER, stack("AWSProton-user", role_arn=made_role.arn))
    assert PulumiImport(made.content()).goes_before(f"AWSProton-user@{HOME}", f"AWSProton-maker@{HOME}")


def test_stacks_that_need_each_other_are_left_out() -> None:
    """No order deletes them: one needs the other's role, which imports its export."""
    made_role = role("made", PROTON, CLOUDFORMATION, made_by=MAKER.arn)
    user = stack("AWSProton-user", role_arn=made_role.arn, imported_by=(MAKER.arn,))
    own = role("own", PROTON, CLOUDFORMATION, made_by=stack("AWSProton-own").arn)
    made = destroying(made_role, MAKER, user, own, stack("AWSProton-own", role_arn=own.arn))
    assert made.resources == []
    assert made.left_out["it made its service role itself"] == ["AWSProton-own"]


@pytest.mark.parametrize(
    ("what", "left_out_to_destroy", "left_out_to_keep"),
    [
        (IAM_ROLES, {"AWSProton-exporter"}, set()),
        (STACKS, {"open", "other"}, {"open", "other"}),
        (ROLE_OWNERS, {"open", "other"}, {"open", "other"}),
        (STACK_ROLES, {"open", "other"}, set()),
        (PROJECTS, {"open", "other"}, set()),
        (PROJECT_ROLES, {"open", "other"}, set()),
        (IMPORTS, {"AWSProton-exporter"}, set()),
    ],
)  # fmt: skip
def test_what_may_be_in_use_where_nothing_could_be_read_is_left_out(
    what: str, left_out_to_destroy: set[str], left_out_to_keep: set[str]
) -> None:
    """Nothing is destroyed on a guess."""
    unread = (Unread(what, HOME, "denied"),)
    outer = stack("AWSProton-exporter")
    found: list[Role | Stack | Project] = [
        USER,
        OPEN,
        OTHER,
        outer,
        stack("x", parent=outer.arn, exports=("x",)),
    ]
    if what == IAM_ROLES:
        found[3] = stack("AWSProton-exporter", role_arn=role("unread").arn)
    for made_for, expected in ((destroying, left_out_to_destroy), (keeping, left_out_to_keep)):
        made = made_for(*found, unread=unread)
        assert {name for those in made.left_out.values() for name in those} == expected


def test_whoever_keeps_gets_all_without_parents() -> None:
    """What could not be destroyed is kept as well; what a stack manages, has no template or is being deleted stays out."""
    of_cdk = role("of-cdk", PROTON, made_by=stack("cdk").arn)
    made = keeping(
        OPEN,
        USER,
        stack("AWSProton-protected", is_protected=True),
        stack("AWSProton-gone", role_arn=role("gone").arn),
        stack("AWSProton-nested", parent=USER.arn),
        stack("AWSProton-review", status="REVIEW_IN_PROGRESS"),
        stack("AWSProton-going", status="DELETE_IN_PROGRESS"),
        of_cdk,
        stack("cdk"),
    )
    assert set(names(made)) == {"open", "AWSProton-user", "AWSProton-protected", "AWSProton-gone"}
    assert all("parent" not in each for each in made.resources)
    assert made.left_out == {
        "CloudFormation is deleting it": ["AWSProton-going"],
        "it has no template yet": ["AWSProton-review"],
        "a stack manages it": ["AWSProton-nested", "of-cdk"],
    }


@st.composite
def accounts(draw: st.DrawFn) -> Inventory:
    """Roles, stacks and projects that use, nest, make and import each other at random."""
    size = st.integers(0, 5)
    stacks = [stack(f"{draw(st.sampled_from(['AWSProton-', 'x-']))}{n}") for n in range(draw(size) + 1)]
    arns = [each.arn for each in stacks]
    roles = [
        role(
            f"r{n}",
            trust=trusting(PROTON, CLOUDFORMATION, *draw(st.sampled_from([[CODEBUILD], []]))),
            made_by=draw(st.none() | st.sampled_from(arns)),
        )
        for n in range(draw(size))
    ]
    role_arns = st.none() | st.sampled_from([each.arn for each in roles] + [role("gone").arn])
    made = []
    for number, each in enumerate(stacks):
        changes: dict[str, Any] = {
            "role_arn": draw(role_arns),
            "parent": draw(st.none() | st.sampled_from(arns[:number])) if number else None,
            "is_protected": draw(st.integers(0, 5)) == 0,
            "imported_by": tuple(draw(st.lists(st.sampled_from(arns), max_size=2))),
            "day": draw(size),
        }
        made.append(stack(each.name, **changes))
    projects = [
        project(
            draw(st.sampled_from([f"AWSProton{n}", f"x{n}"])),
            role_arn=draw(role_arns),
            stack=draw(st.none() | st.sampled_from(arns)),
        )
        for n in range(draw(size))
    ]
    return inventory(*roles, *made, *projects)


@given(accounts())
def test_no_account_loses_a_role_or_an_export_that_is_needed(account: Inventory) -> None:
    """Whatever is in the file is deleted after all that uses it, and nothing uses it that stays."""
    read = PulumiImport(make(leftovers(account), account, keeps=False).content())
    parts = {each.arn: each.parent for each in account.stacks if each.parent}
    parts |= {each.arn: each.stack for each in account.projects if each.stack}
    parts |= {each.arn: each.made_by for each in account.roles if each.made_by}

    def whole(arn: str) -> str:
        while arn in parts:
            arn = parts[arn]
        return arn

    ids = {each.arn: each.name for each in account.roles}
    ids |= {each.arn: f"{each.name}@{each.region}" for each in account.stacks}
    uses = [(each.arn, each.role_arn) for each in account.stacks if each.role_arn]
    uses += [(each.arn, each.role_arn) for each in account.projects if each.role_arn]
    uses += [(importer, each.arn) for each in account.stacks for importer in each.imported_by]
    for user, used in uses:
        needs, needed = whole(user), whole(used)
        needed_id = ids.get(needed, needed)
        if needs != needed and needed_id in read.ids:
            assert read.goes_before(ids.get(needs, needs), needed_id)
    service_roles = RolesOfStacks(account)
    for each in account.stacks:
        if ids[each.arn] in read.ids:
            assert belongs.is_stack(each)
            assert service_roles.of(each).can_delete
            assert not each.is_protected
            assert each.parent is None

"""`ServiceRoles` without an engine: how it is imported and called."""

from __future__ import annotations

import subprocess
import sys

import botocore.session
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import proton_provider
from proton_provider import ServiceRoles, ServiceRolesArgs, role_args


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
        "max": role_args.PATH_LENGTH,
        "pattern": role_args.PATH.pattern,
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
    assert (role_args.problem_with_path(path) is None) == good


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
        ({"a": 7}, False),
        ({str(number): "y" for number in range(51)}, False),
        (["a"], False),
    ],
)
def test_tags_are_judged_as_by_iam(tags: object, good: bool) -> None:
    """Keys are none of AWS's own; both have the characters and lengths that IAM takes, and are 50 at most."""
    assert (role_args.problem_with_tags(tags) is None) == good


@given(st.dictionaries(st.text(max_size=130), st.text(max_size=260)))
@example({"aws:": ""})
def test_what_is_wrong_with_tags_is_one_sentence(tags: dict[str, str]) -> None:
    """Whatever the tags are, what is said of them fits behind the name of the argument."""
    problem = role_args.problem_with_tags(tags)
    assert problem is None or ("\n" not in problem and problem[-1] not in ".;")

"""The rules against the service model: each constant, and what they say of generated values."""

from __future__ import annotations

import re

import botocores
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from near_misses import (
    ACCOUNT_IDS,
    CONNECTION_IDS,
    ENVIRONMENT_NAMES,
    MODEL,
    ROLE_ARNS,
    SHAPES,
    accepted,
    near,
)

from proton_provider import rules


def members(operation: str) -> set[str]:
    return set(SHAPES[MODEL["operations"][operation]["input"]["shape"]]["members"])


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        (rules.CONNECTION_ID, "EnvironmentAccountConnectionId"),
        (rules.ROLE_ARN, "RoleArn"),
        (rules.ACCOUNT_ID, "AwsAccountId"),
        (rules.ENVIRONMENT_NAME, "ResourceName"),
    ],
)
def test_patterns_are_those_of_the_service_model(pattern: re.Pattern[str], shape: str) -> None:
    """Each pattern is AWS's own, without the anchors that `fullmatch` makes needless, and for ASCII."""
    assert f"^{pattern.pattern}$" == SHAPES[shape]["pattern"]
    assert pattern.flags & re.ASCII


@pytest.mark.parametrize(
    ("length", "shape", "bound"),
    [
        (rules.ROLE_ARN_LENGTH, "RoleArn", "max"),
        (rules.ENVIRONMENT_NAME_LENGTH, "ResourceName", "max"),
        (rules.TAGS_MOST, "TagList", "max"),
        (rules.TAG_KEY_LENGTH, "TagKey", "max"),
        (rules.TAG_VALUE_LENGTH, "TagValue", "max"),
        (1, "TagKey", "min"),
        (0, "TagValue", "min"),
    ],
)
def test_lengths_are_those_of_the_service_model(length: int, shape: str, bound: str) -> None:
    """Each length is AWS's own."""
    assert SHAPES[shape][bound] == length


def test_roles_are_all_that_an_update_can_change() -> None:
    """The three roles are exactly the members of an update besides the id, and a request takes them, too."""
    assert set(rules.ROLES) == members("UpdateEnvironmentAccountConnection") - {"id"}
    assert set(rules.ROLES) < members("CreateEnvironmentAccountConnection")


def test_no_role_can_be_unset() -> None:
    """AWS takes no empty ARN for any role, so that a role can be changed and never taken away."""
    assert SHAPES["RoleArn"]["min"] == 1
    for role in rules.ROLES:
        shape = SHAPES["UpdateEnvironmentAccountConnectionInput"]["members"][role]["shape"]
        assert shape == "RoleArn"


def test_statuses_are_those_of_the_service_model() -> None:
    """There are three statuses."""
    assert set(rules.STATUSES) == set(SHAPES["EnvironmentAccountConnectionStatus"]["enum"])


def test_regions_are_those_of_the_endpoint_data() -> None:
    """The Regions are all that botocore knows of, in any partition, for as long as it knows any."""
    assert list(rules.REGIONS) == sorted(set(rules.REGIONS))
    if botocores.own(botocores.DATA, "service-2") is not None:
        assert set(rules.REGIONS) == botocores.regions(botocores.DATA)


# Generated values: the oracle is the pattern as the model states it, for the whole of the value and for ASCII.


@given(near(ROLE_ARNS))
@example("arn:aws:iam::123456789012:role/" + "/".join(["p" * 512] * 3 + ["p" * 477, "r"]))
@example("arn:aws:iam::123456789012:role/" + "/".join(["p" * 512] * 3 + ["p" * 478, "r"]))
def test_role_arns_are_judged_as_by_the_service_model(value: str) -> None:
    """A role's ARN passes if and only if AWS's pattern and length take it; then account and partition are in it."""
    good = rules.problem_with_role_arn(value) is None
    assert good == accepted("RoleArn", value)
    if good:
        assert value.startswith(f"arn:{rules.partition_of(value)}:iam::{rules.account_of(value)}:role/")


@given(near(CONNECTION_IDS))
def test_connection_ids_are_judged_as_by_the_service_model(value: str) -> None:
    """An id passes if and only if AWS's pattern takes it."""
    assert (rules.problem_with_connection_id(value) is None) == accepted(
        "EnvironmentAccountConnectionId", value
    )


@given(near(ACCOUNT_IDS))
def test_account_ids_are_judged_as_by_the_service_model(value: str) -> None:
    """An account id passes if and only if AWS's pattern takes it."""
    assert (rules.problem_with_account_id(value) is None) == accepted("AwsAccountId", value)


@given(near(ENVIRONMENT_NAMES))
def test_environment_names_are_judged_as_by_the_service_model(value: str) -> None:
    """A name passes if and only if AWS's pattern and length take it."""
    assert (rules.problem_with_environment_name(value) is None) == accepted("ResourceName", value)


TAG_TEXT = st.text(max_size=4) | st.sampled_from([0, 1, 127, 128, 129, 255, 256, 257]).map(lambda n: "t" * n)


@given(
    st.dictionaries(TAG_TEXT | st.sampled_from(["aws:x", "AWS:x", "awsx"]), TAG_TEXT, max_size=4)
    | st.integers(48, 52).map(lambda n: {f"key-{i}": "" for i in range(n)})
)
def test_tags_are_judged_as_by_the_service_model(tags: dict[str, str]) -> None:
    """Tags pass if and only if AWS's number and lengths take them and no key has AWS's own prefix."""
    good = (
        len(tags) <= SHAPES["TagList"]["max"]
        and all(SHAPES["TagKey"]["min"] <= len(key) <= SHAPES["TagKey"]["max"] for key in tags)
        and all(len(value) <= SHAPES["TagValue"]["max"] for value in tags.values())
        and not any(key.lower().startswith("aws:") for key in tags)
    )
    assert (rules.problem_with_tags(tags) is None) == good


@pytest.mark.parametrize(
    ("value", "text"),
    [(42, "42"), (42.0, "42"), (1.5, "1.5"), (-0.25, "-0.25"), (True, "true"), (False, "false"), ("x", "x")],
)
def test_a_tag_is_the_text_that_json_writes(value: object, text: str) -> None:
    """Every number reaches a dynamic provider as a float, and is the same tag as in the stack's config."""
    assert rules.as_tags({"a": value, "left out": None}) == {"a": text}
    assert rules.problem_with_tag_map({"a": value, "left out": None}) is None


@given(st.sampled_from(rules.REGIONS) | near(st.sampled_from(rules.REGIONS)), st.booleans())
def test_regions_are_judged_by_who_answers(value: str, endpoint_is_given: bool) -> None:
    """A Region passes where AWS offered Proton; at an endpoint of the user's own any does."""
    good = rules.problem_with_region(value, endpoint_is_given) is None
    assert good == (endpoint_is_given or value in rules.REGIONS)


def test_no_region_is_a_problem_everywhere() -> None:
    """A missing Region is a problem that names the three places to set it, also at an endpoint of the user's own."""
    for endpoint_is_given in (True, False):
        problem = rules.problem_with_region(None, endpoint_is_given) or ""
        assert all(place in problem for place in ("proton:region", "AWS_REGION", "AwsSettings"))


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.binary(),
        st.text(),
        st.lists(st.text(), max_size=2),
        st.dictionaries(st.text(), st.text(), max_size=2),
        st.builds(object),
    )
)
def test_no_value_makes_a_rule_raise(value: object) -> None:
    """Whatever a program gives passes as text, or gets a problem in one line."""
    key = value if isinstance(value, str | float) else "key"
    for problem in (
        rules.problem_with_role_arn(value),
        rules.problem_with_connection_id(value),
        rules.problem_with_account_id(value),
        rules.problem_with_environment_name(value),
        rules.problem_with_region(value, endpoint_is_given=False),
        rules.problem_with_tag_map({key: value if isinstance(value, str) else [value]}),
        rules.problem_with_tag_map({key: [value]}),
    ):
        assert isinstance(value, str) if problem is None else "\n" not in problem.replace(str(value), "")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "missing"),
        (True, "a boolean"),
        (123456789012.0, "a number"),
        (["123456789012"], "a list"),
        ({"id": "123456789012"}, "a map"),
    ],
)
def test_a_wrong_type_is_named_as_users_name_it(value: object, words: str) -> None:
    """What is no text is called by its kind in a stack's config, not by its class in Python."""
    for problem in (
        rules.problem_with_role_arn(value),
        rules.problem_with_connection_id(value),
        rules.problem_with_account_id(value),
        rules.problem_with_environment_name(value),
    ):
        assert problem is not None
        assert problem.endswith(f"this is {words}")

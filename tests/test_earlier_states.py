"""The form of properties in the states of version 0.1.0, and today's."""

from __future__ import annotations

from typing import Any

import pytest

from proton_provider import earlier_states

EARLIER: dict[str, Any] = {
    "clientToken": "token",
    "tags": [{"key": "role_arn", "value": "a"}, {"key": "team", "value": "b"}],
    "tagsAll": [],
    "aws": {"region": "us-east-1", "sessionTags": [{"key": "x_y", "value": "z"}]},
    "status": "PENDING",
}
TODAY: dict[str, Any] = {
    "__clientToken": "token",
    "tags": {"role_arn": "a", "team": "b"},
    "tagsAll": {},
    "aws": {"region": "us-east-1", "sessionTags": {"x_y": "z"}},
    "status": "PENDING",
}


def test_what_was_a_list_is_a_map_today_and_can_be_a_list_again() -> None:
    """Both ways lose nothing, and leave the given properties as they are."""
    assert earlier_states.to_current(EARLIER) == TODAY
    assert earlier_states.to_earlier(TODAY) == EARLIER
    assert earlier_states.to_current(TODAY) == TODAY
    assert isinstance(EARLIER["aws"]["sessionTags"], list)


@pytest.mark.parametrize("name", ["clientToken", "tags", "tagsAll", "aws"])
def test_each_of_them_tells_an_earlier_state(name: str) -> None:
    """One property is enough, since a resource need not have all."""
    assert earlier_states.is_earlier({name: EARLIER[name]})
    assert not earlier_states.is_earlier(TODAY)
    assert not earlier_states.is_earlier({"status": "PENDING", "aws": {"region": "us-east-1"}})


@pytest.mark.parametrize("odd", [None, "text", ["a"], [{"key": ["a"], "value": "b"}], [{"value": "b"}], 1.0])
def test_what_is_no_tags_is_left_to_check(odd: Any) -> None:
    """A value of another kind stays as it is, for `check` to say what is wrong with it."""
    bag = {"tags": odd, "aws": odd}
    assert earlier_states.to_current(bag) == bag

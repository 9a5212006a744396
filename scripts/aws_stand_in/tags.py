"""Tags: the provider's default tags, the resource's own, and AWS's list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from aws_stand_in.wire import UNKNOWN, Unknown, contains_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Tags: TypeAlias = dict[str, str]


def merged(defaults: Mapping[str, str], own: Any) -> dict[str, Any] | Unknown:
    """All tags of a resource; its own win over the defaults. One unknown value makes all unknown, as in pulumi-aws."""
    if contains_unknown(own):
        return UNKNOWN
    return {**defaults, **(own or {})}


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """AWS's form: a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def live(answer: list[dict[str, str]]) -> Tags:
    """The tags in an answer of AWS, without those that AWS itself sets."""
    return {tag["Key"]: tag["Value"] for tag in answer if not tag["Key"].startswith("aws:")}


def own(tags: Mapping[str, str], defaults: Mapping[str, str], known: Mapping[str, str]) -> Tags:
    """The resource's own of its live tags: a default tag counts as its own only where the program repeats it."""
    return {k: value for k, value in tags.items() if k in known or defaults.get(k) != value}


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[list[str], list[dict[str, str]]]:
    """The keys to take away, and the tags to set, in AWS's forms."""
    return sorted(old.keys() - new.keys()), listed({k: v for k, v in new.items() if old.get(k) != v})

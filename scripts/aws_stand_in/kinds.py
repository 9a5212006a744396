"""Kinds of property: what a value of each may be, and when two of them mean the same."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from aws_stand_in import documents
from aws_stand_in.wire import UNKNOWN, contains_unknown

Problems: TypeAlias = Iterator[tuple[str, str]]
"""Where in the property something is wrong (a path to append, or ""), and what, as the end of a sentence."""

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}|aws)?:.+", re.ASCII)
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    `types` are the Python types of a known value and `called` is their name in a sentence; `empty` is what pulumi-aws
    keeps in state for an unset value (None where it always has one); `rule` looks at a known value of the right type;
    `same` compares two of them.
    """

    types: tuple[type, ...]
    called: str
    empty: Any
    rule: Callable[[Any], Problems] = lambda _: iter(())
    same: Callable[[Any, Any], bool] = operator.eq

    def problems(self, value: Any) -> Problems:
        """What is wrong with the value; what is not known yet is never wrong."""
        if value is UNKNOWN:
            return
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            yield "", f"must be {self.called}"
            return
        yield from self.rule(value)


def text(*, longest: int) -> Kind:
    """Text of at most `longest` characters."""
    return Kind((str,), "a string", "", lambda value: _length(value, 0, longest))


def name(*, longest: int) -> Kind:
    """The name of something in IAM."""

    def rule(value: str) -> Problems:
        yield from _length(value, 1, longest)
        if value and not _NAME.fullmatch(value):
            yield "", "may hold only letters, digits and the characters +=,.@_-"

    return Kind((str,), "a string", "", rule)


def number(lowest: int, highest: int) -> Kind:
    """A whole number from `lowest` to `highest`."""

    def rule(value: int) -> Problems:
        if not lowest <= value <= highest:
            yield "", f"must be from {lowest} to {highest}"

    return Kind((int,), "a whole number", None, rule)


def _length(value: str, shortest: int, longest: int) -> Problems:
    if not shortest <= len(value) <= longest:
        yield "", f"must have {shortest} to {longest} characters"


def _path(value: str) -> Problems:
    yield from _length(value, 1, 512)
    if not _PATH.fullmatch(value):
        yield "", "must begin and end with a slash"


def _arn(value: str) -> Problems:
    if value and not _ARN.fullmatch(value):
        yield "", "must be an ARN"


def _document(value: str) -> Problems:
    if reason := documents.problem(value):
        yield "", reason


def _tags(value: dict[str, Any]) -> Problems:
    for key, item in value.items():
        if not isinstance(item, str) and item is not UNKNOWN:
            yield f".{key}", "must be a string"


def _arns(value: list[Any]) -> Problems:
    for index, item in enumerate(value):
        yield from ((f"[{index}]{where}", reason) for where, reason in ARN.problems(item))


def _inline_policies(value: list[Any]) -> Problems:
    for index, item in enumerate(value):
        if item is UNKNOWN:
            continue
        if not isinstance(item, dict):
            yield f"[{index}]", "must be an object with name and policy"
            continue
        for key, kind in (("name", POLICY_NAME), ("policy", DOCUMENT)):
            if item.get(key) is not None:
                yield from ((f"[{index}].{key}{where}", reason) for where, reason in kind.problems(item[key]))


def _same_arns(one: list[str], other: list[str]) -> bool:
    return set(one) == set(other)


def inline_documents(policies: list[dict[str, Any]]) -> dict[str, str]:
    """The inline policies that exist, name to document: an entry without a document only says "manage them"."""
    return {
        policy["name"]: policy["policy"] for policy in policies if policy.get("name") and policy.get("policy")
    }


def _same_inline_policies(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    ours, theirs = inline_documents(one), inline_documents(other)
    return ours.keys() == theirs.keys() and all(documents.same(ours[key], theirs[key]) for key in ours)


def changed(kind: Kind, old: Any, new: Any) -> bool:
    """Whether `new` differs from `old`; what is not known yet may differ, so it does."""
    return contains_unknown(new) or contains_unknown(old) or not kind.same(old, new)


FLAG = Kind((bool,), "true or false", None)
ARN = Kind((str,), "a string", "", _arn)
PATH = Kind((str,), "a string", "", _path)
POLICY_NAME = name(longest=128)
DOCUMENT = Kind((str,), "a string of JSON or an object", "", _document, documents.same)
TAGS = Kind((dict,), "a map of strings", {}, _tags)
ARNS = Kind((list,), "a list of ARNs", [], _arns, _same_arns)
INLINE_POLICIES = Kind(
    (list,), "a list of objects with name and policy", [], _inline_policies, _same_inline_policies
)

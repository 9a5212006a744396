"""Kinds of property: what a value of each may be, and when two of them mean the same."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proton_provider.plugin.values import UNKNOWN, contains_unknown
from without_downloads.aws_stand_in import documents


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    `type` is the Python type of a known value and `called` its name in a sentence; `empty` is what an unset value means
    (None where pulumi-aws always has one); `rule` says what is wrong with a known value of that type, as the
    end of a sentence, and `same` compares two of them.
    """

    type: type
    called: str
    empty: Any
    rule: Callable[[Any], str | None] = lambda _: None
    same: Callable[[Any, Any], bool] = operator.eq

    def problem(self, value: Any) -> str | None:
        """What is wrong with the value, as the end of a sentence; what is not known yet is never wrong."""
        if value is UNKNOWN:
            return None
        if type(value) is not self.type:  # a bool is an int otherwise
            return f"must be {self.called}"
        return self.rule(value)

    def changed(self, old: Any, new: Any) -> bool:
        """Whether `new` differs from `old`; what is not known yet may differ, so it does."""
        old, new = (self.empty if value is None else value for value in (old, new))
        return contains_unknown(new) or contains_unknown(old) or not self.same(old, new)


def _text(pattern: str, words: str) -> Kind:
    form = re.compile(pattern, re.ASCII | re.DOTALL)
    return Kind(str, "a string", "", lambda value: None if form.fullmatch(value) else words)


def name(*, longest: int) -> Kind:
    """The name of something in IAM."""
    words = f"must have 1 to {longest} characters: letters, digits and +=,.@_-"
    return _text(rf"[\w+=,.@-]{{1,{longest}}}", words)


def number(lowest: int, highest: int) -> Kind:
    """A whole number from `lowest` to `highest`."""
    words = f"must be from {lowest} to {highest}"
    return Kind(int, "a whole number", None, lambda value: None if lowest <= value <= highest else words)


def _tags(value: dict[str, Any]) -> str | None:
    wrong = [key for key, item in value.items() if not isinstance(item, str) and item is not UNKNOWN]
    return f"must be a map of strings, and {wrong[0]} is none" if wrong else None


DESCRIPTION = _text(r".{0,1000}", "must have 0 to 1000 characters")
ARN = _text(r"|arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}|aws)?:.+", "must be an ARN")
PATH = _text(r"/|/[\x21-\x7e]{1,510}/", "must begin and end with a slash, and have at most 512 characters")
DOCUMENT = Kind(str, "a string of JSON or an object", "", documents.problem, documents.same)
TAGS = Kind(dict, "a map of strings", {}, _tags)

"""Hides secrets in messages, in every form in which they may come back."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from proton_provider.errors import one_line
from proton_provider.lifecycle import Properties, secrets

_SHORTEST: Final = 4
"""In characters. Shorter values are not hidden: they also occur in other words, and the message would be unreadable."""
_SHORTEST_BEGINNING: Final = 16
"""In characters. A shorter beginning of a secret is not hidden."""
_CUT: Final = re.compile(r"""["')\]]*(\.\.\.|…|\.?\s*$|\.\s)""")
"""What follows a text that was cut: three dots, or the end of the message or of its sentence."""


class Secrets:
    """The secret values that one provider process has seen. The texts of its messages pass through `hide`."""

    def __init__(self) -> None:
        self._remembering = threading.Lock()
        """Operations run side by side: without it, one could replace the table that another has just made."""
        self._values: set[str] = set()
        self._labels: dict[str, str] = {}
        """The text that stands in place of each form of a value; the longest form first."""

    def remember(self, *properties: Properties) -> None:
        """Remember the values of the secret inputs in these properties."""
        self.remember_values(*(value for each in properties for value in secrets.values_in(each)))

    def remember_values(self, *values: Any, label: str = "[secret]") -> None:
        """Remember the strings and whole numbers in these values, at any depth. `label` stands in their place.

        A string may be a list or a map in JSON, as in the stack's config.
        """
        found = {text for value in values for text in _texts_in(value) if len(text) >= _SHORTEST}
        with self._remembering:
            new = found - self._values
            if new:
                self._values |= new
                forms = {form for value in new for form in _forms(value) if len(form) >= _SHORTEST}
                labels = {**dict.fromkeys(forms, label), **self._labels}
                # A new object: another thread may be reading the old one.
                self._labels = dict(sorted(labels.items(), key=lambda item: len(item[0]), reverse=True))

    def hide(self, text: str) -> str:
        """The text with a label in place of the secret values, and of their beginnings where a text was cut."""
        labels = self._labels
        for form, label in labels.items():
            text = text.replace(form, label)
        for form, label in labels.items():
            text = _without_cut_form(text, form, label)
        return text

    @contextmanager
    def in_no_error(self) -> Iterator[None]:
        """Hide the secrets in every error, also in one that is a bug of this package."""
        try:
            yield
        except Exception as error:
            error.args = tuple(self.hide(part) if isinstance(part, str) else part for part in error.args)
            raise

    def names(self, outputs: Properties, *properties: Properties) -> frozenset[str]:
        """The inputs that are or were secret in these properties, and the roles in the outputs whose ARN is a known secret."""
        return secrets.secret_inputs(*properties) | secrets.secret_roles(self._values, outputs)


def _forms(value: str) -> Iterator[str]:
    """The forms in which a value may stand in a message: as it is, quoted by Python, JSON, XML or a URL, in one line."""
    for form in {
        value,
        repr(value)[1:-1],
        repr(value.encode("utf-8", "replace"))[2:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        escape(value),
        escape(value, {'"': "&quot;", "'": "&apos;"}),
        html.escape(value),
        quote(value, safe="", errors="replace"),
    }:
        for line in (form, " ".join(form.split()), one_line(form)):
            yield line
            yield line.rstrip(".: ")


def _without_cut_form(text: str, form: str, label: str) -> str:
    """The text with `label` in place of a beginning of `form` that ends where a text was cut."""
    start = text.find(form[:_SHORTEST_BEGINNING]) if len(form) > _SHORTEST_BEGINNING else -1
    while start >= 0:
        end = start + _SHORTEST_BEGINNING
        while end < len(text) and text[start : end + 1] == form[: end + 1 - start]:
            end += 1
        if _CUT.match(text, end):
            text = text[:start] + label + text[end:]
            end = start + len(label)
        start = text.find(form[:_SHORTEST_BEGINNING], end)
    return text


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value.lstrip().startswith(("[", "{")):
            with suppress(RecursionError, ValueError):
                yield from _texts_in(json.loads(value))
    elif isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        yield str(int(value))  # all numbers of a dynamic provider are floats
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts_in(member)

"""Lets a browser break a long class name in a page's title between its words."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

_TITLE = re.compile(r"<h1>[^<]+")
_LONG_NAME = re.compile(r"[A-Za-z]{20,}")
_NEXT_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def break_title(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Add `<wbr>` between the words of a long name in the title. The text and its anchor stay the same."""
    if "body" in context:
        context["body"] = _TITLE.sub(
            lambda title: _LONG_NAME.sub(_with_breaks, title[0]), context["body"], count=1
        )


def _with_breaks(name: re.Match[str]) -> str:
    return _NEXT_WORD.sub("<wbr>", name[0])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("html-page-context", break_title)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

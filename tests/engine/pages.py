"""Pages of the documentation whose code blocks run in the tests, as a user types them."""

from __future__ import annotations

import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

import docs_pages

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:Save this as `(?P<file>[^`]+)`[^`]*\n\n(?:<!--[^\n]*-->\n\n)?)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
"""A block of code, and the file that the sentence before it says to save it in."""


def by_hand(text: str) -> str:
    """The text of a page without what `scripts/docs_pages.py` brings: that is run where it comes from."""
    return docs_pages.PART.sub("", text)


@dataclass(frozen=True)
class Step:
    """A block that a reader types, or saves in a file."""

    text: str
    file: str | None

    @property
    def typed(self) -> str:
        """The lines of a shell that do it."""
        return f"cat > {self.file} <<'END OF FILE'\n{self.text}END OF FILE\n" if self.file else self.text


class Page:
    """A page, and which of its code blocks the tests have asked for: they do so when their module is imported."""

    def __init__(self, path: str) -> None:
        self._whole = (ROOT / path).read_text()
        text = by_hand(self._whole)
        self._blocks: list[tuple[str, str]] = re.findall(
            r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL
        )
        self._used: set[str] = set()

    def block(self, language: str, holding: str) -> str:
        """The one block of `language` that holds this text, or is it."""
        found = [text for kind, text in self._blocks if kind == language and holding in text]
        found = [text for text in found if text == holding] or found
        assert len(found) == 1, f"one {language} block must hold {holding!r}, {len(found)} do"
        self._used.add(found[0])
        return found[0]

    def steps(self) -> list[Step]:
        """What a reader does with the whole page, also with what it takes from elsewhere: text blocks are only read."""
        blocks = BLOCK.finditer(self._whole)
        done = [Step(each["text"], each["file"]) for each in blocks if each["file"] or each["kind"] == "bash"]
        self._used.update(step.text for step in done)
        return done

    def left_out(self) -> list[str]:
        """The blocks that nothing has asked for."""
        return [text for _, text in self._blocks if text not in self._used]


def shell(commands: str, folder: Path, env: dict[str, str]) -> str:
    """What these commands print, as a user types them in `folder`."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def lines(text: str) -> list[str]:
    """The lines of a block, one command each."""
    return textwrap.dedent(text).strip().splitlines()

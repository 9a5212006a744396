"""The directive `command-help`: what a command of the package prints for --help, so that the site says it in one place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).resolve().parents[2] / "proton_provider"


class CommandHelp(SphinxDirective):
    """Takes the name of a module that is run with `python -m`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        done = subprocess.run(
            [sys.executable, "-m", self.arguments[0], "--help"],
            env={**os.environ, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise self.error(f"{self.arguments[0]} --help failed: {done.stderr}")
        for path in PACKAGE.rglob("*.py"):
            self.env.note_dependency(str(path))
        block = nodes.literal_block(done.stdout, done.stdout, language="none")
        self.set_source_info(block)
        return [block]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("command-help", CommandHelp)
    return {"version": "1", "parallel_read_safe": True}

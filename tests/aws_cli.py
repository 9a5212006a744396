"""The AWS CLI in this process: what a command prints and how it ends, without the half second that its start takes."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass

from awscli.clidriver import create_clidriver

_DATA_PATH = os.environ.pop("AWS_DATA_PATH")
"""The folder with data of the CLI: its import sets the variable for the whole process."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


def aws(arguments: Sequence[str]) -> Ended:
    """Run `aws` with these arguments, in the environment of this process."""
    out, err = io.StringIO(), io.StringIO()
    os.environ["AWS_DATA_PATH"] = _DATA_PATH
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = create_clidriver().main([*arguments])
    finally:
        del os.environ["AWS_DATA_PATH"]
    return Ended(status, out.getvalue(), err.getvalue())

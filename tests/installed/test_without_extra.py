"""The wheel without its extra `local`, as most users install it; run by .ci/range."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import proton_provider


def test_the_extra_is_not_there() -> None:
    """Nothing that the wheel needs brings moto in."""
    assert importlib.util.find_spec("moto") is None


def test_all_that_is_public_can_be_had() -> None:
    """Every public name, those that need pulumi-aws included."""
    assert [name for name in proton_provider.__all__ if not hasattr(proton_provider, name)] == []


def test_the_local_aws_says_in_one_sentence_what_to_install() -> None:
    """`proton-local` ends with 2 and with the line to type."""
    command = Path(sys.executable).with_name("proton-local")
    done = subprocess.run([command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "proton-local: The local AWS needs moto's server: pip install 'proton-provider[local]'"
    )
    assert done.stderr.count("\n") == 1


def test_the_command_leftovers_needs_no_extra() -> None:
    """`proton-leftovers` starts with what every user has."""
    command = Path(sys.executable).with_name("proton-leftovers")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: proton-leftovers")

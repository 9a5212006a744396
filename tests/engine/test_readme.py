"""Every code block of the README is run, or is what something that runs prints."""

from __future__ import annotations

import re

from engine import test_take_apart
from engine.guides import INSTALL, README
from engine.harness import MakeStack
from engine.pages import ROOT, lines

LEFTOVERS = README.block("bash", "proton-leftovers --region")
DESTROY = README.block("bash", "DELETE_UNREACHABLE=true pulumi destroy")
TWO = README.block("bash", "make up")
PROGRAM = README.block("python", "import pulumi_aws as aws")
PREVIEW = README.block("text", "(update)")
OUTPUTS = README.block("text", "status   CONNECTED")


def test_the_one_stack_does_what_is_printed_below_it(make_stack: MakeStack, connection_id: str) -> None:
    """The program runs as it stands; its preview of a changed role and its outputs are as printed."""
    stack = make_stack(PROGRAM, {"test:connectionId": connection_id})
    stack.up("--skip-preview")
    outputs = {line.split()[0]: line.split()[1] for line in map(_anonymous, lines(OUTPUTS))}
    assert {name: _anonymous(value) for name, value in stack.outputs.items()} == outputs

    other = 'role_arn="arn:aws:iam::222222222222:role/provisioning-b51c2f0"'
    stack.write(PROGRAM.replace("role_arn=provisioning.arn", other))
    preview = _anonymous(stack.preview("--diff").text)
    for line in lines(PREVIEW):
        assert _anonymous(line.strip()) in preview


def test_the_first_screen_has_the_commands_for_proton_s_end() -> None:
    """Its commands are those of the pages that it links to, whose tests type them. They stand above all else to do."""
    assert LEFTOVERS == test_take_apart.LEFTOVERS
    assert test_take_apart.DESTROY_GONE.startswith(DESTROY.strip())
    assert INSTALL.startswith("pip install")  # test_reference_pages.py types it
    text = (ROOT / "README.md").read_text()
    assert text.index(LEFTOVERS) < text.index(DESTROY) < text.index("\n## ")


def test_the_commands_of_make_are_targets() -> None:
    """Each `make` command of the README and of the page on commands is a target; what they do is tested where they live."""
    makefile = (ROOT / "Makefile").read_text()
    in_the_table = re.findall(
        r"^\| `make (\S+)`", (ROOT / "docs" / "commands.md").read_text(), flags=re.MULTILINE
    )
    assert "docs" in in_the_table
    for target in [*(command.removeprefix("make ") for command in lines(TWO)), *in_the_table]:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_no_block_is_left_out() -> None:
    """Every code block of the README is in one of the tests above."""
    assert README.left_out() == []


def _anonymous(text: str) -> str:
    """Without what the engine makes up: the seven hexadecimal digits of automatic names, and the spacing."""
    return re.sub(r" +", " ", re.sub(r"-[0-9a-f]{7}\b", "-1234567", text))

"""The code blocks of the page for users of other languages, as a user types them."""

from __future__ import annotations

import json
import re

import yaml
from engine.native import MakeNative
from engine.pages import Page, shell
from engine.programs import arn

PAGE = Page("docs/other-languages.md")
PACKAGE_ADD = PAGE.block("bash", "pulumi package add")
"""tests/official runs it: the language host that can be built here starts no plugins in Python."""
INSTALL = PAGE.block("bash", "proton-plugin install")
PROGRAM = PAGE.block("yaml", "EnvironmentAccountConnectionRoles")
MOVING_BACK = PAGE.block("python", "pulumi.Alias")
"""test_native_moving.py runs it."""
TYPESCRIPT = PAGE.block("typescript", "EnvironmentAccountConnectionRoles")
TYPESCRIPT_ACCEPTER = PAGE.block("typescript", "EnvironmentAccountConnectionAccepter")
GO = PAGE.block("go", "EnvironmentAccountConnectionRoles")
"""All three are run by test_generated_sdks.py."""
SCHEMA = PAGE.block("bash", "get-schema")
SETTINGS = PAGE.block("bash", "config set")
IMPORT = PAGE.block("bash", "pulumi import")


def test_every_block_is_run() -> None:
    """Nothing on the page is only printed; the commands that install it are those of the tests' own plugin."""
    assert PAGE.left_out() == []
    assert INSTALL.splitlines()[1] == "proton-plugin install"


def test_the_program_and_the_commands(make_native: MakeNative, connection_id: str) -> None:
    """The program comes up with the settings of the page, and its resource can be imported where it was lost."""
    document = yaml.safe_load(PROGRAM)
    variables = {"connectionId": connection_id, "roleArn": arn("a")}
    stack = make_native(document["resources"], variables=variables, outputs=document["outputs"])
    stack.configure({"proton:region": None, "aws:region": None})
    shell(SETTINGS, stack.folder, stack.env)
    stack.up("--skip-preview")
    assert stack.outputs == {"status": "CONNECTED"}
    schema = shell(SCHEMA, stack.folder, stack.env)
    assert json.loads(schema[schema.index("{") : schema.rindex("}") + 1])["name"] == "proton"
    stack.run("state", "delete", "--all", "--yes", "--force")
    shell(re.sub(r"=\S+", f"={connection_id}", IMPORT, count=1), stack.folder, stack.env)
    assert [state["id"] for state in stack.resources("Roles")] == [connection_id]

"""`proton-leftovers --import`, `pulumi import` of what it wrote on the real engine, and the page that shows both."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from engine.harness import REGION, MakeStack, Stack
from engine.pages import Page, lines, shell
from left_behind import AWAY, CLOUDFORMATION, CODEBUILD, CODEBUILD_POLICY, PROTON, Account, Command

from proton_provider.local import LocalAws

PAGE = Page("docs/see-what-proton-left.md")
LOOK = PAGE.block("bash", "proton-leftovers --region us-east-1\n")
REPORT = PAGE.block("none", "Left behind")
JSON = PAGE.block("bash", "--json")
IMPORT = PAGE.block("bash", "--import")

ROLE = "aws:iam/role:Role"
EMPTY = "import pulumi\n"


@pytest.fixture
def account(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    """The account that the stacks of these tests are in, and that the shell has credentials of."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    found = Account(aws)
    found.sign_in(monkeypatch)
    return found


@pytest.fixture
def leftovers(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def import_roles(stack: Stack, path: Path) -> str:
    """Import the file as a user does, without the program that `pulumi import` writes; gives what it printed."""
    return stack.run("import", "--file", str(path), "--yes", "--protect=false", "--generate-code=false").text


def test_the_page_prints_what_the_command_prints(account: Account, tmp_path: Path) -> None:
    """The report stands on the page to the letter; JSON has the same things in the same order."""
    role = account.role("proton-provisioning", [PROTON, CLOUDFORMATION])
    account.stack("AWSProton-prod-environment", AWAY, RoleARN=role)
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    assert shell(f"{LOOK.strip()} 2>/dev/null", tmp_path, env) == REPORT
    found = json.loads(shell(f"{JSON.strip()} 2>/dev/null", tmp_path, env))
    assert [each["name"] for each in found] == ["AWSProton-prod-environment", "proton-provisioning"]


def test_pulumi_imports_the_roles_and_destroys_them(make_stack: MakeStack, account: Account) -> None:
    """The roles are in the stack as they are in IAM, policies too, and `pulumi destroy` takes them out of both."""
    account.role("proton-provisioning")
    account.role("proton-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
    account.role("builds", CODEBUILD)
    stack = make_stack(EMPTY)
    look, take_over, destroy = lines(IMPORT)
    of_account = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    shell(look, stack.folder, {**stack.env, **of_account})
    assert "= 2 imported" in shell(take_over, stack.folder, stack.env)
    roles = {role["id"]: role["outputs"] for role in stack.resources(ROLE)}
    assert set(roles) == {"proton-provisioning", "proton-codebuild"}
    assert roles["proton-codebuild"]["managedPolicyArns"] == [CODEBUILD_POLICY]
    assert json.loads(roles["proton-provisioning"]["assumeRolePolicy"])["Statement"][0]["Principal"] == {
        "Service": PROTON
    }
    shell(destroy, stack.folder, stack.env)
    assert [role["RoleName"] for role in account.client("iam").list_roles()["Roles"]] == ["builds"]


def test_pulumi_reads_a_file_without_resources(
    make_stack: MakeStack, account: Account, leftovers: Command, tmp_path: Path
) -> None:
    """Where nothing was found the file is valid too."""
    path = tmp_path / "import.json"
    leftovers("--region", REGION, "--import", str(path))
    assert json.loads(path.read_text()) == {"resources": []}
    stack = make_stack(EMPTY)
    import_roles(stack, path)
    assert stack.resources(ROLE) == []


def test_no_block_is_left_out() -> None:
    """Every code block of the page is in one of the tests above."""
    assert PAGE.left_out() == []

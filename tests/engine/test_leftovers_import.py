"""`proton-leftovers --import`, and `pulumi import --file` of what it wrote, on the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine.harness import REGION, MakeStack, Stack
from left_behind import CODEBUILD, CODEBUILD_POLICY, PROTON, Account, Command

from proton_provider.local import LocalAws

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


def test_pulumi_imports_the_roles_and_destroys_them(
    make_stack: MakeStack, account: Account, leftovers: Command, tmp_path: Path
) -> None:
    """The roles are in the stack as they are in IAM, policies too, and `pulumi destroy` takes them out of both."""
    account.role("proton-provisioning")
    account.role("proton-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
    account.role("builds", CODEBUILD)
    path = tmp_path / "import.json"
    assert leftovers("--region", REGION, "--import", str(path)).status == 0
    stack = make_stack(EMPTY)
    printed = import_roles(stack, path)
    assert "= 2 imported" in printed
    roles = {role["id"]: role["outputs"] for role in stack.resources(ROLE)}
    assert set(roles) == {"proton-provisioning", "proton-codebuild"}
    assert roles["proton-codebuild"]["managedPolicyArns"] == [CODEBUILD_POLICY]
    assert json.loads(roles["proton-provisioning"]["assumeRolePolicy"])["Statement"][0]["Principal"] == {
        "Service": PROTON
    }
    stack.destroy()
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

"""`proton-leftovers --import`, `pulumi import` of what it wrote on the real engine, and the page that shows both."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from before_moto import answering
from engine.harness import REGION, MakeStack, quick_environment
from engine.pages import Page, shell
from inventories import PulumiImport
from left_behind import (
    AWAY,
    CLOUDFORMATION,
    CODEBUILD,
    CODEBUILD_POLICY,
    PROTON,
    TEMPLATE,
    Account,
    Command,
)

from proton_provider.local import LocalAws

PAGE = Page("docs/see-what-proton-left.md")
LOOK = PAGE.block("bash", "proton-leftovers --region us-east-1\n")
REPORT = PAGE.block("none", "Left behind")
JSON = PAGE.block("bash", "--json")
IMPORT = PAGE.block("bash", "--protect=false")
DESTROY = PAGE.block("bash", "pulumi destroy --yes\n")
KEEP = PAGE.block("bash", "--keep")
TAGGED = PAGE.block("bash", "--tagged")

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


@pytest.fixture
def user(account: Account, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell with Pulumi, and with credentials of the account."""
    (tmp_path / "shell").mkdir()
    of_account = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return {**quick_environment(tmp_path / "shell"), **of_account}


def test_the_page_prints_what_the_command_prints(account: Account, tmp_path: Path) -> None:
    """The report stands on the page to the letter; JSON has the same things in the same order."""
    role = account.role("proton-provisioning", [PROTON, CLOUDFORMATION])
    account.stack("AWSProton-prod-environment", AWAY, RoleARN=role)
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    assert shell(f"{LOOK.strip()} 2>/dev/null", tmp_path, env) == REPORT
    account.client("sqs", AWAY).create_queue(QueueName="q", tags={"proton:account": "222222222222"})
    assert "arn:aws:sqs:us-east-1:222222222222:q" in shell(TAGGED, tmp_path, env)
    found = json.loads(shell(f"{JSON.strip()} 2>/dev/null", tmp_path, env))
    assert [each["name"] for each in found] == ["AWSProton-prod-environment", "proton-provisioning"]


def test_pulumi_imports_the_roles_and_destroys_them(
    account: Account, user: dict[str, str], tmp_path: Path
) -> None:
    """Typed as on the page: the roles come into a new stack, and `pulumi destroy` takes them out of IAM.

    The stack's config names the account that the file is for, and another one is refused.
    """
    account.role("proton-provisioning")
    account.role("proton-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
    account.role("builds", CODEBUILD)
    account.stack("AWSProton-protected", EnableTerminationProtection=True, RoleARN=account.role("needed"))
    printed = shell(IMPORT, tmp_path, user)
    assert "leftovers.json is for account 222222222222 alone. Resources in it: 2." in printed
    assert "Not in it, because it is protected from termination: AWSProton-protected." in printed
    assert "Not in it, because AWSProton-protected still needs it, and is not in the file: needed." in printed
    assert "= 2 imported" in printed
    assert "- 3 to delete" in printed, "two roles and the stack itself"
    user["PULUMI_OPTION_SKIP_PREVIEW"] = "true"
    with pytest.raises(AssertionError, match="333333333333"):
        shell(DESTROY, tmp_path / "leftovers", {**user, "AWS_ACCESS_KEY_ID": "333333333333"})
    shell(DESTROY, tmp_path / "leftovers", user)
    left = [role["RoleName"] for role in account.client("iam").list_roles()["Roles"]]
    assert sorted(left) == ["builds", "needed"]


def test_pulumi_deletes_in_the_order_of_the_parents(
    make_stack: MakeStack, account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine reads the file as the tests' own reader does. The stand-in for pulumi-aws has the roles alone."""
    roles = {name: account.role(name, [PROTON, CLOUDFORMATION]) for name in ("of-importer", "of-exporter")}
    account.stack("AWSProton-importer", AWAY, RoleARN=roles["of-importer"])
    exporting = {**json.loads(TEMPLATE), "Outputs": {"Out": {"Value": "v", "Export": {"Name": "x"}}}}
    account.stack(
        "AWSProton-exporter", AWAY, TemplateBody=json.dumps(exporting), RoleARN=roles["of-exporter"]
    )
    stack = make_stack(EMPTY)
    path = stack.folder / "leftovers.json"
    with answering(account.aws) as (url, facts):
        facts.imports = {"x": ["AWSProton-importer"]}
        account.sign_in(monkeypatch, url)
        assert leftovers.json("--import", str(path)).status == 0
    content = json.loads(path.read_text())
    read = PulumiImport(content)
    assert read.above(f"AWSProton-importer@{AWAY}") == ["AWSProton-exporter", "of-exporter", "of-importer"]
    assert read.goes_before("of-exporter", "of-importer")
    content["resources"] = [each for each in content["resources"] if each["type"] == ROLE]
    path.write_text(json.dumps(content))
    stack.run("import", "--file", str(path), "--yes", "--protect=false", "--generate-code=false")
    said = stack.destroy("--skip-preview").text
    first = re.search(r"aws:iam:Role of-exporter deleted", said)
    second = re.search(r"aws:iam:Role of-importer delet", said)
    assert first is not None
    assert second is not None
    assert first.start() < second.start()


def test_what_is_kept_is_protected(
    make_stack: MakeStack, account: Account, user: dict[str, str], leftovers: Command
) -> None:
    """Pulumi refuses to destroy it. It takes a file without resources, too, as the command writes where nothing was found."""
    stack = make_stack(EMPTY)
    path = stack.folder / "none.json"
    leftovers("--region", REGION, "--import", str(path))
    assert json.loads(path.read_text()) == {"resources": []}
    stack.run("import", "--file", str(path), "--yes", "--protect=false", "--generate-code=false")
    assert stack.resources(ROLE) == []
    account.role("proton-provisioning")
    of_account = {name: value for name, value in user.items() if name.startswith("AWS_")}
    printed = shell(KEEP, stack.folder, {**stack.env, **of_account})
    assert "proton-provisioning" in printed
    (role,) = stack.resources(ROLE)
    assert role["protect"] is True
    assert "protect" in stack.destroy_error("--skip-preview").text


def test_no_block_is_left_out() -> None:
    """Every code block of the page is in one of the tests above."""
    assert PAGE.left_out() == []

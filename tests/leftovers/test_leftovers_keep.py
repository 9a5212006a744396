"""What `proton-leftovers` does for those who keep: templates that are saved, and what Proton deployed outside its stacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from left_behind import AWAY, HOME, TEMPLATE, Account, Command

YAML = """\
# made by hand
Parameters:
  Size: {Type: String}
  Secret: {Type: String}
Resources:
  Queue: {Type: AWS::SQS::Queue}
"""
JSON = '{ "Resources":\n {"Queue": {"Type": "AWS::SQS::Queue"}} }'


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_templates_are_saved_as_they_came(account: Account, leftovers: Command, tmp_path: Path) -> None:
    """With parameters and tags, by Region and stack, nested stacks too; stacks of others are not."""
    parameters = [
        {"ParameterKey": "Size", "ParameterValue": "1"},
        # AWS answers so for a NoEcho parameter; moto does not.
        {"ParameterKey": "Secret", "ParameterValue": "****"},
    ]
    tags = [{"Key": "team", "Value": "a"}]
    outer = account.stack("AWSProton-a", TemplateBody=YAML, Parameters=parameters, Tags=tags)
    account.stack("AWSProton-a-Nested", AWAY, parent=outer, TemplateBody=JSON)
    account.stack("AWSProton-review", status="REVIEW_IN_PROGRESS")
    account.stack("network")
    ended = leftovers("--region", HOME, AWAY, "--templates", str(tmp_path / "kept"))
    assert ended.status == 0
    assert ended.err == (
        f"{tmp_path / 'kept'} has the templates, parameters and tags of 2 stacks.\n"
        "Parameters with the value **** are NoEcho: CloudFormation shows their values to nobody.\n"
    )
    saved = files(tmp_path / "kept")
    assert saved.keys() == {
        f"{HOME}/AWSProton-a.template.yaml",
        f"{HOME}/AWSProton-a.parameters.json",
        f"{HOME}/AWSProton-a.tags.json",
        f"{AWAY}/AWSProton-a-Nested.template.json",
        f"{AWAY}/AWSProton-a-Nested.parameters.json",
        f"{AWAY}/AWSProton-a-Nested.tags.json",
    }
    assert saved[f"{HOME}/AWSProton-a.template.yaml"] == YAML
    assert saved[f"{AWAY}/AWSProton-a-Nested.template.json"] == JSON
    assert json.loads(saved[f"{HOME}/AWSProton-a.parameters.json"]) == parameters
    assert json.loads(saved[f"{HOME}/AWSProton-a.tags.json"]) == tags


def test_files_that_exist_are_not_overwritten(account: Account, leftovers: Command, tmp_path: Path) -> None:
    """Nothing is written then; `--force` overwrites. Both options are refused alone."""
    account.stack("AWSProton-a")
    account.stack("AWSProton-b")
    old = tmp_path / HOME / "AWSProton-b.template.json"
    old.parent.mkdir()
    old.write_text("mine")
    ended = leftovers("--region", HOME, "--templates", str(tmp_path))
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == f"proton-leftovers: {old} exists. To overwrite it, add --force.\n"
    assert files(tmp_path).keys() == {f"{HOME}/AWSProton-b.template.json"}
    assert leftovers("--region", HOME, "--templates", str(tmp_path), "--force").status == 0
    assert old.read_text() == TEMPLATE
    assert "--force needs --templates DIR" in leftovers.usage_error("--force")
    assert "--keep needs --import FILE" in leftovers.usage_error("--keep")


def test_a_folder_that_cant_be_written_is_wrong_usage(
    account: Account, leftovers: Command, tmp_path: Path
) -> None:
    """The sentence names it and says why."""
    account.stack("AWSProton-a")
    (tmp_path / "file").write_text("")
    ended = leftovers("--region", HOME, "--templates", str(tmp_path / "file"))
    assert ended.status == 2
    assert f"{tmp_path / 'file' / HOME} can not be written: Not a directory." in ended.err


@pytest.mark.parametrize(("code", "saved"), [("AccessDenied", 0), ("ValidationError", 1)])
def test_a_template_that_cant_be_read_costs_itself(
    account: Account, leftovers: Command, tmp_path: Path, code: str, saved: int
) -> None:
    """Another is saved, unless the permission is missing. The report ends with it, and the exit status is 1."""
    account.stack("AWSProton-a")
    account.stack("AWSProton-b")
    account.aws.fail_next("GetTemplate", code)
    ended = leftovers("--region", HOME, "--templates", str(tmp_path))
    assert ended.status == 1
    assert f"tags of {saved} stacks" in ended.err
    assert f"the template of AWSProton-a in {HOME}: {code}" in ended.out
    assert ("Permissions to ask for:\n  cloudformation:GetTemplate" in ended.out) is (code == "AccessDenied")


def test_what_is_tagged_is_listed_by_region_and_service(account: Account, leftovers: Command) -> None:
    """Each of the five tags counts; what a stack of Proton made, and what has other tags, stays out."""
    kinds = ("account", "template", "service", "service-instance", "environment")
    for kind in kinds:
        queue(account, kind, {f"proton:{kind}": "x"})
    queue(account, "two", {"proton:account": "x", "proton:service": "x"})
    queue(account, "cdk", {"proton:account": "x", "aws:cloudformation:stack-name": "cdk"})
    queue(account, "near-own", {"proton:account": "x", "aws:cloudformation:stack-name": "AWSProton-a"})
    queue(account, "near-other-tag", {"proton": "x", "proton:other": "x"})
    topic = account.client("sns", AWAY).create_topic(Name="t", Tags=[{"Key": "proton:account", "Value": "x"}])
    ended = leftovers.json("--tagged")
    assert ended.status == 0
    assert {each["kind"] for each in ended.found} == {"tagged"}
    assert ended.names == [*sorted([*kinds, "two", "cdk"]), "t"]
    assert ended.by_name["t"]["arn"] == topic["TopicArn"]
    report = leftovers("--region", HOME, AWAY, "--tagged").out
    assert f"{HOME}  sqs\n  arn:aws:sqs:{HOME}:222222222222:account\n" in report
    assert f"  arn:aws:sqs:{HOME}:222222222222:cdk  (stack cdk)\n" in report
    assert f"{AWAY}  sns\n  {topic['TopicArn']}\n" in report
    assert "proton:…" not in leftovers("--region", HOME).out


def test_a_denied_look_at_tags_is_named(account: Account, leftovers: Command) -> None:
    """Only with the option."""
    account.aws.fail_every("GetResources", "AccessDeniedException", 1)
    assert leftovers("--region", HOME).status == 0
    ended = leftovers("--region", HOME, "--tagged")
    assert ended.status == 1
    assert "Permissions to ask for:\n  tag:GetResources" in ended.out


def queue(account: Account, name: str, tags: dict[str, str]) -> None:
    account.client("sqs").create_queue(QueueName=name, tags=tags)

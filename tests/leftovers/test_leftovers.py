"""The command `proton-leftovers` on an account of the local AWS: what it finds, prints, asks for, and how it ends."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from copy import copy
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from accounts import ENVIRONMENT_ACCOUNT
from before_moto import Facts
from left_behind import (
    AWAY,
    CLOUDFORMATION,
    CODEBUILD,
    CODEBUILD_POLICY,
    HOME,
    PROTON,
    TEMPLATE,
    Account,
    Command,
    trust,
)
from moto.cloudformation.models import cloudformation_backends
from moto.codebuild.models import codebuild_backends
from moto.iam.models import iam_backends

from proton_provider.leftovers import __main__ as command_module
from proton_provider.leftovers import progress
from proton_provider.leftovers.find import PERMISSIONS
from proton_provider.local import LocalAws
from proton_provider.rules import REGIONS

MODULE = [sys.executable, "-m", "proton_provider.leftovers"]
DENIED = "AccessDenied"


def operations(aws: LocalAws) -> set[str]:
    return {request.operation for request in aws.requests}


# What it finds


def test_it_finds_roles_of_every_kind_and_no_others(account: Account, leftovers: Command) -> None:
    """Those that let in Proton, CodeBuild's with Proton's policy, and service-linked ones; near misses stay out."""
    account.role("of-proton", ["lambda.amazonaws.com", PROTON])
    account.role("for-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
    account.role("near-codebuild", CODEBUILD, attached="arn:aws:iam::aws:policy/ReadOnlyAccess")
    account.role("near-policy-alone", "lambda.amazonaws.com", attached=CODEBUILD_POLICY)
    account.role("near-denied", trust({"Service": PROTON}, Effect="Deny"))
    account.role("near-proton-by-name-AWSProton", "ec2.amazonaws.com")
    linked = account.service_linked_role("AWSServiceRoleForProtonSync", "sync.proton.amazonaws.com")
    account.service_linked_role("AWSServiceRoleForSupport", "support.amazonaws.com")
    ended = leftovers.json()
    assert (ended.status, ended.err) == (0, "")
    assert {each["name"]: each["kind"] for each in ended.found} == {
        "of-proton": "role",
        "for-codebuild": "role",
        "AWSServiceRoleForProtonSync": "service-linked-role",
    }
    assert ended.by_name["AWSServiceRoleForProtonSync"]["arn"] == linked


def test_it_finds_stacks_in_each_region_with_status_and_role(account: Account, leftovers: Command) -> None:
    """`AWSProton-*` in the Regions asked for, whatever their status; deleted ones and those of others stay out."""
    made_with = account.role("made-with", [PROTON, CLOUDFORMATION])
    here = account.stack("AWSProton-here", RoleARN=made_with)
    there = account.stack("AWSProton-there", AWAY, status="DELETE_FAILED", RoleARN=made_with)
    elsewhere = account.stack("AWSProton-elsewhere", "eu-west-2", RoleARN=made_with)
    others = account.stack("network", AWAY, RoleARN=made_with)
    account.stack("AWSProton-deleted")
    account.client("cloudformation").delete_stack(StackName="AWSProton-deleted")
    ended = leftovers.json()
    stacks = {
        each["name"]: (each["region"], each["status"]) for each in ended.found if each["kind"] == "stack"
    }
    assert stacks == {"AWSProton-here": (HOME, "CREATE_COMPLETE"), "AWSProton-there": (AWAY, "DELETE_FAILED")}
    assert ended.by_name["made-with"]["heldBy"] == [here, there, others]
    assert made_with in ended.by_name["AWSProton-here"]["advice"]
    everywhere = leftovers("--json")
    assert set(everywhere.by_name["made-with"]["heldBy"]) == {here, there, others, elsewhere}


def test_it_finds_nested_stacks_and_what_they_are_part_of(account: Account, leftovers: Command) -> None:
    """DescribeStacks names the parent."""
    outer = account.stack("AWSProton-outer")
    account.stack("AWSProton-outer-Nested-1", parent=outer)
    ended = leftovers.json()
    assert ended.names == ["AWSProton-outer", "AWSProton-outer-Nested-1"]
    assert ended.by_name["AWSProton-outer-Nested-1"]["heldBy"] == [outer]


def test_it_finds_codebuild_projects_and_what_made_them(account: Account, leftovers: Command) -> None:
    """`AWSProton*`, the stack in their tag, and the roles that projects run as, those of others too."""
    runs_as = account.role("for-codebuild", CODEBUILD, attached=CODEBUILD_POLICY)
    maker = account.stack("AWSProton-CodeBuild-prod", AWAY)
    made = account.project("AWSProton-prod", AWAY, role=runs_as, stack=maker)
    alone = account.project("AWSProtonAlone", role=runs_as)
    others = account.project("website", role=runs_as)
    ended = leftovers.json()
    assert [each["name"] for each in ended.found if each["kind"] == "codebuild-project"] == [
        "AWSProtonAlone", "AWSProton-prod",
    ]  # fmt: skip
    assert ended.by_name["AWSProton-prod"]["heldBy"] == [maker]
    assert ended.by_name["for-codebuild"]["heldBy"] == [alone, made, others]


def test_without_regions_it_looks_wherever_proton_was(account: Account, leftovers: Command) -> None:
    """In all Regions in which AWS offered Proton, each once; a Region that is named twice too."""
    assert leftovers("--json").found == []
    assert [r.region for r in account.aws.requests if r.operation == "DescribeStacks"] == list(REGIONS)
    account.aws.reset()
    leftovers("--json", "--region", HOME, AWAY, "--region", HOME)
    assert [r.region for r in account.aws.requests if r.operation == "DescribeStacks"] == [HOME, AWAY]


def test_it_finds_the_stacks_that_made_roles(account: Account, facts: Facts, leftovers: Command) -> None:
    """In whichever Region; a stack that gave a role up, or has another kind of thing of that name, did not make it."""
    maker, cdk = account.stack("AWSProton-maker"), account.stack("cdk", AWAY)
    for name in ("made", "by-cdk", "near-given-up", "near-other-kind", "free"):
        account.role(name)
    facts.owners = {
        "made": (maker, "AWS::IAM::Role", "CREATE_COMPLETE"),
        "by-cdk": (cdk, "AWS::IAM::Role", "UPDATE_COMPLETE"),
        "near-given-up": (maker, "AWS::IAM::Role", "DELETE_SKIPPED"),
        "near-other-kind": (maker, "AWS::SQS::Queue", "CREATE_COMPLETE"),
    }
    found = leftovers.json().by_name
    made_by = {name: [stack for stack in (maker, cdk) if stack in found[name]["advice"]] for name in found}
    assert made_by == {
        "AWSProton-maker": [],
        "made": [maker],
        "by-cdk": [cdk],
        "near-given-up": [],
        "near-other-kind": [],
        "free": [],
    }
    assert (
        facts.asked.count("DescribeStackResources") == 5 + 4
    )  # a role whose stack is known is not asked for again


def exporting(*names: str) -> str:
    """A template with exports of these names."""
    outputs = {f"Out{n}": {"Value": "v", "Export": {"Name": name}} for n, name in enumerate(names)}
    return json.dumps({**json.loads(TEMPLATE), "Outputs": outputs})


def test_it_finds_the_stacks_that_import_exports(account: Account, facts: Facts, leftovers: Command) -> None:
    """Of Proton's stacks; an export that nobody imports holds nothing."""
    importer = account.stack("AWSProton-importer")
    exporter = account.stack("AWSProton-exporter", TemplateBody=exporting("vpc", "unused"))
    account.stack("network", TemplateBody=exporting("others"))
    facts.imports = {"vpc": ["AWSProton-importer", "unread"]}
    ended = leftovers.json()
    assert (ended.status, ended.err) == (0, "")
    assert ended.names == ["AWSProton-importer", "AWSProton-exporter"]
    assert ended.by_name["AWSProton-exporter"]["heldBy"] == [importer, "unread"]
    assert facts.asked == ["ListImports", "ListImports"]
    assert exporter in ended.out


def test_it_finds_the_last_use_of_a_role(account: Account, facts: Facts, leftovers: Command) -> None:
    """GetRole has it."""
    account.role("used")
    account.role("unused")
    facts.last_used["used"] = datetime(2026, 11, 1, tzinfo=timezone.utc)
    found = leftovers.json().by_name
    assert "IAM knows of a use on 2026-11-01, after Proton's end." in found["used"]["advice"]
    assert "IAM knows of no use" in found["unused"]["advice"]


def test_it_changes_nothing(account: Account, facts: Facts, leftovers: Command, tmp_path: Path) -> None:
    """Every operation that it calls lists, gets or describes, and its permissions are those of them."""
    account.fill()
    account.stack("AWSProton-exporter", TemplateBody=exporting("vpc"))
    before = len(account.aws.requests)
    assert leftovers.json("--import", str(tmp_path / "import.json")).status == 0
    assert leftovers("--region", HOME).status == 0
    account.aws.fail_next("DescribeStacks", DENIED)
    assert leftovers("--region", HOME).status == 1
    called = {request.operation for request in account.aws.requests[before:]} | set(facts.asked)
    assert [name for name in called if not re.match("(List|Get|Describe|BatchGet)[A-Z]", name)] == []
    assert called - {"GetCallerIdentity"} == {action.partition(":")[2] for action in PERMISSIONS}


def test_a_large_account_takes_few_calls(account: Account, facts: Facts, leftovers: Command) -> None:
    """1,100 roles, 300 stacks and 150 projects are listed. What is asked for one by one is about Proton's roles and exports."""
    backend = iam_backends[ENVIRONMENT_ACCOUNT]["aws"]
    ec2 = json.dumps(trust({"Service": "ec2.amazonaws.com"}))
    for number in range(1097):
        backend.create_role(f"role-{number}", ec2, "/", None, "", [], "3600")
    provisioning = account.role("provisioning", [PROTON, CLOUDFORMATION])
    runs_as = account.role("for-codebuild", CODEBUILD)
    account.role("components")
    account.stack("AWSProton-exporter", AWAY, TemplateBody=exporting("vpc"))
    one = account.stack("one", AWAY)
    stacks = cloudformation_backends[ENVIRONMENT_ACCOUNT][AWAY].stacks
    for number in range(298):
        made = copy(stacks[one])
        made.name = f"AWSProton-{number}" if number % 2 else f"other-{number}"
        made.stack_id = one.replace("/one/", f"/{made.name}/")
        made.role_arn = provisioning
        stacks[made.stack_id] = made
    account.project("AWSProton-1", AWAY, role=runs_as)
    projects = codebuild_backends[ENVIRONMENT_ACCOUNT][AWAY].codebuild_projects
    for number in range(149):
        projects[f"p-{number}"] = copy(projects["AWSProton-1"])
        projects[f"p-{number}"].project_metadata = {
            **projects["AWSProton-1"].project_metadata,
            "name": f"p-{number}",
        }
    before = len(account.aws.requests)
    ended = leftovers.json()
    made_calls = [request.operation for request in account.aws.requests[before:]] + facts.asked
    assert (ended.status, ended.err) == (0, "")
    assert len(ended.found) == 1 + 149 + 1 + 3
    assert len(ended.by_name["provisioning"]["heldBy"]) == 298
    assert Counter(made_calls) == {
        "GetCallerIdentity": 1,
        "ListEntitiesForPolicy": 1,
        "ListRoles": 2,
        "DescribeStacks": 300 // 50 + 1,  # moto's pages are of 50; an empty Region takes one
        "ListProjects": 2,
        "BatchGetProjects": 2,
        "GetRole": 3,
        "DescribeStackResources": 3,  # in the Region that has stacks
        "ListImports": 1,
    }
    report = leftovers("--region", AWAY).out
    assert "and 293 more; --json names them all" in report
    assert len(report.splitlines()) < 250  # the same advice is not printed 149 times


# What it prints


def test_json_is_a_list_of_objects_of_eight_members(account: Account, leftovers: Command) -> None:
    """The members, their order and their types; null stands for no Region and no status."""
    made_with = account.role("made-with", [PROTON, CLOUDFORMATION])
    stack = account.stack("AWSProton-prod", RoleARN=made_with)
    found = leftovers.json().found
    assert list(found[0]) == ["kind", "name", "arn", "region", "account", "status", "heldBy", "advice"]
    assert found == [
        {
            "kind": "stack",
            "name": "AWSProton-prod",
            "arn": stack,
            "region": HOME,
            "account": ENVIRONMENT_ACCOUNT,
            "status": "CREATE_COMPLETE",
            "heldBy": [],
            "advice": f"CloudFormation works on it with its service role {made_with}: keep that role as long as the stack has "
            "it.\nTo keep it, give it a role of yours. CloudFormation uses that role from then on: aws cloudformation "
            f"update-stack --region {HOME} --stack-name AWSProton-prod --use-previous-template --role-arn ROLE_ARN\n"
            f"To delete it: aws cloudformation delete-stack --region {HOME} --stack-name AWSProton-prod",
        },
        {
            "kind": "role",
            "name": "made-with",
            "arn": made_with,
            "region": None,
            "account": ENVIRONMENT_ACCOUNT,
            "status": None,
            "heldBy": [stack],
            "advice": "Keep it as long as a stack has it as its service role: CloudFormation can't work on a stack whose "
            "service role is gone.\nIAM knows of no use of it in the last 400 days.\n"
            "If a program in Pulumi, CDK or Terraform has it, destroy it there. (inferred)\n"
            "Otherwise remove its policies and instance profiles, and delete it: aws iam delete-role --role-name made-with",
        },
    ]


def test_the_report_is_a_table_in_order_and_what_holds_what(account: Account, leftovers: Command) -> None:
    """A row each in the order to take apart, then holders by their numbers and commands on lines of their own."""
    account.fill()
    ended = leftovers("--region", HOME, AWAY)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == (
        f"Left behind by AWS Proton in account {ENVIRONMENT_ACCOUNT}, Regions eu-west-1, us-east-1."
    )
    assert [line.split()[-1] for line in lines[4:11]] == [
        "AWSProton-prod",
        "AWSProton-CodeBuild-prod",
        "AWSProtonAlone",
        "AWSProton-prod-build",
        "proton-codebuild",
        "proton-provisioning",
        "AWSServiceRoleForProtonCodeBuildProvisioning",
    ]
    assert "1  CloudFormation stack  eu-west-1  CREATE_COMPLETE  AWSProton-prod" in lines
    holders = lines.index("5  proton-codebuild")
    assert lines[holders + 1 : holders + 4] == [
        "   held by",
        "     3 AWSProtonAlone",
        "     4 AWSProton-prod-build",
    ]
    assert "     aws iam delete-role --role-name proton-codebuild" in lines


@pytest.mark.parametrize(("columns", "widest"), [(20, 60), (80, 80), (200, 120)])
def test_sentences_are_as_wide_as_the_terminal_but_not_wider_than_is_read(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch, columns: int, widest: int
) -> None:
    """Between 60 and 120 columns; a name has its own line where it is too long, commands are to be copied whole."""
    monkeypatch.setenv("COLUMNS", str(columns))
    account.fill()
    lines = leftovers("--region", HOME, AWAY).out.splitlines()
    prose = [line for line in lines[lines.index("What to do with each") :] if not line.startswith("     ")]
    assert 50 < max(len(line) for line in prose if "arn:" not in line) <= widest
    if columns == 80:
        assert max(len(line) for line in lines if not line.startswith("     aws ")) <= columns
        place = lines.index("7  service-linked role   -          -")
        assert lines[place + 1] == "   AWSServiceRoleForProtonCodeBuildProvisioning"


def test_an_account_without_proton_is_one_sentence(account: Account, leftovers: Command) -> None:
    """And the exit status is 0."""
    ended = leftovers("--region", HOME)
    assert (ended.status, ended.err) == (0, "")
    assert (
        ended.out == f"Nothing of AWS Proton was found in account {ENVIRONMENT_ACCOUNT}, Regions eu-west-1.\n"
    )


# What could not be read


@pytest.mark.parametrize(
    ("operation", "place", "still_found"),
    [
        ("ListRoles", "IAM roles", {"AWSProton-prod", "AWSProtonAlone"}),
        (
            "ListEntitiesForPolicy",
            "roles with Proton's CodeBuild policy",
            {"AWSProton-prod", "AWSProtonAlone", "proton-provisioning", "proton-codebuild"},
        ),
        (
            "DescribeStacks",
            "service roles of CloudFormation stacks in eu-west-1",
            {"AWSProton-prod", "AWSProtonAlone", "proton-provisioning", "proton-codebuild"},
        ),
        (
            "ListProjects",
            "CodeBuild projects in eu-west-1",
            {"AWSProton-prod", "proton-provisioning", "proton-codebuild"},
        ),
        (
            "BatchGetProjects",
            "roles of CodeBuild projects in eu-west-1",
            {"AWSProton-prod", "AWSProtonAlone", "proton-provisioning", "proton-codebuild"},
        ),
    ],
)
def test_a_denied_permission_is_named_and_the_rest_is_shown(
    account: Account,
    leftovers: Command,
    operation: str,
    place: str,
    still_found: set[str],
) -> None:
    """The exit status is 1; the report ends with what is missing, beside JSON it goes to standard error."""
    account.fill()
    account.aws.fail_every(operation, DENIED, 1)
    ended = leftovers.json(regions=[HOME])
    assert ended.status == 1
    assert {name for name in ended.names if "ServiceRole" not in name} == still_found
    report = leftovers("--region", HOME)
    assert report.status == 1
    assert report.err == ""
    action = next(action for action in PERMISSIONS if action.endswith(f":{operation}"))
    for text in (ended.err, report.out):
        assert f"  {place}: {DENIED}: {operation} failed" in text
        assert text.endswith(f"\nPermissions to ask for:\n  {action}\n")


def test_stacks_that_can_neither_be_described_nor_listed_are_said_once(
    account: Account, leftovers: Command
) -> None:
    """Both permissions are named, for DescribeStacks without a name needs both; roles are not called free."""
    account.fill()
    account.aws.fail_every("DescribeStacks", DENIED, 1)
    account.aws.fail_every("ListStacks", DENIED, 1)
    ended = leftovers.json(regions=[HOME])
    assert ended.status == 1
    assert ended.err.count("CloudFormation stacks in eu-west-1") == 1
    assert "Stacks may be missing from this list." in ended.err
    assert ended.err.endswith(
        "Permissions to ask for:\n  cloudformation:DescribeStacks\n  cloudformation:ListStacks\n"
    )
    assert (
        "may use it or own it: CloudFormation stacks in eu-west-1."
        in ended.by_name["proton-provisioning"]["advice"]
    )


def test_stacks_that_can_only_be_listed_are_shown_without_their_roles(
    account: Account, leftovers: Command
) -> None:
    """With their status; deleted ones, which ListStacks still has, do not count."""
    made_with = account.role("made-with", [PROTON, CLOUDFORMATION])
    account.stack("AWSProton-prod", RoleARN=made_with)
    account.stack("AWSProton-deleted")
    account.client("cloudformation").delete_stack(StackName="AWSProton-deleted")
    account.aws.fail_every("DescribeStacks", DENIED, 1)
    ended = leftovers.json(regions=[HOME])
    assert ended.names == ["AWSProton-prod", "made-with"]
    assert ended.by_name["AWSProton-prod"]["status"] == "CREATE_COMPLETE"
    assert "could not be read" in ended.by_name["AWSProton-prod"]["advice"]
    assert "Keep it until you could read these" in ended.by_name["made-with"]["advice"]


def test_what_was_read_before_a_denial_is_kept(account: Account, leftovers: Command) -> None:
    """A list that breaks off shows its first pages, and is not taken for whole."""
    for number in range(60):
        account.stack(f"AWSProton-{number}")
    account.aws.fail_every("DescribeStacks", "ValidationError", 2)
    ended = leftovers.json(regions=[HOME])
    assert ended.status == 1
    assert len(ended.found) == 50  # moto's first page
    assert "CloudFormation stacks in eu-west-1: ValidationError: " in ended.err
    assert "Permissions to ask for" not in ended.err


def test_a_service_that_cant_be_reached_leaves_the_others_readable(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    """It is no matter of permissions, so none are named."""
    account.fill()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CODEBUILD", "http://127.0.0.1:9")
    ended = leftovers.json(regions=[HOME])
    assert ended.status == 1
    assert "AWSProton-prod" in ended.names
    assert "CodeBuild projects in eu-west-1: Could not connect to the endpoint URL" in ended.err
    assert "Permissions to ask for" not in ended.err
    assert (
        "may use it or own it: CodeBuild projects in eu-west-1."
        in ended.by_name["proton-provisioning"]["advice"]
    )


def test_a_managed_policy_that_aws_withdrew_is_carried_by_nobody(
    account: Account, leftovers: Command
) -> None:
    """That it does not exist is an answer, not a failure."""
    account.role("provisioning")
    account.aws.fail_next("ListEntitiesForPolicy", "NoSuchEntity")
    ended = leftovers.json(regions=[HOME])
    assert (ended.status, ended.err, ended.names) == (0, "", ["provisioning"])


def test_throttling_is_waited_out(account: Account, leftovers: Command, pauses: list[float]) -> None:
    """Calls are made again; nothing of it is seen."""
    account.fill()
    for operation in ("ListRoles", "DescribeStacks", "ListProjects"):
        account.aws.fail_next(operation, "Throttling", times=2)
    ended = leftovers.json(regions=[HOME])
    assert (ended.status, ended.err) == (0, "")
    assert len(pauses) == 6


# How it ends


def test_no_credentials_end_in_a_sentence(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit status 1, for nothing could be read."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ended = leftovers("--region", HOME)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        "proton-leftovers: there are no AWS credentials. Sign in, or name a profile with --profile, and run it again.\n"
    )


def test_refused_credentials_end_in_a_sentence(account: Account, leftovers: Command) -> None:
    """With AWS's own words."""
    account.aws.fail_next("GetCallerIdentity", "ExpiredToken", message="The security token is no good")
    ended = leftovers("--region", HOME)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        "proton-leftovers: AWS did not say which account this is. ExpiredToken: The security token is no good.\n"
    )


def test_an_unknown_profile_ends_in_a_sentence(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given as an option or by the shell, it is wrong usage."""
    sentence = (
        "proton-leftovers: The config profile (nobody) could not be found. Choose another with --profile.\n"
    )
    ended = leftovers("--profile", "nobody")
    assert (ended.status, ended.out, ended.err) == (2, "", sentence)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    ended = leftovers()
    assert (ended.status, ended.out, ended.err) == (2, "", sentence)


def test_a_profile_that_needs_somebody_to_type_ends_in_a_sentence(
    account: Account, no_aws_in_shell: Path
) -> None:
    """Where there is no terminal, nobody can type the code of an MFA device."""
    no_aws_in_shell.write_text(
        "[profile p]\nrole_arn = arn:aws:iam::333333333333:role/r\nsource_profile = q\nmfa_serial = m\n"
        "[profile q]\naws_access_key_id = 333333333333\naws_secret_access_key = x\n"
    )
    done = subprocess.run(
        [*MODULE, "--region", HOME, "--profile", "p"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(
        "proton-leftovers: the profile asks for an MFA code, which needs a terminal to type it in.\n"
    )
    assert "Traceback" not in done.stderr


def test_a_profile_asks_for_an_mfa_code_on_a_terminal(account: Account, no_aws_in_shell: Path) -> None:
    """As in the AWS CLI; with the code, the account is read."""
    no_aws_in_shell.write_text(
        "[profile p]\nrole_arn = arn:aws:iam::333333333333:role/r\nsource_profile = q\nmfa_serial = serial-of-me\n"
        "[profile q]\naws_access_key_id = 333333333333\naws_secret_access_key = x\n"
    )
    typing, terminal = pty.openpty()
    with subprocess.Popen(
        [*MODULE, "--region", HOME, "--profile", "p"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as command:
        assert command.stdout is not None
        printed = ""
        while "Enter MFA code for serial-of-me" not in printed and command.poll() is None:
            printed += command.stdout.read(1)
        os.write(typing, b"123456\n")  # getpass drops what was typed before it asked
        printed += command.communicate()[0]
    os.close(typing)
    os.close(terminal)
    assert "Enter MFA code for serial-of-me" in printed
    assert "in account 333333333333" in printed
    assert command.returncode == 0


def test_a_profile_names_the_account(account: Account, leftovers: Command, no_aws_in_shell: Path) -> None:
    """Its credentials are used, not the shell's."""
    no_aws_in_shell.write_text("[profile p]\naws_access_key_id = 333333333333\naws_secret_access_key = x\n")
    account.role("of-another-account")
    ended = leftovers("--profile", "p", "--region", HOME)
    assert ended.out.startswith("Nothing of AWS Proton was found in account 333333333333")


@pytest.mark.parametrize("region", ["eu-south-1", ""])
def test_a_region_without_proton_is_wrong_usage(leftovers: Command, region: str) -> None:
    """It says which there are, and calls nobody."""
    error = leftovers.usage_error("--region", region)
    assert f"argument --region: invalid choice: {region!r}" in error
    assert "eu-west-1" in error


def test_an_endpoint_that_is_no_address_ends_in_a_sentence(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is wrong usage."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "nowhere")
    ended = leftovers("--region", HOME)
    assert (ended.status, ended.err) == (2, "proton-leftovers: Invalid endpoint: nowhere.\n")


def test_an_unreachable_endpoint_ends_in_a_sentence(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    """After a few tries."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    ended = leftovers("--region", HOME)
    assert ended.status == 1
    assert ended.err == (
        "proton-leftovers: AWS did not say which account this is. "
        'Could not connect to the endpoint URL: "http://127.0.0.1:9/".\n'
    )
    assert len(pauses) == 4


def test_a_file_that_cant_be_written_is_wrong_usage(
    account: Account, leftovers: Command, tmp_path: Path
) -> None:
    """The sentence names the file and says why."""
    path = tmp_path / "absent" / "import.json"
    ended = leftovers("--region", HOME, "--import", str(path))
    assert (ended.status, ended.err) == (
        2,
        f"proton-leftovers: {path} can not be written: No such file or directory.\n",
    )


def test_help_says_what_counts_and_which_permissions_it_needs(leftovers: Command, capsys: Any) -> None:
    """With the source of the facts, and the exit statuses."""
    with pytest.raises(SystemExit) as ended:
        command_module.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(action in text for action in PERMISSIONS)
    assert "AWS documents these" in text
    assert re.search(r"0 .*\n +1 .*\n +2 ", text)


# Progress, and being interrupted


def test_what_takes_long_is_said_on_standard_error(
    account: Account, leftovers: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while one request hangs; the output stays clean."""
    monkeypatch.setattr(progress, "INTERVAL", 0.05)
    account.aws.delay(1.0, "DescribeStacks")
    ended = leftovers.json(regions=[HOME])
    assert f"reading CloudFormation stacks in {HOME}\n" in ended.err
    assert ended.found == []


def test_progress_is_silent_for_two_seconds() -> None:
    """What is faster prints nothing, whatever it does."""
    assert progress.INTERVAL == 2.0
    stream = io.StringIO()
    with progress.Progress(stream) as shown:
        shown.step("reading")
    assert stream.getvalue() == ""


def test_an_interrupt_ends_it_in_a_sentence(account: Account) -> None:
    """Ctrl-C while AWS is slow: no traceback, and the exit status of an interrupted command."""
    account.aws.delay(60.0, "ListRoles")
    process = subprocess.Popen(
        [*MODULE, "--region", HOME], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while "GetCallerIdentity" not in operations(account.aws):  # the call before
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "proton-leftovers: interrupted; nothing was changed."
    assert "Traceback" not in err


def complaints(stderr: str) -> list[str]:
    """What a process printed beside its progress, which it shows on a busy machine."""
    return [line for line in stderr.splitlines() if not line.startswith(("reading ", "asking "))]


def test_a_reader_that_has_enough_ends_it_quietly(account: Account) -> None:
    """As in `proton-leftovers | head -1`."""
    for number in range(60):  # more than fits into a buffer
        account.role(f"role-{number}")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MODULE, "--region", HOME], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, complaints(done.stderr)) == (0, [])


def test_it_is_installed_as_a_command(account: Account) -> None:
    """`proton-leftovers` is the module."""
    command = Path(sys.executable).with_name("proton-leftovers")
    done = subprocess.run([command, "--region", HOME, "--json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, complaints(done.stderr)) == (0, "[]\n", [])

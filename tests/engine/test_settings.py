"""Settings on the engine: a Region of the shell moves nothing, digits are taken, and credentials that fail are a sentence."""

from __future__ import annotations

import re
from pathlib import Path

from engine.harness import REGION, Client, MakeStack, ProtonCalls, Stack
from engine.programs import Source, arn, connection, live_ids, program, urn

from proton_provider.local import LocalAws

CREATE = "CreateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"
OTHER_ACCOUNT = "333333333333"
STAYS = f"stays in the Region {REGION}, as in its state"


def region_of(stack: Stack) -> str:
    (made,) = stack.resources("EnvironmentAccountConnection")
    region: str = made["outputs"]["region"]
    assert f":{region}:" in made["outputs"]["arn"]
    return region


def test_a_region_of_the_shell_alone_moves_nothing(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """Another shell's Region leaves a live connection where it is; the config moves it, and so does a forced replacement."""
    stack = make_stack(program(connection("prod")), {"aws:region": None})
    stack.env["AWS_REGION"] = REGION
    stack.up("--skip-preview")
    assert (region_of(stack), proton_calls()) == (REGION, [CREATE])

    stack.env["AWS_REGION"] = "eu-west-1"
    printed = stack.up("--skip-preview")
    assert STAYS in printed.text
    assert "AWS_REGION says eu-west-1. To move it, set proton:region in the stack's config" in " ".join(
        printed.text.split()
    )
    assert (region_of(stack), proton_calls()) == (REGION, [])

    # What the stack's config says does move it.
    stack.configure({"aws:region": "eu-west-1"})
    stack.up("--skip-preview")
    assert region_of(stack) == "eu-west-1"
    assert live_ids(client) == []

    # The engine shows nothing of the old one to a resource that is to be replaced (docs/configuration.md says so).
    stack.configure({"aws:region": None})
    stack.env["AWS_REGION"] = "eu-west-2"
    stack.up("--skip-preview", "--replace", urn("prod"))
    assert region_of(stack) == "eu-west-2"


def test_credentials_that_fail_are_one_sentence_each(
    make_stack: MakeStack, aws: LocalAws, tmp_path: Path
) -> None:
    """Digits of `pulumi config set` are taken; MFA, absent files and programs, and roles elsewhere call nobody."""
    absent = tmp_path / "absent"
    config = tmp_path / "config"
    keys = "aws_access_key_id = 222222222222\naws_secret_access_key = local\n"
    config.write_text(
        f"[profile plain]\n{keys}"
        f"[profile mfa]\nrole_arn = {arn('deployer')}\nsource_profile = plain\n"
        "mfa_serial = arn:aws:iam::222222222222:mfa/me\n"
        f"[profile token]\nrole_arn = {arn('deployer')}\nweb_identity_token_file = {absent}\n"
        f"[profile process]\ncredential_process = {absent}\n",
        encoding="utf-8",
    )
    faults = {
        "mfa": "The profile mfa asks for an MFA code, but a provider cannot ask you for one. Nothing was called.",
        "token": f"No credentials from the profile token (role_arn {arn('deployer')}, web_identity_token_file {absent})",
        "process": f"No credentials from the profile process (credential_process {absent})",
    }
    stack = make_stack(
        program(
            *(connection(name, aws=Source(f"AwsSettings(profile={name!r})")) for name in faults),
            connection("elsewhere", role_arn=arn("r", OTHER_ACCOUNT)),
        )
    )
    stack.env["AWS_CONFIG_FILE"] = str(config)

    stack.run("config", "set", "--path", "aws:allowedAccountIds[0]", "22222222222")
    refused = stack.preview_error().text
    hint = "quote it: a number loses its leading zeros"
    assert f"aws:allowedAccountIds[0] must be an account id: twelve digits ({hint})." in refused
    assert "property aws" not in refused
    assert "<nil>" not in refused

    stack.run("config", "set", "--path", "aws:allowedAccountIds[0]", "222222222222")
    printed = stack.up_error("--skip-preview", "--continue-on-error").text
    for sentence in (
        *faults.values(),
        f"roleArn is in account {OTHER_ACCOUNT}. Nothing was requested.",
    ):
        assert sentence in printed
    assert not re.search(r"site-packages/(botocore|boto3)", printed)
    assert {request.operation for request in aws.requests} == {"GetCallerIdentity"}

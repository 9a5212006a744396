"""The way out of a stack whose Proton is gone: one variable and one command, and errors that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine.aws_own_endpoint import HOST, Proxy, proxy
from engine.harness import Client, MakeStack, Printed, Stack
from engine.pages import shell
from engine.programs import (
    Source,
    arn,
    connection,
    live_ids,
    live_roles,
    of_proton,
    program,
    requested,
    roles,
    warnings_of,
)

from proton_provider.local import LocalAws

VARIABLE = "PULUMI_PROTON_DELETE_UNREACHABLE"
ENDED = "AWS ended Proton on 7 October 2026"


@pytest.fixture
def aws_own(aws: LocalAws, tmp_path: Path) -> Iterator[Proxy]:
    """AWS's own endpoint."""
    with proxy(aws, tmp_path) as server:
        yield server


@pytest.fixture
def at_aws(make_stack: MakeStack, aws_own: Proxy, client: Client) -> Stack:
    """A stack at AWS's own endpoint that restores and deletes when it is destroyed."""
    stack = make_stack(
        _roles_and_connection("ours", requested(client, "else", roleArn=arn("before"))), aws_own.config
    )
    stack.env["AWS_MAX_ATTEMPTS"] = "1"
    stack.up("--skip-preview")
    assert set(aws_own.connected) == {f"{HOST}:443"}
    return stack


def _roles_and_connection(role: str, connection_id: str) -> str:
    return program(
        roles(connection_id=connection_id, role_arn=arn(role), on_delete="restore"),
        connection(role_arn=arn(role)),
    )


def test_every_error_of_aws_own_endpoint_names_the_way_out_and_it_works(
    at_aws: Stack, aws_own: Proxy, aws: LocalAws
) -> None:
    """Denied and cut off: both name the end and the command, which is typed. Other answers are in `test_unreachable`."""
    failures = []
    aws_own.refuse("AccessDeniedException")
    failures.append(at_aws.refresh_error("--skip-preview"))
    aws_own.is_cut_off = True
    failures.append(at_aws.destroy_error("--skip-preview"))
    assert len(of_proton(at_aws)) == 2
    commands = set()
    for failed in failures:
        assert ENDED in failed.text
        commands |= set(re.findall(r"To take the stack apart, run (.+?)\. ", failed.text))
    (command,) = commands

    connected, asked = list(aws_own.connected), len(aws.requests)
    printed = shell(command, at_aws.folder, {**at_aws.env, "PULUMI_SKIP_CONFIRMATIONS": "true"})
    done = warnings_of(Printed(printed.partition("\nDestroying (test):")[2]))
    assert len(done) == 2
    assert all(line.endswith(f": {ENDED}. It is only removed from the state.") for line in done)
    assert at_aws.resources() == []
    assert aws_own.connected == connected, "Proton was not called"
    assert len(aws.requests) == asked, "nor was STS"


def _typed_as_printed(failed: Printed, address: str, command: str) -> list[str]:
    """The commands that an error names for going on at another endpoint, which has this address."""
    printed = " ".join(failed.text.split())
    ((configure, *commands),) = set(
        re.findall(
            r"run (pulumi config set .+? ADDRESS), and then (pulumi up) or (pulumi refresh .+?) \(", printed
        )
    )
    assert command in commands
    return [configure.replace("ADDRESS", address), command]


def test_a_profile_that_is_gone_does_not_stand_in_the_way_at_aws_own_endpoint(
    make_stack: MakeStack, aws_own: Proxy, client: Client, tmp_path: Path
) -> None:
    """Without the profile a destroy fails; with the variable it needs neither credentials nor a role to assume."""
    shared = tmp_path / "credentials"
    shared.write_text("[environment]\naws_access_key_id = 222222222222\naws_secret_access_key = local\n")
    stack = make_stack(
        program(connection(role_arn=arn("ours"), aws=Source('AwsSettings(profile="environment")'))),
        {**aws_own.config, "aws:accessKey": None, "aws:secretKey": None},
    )
    stack.env["AWS_SHARED_CREDENTIALS_FILE"] = str(shared)
    stack.up("--skip-preview")
    shared.unlink()
    assert "aws.profile environment is not in" in stack.destroy_error("--skip-preview").text
    stack.env[VARIABLE] = "true"
    (warning,) = warnings_of(stack.destroy("--skip-preview"))
    assert f"was not deleted: {ENDED}." in warning
    assert stack.resources() == []


def test_create_update_get_and_functions_fail_with_a_sentence_that_says_how_to_go_on(
    at_aws: Stack, aws_own: Proxy, aws: LocalAws, client: Client
) -> None:
    """With the variable nothing is made, changed or looked up.

    Without it, and with the address, the refresh and the `up` typed as printed, everything is; the destroy
    calls the other endpoint.
    """
    connection_id = at_aws.resources("Roles")[0]["id"]
    aws_own.is_cut_off = True
    cut_off = at_aws.refresh_error("--skip-preview")
    at_aws.env[VARIABLE] = "true"
    changed = _roles_and_connection("newer", connection_id) + connection("other")
    got = f"{changed}\nEnvironmentAccountConnectionRoles.get('found', {connection_id!r})\n"
    found = (
        f"from proton_provider import get_environment_account_connection as find\nfind({connection_id!r})\n"
    )
    failures = 0
    for text in (got, found + got):
        at_aws.write(text)
        failed = at_aws.up_error("--skip-preview", "--continue-on-error")
        sentence = f"proton_provider.errors.EndpointGoneError: AWS Proton was not called: {ENDED}. While {VARIABLE} or "
        printed = " ".join(failed.text.partition("Diagnostics:")[2].split())
        failures += printed.count(sentence)
        assert (
            "For other commands, unset it. To use another endpoint that has the connections, run" in printed
        )
    assert failures == 5, "two updates, a create and a get; the function, which ends the program"
    assert len(of_proton(at_aws)) == 2

    connected = list(aws_own.connected)
    del at_aws.env[VARIABLE]
    at_aws.write(got)
    env = {**at_aws.env, "PULUMI_SKIP_CONFIRMATIONS": "true"}
    configure, refresh = _typed_as_printed(cut_off, aws.url, "pulumi refresh --run-program")
    shell(configure, at_aws.folder, env)
    shell(refresh, at_aws.folder, {**env, "PULUMI_OPTION_SKIP_PREVIEW": "true"})
    assert live_roles(client, connection_id) == {"roleArn": "ours"}
    again, up = _typed_as_printed(failed, aws.url, "pulumi up")
    assert again == configure
    shell(up, at_aws.folder, {**env, "PULUMI_OPTION_SKIP_PREVIEW": "true"})
    assert live_roles(client, connection_id) == {"roleArn": "newer"}
    assert len(live_ids(client)) == 3
    at_aws.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before"}
    assert live_ids(client) == [connection_id]
    assert aws_own.connected == connected

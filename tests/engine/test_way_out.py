"""The way out of a stack whose Proton is gone: one variable and one command, and errors that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import accounts
import pytest
from engine.aws_own_endpoint import HOST, Proxy, proxy
from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, Printed, Stack
from engine.pages import shell
from engine.programs import (
    Source,
    accepter,
    arn,
    connection,
    dead_address,
    live_ids,
    live_roles,
    program,
    requested,
    roles,
)

from proton_provider.local import LocalAws

VARIABLE = "PULUMI_PROTON_DELETE_UNREACHABLE"
ENDED = "AWS ended Proton on 7 October 2026"
_MANAGEMENT = Source('AwsSettings(profile="management")')

_WHOLE = program(
    "import json",
    "import pulumi_aws as aws",
    'trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "proton.amazonaws.com"}}]}',
    *(
        f"{name} = aws.iam.Role({name!r}, assume_role_policy=json.dumps(trust))"
        for name in ("provisioning", "component", "codebuild")
    ),
    connection(
        role_arn=Source("provisioning.arn"),
        component_role_arn=Source("component.arn"),
        codebuild_role_arn=Source("codebuild.arn"),
    ),
    accepter(connection_id=Source("prod.id"), on_delete="reject", aws=_MANAGEMENT),
    roles(
        connection_id=Source('pulumi.Config().require("elsewhere")'),
        role_arn=Source("provisioning.arn"),
        on_delete="restore",
    ),
    'EnvironmentAccountConnectionRoles.get("seen", pulumi.Config().require("kept"))',
    roles(
        "kept", connection_id=Source('pulumi.Config().require("kept")'), role_arn=Source("provisioning.arn")
    ),
)
"""All resources, three IAM roles, a requested connection, `reject`, `restore`, one that is retained, one that is read."""


@pytest.fixture
def stranded(make_stack: MakeStack, tmp_path: Path) -> Stack:
    """A stack with everything in it, whose Proton endpoint was taken away for good."""
    shared = tmp_path / "credentials"
    shared.write_text(
        f"[management]\naws_access_key_id = {MANAGEMENT_ACCOUNT}\naws_secret_access_key = local\n"
    )
    with LocalAws() as elsewhere:
        ids = [_requested_by_hand(elsewhere, name) for name in ("elsewhere", "kept")]
        stack = make_stack(
            _WHOLE,
            {"proton:endpointUrl": elsewhere.url, "test:elsewhere": ids[0], "test:kept": ids[1]},
        )
        stack.env |= {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_MAX_ATTEMPTS": "1"}
        stack.up("--skip-preview")
        assert len(stack.resources("Role")) == 3
    return stack


def _requested_by_hand(aws: LocalAws, name: str) -> str:
    made = accounts.client(aws, "proton").create_environment_account_connection(
        environmentName=name, managementAccountId=MANAGEMENT_ACCOUNT, roleArn=arn("before")
    )
    return str(made["environmentAccountConnection"]["id"])


def _warnings(printed: Printed) -> list[str]:
    """The warnings under `Diagnostics`; the engine prints each above them, too."""
    return [line.strip() for line in printed.lines if line.strip().startswith("warning:")]


def _of_proton(stack: Stack) -> list[dict[str, Any]]:
    return [resource for resource in stack.resources() if "dynamic/proton" in resource["type"]]


def _role_names(client: Client) -> list[str]:
    return [role["RoleName"] for role in client("iam").list_roles()["Roles"]]


def test_a_whole_stack_is_destroyed_with_one_variable_and_one_command(
    stranded: Stack, client: Client
) -> None:
    """Nothing is left in state or in IAM; one warning for each thing that Proton was not told, and none for others."""
    failed = stranded.destroy_error("--skip-preview", "--continue-on-error")
    assert f"If it no longer exists, run {VARIABLE}=true pulumi destroy." in failed.text
    assert "ended Proton" not in failed.text
    assert len(_of_proton(stranded)) == 3, "what is retained is gone, the others stay"

    stranded.env[VARIABLE] = "true"
    warnings = _warnings(stranded.destroy("--skip-preview"))
    undone = ("was not deleted", "was not rejected", "did not get its previous roles back")
    assert len(warnings) == len(undone)
    for what in undone:
        (line,) = (line for line in warnings if what in line)
        assert re.match(
            r"warning: Connection arn:aws:proton:us-east-1:222222222222:environment-account-", line
        )
        assert "no connection to http://127.0.0.1:" in line
    assert stranded.resources() == []
    assert _role_names(client) == []


def test_a_whole_stack_is_refreshed_with_the_variable(stranded: Stack, client: Client) -> None:
    """All that is Proton's counts as deleted, with a warning for each; the roles stay, and a plain destroy ends them."""
    stranded.refresh_error("--skip-preview")
    assert len(_of_proton(stranded)) == 5
    printed = shell(f"{VARIABLE}=true pulumi refresh --yes --skip-preview", stranded.folder, stranded.env)
    assert "- 5 deleted" in printed, printed
    warnings = _warnings(Printed(printed))
    assert len(warnings) == 5
    assert all("was not read and counts as deleted: no connection to" in line for line in warnings)
    assert _of_proton(stranded) == []
    assert len(_role_names(client)) == 3
    stranded.destroy("--skip-preview")
    assert _role_names(client) == []


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
    """Denied, unknown, not found, no answer of AWS's, cut off: each names the end and the command, which is typed."""
    connection_id = at_aws.resources("Roles")[0]["id"]
    failures = []
    aws_own.refuse("AccessDeniedException")
    failures.append(at_aws.refresh_error("--skip-preview"))
    aws_own.refuse("UnknownOperationException")
    failures.append(at_aws.destroy_error("--skip-preview"))
    at_aws.write(_roles_and_connection("newer", connection_id))
    aws_own.refuse("ResourceNotFoundException")
    failures.append(at_aws.up_error("--skip-preview"))
    aws_own.answer = 403, b"<html>gone</html>"
    failures.append(at_aws.refresh_error("--skip-preview"))
    aws_own.is_cut_off = True
    failures.append(at_aws.refresh_error("--skip-preview"))
    assert len(_of_proton(at_aws)) == 2
    commands = set()
    for failed in failures:
        assert ENDED in failed.text
        commands |= set(re.findall(r"To take the stack apart, run (.+?)\. ", failed.text))
    (command,) = commands

    connected, asked = list(aws_own.connected), len(aws.requests)
    printed = shell(command, at_aws.folder, {**at_aws.env, "PULUMI_SKIP_CONFIRMATIONS": "true"})
    done = _warnings(Printed(printed.partition("\nDestroying (test):")[2]))
    assert len(done) == 2
    assert all(line.endswith(f": {ENDED}. It is only removed from the state.") for line in done)
    assert at_aws.resources() == []
    assert aws_own.connected == connected, "Proton was not called"
    assert len(aws.requests) == asked, "nor was STS"


@pytest.mark.parametrize("command", ["pulumi up", "pulumi refresh --run-program"])
def test_a_stack_goes_on_with_another_endpoint_as_the_error_says(
    at_aws: Stack, aws_own: Proxy, aws: LocalAws, client: Client, command: str
) -> None:
    """The new address and either command are typed as printed; the next destroy tells the other endpoint everything."""
    connection_id = at_aws.resources("Roles")[0]["id"]
    aws_own.is_cut_off = True
    printed = " ".join(at_aws.refresh_error("--skip-preview").text.split())
    ((configure, *commands),) = set(
        re.findall(
            r"run (pulumi config set .+? ADDRESS), and then (pulumi up) or (pulumi refresh .+?) \(", printed
        )
    )
    assert command in commands
    env = {**at_aws.env, "PULUMI_SKIP_CONFIRMATIONS": "true"}
    for typed in (configure.replace("ADDRESS", aws.url), command):
        shell(typed, at_aws.folder, env)
    assert live_roles(client, connection_id) == {"roleArn": "ours"}
    connected = list(aws_own.connected)
    at_aws.destroy("--skip-preview")
    assert live_roles(client, connection_id) == {"roleArn": "before"}
    assert live_ids(client) == [connection_id]
    assert aws_own.connected == connected


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
    (warning,) = _warnings(stack.destroy("--skip-preview"))
    assert f"was not deleted: {ENDED}." in warning
    assert stack.resources() == []


def test_create_update_get_and_functions_fail_with_a_sentence_that_says_how_to_go_on(
    at_aws: Stack, aws_own: Proxy, aws: LocalAws, client: Client
) -> None:
    """With the variable nothing is made, changed or looked up; without it, at another endpoint, everything is."""
    connection_id = at_aws.resources("Roles")[0]["id"]
    ours = _roles_and_connection("ours", connection_id)
    with_more = {
        "create": ours + connection("other"),
        "update": _roles_and_connection("newer", connection_id),
        "get": f'{ours}EnvironmentAccountConnectionRoles.get("found", {connection_id!r})\n',
        "function": f"{ours}from proton_provider import get_environment_account_connection as find\n"
        f"find({connection_id!r})\n",
    }
    connected = list(aws_own.connected)
    for what, text in with_more.items():
        at_aws.write(text)
        at_aws.env[VARIABLE] = "true"
        failed = " ".join(at_aws.up_error("--skip-preview").text.split())
        sentence = f"proton_provider.errors.EndpointGoneError: AWS Proton was not called: {ENDED}. While {VARIABLE} or "
        assert sentence in failed, what
        assert (
            "For other commands, unset it. To use another endpoint that has the connections, run pulumi config set"
            in failed
        )
        del at_aws.env[VARIABLE]
    assert len(_of_proton(at_aws)) == 2
    assert aws_own.connected == connected
    shell(f"pulumi config set proton:endpointUrl {aws.url}", at_aws.folder, at_aws.env)
    for text in with_more.values():
        at_aws.write(text)
        at_aws.up("--skip-preview")


def test_an_answer_of_another_endpoint_is_never_a_reason(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """With the variable an endpoint that denies keeps its resources; once it is gone, the config alone lets them go."""
    connection_id = requested(client, roleArn=arn("before"))
    stack = make_stack(program(roles(connection_id=connection_id, role_arn=arn("ours"), on_delete="restore")))
    stack.up("--skip-preview")
    stack.env[VARIABLE] = "true"
    for event, operation in ((stack.destroy_error, "Get"), (stack.refresh_error, "Get")):
        aws.fail_next(f"{operation}EnvironmentAccountConnection", "AccessDeniedException")
        failed = event("--skip-preview").text
        assert "The credentials need proton:GetEnvironmentAccountConnection" in failed
        assert "ended Proton" not in failed
    assert len(_of_proton(stack)) == 1
    del stack.env[VARIABLE]
    stack.configure({"proton:endpointUrl": dead_address(), "proton:deleteUnreachable": "true"})
    printed = stack.destroy("--skip-preview", "--run-program")
    assert "did not get its previous roles back: no connection to" in printed.text
    assert live_roles(client, connection_id) == {"roleArn": "ours"}

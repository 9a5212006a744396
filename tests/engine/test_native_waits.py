"""How the native plugin waits: many operations at once, an end by Cancel and by custom timeouts, an end with the engine."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from engine.harness import MANAGEMENT_ACCOUNT, Client
from engine.native import MakeNative, NativeStack, resource
from engine.programs import accepted_connection, arn, live, live_roles, requested
from engine.test_stopping import silent_server
from faults.kills import Point, killed_up

from proton_provider.local import LocalAws

ACCEPT = "AcceptEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
PATIENCE = 120.0  # seconds: what hangs is to fail, not to hold up the tests


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process is to do."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def start_up(stack: NativeStack, *arguments: str) -> subprocess.Popen[str]:
    """Begin an `up`."""
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", *arguments]
    return subprocess.Popen(
        command, cwd=stack.folder, env=stack.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def role_not_ready(aws: LocalAws) -> None:
    """Have AWS answer as it does for a role that IAM made moments ago, for longer than anybody waits."""
    aws.fail_next(UPDATE, "ValidationException", times=100, message=f"Role {arn('a')} cannot be assumed")


def test_32_operations_at_once(make_native: MakeNative, client: Client, aws: LocalAws) -> None:
    """As many operations as the engine wants at once are under way at once."""
    ids = [accepted_connection(client, roleArn=arn("before")) for _ in range(32)]
    declared = {f"roles-{n}": resource(connectionId=found, roleArn=arn("a")) for n, found in enumerate(ids)}
    stack = make_native(declared)
    aws.delay(PATIENCE, UPDATE)
    up = start_up(stack, "--parallel", "32")
    until(lambda: [request.operation for request in aws.requests].count(UPDATE) == len(ids))
    aws.reset()  # which lets the answers go, and forgets the connections
    up.communicate()
    assert up.returncode == 0
    assert len(stack.resources("Roles")) == len(ids)


def test_cancel_ends_waits(
    make_native: MakeNative,
    connection_id: str,
    client: Client,
    aws: LocalAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One interrupt ends all that waits, each with a sentence that says so, and the next `up` goes on.

    Here wait: roles that cannot be assumed yet, an acceptance of a connection that is not to be seen yet, a request
    that AWS throttles, and a read that nobody answers.
    """
    wanted: dict[str, Any] = {"environmentName": "throttled", "managementAccountId": MANAGEMENT_ACCOUNT}
    of_management = {"assumeRoleArn": arn("deployer", MANAGEMENT_ACCOUNT)}
    monkeypatch.setattr(aws, "connection_delay", 1_000_000.0)
    hidden = requested(client, "hidden")
    with silent_server() as (silent, asked):
        declared = {
            "fresh": resource(connectionId=connection_id, roleArn=arn("a")),
            "hidden": resource("Accepter", connectionId=hidden, aws=of_management),
            "throttled": resource("", **wanted),
            "unanswered": resource(
                connectionId=connection_id, codebuildRoleArn=arn("c"), aws={"endpointUrl": silent}
            ),
        }
        stack = make_native(declared)
        role_not_ready(aws)
        aws.fail_next(CREATE, "ThrottlingException", times=10_000)
        before = len(aws.requests)
        up = start_up(stack)
        until(
            lambda: (
                asked.is_set()
                and {UPDATE, ACCEPT, CREATE} <= {found.operation for found in aws.requests[before:]}
            )
        )
        up.send_signal(signal.SIGINT)
        printed, _ = up.communicate(timeout=PATIENCE)
    shown = printed.partition("Diagnostics:")[2]
    assert shown.count("The run was cancelled") == len(declared)
    assert live_roles(client, connection_id) == {"roleArn": "before"}

    aws.connection_delay = 0.0
    stack.declare({"hidden": declared["hidden"]})
    stack.up("--skip-preview")
    assert live(client, hidden)["status"] == "CONNECTED"


def test_custom_timeouts_bound_waits(make_native: MakeNative, connection_id: str, aws: LocalAws) -> None:
    """A wait ends when the resource's own time is over, and says so."""
    options = {"customTimeouts": {"create": "1s", "update": "1s"}}
    stack = make_native({"roles": resource(connectionId=connection_id, roleArn=arn("a"), options=options)})
    role_not_ready(aws)
    failed = stack.up_error("--skip-preview").text
    assert "The resource's customTimeouts ended the wait for" in failed


def test_it_ends_with_its_engine(make_native: MakeNative, connection_id: str, aws: LocalAws) -> None:
    """An engine that is killed leaves no plugin behind."""
    stack = make_native({"roles": resource(connectionId=connection_id, roleArn=arn("a"))})
    role_not_ready(aws)
    mark = "PROTON_PLUGIN_OF_A_TEST"
    stack.env[mark] = str(stack.folder)
    before_the_kill: list[str] = []

    def asked() -> int:
        updates = [request.operation for request in aws.requests].count(UPDATE)
        if updates:
            before_the_kill.extend(plugins(mark, str(stack.folder)))
        return updates

    with killed_up(stack, Point(calls=1, seconds=0, victim="engine"), asked) as killed:
        assert killed.in_time
        assert before_the_kill
        until(lambda: not plugins(mark, str(stack.folder)))


def plugins(variable: str, value: str) -> list[str]:
    """The running plugins that have this variable in their environment."""
    listed = subprocess.run(["ps", "axeww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [
        line
        for line in listed.splitlines()
        if "proton_provider.plugin" in line and f"{variable}={value}" in line
    ]

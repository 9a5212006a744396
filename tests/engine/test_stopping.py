"""A run that is stopped ends: whatever it waits for, no process, no lock and no half-made resource is left."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from engine.harness import Client, MakeStack, Stack
from engine.programs import Source, accepted_connection, arn, connection, program, roles

from proton_provider.local import LocalAws

GUARD = 60
"""Seconds until a test gives up. What is waited for here would take from half a minute to an hour."""

CREATE = "CreateEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"


@contextmanager
def silent_server() -> Iterator[tuple[str, threading.Event]]:
    """The address of a server that takes a request and never answers, and whether it was asked."""
    asked = threading.Event()
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return
                asked.set()

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for opened in taken:
            opened.close()


class Run:
    """One `pulumi` command that is stopped, and the processes that belong to it."""

    def __init__(self, stack: Stack, *arguments: str) -> None:
        self._mark = f"STOPPED_RUN={uuid4()}"
        self._stack = stack
        name, _, value = self._mark.partition("=")
        self._process = subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=stack.folder,
            env={**stack.env, name: value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        """What was printed by a run that this signal to the engine has ended."""
        self._process.send_signal(number)
        printed, _ = self._process.communicate(timeout=GUARD)
        assert self._process.returncode != 0
        return printed

    def left(self) -> list[str]:
        """The command lines of the processes that are still there, after those that just end have had their time."""
        _until(lambda: not self._running())
        return self._running()

    def _running(self) -> list[str]:
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                        found.append((folder / "cmdline").read_text().replace("\0", " "))
                except OSError:  # it has ended, or is somebody else's
                    continue
        return found

    def wait_for(self, condition: Callable[[], object]) -> None:
        _until(lambda: condition() or self._process.poll() is not None)
        if not condition():
            self._process.kill()
            pytest.fail(f"The run did not come to wait:\n{self._process.communicate()[0]}")


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + GUARD
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def locks(stack: Stack) -> list[Path]:
    backend = Path(stack.env["PULUMI_BACKEND_URL"].removeprefix("file://").partition("?")[0])
    return [path for path in (backend / ".pulumi" / "locks").rglob("*") if path.is_file()]


def sleeping_profile(folder: Path) -> tuple[Path, Path]:
    """A shared file whose profile `slow` has a credential process that sleeps, and what that leaves when it began."""
    begun, files = folder / "begun", folder / "slow-config"
    files.write_text(
        f"[profile slow]\ncredential_process = sh -c 'touch {begun}; sleep 3600'\n", encoding="utf-8"
    )
    return files, begun


def test_a_run_that_fetches_credentials_stops(make_stack: MakeStack, aws: LocalAws, tmp_path: Path) -> None:
    """A credential process that sleeps, a silent STS and a silent metadata service hold no stopped run, nor a full host."""
    files, begun = sleeping_profile(tmp_path)
    files.write_text(
        files.read_text(encoding="utf-8") + f"[profile instance]\nrole_arn = {arn('instance')}\n"
        "credential_source = Ec2InstanceMetadata\n",
        encoding="utf-8",
    )
    with ExitStack() as open_servers:
        sts, asked_sts = open_servers.enter_context(silent_server())
        metadata, asked_metadata = open_servers.enter_context(silent_server())
        assumed = Source(f"AwsSettings(assume_role_arn={arn('deployer')!r})")
        stack = make_stack(
            program(
                connection("process", aws=Source("AwsSettings(profile='slow')")),
                connection("metadata", aws=Source("AwsSettings(profile='instance')")),
                *(
                    connection(f"sts{count}", aws=assumed) for count in range(2)
                ),  # four in all: the host has four threads
            ),
            {
                "aws:endpoints": [{"sts": sts}],
                "aws:skipMetadataApiCheck": False,
                "aws:ec2MetadataServiceEndpoint": metadata,
            },
        )
        stack.env |= {"AWS_CONFIG_FILE": str(files), "AWS_METADATA_SERVICE_TIMEOUT": "3600"}
        run = Run(stack, "up", "--yes", "--skip-preview")
        run.wait_for(lambda: begun.exists() and asked_sts.is_set() and asked_metadata.is_set())
        printed = run.stop()
        assert run.left() == []
    assert locks(stack) == []
    assert "The run was cancelled during the wait for credentials" in printed
    assert aws.requests == []


def test_a_run_that_waits_for_aws_stops(make_stack: MakeStack, client: Client, aws: LocalAws) -> None:
    """A role that is not assumable yet, a throttled call and a read without an answer hold no run that SIGTERM stops.

    The other tests send SIGINT: the engine ends its run alike for both.
    """
    connection_id = accepted_connection(client)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "proton.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = client("iam").create_role(
        RoleName="new",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    aws.iam_delay = 3600
    aws.fail_next(CREATE, "ThrottlingException", times=10_000)
    try:
        with silent_server() as (silent, asked):
            stack = make_stack(
                program(
                    connection("throttled"),
                    roles("fresh", connection_id=connection_id, role_arn=made["Role"]["Arn"]),
                    roles(
                        "read",
                        connection_id=connection_id,
                        role_arn=arn("r"),
                        aws=Source(f"AwsSettings(endpoint_url={silent!r})"),
                    ),
                )
            )
            run = Run(stack, "up", "--yes", "--skip-preview")
            run.wait_for(
                lambda: (
                    asked.is_set()
                    and _count(aws, UPDATE) > 0
                    and _count(aws, CREATE) > 3  # botocore's own tries are over
                )
            )
            printed = run.stop(signal.SIGTERM)
            assert run.left() == []
    finally:
        aws.iam_delay = 0.0
        aws.reset()
    assert locks(stack) == []
    assert printed.count("The run was cancelled during the wait for") >= 3  # one of each


def test_a_data_source_function_that_waits_stops(
    make_stack: MakeStack, aws: LocalAws, tmp_path: Path
) -> None:
    """A function that fetches credentials in the program's own process leaves nothing either."""
    files, begun = sleeping_profile(tmp_path)
    stack = make_stack(
        "from proton_provider import AwsSettings, get_environment_account_connections\n"
        "get_environment_account_connections(aws=AwsSettings(profile='slow'))\n"
    )
    stack.env["AWS_CONFIG_FILE"] = str(files)
    run = Run(stack, "up", "--yes", "--skip-preview")
    run.wait_for(begun.exists)
    run.stop()
    assert run.left() == []
    assert locks(stack) == []
    assert aws.requests == []


def _count(aws: LocalAws, operation: str) -> int:
    return sum(request.operation == operation for request in aws.requests)

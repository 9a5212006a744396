"""Operations that need nothing of each other run at once: restores, look-ups, and failures of credentials."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from accounts import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    calls,
    client,
    connect,
    resolved,
    role_arn,
    settings_of,
)
from driver import Driver
from in_flight import meeting

from proton_provider import AwsSettings, get_environment_account_connection_output, stopping
from proton_provider.aws.shared_work import SharedWork
from proton_provider.errors import CredentialsError, OutOfTimeError, ProtonError
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws
from proton_provider.settings import AssumedRole, Settings

AT_ONCE = 8
LOOK_UPS = 10
BEFORE, SET = role_arn("before"), role_arn("set")


def request_connections(aws: LocalAws, number: int) -> list[str]:
    """The ids of so many new connections."""
    proton = client(aws, "proton")
    return [
        proton.create_environment_account_connection(
            environmentName=f"env-{count}", managementAccountId=MANAGEMENT_ACCOUNT, roleArn=BEFORE
        )["environmentAccountConnection"]["id"]
        for count in range(number)
    ]


def test_restores_of_different_connections_do_not_wait_for_each_other(aws: LocalAws) -> None:
    """One whose previous role is gone may take half a minute; the others do not."""
    up, destroy = (Driver(RolesLifecycle(), aws, settings_of(aws)) for _ in range(2))
    resources = [
        up.create({"connectionId": connection_id, "roleArn": SET, "onDelete": "restore"})
        for connection_id in request_connections(aws, AT_ONCE)
    ]
    with (
        meeting(aws, "UpdateEnvironmentAccountConnection", AT_ONCE) as met,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        list(pool.map(destroy.delete, resources))
    assert met.most == AT_ONCE


def test_look_ups_of_outputs_run_off_the_loop(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a program's look-ups are in flight at once, so the event loop did not wait for the first."""
    ids = request_connections(aws, LOOK_UPS)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ENVIRONMENT_ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    settings = AwsSettings(region=REGION, endpoint_url=aws.url)

    async def look_up() -> list[str]:
        found = [
            get_environment_account_connection_output(connection_id, aws=settings).future()
            for connection_id in ids
        ]
        return [connection.id for connection in await asyncio.gather(*found) if connection]

    with meeting(aws, "GetEnvironmentAccountConnection", LOOK_UPS) as met:
        assert asyncio.run(look_up()) == ids
    assert met.most == LOOK_UPS


@pytest.fixture
def all_wait(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once all operations but the one that does the work wait for it."""
    waiting, wait, over = itertools.count(1), stopping.wait, threading.Event()

    def counted(outcome: Future[Any], purpose: str, **limits: Any) -> None:
        if sys._getframe(1).f_globals["__name__"] == SharedWork.__module__ and next(waiting) == AT_ONCE - 1:
            over.set()
        wait(outcome, purpose, **limits)

    monkeypatch.setattr(stopping, "wait", counted)
    return over


def failures(settings: Settings) -> set[str]:
    """The sentences of so many operations that fail at once, each with an error of its own."""

    def fail(_number: int) -> ProtonError:
        with pytest.raises(ProtonError) as caught:
            connect(settings).list_connections("ENVIRONMENT_ACCOUNT")
        return caught.value

    with ThreadPoolExecutor(AT_ONCE) as pool:
        errors = list(pool.map(fail, range(AT_ONCE)))
    assert len({id(error) for error in errors}) == AT_ONCE
    return {str(error) for error in errors}


@pytest.mark.usefixtures("fresh_clients")
def test_a_credential_process_that_fails_is_run_once_for_all_who_wait(
    aws: LocalAws, no_aws_in_shell: Path, tmp_path: Path, all_wait: threading.Event
) -> None:
    """The operations of one profile share its failure; the next one runs it again."""
    script, runs, gate = (tmp_path / name for name in ("script.py", "runs", "gate"))
    script.write_text(
        f"import pathlib, sys, time\nwith open({str(runs)!r}, 'a') as runs:\n    runs.write('run ')\n"
        f"while not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)\nsys.exit('log in first')\n"
    )
    no_aws_in_shell.write_text(f"[profile p]\ncredential_process = {sys.executable} {script}\n")
    settings = resolved(aws, {"aws:profile": "p"})

    def open_gate() -> None:
        all_wait.wait(10)
        gate.touch()

    opening = threading.Thread(target=open_gate)
    opening.start()
    (sentence,) = failures(settings)
    opening.join()
    assert "log in first" in sentence
    assert runs.read_text() == "run "
    with pytest.raises(CredentialsError):
        connect(settings)
    assert runs.read_text() == "run run "


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("AssumeRole", {"assume_roles": (AssumedRole(role_arn=SET),)}),
        ("GetCallerIdentity", {"allowed_account_ids": (ENVIRONMENT_ACCOUNT,)}),
    ],
)
@pytest.mark.usefixtures("fresh_clients")
def test_an_sts_that_refuses_is_asked_once_for_all_who_wait(
    aws: LocalAws,
    monkeypatch: pytest.MonkeyPatch,
    all_wait: threading.Event,
    operation: str,
    changes: dict[str, Any],
) -> None:
    """The operations of one role, or one account, share the failure."""
    settings = settings_of(aws, **changes)
    connect(settings)
    monkeypatch.setattr(aws._faults, "wait", lambda called, **_: called == operation and all_wait.wait(10))
    aws.fail_next(operation, "AccessDenied", times=AT_ONCE)
    assert len(failures(settings)) == 1
    assert calls(aws, "sts") == [operation]


def test_the_time_limit_of_one_operation_is_not_that_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for work that another operation gives up does it again; nobody waits beyond its own limit."""
    work, wait = SharedWork[str](), stopping.wait
    began, joined, late = threading.Event(), threading.Event(), threading.Event()

    def give_up() -> str:
        began.set()
        late.wait(10)
        with stopping.deadline(0.01):
            stopping.pause(60, "nothing")
        return "never"

    def join(outcome: Future[Any], purpose: str, **limits: Any) -> None:
        joined.set()
        wait(outcome, purpose, **limits)

    with ThreadPoolExecutor(2) as pool:
        limited = pool.submit(work.result, give_up, "it")
        assert began.wait(10)
        with stopping.deadline(0.01), pytest.raises(OutOfTimeError, match="the wait for it"):
            work.result(lambda: "done", "it")
        monkeypatch.setattr(stopping, "wait", join)
        other = pool.submit(work.result, lambda: "done", "it")
        assert joined.wait(10)
        late.set()
        assert other.result(10) == "done"
        with pytest.raises(OutOfTimeError, match="nothing"):
            limited.result(10)

"""Operations that need nothing of each other run at once: restores, look-ups, and failures of credentials."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, client, role_arn, settings_of
from driver import Driver
from in_flight import meeting

from proton_provider import AwsSettings, get_environment_account_connection_output
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws

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

"""Moving in: connections that others made come under Pulumi's management without any change at AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aws_cli
import pytest
from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    ProtonCalls,
)
from engine.programs import (
    Source,
    accepter,
    arn,
    assumed,
    connection,
    live,
    live_tags,
    program,
    requested,
    roles,
)

from proton_provider.local import LocalAws

CHANGING = {
    "CreateEnvironmentAccountConnection",
    "DeleteEnvironmentAccountConnection",
    "RejectEnvironmentAccountConnection",
    "TagResource",
    "UntagResource",
    "UpdateEnvironmentAccountConnection",
}
ROLES = {"role_arn": arn("provisioning"), "codebuild_role_arn": arn("builds")}
TAGS = {"team": "payments"}
ADOPTED = {**ROLES, "tags": TAGS, "adopt_existing": True}


@pytest.fixture
def type_by_hand(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `aws proton …` prints for somebody with credentials of an account."""

    def typed(account: str, *words: str) -> str:
        with monkeypatch.context() as own:
            own.setenv("AWS_ACCESS_KEY_ID", account)
            own.setenv("AWS_SECRET_ACCESS_KEY", "local")
            where = ("--endpoint-url", aws.url, "--region", REGION, "--output", "text")
            ended = aws_cli.aws(["proton", *words, *where])
        assert ended.status == 0, ended.err
        return ended.out.strip()

    return typed


def seen(client: Client, connection_id: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """All that AWS knows of a connection, the time of its last change and its tags included."""
    return live(client, connection_id), live_tags(client, connection_id)


def test_what_was_made_by_hand_is_adopted_and_stays_when_it_is_let_go(
    make_stack: MakeStack,
    aws: LocalAws,
    client: Client,
    *,
    proton_calls: ProtonCalls,
    type_by_hand: Callable[..., str],
) -> None:
    """What `aws proton …` requested and accepted comes under management as it is, says so, and can be let go as it is.

    The same holds for the roles of a connection that stays unmanaged: they are read once, and that is all.
    """
    roles_id = requested(
        client, "roles", roleArn=ROLES["role_arn"], codebuildRoleArn=ROLES["codebuild_role_arn"]
    )
    stack = make_stack(
        program(
            connection("prod", **ADOPTED, opts=Source("ResourceOptions(retain_on_delete=True)")),
            accepter(connection_id=Source("prod.id"), aws=assumed(MANAGEMENT_ACCOUNT)),
            roles("roles", connection_id=roles_id, **ROLES),
        )
    )
    connection_id = type_by_hand(
        ENVIRONMENT_ACCOUNT,
        *("create-environment-account-connection", "--query", "environmentAccountConnection.id"),
        *("--environment-name", "prod", "--management-account-id", MANAGEMENT_ACCOUNT),
        *("--role-arn", ROLES["role_arn"], "--codebuild-role-arn", ROLES["codebuild_role_arn"]),
        *("--tags", "key=team,value=payments"),
    )
    type_by_hand(MANAGEMENT_ACCOUNT, "accept-environment-account-connection", "--id", connection_id)
    before = seen(client, connection_id), seen(client, roles_id)
    proton_calls()
    asked = len(aws.requests)
    printed = stack.up("--skip-preview").text
    assert f"{connection_id} (CONNECTED) already exists; adopted without changes." in printed
    assert CHANGING.isdisjoint(proton_calls())
    of_roles = [request for request in aws.requests[asked:] if request.parameters.get("id") == roles_id]
    assert [request.operation for request in of_roles] == ["GetEnvironmentAccountConnection"]
    assert (seen(client, connection_id), seen(client, roles_id)) == before
    (adopted,) = stack.resources("EnvironmentAccountConnection")
    assert adopted["id"] == connection_id
    assert adopted["outputs"]["managedRoleArns"] == adopted["outputs"]["previousRoleArns"]

    stack.up("--skip-preview", "--refresh", "--expect-no-changes")
    proton_calls()
    stack.destroy("--skip-preview")
    assert proton_calls() == []
    assert (seen(client, connection_id), seen(client, roles_id)) == before

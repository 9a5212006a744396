"""States that version 0.1.0 left behind guard what is live, and what they held in clear is sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, REGION, Client, MakeStack, Stack
from engine.programs import (
    ROLES,
    Source,
    accepted_connection,
    accepter,
    arn,
    assumed,
    connection,
    live,
    live_ids,
    live_roles,
    program,
    requested,
    roles,
    urn,
)

from proton_provider.local import LocalAws

_RECORDED = Path(__file__).parent / "recorded"
_RECORDED_ADDRESS = "http://local-aws.test"
_RECORDED_IDS = {
    name: f"00000000-0000-4000-9000-00000000000{number}"
    for number, name in enumerate(("connection", "adopted", "bare", "roles"), 1)
}
_DEFAULT_TAGS = {"aws:defaultTags": {"tags": {"team": "platform", "stage": "default"}}}
_LIVE = ["accepter", "adopted", "bare", "connection", "retained", "roles"]


def text(
    ids: dict[str, str], *, adopted: str = "adopted", role: str = "a", tags: dict[str, str] | None = None
) -> str:
    """The program that the state was recorded with, but for what is given."""
    mgmt = assumed(MANAGEMENT_ACCOUNT)
    return program(
        connection(
            "connection",
            environment_name="prod",
            role_arn=arn(role),
            codebuild_role_arn=arn("b"),
            tags=tags or {"stage": "prod", "role_arn": "a name of a tag"},
        ),
        connection(adopted, environment_name="adopted", role_arn=arn("a"), adopt_existing=True),
        connection("bare", environment_name="bare"),
        accepter("accepter", connection_id=Source("connection.id"), on_delete="reject", aws=mgmt),
        accepter("retained", connection_id=Source(f"{adopted}.id"), aws=mgmt),
        roles(
            "roles",
            connection_id=ids["roles"],
            role_arn=arn(role),
            codebuild_role_arn=arn("b"),
            on_delete="restore",
            aws=Source(f"AwsSettings(region={REGION!r}, max_attempts=3)"),
        ),
    )


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def recorded(stack: Stack, aws: LocalAws, name: str, ids: dict[str, str]) -> None:
    """Import a recorded state, with the ids of connections that are live here."""
    state = (_RECORDED / f"{name}.json").read_text().replace(_RECORDED_ADDRESS, aws.url)
    for resource, connection_id in ids.items():
        state = state.replace(_RECORDED_IDS[resource], connection_id)
    document = json.loads(state)
    document["deployment"]["secrets_providers"] = stack.state["deployment"]["secrets_providers"]
    file = stack.folder / "recorded.json"
    file.write_text(json.dumps(document))
    stack.run("stack", "import", "--file", str(file))


def as_recorded(client: Client) -> dict[str, str]:
    """The connections as the recorded state has them."""
    of_all = pairs(stage="prod", role_arn="a name of a tag", team="platform")
    ids = {
        "connection": requested(client, "prod", roleArn=arn("a"), codebuildRoleArn=arn("b"), tags=of_all),
        "adopted": requested(
            client, "adopted", roleArn=arn("a"), tags=pairs(stage="default", team="platform")
        ),
        "bare": requested(client, "bare", tags=pairs(stage="default", team="platform")),
        "roles": accepted_connection(client, roleArn=arn("a"), codebuildRoleArn=arn("b")),
    }
    for name in ("connection", "adopted"):
        client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=ids[name])
    return ids


def test_a_state_of_before_guards_as_one_of_today_does(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """A renamed connection and a forced replacement of each kind do no harm, and the lines name what they can."""
    ids = as_recorded(client)
    stack = make_stack(text(ids, adopted="renamed"), _DEFAULT_TAGS)
    recorded(stack, aws, "stack", ids)
    again = [
        argument
        for name, kind in (("accepter", "EnvironmentAccountConnectionAccepter"), ("roles", ROLES))
        for argument in ("--replace", urn(name, kind))
    ]
    printed = stack.up("--skip-preview", *again).text
    assert f"/{ids['adopted']} is not deleted: renamed manages this connection now." in printed
    assert f"/{ids['connection']} is not rejected: accepter manages this connection now." in printed
    assert f"/{ids['roles']} keeps its roleArn: roles manages it now." in printed
    assert live(client, ids["connection"])["status"] == "CONNECTED"
    assert set(live_ids(client)) == set(ids.values())
    assert live_roles(client, ids["roles"]) == {"roleArn": "a", "codebuildRoleArn": "b"}


def test_a_state_with_secrets_in_clear_is_sealed_by_the_next_up(
    make_stack: MakeStack, aws: LocalAws, client: Client
) -> None:
    """Version 0.1.0 left what follows from a secret in clear: the next `up` seals it, and changes nothing at AWS."""
    ids = {
        "connection": requested(client, "prod", roleArn=arn("hidden"), tags=pairs(stage="hidden-tag")),
        "roles": accepted_connection(client, roleArn=arn("hidden")),
    }
    hidden: dict[str, Any] = {"role_arn": Source(f"pulumi.Output.secret({arn('hidden')!r})")}
    stack = make_stack(
        program(
            connection(
                "connection",
                environment_name="prod",
                tags={"stage": Source("pulumi.Output.secret('hidden-tag')")},
                **hidden,
            ),
            roles("roles", connection_id=ids["roles"], on_delete="restore", **hidden),
        )
    )
    recorded(stack, aws, "secrets", ids)
    changed = len(aws.requests)
    printed = stack.up("--skip-preview").text
    assert "~ 2 updated" in printed
    assert len(aws.requests) == changed
    assert "hidden" not in json.dumps(stack.state)
    assert "3 unchanged" in stack.preview("--expect-no-changes").text
    stack.destroy("--skip-preview")
    assert live_roles(client, ids["roles"]) == {"roleArn": "before"}

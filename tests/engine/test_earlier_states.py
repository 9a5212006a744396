"""States that version 0.1.0 left behind: read, unchanged, updated to today's form, refreshed, destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls, Stack
from engine.programs import (
    Source,
    accepted_connection,
    accepter,
    arn,
    assumed,
    connection,
    live,
    live_ids,
    live_roles,
    live_tags,
    program,
    requested,
    roles,
    sent,
)

from proton_provider.local import LocalAws

_RECORDED = Path(__file__).parent / "recorded" / "stack.json"
_ADDRESS = "http://local-aws.test"
_TAGS = {"role_arn": "a name of a tag", "stage": "prod"}
_ALL = {**_TAGS, "team": "platform"}


def recorded_program(tags: dict[str, str], role: str = "a") -> str:
    """The program that the state was written by, with these tags and this role of two resources."""
    return program(
        connection("bare"),
        connection(
            "connection", environment_name="prod", role_arn=arn(role), codebuild_role_arn=arn("b"), tags=tags
        ),
        connection("adopted", role_arn=arn("a"), adopt_existing=True),
        roles(
            connection_id="00000000-0000-4000-9000-000000000004",
            role_arn=arn(role),
            codebuild_role_arn=arn("b"),
            on_delete="restore",
            aws=Source("AwsSettings(region='us-east-1', max_attempts=3)"),
        ),
        accepter("retained", connection_id=Source("adopted.id"), aws=assumed(MANAGEMENT_ACCOUNT)),
        accepter(
            "accepter",
            connection_id=Source("connection.id"),
            on_delete="reject",
            aws=assumed(MANAGEMENT_ACCOUNT),
        ),
        "pulumi.export('tags', connection.tags)",
        "pulumi.export('whole', connection)",
    )


def test_a_state_with_lists_is_read_unchanged_and_becomes_a_map_with_its_next_update(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """No change shows, in an `up` and in a refresh; the next update writes the map; a destroy restores and deletes."""
    defaults = {"stage": "default", "team": "platform"}
    ids = {
        "1": requested(client, "prod", roleArn=arn("a"), codebuildRoleArn=arn("b"), tags=_listed(_ALL)),
        "2": requested(client, "adopted", roleArn=arn("a"), tags=_listed(defaults)),
        "3": requested(client, "bare", tags=_listed(defaults)),
        "4": accepted_connection(client, roleArn=arn("a"), codebuildRoleArn=arn("b")),
    }
    for number in "12":
        client("proton", MANAGEMENT_ACCOUNT).accept_environment_account_connection(id=ids[number])
    stack = make_stack(recorded_program(_TAGS), {"aws:defaultTags": {"tags": defaults}})
    _import(stack, aws, ids)
    stack.write(_with_ids(recorded_program(_TAGS), ids))
    proton_calls()
    assert "clientToken" not in stack.up("--skip-preview", "--expect-no-changes", "--diff").text
    assert proton_calls() == []
    stack.refresh("--skip-preview", "--expect-no-changes")
    assert stack.outputs["tags"] == _TAGS
    assert isinstance(_connection(stack)["outputs"]["tags"], list)
    token = _connection(stack)["outputs"]["clientToken"]

    stack.write(_with_ids(recorded_program({**_TAGS, "new": "1"}, role="c"), ids))
    assert "2 updated" in stack.up("--skip-preview").text
    assert live(client, ids["1"])["roleArn"] == arn("c")
    assert live_roles(client, ids["4"]) == {"roleArn": "c", "codebuildRoleArn": "b"}
    outputs = _connection(stack)["outputs"]
    assert outputs["tags"] == {**_TAGS, "new": "1"}
    assert (outputs["__clientToken"], outputs.get("clientToken")) == (token, None)
    assert live_tags(client, ids["1"]) == {**_ALL, "new": "1"}
    assert not {name for name in stack.outputs["whole"] if "oken" in name or "equester" in name}
    stack.up("--skip-preview", "--refresh", "--expect-no-changes")
    stack.destroy("--skip-preview")
    assert live_roles(client, ids["4"]) == {"roleArn": "before", "codebuildRoleArn": "b"}
    assert live_ids(client) == [ids["4"]]
    assert sent(aws, "CreateEnvironmentAccountConnection")[4:] == []


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _with_ids(text: str, ids: dict[str, str]) -> str:
    for number, resource_id in ids.items():
        text = text.replace(f"00000000-0000-4000-9000-00000000000{number}", resource_id)
    return text


def _import(stack: Stack, aws: LocalAws, ids: dict[str, str]) -> None:
    state = stack.folder / "state.json"
    state.write_text(_with_ids(_RECORDED.read_text(), ids).replace(_ADDRESS, aws.url))
    stack.run("stack", "import", "--file", str(state))


def _connection(stack: Stack) -> dict[str, Any]:
    (found,) = [
        one for one in stack.resources(":EnvironmentAccountConnection") if one["urn"].endswith("::connection")
    ]
    return found

"""Moving in: connections that others made come under Pulumi's management without any change at AWS."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

from engine.harness import (
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    Client,
    MakeStack,
    ProtonCalls,
    Stack,
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
    sent,
)

from proton_provider.local import LocalAws
from proton_provider.local.connections import Caller

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
CLOUDFORMATION_TAGS = {
    "aws:cloudformation:logical-id": "Connection",
    "aws:cloudformation:stack-id": f"arn:aws:cloudformation:{REGION}:{ENVIRONMENT_ACCOUNT}:stack/proton/0f1e2d3c",
    "aws:cloudformation:stack-name": "proton",
}


def type_by_hand(stack: Stack, aws: LocalAws, account: str, *words: str) -> str:
    """What `aws proton …` prints for somebody with credentials of the account."""
    done = subprocess.run(
        ["aws", "proton", *words, "--endpoint-url", aws.url, "--region", REGION, "--output", "text"],
        env={**stack.env, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "local"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def seen(client: Client, connection_id: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """All that AWS knows of a connection, the time of its last change and its tags included."""
    return live(client, connection_id), live_tags(client, connection_id)


def tagged_by_cloudformation(aws: LocalAws, connection_id: str) -> None:
    """Tag a connection as CloudFormation does: no caller can, so there is no operation for it."""
    connections = aws._store._connections.of("environmentAccountId", Caller(ENVIRONMENT_ACCOUNT, REGION))
    connections[connection_id].tags.update(CLOUDFORMATION_TAGS)


def test_connection_made_by_hand_is_adopted_in_both_accounts_and_stays_when_it_is_let_go(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """What `aws proton …` requested and accepted comes under management as it is, says so, and can be let go as it is."""
    stack = make_stack(
        program(
            connection("prod", **ADOPTED, opts=Source("ResourceOptions(retain_on_delete=True)")),
            accepter(connection_id=Source("prod.id"), aws=assumed(MANAGEMENT_ACCOUNT)),
        )
    )
    connection_id = type_by_hand(
        stack,
        aws,
        ENVIRONMENT_ACCOUNT,
        *("create-environment-account-connection", "--query", "environmentAccountConnection.id"),
        *("--environment-name", "prod", "--management-account-id", MANAGEMENT_ACCOUNT),
        *("--role-arn", ROLES["role_arn"], "--codebuild-role-arn", ROLES["codebuild_role_arn"]),
        *("--tags", "key=team,value=payments"),
    )
    type_by_hand(
        stack, aws, MANAGEMENT_ACCOUNT, "accept-environment-account-connection", "--id", connection_id
    )
    before = seen(client, connection_id)
    proton_calls()
    assert (
        f"{connection_id} (CONNECTED) already exists; adopted without changes."
        in stack.up("--skip-preview").text
    )
    assert CHANGING.isdisjoint(proton_calls())
    assert seen(client, connection_id) == before
    (adopted,) = stack.resources("EnvironmentAccountConnection")
    assert adopted["id"] == connection_id
    assert adopted["outputs"]["managedRoleArns"] == adopted["outputs"]["previousRoleArns"]

    stack.refresh("--skip-preview", "--expect-no-changes")
    proton_calls()
    stack.up("--skip-preview", "--expect-no-changes")
    stack.destroy("--skip-preview")
    assert proton_calls() == []
    assert seen(client, connection_id) == before


def test_differences_are_told_when_a_connection_is_adopted(make_stack: MakeStack, client: Client) -> None:
    """Where the program says otherwise than AWS, the `up` names every role and tag that it changes."""
    connection_id = requested(
        client, roleArn=arn("other"), tags=[{"key": "team", "value": "other"}, {"key": "old", "value": "1"}]
    )
    stack = make_stack(program(connection("prod", **ADOPTED)))
    told = (
        f"{connection_id} (PENDING) already exists; adopted with changes to roleArn, codebuildRoleArn, the tag old, "
        "the tag team."
    )
    assert told in stack.up("--skip-preview").text
    (adopted,) = stack.resources("EnvironmentAccountConnection")
    assert adopted["outputs"]["previousRoleArns"] == {"roleArn": arn("other")}


def test_roles_of_an_existing_connection_are_adopted_in_place(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """The roles resource on a connection that has these roles reads it once and changes nothing, then or later."""
    connection_id = requested(client, roleArn=ROLES["role_arn"], codebuildRoleArn=ROLES["codebuild_role_arn"])
    before = seen(client, connection_id)
    stack = make_stack(program(roles("roles", connection_id=connection_id, **ROLES)))
    proton_calls()
    stack.up("--skip-preview")
    assert proton_calls() == ["GetEnvironmentAccountConnection"]
    stack.refresh("--skip-preview", "--expect-no-changes")
    stack.destroy("--skip-preview")
    assert seen(client, connection_id) == before


def test_connection_made_by_cloudformation_keeps_the_tags_of_cloudformation(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """A connection that a CloudFormation stack has retained is adopted; its `aws:` tags are nobody's drift, ever."""
    connection_id = requested(
        client,
        roleArn=ROLES["role_arn"],
        codebuildRoleArn=ROLES["codebuild_role_arn"],
        tags=[{"key": "team", "value": "payments"}],
    )
    tagged_by_cloudformation(aws, connection_id)
    before = seen(client, connection_id)
    stack = make_stack(program(connection("prod", **ADOPTED), "pulumi.export('tags', prod.tags_all)"))
    proton_calls()
    assert (
        f"{connection_id} (PENDING) already exists; adopted without changes."
        in stack.up("--skip-preview").text
    )
    assert CHANGING.isdisjoint(proton_calls())
    stack.refresh("--skip-preview", "--expect-no-changes")
    assert seen(client, connection_id) == before
    assert stack.outputs["tags"] == TAGS

    stack.write(program(connection("prod", **{**ADOPTED, "tags": {"owner": "payments"}})))
    stack.up("--skip-preview")
    assert [call["tags"] for call in sent(aws, "TagResource")] == [[{"key": "owner", "value": "payments"}]]
    assert [call["tagKeys"] for call in sent(aws, "UntagResource")] == [["team"]]
    assert live_tags(client, connection_id) == {**CLOUDFORMATION_TAGS, "owner": "payments"}

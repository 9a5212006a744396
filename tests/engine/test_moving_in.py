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
    aws._store._connections[connection_id].tags.update(CLOUDFORMATION_TAGS)


def test_what_was_made_by_hand_is_adopted_and_stays_when_it_is_let_go(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
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


def test_what_an_adoption_changes_is_printed_and_tags_of_cloudformation_stay(
    make_stack: MakeStack, aws: LocalAws, client: Client, proton_calls: ProtonCalls
) -> None:
    """Where the program says otherwise than AWS, the `up` names every role and tag that it changes.

    A connection that a CloudFormation stack has retained is adopted as it is; its `aws:` tags are nobody's drift, ever.
    """
    other_id = requested(
        client,
        "other",
        roleArn=arn("other"),
        tags=[{"key": "team", "value": "other"}, {"key": "old", "value": "1"}],
    )
    connection_id = requested(
        client,
        roleArn=ROLES["role_arn"],
        codebuildRoleArn=ROLES["codebuild_role_arn"],
        tags=[{"key": "team", "value": "payments"}],
    )
    tagged_by_cloudformation(aws, connection_id)
    before = seen(client, connection_id)
    other = connection("other", **ADOPTED)
    stack = make_stack(program(connection("prod", **ADOPTED), other, "pulumi.export('tags', prod.tags_all)"))
    printed = stack.up("--skip-preview").text
    assert f"{connection_id} (PENDING) already exists; adopted without changes." in printed
    assert (
        f"{other_id} (PENDING) already exists; adopted with changes to roleArn, codebuildRoleArn, the tag old, "
        "the tag team."
    ) in printed
    previous = {state["id"]: state["outputs"]["previousRoleArns"] for state in stack.resources("Connection")}
    assert previous[other_id] == {"roleArn": arn("other")}
    stack.refresh("--skip-preview", "--expect-no-changes")
    assert seen(client, connection_id) == before
    assert stack.outputs["tags"] == TAGS

    changed = len(sent(aws, "TagResource"))
    stack.write(program(connection("prod", **{**ADOPTED, "tags": {"owner": "payments"}}), other))
    stack.up("--skip-preview")
    tagged, untagged = sent(aws, "TagResource")[changed:], sent(aws, "UntagResource")[changed:]
    assert [call["tags"] for call in tagged] == [[{"key": "owner", "value": "payments"}]]
    assert [call["tagKeys"] for call in untagged] == [["team"]]
    assert live_tags(client, connection_id) == {**CLOUDFORMATION_TAGS, "owner": "payments"}

"""`EnvironmentAccountConnection` on the real engine: what each event does and costs, and that nothing gets lost."""

from __future__ import annotations

import re

from engine.harness import MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import (
    Source,
    arn,
    assumed,
    connection,
    export,
    live,
    live_ids,
    live_tags,
    program,
    requested,
    sent,
)

from proton_provider.local import LocalAws

OTHER_ACCOUNT = "333333333333"
CREATE = "CreateEnvironmentAccountConnection"
GET = "GetEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
ID = export(id="prod.id")


def test_each_event_costs_the_calls_that_it_needs(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """One call requests, one sets all roles, one deletes; of tags only what differs is set; a preview calls nothing.

    Tags, those of `aws:defaultTags` too, are seen at preview. Drift of roles and tags is seen and mended.
    """
    first = {"role_arn": "kept", "team": "red", "roleArn": "kept too", "old": "1"}
    second = {"role_arn": "kept", "team": "blue", "roleArn": "kept too", "new": "1"}

    def text(role: str, tags: dict[str, str], **others: str) -> str:
        return program(
            connection(role_arn=arn(role), **others),
            connection("tagged", role_arn=arn("role"), tags=tags),
            ID,
            export(status="prod.status", role="prod.role_arn", codebuild="prod.codebuild_role_arn"),
            export(tagged="tagged.id", tags="tagged.tags", all="tagged.tags_all"),
        )

    stack = make_stack(
        text("first", first, component_role_arn=arn("component")),
        {"aws:defaultTags": {"tags": {"owner": "platform", "team": "none", "stage": "dev"}}},
    )
    steps = stack.preview_steps()
    assert [step["op"] for step in steps] == ["create"] * 3
    (planned,) = (step["newState"]["inputs"] for step in steps if step["urn"].endswith("::tagged"))
    merged = {"owner": "platform", "stage": "dev", **first}
    assert planned["tagsAll"] == merged
    assert proton_calls() == []

    stack.up("--skip-preview")
    assert proton_calls() == [CREATE, CREATE]
    outputs = stack.outputs
    prod, tagged = outputs["id"], outputs["tagged"]
    assert outputs == {
        "id": prod,
        "status": "PENDING",
        "role": arn("first"),
        "tagged": tagged,
        "tags": first,
        "all": merged,
    }
    assert (live(client, prod)["environmentName"], live_tags(client, tagged)) == ("prod", merged)
    proton_calls()

    stack.write(text("second", second, component_role_arn=arn("component")))
    assert "[diff: ~roleArn]" in stack.up("--skip-preview").text
    assert sorted(proton_calls()) == ["TagResource", "UntagResource", UPDATE]
    assert sent(aws, UPDATE) == [{"id": prod, "roleArn": arn("second"), "componentRoleArn": arn("component")}]
    resource_arn = live(client, tagged)["arn"]
    assert sent(aws, "TagResource") == [
        {
            "resourceArn": resource_arn,
            "tags": [{"key": "new", "value": "1"}, {"key": "team", "value": "blue"}],
        }
    ]
    assert sent(aws, "UntagResource") == [{"resourceArn": resource_arn, "tagKeys": ["old"]}]

    _drift(client, tagged)
    proton_calls()
    refreshed = stack.refresh("--skip-preview", "--diff").text
    assert f'roleArn: "{arn("role")}" => "{arn("alien")}"' in refreshed
    assert sorted(proton_calls()) == [GET, GET, "ListTagsForResource", "ListTagsForResource"]
    (resource,) = (r for r in stack.resources() if r["urn"].endswith("::tagged"))
    drift = {"role_arn": "kept", "team": "blue", "roleArn": "kept too", "alien": "1", "stage": "prod"}
    seen = {name: resource["outputs"][name] for name in ("tags", "tagsAll")}
    assert seen == {"tags": drift, "tagsAll": {"owner": "platform", **drift}}

    stack.write(text("second", second))
    stack.configure({"aws:defaultTags": {"tags": {"owner": "platform"}}})
    let_go = stack.up("--skip-preview").text
    assert "[diff: -componentRoleArn~tagsAll]" in let_go
    assert "warning: Connection " in let_go
    assert "keeps its componentRoleArn. It is no longer managed here" in let_go
    assert sorted(proton_calls()) == ["TagResource", "UntagResource", "UntagResource", UPDATE]
    assert sent(aws, UPDATE)[-1]["id"] == tagged  # it mends what drifted
    mended = live(client, tagged)["roleArn"], live_tags(client, tagged)
    assert mended == (arn("role"), {"owner": "platform", **second})

    proton_calls()
    stack.destroy("--skip-preview")
    assert proton_calls() == [DELETE, DELETE]
    assert live_ids(client) == []


def _drift(client: Client, connection_id: str) -> None:
    """Somebody else changes the connection: a role, a tag of the program's, a default tag, and one of their own."""
    found = client("proton").update_environment_account_connection(id=connection_id, roleArn=arn("alien"))
    resource_arn = found["environmentAccountConnection"]["arn"]
    tags = [{"key": "alien", "value": "1"}, {"key": "stage", "value": "prod"}]
    client("proton").tag_resource(resourceArn=resource_arn, tags=tags)
    client("proton").untag_resource(resourceArn=resource_arn, tagKeys=["new"])


def test_fixed_properties_replace_the_connection_new_one_first(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """A replacement, whatever its reason, is requested with a token of its own before the old one is deleted."""
    on_role = Source("ResourceOptions(replace_on_changes=['roleArn'])")
    stack = make_stack(
        program(
            connection("name"),
            connection("account"),
            connection("region"),
            connection("role", role_arn=arn("first"), opts=on_role),
            connection("gone"),
            export(gone="gone.id"),
        )
    )
    stack.up("--skip-preview")
    old_tokens = {request["clientToken"] for request in sent(aws, CREATE)}
    old_ids = live_ids(client)
    client("proton").delete_environment_account_connection(id=stack.outputs["gone"])
    stack.write(
        program(
            connection("name", environment_name="renamed"),
            connection("account", management_account_id=OTHER_ACCOUNT),
            connection("region", aws=Source("AwsSettings(region='eu-west-1')")),
            connection("role", role_arn=arn("second"), opts=on_role),
        )
    )
    proton_calls()
    shown = stack.up("--skip-preview").text
    for variable, cause in (
        ("name", "environmentName"),
        ("account", "managementAccountId"),
        ("region", "region"),
        ("role", "roleArn"),
    ):
        (diff,) = re.findall(rf" {variable} replaced .*\[diff: (.*)\]", shown)
        assert f"~{cause}" in diff
    calls = proton_calls()
    assert calls == [CREATE] * 4 + [DELETE] * 5
    new_tokens = {request["clientToken"] for request in sent(aws, CREATE)} - old_tokens
    assert len(new_tokens) == 4
    assert not set(live_ids(client)) & set(old_ids)
    assert len(live_ids(client)) == 3


def test_get_reads_a_connection_without_managing_it(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """`get` reads a connection and its roles at preview, from either account, and never changes it; an absent one fails."""
    found = requested(client, roleArn=arn("role"), codebuildRoleArn=arn("build"))
    client("proton").tag_resource(
        resourceArn=live(client, found)["arn"], tags=[{"key": "role_arn", "value": "x"}]
    )
    names = ("status", "environment_name", "role_arn", "codebuild_role_arn", "tags", "tags_all")
    text = program(
        f"prod = EnvironmentAccountConnection.get('prod', {found!r})",
        f"accepter = EnvironmentAccountConnectionAccepter.get('accepter', {found!r}, "
        f"aws={assumed(MANAGEMENT_ACCOUNT)})",
        f"roles = EnvironmentAccountConnectionRoles.get('roles', {found!r})",
        export(**{name: f"prod.{name}" for name in names}),
        export(
            managed="roles.managed_role_arns", component="roles.component_role_arn", of_roles="roles.role_arn"
        ),
        export(accepter="accepter.environment_name", listed="accepter.role_arn"),
    )
    stack = make_stack(text)
    proton_calls()
    previewed = stack.preview("--diff").text
    assert '"prod"' in previewed
    assert "[unknown]" not in previewed
    assert sorted(proton_calls()) == sorted([GET, GET, "ListTagsForResource", LIST])
    stack.up("--skip-preview")
    assert stack.outputs == {
        "status": "PENDING",
        "environment_name": "prod",
        "role_arn": arn("role"),
        "codebuild_role_arn": arn("build"),
        "tags": {"role_arn": "x"},
        "tags_all": {"role_arn": "x"},
        "accepter": "prod",
        "listed": arn("role"),
        "managed": {},
        "of_roles": arn("role"),
    }
    stack.write(text.replace(found, "00000000-0000-4000-8000-000000000000"))
    failed = stack.preview_error().text
    assert "ConnectionNotFoundError: GetEnvironmentAccountConnection of 00000000-" in failed
    assert "ConnectionNotFoundError: No connection 00000000-" in failed
    assert live_ids(client) == [found]

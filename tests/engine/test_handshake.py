"""The handshake: one program requests a connection, sets its roles and accepts it, in two accounts and one `up`."""

from __future__ import annotations

from engine.harness import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, Client, MakeStack, ProtonCalls
from engine.programs import Source, accepter, arn, assumed, connection, export, live, program, roles

from proton_provider.local import LocalAws

ACCEPT = "AcceptEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
GET = "GetEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
UPDATE = "UpdateEnvironmentAccountConnection"


def test_one_up_requests_a_connection_sets_its_roles_and_accepts_it(
    make_stack: MakeStack, client: Client, aws: LocalAws, proton_calls: ProtonCalls
) -> None:
    """What flows orders all: the request, then its roles and its acceptance, each in the account that may do it."""
    outputs = {
        f"{variable}_{output}": f"{variable}.{output}"
        for variable, names in (
            ("prod", "id arn aws environment_account_id live_role_arns region requested_at tags tags_all"),
            ("roles", "arn previous_role_arns role_arn codebuild_role_arn environment_name"),
            (
                "accepter",
                "arn component_role_arn connection_id environment_account_id environment_name role_arn",
            ),
            ("accepter", "management_account_id on_delete status last_modified_at live_role_arns"),
        )
        for output in names.split()
    }
    stack = make_stack(
        program(
            connection(role_arn=arn("role")),
            roles(
                "roles",
                connection_id=Source("prod.id"),
                codebuild_role_arn=arn("build"),
            ),
            accepter(connection_id=Source("prod.id"), aws=assumed(MANAGEMENT_ACCOUNT)),
            export(**outputs),
            f"known = pulumi.Output.all({', '.join(outputs.values())})",
            "known.apply(lambda values: open('known.json', 'w').write('all'))",
        )
    )
    assert [step["op"] for step in stack.preview_steps()] == ["create"] * 4
    assert proton_calls() == []

    stack.up("--skip-preview")
    calls = proton_calls()
    assert calls[0] == CREATE
    assert sorted(calls[1:]) == [ACCEPT, GET, UPDATE]
    assert sorted(
        (request.operation, request.account) for request in aws.requests if request.service == "sts"
    ) == [
        ("AssumeRole", ENVIRONMENT_ACCOUNT),
        ("GetCallerIdentity", ENVIRONMENT_ACCOUNT),  # whether the roles are in the connection's account
    ]
    (accept,) = (request for request in aws.requests if request.operation == ACCEPT)
    assert accept.account == MANAGEMENT_ACCOUNT
    known = stack.outputs
    assert known["accepter_status"] == "CONNECTED"
    assert known["accepter_connection_id"] == known["prod_id"]
    assert known["roles_environment_name"] == known["accepter_environment_name"] == "prod"
    held = live(client, known["prod_id"])
    assert (held["status"], held["roleArn"], held["codebuildRoleArn"]) == (
        "CONNECTED",
        arn("role"),
        arn("build"),
    )

    (stack.folder / "known.json").unlink()
    proton_calls()
    assert {step["op"] for step in stack.preview_steps()} == {"same"}
    assert (stack.folder / "known.json").exists()
    assert proton_calls() == []
    stack.refresh("--skip-preview")
    assert sorted(proton_calls()) == [GET, GET, LIST, "ListTagsForResource"]
    (requested,) = stack.resources("EnvironmentAccountConnection")
    assert requested["outputs"]["status"] == "CONNECTED"


UPSTREAM = f"""
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

VALUES = {{
    "name": "prod",
    "account": "{MANAGEMENT_ACCOUNT}",
    "role": "{arn("role")}",
    "tag": "red",
    "tags": {{"team": "blue"}},
    "region": "us-east-1",
    "adopt": False,
    "choice": "retain",
}}


class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("upstream", {{**props, **VALUES}})

    def update(self, _id, _olds, _news):
        return UpdateResult({{**_news, **VALUES}})


class Upstream(Resource):
    def __init__(self, turn):
        super().__init__(Provider(), "upstream", {{"turn": turn, **dict.fromkeys(VALUES)}})


def value(name):
    return pulumi.get(upstream, name)
"""
"""A resource whose outputs are unknown in every preview that changes it, and the same after it."""


def test_unknown_fixed_values_preview_as_replacements_and_cost_nothing_where_they_stay(
    make_stack: MakeStack, client: Client, proton_calls: ProtonCalls
) -> None:
    """Each fixed input that is not known yet plans a replacement; where it turns out to be the same, nothing is called."""

    def text(turn: int) -> str:
        return program(
            UPSTREAM,
            f"upstream = Upstream({turn})",
            connection(
                environment_name=Source("value('name')"),
                role_arn=Source("value('role')"),
                tags=Source("{'team': value('tag'), 'stage': 'test'}"),
                adopt_existing=Source("value('adopt')"),
            ),
            connection("owned", management_account_id=Source("value('account')")),
            connection("placed", aws=Source("AwsSettings(region=value('region'))")),
            connection("other", codebuild_role_arn=arn("build"), tags=Source("value('tags')")),
            roles(
                "roles",
                connection_id=Source("pulumi.Output.all(prod.id, value('name')).apply(lambda both: both[0])"),
                component_role_arn=Source("value('role')"),
            ),
            accepter(
                connection_id=Source("pulumi.Output.all(prod.id, value('name')).apply(lambda both: both[0])"),
                on_delete=Source("value('choice')"),
                aws=Source(
                    f"AwsSettings(assume_role_arn={arn('deployer', MANAGEMENT_ACCOUNT)!r}, region=value('region'))"
                ),
            ),
        )

    stack = make_stack(text(1), {"aws:defaultTags": {"tags": {"owner": "platform"}}})
    assert [step["op"] for step in stack.preview_steps()] == ["create"] * 8
    stack.up("--skip-preview")
    assert sorted(proton_calls()) == [ACCEPT, *[CREATE] * 4, GET, UPDATE]

    stack.write(text(2))
    planned = {
        step["urn"].rpartition("::")[2]: (step["op"], *sorted(step.get("replaceReasons", [])))
        for step in stack.preview_steps()
    }
    assert planned == {
        "test-test": ("same",),
        "upstream": ("update",),
        "prod": ("replace", "environmentName"),
        "owned": ("replace", "managementAccountId"),
        "placed": ("replace", "region"),
        "other": ("update",),
        "roles": ("replace", "connectionId"),
        "accepter": ("replace", "connectionId", "region"),
    }
    shown = stack.up("--skip-preview").text
    assert "1 updated" in shown
    assert "7 unchanged" in shown
    assert proton_calls() == []

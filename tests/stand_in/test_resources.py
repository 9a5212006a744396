"""The stand-in's four resources at IAM: made, read, changed, deleted, imported and tagged as pulumi-aws does."""

from __future__ import annotations

import json
from collections.abc import Callable

import grpc
import pytest
from stand_in.plugin import (
    ATTACHMENT,
    INPUTS,
    OTHER_TRUST,
    POLICY,
    ROLE,
    ROLE_POLICY,
    TRUST,
    Account,
    Properties,
    document,
    refused,
    role_state,
)


class TestRole:
    """A role in IAM."""

    def test_is_made_as_the_program_says(self, account: Account) -> None:
        """Every property of the program is a property of the role, and the outputs say what IAM has."""
        boundary = account.policy("boundary")
        role_id, state, _inputs = account.plugin.make(
            ROLE,
            {
                "assumeRolePolicy": TRUST,
                "description": "for Proton",
                "maxSessionDuration": 7200,
                "name": "web",
                "path": "/team/",
                "permissionsBoundary": boundary,
                "tags": {"a": "b"},
            },
        )
        role = account.role()
        assert role_id == state["id"] == state["name"] == "web"
        assert (state["arn"], state["uniqueId"]) == (role["Arn"], role["RoleId"])
        assert state["createDate"] == role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert (role["Description"], role["MaxSessionDuration"], role["Path"]) == (
            "for Proton",
            7200,
            "/team/",
        )
        assert (
            role["PermissionsBoundary"]["PermissionsBoundaryArn"] == state["permissionsBoundary"] == boundary
        )
        assert role["Tags"] == [{"Key": "a", "Value": "b"}]
        assert role["AssumeRolePolicyDocument"] == json.loads(state["assumeRolePolicy"]) == json.loads(TRUST)

    def test_leaves_no_output_out(self, account: Account) -> None:
        """Every declared output is in state: a missing one would be unknown in every preview."""
        _id, state, _inputs = account.plugin.make(ROLE, INPUTS[ROLE])
        assert state.keys() == {*role_state(), "createDate", "uniqueId", "id"}
        assert [name for name, value in state.items() if value is None] == ["tags"]

    def test_gets_a_unique_name_from_a_prefix(self, account: Account) -> None:
        """Two roles of one prefix have two names, each of which begins with it."""
        names = {account.plugin.make(ROLE, {**INPUTS[ROLE], "namePrefix": "web-"})[0] for _ in range(2)}
        assert len(names) == 2
        assert all(name.startswith("web-") and len(name) == 30 for name in names)

    def test_is_unchanged_by_the_same_program(self, account: Account) -> None:
        """What was just made differs from its program in nothing, after a refresh as well."""
        news = {**INPUTS[ROLE], "tags": {"a": "b"}}
        role_id, state, inputs = account.plugin.make(ROLE, news)
        assert account.plugin.changes(ROLE, state, account.plugin.inputs(ROLE, news, inputs)) == set()
        assert account.plugin.read(ROLE, role_id, state, inputs) == (role_id, state, inputs)

    @pytest.mark.parametrize(
        "change",
        [
            {"assumeRolePolicy": OTHER_TRUST},
            {"description": "changed"},
            {"maxSessionDuration": 43200},
            {"permissionsBoundary": None},
            {"tags": {"a": "changed", "c": "new"}},
            {"tags": None, "description": None},
        ],
        ids="-".join,
    )
    def test_is_changed_in_place(self, account: Account, change: Properties) -> None:
        """Each property takes its new value in IAM, alone, and then there is nothing left to change."""
        plugin = account.plugin
        shared = account.policy("shared")
        news = {
            **INPUTS[ROLE],
            "description": "first",
            "maxSessionDuration": 7200,
            "permissionsBoundary": shared,
            "tags": {"a": "b", "b": "c"},
        }
        role_id, state, inputs = plugin.make(ROLE, news)
        wanted = plugin.inputs(ROLE, {**news, **change}, inputs)
        updated = plugin.update(ROLE, role_id, state, wanted)
        assert plugin.changes(ROLE, updated, wanted) == set()
        assert plugin.read(ROLE, role_id, updated, wanted)[1] == updated
        changed = {name for name in updated if updated[name] != state[name]}
        assert changed - {"tagsAll"} == change.keys()

    @pytest.mark.parametrize(
        ("drift", "properties"),
        [
            (
                lambda it: it.iam.update_assume_role_policy(RoleName="web", PolicyDocument=OTHER_TRUST),
                {"assumeRolePolicy"},
            ),
            (
                lambda it: it.iam.update_role(RoleName="web", Description="x", MaxSessionDuration=3600),
                {"description"},
            ),
            (
                lambda it: it.iam.update_role(RoleName="web", Description="", MaxSessionDuration=7200),
                {"maxSessionDuration"},
            ),
            (
                lambda it: it.iam.put_role_permissions_boundary(
                    RoleName="web", PermissionsBoundary=it.policy("x")
                ),
                {"permissionsBoundary"},
            ),
            (
                lambda it: it.iam.tag_role(RoleName="web", Tags=[{"Key": "x", "Value": "y"}]),
                {"tags", "tagsAll"},
            ),
            (lambda it: it.iam.untag_role(RoleName="web", TagKeys=["a"]), {"tags", "tagsAll"}),
        ],
    )
    def test_drift_is_seen_and_healed(
        self, account: Account, drift: Callable[[Account], object], properties: set[str]
    ) -> None:
        """A refresh shows each property that somebody changed; the next update makes it the program's again."""
        plugin = account.plugin
        news = {**INPUTS[ROLE], "name": "web", "tags": {"a": "b"}}
        role_id, state, inputs = plugin.make(ROLE, news)
        drift(account)
        _id, drifted, live = plugin.read(ROLE, role_id, state, inputs)
        assert plugin.changes(ROLE, drifted, inputs) == properties
        assert {name for name in live if live[name] != inputs[name]} == properties & inputs.keys()
        assert plugin.update(ROLE, role_id, drifted, inputs) == state

    def test_is_not_torn_from_what_others_attached(self, account: Account) -> None:
        """IAM's refusal is the answer, and the role stays."""
        plugin = account.plugin
        role_id, state, _inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        account.iam.attach_role_policy(RoleName="web", PolicyArn=account.policy("shared"))
        with refused() as sentence:
            plugin.delete(ROLE, role_id, state)
        assert sentence().startswith("deleting IAM role web: DeleteConflict: ")
        assert account.attached("web")

    def test_takes_along_what_a_refresh_has_seen(self, account: Account) -> None:
        """Policies that an import or a refresh found on it are in its outputs, and go when it goes, as in pulumi-aws."""
        plugin = account.plugin
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        shared = account.policy("shared")
        account.iam.attach_role_policy(RoleName="web", PolicyArn=shared)
        account.iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=document())
        _id, state, live = plugin.read(ROLE, role_id, state, inputs)
        assert live == inputs
        assert state["managedPolicyArns"] == [shared]
        assert [(item["name"], json.loads(item["policy"])) for item in state["inlinePolicies"]] == [
            ("own", json.loads(document()))
        ]
        assert plugin.changes(ROLE, state, inputs) == set()
        plugin.delete(ROLE, role_id, state)
        assert account.iam.list_roles()["Roles"] == []

    @pytest.mark.parametrize(
        ("change", "calls"),
        [
            ({"description": "new"}, ["UpdateRoleDescription"]),
            ({"description": None}, ["UpdateRoleDescription"]),
            ({"maxSessionDuration": 7200}, ["UpdateRole"]),
            ({"description": "new", "maxSessionDuration": 7200}, ["UpdateRole", "UpdateRoleDescription"]),
        ],
    )
    def test_descriptions_change_by_the_calls_of_the_real_plugin(
        self, account: Account, change: Properties, calls: list[str]
    ) -> None:
        """A description has a call of its own; UpdateRole never names one, so that AWS keeps what there is."""
        plugin = account.plugin
        news = {**INPUTS[ROLE], "name": "web", "description": "old"}
        role_id, state, inputs = plugin.make(ROLE, news)
        before = len(account.aws.requests)
        plugin.update(ROLE, role_id, state, plugin.inputs(ROLE, {**news, **change}, inputs))
        made = [
            request for request in account.aws.requests[before:] if request.operation.startswith("Update")
        ]
        assert [request.operation for request in made] == calls
        assert all(
            "Description" not in request.parameters for request in made if request.operation == "UpdateRole"
        )


class TestRolePolicy:
    """An inline policy of its own."""

    def test_lives_in_its_role(self, account: Account) -> None:
        """It is made, changed, found after drift and deleted; its id is ROLE:NAME."""
        plugin = account.plugin
        account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)
        policy_id, state, inputs = plugin.make(ROLE_POLICY, {**INPUTS[ROLE_POLICY], "name": "s3"})
        assert policy_id == "web:s3"
        assert state == {
            "id": "web:s3",
            "name": "s3",
            "namePrefix": "",
            "policy": state["policy"],
            "role": "web",
        }
        assert state["policy"].startswith('{"Statement":[{"Action":')
        assert plugin.read(ROLE_POLICY, policy_id, state, inputs) == (policy_id, state, inputs)
        wanted = {**inputs, "policy": document("a:b")}
        state = plugin.update(ROLE_POLICY, policy_id, state, wanted)
        assert plugin.changes(ROLE_POLICY, state, wanted) == set()
        account.iam.put_role_policy(RoleName="web", PolicyName="s3", PolicyDocument=document("c:d"))
        _id, drifted, live = plugin.read(ROLE_POLICY, policy_id, state, wanted)
        assert json.loads(drifted["policy"]) == json.loads(live["policy"]) == json.loads(document("c:d"))
        plugin.delete(ROLE_POLICY, policy_id, state)
        assert account.inline("web") == set()


class TestRolePolicyAttachment:
    """A managed policy on a role."""

    def test_is_one_attachment(self, account: Account) -> None:
        """It is made, found, seen as gone when somebody detached it, and deleted; its id is ROLE/ARN."""
        plugin = account.plugin
        account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)
        arn = account.policy("shared")
        attachment_id, state, inputs = plugin.make(ATTACHMENT, {"role": "web", "policyArn": arn})
        assert attachment_id == f"web/{arn}"
        assert plugin.read(ATTACHMENT, attachment_id, state, inputs) == (attachment_id, state, inputs)
        plugin.delete(ATTACHMENT, attachment_id, state)
        assert account.attached("web") == set()
        assert plugin.read(ATTACHMENT, attachment_id, state, inputs) == ("", {}, {})


class TestPolicy:
    """A managed policy."""

    def test_is_made_as_the_program_says(self, account: Account) -> None:
        """Every property of the program is a property of the policy, and the outputs say what IAM has."""
        news = {**INPUTS[POLICY], "name": "shared", "path": "/team/", "description": "d", "tags": {"a": "b"}}
        policy_id, state, inputs = account.plugin.make(POLICY, news)
        live = account.iam.get_policy(PolicyArn=policy_id)["Policy"]
        assert policy_id == state["arn"] == f"arn:aws:iam::{account.number}:policy/team/shared"
        assert (live["Description"], live["Tags"]) == ("d", [{"Key": "a", "Value": "b"}])
        assert (state["policyId"], state["attachmentCount"]) == (live["PolicyId"], 0)
        assert account.plugin.read(POLICY, policy_id, state, inputs) == (policy_id, state, inputs)

    def test_gets_new_versions_for_ever(self, account: Account) -> None:
        """Each changed document is the new default version; the oldest one makes room where IAM allows no more."""
        plugin = account.plugin
        policy_id, state, inputs = plugin.make(POLICY, {**INPUTS[POLICY], "tags": {"a": "b"}})
        for number in range(7):
            inputs = {
                **inputs,
                "policy": document(f"a:{number}"),
                "tags": {"n": str(number)},
                "tagsAll": {"n": str(number)},
            }
            state = plugin.update(POLICY, policy_id, state, inputs)
            assert plugin.changes(POLICY, state, inputs) == set()
        versions = account.iam.list_policy_versions(PolicyArn=policy_id)["Versions"]
        assert {version["VersionId"] for version in versions} == {"v4", "v5", "v6", "v7", "v8"}
        assert account.iam.list_policy_tags(PolicyArn=policy_id)["Tags"] == [{"Key": "n", "Value": "6"}]
        plugin.delete(POLICY, policy_id, state)
        assert account.iam.list_policies(Scope="Local")["Policies"] == []


class TestEvery:
    """What holds for all four."""

    @pytest.fixture
    def made(self, account: Account) -> dict[str, tuple[str, Properties, Properties]]:
        """One of each: id, state and inputs."""
        plugin = account.plugin
        role = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web", "tags": {"a": "b"}})
        policy = plugin.make(POLICY, {**INPUTS[POLICY], "name": "shared"})
        inline = plugin.make(ROLE_POLICY, {**INPUTS[ROLE_POLICY], "name": "inline"})
        attachment = plugin.make(ATTACHMENT, {"role": "web", "policyArn": policy[0]})
        return {ATTACHMENT: attachment, ROLE_POLICY: inline, POLICY: policy, ROLE: role}

    def test_gone_is_told_and_no_failure_to_delete(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """What somebody deleted is read as gone, and deleting it again succeeds."""
        for token, (resource_id, state, inputs) in made.items():
            account.plugin.delete(token, resource_id, state)
            assert account.plugin.read(token, resource_id, state, inputs) == ("", {}, {})
            account.plugin.delete(token, resource_id, state)

    def test_an_import_gives_the_inputs_of_a_program(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """What is read by its id alone has outputs, and inputs with which nothing is left to change."""
        for token, (resource_id, state, _inputs) in made.items():
            found, outputs, inputs = account.plugin.read(token, resource_id)
            assert (found, outputs.keys()) == (resource_id, state.keys())
            assert inputs.pop("__defaults") == []
            assert account.plugin.changes(token, outputs, account.plugin.inputs(token, inputs)) == set()

    def test_ids_that_cannot_be_are_told_apart(self, account: Account) -> None:
        """An import with an id of the wrong form says which form is right."""
        for token, form in (
            (ROLE_POLICY, "<role name>:<policy name>"),
            (ATTACHMENT, "<role name>/<policy ARN>"),
        ):
            with refused() as sentence:
                account.plugin.read(token, "web")
            assert form in sentence()

    def test_an_unchanged_resource_costs_no_call(
        self, account: Account, made: dict[str, tuple[str, Properties, Properties]]
    ) -> None:
        """Check and diff ask AWS nothing."""
        before = len(account.aws.requests)
        for token, (_id, state, inputs) in made.items():
            again = {name: value for name, value in inputs.items() if name not in ("tagsAll", "__defaults")}
            assert account.plugin.changes(token, state, account.plugin.inputs(token, again, inputs)) == set()
        assert len(account.aws.requests) == before

    def test_a_refusal_of_aws_is_one_sentence(self, account: Account) -> None:
        """What failed, AWS's code and AWS's words; the engine is told that nothing was done."""
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        inputs = account.plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "web"})
        with pytest.raises(grpc.RpcError) as caught:
            account.plugin.create(ROLE, inputs)
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert (caught.value.details() or "").startswith("creating IAM role web: EntityAlreadyExists: ")

    def test_an_endpoint_that_is_not_there_is_one_sentence(self, account: Account) -> None:
        """A dead endpoint is named, and never read as "gone"."""
        account.plugin.configure(
            {**account.config, "endpoints": [{"iam": "http://127.0.0.1:1"}], "maxRetries": 1}
        )
        with refused() as sentence:
            account.plugin.read(ROLE, "web")
        assert (
            sentence() == 'reading IAM role web: Could not connect to the endpoint URL: "http://127.0.0.1:1/"'
        )


class TestTags:
    """Default tags of the provider, and a resource's own."""

    @pytest.mark.parametrize("token", [ROLE, POLICY])
    def test_default_tags_are_on_everything_and_not_the_resources_own(
        self, account: Account, token: str
    ) -> None:
        """They show in `tagsAll` at preview and in AWS, not in `tags`; the resource's own win."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": '{"tags": {"team": "x", "owner": "y"}}'})
        resource_id, state, inputs = plugin.make(token, {**INPUTS[token], "tags": {"owner": "me"}})
        assert inputs["tagsAll"] == state["tagsAll"] == {"team": "x", "owner": "me"}
        assert plugin.read(token, resource_id, state, inputs)[1]["tags"] == {"owner": "me"}

    def test_a_changed_default_tag_changes_its_resources(self, account: Account) -> None:
        """A default tag taken away is taken off the role, though the role's own program did not change."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "x", "old": "y"}}})
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "name": "web"})
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "z"}}})
        wanted = plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "web"}, inputs)
        assert plugin.changes(ROLE, state, wanted) == {"tagsAll"}
        plugin.update(ROLE, role_id, state, wanted)
        assert account.role()["Tags"] == [{"Key": "team", "Value": "z"}]

    def test_a_tag_that_repeats_a_default_is_no_change(self, account: Account) -> None:
        """The same tag in the program and in the defaults does not come and go with each refresh."""
        plugin = account.plugin
        plugin.configure({**account.config, "defaultTags": {"tags": {"team": "x"}}})
        role_id, state, inputs = plugin.make(ROLE, {**INPUTS[ROLE], "tags": {"team": "x"}})
        assert plugin.read(ROLE, role_id, state, inputs) == (role_id, state, inputs)

    def test_any_key_may_be_a_tag(self, account: Account) -> None:
        """A tag whose key looks like a name of the plugin's own, or of Pulumi's, is a tag."""
        wanted = {"__team": "x", "roleArn": "y", "a.b": "z"}
        account.plugin.make(ROLE, {**INPUTS[ROLE], "name": "web", "tags": wanted})
        assert {tag["Key"]: tag["Value"] for tag in account.role()["Tags"]} == wanted

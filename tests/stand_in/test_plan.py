"""What the stand-in says without asking AWS: what is wrong with inputs, what differs, and what a preview knows."""

from __future__ import annotations

import json

import pytest
from stand_in.plugin import (
    ATTACHMENT,
    INPUTS,
    POLICY,
    ROLE,
    ROLE_POLICY,
    TRUST,
    UNKNOWN,
    Plugin,
    Properties,
    document,
    role_state,
    urn,
)

LONG = "x" * 65


class TestCheck:
    """Inputs before anything happens."""

    @pytest.mark.parametrize(
        ("token", "change", "name", "words"),
        [
            (ROLE, {"assumeRolePolicy": None}, "assumeRolePolicy", "is required"),
            (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "contains invalid JSON"),
            (ROLE, {"assumeRolePolicy": "[]"}, "assumeRolePolicy", "must be a JSON object"),
            (ROLE, {"assumeRolePolicy": 5}, "assumeRolePolicy", "must be a string of JSON or an object"),
            (ROLE, {"description": "x" * 1001}, "description", "0 to 1000 characters"),
            (ROLE, {"maxSessionDuration": 60}, "maxSessionDuration", "from 3600 to 43200"),
            (ROLE, {"maxSessionDuration": True}, "maxSessionDuration", "a whole number"),
            (ROLE, {"name": LONG}, "name", "1 to 64 characters"),
            (ROLE, {"name": "a b"}, "name", "letters, digits and"),
            (ROLE, {"name": "a\n"}, "name", "letters, digits and"),
            (ROLE, {"name": "a", "namePrefix": "b"}, "namePrefix", "cannot be set together with name"),
            (ROLE, {"namePrefix": "x" * 39}, "namePrefix", "1 to 38 characters"),
            (ROLE, {"path": "team"}, "path", "begin and end with a slash"),
            (ROLE, {"permissionsBoundary": "x"}, "permissionsBoundary", "must be an ARN"),
            (ROLE, {"tags": {"a": ["b"]}}, "tags", "must be a map of strings, and a is none"),
            (ROLE_POLICY, {"role": None}, "role", "is required"),
            (ROLE_POLICY, {"policy": "{"}, "policy", "contains invalid JSON"),
            (ROLE_POLICY, {"role": "arn:aws:iam::123456789012:role/web"}, "role", "letters, digits and"),
            (ATTACHMENT, {"policyArn": None}, "policyArn", "is required"),
            (ATTACHMENT, {"policyArn": "shared"}, "policyArn", "must be an ARN"),
            (POLICY, {"policy": None}, "policy", "is required"),
            (POLICY, {"name": "x" * 129}, "name", "1 to 128 characters"),
        ],
    )
    def test_what_is_wrong_is_one_failure_of_its_property(
        self, plugin: Plugin, token: str, change: Properties, name: str, words: str
    ) -> None:
        """Each rule that IAM or pulumi-aws has is told where it is broken."""
        _inputs, failures = plugin.check(token, {**INPUTS[token], **change})
        assert failures.keys() == {name}
        assert words in failures[name]

    def test_everything_that_is_wrong_is_told_at_once(self, plugin: Plugin) -> None:
        """A program with three mistakes needs one preview to find them."""
        _inputs, failures = plugin.check(ROLE, {"path": "x", "maxSessionDuration": 1})
        assert failures.keys() == {"assumeRolePolicy", "path", "maxSessionDuration"}

    @pytest.mark.parametrize("token", INPUTS)
    def test_unknown_values_are_never_wrong(self, plugin: Plugin, token: str) -> None:
        """A preview whose inputs are all unknown passes check, diff, creation and update, and stays unknown."""
        state = plugin.create(token, plugin.inputs(token, INPUTS[token]), preview=True)[1]
        names = [
            name
            for name in state
            if name not in ("arn", "createDate", "uniqueId", "attachmentCount", "policyId", "tagsAll")
        ]
        names = [name for name in names if name not in ("namePrefix", "inlinePolicies", "managedPolicyArns")]
        inputs = plugin.inputs(token, dict.fromkeys(names, UNKNOWN))
        assert {inputs[name] for name in names} == {UNKNOWN}
        assert set(names) <= plugin.changes(token, state, inputs)
        created = plugin.create(token, inputs, preview=True)[1]
        updated = plugin.update(token, "web", state, inputs, preview=True)
        assert all(bag[name] == UNKNOWN for bag in (created, updated) for name in names)

    def test_defaults_are_filled_in_and_marked(self, plugin: Plugin) -> None:
        """The defaults of pulumi-aws show in inputs, and `__defaults` tells them from the program's own."""
        inputs = plugin.inputs(ROLE, INPUTS[ROLE])
        assert inputs.pop("name").startswith("web-")
        assert inputs == {
            **INPUTS[ROLE],
            "maxSessionDuration": 3600,
            "path": "/",
            "tagsAll": {},
            "__defaults": ["maxSessionDuration", "name", "path"],
        }

    def test_an_automatic_name_stays_until_a_replacement(self, plugin: Plugin) -> None:
        """The name is NAME-7 hex digits, the same in every update, and new where there are no old inputs."""
        first = plugin.inputs(ROLE, INPUTS[ROLE])
        assert plugin.inputs(ROLE, INPUTS[ROLE], {**first, "name": "web-0000000"})["name"] == "web-0000000"
        name, digits = first["name"].rsplit("-")
        assert (name, len(digits)) == ("web", 7)
        assert set(digits) <= set("0123456789abcdef")

    def test_a_name_that_the_program_gave_up_is_kept(self, plugin: Plugin) -> None:
        """A name that was the program's own stays when it is taken out, as a default: nothing is replaced."""
        olds = plugin.inputs(ROLE, {**INPUTS[ROLE], "name": "mine"})
        inputs = plugin.inputs(ROLE, INPUTS[ROLE], olds)
        assert inputs["name"] == "mine"
        assert "name" in inputs["__defaults"]
        assert plugin.changes(ROLE, role_state(name="mine"), inputs) == set()
        later = plugin.inputs(ROLE, {**INPUTS[ROLE], "path": "/team/"}, inputs)
        assert not plugin.diff(ROLE, role_state(name="mine"), later).deleteBeforeReplace
        assert plugin.inputs(ROLE, INPUTS[ROLE], {})["name"].startswith("web-")

    def test_a_resource_whose_name_is_too_long_is_told_so(self, plugin: Plugin) -> None:
        """An automatic name that IAM would refuse fails at preview."""
        _inputs, failures = plugin.check(ROLE, INPUTS[ROLE], name="x" * 60)
        assert "longer than 64 characters" in failures["name"]

    def test_documents_may_be_objects(self, plugin: Plugin) -> None:
        """They become text, as in pulumi-aws; an object with an unknown in it is unknown."""
        inputs = plugin.inputs(ROLE, {"assumeRolePolicy": json.loads(TRUST)})
        assert json.loads(inputs["assumeRolePolicy"]) == json.loads(TRUST)
        unknown = plugin.inputs(ROLE, {"assumeRolePolicy": {"Statement": UNKNOWN}})
        assert unknown["assumeRolePolicy"] == UNKNOWN

    def test_wrapped_values_are_taken_as_what_they_hold(self, plugin: Plugin) -> None:
        """Secrets, outputs and resources of the wire are their values; an output without one is unknown."""
        signature = "4dabf18193072939515e22adb298388d"
        secret = {signature: "1b47061264138c4ac30d75fd1eb44270", "value": document()}
        output = {signature: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
        resource = {signature: "5cf8f73096256a8f31e491e813e4eb8e", "urn": urn(ROLE), "id": "web"}
        inputs = plugin.inputs(ROLE_POLICY, {"policy": secret, "role": resource, "name": output})
        assert (inputs["policy"], inputs["role"], inputs["name"]) == (document(), "web", UNKNOWN)


BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
SHARED = "arn:aws:iam::123456789012:policy/shared"
AUTOMATIC = {"name": "web-1234567", "__defaults": ["name"]}


class TestDiff:
    """What a change of the program, or drift, comes to."""

    @pytest.mark.parametrize(
        ("state", "change", "found", "replaces"),
        [
            ({}, {}, set(), set()),
            ({}, {"assumeRolePolicy": document()}, {"assumeRolePolicy"}, set()),
            ({}, {"description": "x"}, {"description"}, set()),
            ({"description": "x"}, {}, {"description"}, set()),
            ({}, {"maxSessionDuration": 7200}, {"maxSessionDuration"}, set()),
            ({"maxSessionDuration": 7200}, {}, {"maxSessionDuration"}, set()),
            ({}, {"permissionsBoundary": BOUNDARY}, {"permissionsBoundary"}, set()),
            ({"permissionsBoundary": BOUNDARY}, {}, {"permissionsBoundary"}, set()),
            ({}, {"path": "/team/"}, {"path"}, {"path"}),
            ({}, {"name": "other"}, {"name"}, {"name"}),
            ({}, {"name": None, "namePrefix": "x-"}, {"namePrefix"}, {"namePrefix"}),
            ({}, {"tags": {"a": "b"}}, {"tags", "tagsAll"}, set()),
            ({"tags": {"a": "b"}, "tagsAll": {"a": "b"}}, {}, {"tags", "tagsAll"}, set()),
        ],
    )
    def test_of_a_role(
        self, plugin: Plugin, state: Properties, change: Properties, found: set[str], replaces: set[str]
    ) -> None:
        """Name and path of a role replace it, all else changes in place."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], **change}, AUTOMATIC)
        answer = plugin.diff(ROLE, role_state(**state), inputs)
        assert set(answer.diffs) == found
        assert set(answer.replaces) == replaces
        assert set(answer.detailedDiff) == found
        assert answer.changes == (answer.DIFF_SOME if found else answer.DIFF_NONE)

    @pytest.mark.parametrize(
        ("token", "change", "replaces"),
        [
            (ROLE_POLICY, {"policy": document("a:b")}, set()),
            (ROLE_POLICY, {"role": "other"}, {"role"}),
            (ROLE_POLICY, {"name": "other"}, {"name"}),
            (ATTACHMENT, {"role": "other"}, {"role"}),
            (ATTACHMENT, {"policyArn": SHARED + "2"}, {"policyArn"}),
            (POLICY, {"policy": document("a:b")}, set()),
            (POLICY, {"description": "x"}, {"description"}),
            (POLICY, {"path": "/team/"}, {"path"}),
            (POLICY, {"name": "other"}, {"name"}),
        ],
    )
    def test_of_the_others(self, plugin: Plugin, token: str, change: Properties, replaces: set[str]) -> None:
        """Whose properties AWS cannot change is replaced."""
        old = plugin.inputs(token, INPUTS[token])
        state = plugin.create(token, old, preview=True)[1]
        answer = plugin.diff(token, state, plugin.inputs(token, {**INPUTS[token], **change}, old))
        assert set(answer.diffs) == change.keys()
        assert set(answer.replaces) == replaces
        unchanged = plugin.inputs(token, INPUTS[token], old)
        assert plugin.changes(token, {**state, **unchanged}, unchanged) == set()

    @pytest.mark.parametrize(
        ("token", "own", "deleted_first"),
        [
            (ROLE, {"name": "mine", "path": "/team/"}, True),
            (ROLE, {"path": "/team/"}, False),
            (POLICY, {"name": "mine", "path": "/team/"}, True),
            (POLICY, {"path": "/team/"}, False),
            (ROLE_POLICY, {"name": "mine", "role": "other"}, True),
            (ROLE_POLICY, {"role": "other"}, False),
            (ATTACHMENT, {"role": "other"}, True),
        ],
    )
    def test_a_fixed_name_is_free_before_the_replacement_is_made(
        self, plugin: Plugin, token: str, own: Properties, deleted_first: bool
    ) -> None:
        """The old one goes first where both would have one name, and where its deletion would undo the new one."""
        name = {key: value for key, value in own.items() if key == "name"}
        old = plugin.inputs(token, {**INPUTS[token], **name})
        state = plugin.create(token, old, preview=True)[1]
        answer = plugin.diff(token, state, plugin.inputs(token, {**INPUTS[token], **own}, old))
        assert answer.deleteBeforeReplace is deleted_first

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ('{"Version":"1","Statement":[]}', '{ "Statement": [], "Version": "1" }', True),
            (document(["a:b", "c:d"]), document(["c:d", "a:b"]), True),
            (document(["a:b"]), document("a:b"), True),
            (document("a:b"), document("a:c"), False),
            (document(Principal={"AWS": "*"}), document(Principal="*"), True),
            (
                document(Principal={"AWS": "123456789012"}),
                document(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
                True,
            ),
            (document(Principal={"AWS": "123456789012"}), document(Principal={"AWS": "123456789013"}), False),
            (
                document(Condition={"Bool": {"aws:X": True}}),
                document(Condition={"Bool": {"aws:X": ["true"]}}),
                True,
            ),
            (
                document(Condition={"Bool": {"aws:X": "true"}}),
                document(Condition={"Bool": {"aws:X": "false"}}),
                False,
            ),
            ('{"Statement":{"Action":"a:b"}}', '{"Statement":[{"Action":["a:b"]}]}', True),
            ('{"Statement":[{"Sid":"a"},{"Sid":"b"}]}', '{"Statement":[{"Sid":"b"},{"Sid":"a"}]}', True),
            ('{"Statement":[{"Sid":"a"}]}', '{"Statement":[{"Sid":"a"},{"Sid":"a"}]}', False),
            ('{"Statement":["odd"]}', '{"Statement":[{"Principal":7,"Condition":7}]}', False),
        ],
    )
    def test_documents_that_mean_the_same_are_no_change(
        self, plugin: Plugin, one: str, other: str, same: bool
    ) -> None:
        """White space, order and IAM's other notations do not count; what IAM tells apart does."""
        state = {"name": "inline", "policy": one, "role": "web"}
        inputs = {"name": "inline", "policy": other, "role": "web"}
        assert plugin.changes(ROLE_POLICY, state, inputs) == (set() if same else {"policy"})

    @pytest.mark.parametrize(
        ("ignored", "found"),
        [
            (["description"], {"tags", "tagsAll"}),
            (["tags"], {"description"}),
            (["tags.owner"], {"description"}),
            (['tags["owner"]', "description"], set()),
            (["*"], set()),
            (["path"], {"description", "tags", "tagsAll"}),
        ],
    )
    def test_ignored_drift_is_no_change(self, plugin: Plugin, ignored: list[str], found: set[str]) -> None:
        """What `ignoreChanges` names is left as it is, a single tag too."""
        state = role_state(description="by hand", tags={"owner": "x"}, tagsAll={"owner": "x"})
        inputs = plugin.inputs(ROLE, INPUTS[ROLE], AUTOMATIC)
        assert plugin.changes(ROLE, state, inputs, ignored) == found

    def test_state_of_the_real_plugin_is_read(self, plugin: Plugin) -> None:
        """The bookkeeping that the real plugin nests in its state is no difference."""
        own = {"name": "a", "policy": "{}"}
        state = role_state(
            inlinePolicies=[{**own, "__defaults": []}], tags={"a": "b", "__defaults": []}, __meta="{}"
        )
        inputs = {**INPUTS[ROLE], **AUTOMATIC, "path": "/", "maxSessionDuration": 3600}
        assert plugin.changes(ROLE, state, {**inputs, "tags": {"a": "b"}}) == set()


class TestPreview:
    """Outputs before AWS was asked."""

    def test_of_a_new_role(self, plugin: Plugin) -> None:
        """What the program says is known, what AWS will say is not."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "tags": {"a": "b"}})
        resource_id, outputs = plugin.create(ROLE, inputs, preview=True)
        assert resource_id == ""
        unknown = {name for name, value in outputs.items() if value == UNKNOWN}
        assert unknown == {
            "arn",
            "createDate",
            "uniqueId",
            "inlinePolicies",
            "managedPolicyArns",
            "namePrefix",
        }
        assert (outputs["name"], outputs["path"], outputs["tagsAll"]) == (inputs["name"], "/", {"a": "b"})

    def test_of_a_role_with_a_prefix(self, plugin: Plugin) -> None:
        """A name that is only made at creation is unknown until then."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "namePrefix": "web-"})
        outputs = plugin.create(ROLE, inputs, preview=True)[1]
        assert (outputs["name"], outputs["namePrefix"]) == (UNKNOWN, "web-")

    def test_of_a_changed_role(self, plugin: Plugin) -> None:
        """A change in place keeps the ARN known, so nothing that depends on it looks changed."""
        inputs = plugin.inputs(ROLE, {**INPUTS[ROLE], "description": "new"}, AUTOMATIC)
        outputs = plugin.update(ROLE, "web-1234567", role_state(), inputs, preview=True)
        assert outputs == {**role_state(description="new"), "id": "web-1234567"}

"""A state that somebody has edited: every event gives a value or one sentence, and AWS is unchanged before it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from accounts import ABSENT, ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, calls, client, role_arn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.dynamic import Config, ConfigureRequest

from proton_provider import dynamic, engine_log
from proton_provider.errors import EditedStateError, ProtonError
from proton_provider.lifecycle.state import _KNOWN_TO_AWS, _ONLY_IN_STATE
from proton_provider.local import LocalAws

CONNECTION = dynamic.EnvironmentAccountConnectionProvider
ROLES = dynamic.EnvironmentAccountConnectionRolesProvider
ACCEPTER = dynamic.EnvironmentAccountConnectionAccepterProvider
OLD, NEW = role_arn("old"), role_arn("new")
ARN = f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/"


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch, no_aws_in_shell: Any) -> None:
    monkeypatch.setattr(engine_log, "show", lambda *_: None)


class Made:
    """One resource in an account that has another connection, too."""

    def __init__(self, aws: LocalAws, kind: type[dynamic._Adapter]) -> None:
        aws.reset()
        self.aws = aws
        self.proton = client(aws, "proton")
        ids = [self._request(name) for name in ("prod", "other")]
        self.provider = kind()
        account = MANAGEMENT_ACCOUNT if kind is ACCEPTER else ENVIRONMENT_ACCOUNT
        config = {
            "aws:region": REGION,
            "aws:accessKey": account,
            "aws:secretKey": "local",
            "aws:endpoints": json.dumps([{"sts": aws.url}]),
            "proton:endpointUrl": aws.url,
        }
        self.provider.configure(ConfigureRequest(Config(config, "project")))
        inputs: dict[str, Any] = {"connectionId": ids[0]}
        if kind is CONNECTION:
            inputs = {
                "environmentName": "prod",
                "managementAccountId": MANAGEMENT_ACCOUNT,
                "tags": {"a": "b"},
            }
            inputs |= {"adoptExisting": True, "__requester": "it"}
        if kind is ROLES:
            inputs["onDelete"] = "restore"
        if kind is ACCEPTER:
            inputs["onDelete"] = "reject"
        else:
            inputs["roleArn"] = NEW
        self.inputs = self.check({}, inputs)
        created = self.provider.create(self.inputs)
        self.id, self.outputs = created.id, dict(created.outs or {})
        self.changed: dict[str, Any] = {"tags": {"a": "c"}} if kind is CONNECTION else {}
        if kind is not ACCEPTER:
            self.changed["roleArn"] = OLD
        self.before = self.live()

    def _request(self, name: str) -> str:
        made = self.proton.create_environment_account_connection(
            environmentName=name, managementAccountId=MANAGEMENT_ACCOUNT, roleArn=OLD
        )
        return str(made["environmentAccountConnection"]["id"])

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        checked = self.provider.check(olds, news)
        assert checked.failures == []
        return dict(checked.inputs)

    def run(self, event: str, outputs: dict[str, Any]) -> Any:
        if event == "delete":
            return self.provider.delete(self.id, outputs)
        if event == "read":
            return self.provider.read(self.id, outputs)
        news = self.check(self.inputs, {**self.inputs, "__requester": "it", **self.changed})
        return getattr(self.provider, event)(self.id, outputs, news)

    def live(self) -> list[Any]:
        """All connections and their tags."""
        listed = self.proton.list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")
        found = listed["environmentAccountConnections"]
        return [(one, self.proton.list_tags_for_resource(resourceArn=one["arn"])["tags"]) for one in found]


OTHER_KINDS: list[Any] = [None, 0.0, 1.5, True, "", "x", "explode", [], ["x"], {}, {"a": 5.0}, {"aws:a": "b"}]
OTHER_ARNS: list[Any] = [
    {"roleArn": 5.0},
    {"other": OLD},
    {"roleArn": "x"},
    OLD,
    ARN + ABSENT,
    ABSENT,
    ABSENT.upper(),
]
EDITS = st.sampled_from([*OTHER_KINDS, *OTHER_ARNS, "333333333333", "us-west-2", "../"])
REMOVED = object()


@pytest.mark.parametrize("event", ["diff", "update", "read", "delete"])
@pytest.mark.parametrize("kind", [CONNECTION, ROLES, ACCEPTER])
def test_an_edited_state_gives_a_value_or_one_sentence(
    aws: LocalAws, kind: type[dynamic._Adapter], event: str
) -> None:
    """No edit of one output ends in a traceback, and none sends a change to AWS before it is refused."""
    changes = event in ("update", "delete")
    first = Made(aws, kind)

    @settings(max_examples=20 if changes else 40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(name=st.sampled_from(sorted(first.outputs)), value=EDITS | st.just(REMOVED))
    def judged(name: str, value: Any) -> None:
        made = Made(aws, kind) if changes else first
        outputs = {key: text for key, text in made.outputs.items() if key != name}
        if value is not REMOVED:
            outputs[name] = value
        done = len(calls(aws))
        refused: ProtonError | None = None
        try:
            made.run(event, outputs)
        except ProtonError as error:
            refused = error
        sent = calls(aws)[done:]
        only_asked = all(operation.startswith(("Get", "List")) for operation in sent)
        live = made.before if only_asked else made.live()
        assert live[1:] == made.before[1:]  # somebody else's
        if refused is not None:
            assert "\n" not in str(refused)
            assert event != "diff"  # a refusal there ends the whole deployment
            assert live == made.before
        if isinstance(refused, EditedStateError):
            assert sent == []
            # The Region and the account are parts of the ARN.
            assert name in str(refused) or name in ("region", "environmentAccountId")

    judged()


@pytest.mark.parametrize(
    ("kind", "name", "value", "sentence"),
    [
        (
            ROLES,
            "onDelete",
            "explode",
            "must be retain, restore or reject: it was edited, and only the state has it",
        ),
        (ROLES, "managedRoleArns", "x", "must be a map of role ARNs"),
        (ROLES, "previousRoleArns", {"roleArn": "x"}, "has roleArn, which must be the ARN of an IAM role"),
        (CONNECTION, "managedRoleArns", REMOVED, "is missing"),
        (ACCEPTER, "onDelete", 5.0, "must be retain, restore or reject"),
        (ACCEPTER, "region", {}, "must be the name of a Region"),
        (
            CONNECTION,
            "arn",
            ARN + ABSENT,
            "it was edited. Nothing was done. To read it again, run pulumi refresh.",
        ),
    ],
)
def test_a_destroy_refuses_what_it_cannot_do(
    aws: LocalAws, kind: type[dynamic._Adapter], name: str, value: Any, sentence: str
) -> None:
    """A destroy that would leave without restoring, rejecting or deleting the right connection does nothing."""
    made = Made(aws, kind)
    outputs = {key: text for key, text in made.outputs.items() if key != name}
    if value is not REMOVED:
        outputs[name] = value
    with pytest.raises(EditedStateError, match=f"{name} of connection {made.id} in the state .*{sentence}"):
        made.run("delete", outputs)
    assert made.live() == made.before


@pytest.mark.parametrize("event", ["read", "update"])
@pytest.mark.parametrize("kind", [CONNECTION, ROLES, ACCEPTER])
def test_what_aws_knows_is_written_again(aws: LocalAws, kind: type[dynamic._Adapter], event: str) -> None:
    """After a refresh or an update the state has what AWS has, and tags went to the own connection alone."""
    made = Made(aws, kind)
    edited = {"arn": ARN + ABSENT, "status": 5.0, "liveRoleArns": "x", "environmentAccountId": None}
    outs = made.run(event, {**made.outputs, **edited}).outs
    live = made.live()[0]
    assert outs["arn"] == live[0]["arn"] == ARN + made.id
    assert outs["liveRoleArns"]["roleArn"] == live[0]["roleArn"]
    if kind is CONNECTION:
        assert live[1] == [{"key": "a", "value": "c" if event == "update" else "b"}]


@pytest.mark.parametrize("kind", [CONNECTION, ROLES, ACCEPTER])
def test_every_output_has_a_kind(aws: LocalAws, kind: type[dynamic._Adapter]) -> None:
    """The tables name every output that a state has, and nothing twice."""
    public = {name for name in Made(aws, kind).outputs if not name.startswith("__")}
    assert public <= {*_KNOWN_TO_AWS, *_ONLY_IN_STATE}
    assert _KNOWN_TO_AWS.keys().isdisjoint(_ONLY_IN_STATE)

"""A wrong answer in the middle of a life: a value or one sentence, what AWS made is kept, and the next `up` finds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from accounts import ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, OTHER_ACCOUNT, client, role_arn, settings_of
from driver import Driver, Resource
from fronts import ABSENT, Answer, Front, before
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proton_provider.errors import IncompleteError, ProtonError, RefusedError
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import LocalAws

CREATE, UPDATE = "CreateEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"
GET, LIST = "GetEnvironmentAccountConnection", "ListEnvironmentAccountConnections"
BEFORE, OURS, NEWER = (role_arn(name) for name in ("before", "ours", "newer"))
PROGRAM = {
    "__requester": "organization/project/dev//connection",
    "environmentName": "prod",
    "managementAccountId": MANAGEMENT_ACCOUNT,
    "roleArn": OURS,
    "tags": {"team": "a"},
}


@pytest.fixture(scope="module")
def front(running_aws: LocalAws) -> Iterator[Front]:
    """One server and so one client for all these tests."""
    with before(running_aws) as front:
        yield front


@dataclass
class Stack:
    """A stack with one connection, whose calls go through the front. Each run has a process of its own."""

    front: Front
    aws: LocalAws

    def __post_init__(self) -> None:
        self.front.changes.clear()
        self.aws.reset()

    def run(self, kind: Any = ConnectionLifecycle, account: str = ENVIRONMENT_ACCOUNT) -> Driver:
        return Driver(
            kind(), self.aws, settings_of(self.aws, account, endpoint_url=self.front.url, max_attempts=1)
        )

    def live(self) -> list[dict[str, Any]]:
        """The connections at AWS, which nobody disturbs."""
        proton = client(self.aws, "proton")
        listed = proton.list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")
        return [
            proton.get_environment_account_connection(id=seen["id"])["environmentAccountConnection"]
            for seen in listed["environmentAccountConnections"]
        ]

    def tags(self, arn: str) -> dict[str, str]:
        listed = client(self.aws, "proton").list_tags_for_resource(resourceArn=arn)["tags"]
        return {tag["key"]: tag["value"] for tag in listed}


@pytest.fixture
def stack(front: Front, aws: LocalAws) -> Stack:
    return Stack(front, aws)


def sentence_of(error: ProtonError) -> str:
    text = str(error)
    assert text.endswith(".")
    assert text.isprintable()
    return text


@pytest.mark.parametrize("keeps", [True, False], ids=["plugin", "dynamic"])
@pytest.mark.parametrize("member", ["arn", "environmentName", "requestedAt", "status"])
def test_a_connection_whose_answer_could_not_be_used_is_kept(stack: Stack, member: str, keeps: bool) -> None:
    """The plugin's state has it, and the next update completes it; with the dynamic resources the next request finds it."""
    stack.front.changes[CREATE] = lambda answer: answer.with_members(**{member: ABSENT})
    run = stack.run()
    with pytest.raises(IncompleteError) as caught:
        run.create(PROGRAM)
    assert f"has no environmentAccountConnection.{member}" in sentence_of(caught.value)
    (made,) = stack.live()
    assert (caught.value.resource_id, caught.value.outputs["arn"]) == (made["id"], made["arn"])
    stack.front.changes.clear()
    if keeps:
        kept = Resource(caught.value.resource_id, run.inputs(PROGRAM), caught.value.outputs)
        stack.run().diff(kept, PROGRAM)
        whole = stack.run().update(kept, PROGRAM)
    else:
        whole = stack.run().create(PROGRAM)
    (found,) = stack.live()
    assert whole.outputs["liveRoleArns"] == whole.outputs["managedRoleArns"] == {"roleArn": OURS}
    assert (whole.id, found["id"], found["roleArn"]) == (made["id"], made["id"], OURS)
    assert stack.tags(made["arn"]) == {"team": "a"}
    stack.run().delete(whole)
    assert stack.live() == []


def test_roles_whose_answer_could_not_be_used_can_be_restored(stack: Stack) -> None:
    """The state that the plugin keeps has the roles from before AWS may have set the new ones."""
    other = client(stack.aws, "proton").create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT, roleArn=BEFORE
    )["environmentAccountConnection"]["id"]
    program = {"connectionId": other, "roleArn": OURS, "onDelete": "restore"}
    stack.front.changes[UPDATE] = lambda answer: answer.with_body(b"<html/>")
    run = stack.run(RolesLifecycle)
    with pytest.raises(IncompleteError, match="is no JSON object") as caught:
        run.create(program)
    stack.front.changes.clear()
    kept = Resource(other, run.inputs(program), caught.value.outputs)
    whole = stack.run(RolesLifecycle).update(kept, program)
    assert whole.outputs["previousRoleArns"] == {"roleArn": BEFORE}
    stack.run(RolesLifecycle).delete(whole)
    assert [seen["roleArn"] for seen in stack.live()] == [BEFORE]


def test_an_endpoint_that_calls_each_connection_rejected_gets_an_end(stack: Stack) -> None:
    """A rejected connection is followed by a new request, but not for ever."""
    stack.front.changes[CREATE] = lambda answer: answer.with_members(status="REJECTED")
    with pytest.raises(RefusedError, match="20 connections for the environment prod"):
        stack.run().create(PROGRAM)
    assert len(stack.live()) == 20


@pytest.mark.parametrize("status", ["SUSPENDED", "x\x1b[31m" * 50])
def test_a_status_that_is_not_known_is_a_warning(stack: Stack, status: str) -> None:
    """At create, update and refresh a line names it; no diff breaks on it, and the accepter's refresh says it, too."""
    for operation in (CREATE, UPDATE, GET, LIST):
        stack.front.changes[operation] = lambda answer: (
            answer.with_members(status=status) if stack.live() else answer
        )

    def warned(run: Driver) -> bool:
        texts = [
            text for severity, text in run.log_lines if severity == "warning" and "has the status '" in text
        ]
        assert all(text.isprintable() and len(text) < 400 for text in texts)
        return any("which is none of PENDING, CONNECTED, REJECTED." in text for text in texts)

    run = stack.run()
    made = run.create(PROGRAM)
    assert warned(run)
    run = stack.run()
    assert run.diff(made, PROGRAM).replaces == []
    changed = run.update(made, {**PROGRAM, "roleArn": NEWER})
    assert warned(run)
    run = stack.run()
    assert run.refreshed(changed).outputs["status"] == status
    assert warned(run)
    of_management = stack.run(AccepterLifecycle, MANAGEMENT_ACCOUNT)
    accepted = of_management.create({"connectionId": made.id})
    refreshed = of_management.refreshed(accepted)
    assert warned(of_management)
    assert of_management.diff(refreshed, {"connectionId": made.id}).differs


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(
    [
        "arn",
        "id",
        "environmentAccountId",
        "environmentName",
        "managementAccountId",
        "requestedAt",
        "lastModifiedAt",
        "status",
        "roleArn",
        "codebuildRoleArn",
        "unknown",
    ]
)
LIKELY = st.sampled_from([ABSENT, None, OTHER_ACCOUNT, "00000000-0000-4000-8000-000000000000", 0, 1e300])
BODIES = st.one_of(
    st.binary(max_size=40),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({"environmentAccountConnection": JSON}).map(
        lambda value: json.dumps(value).encode()
    ),
    st.fixed_dictionaries({"__type": JSON, "message": JSON}).map(lambda value: json.dumps(value).encode()),
    st.integers(2, 60_000).map(lambda depth: b'{"tags": ' + b"[" * depth),
)


def _with_members(members: dict[str, Any]) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        try:
            return answer.with_members(**members)
        except (KeyError, ValueError):  # an answer without a connection
            return answer.with_body(json.dumps({"environmentAccountConnection": None}).encode())

    return change


CHANGES = st.one_of(
    st.dictionaries(MEMBERS, JSON | LIKELY, min_size=1, max_size=3).map(_with_members),
    BODIES.map(lambda body: lambda answer: answer.with_body(body)),
    st.tuples(st.sampled_from([200, 201, 204, 299, 302, 400, 403, 404, 500, 503]), BODIES).map(
        lambda changed: lambda answer: replace(answer, status=changed[0], body=changed[1])
    ),
    st.sampled_from(["text/html", "application/json", "application/x-amz-json-1.1", None]).map(
        lambda kind: lambda answer: replace(answer, content_type=kind)
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(
        lambda date: lambda answer: replace(answer, headers={"Date": date})
    ),
    st.integers(0, 200).map(lambda length: lambda answer: answer.with_body(answer.body[:length])),
)
EVENTS = st.sampled_from(["create", "create in the plugin", "update", "refresh", "delete"])
OPERATIONS = st.sampled_from(
    [
        CREATE,
        UPDATE,
        GET,
        "DeleteEnvironmentAccountConnection",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
    ]
)


@given(event=EVENTS, operation=OPERATIONS, change=CHANGES)
@settings(
    max_examples=max(100, settings().max_examples // 3),  # each example makes and changes connections
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_wrong_answer_gives_a_value_or_one_sentence(
    front: Front, aws: LocalAws, event: str, operation: str, change: Callable[[Answer], Answer]
) -> None:
    """Whatever AWS's answer becomes on its way: no error of Python, and the next `up` leads to the one connection."""
    stack = Stack(front, aws)
    changed = {**PROGRAM, "roleArn": NEWER, "tags": {"team": "b"}}
    state = None if event.startswith("create") else stack.run().create(PROGRAM)
    stack.front.changes[operation] = change
    run = stack.run()
    try:
        if state is None:
            state = run.create(PROGRAM)
        elif event == "update":
            state = run.update(state, changed)
        elif event == "refresh":
            state = run.refresh(state)
        else:
            run.delete(state)
            state = None
    except ProtonError as error:
        sentence_of(error)
        if isinstance(error, IncompleteError) and event != "create":
            state = Resource(error.resource_id, run.inputs(PROGRAM), error.outputs)
    if event == "refresh":
        assert state is not None or operation == GET  # gone, by an error of Proton's that was made up
    if event == "delete" and state is None:
        # A true answer without a connection means gone, and so does Proton's own code for it.
        assert stack.live() == []
    stack.front.changes.clear()
    run = stack.run()
    if state is None:
        run.create(changed)
    else:
        run.diff(state, changed)
        run.update(run.refreshed(state), changed) if stack.live() else run.create(changed)
    (live,) = stack.live()
    assert live["roleArn"] == NEWER
    assert stack.tags(live["arn"]) == {"team": "b"}

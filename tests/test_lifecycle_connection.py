"""The life cycle of a requested connection with a local AWS: tokens, adoption, tags. Every call is counted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    calls,
    client,
    role_arn,
    settings_of,
)
from driver import Driver, Resource, public
from near_misses import SHAPES

from proton_provider.aws import client as aws_client
from proton_provider.errors import (
    ConnectionNotFoundError,
    EndpointUnreachableError,
    IncompleteError,
    NotOneConnectionError,
    ProtonError,
    WrongAccountError,
)
from proton_provider.lifecycle import Connections
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS
from proton_provider.local import CONNECTION_RESET, LocalAws

GET, UPDATE = "GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"
CREATE, DELETE = "CreateEnvironmentAccountConnection", "DeleteEnvironmentAccountConnection"
LIST, LIST_TAGS = "ListEnvironmentAccountConnections", "ListTagsForResource"
TAG, UNTAG = "TagResource", "UntagResource"
OURS, NEWER, FOREIGN = (role_arn(name) for name in ("ours", "newer", "foreign"))
PROGRAM: Mapping[str, Any] = {
    "__requester": "organization/project/dev//connection",
    "environmentName": "prod",
    "managementAccountId": MANAGEMENT_ACCOUNT,
    "roleArn": OURS,
    "tags": {"team": "a"},
}
"""What a program declares, with what the resource adds of itself."""


def pairs(**tags: str) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


@pytest.fixture
def new_run(aws: LocalAws) -> Callable[..., Driver]:
    """Begins a run of the engine, in a process of its own."""
    return lambda **changes: Driver(ConnectionLifecycle(), aws, settings_of(aws, **changes))


@pytest.fixture
def driver(new_run: Callable[..., Driver]) -> Driver:
    return new_run()


class Somebody:
    """What somebody else does in the environment account, by hand."""

    def __init__(self, aws: LocalAws) -> None:
        self.proton = client(aws, "proton")
        self._management = client(aws, "proton", MANAGEMENT_ACCOUNT)

    def request(self, **changes: Any) -> str:
        given = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT, **changes}
        made = self.proton.create_environment_account_connection(**given)
        return str(made["environmentAccountConnection"]["id"])

    def reject(self, connection_id: str) -> None:
        self._management.reject_environment_account_connection(id=connection_id)

    def set_roles(self, connection_id: str, **roles: str) -> None:
        self.proton.update_environment_account_connection(id=connection_id, **roles)

    def delete(self, connection_id: str) -> None:
        self.proton.delete_environment_account_connection(id=connection_id)

    def found(self, connection_id: str) -> dict[str, Any]:
        found = self.proton.get_environment_account_connection(id=connection_id)
        return dict(found["environmentAccountConnection"])

    def tags(self, arn: str) -> dict[str, str]:
        listed = self.proton.list_tags_for_resource(resourceArn=arn)["tags"]
        return {tag["key"]: tag["value"] for tag in listed}

    def ids(self) -> list[str]:
        listed = self.proton.list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")
        return [seen["id"] for seen in listed["environmentAccountConnections"]]


@pytest.fixture
def somebody(aws: LocalAws) -> Somebody:
    return Somebody(aws)


# Check

BAD = {
    "environmentName": "-prod",
    "managementAccountId": 111111111111.0,
    "roleArn": "admin",
    "adoptExisting": "yes",
    "tags": {"aws:x": "y"},
}


def test_all_problems_are_listed_at_once(driver: Driver) -> None:
    """Every wrong input has its own problem, in one line."""
    problems = driver.check({**PROGRAM, **BAD}).problems
    assert set(problems) == set(BAD)
    assert all(problem and "\n" not in problem for problem in problems.values())


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_known_yet_is_not_judged(driver: Driver, name: str) -> None:
    """An unknown input passes, whatever else is wrong."""
    assert set(driver.check({**PROGRAM, **BAD}, unknown=[name]).problems) == set(BAD) - {name}


@pytest.mark.parametrize("name", ["environmentName", "managementAccountId"])
def test_what_fixes_a_connection_must_be_given(driver: Driver, name: str) -> None:
    """Without a name or a management account nothing can be requested."""
    assert set(driver.check({**PROGRAM, name: None}).problems) == {name}


def test_inputs_are_completed(driver: Driver) -> None:
    """Defaults are filled in, tags are sorted, the token is there at preview; who requests is not kept."""
    tags = {"b": "2", "a": "1"}
    inputs = driver.inputs({**PROGRAM, "tags": tags, "roleArn": None})
    token = inputs.pop("__clientToken")
    assert public(inputs) == {
        "environmentName": "prod",
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "region": REGION,
        "adoptExisting": False,
        "tags": {"a": "1", "b": "2"},
        "tagsAll": {"a": "1", "b": "2"},
    }
    model = SHAPES["ClientToken"]
    assert re.fullmatch(model["pattern"], token)
    assert 0 < len(token) <= model["max"]


def test_default_tags_of_the_stack_are_merged(new_run: Callable[..., Driver]) -> None:
    """`aws:defaultTags` are part of all tags, and a tag of the resource's own wins; all are judged together."""
    driver = new_run(default_tags=(("team", "everyone"), ("cost", "1")))
    inputs = driver.inputs(dict(PROGRAM))
    assert inputs["tags"] == {"team": "a"}
    assert inputs["tagsAll"] == {"cost": "1", "team": "a"}
    many = {f"key-{number}": "" for number in range(49)}
    problem = driver.check({**PROGRAM, "tags": many}).problems["tags"]
    assert "at most 50, default tags included; these are 51" in problem


def test_unknown_tags_leave_all_tags_unknown(driver: Driver) -> None:
    """What depends on an unknown tag is unknown, and is not the default."""
    checked = driver.check(dict(PROGRAM), unknown=["tags"])
    assert checked.unknown == {"tagsAll"}
    assert not {"tags", "tagsAll"} & set(checked.inputs)


def test_default_tags_that_are_not_known_leave_all_tags_unknown(new_run: Callable[..., Driver]) -> None:
    """A preview may not know the provider that has them. What the program adds itself is not taken for all tags."""
    checked = new_run(default_tags=None).check({**PROGRAM, "tagsAll": {"team": "a"}})
    assert checked.unknown == {"tagsAll"}
    assert "tagsAll" not in checked.inputs
    assert checked.problems == {}


def test_tags_that_are_no_texts_become_texts(driver: Driver) -> None:
    """Numbers and booleans are the same text wherever tags are given; what is None is left out."""
    inputs = driver.inputs({**PROGRAM, "tags": {"a": 42.0, "b": 1.5, "c": True, "d": None}})
    assert inputs["tags"] == inputs["tagsAll"] == {"a": "42", "b": "1.5", "c": "true"}


# The client token


def test_the_token_is_the_same_for_every_try(new_run: Callable[..., Driver]) -> None:
    """Another process with the same program makes the same token, whatever roles and tags there are by then."""
    changes: list[dict[str, Any]] = [{}, {"roleArn": NEWER}, {"tags": {}}, {"adoptExisting": True}]
    tokens = {new_run().inputs({**PROGRAM, **change})["__clientToken"] for change in changes}
    assert len(tokens) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"__requester": "organization/project/prod//connection"},
        {"__name": "t:i:Prod$t:i:Env$::one"},
        {"environmentName": "test"},
        {"managementAccountId": OTHER_ACCOUNT},
        {"region": "eu-west-1"},
    ],
)
def test_other_requests_have_other_tokens(driver: Driver, change: dict[str, str]) -> None:
    """Another resource, environment, management account or Region is another request."""
    assert (
        driver.inputs({**PROGRAM, **change})["__clientToken"] != driver.inputs(dict(PROGRAM))["__clientToken"]
    )


@pytest.mark.parametrize("name", ["environmentName", "managementAccountId", "region"])
def test_the_token_is_unknown_while_what_it_is_made_of_is(driver: Driver, name: str) -> None:
    """A token is not made of what is not known yet."""
    checked = driver.check(dict(PROGRAM), unknown=[name])
    assert "__clientToken" in checked.unknown
    assert "__clientToken" not in checked.inputs


@pytest.mark.parametrize("name", ["t:i:Env::same", None])
def test_ignored_changes_keep_the_tokens_of_two_apart(driver: Driver, name: str | None) -> None:
    """With `ignore_changes=["*"]` the inputs are those of an earlier state, whose names, if any, two may have."""
    olds = [{**PROGRAM, "__clientToken": token, **({"__name": name} if name else {})} for token in ("a", "b")]
    ignoring = [{key: value for key, value in one.items() if key != "__requester"} for one in olds]

    def check(news: dict[str, Any], olds: dict[str, Any]) -> str:
        given = {"region": REGION, **news}
        return str(driver.lifecycle.check(olds, given, frozenset(), driver.settings).inputs["__clientToken"])

    for one in ignoring:
        assert check(one, one) == one["__clientToken"]
    alone = Driver(ConnectionLifecycle(), driver.aws, driver.settings)
    replaced = [check(one, {}) for one in ignoring]
    assert len(set(replaced)) == 2
    alone.lifecycle.check(ignoring[0], {"region": REGION, **ignoring[0]}, frozenset(), driver.settings)
    again = alone.lifecycle.check({}, {"region": REGION, **ignoring[0]}, frozenset(), driver.settings)
    assert again.inputs["__clientToken"] == replaced[0]


def test_the_token_stays_with_its_connection(driver: Driver) -> None:
    """A later up keeps the token of the first, also where what it was made of changes in the preview."""
    olds = driver.inputs(dict(PROGRAM))
    assert driver.inputs({**PROGRAM, "roleArn": NEWER}, olds)["__clientToken"] == olds["__clientToken"]
    checked = driver.check(dict(PROGRAM), olds, unknown=["environmentName"])
    assert checked.inputs["__clientToken"] == olds["__clientToken"]


def test_a_replacement_has_a_token_of_its_own(new_run: Callable[..., Driver]) -> None:
    """The engine checks a replacement twice, then without the old inputs; its token is new, and the same at each try."""
    olds = new_run().inputs(dict(PROGRAM))
    tokens = set()
    for _ in range(2):
        driver = new_run()
        driver.check(dict(PROGRAM), olds)
        tokens.add(driver.inputs(dict(PROGRAM))["__clientToken"])
    assert len(tokens) == 1
    assert olds["__clientToken"] not in tokens


# Diff


@pytest.mark.parametrize(
    "change", [{"environmentName": "test"}, {"managementAccountId": OTHER_ACCOUNT}, {"region": "eu-west-1"}]
)
def test_what_fixes_a_connection_replaces(driver: Driver, change: dict[str, str]) -> None:
    """Another environment, management account or Region is another connection; so may an unknown one be."""
    resource = driver.create(dict(PROGRAM))
    assert driver.diff(resource, {**PROGRAM, **change}).replaces == [*change]
    assert list(driver.diff(resource, dict(PROGRAM), unknown=[*change]).replaces) == [*change]


@pytest.mark.parametrize(
    "change", [{}, {"roleArn": NEWER}, {"tags": {}}, {"adoptExisting": True}, {"aws": {"profile": "p"}}]
)
def test_everything_else_is_done_in_place(driver: Driver, change: dict[str, Any]) -> None:
    """Nothing else replaces, and nothing is said."""
    planned = driver.diff(driver.create(dict(PROGRAM)), {**PROGRAM, **change})
    assert (list(planned.replaces), planned.differs) == ([], False)
    assert driver.log_lines == []


def test_a_role_taken_out_of_the_program_is_warned_of(driver: Driver) -> None:
    """A preview says that the connection keeps the role."""
    driver.diff(driver.create(dict(PROGRAM)), {**PROGRAM, "roleArn": None})
    ((severity, text),) = driver.log_lines
    assert (severity, "keeps its roleArn" in text) == ("warning", True)


def test_a_rejected_connection_is_warned_of(driver: Driver, somebody: Somebody) -> None:
    """A preview says that a rejected connection stays so, and how to request another one."""
    resource = driver.create(dict(PROGRAM))
    somebody.reject(resource.id)
    driver.diff(driver.refreshed(resource), dict(PROGRAM))
    ((severity, text),) = driver.log_lines
    assert severity == "warning"
    assert "was rejected" in text
    assert "pulumi up --replace" in text


# Create


def test_creating_requests_a_connection(driver: Driver, somebody: Somebody) -> None:
    """One call, with roles and tags; the outputs say all that AWS answered."""
    resource = driver.create({**PROGRAM, "codebuildRoleArn": OURS})
    assert driver.calls() == [CREATE]
    assert somebody.tags(resource.outputs["arn"]) == {"team": "a"}
    outputs = public(resource.outputs)
    assert set(CONNECTION_OUTPUTS) <= set(outputs)
    assert (outputs["status"], outputs["environmentAccountId"]) == ("PENDING", ENVIRONMENT_ACCOUNT)
    assert {name: outputs[name] for name in outputs if name not in CONNECTION_OUTPUTS} == {
        "region": REGION,
        "adoptExisting": False,
        "tags": {"team": "a"},
        "tagsAll": {"team": "a"},
        "roleArn": OURS,
        "codebuildRoleArn": OURS,
        "managedRoleArns": {"roleArn": OURS, "codebuildRoleArn": OURS},
        "previousRoleArns": {},
        "liveRoleArns": {"roleArn": OURS, "codebuildRoleArn": OURS},
    }


@pytest.fixture
def lost(aws: LocalAws, new_run: Callable[..., Driver]) -> Callable[..., str]:
    """Has a create take effect and lose its answer; the id of the connection that nobody knows of."""

    def lose(**change: Any) -> str:
        driver = new_run(max_attempts=1)
        aws.fail_next(CREATE, CONNECTION_RESET, after_effect=True)
        with pytest.raises(EndpointUnreachableError):
            driver.create({**PROGRAM, **change})
        (made,) = Somebody(aws).ids()
        return made

    return lose


Lost = Callable[..., str]


def test_a_create_whose_answer_was_lost_makes_no_second_connection(
    aws: LocalAws,
    monkeypatch: pytest.MonkeyPatch,
    new_run: Callable[..., Driver],
    lost: Lost,
    somebody: Somebody,
) -> None:
    """The next run, in another process, is given the first connection: one call, and a line that names it."""
    with monkeypatch.context() as an_hour_ago:
        an_hour_ago.setattr(aws._store, "_clock", lambda: time.time() - 3600)
        made = lost()
    driver = new_run()
    assert driver.create(dict(PROGRAM)).id == made
    assert driver.calls() == [CREATE]
    assert somebody.ids() == [made]
    ((severity, text),) = driver.log_lines
    assert severity == "info"
    assert f"/{made} was requested at " in text
    assert "before this run: by an earlier attempt of this resource, or by another stack" in text


def test_a_lost_create_is_brought_to_todays_roles_and_tags(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody
) -> None:
    """Where the program changed since, the first connection is found, updated, and named."""
    made = lost()
    driver = new_run()
    resource = driver.create({**PROGRAM, "roleArn": NEWER, "tags": {"cost": "1"}})
    assert resource.id == made
    assert driver.calls() == [CREATE, LIST, GET, LIST_TAGS, UPDATE, TAG, UNTAG]
    assert somebody.ids() == [made]
    assert somebody.found(made)["roleArn"] == NEWER
    assert somebody.tags(resource.outputs["arn"]) == {"cost": "1"}
    ((severity, text),) = driver.log_lines
    assert severity == "info"
    assert resource.outputs["arn"] in text
    assert all(
        word in text for word in ("It is adopted with changes to", "roleArn", "the tag cost", "the tag team")
    )
    assert "1" not in text.partition("changes to")[2], "values of tags may be secrets"


def test_a_lost_create_that_somebody_changed_is_brought_back(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody
) -> None:
    """AWS answers a repeated token with the connection as it is now, which need not be as requested."""
    made = lost()
    somebody.set_roles(made, roleArn=FOREIGN)
    resource = new_run().create(dict(PROGRAM))
    assert (resource.id, somebody.found(made)["roleArn"]) == (made, OURS)


@pytest.mark.parametrize("change", [{}, {"roleArn": NEWER}], ids=["same roles", "other roles"])
def test_a_lost_create_that_was_rejected_is_followed_by_a_new_request(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody, change: dict[str, str]
) -> None:
    """Nobody can use a rejected connection, so another one is requested, and a line says so."""
    rejected = lost()
    somebody.reject(rejected)
    driver = new_run()
    made = driver.create({**PROGRAM, **change})
    assert sorted(somebody.ids()) == sorted([rejected, made.id])
    assert made.outputs["status"] == "PENDING"
    ((_, text),) = driver.log_lines
    assert rejected in text
    assert "a new connection is requested" in text


def test_the_request_after_a_rejected_one_is_safe_to_repeat(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody
) -> None:
    """Where that answer is lost as well, the next run is given the second connection, not a third."""
    somebody.reject(lost())
    made = [new_run().create(dict(PROGRAM)).id for _ in range(2)]
    assert made[0] == made[1]
    assert len(somebody.ids()) == 2


def test_a_lost_create_that_is_not_completed_leaves_to_the_next_update_what_is_not_certain(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody, aws: LocalAws
) -> None:
    """The state has the role that is live already, not the one that was refused, and no tags: the update sets them."""
    made = lost()
    aws.fail_next(UPDATE, "ConflictException")
    program = {**PROGRAM, "componentRoleArn": NEWER, "tags": {"team": "b"}}
    with pytest.raises(IncompleteError) as caught:
        new_run().create(program)
    outputs = caught.value.outputs
    assert (caught.value.resource_id, outputs["managedRoleArns"], outputs["tagsAll"]) == (
        made,
        {"roleArn": OURS},
        {},
    )
    driver = new_run()
    whole = driver.update(Resource(made, driver.inputs(program), outputs), program)
    assert whole.outputs["liveRoleArns"] == {"roleArn": OURS, "componentRoleArn": NEWER}
    assert somebody.tags(whole.outputs["arn"]) == {"team": "b"}


def test_several_that_might_be_the_lost_one_are_listed(
    new_run: Callable[..., Driver], lost: Lost, somebody: Somebody
) -> None:
    """Nobody knows which of several the first attempt made, so nothing is touched and all are named."""
    made, another = lost(), somebody.request()
    with pytest.raises(NotOneConnectionError) as caught:
        new_run().create({**PROGRAM, "roleArn": NEWER})
    assert all(connection_id in str(caught.value) for connection_id in (made, another))
    assert somebody.found(made)["roleArn"] == OURS


# Taking over


def test_adopting_where_there_is_none_requests_one(driver: Driver, somebody: Somebody) -> None:
    """A look, and then a request like any other."""
    resource = driver.create({**PROGRAM, "adoptExisting": True})
    assert driver.calls() == [LIST, CREATE]
    assert somebody.ids() == [resource.id]


def test_adopting_takes_over_the_one_there_is(driver: Driver, somebody: Somebody) -> None:
    """An existing connection gets the wanted roles and tags; what it had is kept, and a line says so."""
    existing = somebody.request(roleArn=FOREIGN, codebuildRoleArn=FOREIGN, tags=pairs(old="1", team="a"))
    driver.forget_calls()
    resource = driver.create({**PROGRAM, "adoptExisting": True})
    assert driver.calls() == [LIST, GET, LIST_TAGS, UPDATE, UNTAG]
    assert resource.id == existing
    assert resource.outputs["previousRoleArns"] == {"roleArn": FOREIGN}
    assert resource.outputs["liveRoleArns"] == {"roleArn": OURS, "codebuildRoleArn": FOREIGN}
    assert somebody.tags(resource.outputs["arn"]) == {"team": "a"}
    assert {severity for severity, _ in driver.log_lines} == {"info"}
    adopted, advice = (text for _, text in driver.log_lines)
    assert adopted.endswith(" (PENDING) already exists; adopted with changes to roleArn, the tag old.")
    assert "The connection of prod in us-east-1: if another resource of this stack managed it" in advice
    assert "must not leave resources out (--target, --exclude)" in advice


def test_adopting_what_is_right_already_changes_nothing(driver: Driver, somebody: Somebody) -> None:
    """A connection that is as wanted is taken over with looks alone."""
    existing = somebody.request(roleArn=OURS, tags=pairs(team="a"))
    driver.forget_calls()
    resource = driver.create({**PROGRAM, "adoptExisting": True})
    assert resource.id == existing
    assert driver.calls() == [LIST, GET, LIST_TAGS]
    assert driver.log_lines[0][1].endswith(" (PENDING) already exists; adopted without changes.")


def test_adopting_with_a_role_of_another_account_is_refused(driver: Driver, somebody: Somebody) -> None:
    """Before the connection is changed."""
    existing = somebody.request(roleArn=FOREIGN)
    with pytest.raises(WrongAccountError, match=f"belongs to the environment account {ENVIRONMENT_ACCOUNT}"):
        driver.create({**PROGRAM, "roleArn": role_arn("ours", OTHER_ACCOUNT), "adoptExisting": True})
    assert UPDATE not in driver.calls()
    assert somebody.found(existing)["roleArn"] == FOREIGN


def test_adopting_passes_over_what_does_not_match(driver: Driver, somebody: Somebody) -> None:
    """Rejected ones, and those of other environments or management accounts, are not taken over."""
    somebody.reject(somebody.request())
    somebody.request(environmentName="other")
    somebody.request(managementAccountId=OTHER_ACCOUNT)
    before = somebody.ids()
    assert driver.create({**PROGRAM, "adoptExisting": True}).id not in before


def test_adopting_one_of_several_is_refused(driver: Driver, somebody: Somebody) -> None:
    """Several that match are an error that lists them with their status, and nothing is touched."""
    ids = [somebody.request(), somebody.request()]
    driver.forget_calls()
    with pytest.raises(NotOneConnectionError) as caught:
        driver.create({**PROGRAM, "adoptExisting": True})
    assert all(f"{connection_id} (PENDING)" in str(caught.value) for connection_id in ids)
    assert driver.calls() == [LIST]


class WithTagsOfAws(aws_client.Proton):
    """A connection that CloudFormation made, which tags it in a way that nobody else can."""

    def tags(self, arn: str) -> dict[str, str]:
        return {**super().tags(arn), "aws:cloudformation:stack-name": "theirs"}


@pytest.fixture
def cloudformation_driver(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Driver:
    def connect() -> Connections:
        return WithTagsOfAws(driver.settings)

    monkeypatch.setattr(driver, "connect", connect)
    return driver


def test_awss_own_tags_are_left_alone(cloudformation_driver: Driver, somebody: Somebody) -> None:
    """Tags that begin with `aws:` are not taken away, not shown, and no difference."""
    somebody.request(roleArn=OURS, tags=pairs(team="a", old="1"))
    cloudformation_driver.forget_calls()
    resource = cloudformation_driver.create({**PROGRAM, "adoptExisting": True})
    assert cloudformation_driver.calls() == [LIST, GET, LIST_TAGS, UNTAG]
    assert cloudformation_driver.aws.requests[-1].parameters["tagKeys"] == ["old"]
    assert cloudformation_driver.refreshed(resource).outputs["tagsAll"] == {"team": "a"}


# Update


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({}, []),
        ({"adoptExisting": True}, []),
        ({"roleArn": None}, []),
        ({"roleArn": NEWER}, [UPDATE]),
        ({"roleArn": NEWER, "componentRoleArn": NEWER, "codebuildRoleArn": NEWER}, [UPDATE]),
        ({"tags": {"team": "b"}}, [TAG]),
        ({"tags": {"team": "a", "cost": "1"}}, [TAG]),
        ({"tags": {}}, [UNTAG]),
        ({"tags": {"cost": "1"}}, [TAG, UNTAG]),
        ({"roleArn": NEWER, "tags": {"team": "b"}}, [UPDATE, TAG]),
    ],
)
def test_updates_make_only_the_calls_that_differ(
    driver: Driver, somebody: Somebody, change: dict[str, Any], made: list[str]
) -> None:
    """Roles take one call, tags one for those to set and one for those to take away, and nothing takes none."""
    resource = driver.create(dict(PROGRAM))
    driver.forget_calls()
    updated = driver.update(resource, {**PROGRAM, **change})
    assert driver.calls() == made
    wanted = {**PROGRAM, **change}
    assert somebody.found(resource.id)["roleArn"] == (wanted["roleArn"] or OURS)
    assert updated.outputs["liveRoleArns"]["roleArn"] == (wanted["roleArn"] or OURS)
    assert somebody.tags(resource.outputs["arn"]) == wanted["tags"]
    assert updated.outputs["tagsAll"] == updated.inputs["tagsAll"]


def test_an_update_to_a_role_of_another_account_is_refused(driver: Driver) -> None:
    """Before any call: the preview sees only that all roles are of one account."""
    resource = driver.create(dict(PROGRAM))
    driver.forget_calls()
    with pytest.raises(WrongAccountError, match=f"belongs to the environment account {ENVIRONMENT_ACCOUNT}"):
        driver.update(resource, {**PROGRAM, "roleArn": role_arn("ours", OTHER_ACCOUNT)})
    assert driver.calls() == []


def test_only_tags_that_differ_are_sent(driver: Driver) -> None:
    """Tags that stay are in neither call."""
    resource = driver.create({**PROGRAM, "tags": {"a": "1", "b": "2", "c": "3"}})
    driver.update(resource, {**PROGRAM, "tags": {"a": "1", "b": "0", "d": "4"}})
    tag, untag = driver.aws.requests[-2:]
    assert tag.parameters["tags"] == pairs(b="0", d="4")
    assert untag.parameters["tagKeys"] == ["c"]


def test_a_change_of_the_default_tags_is_an_update(
    new_run: Callable[..., Driver], somebody: Somebody
) -> None:
    """Tags of `aws:defaultTags` are set and taken away like the resource's own."""
    resource = new_run(default_tags=(("cost", "1"),)).create(dict(PROGRAM))
    updated = new_run(default_tags=(("owner", "x"),)).update(resource, dict(PROGRAM))
    assert somebody.tags(resource.outputs["arn"]) == {"team": "a", "owner": "x"}
    assert updated.outputs["tags"] == {"team": "a"}


def test_ignored_tags_are_requested_and_then_left_alone(
    new_run: Callable[..., Driver], somebody: Somebody
) -> None:
    """As pulumi-aws does: AWS gets them at create; they are part of no comparison, and no later call names them."""
    program = {**PROGRAM, "tags": {"team": "a", "scan": "no"}}
    settings: dict[str, Any] = {"ignored_tag_keys": ("scan",), "ignored_tag_prefixes": ("auto-",)}
    driver = new_run(default_tags=(("auto-owner", "x"), ("cost", "1")), **settings)
    resource = driver.create(program)
    everything = {"team": "a", "scan": "no", "auto-owner": "x", "cost": "1"}
    assert somebody.tags(resource.outputs["arn"]) == everything
    assert resource.outputs["tagsAll"] == {"team": "a", "cost": "1"}
    assert driver.refreshed(resource) == resource
    assert driver.inputs(program, resource.inputs) == resource.inputs
    other = new_run(default_tags=(("auto-owner", "y"),), **settings)
    updated = other.update(resource, {**program, "tags": {"team": "a", "scan": "yes"}})
    del everything["cost"]
    assert somebody.tags(resource.outputs["arn"]) == everything
    # Tags that the state has and the stack ignores from now on are not removed either.
    new_run(ignored_tag_keys=("team",)).update(updated, {**PROGRAM, "tags": {}})
    assert somebody.tags(resource.outputs["arn"]) == everything


# Read


def test_a_refresh_shows_what_others_changed(driver: Driver, somebody: Somebody) -> None:
    """Two calls: roles, tags and status become the live ones; inputs show what differs from the program."""
    resource = driver.create(dict(PROGRAM))
    somebody.set_roles(resource.id, roleArn=FOREIGN)
    somebody.proton.tag_resource(resourceArn=resource.outputs["arn"], tags=pairs(team="b", extra="1"))
    somebody.reject(resource.id)
    driver.forget_calls()
    refreshed = driver.refreshed(resource)
    assert driver.calls() == [GET, LIST_TAGS]
    changed = {
        "roleArn": FOREIGN,
        "tags": {"extra": "1", "team": "b"},
        "tagsAll": {"extra": "1", "team": "b"},
    }
    assert refreshed.inputs == {**resource.inputs, **changed}
    assert refreshed.outputs["status"] == "REJECTED"
    assert refreshed.outputs["managedRoleArns"] == {"roleArn": OURS}


def test_a_refresh_changes_nothing_where_nothing_changed(new_run: Callable[..., Driver]) -> None:
    """Inputs and outputs stay the same; default tags do not become the resource's own."""
    driver = new_run(default_tags=(("team", "everyone"), ("cost", "1")))
    resource = driver.create(dict(PROGRAM))
    assert driver.refreshed(resource) == resource


def test_a_default_tag_that_somebody_changed_shows(
    new_run: Callable[..., Driver], somebody: Somebody
) -> None:
    """Drift of a default tag is seen, and mended by the next up."""
    driver = new_run(default_tags=(("cost", "1"),))
    resource = driver.create(dict(PROGRAM))
    somebody.proton.tag_resource(resourceArn=resource.outputs["arn"], tags=pairs(cost="2"))
    refreshed = driver.refreshed(resource)
    assert refreshed.inputs["tagsAll"] == {"cost": "2", "team": "a"}
    driver.update(refreshed, dict(PROGRAM))
    assert somebody.tags(resource.outputs["arn"]) == {"cost": "1", "team": "a"}


def test_a_connection_that_is_gone_is_seen(driver: Driver, somebody: Somebody) -> None:
    """A refresh finds an absent connection deleted."""
    resource = driver.create(dict(PROGRAM))
    somebody.delete(resource.id)
    assert driver.refresh(resource) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"access_key": OTHER_ACCOUNT}, WrongAccountError),
        ({"endpoint_url": "http://127.0.0.1:1", "max_attempts": 1}, EndpointUnreachableError),
    ],
)
@pytest.mark.parametrize("event", ["refresh", "delete"])
def test_what_can_not_be_seen_is_never_taken_for_gone(
    new_run: Callable[..., Driver], changes: dict[str, Any], error: type[ProtonError], event: str
) -> None:
    """Other credentials or a dead endpoint are errors, in a refresh and in a destroy."""
    resource = new_run().create(dict(PROGRAM))
    with pytest.raises(error):
        getattr(new_run(**changes), event)(resource)


def test_a_first_look_needs_an_id_alone(driver: Driver) -> None:
    """A get reads connection and tags and manages nothing; an absent connection is an error."""
    resource = driver.create(dict(PROGRAM))
    # What the resource's constructor gives for a get.
    given = {"environmentName": "", "managementAccountId": "", "__requester": PROGRAM["__requester"]}
    outputs = driver.get(resource.id, **given)
    assert (outputs["environmentName"], outputs["managementAccountId"]) == ("prod", MANAGEMENT_ACCOUNT)
    assert (outputs["tags"], outputs["managedRoleArns"]) == ({"team": "a"}, {})
    assert outputs["liveRoleArns"] == {"roleArn": OURS}
    assert not {"__requester", "__clientToken", "roleArn", "aws"} & set(outputs)
    with pytest.raises(ConnectionNotFoundError):
        driver.get(ABSENT, **given)


# Delete


@pytest.fixture
def made_before(new_run: Callable[..., Driver]) -> Resource:
    """A connection that an earlier run requested."""
    return new_run().create(dict(PROGRAM))


def test_destroying_deletes_the_connection(
    new_run: Callable[..., Driver], made_before: Resource, somebody: Somebody
) -> None:
    """One call, and nothing to say."""
    driver = new_run()
    driver.delete(made_before)
    assert driver.calls() == [DELETE]
    assert somebody.ids() == []
    assert driver.log_lines == []


@pytest.mark.parametrize("answer", ["ResourceNotFoundException", "success"])
def test_deleting_what_is_gone_is_success(
    aws: LocalAws, new_run: Callable[..., Driver], made_before: Resource, somebody: Somebody, answer: str
) -> None:
    """Either answer that AWS's model has for an absent connection is fine; who asked is made sure of."""
    if answer != "success":
        somebody.delete(made_before.id)
    driver = new_run()
    driver.delete(made_before)
    assert driver.calls() == [DELETE]
    assert somebody.ids() == []
    assert calls(aws, "sts") in ([], ["GetCallerIdentity"])


def test_what_this_run_has_taken_up_again_is_not_deleted(
    new_run: Callable[..., Driver], made_before: Resource, somebody: Somebody
) -> None:
    """A rename without an alias that adopts deletes the old name's resource last: the connection stays."""
    driver = new_run()
    renamed = driver.create(
        {**PROGRAM, "__requester": "organization/project/dev//renamed", "adoptExisting": True}
    )
    assert renamed.id == made_before.id
    driver.delete(made_before)
    assert somebody.ids() == [made_before.id]
    severity, text = driver.log_lines[-1]
    assert (severity, "is not deleted" in text) == ("info", True)


def test_a_forced_replacement_is_another_connection(
    new_run: Callable[..., Driver], made_before: Resource, somebody: Somebody
) -> None:
    """`up --replace` makes a new connection and deletes the old one, though AWS remembers the old token."""
    driver = new_run()
    driver.check(dict(PROGRAM), made_before.inputs)
    replacement = driver.create(dict(PROGRAM))
    driver.delete(made_before)
    assert somebody.ids() == [replacement.id] != [made_before.id]


def test_a_connection_that_was_deleted_is_requested_anew(
    new_run: Callable[..., Driver], made_before: Resource, somebody: Somebody
) -> None:
    """After a destroy the same program makes another connection with the same token."""
    new_run().delete(made_before)
    again = new_run().create(dict(PROGRAM))
    assert again.inputs["__clientToken"] == made_before.inputs["__clientToken"]
    assert somebody.ids() == [again.id] != [made_before.id]


def test_settings_of_aws_are_kept(driver: Driver) -> None:
    """The resource's own settings are in its outputs, for a destroy to use them."""
    aws = {"region": REGION, "assumeRoleArn": OURS}
    resource = driver.create({**PROGRAM, "aws": aws})
    assert resource.outputs["aws"] == aws
    assert driver.refreshed(resource).inputs["aws"] == aws

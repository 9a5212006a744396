"""For any program and any stack config, `check` accepts what AWS accepts, and neither `check` nor `diff` raises an error."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from accounts import ABSENT, ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, role_arn
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from near_misses import ACCOUNT_IDS, CONNECTION_IDS, ENVIRONMENT_NAMES, ROLE_ARNS, accepted, near
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import UNKNOWN, contains_unknowns

from proton_provider import dynamic, engine_log, rules
from proton_provider.errors import ConfigurationError
from proton_provider.operations import Operations, Process
from proton_provider.plugin.config import parse
from proton_provider.settings.aws_settings import AwsSettings
from proton_provider.settings.resolve import resolve
from proton_provider.wire_names import wire_name

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")

# The fixtures change nothing from one example to the next.
whatever = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

ROLES = dynamic.EnvironmentAccountConnectionRolesProvider
CONNECTION = dynamic.EnvironmentAccountConnectionProvider
ACCEPTER = dynamic.EnvironmentAccountConnectionAccepterProvider

GOOD: dict[type[dynamic._Adapter], dict[str, Any]] = {
    ROLES: {
        "connectionId": ABSENT,
        **dict.fromkeys(rules.ROLES, role_arn("r")),
        "onDelete": "restore",
        "aws": {"region": REGION},
    },
    CONNECTION: {
        "__requester": "organization/project/dev//connection",
        "environmentName": "prod",
        "managementAccountId": MANAGEMENT_ACCOUNT,
        **dict.fromkeys(rules.ROLES, role_arn("r")),
        "tags": {"team": "a"},
        "adoptExisting": True,
        "aws": {"region": REGION},
    },
    ACCEPTER: {"connectionId": ABSENT, "onDelete": "reject", "aws": {"region": REGION}},
}
"""A good value of every property of every resource."""

SHAPES_OF = {
    "connectionId": "EnvironmentAccountConnectionId",
    "environmentName": "ResourceName",
    "managementAccountId": "AwsAccountId",
    **dict.fromkeys(rules.ROLES, "RoleArn"),
}
"""The properties that go to AWS as they are, and their shapes in the service model."""


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What an event shows the user; there is no engine here."""
    lines: list[str] = []
    monkeypatch.setattr(engine_log, "show", lambda _address, _severity, text: lines.append(text))
    return lines


def provider(kind: type[dynamic._Adapter], config: dict[str, str]) -> dynamic._Adapter:
    """A provider with a stack's config, as the host makes it."""
    made = kind()
    made.configure(ConfigureRequest(Config(config, "project")))
    return made


def problems(kind: type[dynamic._Adapter], **inputs: Any) -> dict[str, str]:
    """What `check` says of good inputs with these in place of some."""
    checked = provider(kind, {}).check({}, {**GOOD[kind], **inputs})
    return {failure.property: failure.reason for failure in checked.failures}


# As AWS judges

ALIKE = [
    (ROLES, "connectionId", CONNECTION_IDS),
    (ACCEPTER, "connectionId", CONNECTION_IDS),
    (CONNECTION, "environmentName", ENVIRONMENT_NAMES),
    (CONNECTION, "managementAccountId", ACCOUNT_IDS),
    *((kind, role, ROLE_ARNS) for kind in (ROLES, CONNECTION) for role in rules.ROLES),
]


@pytest.mark.parametrize(("kind", "name", "good"), ALIKE)
def test_check_agrees_with_the_service_model(
    kind: type[dynamic._Adapter], name: str, good: st.SearchStrategy[str]
) -> None:
    """An input passes `check` if and only if the pattern and the length in AWS's service model take it."""
    # Roles have to agree with each other and with the Region, too, so each is looked at alone.
    of_roles = {**dict.fromkeys(rules.ROLES), "aws": {"region": UNKNOWN}}
    alone: dict[str, Any] = of_roles if name in rules.ROLES else {}

    @whatever
    @given(near(good))
    def judged_alike(value: str) -> None:
        found = problems(kind, **{**alone, name: value})
        assert list(found) == ([] if accepted(SHAPES_OF[name], value) else [name])

    judged_alike()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "is not known: set proton:region in the stack's config"),
        ({"aws:region": "eu-west-3"}, "must be a Region where AWS offered Proton: ap-northeast-1, "),
    ],
)
@pytest.mark.parametrize("kind", GOOD)
def test_a_region_without_proton_is_a_problem_of_each_kind(
    kind: type[dynamic._Adapter], config: dict[str, str], sentence: str
) -> None:
    """At preview, for a resource that does not name its Region itself."""
    (failure,) = provider(kind, config).check({}, {**GOOD[kind], "aws": None}).failures
    assert failure.property == "region"
    assert failure.reason.startswith(sentence)


# Whatever is given

# What protobuf carries to a provider: no half of a surrogate pair, and every number as a float.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "value"]) | TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
ANYTHING = JSON | st.just(UNKNOWN) | st.lists(JSON | st.just(UNKNOWN), max_size=2)
MEMBERS = [wire_name(f.name) for f in fields(AwsSettings)]
GOOD_MEMBERS = {
    "region": REGION,
    "profile": "absent",
    "assumeRoleArn": role_arn("deployer"),
    "externalId": "id",
    "sessionName": "name",
    "sessionTags": {"team": "a"},
    "durationSeconds": 900.0,
    "endpointUrl": "http://127.0.0.1:4600",
    "allowedAccountIds": [ENVIRONMENT_ACCOUNT],
    "maxAttempts": 3.0,
}


def properties(good: dict[str, Any], *, always: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Properties: each is absent, good or anything, and some that nobody knows; `always` stay good."""
    return st.builds(
        lambda known, strange: {**strange, **known, **{name: good[name] for name in always}},
        st.fixed_dictionaries({}, optional={name: st.just(value) | ANYTHING for name, value in good.items()}),
        st.dictionaries(TEXTS, ANYTHING, max_size=2),
    )


AWS = properties(GOOD_MEMBERS)
CONFIG_TEXTS = {
    "aws:region": st.just(REGION) | TEXTS,
    "proton:region": TEXTS,
    "proton:profile": TEXTS,
    "aws:profile": TEXTS,
    "aws:accessKey": TEXTS,
    "aws:secretKey": TEXTS,
    "aws:token": TEXTS,
    "proton:endpointUrl": st.just("http://127.0.0.1:4600") | TEXTS,
    "proton:assumeRoleArn": st.just(role_arn("r")) | TEXTS,
    "aws:maxRetries": st.floats().map(str) | st.integers().map(str) | TEXTS,
}
ROLE_MEMBERS = [
    "roleArn", "sessionName", "externalId", "duration", "policy", "policyArns", "sourceIdentity", "tags",
    "transitiveTagKeys",
]  # fmt: skip
ROLE_MAPS = st.fixed_dictionaries(
    {"roleArn": st.just(role_arn("r")) | JSON}, optional=dict.fromkeys(ROLE_MEMBERS[1:], JSON)
)
CONFIG_JSON = {
    "aws:assumeRoles": st.lists(ROLE_MAPS, max_size=2) | JSON,
    "aws:endpoints": st.lists(st.dictionaries(st.just("sts"), JSON), max_size=2) | JSON,
    "aws:defaultTags": st.dictionaries(st.just("tags"), st.dictionaries(TEXTS, JSON, max_size=3) | JSON)
    | JSON,
    "aws:allowedAccountIds": st.lists(ACCOUNT_IDS, max_size=2) | JSON,
    "aws:forbiddenAccountIds": JSON,
}
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        **CONFIG_TEXTS,
        **{key: values.map(json.dumps) | TEXTS for key, values in CONFIG_JSON.items()},
    },
)
DEEP = "[" * 100_000


def outputs_of(kind: type[dynamic._Adapter]) -> dict[str, Any]:
    """What state holds of a resource with good inputs."""
    inputs = provider(kind, {}).check({}, dict(GOOD[kind])).inputs
    arns = {role: GOOD[kind][role] for role in rules.ROLES if role in GOOD[kind]}
    return {
        **inputs,
        "arn": f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/{ABSENT}",
        "environmentAccountId": ENVIRONMENT_ACCOUNT,
        "environmentName": "prod",
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "status": "REJECTED",
        "requestedAt": "2026-01-01T00:00:00.000Z",
        "lastModifiedAt": "2026-01-01T00:00:00.000Z",
        "managedRoleArns": arns,
        "previousRoleArns": {},
        "liveRoleArns": arns,
    }


@pytest.mark.parametrize("kind", list(GOOD))
def test_nothing_makes_check_or_diff_raise(kind: type[dynamic._Adapter], lines: list[str]) -> None:
    """Any value of any property, known or not, gets a sentence about it or passes; what passes is what AWS takes."""
    state = outputs_of(kind)
    always = ("__requester",) if kind is CONNECTION else ()  # the resource's own, not the user's

    @whatever
    @given(
        news=properties({**GOOD[kind], "aws": None}, always=always),
        aws=st.just({"region": REGION}) | AWS | ANYTHING,
        olds=st.sets(st.sampled_from(sorted(state))).map(
            lambda kept: {name: state[name] for name in kept}  # of this version, or of one that recorded less
        ),
        config=st.just({"aws:region": REGION}) | CONFIGS,
    )
    def judged(news: Any, aws: Any, olds: Any, config: dict[str, str]) -> None:
        news["aws"] = aws
        driven = provider(kind, config)
        checked = driven.check(olds, news)
        lines.clear()
        driven.diff(ABSENT, state, checked.inputs)
        for failure in checked.failures:
            assert failure.property in {*GOOD[kind], "region", ""}
            assert failure.reason
        if not checked.failures:
            for name, shape in SHAPES_OF.items():
                value = checked.inputs.get(name)
                assert value is None or contains_unknowns(value) or accepted(shape, value)

    judged()


@whatever
@given(
    config=CONFIGS,
    aws=st.none() | st.fixed_dictionaries({}, optional={k: st.just(v) for k, v in GOOD_MEMBERS.items()}),
)
@example(config={"aws:assumeRoles": DEEP}, aws=None)
def test_config_reads_as_texts_or_not_at_all(config: dict[str, str], aws: Any) -> None:
    """Settings that were read can be kept and compared, so they hold texts and numbers only, whatever the config has."""
    try:
        found = resolve(aws, config.get)
    except ConfigurationError:
        return
    assert hash(found) == hash(resolve(aws, config.get))
    for role in found.assume_roles:
        for text in (role.session_name, role.external_id, role.policy, role.source_identity):
            assert text is None or isinstance(text, str)


MANY = {f"key-{number}": "x" for number in range(51)}


@pytest.mark.parametrize("tags", [MANY, {"aws:x": "y"}, {"k" * 129: "x"}, {"k": "x" * 257}])
@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("is_native", [False, True], ids=["dynamic", "native"])
def test_default_tags_that_aws_refuses_matter_only_where_they_are_sent(
    tags: dict[str, str], kind: type[dynamic._Adapter], is_native: bool
) -> None:
    """They fail the check of the one resource that has tags; others, and every destroy, do without them."""
    if is_native:
        plugin = parse({"defaultTags": tags, "region": REGION})
        assert plugin.problems() == []
        operations = Operations(plugin.get, contains_unknowns, Process(), plugin.fill_in)
    else:
        config = {"aws:defaultTags": json.dumps({"tags": tags}), "aws:region": REGION}
        operations = provider(kind, config)._operations
    checked = operations.check(kind().lifecycle, {}, dict(GOOD[kind]), lambda *_: None)
    assert [name for name, _ in checked.problems] == (["tags"] if kind is CONNECTION else [])
    assert all("default tags" in why for _, why in checked.problems)
    resolved = operations._settings.resolved({"region": REGION})
    assert dict(resolved.default_tags or ()) == tags

"""What users declare, as far as it needs no engine: forms of the constructors, names, and what is left alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import ResourceOptions
from pulumi.dynamic import Resource

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionAccepterArgs,
    EnvironmentAccountConnectionArgs,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
    resources,
)
from proton_provider.lifecycle.properties import CONNECTION_OUTPUTS
from proton_provider.rules import ROLES
from proton_provider.wire_names import wire_name

KINDS: list[tuple[Any, Any, dict[str, Any]]] = [
    (
        EnvironmentAccountConnectionRoles,
        EnvironmentAccountConnectionRolesArgs,
        {"connection_id": "id", "role_arn": "a"},
    ),
    (
        EnvironmentAccountConnection,
        EnvironmentAccountConnectionArgs,
        {"environment_name": "prod", "management_account_id": "1", "tags": {"role_arn": "x"}},
    ),
    (EnvironmentAccountConnectionAccepter, EnvironmentAccountConnectionAccepterArgs, {"connection_id": "id"}),
]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the constructors hand to the SDK, which is not run."""
    seen: dict[str, Any] = {}

    def construct(
        self: Resource, provider: object, name: str, props: dict[str, Any], opts: object = None
    ) -> None:
        props["__provider"] = "as the SDK does"
        seen.update(provider=provider, name=name, props=props, opts=opts)

    monkeypatch.setattr(Resource, "__init__", construct)
    return seen


def test_type_tokens_are_frozen() -> None:
    """The type tokens that users' states hold."""
    assert [f"pulumi-python:{kind._resource_type_name}" for kind, _, _ in KINDS] == [
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionRoles",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnection",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionAccepter",
    ]


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_both_forms_of_a_constructor_say_the_same(
    declared: dict[str, Any], kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """Keyword arguments and an object of arguments, options by place or by name, declare the same."""
    opts = ResourceOptions(protect=True)
    forms: list[Callable[[], Any]] = [
        lambda: kind("name", opts=opts, **arguments),
        lambda: kind("name", opts, **arguments),
        lambda: kind("name", args(**arguments), opts),
        lambda: kind("name", args(**arguments), opts=opts),
        lambda: kind("name", args=args(**arguments), opts=opts),
    ]
    made = []
    for form in forms:
        form()
        made.append({**declared, "provider": type(declared["provider"])})
    assert all(one == made[0] for one in made)
    assert (made[0]["name"], made[0]["opts"]) == ("name", opts)


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_mixed_and_wrong_arguments_are_type_errors(
    declared: dict[str, Any], kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """Both forms at once, unknown and missing arguments are told by name before anything is declared."""
    with pytest.raises(TypeError, match="not both"):
        kind("name", args(**arguments), **arguments)
    with pytest.raises(TypeError, match="rolle"):
        kind("name", **arguments, rolle="x")
    with pytest.raises(TypeError, match=next(iter(arguments))):
        kind("name")
    assert declared == {}


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_another_packages_provider_is_refused(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """An explicit provider would be ignored without a word, so it is refused with what to do instead."""
    opts = ResourceOptions()
    opts.provider = object()  # type: ignore[assignment]  # a real one needs an engine
    with pytest.raises(ValueError, match=r"'name' takes no provider: .* aws=AwsSettings\(\.\.\.\)"):
        kind("name", opts=opts, **arguments)


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_nothing_of_the_callers_is_changed(
    declared: dict[str, Any], kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """The SDK writes into the properties it is given, so they are a dict of their own."""
    given = {**arguments, "aws": {"region": "us-east-1", "sessionTags": [{"key": "a", "value": "b"}]}}
    before = copy.deepcopy(given)
    kind("name", **given)
    one = args(**given)
    kind("name", one)
    assert given == before
    assert one == args(**before)
    assert "__provider" in declared["props"]


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_every_output_is_declared(
    declared: dict[str, Any], kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """All that the life cycles answer is declared by its name in Python, so that programs can use it."""
    kind("name", **arguments)
    names = {wire_name(name) for name in declared["props"]}
    assert {*CONNECTION_OUTPUTS, "region", "liveRoleArns"} <= names
    if kind is not EnvironmentAccountConnectionAccepter:
        assert {"managedRoleArns", "previousRoleArns", *ROLES} <= names


@pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)
def test_names_are_awss_on_the_wire_and_pythons_in_python(
    declared: dict[str, Any], kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """Every property is translated to AWS's spelling and back."""
    kind("name", **arguments)
    for name in set(declared["props"]) - {"__provider"}:
        wire = kind.translate_input_property(None, name)
        assert "_" not in wire
        assert kind.translate_output_property(None, wire) == name


def test_tags_keep_their_keys(declared: dict[str, Any]) -> None:
    """A tag whose key looks like a property's name travels as a value, which nobody translates."""
    tags = {"role_arn": "a", "roleArn": "b", "__provider": "c"}
    EnvironmentAccountConnection("name", environment_name="prod", management_account_id="1", tags=tags)
    assert declared["props"]["tags"] == [{"key": key, "value": value} for key, value in tags.items()]


def test_settings_travel_by_awss_names(declared: dict[str, Any]) -> None:
    """AwsSettings become a map of the members that are given; a map goes as it is."""
    EnvironmentAccountConnectionAccepter("name", connection_id="id", aws=AwsSettings(assume_role_arn="a"))
    assert declared["props"]["aws"] == {"assumeRoleArn": "a"}


def test_requesters_differ_as_urns_do() -> None:
    """Who requests a connection is told apart by stack, by the type of its parent, and by its name."""

    class Parent:
        pulumi_resource_type = "my:component:Environment"

    opts = ResourceOptions()
    opts.parent = Parent()  # type: ignore[assignment]  # a real one needs an engine
    requesters = {
        resources._requester("a", None),
        resources._requester("b", None),
        resources._requester("a", ResourceOptions()),
        resources._requester("a", opts),
    }
    assert len(requesters) == 3


@pytest.mark.parametrize("kind", [kind for kind, _, _ in KINDS])
def test_a_get_asks_for_an_id_alone(declared: dict[str, Any], kind: Any) -> None:
    """A get is the resource with its id as an option; the user's other options stay."""
    kind.get("name", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", ResourceOptions(protect=True))
    opts = declared["opts"]
    assert (opts.id, opts.protect) == ("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", True)

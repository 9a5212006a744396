"""The resource classes with Pulumi's mocks: forms of the constructors, names, maps, providers, subclasses."""

from __future__ import annotations

import copy
import inspect
import pydoc
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pulumi
import pytest
from mocks import EchoingMocks, awaited, run
from pulumi import Output, ResourceOptions
from pulumi.runtime import rpc

from proton_provider import (
    AwsSettings,
    EnvironmentAccountConnection,
    EnvironmentAccountConnectionAccepter,
    EnvironmentAccountConnectionAccepterArgs,
    EnvironmentAccountConnectionArgs,
    EnvironmentAccountConnectionRoles,
    EnvironmentAccountConnectionRolesArgs,
)
from proton_provider.program.resource import ConnectionResource

A, B = (f"arn:aws:iam::222222222222:role/{name}" for name in "ab")
KINDS: list[tuple[Any, Any, dict[str, Any]]] = [
    (
        EnvironmentAccountConnectionRoles,
        EnvironmentAccountConnectionRolesArgs,
        {"connection_id": "id", "role_arn": A},
    ),
    (
        EnvironmentAccountConnection,
        EnvironmentAccountConnectionArgs,
        {"environment_name": "prod", "management_account_id": "1", "tags": {"role_arn": "x"}},
    ),
    (EnvironmentAccountConnectionAccepter, EnvironmentAccountConnectionAccepterArgs, {"connection_id": "id"}),
]
each = pytest.mark.parametrize(("kind", "args", "arguments"), KINDS)


def outputs_in(kind: Any) -> list[str]:
    """The names of all outputs of a resource, in Python."""
    properties = inspect.getmembers(kind, lambda value: isinstance(value, property))
    return [name for name, _ in properties if not name.startswith("_")]


def test_type_tokens_are_frozen() -> None:
    """The type tokens that users' states hold, also as `pulumi_type`."""
    tokens = [
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionRoles",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnection",
        "pulumi-python:dynamic/proton:EnvironmentAccountConnectionAccepter",
    ]
    assert [f"pulumi-python:{kind._resource_type_name}" for kind, _, _ in KINDS] == tokens
    assert [kind.pulumi_type for kind, _, _ in KINDS] == tokens


@each
def test_a_subclass_keeps_the_type(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """A refactoring to a subclass, or to a subclass of one, is no other resource; one with a name of its own is."""

    class House(kind):  # type: ignore[misc]  # one of three
        def __init__(self, name: str, **named: Any) -> None:
            super().__init__(name, **arguments, **named)

    class Wing(House):
        pass

    class Other(kind, module="house", name="Other"):  # type: ignore[misc, call-arg]  # one of three
        pass

    mocks = EchoingMocks()
    run(mocks, lambda: [House("house").urn, Wing("wing").urn, Other("other", **arguments).urn])
    types = {made.name: made.typ for made in mocks.made}
    assert types == {
        "house": kind.pulumi_type,
        "wing": kind.pulumi_type,
        "other": "pulumi-python:dynamic/house:Other",
    }


@each
def test_help_explains_each_argument(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """`help(...)` shows our own documentation of each argument, not that of the SDK's constructor."""
    text = inspect.getdoc(kind.__init__)
    assert text is not None
    assert [
        name
        for name in ("resource_name", "opts", *(f.name for f in fields(args)))
        if f":param {name}:" not in text
    ] == []
    shown = pydoc.plain(pydoc.render_doc(kind))
    assert ":param str provider" not in shown
    assert all(inspect.getdoc(getattr(kind, name)) for name in outputs_in(kind))


@each
def test_both_forms_of_a_constructor_say_the_same(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """Keyword arguments and an object of arguments, options by place or by name, declare the same."""
    opts = ResourceOptions(depends_on=[])
    forms: list[Callable[[str], Any]] = [
        lambda name: kind(name, opts=opts, **arguments),
        lambda name: kind(name, opts, **arguments),
        lambda name: kind(name, args(**arguments), opts),
        lambda name: kind(name, args(**arguments), opts=opts),
        lambda name: kind(name, args=args(**arguments), opts=opts),
    ]
    mocks = EchoingMocks()
    run(mocks, lambda: [form(str(number)).urn for number, form in enumerate(forms)])
    made = [mocks.inputs(str(number)) for number in range(len(forms))]
    assert made == [made[0]] * len(forms)
    assert made[0]


@each
def test_each_input_may_be_a_coroutine(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """Python awaits a coroutine once; arguments and settings that two resources share are as good as their values."""
    settings: dict[str, Any] = {
        "region": "us-east-1",
        "session_tags": {"a_b": "c"},
        "allowed_account_ids": ["1"],
    }

    def program() -> Any:
        shared = {**awaited(arguments), "aws": AwsSettings(**awaited(settings))}
        made = [kind("a", **shared), kind("b", args(**shared)), kind.get("read", awaited("some-id"))]
        return [kind("plain", **arguments, aws=AwsSettings(**settings)).urn, *(one.urn for one in made)]

    mocks = EchoingMocks()
    run(mocks, program)
    # What `check` adds by itself a program adds only as far as it knows it.
    sent = {name: {**mocks.inputs(name), "region": None} for name in ("a", "b", "plain")}
    assert sent["a"] == sent["b"] == sent["plain"]
    (read,) = [made for made in mocks.made if made.name == "read"]
    assert read.resource_id == "some-id"


@each
def test_mixed_and_wrong_arguments_are_type_errors(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """Both forms at once, unknown and missing arguments are named before anything is declared."""
    with pytest.raises(TypeError, match="not both"):
        kind("name", args(**arguments), **arguments)
    with pytest.raises(TypeError, match="rolle"):
        kind("name", **arguments, rolle="x")
    with pytest.raises(TypeError, match=next(iter(arguments))):
        kind("name")


@each
def test_nothing_of_the_callers_is_changed(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """The SDK writes into the properties it is given, so they are a dict of their own."""
    given = {**arguments, "aws": {"region": "us-east-1", "sessionTags": {"a": "b"}}}
    before = copy.deepcopy(given)
    one = args(**given)
    run(EchoingMocks(), lambda: [kind("a", **given).urn, kind("b", one).urn])
    assert given == before
    assert one == args(**before)


@each
@pytest.mark.parametrize("preview", [True, False])
def test_what_a_mock_leaves_out_is_none_or_unknown(
    preview: bool, kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """A given input reads back; an output that the mock leaves out is None, or unknown in a preview, and never raises."""

    def program() -> Any:
        made = kind("name", **arguments, aws=AwsSettings(region="us-east-1", session_tags={"a_b": "c"}))
        read = kind.get("read", "some-id")
        outputs = {name: getattr(made, name) for name in outputs_in(kind) if not name.startswith("pulumi_")}
        of_read = {name: getattr(read, name) for name in outputs_in(kind) if not name.startswith("pulumi_")}

        async def values(all_outputs: dict[str, Any]) -> Any:
            return {name: await output.future() for name, output in all_outputs.items()}

        return Output.all(Output.from_input(values(outputs)), Output.from_input(values(of_read)))

    found, read = run(EchoingMocks(), program, preview=preview)
    assert {name: found[name] for name in arguments} == arguments
    assert found["aws"] == {"region": "us-east-1", "session_tags": {"a_b": "c"}}
    assert [name for name in outputs_in(kind) if not name.startswith("pulumi_") and name not in found] == []
    assert found["status"] is None
    assert read.get("tags") is None
    assert read.get("role_arn") is None


def test_what_a_mock_gives_is_an_output() -> None:
    """Roles that are not given come from `liveRoleArns`; maps of role ARNs have Python's names, tags their own keys."""
    mocks = EchoingMocks(
        {
            "liveRoleArns": {"roleArn": A, "codebuildRoleArn": B},
            "tagsAll": {"roleArn": "x"},
            "status": "PENDING",
        }
    )

    def program() -> Any:
        made = EnvironmentAccountConnection(
            "name", environment_name="prod", management_account_id="1", role_arn=B
        )
        accepted = EnvironmentAccountConnectionAccepter("accepted", connection_id=made.id)
        return Output.all(
            made.role_arn,
            made.codebuild_role_arn,
            made.component_role_arn,
            made.live_role_arns,
            made.tags_all,
            made.status,
            accepted.role_arn,
        )

    live = {"role_arn": A, "codebuild_role_arn": B}
    assert run(mocks, program) == [B, B, None, live, {"roleArn": "x"}, "PENDING", A]


def test_an_exported_resource_does_not_carry_what_is_its_own() -> None:
    """Who requests and the client token are none of the outputs that a whole exported resource becomes."""

    def program() -> Any:
        made = EnvironmentAccountConnection("name", environment_name="prod", management_account_id="1")
        return sorted(name for name in vars(made) if not name.startswith("_"))

    names = run(EchoingMocks(), program)
    assert not [name for name in names if "requester" in name or "token" in name.lower()]
    assert {"environment_name", "id", "urn", "status"} <= set(names)


def test_names_are_awss_on_the_wire_and_maps_keep_their_keys() -> None:
    """Every property has AWS's spelling, and no key of a user's map is translated, however much it looks like one."""
    tags = {"role_arn": "a", "roleArn": "b", "__provider": "c"}
    mocks = EchoingMocks()
    run(
        mocks,
        lambda: (
            EnvironmentAccountConnection(
                "name",
                environment_name="prod",
                management_account_id="1",
                tags={**tags, "later": Output.from_input("d"), "left_out": Output.from_input(None)},  # type: ignore[arg-type]  # what a program may come to
                aws=AwsSettings(assume_role_arn="a", session_tags={"cost_center": "x"}),
            ).urn
        ),
    )
    assert mocks.inputs("name") == {
        "environmentName": "prod",
        "managementAccountId": "1",
        "adoptExisting": False,
        "tags": {**tags, "later": "d"},
        "tagsAll": {**tags, "later": "d"},
        "aws": {"assumeRoleArn": "a", "sessionTags": {"cost_center": "x"}},
    }


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("below", [True, False])
def test_what_a_transformation_makes_secret_is_noted(
    stack_config: Callable[..., None], in_place: bool, below: bool
) -> None:
    """Which inputs are secret is decided from what is sent, whichever way a transformation sets it."""
    stack_config({"aws:token": "t", "aws:region": "r", "other:key": "k"}, ["aws:token", "other:key"])

    def hide(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not isinstance(args.resource, EnvironmentAccountConnection):
            return None
        props: Any = args.props if in_place else {**args.props}
        props |= {"role_arn": Output.secret("arn"), "tags": {"a": Output.secret("b")}}
        return None if in_place else pulumi.ResourceTransformationResult(props, args.opts)

    mocks = EchoingMocks()

    def program() -> Any:
        opts = ResourceOptions(transformations=[hide])
        if below:
            opts = ResourceOptions(parent=pulumi.ComponentResource("house:index:House", "house", None, opts))
        return EnvironmentAccountConnection(
            "name", opts, environment_name="prod", management_account_id="1"
        ).urn

    run(mocks, program)
    (sent,) = [args.inputs for args in mocks.made if args.name == "name"]
    assert sent["__secrets"] == ["aws:token", "roleArn", "tags"]
    assert rpc.unwrap_rpc_secret(sent["tagsAll"]) == rpc.unwrap_rpc_secret(sent["tags"]) == {"a": "b"}


@each
def test_an_sdk_that_runs_no_transformation_of_ours_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """It may call the attribute otherwise that a resource replaces. Without its own, a resource lacks internal inputs."""
    monkeypatch.delattr(ConnectionResource, "_transformations")
    with pytest.raises(RuntimeError, match="does not work with the installed version of pulumi"):
        run(EchoingMocks(), lambda: kind("it", **arguments))


@pytest.mark.parametrize("given", [None, {"owner": "me"}])
def test_a_transformation_that_tags_everything_tags_a_connection(given: dict[str, str] | None) -> None:
    """Auto-tagging as written for pulumi-aws: `hasattr(resource, "tags")`, and a map under `tags` in the properties."""

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not hasattr(args.resource, "tags"):
            return None
        assert isinstance(args.props, dict)
        props = {**args.props, "tags": {**(args.props["tags"] or {}), "auto_tag": "1"}}
        return pulumi.ResourceTransformationResult(props, args.opts)

    mocks = EchoingMocks()
    opts = ResourceOptions(transformations=[tag])

    def program() -> Any:
        made = EnvironmentAccountConnection(
            "name", environment_name="prod", management_account_id="1", tags=given, opts=opts
        )
        return made.tags

    assert run(mocks, program) == {**(given or {}), "auto_tag": "1"}
    assert mocks.inputs("name")["tags"] == {**(given or {}), "auto_tag": "1"}


@each
def test_lists_of_names_in_the_options_have_either_spelling(
    monkeypatch: pytest.MonkeyPatch, kind: Any, args: Any, arguments: dict[str, Any]
) -> None:
    """`ignore_changes` and its like are translated where they hold Python's name, and paths into maps stay as they are."""
    requests: list[Any] = []
    original = pulumi.runtime.mocks.MockMonitor.RegisterResource

    def register(self: Any, request: Any) -> Any:
        requests.append(request)
        return original(self, request)  # type: ignore[no-untyped-call]  # the SDK's

    monkeypatch.setattr(pulumi.runtime.mocks.MockMonitor, "RegisterResource", register)
    names = [
        "live_role_arns",
        "liveRoleArns",
        "tags.last_scan",
        'tags["last_scan"]',
        "aws.max_attempts",
        "live_role_arns.role_arn",
        next(iter(arguments)),
    ]
    opts = ResourceOptions(
        ignore_changes=names, replace_on_changes=names, additional_secret_outputs=names, hide_diffs=names
    )
    run(EchoingMocks(), lambda: kind("name", opts, **arguments).urn)
    (request,) = [request for request in requests if request.name == "name"]
    for translated in (
        request.ignoreChanges,
        request.replaceOnChanges,
        request.additionalSecretOutputs,
        request.hideDiffs,
    ):
        assert translated[:-1] == [
            "liveRoleArns",
            "liveRoleArns",
            "tags.last_scan",
            'tags["last_scan"]',
            "aws.maxAttempts",
            "liveRoleArns.roleArn",
        ]
        assert "_" not in translated[-1]
    assert opts.hide_diffs == names


@pytest.mark.parametrize(
    ("types", "full_name"),
    [
        ("t:i:Prod$t:i:Env", "t:i:Prod$t:i:Env$::name"),
        ("t:i:Env", "t:i:Env$::name"),
        ("pulumi:pulumi:Stack", "name"),
        (None, "name"),
    ],
)
@each
def test_names_differ_as_urns_do(
    kind: Any, args: Any, arguments: dict[str, Any], types: str | None, full_name: str
) -> None:
    """A resource is known by the types of all its parents and its name."""

    def program() -> Any:
        parent = pulumi.ComponentResource("t:i:Env", "parent") if types else None
        if parent is not None:  # the mocks' own URNs have the direct parent's type alone
            urn = pulumi.Output.from_input(f"urn:pulumi:stack::project::{types}::parent")
            parent.__dict__["urn"] = urn
        return kind("name", opts=ResourceOptions(parent=parent), **arguments).urn

    mocks = EchoingMocks()
    run(mocks, program)
    # The parent's registration may end after the child's.
    assert [made.inputs["__name"] for made in mocks.made if made.name == "name"] == [full_name]


@each
def test_a_get_asks_for_an_id_alone(kind: Any, args: Any, arguments: dict[str, Any]) -> None:
    """A get reads the resource with this id, and sends nothing that a program would have to give."""
    mocks = EchoingMocks()
    run(mocks, lambda: kind.get("name", "some-id").urn)
    (read,) = mocks.made
    assert read.resource_id == "some-id"
    assert mocks.inputs("name") == (
        {} if kind is EnvironmentAccountConnection else {"connectionId": "some-id"}
    )

"""The adapter, driven by the SDK's own objects as the host process drives it: unknowns, events, tracebacks, messages."""

from __future__ import annotations

import base64
import importlib.util
import json
import pickletools
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dill
import pytest
from accounts import (
    ABSENT,
    CLIENTS,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    calls,
    client,
    role_arn,
)
from log_engines import LogEngine, listening
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime.proto import engine_pb2

from proton_provider import dynamic, stopping
from proton_provider.dynamic import (
    EnvironmentAccountConnectionAccepterProvider,
    EnvironmentAccountConnectionProvider,
    EnvironmentAccountConnectionRolesProvider,
)
from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    ProtonError,
    StoppedError,
    WrongAccountError,
)
from proton_provider.local import LocalAws
from proton_provider.operations import Process

ROLE, NEWER = role_arn("proton"), role_arn("newer")
PROVIDERS = [
    EnvironmentAccountConnectionRolesProvider,
    EnvironmentAccountConnectionProvider,
    EnvironmentAccountConnectionAccepterProvider,
]
ROLES_PROGRAM = {"connectionId": ABSENT, "roleArn": ROLE}
CONNECTION_PROGRAM = {
    "__requester": "organization/project/dev//connection",
    "environmentName": "prod",
    "managementAccountId": MANAGEMENT_ACCOUNT,
    "roleArn": ROLE,
}
GET, UPDATE = "GetEnvironmentAccountConnection", "UpdateEnvironmentAccountConnection"
SDK = {"__provider": "gASV"}
"""What the SDK adds to the properties."""


def configured(kind: type[ResourceProvider], **config: Any) -> Any:
    """A provider as the host makes it: unpickled, and given the stack's config; `aws__region` for `aws:region`."""
    provider = dill.loads(base64.b64decode(serialize_provider(kind())))  # noqa: S301  # what was pickled here
    texts = {
        name.replace("__", ":"): value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    provider.configure(ConfigureRequest(Config(texts, "project")))
    return provider


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a run of its own: a process remembers what its program declares, and its secrets."""
    process = Process(CLIENTS)
    for kind in PROVIDERS:
        monkeypatch.setattr(kind, "process", process)


@pytest.fixture
def local_config(aws: LocalAws) -> dict[str, Any]:
    """The config of a stack that is pointed at the local AWS."""
    return {
        "aws__region": REGION,
        "aws__accessKey": ENVIRONMENT_ACCOUNT,
        "aws__secretKey": "local",
        "aws__endpoints": [{"sts": aws.url}],
        "proton__endpointUrl": aws.url,
    }


@pytest.fixture
def roles(local_config: dict[str, Any]) -> Any:
    return configured(EnvironmentAccountConnectionRolesProvider, **local_config)


@pytest.fixture
def connection_id(aws: LocalAws) -> str:
    made = client(aws, "proton").create_environment_account_connection(
        environmentName="prod", managementAccountId=MANAGEMENT_ACCOUNT
    )
    return str(made["environmentAccountConnection"]["id"])


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogEngine]:
    """An engine whose address is the process's last argument, after options of logging and tracing."""
    log = LogEngine()
    with listening(log) as address:
        monkeypatch.setattr(sys, "argv", ["plugin", "--tracing", "file:/tmp/t", address])
        yield log


# What state holds


@pytest.mark.parametrize("kind", PROVIDERS)
def test_providers_are_stored_by_reference(kind: type[ResourceProvider]) -> None:
    """A user's state holds module and class name in clear, and nothing of the program's or of Python's."""
    text = serialize_provider(kind())
    words = [word for _, word, _ in pickletools.genops(base64.b64decode(text)) if isinstance(word, str)]
    assert words == ["proton_provider.dynamic", kind.__name__]
    assert kind.serialize_as_secret_always is False
    assert type(configured(kind)) is kind


def test_provider_names_are_frozen() -> None:
    """The names that users' states hold."""
    assert [kind.__qualname__ for kind in PROVIDERS] == [
        "EnvironmentAccountConnectionRolesProvider",
        "EnvironmentAccountConnectionProvider",
        "EnvironmentAccountConnectionAccepterProvider",
    ]


# Check, with what the engine does not know yet


def failures(result: Any) -> dict[str, str]:
    return {failure.property: failure.reason for failure in result.failures}


CHECKED = [
    *(
        (EnvironmentAccountConnectionRolesProvider, ROLES_PROGRAM, name)
        for name in (*ROLES_PROGRAM, "onDelete")
    ),
    *(
        (EnvironmentAccountConnectionProvider, CONNECTION_PROGRAM, name)
        for name in ("environmentName", "managementAccountId", "roleArn", "tags", "adoptExisting")
    ),
    *(
        (EnvironmentAccountConnectionAccepterProvider, {"connectionId": ABSENT}, name)
        for name in ("connectionId", "onDelete")
    ),
]


@pytest.mark.parametrize(("kind", "program", "name"), CHECKED)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_unknown_inputs_pass_and_stay_unknown(
    kind: type[ResourceProvider], program: dict[str, Any], name: str
) -> None:
    """An input that is not known yet is no problem and reaches the engine as it came; the Region is known."""
    provider = configured(kind, aws__region=REGION)
    result = provider.check({}, {**program, name: UNKNOWN, **SDK})
    assert failures(result) == {}
    assert result.inputs[name] is UNKNOWN
    assert result.inputs["region"] == REGION
    assert "__provider" not in result.inputs


@pytest.mark.parametrize(
    ("olds", "config", "warned"),
    [
        ({}, {}, True),
        ({"roleArn": role_arn("another")}, {}, True),
        ({"roleArn": UNKNOWN}, {}, True),
        ({}, {"proton__endpointUrl": "http://127.0.0.1:1"}, False),
        (None, {}, False),
        ({"onDelete": "restore"}, {}, False),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_what_will_fail_at_awss_own_endpoint_is_warned_of_at_preview(
    monkeypatch: pytest.MonkeyPatch, olds: dict[str, Any] | None, config: dict[str, Any], warned: bool
) -> None:
    """A create, or a change that Proton gets, is warned of once in a run; what needs no call is not."""
    lines: list[str] = []
    monkeypatch.setattr("proton_provider.engine_log.show", lambda *logged: lines.append(logged[2]))
    provider = configured(EnvironmentAccountConnectionRolesProvider, aws__region=REGION, **config)
    before = {} if olds == {} else {**ROLES_PROGRAM, "region": REGION, "onDelete": "retain"}
    news = {**ROLES_PROGRAM, **(olds or {})}
    for _ in range(2):
        provider.check(before, dict(news))
    if warned:
        other = configured(EnvironmentAccountConnectionAccepterProvider, aws__region=REGION, **config)
        other.check({}, {"connectionId": UNKNOWN})
    assert [text.partition(",")[0] for text in lines] == ["AWS ended Proton on 7 October 2026"] * warned


def host(cancel: Callable[..., Any] | None) -> types.ModuleType:
    """The host of dynamic providers, with this method for Cancel, as the main module of its process."""
    main = types.ModuleType("__main__")
    main.__spec__ = importlib.util.find_spec("pulumi.dynamic.__main__")
    if cancel is not None:
        main.DynamicResourceProviderServicer = type("Servicer", (), {"Cancel": cancel})  # type: ignore[attr-defined]
    return main


def wrapped_method() -> Callable[..., Any]:
    """A method as a decorator makes it, with a variable of the function around it."""
    inner = host
    return lambda *_: inner


@pytest.mark.parametrize(
    ("make", "warned"),
    [
        (lambda: host(lambda *_: None), False),
        (lambda: host(wrapped_method()), True),
        (lambda: host(None), True),
    ],
    ids=["plain", "wrapped", "other name"],
)
@pytest.mark.usefixtures("no_aws_in_shell", "own_run")
def test_a_host_whose_cancel_cannot_be_heard_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any], warned: bool
) -> None:
    """The SDK has no hook for Cancel, and the code of its method is replaced. Where that is not possible, a warning says so."""
    lines: list[str] = []
    monkeypatch.setattr("proton_provider.engine_log.show", lambda *shown: lines.append(shown[2]))
    dynamic._stop_on_cancel.cache_clear()
    main = make()
    monkeypatch.setitem(sys.modules, "__main__", main)
    for _ in PROVIDERS:
        dynamic._stop_on_cancel()
    assert [line.partition(" the waits")[0] for line in lines] == ["A cancelled run will not end"] * warned
    if not warned:
        main.DynamicResourceProviderServicer.Cancel(None, None, None)
        with pytest.raises(StoppedError):
            stopping.pause(0, "nothing")


@pytest.mark.usefixtures("no_aws_in_shell")
def test_what_depends_on_the_unknown_is_unknown() -> None:
    """A token and all tags are unknown while what they are made of is, and known at preview otherwise."""
    provider = configured(EnvironmentAccountConnectionProvider, aws__region=REGION)
    inputs = provider.check({}, {**CONNECTION_PROGRAM, "environmentName": UNKNOWN, "tags": UNKNOWN}).inputs
    assert isinstance(inputs["__clientToken"], Unknown)
    assert isinstance(inputs["tagsAll"], Unknown)
    of_program = {"tags": {"team": "a"}, "tagsAll": {"team": "a"}}
    for aws in ({"region": REGION, "provider": UNKNOWN}, UNKNOWN):
        inputs = provider.check({}, {**CONNECTION_PROGRAM, **of_program, "aws": aws}).inputs
        assert isinstance(inputs["tagsAll"], Unknown)
    inputs = provider.check({}, dict(CONNECTION_PROGRAM)).inputs
    assert not any(isinstance(value, Unknown) for value in inputs.values())


@pytest.mark.usefixtures("no_aws_in_shell")
def test_a_state_of_another_type_is_an_error_before_any_change() -> None:
    """An alias from aws-native, whose inputs have no Region, fails the check of a preview."""
    provider = configured(EnvironmentAccountConnectionProvider, aws__region=REGION)
    foreign = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}
    found = failures(provider.check({**foreign, **SDK}, {**CONNECTION_PROGRAM, **SDK}))
    assert list(found) == [""]
    assert "docs/adopt-what-exists.md" in found[""]


@pytest.mark.parametrize(
    ("aws", "region", "problems"),
    [
        (None, REGION, []),
        ({"maxAttempts": 3.0}, REGION, []),
        ({"region": "eu-west-1"}, "eu-west-1", []),
        ({"assumeRoleArn": UNKNOWN}, REGION, []),
        ({"assumeRoleArn": UNKNOWN, "externalId": "x"}, REGION, []),
        ({"assumeRoleArn": ROLE, "sessionTags": {"a": UNKNOWN}}, REGION, []),
        ({"region": "eu-west-1", "endpointUrl": UNKNOWN}, "eu-west-1", []),
        ({"region": UNKNOWN}, UNKNOWN, []),
        (UNKNOWN, UNKNOWN, []),
        ({"region": "eu-west-3"}, "eu-west-3", ["region"]),
        ({"region": UNKNOWN, "keys": "x"}, UNKNOWN, ["aws"]),
        ({"region": "eu-west-1", "assumeRoleArn": "admin"}, None, ["aws"]),
        ({"maxAttempts": 0.0}, None, ["aws"]),
        ({"profile": "absent"}, None, ["aws"]),
        ("eu-west-1", None, ["aws"]),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_aws_is_judged_as_far_as_it_is_known(aws: Any, region: Any, problems: list[str]) -> None:
    """Members of `aws` that are unknown pass, the others are judged; the Region shows what is known of it."""
    provider = configured(EnvironmentAccountConnectionRolesProvider, aws__region=REGION)
    result = provider.check({}, {**ROLES_PROGRAM, **({} if aws is None else {"aws": aws})})
    assert list(failures(result)) == problems
    if not problems:
        assert result.inputs["region"] == region
        assert result.inputs.get("aws") == aws


@pytest.mark.usefixtures("no_aws_in_shell")
def test_config_that_does_not_read_is_a_problem_beside_others() -> None:
    """A wrong setting is a problem of no property, which names its key; the other inputs are judged all the same."""
    provider = configured(EnvironmentAccountConnectionRolesProvider, aws__assumeRoles="[{")
    found = failures(provider.check({}, {**ROLES_PROGRAM, "roleArn": "admin"}))
    assert list(found) == ["", "roleArn"]
    assert found[""].startswith("aws:assumeRoles")


@pytest.mark.usefixtures("no_aws_in_shell")
def test_without_a_region_the_places_to_set_it_are_named() -> None:
    """A Region is needed, and missing nowhere but at preview."""
    found = failures(configured(EnvironmentAccountConnectionRolesProvider).check({}, dict(ROLES_PROGRAM)))
    assert list(found) == ["region"]
    assert "proton:region" in found["region"]


def test_a_profiles_region_is_known_at_preview(no_aws_in_shell: Path) -> None:
    """The Region of a profile of AWS's shared configuration files shows in a preview."""
    no_aws_in_shell.write_text("[profile p]\nregion = eu-west-2\n", encoding="utf-8")
    provider = configured(EnvironmentAccountConnectionRolesProvider, aws__profile="p")
    assert provider.check({}, dict(ROLES_PROGRAM)).inputs["region"] == "eu-west-2"


@pytest.mark.parametrize(
    ("kind", "program"),
    [
        (EnvironmentAccountConnectionRolesProvider, ROLES_PROGRAM),
        (EnvironmentAccountConnectionProvider, CONNECTION_PROGRAM),
        (EnvironmentAccountConnectionAccepterProvider, {"connectionId": ABSENT}),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_a_replacement_is_checked_twice(kind: type[ResourceProvider], program: dict[str, Any]) -> None:
    """The engine checks a replacement again without old inputs; only the client token is another then."""
    provider = configured(kind, aws__region=REGION)
    olds = provider.check({}, {**program, **SDK}).inputs
    first = provider.check({**olds, **SDK}, {**program, **SDK})
    second = provider.check({}, {**program, **SDK})
    assert failures(first) == failures(second) == {}
    assert first.inputs == olds
    different = {name for name in olds if first.inputs[name] != second.inputs[name]}
    assert different == ({"__clientToken"} if kind is EnvironmentAccountConnectionProvider else set())


def test_a_warning_stands_once_in_what_a_run_prints(
    engine: LogEngine, roles: Any, connection_id: str
) -> None:
    """`up --refresh` compares a resource twice. What is done is said each time."""
    both = {**ROLES_PROGRAM, "connectionId": connection_id, "codebuildRoleArn": ROLE}
    made = roles.create(roles.check({}, both).inputs)
    fewer = {name: value for name, value in both.items() if name != "codebuildRoleArn"}
    for _ in range(2):
        roles.diff(made.id, made.outs, roles.check(made.outs, fewer).inputs)
        roles.delete(made.id, made.outs)
    assert [severity for severity, _ in engine.lines] == [
        engine_pb2.WARNING,
        engine_pb2.INFO,
        engine_pb2.INFO,
    ]


def test_a_region_of_the_environment_alone_never_moves_a_resource(
    engine: LogEngine, monkeypatch: pytest.MonkeyPatch, local_config: dict[str, Any]
) -> None:
    """The Region of the state stays, in both checks of a replacement, and a line says so; config does move the resource.

    One line is enough for all resources that stay.
    """
    olds = (
        configured(EnvironmentAccountConnectionProvider, **local_config).check({}, CONNECTION_PROGRAM).inputs
    )
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    shell = {name: value for name, value in local_config.items() if name != "aws__region"}
    provider = configured(EnvironmentAccountConnectionProvider, **shell)
    other = {**CONNECTION_PROGRAM, "environmentName": "other"}
    provider.check(olds, CONNECTION_PROGRAM)
    before: dict[str, Any]
    for before in (olds, {}):
        assert provider.check(before, other).inputs["region"] == REGION
    ((severity, text),) = engine.lines
    assert severity == engine_pb2.WARNING
    assert text.startswith(
        f"A resource stays in the Region {REGION}, as in its state, although AWS_REGION says eu-west-1."
    )
    moving = configured(EnvironmentAccountConnectionProvider, **shell, proton__region="eu-west-1")
    assert moving.check(olds, other).inputs["region"] == "eu-west-1"


# Diff


def test_the_engine_compares_by_itself(roles: Any, connection_id: str) -> None:
    """What differs is left to the engine, which shows each input; a new id replaces, and so may one that is not known yet."""
    program = {**ROLES_PROGRAM, "connectionId": connection_id}
    inputs = roles.check({}, program).inputs
    outputs = roles.create(inputs).outs
    same = roles.diff(connection_id, {**outputs, **SDK}, {**inputs, **SDK})
    assert (same.changes, same.replaces, same.delete_before_replace) == (False, [], True)
    other = roles.diff(connection_id, outputs, {**inputs, "connectionId": ABSENT})
    assert (other.changes, other.replaces, other.delete_before_replace) == (None, ["connectionId"], False)
    for name in inputs:
        replaces = [name] if name in {"connectionId", "region"} else []
        assert roles.diff(connection_id, outputs, {**inputs, name: UNKNOWN}).replaces == replaces


def test_a_status_that_is_not_wanted_is_a_change(
    local_config: dict[str, Any], aws: LocalAws, connection_id: str
) -> None:
    """Where only an output differs, the engine gets a difference."""
    config = {**local_config, "aws__accessKey": MANAGEMENT_ACCOUNT}
    accepter = configured(EnvironmentAccountConnectionAccepterProvider, **config)
    inputs = accepter.check({}, {"connectionId": connection_id}).inputs
    outputs = accepter.create(inputs).outs
    assert accepter.diff(connection_id, outputs, inputs).changes is False
    assert accepter.diff(connection_id, {**outputs, "status": "PENDING"}, inputs).changes is True


# The other events


def test_a_resource_lives_from_create_to_delete(
    roles: Any, aws: LocalAws, connection_id: str, engine: LogEngine
) -> None:
    """Each event hands the life cycle plain dicts without the SDK's own, and the host what it needs."""
    inputs = {**roles.check({}, {"connectionId": connection_id, "roleArn": ROLE}).inputs, **SDK}
    created = roles.create(inputs)
    assert created.id == connection_id
    read = roles.read(connection_id, {**created.outs, **SDK})
    assert (read.id, read.outs) == (connection_id, created.outs)
    assert {**read.inputs, **SDK} == inputs
    updated = roles.update(connection_id, {**created.outs, **SDK}, {**inputs, "roleArn": NEWER})
    assert updated.outs["managedRoleArns"] == {"roleArn": NEWER}
    roles.delete(connection_id, {**updated.outs, **SDK})
    assert not any("__provider" in outs for outs in (created.outs, read.outs, read.inputs, updated.outs))
    assert calls(aws)[1:] == [GET, UPDATE, GET, UPDATE]
    ((severity, text),) = engine.lines
    assert severity == engine_pb2.INFO
    assert "keeps its roles" in text


def test_what_is_gone_is_read_as_gone(roles: Any, aws: LocalAws, connection_id: str) -> None:
    """The host needs an empty id and outputs, which refresh reports as deleted."""
    inputs = roles.check({}, {"connectionId": connection_id, "roleArn": ROLE}).inputs
    outputs = roles.create(inputs).outs
    client(aws, "proton").delete_environment_account_connection(id=connection_id)
    read = roles.read(connection_id, outputs)
    assert (read.id, read.outs, read.inputs) == ("", {}, None)


def test_a_first_look_finds_its_region(roles: Any, connection_id: str) -> None:
    """A get is read without a check before it, so that the Region comes from the config."""
    assert roles.read(connection_id, {"connectionId": connection_id, **SDK}).outs["region"] == REGION


def test_a_first_look_names_what_is_wrong_with_its_settings(roles: Any, connection_id: str) -> None:
    """A get is not checked before it is read, and yet its `aws` is judged before anybody is called."""
    with pytest.raises(ConfigurationError, match=r"^aws has no member endpoint; its members are "):
        roles.read(connection_id, {"connectionId": connection_id, "aws": {"endpoint": "x"}, **SDK})


def test_state_says_which_region_a_resource_is_in(
    local_config: dict[str, Any], aws: LocalAws, roles: Any, connection_id: str
) -> None:
    """A refresh asks the Region that the resource was made in, whatever the config says by then."""
    inputs = roles.check({}, {"connectionId": connection_id, "roleArn": ROLE}).inputs
    outputs = roles.create(inputs).outs
    later = configured(
        EnvironmentAccountConnectionRolesProvider, **{**local_config, "aws__region": "eu-west-1"}
    )
    later.read(connection_id, outputs)
    assert aws.requests[-1].region == REGION


def test_settings_of_the_resource_are_used(roles: Any, aws: LocalAws, connection_id: str) -> None:
    """`aws` in the resource's properties decides who calls."""
    own = {"assumeRoleArn": role_arn("deployer"), "sessionName": "mine"}
    inputs = roles.check({}, {"connectionId": connection_id, "roleArn": ROLE, "aws": own}).inputs
    roles.create(inputs)
    (assumed,) = (request for request in aws.requests if request.operation == "AssumeRole")
    assert assumed.parameters["RoleSessionName"] == "mine"


# Errors


def printed(event: Callable[[], object]) -> list[str]:
    """The lines that the host prints of an event's failure."""
    try:
        event()
    except Exception:  # noqa: BLE001  # as the host does
        return traceback.format_exc().splitlines()
    raise AssertionError("the event succeeded")


@pytest.mark.parametrize("event", ["create", "read", "update", "delete"])
def test_one_frame_of_ours_is_printed(roles: Any, connection_id: str, event: str) -> None:
    """Of a failed event the host prints one frame of ours and the sentence, and no other error before it."""
    inputs = roles.check({}, {"connectionId": connection_id, "roleArn": ROLE, "onDelete": "restore"}).inputs
    outputs = roles.create(inputs).outs
    gone = {**outputs, "connectionId": ABSENT, "environmentAccountId": "3" * 12}
    events: dict[str, Callable[[], object]] = {
        "create": lambda: roles.create({**inputs, "connectionId": ABSENT}),
        "read": lambda: roles.read(ABSENT, gone),
        "update": lambda: roles.update(ABSENT, gone, {**inputs, "roleArn": NEWER}),
        "delete": lambda: roles.delete(ABSENT, gone),
    }
    lines = printed(events[event])
    assert sum("proton_provider" in line and line.startswith("  File ") for line in lines) == 1
    assert "The above exception" not in "\n".join(lines)
    assert "During handling" not in "\n".join(lines)
    assert lines[-1].startswith("proton_provider.errors.")
    assert lines[-1].endswith(".")


def test_a_mistake_of_ours_is_printed_whole(roles: Any) -> None:
    """What is not one of our errors keeps its traceback, so that it can be found."""
    lines = printed(lambda: roles.create({"region": REGION, "roleArn": ROLE}))
    assert lines[-1].startswith("KeyError")
    assert sum("proton_provider" in line and line.startswith("  File ") for line in lines) > 1


def test_the_error_is_the_life_cycles_own(roles: Any) -> None:
    """The kind of an error survives the adapter."""
    with pytest.raises(ConnectionNotFoundError):
        roles.create(roles.check({}, dict(ROLES_PROGRAM)).inputs)


# No boto3 where it is not needed

WITHOUT_BOTO3 = """
import sys
from pulumi.dynamic import Config, ConfigureRequest
from proton_provider import dynamic, lifecycle

arn = "arn:aws:iam::222222222222:role/"
roles = dynamic.EnvironmentAccountConnectionRolesProvider()
roles.configure(ConfigureRequest(Config({"aws:region": "us-east-1"}, "project")))
connection_id = "00000000-0000-4000-8000-000000000000"
inputs = roles.check({}, {"connectionId": connection_id, "roleArn": arn + "a", "componentRoleArn": arn + "b"}).inputs
connection = {
    **dict.fromkeys(("environmentName", "status", "requestedAt", "lastModifiedAt"), "x"),
    "environmentAccountId": "2" * 12,
    "managementAccountId": "1" * 12,
    "arn": f"arn:aws:proton:us-east-1:222222222222:environment-account-connection/{connection_id}",
}
managed = {"roleArn": arn + "a", "componentRoleArn": arn + "b"}
outputs = {
    **inputs, **connection, "managedRoleArns": managed, "previousRoleArns": {}, "liveRoleArns": managed,
}
assert not roles.check(inputs, inputs).failures
assert roles.diff(connection_id, outputs, inputs).changes is False
fewer = {name: value for name, value in inputs.items() if name != "componentRoleArn"}
assert roles.update(connection_id, outputs, fewer).outs["managedRoleArns"] == {"roleArn": arn + "a"}
roles.delete(connection_id, outputs)
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"boto3", "botocore", "moto", "pulumi_aws"}))
"""


@pytest.mark.usefixtures("no_aws_in_shell")
def test_events_that_need_no_aws_do_not_import_boto3() -> None:
    """Checks, diffs, updates that change nothing at AWS and a retained destroy need neither boto3 nor credentials."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_BOTO3], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How a secret travels to the engine."""


def mark_secrets(properties: dict[str, Any]) -> set[str]:
    """The properties that the engine takes for secrets."""
    return {
        name
        for name, value in properties.items()
        if isinstance(value, dict) and SEALED.items() <= value.items()
    }


def test_what_follows_from_secrets_is_handed_over_as_secrets(
    roles: Any, connection_id: str, engine: LogEngine
) -> None:
    """An internal input says which inputs are secret; what was one stays one, and no line or error shows it."""
    program = {"connectionId": connection_id, "roleArn": ROLE, "onDelete": "restore"}
    secret = {**program, "__secrets": ["roleArn"]}
    notes = {"managedRoleArns", "previousRoleArns", "liveRoleArns"}
    outputs = roles.create(roles.check({}, secret).inputs).outs
    assert mark_secrets(outputs) == notes
    plain = {name: value["value"] if name in notes else value for name, value in outputs.items()}
    assert plain["managedRoleArns"] == {"roleArn": ROLE}
    assert mark_secrets(roles.read(connection_id, plain).outs) == notes
    later = roles.update(
        connection_id, plain, {**roles.check(program, program).inputs, "roleArn": NEWER}
    ).outs
    assert (mark_secrets(later), later["__secrets"]) == (notes, ["roleArn"])
    wrong = {**secret, "codebuildRoleArn": NEWER.replace("222222222222", "3" * 12)}
    with pytest.raises(WrongAccountError) as caught:
        roles.create({**roles.check({}, wrong).inputs, "roleArn": ROLE.replace("222222222222", "3" * 12)})
    assert "but roleArn [secret] is in account 333333333333" in str(caught.value)
    unchanged = {**program, "roleArn": NEWER, "__secrets": ["connectionId"]}
    roles.create(roles.check({}, unchanged).inputs)
    assert any(
        text.endswith("/[secret] already has these roles; nothing is changed.") for _, text in engine.lines
    )


def test_the_values_of_secret_config_are_shown_nowhere(aws: LocalAws, roles: Any, connection_id: str) -> None:
    """Secret config is known by the names of its keys. A defect of ours does not show it either."""
    inputs = roles.check({}, {"connectionId": ABSENT, "roleArn": ROLE}).inputs
    secret = {**inputs, "__secrets": ["aws:accessKey", "aws:endpoints"]}
    aws.fail_next(GET, "ValidationException", message=f"Account {ENVIRONMENT_ACCOUNT} at {aws.url}.")
    with pytest.raises(ProtonError, match=r"Account \[secret\] at \[secret\]\. "):
        roles.create(secret)
    with pytest.raises(KeyError, match="'connectionId'"):
        roles.create({"region": REGION, "roleArn": ROLE})


def test_internal_inputs_alone_are_no_change_but_a_new_secret_is(roles: Any, connection_id: str) -> None:
    """A state without them is unchanged, and written anew where something becomes secret."""
    program = {"connectionId": connection_id, "roleArn": ROLE}
    inputs = roles.check({}, program).inputs
    outputs = {name: value for name, value in roles.create(inputs).outs.items() if not name.startswith("__")}
    named = {**inputs, "__name": "roles"}
    assert roles.diff(connection_id, outputs, named).changes is False
    assert roles.diff(connection_id, {**outputs, "aws": {}}, named).changes is None
    assert roles.diff(connection_id, outputs, {**named, "roleArn": NEWER}).changes is None
    assert roles.diff(connection_id, outputs, {**named, "connectionId": ABSENT}).changes is None
    assert roles.diff(connection_id, outputs, {**named, "connectionId": UNKNOWN}).changes is None
    assert roles.diff(connection_id, outputs, {**named, "__secrets": ["roleArn"]}).changes is True
    sticky = {**outputs, "__secrets": ["roleArn"]}
    assert roles.diff(connection_id, sticky, named).changes is False
    # A state of before has other names, and a state of the native plugin has to be written anew.
    before = {**outputs, "__name": "Env::roles", "__protected": "x"}
    below = {**named, "__name": "Prod$Env$::roles"}
    assert roles.diff(connection_id, {**before, **SDK}, {**below, **SDK}).changes is False
    assert roles.diff(connection_id, before, {**below, **SDK}).changes is None


@pytest.mark.parametrize("sent", [{}, {"region": REGION}], ids=["none", "the program sends its Region"])
def test_a_failed_check_adds_nothing_unknown(local_config: dict[str, Any], sent: dict[str, str]) -> None:
    """The engine judges the inputs before the failures, and an `up` without a preview allows no unknown one."""
    connection = configured(EnvironmentAccountConnectionProvider, **{**local_config, "aws__secretKey": ""})
    checked = connection.check({}, {**CONNECTION_PROGRAM, **sent})
    assert failures(checked)
    assert not [
        name for name, value in checked.inputs.items() if isinstance(value, Unknown) or value is UNKNOWN
    ]

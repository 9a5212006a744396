"""Each rule for a gone endpoint: which endpoints count as gone, what each event does, and what the errors say."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    REGION,
    calls,
    client,
    connect,
    role_arn,
    settings_of,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from driver import Driver, Resource

from proton_provider.aws import answers, endpoint
from proton_provider.aws.client import Proton
from proton_provider.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConnectionNotFoundError,
    EndpointGoneError,
    EndpointUnreachableError,
    ProtonError,
    RefusedError,
    TryAgainLaterError,
)
from proton_provider.lifecycle import Lifecycle
from proton_provider.lifecycle.accepter import AccepterLifecycle
from proton_provider.lifecycle.connection import ConnectionLifecycle
from proton_provider.lifecycle.roles import RolesLifecycle
from proton_provider.local import CONNECTION_RESET, LocalAws
from proton_provider.settings import Settings, resolve

VARIABLE = "PULUMI_PROTON_DELETE_UNREACHABLE"
ENDED = "AWS ended Proton on 7 October 2026"
TAKE_APART = f"{VARIABLE}=true pulumi destroy"
AWS_OWN = "https://vpce-1.proton.us-east-1.vpce.amazonaws.com"
GET = "GetEnvironmentAccountConnection"


def resolved(environment: dict[str, str], aws: dict[str, Any] | None = None, /, **config: str) -> Settings:
    """The settings of a stack whose config is `config`, `aws__region` for `aws:region`."""
    keys = {name.replace("__", ":"): value for name, value in config.items()}
    return resolve.resolve(aws, keys.get, environment=environment)


# The setting


@pytest.mark.parametrize(
    ("variable", "config", "wanted"),
    [
        (None, None, False),
        ("true", None, True),
        ("1", None, True),
        ("", None, False),
        ("false", None, False),
        (None, "true", True),
        (None, "false", False),
        ("true", "false", True),  # destroy sees the config of the last up
        ("false", "true", True),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_the_variable_or_the_config_is_enough(
    variable: str | None, config: str | None, *, wanted: bool
) -> None:
    """Each of the two asks for the way out; neither is no."""
    found = resolved(
        {} if variable is None else {VARIABLE: variable},
        **({} if config is None else {"proton__deleteUnreachable": config}),
    )
    assert found.delete_unreachable is wanted


@pytest.mark.parametrize(
    ("environment", "config", "name"),
    [
        ({VARIABLE: "yes"}, {}, VARIABLE),
        ({}, {"proton__deleteUnreachable": "all"}, "proton:deleteUnreachable"),
    ],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_a_value_that_is_neither_true_nor_false_is_refused_by_name(
    environment: dict[str, str], config: dict[str, str], name: str
) -> None:
    """What may delete a state's resources is never guessed."""
    with pytest.raises(ConfigurationError, match=f"^{name} must be true or false"):
        resolved(environment, **config)


_GONE_SOURCES: list[tuple[dict[str, str], dict[str, Any] | None, dict[str, str]]] = [
    ({"AWS_PROFILE": "gone"}, None, {}),
    ({}, {"profile": "gone"}, {}),
    ({}, None, {"proton__profile": "gone"}),
    ({}, None, {"aws__profile": "gone"}),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/token"}, None, {}),
    ({}, None, {"aws__accessKey": "half"}),
]


@pytest.mark.parametrize(("environment", "aws", "config"), _GONE_SOURCES)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_credentials_that_are_gone_do_not_stand_in_the_way_at_aws_own_endpoint(
    environment: dict[str, str], aws: dict[str, Any] | None, config: dict[str, str]
) -> None:
    """Only with the variable, and only where nobody is called: everywhere else they are an error."""
    out = resolved({VARIABLE: "true", **environment}, aws, **config)
    with pytest.raises(EndpointGoneError):
        connect(out)
    with pytest.raises(ConfigurationError):
        resolved(environment, aws, **config)
    with pytest.raises(ConfigurationError):
        resolved({VARIABLE: "true", **environment}, aws, proton__endpointUrl="http://127.0.0.1:1", **config)


# Which endpoints are gone


@pytest.mark.parametrize(
    ("url", "is_aws_own"),
    [
        ("https://proton.us-east-1.amazonaws.com", True),
        ("https://proton.us-east-1.amazonaws.com:443/", True),
        ("https://proton-fips.us-west-2.amazonaws.com", True),
        ("https://proton.eu-west-1.api.aws", True),
        (AWS_OWN, True),
        ("https://vpce-0a1-b2c-us-east-1a.proton.us-east-1.vpce.amazonaws.com", True),
        ("http://127.0.0.1:4600", False),
        ("https://proton.example.com", False),
        ("https://proton.us-east-1.elb.amazonaws.com", False),
        ("http://ec2-1-2-3-4.us-east-1.compute.amazonaws.com:4600", False),
        ("https://my-proton.us-east-1.amazonaws.com", False),
        ("https://proton.us-east-1.amazonaws.com.example.org", False),
    ],
)
def test_an_address_of_aws_own_is_recognised(url: str, *, is_aws_own: bool) -> None:
    """Proton's own names, behind a VPC endpoint too, are AWS's; whatever else runs in AWS is somebody else's."""
    assert Settings(endpoint_url=url).endpoint_is_given is not is_aws_own


def gone(**changes: Any) -> Settings:
    return Settings(**{"region": REGION, "delete_unreachable": True, **changes})


@pytest.mark.parametrize(
    "settings",
    [gone(), gone(endpoint_url=AWS_OWN), gone(region=None), gone(region="xx-gone-1"), gone(profile="gone")],
    ids=["none given", "its own address", "no Region", "a Region that is gone", "a profile that is gone"],
)
@pytest.mark.usefixtures("no_aws_in_shell")
def test_aws_own_endpoint_is_gone(settings: Settings) -> None:
    """It counts as gone without being asked, whatever the Region and the credentials are."""
    with pytest.raises(EndpointGoneError, match=f"^AWS Proton was not called: {ENDED}") as error:
        connect(settings)
    assert error.value.reason == ENDED


@pytest.fixture
def full_queue() -> Iterator[str]:
    """The address of a listener that takes no further connection: one is waited for until the time is up."""
    with ExitStack() as sockets:
        server = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = server.getsockname()
        while True:
            waiting = sockets.enter_context(socket.socket())
            waiting.settimeout(0.3)
            try:
                waiting.connect(address)
            except TimeoutError:
                break
        yield f"http://127.0.0.1:{address[1]}"


CLOSED = "http://127.0.0.1:1"
"""An address where nothing listens. A port that was just free may be anybody's a moment later."""


@pytest.mark.usefixtures("no_aws_in_shell")
def test_an_endpoint_that_refuses_connections_is_gone() -> None:
    """Nothing listens there: the sentence names the address and the reason."""
    url = CLOSED
    with pytest.raises(EndpointGoneError, match="Connection refused") as error:
        connect(gone(endpoint_url=url))
    assert error.value.reason == f"no connection to {url} can be made (Connection refused)"
    assert "ended Proton" not in str(error.value)


@pytest.mark.usefixtures("no_aws_in_shell")
def test_an_endpoint_whose_name_does_not_resolve_is_gone() -> None:
    """`invalid` is a name that never resolves (RFC 2606)."""
    with pytest.raises(EndpointGoneError, match=r"no connection to http://proton\.invalid:4600 can be made"):
        connect(gone(endpoint_url="http://proton.invalid:4600"))


@pytest.mark.usefixtures("no_aws_in_shell")
def test_an_endpoint_that_takes_no_connection_in_time_is_gone(
    full_queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for once, and briefly."""
    monkeypatch.setattr(endpoint, "CONNECT_WITHIN", 0.5)
    with pytest.raises(EndpointGoneError, match=r"can be made \(timed out\)"):
        connect(gone(endpoint_url=full_queue))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AccessDeniedError),
        ("ThrottlingException", TryAgainLaterError),
        ("InternalServerException", TryAgainLaterError),
        (CONNECTION_RESET, EndpointUnreachableError),
    ],
)
@pytest.mark.usefixtures("pauses")
def test_an_answer_is_no_reason(aws: LocalAws, code: str, kind: type[ProtonError]) -> None:
    """An endpoint that denies, throttles, fails or hangs up is there: its error is what it is without the variable."""
    aws.fail_every(GET, code, every=1)
    proton = connect(settings_of(aws, delete_unreachable=True, max_attempts=2))
    with pytest.raises(kind) as error:
        proton.find(ABSENT)
    assert not isinstance(error.value, EndpointGoneError)


@pytest.mark.parametrize(("status", "body"), [(404, b"<html>"), (503, b"later"), (200, b"{}")])
@pytest.mark.usefixtures("no_aws_in_shell", "pauses")
def test_an_answer_that_is_not_protons_is_no_reason(
    web_server: Callable[[int, bytes], str], status: int, body: bytes
) -> None:
    """Whatever speaks HTTP there is an answer."""
    settings = gone(endpoint_url=web_server(status, body), access_key="1", secret_key="1")
    with pytest.raises(EndpointUnreachableError) as error:
        connect(settings).find(ABSENT)
    assert not isinstance(error.value, EndpointGoneError)


@pytest.mark.usefixtures("pauses")
def test_an_answer_that_is_not_tls_is_no_reason(aws: LocalAws) -> None:
    """A wrong scheme is a wrong setting, not an endpoint that is gone."""
    url = aws.url.replace("http:", "https:")
    with pytest.raises(EndpointUnreachableError, match="SSL") as error:
        connect(settings_of(aws, endpoint_url=url, delete_unreachable=True)).find(ABSENT)
    assert not isinstance(error.value, EndpointGoneError)


@pytest.mark.usefixtures("no_aws_in_shell", "pauses")
def test_behind_a_proxy_nothing_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is down says nothing of what is behind it; one from the config or the environment."""
    keys: dict[str, Any] = {"access_key": "1", "secret_key": "1", "max_attempts": 1}
    url = "http://proton.invalid:4600"

    def in_this_shell(address: str) -> Settings:
        found = resolve.resolve({"endpointUrl": address, "region": REGION}, lambda _key: None)
        return replace(found, delete_unreachable=True, **keys)

    with pytest.raises(EndpointUnreachableError, match="proxy did not answer or refused") as of_config:
        connect(gone(endpoint_url=url, http_proxy=CLOSED, **keys)).find(ABSENT)
    monkeypatch.setenv("HTTP_PROXY", CLOSED)
    monkeypatch.setenv("http_proxy", CLOSED)
    with pytest.raises(EndpointUnreachableError, match="proxy did not answer or refused") as of_environment:
        connect(in_this_shell(f"{url}1")).find(ABSENT)
    for error in (of_config, of_environment):
        assert not isinstance(error.value, EndpointGoneError)
    monkeypatch.setenv("NO_PROXY", "proton.invalid")
    monkeypatch.setenv("no_proxy", "proton.invalid")
    with pytest.raises(EndpointGoneError):
        connect(in_this_shell(url))


@pytest.mark.usefixtures("no_aws_in_shell")
def test_an_address_that_does_not_read_is_no_reason() -> None:
    """It says nothing of what is at the address that was meant: the call itself says what is wrong."""
    wrong = gone(endpoint_url="http://127.0.0.1:99999", access_key="1", secret_key="1")
    assert isinstance(connect(wrong), Proton)


# What each event does


def out(driver: Driver, lifecycle: Lifecycle, **changes: Any) -> Driver:
    """The next run, with the variable, at AWS's own endpoint by default."""
    settings = replace(driver.settings, endpoint_url=None, delete_unreachable=True)
    return Driver(lifecycle, driver.aws, replace(settings, **changes))


Made = tuple[Driver, Resource, type[Lifecycle], str]


@pytest.fixture(params=["connection", "restore", "reject"])
def made(request: pytest.FixtureRequest, aws: LocalAws) -> Made:
    """A resource of each kind for which a destroy calls Proton, and what a warning says that was not done."""
    environment = client(aws, "proton")
    roles = {"roleArn": role_arn("ours")}
    names = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}
    if request.param == "connection":
        driver = Driver(ConnectionLifecycle(), aws, settings_of(aws))
        program = {"requester": "organization/project/dev//connection", **names, **roles}
        return driver, driver.create(program), ConnectionLifecycle, "was not deleted"
    made = environment.create_environment_account_connection(**names, roleArn=role_arn("before"))
    program = {"connectionId": made["environmentAccountConnection"]["id"]}
    if request.param == "restore":
        driver = Driver(RolesLifecycle(), aws, settings_of(aws))
        resource = driver.create({**program, **roles, "onDelete": "restore"})
        return driver, resource, RolesLifecycle, "did not get its previous roles back"
    driver = Driver(AccepterLifecycle(), aws, settings_of(aws, MANAGEMENT_ACCOUNT))
    return driver, driver.create({**program, "onDelete": "reject"}), AccepterLifecycle, "was not rejected"


def test_a_destroy_succeeds_and_warns_of_what_was_not_done(made: Made) -> None:
    """One warning that names the connection, what was not done there and why; nobody is called, STS neither."""
    driver, resource, lifecycle, undone = made
    run = out(driver, lifecycle())
    sts = calls(driver.aws, "sts")
    run.delete(resource)
    ((severity, line),) = run.log_lines
    assert severity == "warning"
    assert f"Connection {resource.outputs['arn']} {undone}: {ENDED}." in line
    assert run.calls() == []
    assert calls(driver.aws, "sts") == sts


def test_a_refresh_reports_a_deletion_and_warns(made: Made) -> None:
    """The resource counts as deleted; one warning says that nobody looked."""
    driver, resource, lifecycle, _ = made
    run = out(driver, lifecycle())
    assert run.refresh(resource) is None
    ((severity, line),) = run.log_lines
    assert (severity, "was not read and counts as deleted" in line) == ("warning", True)
    assert run.calls() == []


def test_without_the_variable_nothing_changes(made: Made) -> None:
    """An endpoint that is down is an error of destroy and refresh; no warning, no deletion."""
    driver, resource, lifecycle, _ = made
    changes = {"endpoint_url": CLOSED, "delete_unreachable": False, "max_attempts": 1}
    run = out(driver, lifecycle(), **changes)
    for event in (run.delete, run.refresh):
        with pytest.raises(EndpointUnreachableError) as error:
            event(resource)
        assert not isinstance(error.value, EndpointGoneError)
    assert run.log_lines == []


def test_an_endpoint_that_answers_is_called_as_ever(made: Made) -> None:
    """With the variable and an endpoint that is there, destroy and refresh do what they always do."""
    driver, resource, lifecycle, _ = made
    run = out(driver, lifecycle(), endpoint_url=driver.aws.url)
    assert run.refresh(resource) is not None
    run.forget_calls()
    run.delete(resource)
    assert run.calls() != []
    assert "warning" not in [severity for severity, _ in run.log_lines]


def test_create_update_and_get_fail_with_a_sentence(made: Made) -> None:
    """Nobody is called, and nothing that was not read is handed to a program."""
    driver, resource, lifecycle, _ = made
    run = out(driver, lifecycle())
    whole = {name: value for name, value in resource.inputs.items() if name != "region"}
    newer = {"roleArn": role_arn("newer")} if lifecycle is not AccepterLifecycle else {}
    pending = replace(resource, outputs={**resource.outputs, "status": "PENDING"})
    whole |= {"requester": "organization/project/dev//connection"} if lifecycle is ConnectionLifecycle else {}
    for event in (
        lambda: run.create(whole),
        lambda: run.update(pending, {**whole, **newer}),
        lambda: run.get(resource.id),
    ):
        with pytest.raises(EndpointGoneError) as error:
            event()
        assert str(error.value).startswith(f"AWS Proton was not called: {ENDED}. While {VARIABLE} or ")
    assert not [text for _, text in run.log_lines if "must not leave resources out" not in text]
    assert run.calls() == []


# Errors that lead out

OWN, GIVEN = (answers.Call(GET, ABSENT, REGION, endpoint_is_given=given) for given in (False, True))


def answer(code: str, status: int = 400) -> ClientError:
    error = {"Code": code, "Message": "words"} if code else {"Code": str(status)}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, GET)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AccessDeniedError),
        ("ConflictException", RefusedError),
        ("ResourceNotFoundException", ConnectionNotFoundError),
        ("ThrottlingException", TryAgainLaterError),
        ("UnknownOperationException", RefusedError),
        ("UnrecognizedClientException", ProtonError),
        ("ValidationException", RefusedError),
        ("", EndpointUnreachableError),
    ],
)
def test_every_answer_of_aws_own_endpoint_leads_out(code: str, kind: type[ProtonError]) -> None:
    """AWS's words, the end, and what to type; another endpoint's error says what it always said."""
    own = answers.error_from_response(answer(code), OWN)
    assert isinstance(own, kind)
    assert f"{code}: words" in str(own) if code else "HTTP status 400" in str(own)
    assert _leads_out(own)
    given = answers.error_from_response(answer(code), GIVEN)
    assert type(given) is type(own)
    assert "ended Proton" not in str(given)
    assert VARIABLE not in str(given)


_URL = "https://proton.us-east-1.amazonaws.com/"
_REFUSED = EndpointConnectionError(endpoint_url=_URL)
_NO_TIME = ConnectTimeoutError(endpoint_url=_URL)


@pytest.mark.parametrize(
    ("silence", "variable_helps"),
    [
        (_REFUSED, True),
        (_NO_TIME, True),
        (ReadTimeoutError(endpoint_url=_URL), False),
        (ProxyConnectionError(proxy_url="http://proxy"), False),
        (SSLError(endpoint_url=_URL, error="no"), False),
    ],
)
def test_every_silence_leads_out_where_the_way_out_is(
    silence: BotoCoreError, *, variable_helps: bool
) -> None:
    """AWS's own endpoint always; another one where the variable would count it as gone, and without the end."""
    assert _leads_out(answers.unreachable_error(silence, OWN))
    given = str(answers.unreachable_error(silence, GIVEN))
    assert "ended Proton" not in given
    assert (TAKE_APART in given) is variable_helps


def test_an_answer_without_protons_members_leads_out_at_aws_own_endpoint() -> None:
    """HTTP status 200 is not enough to be Proton."""
    assert _leads_out(answers.wrong_answer_error("tags", OWN))
    given = str(answers.wrong_answer_error("tags", GIVEN))
    assert "ended Proton" not in given
    assert "proton:endpointUrl" in given


def _leads_out(error: ProtonError) -> bool:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    steps = (
        f"{TAKE_APART}. ",
        "pulumi config set proton:endpointUrl ADDRESS",
        "pulumi refresh --run-program",
    )
    return f"{ENDED}. " in text and all(step in text for step in steps)


@pytest.mark.usefixtures("no_aws_in_shell")
def test_the_calls_know_whose_endpoint_they_ask() -> None:
    """A real call to a name of AWS's that does not resolve ends in the sentence that leads out."""
    settings = Settings(
        region=REGION, access_key=ENVIRONMENT_ACCOUNT, secret_key="x", endpoint_url=AWS_OWN, max_attempts=1
    )
    with pytest.raises(EndpointUnreachableError) as error:
        connect(settings).find(ABSENT)
    assert _leads_out(error.value)

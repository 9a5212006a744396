"""Where credentials come from, with real files, programs and sockets: no questions, and one sentence for each error."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import json
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from accounts import ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT, REGION, calls, connect, resolved, role_arn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from http_servers import Handler, running

from proton_provider import stopping
from proton_provider.aws import credential_process
from proton_provider.aws.client import Proton
from proton_provider.aws.clients import Clients
from proton_provider.aws.proxies import proxies_for
from proton_provider.errors import (
    CredentialsError,
    EndpointUnreachableError,
    ProtonError,
    TryAgainLaterError,
)
from proton_provider.local import LocalAws
from proton_provider.program import functions
from proton_provider.settings import Settings
from proton_provider.settings.aws_settings import AwsSettings

ROLE = role_arn("deployer", OTHER_ACCOUNT)
NOWHERE = "http://127.0.0.1:1"
KEYS = {"aws:accessKey": ENVIRONMENT_ACCOUNT, "aws:secretKey": "local"}
SERIAL = "arn:aws:iam::222222222222:mfa/someone"

pytestmark = pytest.mark.usefixtures("fresh_clients")


def refusal(settings: Settings, *parts: str, kind: type[ProtonError] = CredentialsError) -> str:
    """The one sentence of a call that fails, which holds these parts and nothing of botocore."""
    with pytest.raises(ProtonError) as caught:
        connect(settings).list_connections("ENVIRONMENT_ACCOUNT")
    assert type(caught.value) is kind, caught.value
    text = str(caught.value)
    assert re.fullmatch(r"[A-Z].*[a-z0-9)']\.", text), text
    for part in parts:
        assert part in text
    assert "Traceback" not in text
    return text


@pytest.fixture
def profile(aws: LocalAws, no_aws_in_shell: Path) -> Callable[..., Settings]:
    """Writes profiles, and gives the settings of a stack that names the first."""

    def write(**profiles: str) -> Settings:
        no_aws_in_shell.write_text(
            "".join(f"[profile {name}]\n{members}\n" for name, members in profiles.items()), encoding="utf-8"
        )
        return resolved(aws, {"aws:profile": next(iter(profiles))})

    return write


@pytest.mark.parametrize("part", ["access_key", "secret_key", "token"])
@pytest.mark.parametrize(
    "wrong", ["hidden-value\n", "hidden\tvalue", "hidden\x1bvalue", "hidden value", "hidden-välue"]
)
def test_credentials_that_cannot_be_signed_are_refused_without_their_value(
    aws: LocalAws, part: str, wrong: str
) -> None:
    """A token that was read with its line end is in no message; nothing is signed with a blank."""
    changes: dict[str, Any] = {part: wrong}
    settings = dataclasses.replace(resolved(aws, KEYS), **changes)
    text = refusal(
        settings, f"the {part.replace('_', ' ').replace('token', 'session token')} has white space"
    )
    assert "hidden" not in text
    assert calls(aws) == []


SOURCE = f"aws_access_key_id = {ENVIRONMENT_ACCOUNT}\naws_secret_access_key = local"


def test_a_profile_that_asks_for_a_code_is_refused_at_once(
    aws: LocalAws, profile: Callable[..., Settings]
) -> None:
    """An MFA profile is a sentence that names it and the way out; nothing is called and nobody is asked."""
    found = profile(mfa=f"role_arn = {ROLE}\nmfa_serial = {SERIAL}\nsource_profile = plain", plain=SOURCE)
    refusal(found, "profile mfa asks for an MFA code", "aws sts get-session-token", "credential_process")
    assert aws.requests == []


def test_a_source_profile_that_asks_for_a_code_is_the_one_that_is_named(
    aws: LocalAws, profile: Callable[..., Settings]
) -> None:
    """Where the profile that a profile starts from asks, that one is named."""
    found = profile(
        outer=f"role_arn = {role_arn('outer')}\nsource_profile = inner",
        inner=f"role_arn = {ROLE}\nmfa_serial = {SERIAL}\nsource_profile = plain",
        plain=SOURCE,
    )
    refusal(found, "profile inner asks for an MFA code")
    assert aws.requests == []


def test_a_data_source_function_does_not_ask_for_a_code_either(
    aws: LocalAws, profile: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function runs in the program's process, where botocore's prompt would hang just the same."""
    profile(mfa=f"role_arn = {ROLE}\nmfa_serial = {SERIAL}\nsource_profile = plain", plain=SOURCE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    with pytest.raises(CredentialsError, match="profile mfa asks for an MFA code"):
        functions.get_environment_account_connections(aws=AwsSettings(region=REGION, profile="mfa"))


@pytest.mark.parametrize("source", ["sys.stdin.readline()", "open('/dev/tty').readline()"])
def test_a_credential_process_has_nobody_to_ask(
    profile: Callable[..., Settings], tmp_path: Path, source: str
) -> None:
    """A program that reads the standard input or the terminal gets nothing and ends."""
    script = program(
        tmp_path,
        f"import sys\ntry:\n    heard = {source}\nexcept OSError as error:\n    heard = ''\n"
        "sys.exit(f'heard {heard!r}')",
    )
    refusal(profile(asking=f"credential_process = {script}"), "profile asking", str(script), "heard ''")


@pytest.mark.parametrize("kind", [credential_process.Watched, credential_process.WithoutInput])
@pytest.mark.usefixtures("own_run")
def test_a_credential_process_ends_with_the_run(
    aws: LocalAws,
    profile: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: Any,
) -> None:
    """With its watcher, and without one as on Windows, it gives credentials and is ended by a cancelled run."""
    monkeypatch.setattr(credential_process, "start", kind)
    script = program(tmp_path, answer(**GOOD))
    found = profile(p=f"credential_process = {script}")
    assert connect(found).list_connections("ENVIRONMENT_ACCOUNT") == []
    stopping.stop()
    process = kind(["sleep", "600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.communicate() == (b"", b"")
    assert process.returncode != 0


def program(folder: Path, source: str) -> Path:
    """A program of this source, without the folder's name in a shell's way."""
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{source}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def answer(**members: Any) -> str:
    """The source of a program that prints these credentials."""
    return f"print({json.dumps({'Version': 1, **members})!r})"


GOOD = {"AccessKeyId": ENVIRONMENT_ACCOUNT, "SecretAccessKey": "local"}
PAST = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("print('nonsense')", ()),
        ("print('[]')", ()),
        ("pass", ()),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", ()),
        ("import sys; sys.exit('log in first')", ("log in first",)),
        ("import os; os.kill(os.getpid(), 9)", ()),
        (answer(), ("AccessKeyId",)),
        (answer(**{**GOOD, "Version": 2}), ("Unsupported version '2'",)),
        (answer(**GOOD, SessionToken="t", Expiration=PAST), ("expired",)),
        (answer(**GOOD, SessionToken="t", Expiration="tomorrow"), ("tomorrow",)),
        (answer(**GOOD, SessionToken="two lines\n"), ("the session token has white space",)),
    ],
    ids=[
        "nonsense",
        "list",
        "nothing",
        "bytes",
        "fails",
        "killed",
        "no keys",
        "version",
        "expired",
        "no time",
        "line end",
    ],
)
def test_a_credential_process_that_answers_badly_is_an_error(
    aws: LocalAws, profile: Callable[..., Settings], tmp_path: Path, source: str, parts: tuple[str, ...]
) -> None:
    """Whatever a program answers in place of credentials is a sentence that names the profile and the program."""
    script = program(tmp_path, source)
    refusal(profile(p=f"credential_process = {script}"), "profile p", f"credential_process {script}", *parts)
    assert calls(aws) == []


@pytest.mark.parametrize("mode", [None, 0o644])
def test_a_credential_process_that_cannot_run_is_an_error(
    profile: Callable[..., Settings], tmp_path: Path, mode: int | None
) -> None:
    """A program that is absent or may not be executed is named."""
    script = tmp_path / "program"
    if mode is not None:
        program(tmp_path, "pass").chmod(mode)
    refusal(profile(p=f"credential_process = {script}"), "profile p", str(script))


def test_a_credential_process_may_fail_in_the_middle_of_a_run(
    aws: LocalAws, profile: Callable[..., Settings], tmp_path: Path
) -> None:
    """Credentials that expire are renewed before a call; when the program then fails, it is the same sentence."""
    # botocore renews in the last ten minutes
    soon = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=9)).isoformat()
    good = program(tmp_path, answer(**GOOD, SessionToken="t", Expiration=soon))
    found = profile(p=f"credential_process = {good}")
    connect(found).list_connections("ENVIRONMENT_ACCOUNT")
    past = program(tmp_path, answer(**GOOD, SessionToken="t", Expiration=PAST))
    refusal(found, "profile p", str(past))
    past.unlink()
    refusal(found, "profile p", str(past), "No such file")


@pytest.mark.parametrize("kind", ["absent", "folder", "unreadable", "empty"])
@pytest.mark.parametrize("how", ["environment", "config", "profile"])
def test_a_token_file_that_does_not_read_is_named(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, how: str
) -> None:
    """A web identity token file that is absent, a folder or unreadable is a sentence with its path and the role."""
    token = tmp_path / "token"
    if kind == "folder":
        token.mkdir()
    elif kind == "unreadable":
        token.write_bytes(b"\xff\xfe\x00")
    elif kind == "empty":
        token.touch()
    config: dict[str, Any] = {}
    if how == "environment":
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
        monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    elif how == "config":
        config["aws:assumeRoleWithWebIdentity"] = {"roleArn": ROLE, "webIdentityTokenFile": str(token)}
    else:
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(
            f"[profile p]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n", encoding="utf-8"
        )
        config["aws:profile"] = "p"
    refusal(resolved(aws, config), str(token), ROLE, *(["profile p"] if how == "profile" else []))
    assert calls(aws) == []


def test_every_call_of_sts_goes_to_its_address(
    aws: LocalAws, profile: Callable[..., Settings], tmp_path: Path
) -> None:
    """A profile's role, a web identity, a chain and the caller's account are all asked of `aws:endpoints`' STS."""
    token = tmp_path / "token"
    token.write_text("header.payload.signature", encoding="utf-8")
    profile(
        web=f"role_arn = {ROLE}\nweb_identity_token_file = {token}",
        chained=f"role_arn = {role_arn('next')}\nsource_profile = first",
        first=f"role_arn = {ROLE}\nsource_profile = plain",
        plain=SOURCE,
    )
    identity = {"roleArn": ROLE, "webIdentityTokenFile": str(token)}
    for config, operations in (
        ({"aws:profile": "web"}, ["AssumeRoleWithWebIdentity"]),
        ({"aws:profile": "chained"}, ["AssumeRole", "AssumeRole"]),
        ({"aws:assumeRoleWithWebIdentity": identity}, ["AssumeRoleWithWebIdentity"]),
        (
            {"aws:assumeRoleWithWebIdentity": identity, "aws:assumeRoles": [{"roleArn": role_arn("last")}]},
            ["AssumeRoleWithWebIdentity", "AssumeRole"],
        ),
    ):
        before = len(aws.requests)
        connect(resolved(aws, config)).account()
        asked = [request.operation for request in aws.requests[before:]]
        assert asked == [*operations, "GetCallerIdentity"]


STS_REFUSALS = [
    ("AccessDenied", "not authorized", "trust policy", CredentialsError),
    ("ExpiredToken", "The security token is expired", "Renew them", CredentialsError),
    ("ExpiredTokenException", "expired", "Renew them", CredentialsError),
    ("InvalidClientTokenId", "invalid", "Renew them", CredentialsError),
    ("SignatureDoesNotMatch", "no match", "Renew them", CredentialsError),
    ("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", "Set it", CredentialsError),
    ("SignatureDoesNotMatch", "Signature not yet current: 3 is still later", "Set it", CredentialsError),
    ("RegionDisabledException", "STS is not activated", "aws:stsRegion", CredentialsError),
    ("MalformedPolicyDocument", "bad policy", "session policy", CredentialsError),
    ("PackedPolicyTooLarge", "too large", "session tags", CredentialsError),
    ("Throttling", "Rate exceeded", "Run the command again", TryAgainLaterError),
    ("RequestLimitExceeded", "Rate exceeded", "Run the command again", TryAgainLaterError),
    ("InternalFailure", "we failed", "Run the command again", TryAgainLaterError),
    ("ServiceUnavailable", "we failed", "Run the command again", TryAgainLaterError),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        "one hour at most",
        CredentialsError,
    ),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "maximum session duration",
        CredentialsError,
    ),
    ("ValidationError", "1 validation error detected", "Correct what AWS names", CredentialsError),
]


@pytest.mark.parametrize(("code", "message", "remedy", "kind"), STS_REFUSALS)
@pytest.mark.usefixtures("pauses")
def test_every_refusal_of_sts_has_its_own_remedy(
    aws: LocalAws, code: str, message: str, remedy: str, kind: type[ProtonError]
) -> None:
    """What to do is said by STS's code: only a denied access points to the trust policy."""
    aws.fail_next("AssumeRole", code, times=100, message=message)
    found = resolved(aws, {**KEYS, "aws:assumeRoles": [{"roleArn": ROLE}], "aws:maxRetries": "1"})
    text = refusal(
        found, f"Assuming the role {ROLE} failed: {code}: {message.rstrip('.')}. ", remedy, kind=kind
    )
    assert ("trust policy" in text) == (code == "AccessDenied")


# What stands between here and AWS


@pytest.mark.parametrize("how", ["config", "environment"])
@pytest.mark.parametrize("address", ["https://proton.example.com", None])
def test_a_proxy_that_cannot_be_reached_is_named(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, how: str, address: str | None
) -> None:
    """A closed proxy is named as one; the end of Proton is spoken of at AWS's own endpoint alone, after the proxy."""
    config: dict[str, Any] = {**KEYS, "aws:maxRetries": "1", "proton:endpointUrl": address or ""}
    if how == "config":
        config["aws:httpsProxy"] = NOWHERE
    else:
        monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    text = refusal(
        resolved(aws, config),
        "proxy",
        NOWHERE,
        "aws:httpsProxy",
        "HTTPS_PROXY",
        kind=EndpointUnreachableError,
    )
    assert ("2026" in text.partition("HTTPS_PROXY")[2]) == (address is None)
    assert "2026" not in text.partition("HTTPS_PROXY")[0]


@pytest.mark.usefixtures("pauses")
def test_a_server_without_tls_is_named_for_sts(aws: LocalAws) -> None:
    """An STS whose address begins with https by mistake is a fault of TLS."""
    wrong = [{"sts": aws.url.replace("http:", "https:")}]
    found = resolved(aws, {**KEYS, "aws:endpoints": wrong, "aws:assumeRoles": [{"roleArn": ROLE}]})
    refusal(found, "The TLS connection could not be made")


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[Callable[[], tuple[str, str]]]:
    """Starts a Proton without connections behind TLS; its address, and the file of the certificate that it vouches with."""

    def start() -> tuple[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local")])
        now = dt.datetime.now(dt.timezone.utc)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), _NoConnections)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, private)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return servers.enter_context(running(server)).replace("http:", "https:"), str(pem)

    with ExitStack() as servers:
        yield start


class _NoConnections(Handler):
    def do_POST(self) -> None:
        self.read_body()
        self.answer(b'{"environmentAccountConnections": []}', content_type="application/x-amz-json-1.0")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_certificate_that_nobody_vouches_for_is_an_error(
    aws: LocalAws, tls_server: Callable[[], tuple[str, str]], no_aws_in_shell: Path
) -> None:
    """A certificate of one's own is refused, taken with its authority's file, and taken by `aws:insecure`."""
    url, certificate = tls_server()
    config = {**KEYS, "proton:endpointUrl": url, "aws:maxRetries": "1"}
    refusal(
        resolved(aws, config),
        "certificate verify failed",
        "aws:customCaBundle",
        kind=EndpointUnreachableError,
    )
    for more in ({"aws:customCaBundle": certificate}, {"aws:insecure": "true"}):
        found = connect(resolved(aws, {**config, **more}))
        assert found.list_connections("ENVIRONMENT_ACCOUNT") == []


def test_the_proxies_of_an_address_are_those_of_go() -> None:
    """`NO_PROXY` is read by Go's rules: a name with all below it, `.name` below it alone, addresses and networks."""
    settings = Settings(http_proxy="http://p:1", https_proxy="http://p:2")
    both = {"http": "http://p:1", "https": "http://p:2"}
    for no_proxy, url, expected in (
        (None, "https://proton.us-east-1.amazonaws.com", both),
        (None, "http://127.0.0.1:4600", {}),
        (None, "http://localhost:4600", {}),
        (None, "http://[::1]:4600", {}),
        ("*", "https://a.example.com", {}),
        ("example.com", "https://a.example.com", {}),
        ("example.com", "https://example.com", {}),
        (".example.com", "https://a.example.com", {}),
        (".example.com", "https://example.com", both),
        ("*.example.com", "https://a.example.com", {}),
        ("example.com", "https://notexample.com", both),
        ("other.com, example.com:8443", "https://example.com:8443", {}),
        ("example.com:8443", "https://example.com", both),
        ("10.0.0.0/8", "http://10.1.2.3:4600", {}),
        ("10.1.2.3", "http://10.1.2.3:4600", {}),
        ("10.0.0.0/8", "http://11.1.2.3:4600", both),
    ):
        assert proxies_for(dataclasses.replace(settings, no_proxy=no_proxy), url) == expected, (no_proxy, url)


# Clients


def test_changed_keys_and_files_never_get_an_old_client(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, no_aws_in_shell: Path
) -> None:
    """A key in the environment, and a key in a shared file, that changes during a process is used from then on."""
    for account in (ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        assert connect(resolved(aws)).account() == account
    for account in (ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT):
        no_aws_in_shell.write_text(
            f"[profile p]\n{SOURCE.replace(ENVIRONMENT_ACCOUNT, account)}\n", encoding="utf-8"
        )
        os.utime(no_aws_in_shell, ns=(int(account), int(account)))
        assert connect(resolved(aws, {"aws:profile": "p"})).account() == account


def test_one_local_aws_after_the_other_is_the_one_that_is_asked(aws: LocalAws) -> None:
    """Settings that name a second local AWS never reach the first."""
    for _ in range(2):
        with LocalAws() as another:
            found = resolved(another, KEYS)
            connect(found).list_connections("ENVIRONMENT_ACCOUNT")
            assert calls(another) == ["ListEnvironmentAccountConnections"]
    assert calls(aws) == []


def test_clients_are_bounded_and_closed(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """More settings than are kept close the client that was used longest ago; asked again, it is made anew."""
    few = Clients(kept=2)
    closed: list[Settings] = []
    close = Proton.close

    def noted(self: Proton) -> None:
        closed.append(self._settings)
        close(self)

    monkeypatch.setattr(Proton, "close", noted)
    many = [resolved(aws, {**KEYS, "aws:accessKey": f"{number:012}"}) for number in range(1, 5)]
    clients = [few.connect(settings) for settings in many]
    assert closed == many[:2]
    assert few.connect(many[-1]) is clients[-1]
    assert few.connect(many[0]) is not clients[0]
    assert few.connect(many[0]).list_connections("ENVIRONMENT_ACCOUNT") == []


def test_a_slow_source_of_credentials_holds_up_only_its_own_client(
    aws: LocalAws, profile: Callable[..., Settings], tmp_path: Path
) -> None:
    """While one profile's program takes its time, clients of other settings are made."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    script = program(tmp_path, f"open({str(gate)!r}).read(); {answer(**GOOD)}")
    slow = profile(slow=f"credential_process = {script}")
    made: list[Proton] = []
    thread = threading.Thread(target=lambda: made.append(connect(slow)))
    thread.start()
    with gate.open("w"):  # returns once the program has opened it, too
        connect(resolved(aws, KEYS)).list_connections("ENVIRONMENT_ACCOUNT")
        assert made == []
    thread.join()
    assert made[0].list_connections("ENVIRONMENT_ACCOUNT") == []

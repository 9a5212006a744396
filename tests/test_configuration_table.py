"""Runs the tables of `docs/configuration.md`: sets each setting and checks that the page is right."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import botocore.session
import pulumi_aws
import pytest
from accounts import ENVIRONMENT_ACCOUNT, OTHER_ACCOUNT, connect, resolved, role_arn
from http_servers import Handler, serving

from proton_provider.errors import ProtonError
from proton_provider.local import LocalAws
from proton_provider.plugin.config import MEMBERS, OF_PROVIDER, parse
from proton_provider.settings import NO_FILES, AssumedRole, Settings, resolve

pytestmark = pytest.mark.usefixtures("fresh_clients")

PAGE: Final = Path(__file__).parent.parent / "docs" / "configuration.md"
ROLE: Final = role_arn("deployer", OTHER_ACCOUNT)
SAME, OWN, REFUSED, UNRELATED = "same", "own", "refused", "unrelated"


@dataclasses.dataclass
class Around:
    """What a row sets: the stack's config, the environment, the members of the profile `p`, which the config names."""

    aws: LocalAws
    metadata: str
    """The address of a server that gives credentials, as a container's and an instance's do."""
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    config: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self.resolve()

    def resolve(self) -> Settings:
        return resolved(self.aws, self.config)


Put = Callable[[Around], None]
Expect = Callable[[Around], None]


def config(**values: Any) -> Put:
    def put(around: Around) -> None:
        around.config.update({f"aws:{name}": _placed(value, around) for name, value in values.items()})

    return put


def shell(**variables: str) -> Put:
    def put(around: Around) -> None:
        for name, value in variables.items():
            around.monkeypatch.setenv(name, _placed(value, around))

    return put


def profile(more: str = "", /, **members: str) -> Put:
    def put(around: Around) -> None:
        lines = [f"{name} = {_placed(value, around)}" for name, value in members.items()]
        text = "\n".join(["[profile p]", *lines, _placed(more, around), ""])
        (around.folder / "aws-config").write_text(text, encoding="utf-8")
        around.config["aws:profile"] = "p"

    return put


def _placed(value: Any, around: Around) -> Any:
    """A value in which `{folder}` and `{metadata}` stand for what is there only when the test runs."""
    if isinstance(value, list):
        return [_placed(item, around) for item in value]
    if isinstance(value, dict):
        return {key: _placed(item, around) for key, item in value.items()}
    if isinstance(value, str):
        return value.replace("{folder}", str(around.folder)).replace("{metadata}", around.metadata)
    return value


def both(*puts: Put) -> Put:
    def put(around: Around) -> None:
        for each in puts:
            each(around)

    return put


def gives(**members: Any) -> Expect:
    """The resolved settings have these members."""

    def expect(around: Around) -> None:
        found = around.resolve()
        assert {name: getattr(found, name) for name in members} == {
            name: _placed(value, around) for name, value in members.items()
        }

    return expect


def calls_as(account: str, **sent: str) -> Expect:
    """Proton is called in this account; STS was sent these parameters before."""

    def expect(around: Around) -> None:
        connect(around.resolve()).list_connections("ENVIRONMENT_ACCOUNT")
        *before, call = around.aws.requests
        assert call.account == account
        parameters = {name: value for request in before for name, value in request.parameters.items()}
        assert {name: parameters.get(name) for name in sent} == sent

    return expect


def refuses(*parts: str) -> Expect:
    """One sentence with these parts, and no call of Proton."""

    def expect(around: Around) -> None:
        with pytest.raises(ProtonError) as caught:
            connect(around.resolve()).list_connections("ENVIRONMENT_ACCOUNT")
        for part in parts:
            assert _placed(part, around) in str(caught.value)
        assert around.aws.requests == []

    return expect


def changes_nothing(around: Around) -> None:
    """The settings are what they were before; that there is a profile is no matter."""

    def compared(settings: Settings) -> Settings:
        return dataclasses.replace(settings, environment=(), profile=None, shared_files=NO_FILES)

    assert compared(around.resolve()) == compared(around.before)


KEYS = config(accessKey=ENVIRONMENT_ACCOUNT, secretKey="local", token="t")
SHELL_KEYS = shell(AWS_ACCESS_KEY_ID=ENVIRONMENT_ACCOUNT, AWS_SECRET_ACCESS_KEY="local")
OLD_KEYS = shell(AWS_ACCESS_KEY=ENVIRONMENT_ACCOUNT, AWS_SECRET_KEY="local")
PROFILE_KEYS = {
    "aws_access_key_id": ENVIRONMENT_ACCOUNT,
    "aws_secret_access_key": "local",
    "aws_session_token": "t",
}
AS_KEYS = gives(access_key=ENVIRONMENT_ACCOUNT, secret_key="local")
SOURCE = "[profile source]\n" + "\n".join(f"{name} = {value}" for name, value in PROFILE_KEYS.items())
OF_SOURCE = {"role_arn": ROLE, "source_profile": "source"}
TOKEN = "{folder}/token"
CA = "{folder}/ca.pem"
SHELL_TOKEN = shell(AWS_WEB_IDENTITY_TOKEN_FILE=TOKEN, AWS_ROLE_ARN=ROLE, AWS_ROLE_SESSION_NAME="runner")
WITH_TOKEN = calls_as(OTHER_ACCOUNT, RoleArn=ROLE, RoleSessionName="runner", WebIdentityToken="a.b.c")
CONTAINER = shell(
    AWS_CONTAINER_CREDENTIALS_FULL_URI="{metadata}/container", AWS_CONTAINER_AUTHORIZATION_TOKEN="open"
)
INSTANCE = shell(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT="{metadata}")
SSO = {
    "sso_start_url": "https://nobody.invalid/start",
    "sso_region": "us-east-1",
    "sso_account_id": ENVIRONMENT_ACCOUNT,
    "sso_role_name": "deployer",
}
SIGNED_OUT = refuses("profile p", "aws sso login")
HAS_CA = gives(ca_bundle=CA)
AT = "http://somewhere:1"
FIPS, DUAL = gives(use_fips=True), gives(use_dualstack=True)


CONFIG: Final[Mapping[str, tuple[str, Put, Expect]]] = {
    "accessKey": (SAME, KEYS, AS_KEYS),
    "secretKey": (
        SAME,
        config(secretKey="alone"),
        refuses("aws:accessKey and aws:secretKey must be set together"),
    ),
    "token": (SAME, KEYS, gives(token="t")),
    "profile": (SAME, profile(**PROFILE_KEYS), AS_KEYS),
    "assumeRoles": (
        SAME,
        both(KEYS, config(assumeRoles=[{"roleArn": ROLE, "externalId": "partner", "duration": "1.5h"}])),
        calls_as(OTHER_ACCOUNT, RoleArn=ROLE, ExternalId="partner", DurationSeconds="5400"),
    ),
    "assumeRoleWithWebIdentity": (
        SAME,
        config(
            assumeRoleWithWebIdentity={
                "roleArn": ROLE,
                "webIdentityTokenFile": TOKEN,
                "sessionName": "runner",
            }
        ),
        WITH_TOKEN,
    ),
    "sharedConfigFiles": (SAME, config(sharedConfigFiles=["{folder}/other"], profile="other"), AS_KEYS),
    "sharedCredentialsFiles": (
        SAME,
        config(sharedCredentialsFiles=["{folder}/credentials"], profile="of-file"),
        AS_KEYS,
    ),
    "allowedAccountIds": (
        SAME,
        config(allowedAccountIds=[222222222222]),
        gives(allowed_account_ids=("2" * 12,)),
    ),
    "forbiddenAccountIds": (
        SAME,
        config(forbiddenAccountIds=["2" * 12]),
        gives(forbidden_account_ids=("2" * 12,)),
    ),
    "region": (SAME, config(region="eu-west-1"), gives(region="eu-west-1", region_is_from_environment=False)),
    "stsRegion": (SAME, config(stsRegion="eu-west-1"), gives(sts_region="eu-west-1")),
    "endpoints": (SAME, config(endpoints=[{"iam": "http://iam:1"}, {"sts": AT}]), gives(sts_endpoint_url=AT)),
    "useFipsEndpoint": (SAME, config(useFipsEndpoint="true"), FIPS),
    "useDualstackEndpoint": (SAME, config(useDualstackEndpoint="true"), DUAL),
    "ec2MetadataServiceEndpoint": (
        SAME,
        both(shell(AWS_EC2_METADATA_DISABLED=""), config(ec2MetadataServiceEndpoint="{metadata}")),
        calls_as(ENVIRONMENT_ACCOUNT),
    ),
    "ec2MetadataServiceEndpointMode": (
        SAME,
        config(ec2MetadataServiceEndpointMode="IPv6"),
        gives(metadata_endpoint_mode="IPv6"),
    ),
    "skipMetadataApiCheck": (
        SAME,
        both(INSTANCE, config(skipMetadataApiCheck="true")),
        refuses("no credentials"),
    ),
    "customCaBundle": (SAME, config(customCaBundle=CA), HAS_CA),
    "insecure": (SAME, config(insecure="true"), gives(insecure=True)),
    "httpProxy": (SAME, config(httpProxy=AT), gives(http_proxy=AT, https_proxy=AT)),
    "httpsProxy": (SAME, config(httpsProxy=AT), gives(http_proxy=None, https_proxy=AT)),
    "noProxy": (SAME, config(noProxy="a,b"), gives(no_proxy="a,b")),
    "maxRetries": (SAME, config(maxRetries="5"), gives(max_attempts=5)),
    "retryMode": (SAME, config(retryMode="adaptive"), gives(retry_mode="adaptive")),
    "tokenBucketRateLimiterCapacity": (OWN, config(tokenBucketRateLimiterCapacity="5"), changes_nothing),
    "defaultTags": (SAME, config(defaultTags={"tags": {"a": "b"}}), gives(default_tags=(("a", "b"),))),
    "ignoreTags": (
        SAME,
        config(ignoreTags={"keys": ["a"], "keyPrefixes": ["b"]}),
        gives(ignored_tag_keys=("a",), ignored_tag_prefixes=("b",)),
    ),
    **{
        name: (OWN, config(**{name: "true"}), changes_nothing)
        for name in ("skipCredentialsValidation", "skipRequestingAccountId", "skipRegionValidation")
    },
    **{
        name: (UNRELATED, config(**{name: "true"}), changes_nothing)
        for name in ("tagPolicyCompliance", "userAgents", "s3UsEast1RegionalEndpoint", "s3UsePathStyle")
    },
}

ENVIRONMENT: Final[Mapping[str, tuple[str, Put, Expect]]] = {
    "AWS_ACCESS_KEY_ID": (SAME, SHELL_KEYS, AS_KEYS),
    "AWS_ACCESS_KEY": (SAME, OLD_KEYS, AS_KEYS),
    "AWS_SECRET_ACCESS_KEY": (SAME, SHELL_KEYS, AS_KEYS),
    "AWS_SECRET_KEY": (SAME, OLD_KEYS, AS_KEYS),
    "AWS_SESSION_TOKEN": (SAME, both(SHELL_KEYS, shell(AWS_SESSION_TOKEN="t")), gives(token="t")),
    "AWS_PROFILE": (SAME, shell(AWS_PROFILE="of-file", AWS_DEFAULT_PROFILE="absent"), AS_KEYS),
    "AWS_DEFAULT_PROFILE": (SAME, shell(AWS_DEFAULT_PROFILE="of-file"), AS_KEYS),
    "AWS_CONFIG_FILE": (SAME, shell(AWS_CONFIG_FILE="{folder}/other", AWS_PROFILE="other"), AS_KEYS),
    "AWS_SHARED_CREDENTIALS_FILE": (
        SAME,
        shell(AWS_SHARED_CREDENTIALS_FILE="{folder}/credentials", AWS_PROFILE="of-file"),
        AS_KEYS,
    ),
    "AWS_WEB_IDENTITY_TOKEN_FILE": (SAME, SHELL_TOKEN, WITH_TOKEN),
    "AWS_ROLE_ARN": (SAME, both(SHELL_TOKEN, shell(AWS_ROLE_ARN="")), refuses("AWS_ROLE_ARN must be")),
    "AWS_ROLE_SESSION_NAME": (SAME, SHELL_TOKEN, WITH_TOKEN),
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": (
        SAME,
        # Its host is a fixed address of the container's, which this machine does not have: the sentence names it.
        shell(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="http://nobody"),
        refuses("the container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI http://nobody)"),
    ),
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": (SAME, CONTAINER, calls_as(ENVIRONMENT_ACCOUNT)),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": (
        SAME,
        both(CONTAINER, shell(AWS_CONTAINER_AUTHORIZATION_TOKEN="")),
        refuses("the container (AWS_CONTAINER_CREDENTIALS_FULL_URI {metadata}/container)"),
    ),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": (
        SAME,
        both(
            CONTAINER,
            shell(
                AWS_CONTAINER_AUTHORIZATION_TOKEN="", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="{folder}/open"
            ),
        ),
        calls_as(ENVIRONMENT_ACCOUNT),
    ),
    "AWS_EC2_METADATA_DISABLED": (
        SAME,
        both(INSTANCE, shell(AWS_EC2_METADATA_DISABLED="true")),
        refuses("no credentials"),
    ),
    "AWS_SKIP_METADATA_API_CHECK": (
        SAME,
        both(INSTANCE, shell(AWS_SKIP_METADATA_API_CHECK="true")),
        refuses("no credentials"),
    ),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": (SAME, INSTANCE, calls_as(ENVIRONMENT_ACCOUNT)),
    "AWS_METADATA_URL": (
        SAME,
        shell(AWS_EC2_METADATA_DISABLED="false", AWS_METADATA_URL="{metadata}"),
        calls_as(ENVIRONMENT_ACCOUNT),
    ),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": (
        SAME,
        shell(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv6"),
        gives(metadata_endpoint_mode="IPv6"),
    ),
    "AWS_EC2_METADATA_V1_DISABLED": (
        SAME,
        shell(AWS_EC2_METADATA_V1_DISABLED="true"),
        gives(metadata_v1_is_disabled=True),
    ),
    **{
        name: (OWN, both(INSTANCE, shell(**{name: "2"})), calls_as(ENVIRONMENT_ACCOUNT))
        for name in ("AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS")
    },
    "AWS_IMDS_USE_IPV6": (
        OWN,
        both(INSTANCE, shell(AWS_IMDS_USE_IPV6="true")),
        calls_as(ENVIRONMENT_ACCOUNT),
    ),
    "AWS_REGION": (
        SAME,
        both(config(region=""), shell(AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="eu-west-2")),
        gives(region="eu-west-1", region_is_from_environment=True),
    ),
    "AWS_DEFAULT_REGION": (
        SAME,
        both(config(region=""), shell(AWS_DEFAULT_REGION="eu-west-2")),
        gives(region="eu-west-2", region_is_from_environment=True),
    ),
    "AWS_ENDPOINT_URL": (
        SAME,
        both(config(endpoints=[]), shell(AWS_ENDPOINT_URL=AT)),
        gives(sts_endpoint_url=AT),
    ),
    **{
        name: (
            SAME,
            both(config(endpoints=[]), shell(**{name: AT}, AWS_ENDPOINT_URL="http://b:2")),
            gives(sts_endpoint_url=AT),
        )
        for name in ("AWS_ENDPOINT_URL_STS", "TF_AWS_STS_ENDPOINT", "AWS_STS_ENDPOINT")
    },
    "AWS_ENDPOINT_URL_PROTON": (
        OWN,
        both(
            lambda around: around.config.update({"proton:endpointUrl": ""}),
            shell(AWS_ENDPOINT_URL_PROTON=AT, AWS_ENDPOINT_URL="http://b:2"),
        ),
        gives(endpoint_url=AT, endpoint_is_given=True),
    ),
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": (
        SAME,
        both(config(endpoints=[]), shell(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true", AWS_ENDPOINT_URL=AT)),
        gives(sts_endpoint_url=None),
    ),
    "AWS_USE_FIPS_ENDPOINT": (
        SAME,
        both(config(useFipsEndpoint="false"), shell(AWS_USE_FIPS_ENDPOINT="true")),
        FIPS,
    ),
    "AWS_USE_DUALSTACK_ENDPOINT": (SAME, shell(AWS_USE_DUALSTACK_ENDPOINT="true"), DUAL),
    "AWS_STS_REGIONAL_ENDPOINTS": (SAME, shell(AWS_STS_REGIONAL_ENDPOINTS="legacy"), changes_nothing),
    "AWS_CA_BUNDLE": (SAME, shell(AWS_CA_BUNDLE=CA), HAS_CA),
    "HTTP_PROXY": (SAME, shell(HTTP_PROXY=AT), gives(http_proxy=AT, https_proxy=None)),
    "HTTPS_PROXY": (SAME, both(config(httpProxy="http://b:2"), shell(https_proxy=AT)), gives(https_proxy=AT)),
    "NO_PROXY": (SAME, shell(no_proxy="a"), gives(no_proxy="a")),
    "AWS_MAX_ATTEMPTS": (SAME, shell(AWS_MAX_ATTEMPTS="5"), gives(max_attempts=5)),
    "AWS_RETRY_MODE": (SAME, shell(AWS_RETRY_MODE="adaptive"), gives(retry_mode="adaptive")),
    "AWS_DEFAULTS_MODE": (OWN, shell(AWS_DEFAULTS_MODE="in-region"), changes_nothing),
    "TF_AWS_DEFAULT_TAGS_<key>": (
        SAME,
        both(
            config(defaultTags={"tags": {"a": "b"}}),
            shell(TF_AWS_DEFAULT_TAGS_a="c", TF_AWS_DEFAULT_TAGS_d="e"),
        ),
        gives(default_tags=(("a", "b"), ("d", "e"))),
    ),
    "TF_AWS_IGNORE_TAGS_KEYS": (
        SAME,
        shell(TF_AWS_IGNORE_TAGS_KEYS="a, b"),
        gives(ignored_tag_keys=("a", "b")),
    ),
    "TF_AWS_IGNORE_TAGS_KEY_PREFIXES": (
        SAME,
        shell(TF_AWS_IGNORE_TAGS_KEY_PREFIXES="a,b"),
        gives(ignored_tag_prefixes=("a", "b")),
    ),
    **{
        name: (UNRELATED, shell(**{name: "1"}), changes_nothing)
        for name in (
            "AWS_ACCOUNT_ID_ENDPOINT_MODE",
            "AWS_AUTH_SCHEME_PREFERENCE",
            "AWS_CSM_CLIENT_ID",
            "AWS_CSM_ENABLED",
            "AWS_CSM_HOST",
            "AWS_CSM_PORT",
            "AWS_DATA_PATH",
            "AWS_DISABLE_HOST_PREFIX_INJECTION",
            "AWS_DISABLE_REQUEST_COMPRESSION",
            "AWS_ENDPOINT_DISCOVERY_ENABLED",
            "AWS_REQUEST_CHECKSUM_CALCULATION",
            "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
            "AWS_RESPONSE_CHECKSUM_VALIDATION",
            "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH",
            "AWS_SDK_UA_APP_ID",
            "AWS_SIGV4A_SIGNING_REGION_SET",
        )
    },
}

PROFILE: Final[Mapping[str, tuple[str, Put, Expect]]] = {
    **{
        name: (SAME, profile(**PROFILE_KEYS), gives(access_key=ENVIRONMENT_ACCOUNT, token="t"))
        for name in PROFILE_KEYS
    },
    **{
        name: (
            SAME,
            profile(SOURCE, **OF_SOURCE, **{name: value}),
            calls_as(OTHER_ACCOUNT, RoleArn=ROLE, **{sent: value}),
        )
        for name, sent, value in (
            ("external_id", "ExternalId", "partner"),
            ("role_session_name", "RoleSessionName", "me"),
            ("duration_seconds", "DurationSeconds", "1200"),
        )
    },
    **{
        name: (SAME, profile(SOURCE, **OF_SOURCE), calls_as(OTHER_ACCOUNT, RoleArn=ROLE))
        for name in OF_SOURCE
    },
    "credential_source": (
        SAME,
        both(CONTAINER, profile(role_arn=ROLE, credential_source="EcsContainer")),
        calls_as(OTHER_ACCOUNT, RoleArn=ROLE),
    ),
    "mfa_serial": (
        REFUSED,
        profile(SOURCE, **OF_SOURCE, mfa_serial="arn:aws:iam::222222222222:mfa/me"),
        refuses("profile p asks for an MFA code", "aws sts get-session-token"),
    ),
    "web_identity_token_file": (
        SAME,
        profile(role_arn=ROLE, web_identity_token_file=TOKEN, role_session_name="runner"),
        WITH_TOKEN,
    ),
    "credential_process": (
        SAME,
        profile(credential_process="cat {folder}/answer"),
        calls_as(ENVIRONMENT_ACCOUNT),
    ),
    "sso_session": (
        SAME,
        profile(
            "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://nobody.invalid/start",
            sso_session="s",
            sso_account_id=ENVIRONMENT_ACCOUNT,
            sso_role_name="deployer",
        ),
        refuses("profile p (sso_session s)"),
    ),
    **{name: (SAME, profile(**SSO), SIGNED_OUT) for name in SSO},
    "login_session": (
        OWN,
        profile(login_session="arn:aws:iam::222222222222:user/me"),
        refuses("profile p (login_session"),
    ),
    "region": (SAME, both(profile(region="eu-west-1"), config(region="")), gives(region="eu-west-1")),
    "endpoint_url": (SAME, both(config(endpoints=[]), profile(endpoint_url=AT)), gives(sts_endpoint_url=AT)),
    "services": (
        SAME,
        both(
            config(endpoints=[]),
            profile(f"[services s]\nsts =\n  endpoint_url = {AT}", services="s", endpoint_url="http://b:2"),
        ),
        gives(sts_endpoint_url=AT),
    ),
    "ignore_configured_endpoint_urls": (
        SAME,
        both(config(endpoints=[]), profile(endpoint_url=AT, ignore_configured_endpoint_urls="true")),
        gives(sts_endpoint_url=None),
    ),
    "use_fips_endpoint": (SAME, profile(use_fips_endpoint="true"), FIPS),
    "use_dualstack_endpoint": (SAME, profile(use_dualstack_endpoint="true"), DUAL),
    "sts_regional_endpoints": (SAME, profile(sts_regional_endpoints="legacy"), changes_nothing),
    "ca_bundle": (SAME, profile(ca_bundle=CA), HAS_CA),
    "max_attempts": (SAME, profile(max_attempts="5"), gives(max_attempts=5)),
    "retry_mode": (SAME, profile(retry_mode="adaptive"), gives(retry_mode="adaptive")),
    "defaults_mode": (OWN, profile(defaults_mode="in-region"), changes_nothing),
    "ec2_metadata_service_endpoint": (
        SAME,
        profile(ec2_metadata_service_endpoint=AT),
        gives(metadata_endpoint=AT),
    ),
    "ec2_metadata_service_endpoint_mode": (
        SAME,
        profile(ec2_metadata_service_endpoint_mode="IPv6"),
        gives(metadata_endpoint_mode="IPv6"),
    ),
    "ec2_metadata_v1_disabled": (
        SAME,
        profile(ec2_metadata_v1_disabled="true"),
        gives(metadata_v1_is_disabled=True),
    ),
}

IN_ROLE: Final = {"assumeRoleArn": ROLE}

PROTON: Final[Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "region": ("read", {"region": "eu-west-1"}, {"region": "eu-west-1"}),
    "profile": ("read", {"profile": "of-file"}, {"access_key": ENVIRONMENT_ACCOUNT}),
    "assumeRoleArn": ("read", IN_ROLE, {"assume_roles": (AssumedRole(role_arn=ROLE),)}),
    **{
        name: (
            "ignored",
            {**IN_ROLE, name: value},
            {"assume_roles": (role,)},
        )
        for name, value, role in (
            ("externalId", "partner", AssumedRole(role_arn=ROLE, external_id="partner")),
            ("sessionName", "me", AssumedRole(role_arn=ROLE, session_name="me")),
            ("sessionTags", {"team": 42.0, "no": None}, AssumedRole(role_arn=ROLE, tags=(("team", "42"),))),
            ("durationSeconds", 1200, AssumedRole(role_arn=ROLE, duration_seconds=1200)),
        )
    },
    "endpointUrl": ("read", {"endpointUrl": AT}, {"endpoint_url": AT}),
    "allowedAccountIds": ("ignored", {"allowedAccountIds": ["2" * 12]}, {"allowed_account_ids": ("2" * 12,)}),
    "maxAttempts": ("ignored", {"maxAttempts": 5}, {"max_attempts": 5}),
    "defaultTags": ("ignored", {"defaultTags": {"a": "b"}}, {"default_tags": (("a", "b"),)}),
    "deleteUnreachable": ("read", {"deleteUnreachable": "true"}, {"delete_unreachable": True}),
}
"""The provider's own config: what the dynamic resources do with it, what is set, and what comes of it."""

ROWS: Final = {**{f"aws:{name}": row for name, row in CONFIG.items()}, **ENVIRONMENT, **PROFILE}


class _Metadata(Handler):
    """Credentials as a container and an instance have them."""

    def do_PUT(self) -> None:
        self.answer(b"a-token")

    def do_GET(self) -> None:
        keys = {
            "Code": "Success",
            "AccessKeyId": ENVIRONMENT_ACCOUNT,
            "SecretAccessKey": "local",
            "Token": "t",
            "Expiration": "2999-01-01T00:00:00Z",
        }
        if self.path == "/container" and self.headers["Authorization"] != "open":
            self.send_error(403)
        else:
            text = "role" if self.path.endswith("security-credentials/") else json.dumps(keys)
            self.answer(text.encode())


@pytest.fixture(scope="module")
def metadata() -> Iterator[str]:
    with serving(_Metadata) as url:
        yield url


@pytest.fixture
def around(aws: LocalAws, metadata: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Around:
    keys = f"aws_access_key_id = {ENVIRONMENT_ACCOUNT}\naws_secret_access_key = local\n"
    answer = {"Version": 1, "AccessKeyId": ENVIRONMENT_ACCOUNT, "SecretAccessKey": "local"}
    for name, text in {
        "token": "a.b.c",
        "open": "open",
        "ca.pem": "",
        "answer": json.dumps(answer),
        "other": f"[profile other]\n{keys}",
        "credentials": f"[of-file]\n{keys}",
        "aws-credentials": f"[of-file]\n{keys}",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Around(aws, metadata, tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ROWS)
def test_a_setting_does_what_the_table_says(around: Around, name: str) -> None:
    """Each row of the page is set in its place, and the settings, the calls or the refusal are those it says."""
    _, put, expect = ROWS[name]
    put(around)
    expect(around)


def test_the_page_has_the_rows_that_are_run() -> None:
    """Page and test have the same settings, each with the same word."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: word for name, _, word in rows if not name.startswith("proton:")} == {
        name: word for name, (word, _, _) in ROWS.items()
    }
    assert {name: words for name, *words in rows if name.startswith("proton:")} == {
        f"proton:{name}": [word, "read"] for name, (word, _, _) in PROTON.items()
    }
    assert len(rows) == len(ROWS) + len(PROTON)


@pytest.mark.parametrize("name", PROTON)
def test_a_setting_of_the_provider_does_what_the_table_says(around: Around, name: str) -> None:
    """Each row of the provider's own config comes to what the page says, for the dynamic resources and for the native plugin."""
    word, values, expected = PROTON[name]
    found = parse(values)
    of_plugin = resolve.resolve(found.fill_in(None), found.get)
    assert {member: getattr(of_plugin, member) for member in expected} == expected
    own = {f"proton:{name}": values[name]}
    around.config.update(own)
    assert (around.resolve() == around.before) is (word == "ignored")


def test_every_setting_of_the_plugin_is_in_the_table() -> None:
    """A new setting of the plugin fails here, until the page has it."""
    assert {*MEMBERS, *OF_PROVIDER} == set(PROTON)


def test_every_key_of_pulumi_aws_is_in_the_table() -> None:
    """A version of pulumi-aws that brings a new setting fails here, until the page says what becomes of it."""
    source = Path(pulumi_aws.__file__).parent / "config" / "vars.py"
    keys = set(re.findall(r"__config__\.get\w*\('(\w+)'\)", source.read_text(encoding="utf-8")))
    assert len(keys) > 30
    assert keys - set(CONFIG) == set()


def test_every_variable_of_botocore_is_in_the_table() -> None:
    """The same for a version of botocore that reads a new variable."""
    names = {
        name
        for _, variables, _, _ in botocore.session.Session.SESSION_VARIABLES.values()
        for name in ([variables] if isinstance(variables, str) else variables or ())
        if name.startswith("AWS_")
    }
    assert len(names) > 20
    assert names - set(ENVIRONMENT) == set()


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if "<" not in name])
def test_an_empty_variable_is_none(around: Around, name: str) -> None:
    """`NAME=`, as templates of CI systems set it, is as good as not set, and a call is made all the same."""
    KEYS(around)
    expected = around.resolve()
    around.monkeypatch.setenv(name, "")
    if name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        around.monkeypatch.setenv("HOME", str(around.folder))
    found = around.resolve()
    assert dataclasses.replace(
        found, environment=(), shared_files=expected.shared_files
    ) == dataclasses.replace(
        expected,
        environment=(),
        ask_instance_metadata=expected.ask_instance_metadata or name == "AWS_EC2_METADATA_DISABLED",
    )
    connect(found).list_connections("ENVIRONMENT_ACCOUNT")

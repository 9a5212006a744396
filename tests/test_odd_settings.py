"""Settings that no sensible person writes: each is a sentence or a value, and never an error of Python."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from accounts import ABSENT, ENVIRONMENT_ACCOUNT, connect, resolved, role_arn
from aws.operations import NOWHERE

from proton_provider.aws import session
from proton_provider.errors import ProtonError
from proton_provider.local import LocalAws
from proton_provider.settings.aws_settings import require_valid_settings

ADDRESSES = [
    "http://[",
    "http://::",
    "http://]",
    "http://a:b",
    "http://a:99999",
    "http://a:-1",
    "http://a\0b",
    "http://\ud800",
]
TEXTS = ["a\0b", "\ud800"]
NUMBERS = [math.nan, math.inf]
KEYS = {"aws:accessKey": ENVIRONMENT_ACCOUNT, "aws:secretKey": "local"}
ROLE = {"roleArn": role_arn("deployer")}

ODD: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    *(({"proton:endpointUrl": url}, None) for url in ADDRESSES),
    *(({"proton:endpointUrl": url, "proton:deleteUnreachable": "true"}, None) for url in ADDRESSES),
    *(({}, {"endpointUrl": url}) for url in ADDRESSES),
    *(({"aws:httpProxy": url, "proton:endpointUrl": "http://example.invalid"}, None) for url in ADDRESSES),
    *(({"aws:endpoints": [{"sts": url}], "aws:allowedAccountIds": ["1" * 12]}, None) for url in ADDRESSES),
    *(
        ({key: text}, None)
        for text in TEXTS
        for key in (
            "aws:customCaBundle",
            "aws:region",
            "aws:profile",
            "proton:profile",
            "aws:noProxy",
            "aws:token",
        )
    ),
    *(
        ({key: [text]}, None)
        for text in TEXTS
        for key in ("aws:sharedConfigFiles", "aws:sharedCredentialsFiles")
    ),
    *(
        ({"aws:assumeRoles": [{**ROLE, member: value}]}, None)
        for member in ("sessionName", "externalId", "policy", "sourceIdentity", "duration")
        for value in (*TEXTS, *NUMBERS)
    ),
    *(
        ({"aws:assumeRoleWithWebIdentity": {**ROLE, "webIdentityToken": "t", member: value}}, None)
        for member in ("sessionName", "policy", "webIdentityToken", "webIdentityTokenFile")
        for value in (*TEXTS, *NUMBERS)
    ),
    *(({}, {"assumeRoleArn": ROLE["roleArn"], "externalId": value}) for value in (*TEXTS, *NUMBERS)),
    *(({}, {member: text}) for text in TEXTS for member in ("profile", "region")),
]


@pytest.mark.parametrize(("config", "own"), ODD)
@pytest.mark.usefixtures("fresh_clients")
def test_an_odd_setting_is_a_sentence(
    aws: LocalAws, config: dict[str, Any], own: dict[str, Any] | None
) -> None:
    """Addresses, paths, names and numbers that are none, of every source."""

    def use() -> None:
        require_valid_settings(own)
        # Keys would be taken in place of a web identity.
        keys = {} if "aws:assumeRoleWithWebIdentity" in config else KEYS
        found = resolved(aws, {**keys, "proton:endpointUrl": NOWHERE, **config}, own)
        connect(replace(found, max_attempts=1)).find(ABSENT)

    with pytest.raises(ProtonError) as caught:
        use()
    text = str(caught.value)
    assert text.endswith(".")
    assert text.isprintable()


def test_a_variable_that_is_no_text_is_a_sentence(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of another encoding arrive as halves of surrogate pairs."""
    monkeypatch.setenv("AWS_PROFILE", "\udcff")
    with pytest.raises(ProtonError, match="AWS_PROFILE has a character that no text can have"):
        resolved(aws)


def test_sessions_share_what_botocore_reads(aws: LocalAws, no_aws_in_shell: Path) -> None:
    """The models and endpoints of botocore are in memory once, however many settings a process has."""
    one, other = (
        session.session(replace(resolved(aws, KEYS), region=region)) for region in ("us-east-1", "us-west-2")
    )
    loaders = [each._session.get_component("data_loader") for each in (one, other)]
    assert loaders[0] is loaders[1]

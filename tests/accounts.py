"""Accounts, a Region and roles for the tests of the provider's modules, and the requests that a local AWS got."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from proton_provider.aws.clients import Clients
from proton_provider.local import LocalAws
from proton_provider.settings import Settings
from proton_provider.settings.resolve import resolve

if TYPE_CHECKING:
    from proton_provider.aws.client import Proton

ENVIRONMENT_ACCOUNT = "222222222222"
MANAGEMENT_ACCOUNT = "111111111111"
OTHER_ACCOUNT = "333333333333"
REGION = "us-east-1"
ABSENT = "00000000-0000-4000-8000-000000000000"
CLIENTS = Clients()
"""The clients of all tests that do not need their own."""


def role_arn(name: str, account: str = ENVIRONMENT_ACCOUNT) -> str:
    """The ARN of a role; nobody has to have made it."""
    return f"arn:aws:iam::{account}:role/{name}"


def settings_of(aws: LocalAws, account: str = ENVIRONMENT_ACCOUNT, **changes: Any) -> Settings:
    """The settings of a caller in an account of the local AWS."""
    given: dict[str, Any] = {
        "region": REGION,
        "access_key": account,
        "secret_key": "local",
        "endpoint_url": aws.url,
        "sts_endpoint_url": aws.url,
    }
    return Settings(**{**given, **changes})


def resolved(
    aws: LocalAws, config: Mapping[str, Any] | None = None, own: Mapping[str, Any] | None = None
) -> Settings:
    """What a resource's `aws` and a stack's config that names the local AWS come to in the shell of this test."""
    given = {
        "aws:region": REGION,
        "aws:endpoints": [{"sts": aws.url}],
        "proton:endpointUrl": aws.url,
        **(config or {}),
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return resolve(own, texts.get)


def connect(settings: Settings) -> Proton:
    """The calls with these settings, with a client that other tests use too, unless the test has `fresh_clients`."""
    return CLIENTS.connect(settings)


def client(aws: LocalAws, service: str, account: str = ENVIRONMENT_ACCOUNT) -> Any:
    """A plain boto3 client, for what somebody else does in the account."""
    return aws.client(service, account=account, region=REGION)


def calls(aws: LocalAws, service: str = "proton") -> list[str]:
    """The operations of a service that were called so far, failed ones included."""
    return [request.operation for request in aws.requests if request.service == service]

"""The botocore sessions and clients that use the resolved settings and read no other configuration."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError

from proton_provider import service_model, stopping
from proton_provider.aws import attempts
from proton_provider.aws.bodies import PROTON_CONTENT_TYPE, Parsers
from proton_provider.aws.credentials import CredentialChain
from proton_provider.aws.proxies import proxies_for
from proton_provider.errors import ConfigurationError
from proton_provider.settings import Settings

CONNECTIONS: Final = 32
"""The size of the connection pool: the native plugin runs so many operations at once."""

TRIES: Final = 8
"""The default number of attempts of a call."""

THROTTLED_TRIES: Final = 20
"""The same for a throttled call. If each attempt fails with probability 1/2, 1,000 calls succeed in 999 of 1,000 runs."""

CONNECT_TIMEOUT: Final = 10
READ_TIMEOUT: Final = 20
"""In seconds. With botocore's own 60, eight attempts at an endpoint that never answers would take eight minutes."""

_BOTOCORE_TRIES: Final = 3
"""The number of attempts by botocore alone, at most two seconds apart. A cancelled run cannot end botocore's pauses."""

_SERVER_ERROR: Final = 500
"""The lowest HTTP status of a server error."""

_THROTTLED: Final = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException"})
"""AWS's codes for a throttled call (documented for Proton and for the query protocol of STS)."""


def session(settings: Settings) -> boto3.Session:
    """A session whose clients use these settings, for every service."""
    return boto3.Session(botocore_session=_Session(settings), region_name=settings.region)


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """A session whose `create_client` makes all clients, also those that fetch credentials."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__(session_vars=_session_variables(settings))
        self.user_agent_extra = f"proton-provider/{version('proton-provider')}"
        self.register_component("credential_provider", CredentialChain(settings, self))
        self.register_component("response_parser_factory", Parsers(PROTON_CONTENT_TYPE))
        service_model.add_to(self)

    @property
    def full_config(self) -> Mapping[str, Any]:
        """The content of AWS's shared files, which were read once."""
        return self._settings.shared_files.content

    def create_client(
        self,
        service_name: str,
        region_name: str | None = None,
        *arguments: Any,
        endpoint_url: str | None = None,
        verify: Any = None,
        config: Config | None = None,
        **keywords: Any,
    ) -> Any:
        settings = self._settings
        if service_name == "sts":
            endpoint_url = endpoint_url or settings.sts_endpoint_url
            region_name = settings.sts_region or region_name or settings.region
        ours = _config(settings, service_name, region_name, endpoint_url)
        client = super().create_client(
            service_name,
            region_name,
            *arguments,
            endpoint_url=endpoint_url,
            verify=(False if settings.insecure else settings.ca_bundle) if verify is None else verify,
            config=ours.merge(config) if config else ours,
            **keywords,
        )
        _keep_trying(client, settings.max_attempts)
        attempts.limit(client)
        return client


def _session_variables(settings: Settings) -> dict[str, Any]:
    """The session variables of botocore, with the values of the settings. The others come from the environment or the profile.

    botocore itself must not read the environment: it treats an empty variable as a value, does not know `AWS_REGION`,
    and prefers `AWS_DEFAULT_PROFILE`.
    """
    environment = dict(settings.environment)
    variables = {}
    for name, (member, names, default, convert) in botocore.session.Session.SESSION_VARIABLES.items():
        known = next(
            (n for n in ([names] if isinstance(names, str) else names or ()) if n in environment), None
        )
        if known:
            variables[name] = (None, None, _converted(known, environment[known], convert), None)
        else:
            variables[name] = (member, None, default, convert)
    resolved = {
        "profile": settings.profile,
        "region": settings.region,
        "ca_bundle": settings.ca_bundle,
        "ec2_metadata_service_endpoint": settings.metadata_endpoint,
        "ec2_metadata_service_endpoint_mode": settings.metadata_endpoint_mode,
        "ec2_metadata_v1_disabled": settings.metadata_v1_is_disabled,
        "defaults_mode": "legacy",  # the other modes set retries and timeouts, which are resolved settings here
        "ignore_configured_endpoint_urls": True,
        "max_attempts": settings.max_attempts,
        "retry_mode": settings.retry_mode,
        "sts_regional_endpoints": "regional",  # the only mode of AWS's SDK for Go
        "use_dualstack_endpoint": settings.use_dualstack,
        "use_fips_endpoint": settings.use_fips,
    }
    return variables | {name: (None, None, value, None) for name, value in resolved.items()}


def _converted(name: str, text: str, convert: Callable[[str], Any] | None) -> Any:
    try:
        return (convert or str)(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number; it is {text!r}.") from None


def _config(settings: Settings, service: str, region: str | None, endpoint_url: str | None) -> Config:
    """The settings of one client in botocore's form."""
    mode = settings.retry_mode or "standard"
    tries = settings.max_attempts or TRIES
    domain = "api.aws" if settings.use_dualstack else "amazonaws.com"
    return Config(
        retries={
            "mode": mode,
            "total_max_attempts": tries if mode == "legacy" else min(tries, _BOTOCORE_TRIES),
        },
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=CONNECTIONS,
        ignore_configured_endpoint_urls=True,
        # A given endpoint has no FIPS or dual-stack variant; pulumi-aws ignores the setting then, too.
        use_fips_endpoint=settings.use_fips and endpoint_url is None,
        use_dualstack_endpoint=settings.use_dualstack and endpoint_url is None,
        proxies=proxies_for(settings, endpoint_url or f"https://{service}.{region}.{domain}"),
    )


def _keep_trying(client: Any, tries: int | None) -> None:
    """Make the client repeat a call up to `tries` times, even if botocore stops earlier.

    Except in `legacy` mode, botocore gives each client 500 tokens. A retry costs 14 tokens, or 5 if AWS throttled the
    call, and tokens come back slowly (read in botocore). That protects a service from many clients. One `up` makes only
    a few calls at a time, but it fails with the first call that is given up. Throttling of 200 connections would use up
    the tokens, although every call could succeed later.
    """
    if client.meta.config.retries["mode"] == "legacy":
        return

    def retry(attempts: int, response: Any, caught_exception: Exception | None, **_: Any) -> float | None:
        """Wait for the next attempt; the pause is random and grows, like botocore's. None leaves the decision to botocore."""
        if response is None:
            throttled, failed = False, isinstance(caught_exception, (BotoConnectionError, HTTPClientError))
        else:
            http, answer = response
            throttled = answer.get("Error", {}).get("Code") in _THROTTLED
            failed = http.status_code >= _SERVER_ERROR
        most = tries or (THROTTLED_TRIES if throttled else TRIES)
        if not (throttled or failed) or attempts >= most:
            return None
        scale = 1.0 if throttled else 0.05
        seconds = random.random() * min(scale * 2.0 ** (attempts - 1), 20.0)  # noqa: S311  # no secret
        stopping.pause(seconds, f"the next attempt of a call to {client.meta.endpoint_url}")
        return 0.0

    # Registered first: botocore takes the first pause that a handler returns. A cancelled run cannot end botocore's own.
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", retry)

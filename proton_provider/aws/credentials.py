"""Fetches credentials: from keys, a web identity or a profile, and then from the roles to assume.

Nothing here asks the user, because a provider process has no terminal. Every failure to fetch or renew credentials is one
sentence that names their source. A cancelled run does not wait for credentials.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleProvider,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    ProfileProviderBuilder,
    RefreshableCredentials,
)
from botocore.utils import FileWebIdentityTokenLoader, InstanceMetadataFetcher, resolve_imds_endpoint_mode

from proton_provider import stopping
from proton_provider.aws import answers, credential_process
from proton_provider.aws.credential_words import require_signable, source_in_words, with_source_profiles
from proton_provider.aws.shared_work import SharedWork
from proton_provider.errors import CredentialsError, ProtonError
from proton_provider.settings import AssumedRole, SessionRole, Settings, WebIdentityRole

T = TypeVar("T")


class CredentialChain:
    """The credential provider of a botocore session."""

    def __init__(self, settings: Settings, session: Any) -> None:
        self._settings = settings
        self._session = session

    def load_credentials(self) -> Credentials | None:
        """The credentials of the settings, or None if there are none. Raises `CredentialsError`."""
        settings = self._settings
        found: Credentials | None
        if settings.access_key:
            require_signable(_OWN_KEYS, settings.access_key, settings.secret_key, settings.token)
            found = Credentials(settings.access_key, settings.secret_key, settings.token)
        elif settings.web_identity:
            found = self._with_web_identity(settings.web_identity)
        else:
            fetch, source = functools.partial(_fetch, settings), functools.partial(_source, settings)
            loaded = fetch(self._from_profile_or_machine)
            found = None if loaded is None else WithOneErrorSentence(loaded, fetch, source)
        for role in settings.assume_roles:
            if found is None:
                raise CredentialsError(f"Assuming the role {role.role_arn} failed: {answers.NO_CREDENTIALS}")
            found = self._with_assumed_role(role, found)
        return found

    def _from_profile_or_machine(self) -> Credentials | None:
        """Credentials from the profile, else from the container, else from the instance, as in AWS's SDKs."""
        settings, session = self._settings, self._session
        environment = dict(settings.environment)
        profile = settings.profile or "default"
        container = ContainerProvider(environ=environment)
        metadata = InstanceMetadataProvider(
            InstanceMetadataFetcher(
                timeout=session.get_config_variable("metadata_service_timeout"),
                num_attempts=session.get_config_variable("metadata_service_num_attempts"),
                user_agent=session.user_agent(),
                env={} if settings.ask_instance_metadata else {"AWS_EC2_METADATA_DISABLED": "true"},
                config={
                    "ec2_metadata_service_endpoint": session.get_config_variable(
                        "ec2_metadata_service_endpoint"
                    ),
                    "ec2_metadata_service_endpoint_mode": resolve_imds_endpoint_mode(session),
                    "ec2_metadata_v1_disabled": session.get_config_variable("ec2_metadata_v1_disabled"),
                },
            )
        )
        builder = _Profiles(session, settings.region)
        roles = AssumeRoleProvider(
            load_config=lambda: session.full_config,
            client_creator=self._client,
            cache={},
            profile_name=profile,
            prompter=functools.partial(_refuse_to_ask, settings),
            credential_sourcer=CanonicalNameCredentialSourcer(
                [EnvProvider(environ=environment), container, metadata]
            ),
            profile_provider_builder=builder,
        )
        providers = [roles, *builder.providers(profile, disable_env_vars=True), container, metadata]
        found: Credentials | None = CredentialResolver(providers).load_credentials()
        return found

    def _with_web_identity(self, role: WebIdentityRole) -> Credentials:
        loader = (
            FileWebIdentityTokenLoader(os.path.expanduser(role.token_file))  # noqa: PTH111  # botocore needs a string
            if role.token_file
            else lambda: role.token
        )
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
            client_creator=self._client,
            web_identity_token_loader=loader,
            role_arn=role.role_arn,
            extra_args=_arguments(role),
        )
        return _RenewedLate(
            refresh_using=lambda: _fetch_from_sts(self._settings, fetcher),
            method="assume-role-with-web-identity",
        )

    def _with_assumed_role(self, role: AssumedRole, source: Credentials) -> Credentials:
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=self._client,
            source_credentials=source,
            role_arn=role.role_arn,
            extra_args=_arguments(
                role,
                ExternalId=role.external_id,
                SourceIdentity=role.source_identity,
                Tags=[{"Key": key, "Value": value} for key, value in role.tags],
                TransitiveTagKeys=list(role.transitive_tag_keys),
            ),
        )
        return _RenewedLate(
            refresh_using=lambda: _fetch_from_sts(self._settings, fetcher, role.role_arn),
            method="assume-role",
        )

    def _client(self, service: str, **arguments: Any) -> Any:
        return self._session.create_client(service, **{"region_name": self._settings.region, **arguments})


class _RenewedLate(DeferredRefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """Credentials that are renewed in their last five minutes.

    With botocore's own fifteen minutes, credentials that live 900 seconds would be renewed at every call.
    """

    _advisory_refresh_timeout = 5 * 60
    _mandatory_refresh_timeout = 2 * 60

    def __init__(self, refresh_using: Callable[[], Any], method: str) -> None:
        super().__init__(refresh_using, method)
        self._renewing = SharedWork[Any]()

    def get_frozen_credentials(self) -> Any:
        return _renewed(self, self._renewing, super().get_frozen_credentials)


class WithOneErrorSentence(Credentials):  # type: ignore[misc]  # botocore has no types
    """Credentials of botocore's own sources. A failure to renew them is one sentence, too."""

    def __init__(
        self, inner: Credentials, fetch: Callable[[Callable[[], Any]], Any], source: Callable[[], str]
    ) -> None:
        """`fetch` calls a function, and makes one sentence of its errors. `source` names where the credentials come from."""
        self._inner = inner
        self._fetch = fetch
        self._source = source
        self._renewing = SharedWork[Any]()
        self.method = inner.method

    def get_frozen_credentials(self) -> Any:
        return _renewed(self._inner, self._renewing, self._frozen)

    def _frozen(self) -> Any:
        found = self._fetch(self._inner.get_frozen_credentials)
        require_signable(self._source(), found.access_key, found.secret_key, found.token)
        return found

    @property
    def account_id(self) -> str | None:
        account: str | None = self._inner.account_id
        return account


def _renewed(credentials: Credentials, renewing: SharedWork[Any], renew: Callable[[], Any]) -> Any:
    """The result of `renew`, which renews the credentials if needed. It is shared by all who have to wait for it."""
    if isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed(
        credentials._mandatory_refresh_timeout  # noqa: SLF001  # botocore itself refreshes in vain, once for each thread
    ):
        return renewing.result(renew, "credentials")
    return renew()


class _Profiles:
    """The sources of a profile, in the form in which botocore asks for them. A `credential_process` runs as ours do.

    botocore calls its builder internal. What it adds or orders otherwise is taken as it is. If it no longer ran programs by
    a `ProcessProvider`, they would have a terminal and outlive the run: the tests of credential processes would fail.
    """

    def __init__(self, session: Any, region: str | None) -> None:
        self._session = session
        self._builder = ProfileProviderBuilder(session, cache={}, region_name=region)

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
        process = ProcessProvider(
            profile_name=profile_name,
            load_config=lambda: self._session.full_config,
            popen=credential_process.start,
        )
        return [
            process if isinstance(source, ProcessProvider) else source
            for source in self._builder.providers(profile_name, disable_env_vars)
        ]


def _refuse_to_ask(settings: Settings, prompt: str) -> str:
    """Refuse to give an MFA code, for which botocore calls this. The prompt has the serial number of the profile."""
    asking = (name for name in _profiles_in_use(settings) if (_serial(settings, name) or "\n") in prompt)
    raise CredentialsError(
        f"The profile {next(asking, settings.profile or 'default')} asks for an MFA code, but a provider cannot ask you "
        "for one. Nothing was called. Get a session first (aws sts get-session-token --serial-number ... --token-code ...) "
        "and use its keys, or use a profile with a credential_process."
    )


def _serial(settings: Settings, profile: str) -> str | None:
    serial: str | None = settings.shared_files.profile(profile).get("mfa_serial")
    return serial


def _profiles_in_use(settings: Settings) -> list[str]:
    return with_source_profiles(settings.profile, settings.shared_files.profile)


def _fetch(settings: Settings, fetch: Callable[[], T], role_arn: str | None = None) -> T:
    """The result of `fetch`. Raises `CredentialsError` for every failure, `StoppedError` if the run is cancelled."""
    what = f"Assuming the role {role_arn} failed" if role_arn else f"No credentials from {_source(settings)}"
    try:
        return stopping.interruptible(fetch, "credentials")
    except ProtonError:
        raise
    except Exception as error:  # noqa: BLE001  # botocore's sources raise errors of files, programs and JSON
        raise answers.credentials_error(error, what) from None


def _fetch_from_sts(settings: Settings, fetcher: Any, role_arn: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = _fetch(settings, fetcher.fetch_credentials, role_arn)
    require_signable("STS", *(found[name] for name in ("access_key", "secret_key", "token")))
    return found


_OWN_KEYS: Final = "aws:accessKey in the stack's config, the environment or the profile"


def _source(settings: Settings) -> str:
    """The source of the credentials in a user's words, with the files and programs that can cause the failure."""
    if settings.web_identity:
        where = settings.web_identity.token_file
        token = (
            f"the web identity token file {where}"
            if where
            else "the web identity token in the stack's config"
        )
        return f"{token} for the role {settings.web_identity.role_arn}"
    return source_in_words(settings.profile, settings.shared_files.profile, dict(settings.environment))


def _arguments(role: SessionRole, **more: Any) -> dict[str, Any]:
    """The arguments of STS for a role, without those that are empty."""
    of_session = {
        "RoleSessionName": role.session_name,
        "DurationSeconds": role.duration_seconds,
        "Policy": role.policy,
        "PolicyArns": [{"arn": arn} for arn in role.policy_arns],
    }
    return {name: value for name, value in {**of_session, **more}.items() if value}

"""The only door to AWS: calls, retries, and AWS's errors turned into ours, one sentence each.

Retries of Throttling, InternalServer, time-outs and dropped connections are botocore's (`standard` mode).
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any, Final, Literal

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProfileNotFound,
)

from proton_provider.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConnectionNotFoundError,
    CredentialsError,
    EndpointUnreachableError,
    IdempotencyMismatchError,
    ProtonError,
    RefusedError,
    WrongAccountError,
)
from proton_provider.rules import ROLES
from proton_provider.settings import AssumedRole, Settings

TRIES: Final = 8
"""How often a call is tried unless the settings say otherwise: half of the calls throttled still get through."""

ASSUMABLE_WITHIN: Final = 30.0
"""Seconds that a role which IAM made moments ago is given to become assumable (assumed: AWS gives no figure)."""

Tell = Callable[[Literal["info", "warning"], str], None]


def with_region(settings: Settings) -> Settings:
    """The settings with the Region of the profile (or of the default one), where they name none; no call is made.

    Raises `ConfigurationError` where there is no such profile.
    """
    if settings.region and not settings.profile:
        return settings
    try:
        of_profile = botocore.session.Session(profile=settings.profile).get_config_variable("region")
    except ProfileNotFound as error:
        raise ConfigurationError(
            f"{str(error).rstrip('.')} in AWS's shared configuration files (aws configure list-profiles shows them)."
        ) from None
    return dataclasses.replace(settings, region=settings.region or of_profile)


def proton(settings: Settings) -> Proton:
    """The calls for these settings; one client a process for equal settings, safe to use from several threads."""
    with _MAKING:
        return _proton(settings)


_MAKING: Final = threading.Lock()


@functools.cache
def _proton(settings: Settings) -> Proton:
    return Proton(settings)


class Proton:
    """AWS Proton's connection operations in the account and Region of `settings`."""

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._session = _session(settings)
        self._sts = functools.partial(
            self._session.client,
            "sts",
            endpoint_url=settings.sts_endpoint_url,
            config=_config(settings, self._session),
        )
        self._client = self._session.client(
            "proton", endpoint_url=settings.endpoint_url, config=_config(settings, self._session)
        )
        self._allowed = settings.allowed_account_ids
        self._forbidden = settings.forbidden_account_ids
        self._account_lock = threading.Lock()
        self._account: str | None = None

    def find(self, connection_id: str) -> dict[str, Any]:
        return _connection(self._call("get_environment_account_connection", connection_id, id=connection_id))

    def find_unless_gone(self, connection_id: str, environment_account_id: str) -> dict[str, Any] | None:
        try:
            return self.find(connection_id)
        except ConnectionNotFoundError:
            self.require_account(environment_account_id, connection_id)
            return None

    def set_roles(self, connection_id: str, roles: Mapping[str, str], tell: Tell) -> dict[str, Any]:
        return _connection(
            self._until_assumable(
                connection_id,
                roles,
                tell,
                lambda: self._call(
                    "update_environment_account_connection", connection_id, id=connection_id, **roles
                ),
            )
        )

    def request(self, request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        target = f"a connection for the environment {request['environmentName']}"
        roles = {name: arn for name, arn in request.items() if name in ROLES}
        return _connection(
            self._until_assumable(
                target,
                roles,
                tell,
                lambda: self._call("create_environment_account_connection", target, **request),
            )
        )

    def delete(self, connection_id: str, environment_account_id: str) -> None:
        try:
            self._call("delete_environment_account_connection", connection_id, id=connection_id)
        except ConnectionNotFoundError:
            self.require_account(environment_account_id, connection_id)

    def accept(self, connection_id: str) -> dict[str, Any]:
        return _connection(
            self._call("accept_environment_account_connection", connection_id, id=connection_id)
        )

    def reject(self, connection_id: str, management_account_id: str) -> None:
        try:
            self._call("reject_environment_account_connection", connection_id, id=connection_id)
        except ConnectionNotFoundError:
            self.require_account(management_account_id, connection_id)

    def list_connections(
        self, requested_by: str, *, environment_name: str | None = None, statuses: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        given = {"environmentName": environment_name, "statuses": list(statuses)}
        parameters = {name: value for name, value in given.items() if value}
        target = f"those for the environment {environment_name}" if environment_name else "all"
        pages = self._pages(
            "list_environment_account_connections", target, requestedBy=requested_by, **parameters
        )
        return [_plain(summary) for page in pages for summary in page["environmentAccountConnections"]]

    def tags(self, arn: str) -> dict[str, str]:
        pages = self._pages("list_tags_for_resource", arn, resourceArn=arn)
        return {tag["key"]: tag["value"] for page in pages for tag in page["tags"]}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        self._call("tag_resource", arn, resourceArn=arn, tags=pairs)

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self._call("untag_resource", arn, resourceArn=arn, tagKeys=list(keys))

    def account(self) -> str:
        """The account of the credentials, asked once."""
        with self._account_lock:
            if self._account is None:
                with self._translated("GetCallerIdentity", "the caller's account"):
                    self._account = str(self._sts().get_caller_identity()["Account"])
            return self._account

    def require_account(self, account_id: str, connection_id: str) -> None:
        caller = self.account()
        if caller != account_id:
            raise WrongAccountError(
                f"Connection {connection_id} was not found in {self._region}, but the credentials are those of "
                f"account {caller}, not {account_id}, so it may well exist: use credentials of account {account_id} "
                "(aws:profile, aws:assumeRoles, or AwsSettings)."
            )

    def _pages(self, operation: str, target: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All pages; each is a call of its own with its own error."""
        page = self._call(operation, target, **parameters)
        yield page
        while page.get("nextToken"):
            page = self._call(operation, target, **parameters, nextToken=page["nextToken"])
            yield page

    def _call(self, operation: str, target: str, /, **parameters: Any) -> dict[str, Any]:
        self._require_account()
        name = "".join(part.capitalize() for part in operation.split("_"))
        with self._translated(name, target):
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            return answer

    def _require_account(self) -> None:
        if not (self._allowed or self._forbidden):
            return
        caller = self.account()
        if (self._allowed and caller not in self._allowed) or caller in self._forbidden:
            wanted = f"one of {', '.join(self._allowed)}" if self._allowed else f"not {caller}"
            raise WrongAccountError(
                f"The credentials are those of account {caller}, but the account must be {wanted} "
                "(allowed_account_ids): nothing was changed; use credentials of the right account."
            )

    def _until_assumable(
        self, target: str, roles: Mapping[str, str], tell: Tell, call: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Repeat `call` while AWS refuses a role that IAM may just have made.

        Assumed: AWS answers ValidationException or AccessDeniedException and names the role. A missing
        `iam:PassRole` names it too, and waiting would not help.
        """
        waited, pause = 0.0, 1.0
        while True:
            try:
                return call()
            except (RefusedError, AccessDeniedError) as error:
                refused = [arn for arn in roles.values() if arn in str(error)]
                if not refused or "iam:PassRole" in str(error):
                    raise
                if waited >= ASSUMABLE_WITHIN:
                    raise type(error)(
                        f"{error} Waited {waited:.0f} s in case IAM had made the role moments ago: check its trust "
                        "policy."
                    ) from None
            if not waited:
                tell(
                    "info",
                    f"{target} waits for {', '.join(refused)}: IAM may have made it moments "
                    f"ago; up to {ASSUMABLE_WITHIN:.0f} s.",
                )
            pause = min(pause, ASSUMABLE_WITHIN - waited)
            time.sleep(pause)
            waited, pause = waited + pause, pause * 2

    @contextmanager
    def _translated(self, operation: str, target: str) -> Iterator[None]:
        """AWS's and botocore's errors as ours: what failed, where, AWS's own words, and what to do."""
        what = f"{operation} of {target} in {self._region} failed"
        try:
            yield
        except ClientError as error:
            raise _of_answer(error, operation, what) from None
        except (EndpointConnectionError, ConnectTimeoutError, HTTPClientError) as error:
            raise _of_silence(error, operation, what) from None
        except NoCredentialsError:
            raise CredentialsError(
                f"{what}: no credentials were found; set aws:profile in the stack's config, AWS_PROFILE or keys in "
                "the environment, or profile in AwsSettings."
            ) from None
        except BotoCoreError as error:
            raise CredentialsError(f"{what}: {error}") from None


def _session(settings: Settings) -> boto3.Session:
    """A session whose credentials are those of the settings, with every role assumed in turn and renewed in time."""
    core = botocore.session.Session(profile=settings.profile)
    core.user_agent_extra = f"proton-provider/{version('proton-provider')}"
    keys = {
        "aws_access_key_id": settings.access_key,
        "aws_secret_access_key": settings.secret_key,
        "aws_session_token": settings.token,
    }
    try:
        session = boto3.Session(botocore_session=core, region_name=settings.region, **keys)
        for role in settings.assume_roles:
            fetcher = _fetcher(settings, session, role)
            chained = botocore.session.Session(profile=settings.profile)
            chained.user_agent_extra = core.user_agent_extra
            chained._credentials = DeferredRefreshableCredentials(  # noqa: SLF001  # botocore has no public way
                refresh_using=functools.partial(_assume, fetcher, role.role_arn), method="assume-role"
            )
            session = boto3.Session(botocore_session=chained, region_name=settings.region)
    except ProfileNotFound as error:
        raise ConfigurationError(f"{error}.") from None
    return session


def _fetcher(settings: Settings, session: boto3.Session, role: AssumedRole) -> AssumeRoleCredentialFetcher:
    arguments = {
        "RoleSessionName": role.session_name,
        "ExternalId": role.external_id,
        "DurationSeconds": role.duration_seconds,
        "Policy": role.policy,
        "PolicyArns": [{"arn": arn} for arn in role.policy_arns],
        "SourceIdentity": role.source_identity,
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags],
        "TransitiveTagKeys": list(role.transitive_tag_keys),
    }

    def client(service: str, **credentials: str) -> Any:
        return session.client(
            service, endpoint_url=settings.sts_endpoint_url, config=_config(settings, session), **credentials
        )

    return AssumeRoleCredentialFetcher(
        client_creator=client,
        source_credentials=session.get_credentials(),
        role_arn=role.role_arn,
        extra_args={name: value for name, value in arguments.items() if value},
    )


def _assume(fetcher: AssumeRoleCredentialFetcher, role_arn: str) -> dict[str, Any]:
    """Fresh credentials of the role; a failing STS is told apart from a failing Proton here."""
    try:
        credentials: dict[str, Any] = fetcher.fetch_credentials()
    except ClientError as error:
        raise CredentialsError(
            f"Assuming the role {role_arn} failed: {_answer(error)}. Its trust policy must let these credentials "
            "assume it, and they need sts:AssumeRole on it."
        ) from None
    except BotoCoreError as error:
        raise CredentialsError(f"Assuming the role {role_arn} failed: STS did not answer ({error})") from None
    return credentials


def _config(settings: Settings, session: boto3.Session) -> Config:
    """The settings of botocore: `standard` retries, unless the environment or the profile asks for others."""
    core = session._session  # noqa: SLF001  # boto3 has no public way to read a setting
    retries: dict[str, Any] = {}
    if core.get_config_variable("retry_mode") is None:
        retries["mode"] = "standard"
    if settings.max_attempts is not None:
        retries["total_max_attempts"] = settings.max_attempts
    elif core.get_config_variable("max_attempts") is None:
        retries["total_max_attempts"] = TRIES
    return Config(retries=retries, connect_timeout=10)


def _connection(answer: Mapping[str, Any]) -> dict[str, Any]:
    return _plain(answer["environmentAccountConnection"])


def _plain(connection: Mapping[str, Any]) -> dict[str, Any]:
    """A connection with its timestamps as ISO 8601 in UTC."""
    return {
        name: _iso(value) if isinstance(value, datetime) else value
        for name, value in connection.items()
        if value is not None
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(error: ClientError) -> str:
    """AWS's code and words, without the full stop that some end with."""
    answer = error.response.get("Error", {})
    return f"{answer.get('Code', 'no code')}: {answer.get('Message') or 'no message'}".rstrip(". ")


_REMEDIES: Final[Mapping[str, tuple[type[ProtonError], str]]] = {
    "ResourceNotFoundException": (
        ConnectionNotFoundError,
        "Check the id, and that the credentials and the Region are those of the environment account that requested it",
    ),
    "ConflictException": (
        RefusedError,
        "Its status forbids this: a rejected connection can only be deleted and requested anew",
    ),
    "ServiceQuotaExceededException": (
        RefusedError,
        "AWS allows 1,000 connections an environment account and Region: delete what is not used",
    ),
    "ValidationException": (RefusedError, "Correct what AWS names"),
    "ThrottlingException": (
        RefusedError,
        "AWS still throttled the call after all retries: run it again later",
    ),
    "InternalServerException": (RefusedError, "AWS still failed after all retries: run it again later"),
    **dict.fromkeys(
        (
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        (CredentialsError, "The credentials are not valid (any more): renew them and run it again"),
    ),
}
"""What to do, by AWS's code: documented codes of the operations, and the common ones of credentials."""


def _of_answer(error: ClientError, operation: str, what: str) -> ProtonError:
    code = error.response.get("Error", {}).get("Code", "")
    said = f"{what}: {_answer(error)}."
    if error.operation_name != operation:  # botocore assumed a role that a profile names
        return CredentialsError(
            f"{said} This is {error.operation_name}, which the profile's credentials need."
        )
    if code in ("AccessDeniedException", "AccessDenied"):
        return AccessDeniedError(f"{said} The credentials need {_permissions(operation)}.")
    if code == "ValidationException" and "IdempotentParameterMismatch" in said:
        return IdempotencyMismatchError(said)
    kind, remedy = _REMEDIES.get(code, (RefusedError, "Correct what AWS names"))
    return kind(f"{said} {remedy}.")


def _permissions(operation: str) -> str:
    """The IAM actions of an operation, as AWS's service authorization reference gives them."""
    if operation == "GetCallerIdentity":
        return "no permission for this call by default: an explicit denial forbids it"
    action = f"proton:{operation} on the connection"
    if operation.startswith(("Create", "Update")):
        return f"{action}, and iam:PassRole on the roles with iam:PassedToService proton.amazonaws.com"
    return action


def _of_silence(error: BotoCoreError, operation: str, what: str) -> ProtonError:
    if operation == "GetCallerIdentity":
        return EndpointUnreachableError(f"{what}: STS did not answer ({error})")
    return EndpointUnreachableError(
        f"{what}: the endpoint did not answer ({str(error).rstrip('.')}). AWS ended Proton on 7 October 2026; nothing "
        "was deleted from the stack. For a local AWS, start it and set proton:endpointUrl to its address."
    )

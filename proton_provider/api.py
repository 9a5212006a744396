"""The only door to AWS: calls, retries, and AWS's errors turned into ours, one sentence each.

Retries of Throttling, InternalServer, time-outs and dropped connections are botocore's (`standard` mode), without its
quota of retries.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import random
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
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

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
from proton_provider.rules import ROLES, problem_with_region
from proton_provider.settings import AssumedRole, Settings

TRIES: Final = 8
"""How often a call is tried unless the settings say otherwise."""

THROTTLED_TRIES: Final = 20
"""The same for a throttled call: of 1,000 whose every try fails as a coin falls, one is given up in 1,000 runs."""

CONNECT_TIMEOUT: Final = 10
READ_TIMEOUT: Final = 20
"""Seconds; botocore's own 60 would make eight tries of an endpoint that never answers take eight minutes."""

ASSUMABLE_WITHIN: Final = 30.0
"""Seconds that a role which IAM made moments ago is given to become assumable (assumed: AWS gives no figure)."""

Tell = Callable[[Literal["info", "warning"], str], None]


def with_region(settings: Settings) -> Settings:
    """The settings with the Region of the profile (or of the default one), where they name none; no call is made.

    Raises `ConfigurationError` where there is no such profile.
    """
    if settings.region and not settings.profile:
        return settings
    with _usable():
        of_profile = botocore.session.Session(profile=settings.profile).get_config_variable("region")
    return dataclasses.replace(settings, region=settings.region or of_profile)


def proton(settings: Settings) -> Proton:
    """The calls for these settings; one client a process for equal settings, safe to use from several threads.

    Raises `ConfigurationError` where boto3 cannot work with the settings.
    """
    if problem := problem_with_region(settings.region, settings.endpoint_is_given):
        raise ConfigurationError(f"The Region {problem}.")
    with _MAKING, _usable():
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
        _keep_trying(self._client, _tries(settings, self._session))
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
        self, requested_by: str, *, environment_name: str | None = None
    ) -> list[dict[str, Any]]:
        parameters = {"environmentName": environment_name} if environment_name else {}
        target = f"those for the environment {environment_name}" if environment_name else "all"
        pages = self._pages(
            "list_environment_account_connections", target, requestedBy=requested_by, **parameters
        )
        return [
            _plain(summary) for page in pages for summary in _member(page, "environmentAccountConnections")
        ]

    def tags(self, arn: str) -> dict[str, str]:
        pages = self._pages("list_tags_for_resource", arn, resourceArn=arn)
        return {tag["key"]: tag["value"] for page in pages for tag in _member(page, "tags")}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        self._call("tag_resource", arn, resourceArn=arn, tags=pairs)

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self._call("untag_resource", arn, resourceArn=arn, tagKeys=list(keys))

    def account(self) -> str:
        """The account of the credentials, asked once."""
        with self._account_lock:
            if self._account is None:
                with _usable():
                    sts = self._sts()
                with self._translated("GetCallerIdentity", "the caller's account"):
                    self._account = str(sts.get_caller_identity()["Account"])
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
        if caller in self._forbidden or (self._allowed and caller not in self._allowed):
            wanted = (
                "another one (aws:forbiddenAccountIds)"
                if caller in self._forbidden
                else f"one of {', '.join(self._allowed)} (allowed_account_ids, or aws:allowedAccountIds)"
            )
            raise WrongAccountError(
                f"The credentials are those of account {caller}, but the account must be {wanted}: nothing was "
                "changed; use credentials of the right account."
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
                refused = [arn for arn in roles.values() if arn in error.answer]
                if not refused or not error.answer.startswith(_MAY_PASS) or "iam:PassRole" in error.answer:
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
            raised = _of_answer(error, operation, what)
            raised.answer = _answer(error)
            raise raised from None
        except (BotoConnectionError, HTTPClientError) as error:
            # Credentials are fetched in the course of a call, from STS or another service, at another address.
            address = self._client.meta.endpoint_url
            is_proton = operation != "GetCallerIdentity" and error.kwargs.get(
                "endpoint_url", address
            ).startswith(address)
            raise (_of_silence if is_proton else _of_silent_sts)(error, what) from None
        except (
            ResponseParserError
        ):  # of STS alone: Proton's answers are JSON, which botocore takes as it comes
            raise CredentialsError(f"{what}: {_NOT_STS}") from None
        except NoCredentialsError:
            raise CredentialsError(f"{what}: {_NO_CREDENTIALS}") from None
        except ParamValidationError as error:
            raise RefusedError(f"{what}: {_text(error)}. Correct what is named here.") from None
        except BotoCoreError as error:
            raise CredentialsError(
                f"{what}: {_text(error)}. Renew the credentials (aws sso login) or correct the profile."
            ) from None


@contextmanager
def _usable() -> Iterator[None]:
    """What botocore raises over settings that it cannot work with, as our error."""
    try:
        yield
    except ProfileNotFound as error:
        raise ConfigurationError(
            f"{_text(error)} in AWS's shared configuration files (aws configure list-profiles shows them)."
        ) from None
    except (BotoCoreError, ValueError) as error:  # ValueError: an address or a number that does not read
        raise ConfigurationError(
            f"boto3 cannot work with these settings: {_text(error)}. Correct the stack's config, AWS's shared "
            "configuration files or the AWS_ variables in the environment."
        ) from None


def _session(settings: Settings) -> boto3.Session:
    """A session whose credentials are those of the settings, with every role assumed in turn and renewed in time."""
    core = botocore.session.Session(profile=settings.profile)
    core.user_agent_extra = f"proton-provider/{version('proton-provider')}"
    keys = {
        "aws_access_key_id": settings.access_key,
        "aws_secret_access_key": settings.secret_key,
        "aws_session_token": settings.token,
    }
    session = boto3.Session(botocore_session=core, region_name=settings.region, **keys)
    for role in settings.assume_roles:
        fetcher = _fetcher(settings, session, role)
        chained = botocore.session.Session(profile=settings.profile)
        chained.user_agent_extra = core.user_agent_extra
        chained._credentials = _AssumedCredentials(  # noqa: SLF001  # botocore has no public way
            refresh_using=functools.partial(_assume, fetcher, role.role_arn), method="assume-role"
        )
        session = boto3.Session(botocore_session=chained, region_name=settings.region)
    return session


class _AssumedCredentials(DeferredRefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """Renewed in their last five minutes; botocore's own fifteen would renew those of 900 seconds at every call."""

    _advisory_refresh_timeout = 5 * 60
    _mandatory_refresh_timeout = 2 * 60


def _fetcher(settings: Settings, session: boto3.Session, role: AssumedRole) -> AssumeRoleCredentialFetcher:
    source = session.get_credentials()
    if source is None:
        raise CredentialsError(f"Assuming the role {role.role_arn} failed: {_NO_CREDENTIALS}")
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
        source_credentials=source,
        role_arn=role.role_arn,
        extra_args={name: value for name, value in arguments.items() if value},
    )


def _assume(fetcher: AssumeRoleCredentialFetcher, role_arn: str) -> dict[str, Any]:
    """Fresh credentials of the role; a failing STS is told apart from a failing Proton here."""
    try:
        credentials: dict[str, Any] = fetcher.fetch_credentials()
    except ClientError as error:
        if not _code(error):
            raise CredentialsError(f"Assuming the role {role_arn} failed: {_NOT_STS}") from None
        raise CredentialsError(
            f"Assuming the role {role_arn} failed: {_answer(error)}. Its trust policy must let these credentials "
            "assume it, and they need sts:AssumeRole on it."
        ) from None
    except (BotoConnectionError, HTTPClientError) as error:
        raise _of_silent_sts(error, f"Assuming the role {role_arn} failed") from None
    except ResponseParserError:
        raise CredentialsError(f"Assuming the role {role_arn} failed: {_NOT_STS}") from None
    except (BotoCoreError, ValueError) as error:  # ValueError: an address of STS that does not read
        raise CredentialsError(
            f"Assuming the role {role_arn} failed: {_text(error)}. Correct the settings of the role."
        ) from None
    return credentials


def _config(settings: Settings, session: boto3.Session) -> Config:
    """The settings of botocore: `standard` retries, unless the environment or the profile asks for others."""
    core = session._session  # noqa: SLF001  # boto3 has no public way to read a setting
    retries: dict[str, Any] = {}
    # botocore before 1.44 answers `legacy` for a mode that nobody has set.
    if not (os.environ.get("AWS_RETRY_MODE") or core.get_scoped_config().get("retry_mode")):
        retries["mode"] = "standard"
    retries["total_max_attempts"] = _tries(settings, session) or TRIES
    return Config(retries=retries, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)


def _tries(settings: Settings, session: boto3.Session) -> int | None:
    """How often a call is tried, where the settings, the environment or the profile say so."""
    core = session._session  # noqa: SLF001  # as above
    tries: int | None = settings.max_attempts or core.get_config_variable("max_attempts")
    return tries


def _keep_trying(client: Any, tries: int | None) -> None:
    """Have the client go on where botocore stops before a call was tried `tries` times.

    Its modes but `legacy` give a client 500 tokens, of which a retry costs 14, or 5 where AWS throttled the call, and
    come back slowly (read in botocore), so that a fleet does not keep a service down. One `up` makes four calls at a
    time, and fails with the first that is given up: a storm that 200 of them could sit out would use the tokens up.
    """
    if client.meta.config.retries["mode"] == "legacy":
        return

    def pause(attempts: int, response: Any, caught_exception: Exception | None, **_: Any) -> float | None:
        """Seconds until the next try, spread and growing as botocore's; None to stop."""
        if response is None:
            throttled, failed = False, isinstance(caught_exception, (BotoConnectionError, HTTPClientError))
        else:
            http, answer = response
            throttled = answer.get("Error", {}).get("Code") == "ThrottlingException"
            failed = http.status_code >= _SERVER_ERROR
        most = tries or (THROTTLED_TRIES if throttled else TRIES)
        if not (throttled or failed) or attempts >= most:
            return None
        scale = 1.0 if throttled else 0.05
        return random.random() * min(scale * 2.0 ** (attempts - 1), 20.0)  # noqa: S311  # no secret

    # The last one: of several pauses botocore takes the first, which is its own as long as it has tokens.
    client.meta.events.register_last("needs-retry.proton", pause)


_SERVER_ERROR: Final = 500
"""The least HTTP status by which a service says that it has failed."""


def _connection(answer: Mapping[str, Any]) -> dict[str, Any]:
    return _plain(_member(answer, "environmentAccountConnection"))


def _member(answer: Mapping[str, Any], name: str) -> Any:
    """A member that AWS's answer always has; botocore takes any answer with HTTP status 200 for a success."""
    if name not in answer:
        raise EndpointUnreachableError(
            f"The endpoint answered without {name}, so it is not AWS Proton's: correct proton:endpointUrl, or "
            "endpoint_url in AwsSettings."
        )
    return answer[name]


def _plain(connection: Mapping[str, Any]) -> dict[str, Any]:
    """A connection with its timestamps as ISO 8601 in UTC."""
    return {
        name: _iso(value) if isinstance(value, datetime) else value
        for name, value in connection.items()
        if value is not None
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _code(error: ClientError) -> str:
    """AWS's code; empty where the answer holds none, for which botocore gives the HTTP status, or nothing."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "" if code.isdigit() else code


def _answer(error: ClientError) -> str:
    """AWS's code and words, in one line and without the full stop that some end with."""
    words = str(error.response.get("Error", {}).get("Message") or "no message")
    return f"{_code(error)}: {' '.join(words.split())}".rstrip(". ")


def _text(error: Exception) -> str:
    """What botocore says, in one line and without the full stop that some end with."""
    return " ".join(str(error).split()).rstrip(".: ")


_MAY_PASS: Final = ("ValidationException", "AccessDeniedException")
"""The codes of refusals that may pass by themselves, when a role becomes assumable (assumed)."""

_NO_CREDENTIALS: Final = (
    "no credentials were found; set aws:profile in the stack's config, AWS_PROFILE or keys in the environment, or "
    "profile in AwsSettings."
)


_REMEDIES: Final[Mapping[str, tuple[type[ProtonError], str]]] = {
    "ResourceNotFoundException": (
        ConnectionNotFoundError,
        "Check the id, the Region, and that the credentials are those of the {owner}",
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
    **dict.fromkeys(
        ("InternalFailure", "InternalServerException", "ServiceUnavailable"),
        (RefusedError, "AWS still failed after all retries: run it again later"),
    ),
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

_REMEDIES_OF_ONE: Final[Mapping[tuple[str, str], tuple[type[ProtonError], str]]] = {
    ("RejectEnvironmentAccountConnection", "ConflictException"): (
        RefusedError,
        "Its status forbids this: one that an environment uses cannot be rejected; delete the environment in Proton first",
    ),
}
"""The same where a code means something else for one operation (documented by AWS)."""


def _of_answer(error: ClientError, operation: str, what: str) -> ProtonError:
    code = _code(error)
    said = f"{what}: {_answer(error)}."
    if not code:
        if error.operation_name == operation != "GetCallerIdentity":
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return EndpointUnreachableError(f"{what}: HTTP status {status}, and no answer of AWS's. {_ENDED}")
        return CredentialsError(f"{what}: {_NOT_STS}")
    if error.operation_name != operation:  # botocore assumed a role that a profile names
        return CredentialsError(
            f"{said} This is {error.operation_name}, which the profile's credentials need."
        )
    if code in ("AccessDeniedException", "AccessDenied"):
        return AccessDeniedError(f"{said} The credentials need {_permissions(operation)}.")
    if code == "ValidationException" and "IdempotentParameterMismatch" in said:
        return IdempotencyMismatchError(said)
    of_code = _REMEDIES.get(code, (RefusedError, "Correct what AWS names"))
    kind, remedy = _REMEDIES_OF_ONE.get((operation, code), of_code)
    owner = (
        "management account that it names"
        if operation in _OF_MANAGEMENT
        else "environment account that requested it"
    )
    return kind(f"{said} {remedy.format(owner=owner)}.")


_OF_MANAGEMENT: Final = ("AcceptEnvironmentAccountConnection", "RejectEnvironmentAccountConnection")
"""Operations that are the management account's (documented by AWS)."""


def _permissions(operation: str) -> str:
    """The IAM actions of an operation, as AWS's service authorization reference gives them."""
    if operation == "GetCallerIdentity":
        return "no permission for this call by default: an explicit denial forbids it"
    action = (
        f"proton:{operation}" if operation in _OF_NO_CONNECTION else f"proton:{operation} on the connection"
    )
    if operation.startswith(("Create", "Update")):
        return f"{action}, and iam:PassRole on the roles with iam:PassedToService proton.amazonaws.com"
    return action


_OF_NO_CONNECTION: Final = ("CreateEnvironmentAccountConnection", "ListEnvironmentAccountConnections")


def _of_silence(error: BotoCoreError, what: str) -> ProtonError:
    return EndpointUnreachableError(f"{what}: the endpoint did not answer ({_text(error)}). {_ENDED}")


def _of_silent_sts(error: BotoCoreError, what: str) -> ProtonError:
    return CredentialsError(
        f"{what}: STS, or where else the credentials come from, did not answer ({_text(error)}). {_CHECK_STS}"
    )


_ENDED: Final = (
    "AWS ended Proton on 7 October 2026; nothing was deleted from the stack. For a local AWS, start it and set "
    "proton:endpointUrl to its address."
)

_CHECK_STS: Final = (
    "Proton was not asked: check the network, and the address of STS (aws:endpoints, AWS_ENDPOINT_URL_STS)."
)

_NOT_STS: Final = f"what answered in place of STS is not STS. {_CHECK_STS}"

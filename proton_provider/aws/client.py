"""The calls to Proton in one account and Region. Equal settings share one client in a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ParamValidationError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from proton_provider import stopping
from proton_provider.aws import answers
from proton_provider.aws.caller import Caller, no_credentials
from proton_provider.aws.client_cache import ClientCache
from proton_provider.aws.repeating import repeat
from proton_provider.aws.session import session
from proton_provider.aws.unreachable import require_endpoint
from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    EndpointUnreachableError,
    ProtonError,
    RefusedError,
)
from proton_provider.rules import REQUESTED_EARLIER, ROLES, problem_with_region
from proton_provider.settings import Settings

T = TypeVar("T")
Log = Callable[[Literal["info", "warning"], str], None]

ASSUMABLE_WITHIN: Final = 30.0
"""The longest wait, in seconds, for a new role to become assumable (assumed: AWS gives no figure)."""

VISIBLE_WITHIN: Final = 10.0
"""The longest wait, in seconds, for the management account to see a new connection (assumed: AWS gives no figure)."""

_KEPT_CLIENTS: Final = 64


def connect(settings: Settings) -> Proton:
    """The calls with these settings. Safe to use from several threads.

    Raises `ConfigurationError` if boto3 does not accept the settings, `CredentialsError` without credentials, and
    `EndpointGoneError` if the endpoint is gone and `delete_unreachable` is set.
    """
    require_endpoint(settings)
    if problem := problem_with_region(settings.region, settings.endpoint_is_given):
        raise ConfigurationError(f"The Region {problem}.")
    return _clients.get(settings)


def close_all() -> None:
    """Close all clients in the cache."""
    _clients.close_all()


def _make(settings: Settings) -> Proton:
    try:
        return Proton(settings)
    except (BotoCoreError, ValueError) as error:  # ValueError: an invalid address or number
        raise ConfigurationError(
            f"boto3 does not accept these settings: {answers.message_of(error)}. Correct the stack's config, AWS's "
            "shared configuration files or the AWS_ variables in the environment."
        ) from None


_clients: ClientCache[Settings, Proton] = ClientCache(_make, _KEPT_CLIENTS)


class Proton:
    """AWS Proton's connection operations in the account and Region of `settings`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = session(settings)
        self._client = self._session.client("proton", endpoint_url=settings.endpoint_url)
        self._methods = {api: name for name, api in self._client.meta.method_to_api_mapping.items()}
        self._caller = Caller(settings, self._session)

    def close(self) -> None:
        self._client.close()

    def find(self, connection_id: str) -> dict[str, Any]:
        return _connection(self._call("GetEnvironmentAccountConnection", connection_id, id=connection_id))

    def find_unless_gone(self, connection_id: str, environment_account_id: str) -> dict[str, Any] | None:
        try:
            return self.find(connection_id)
        except ConnectionNotFoundError:
            self.require_account(environment_account_id, connection_id)
            return None

    def set_roles(self, connection_id: str, roles: Mapping[str, str], log: Log) -> dict[str, Any]:
        return _connection(
            self._until_assumable(
                connection_id,
                roles,
                log,
                lambda: self._call(
                    "UpdateEnvironmentAccountConnection", connection_id, id=connection_id, **roles
                ),
            )
        )

    def request(self, request: Mapping[str, Any], log: Log) -> dict[str, Any]:
        target = f"a connection for the environment {request['environmentName']}"
        roles = {name: arn for name, arn in request.items() if name in ROLES}
        self._caller.require_own_roles(roles)
        began = time.monotonic()
        answer = self._until_assumable(
            target,
            roles,
            log,
            lambda: self._call("CreateEnvironmentAccountConnection", target, **self._with_all_tags(request)),
        )
        connection = _connection(answer)
        if _is_older(answer, time.monotonic() - began):
            connection[REQUESTED_EARLIER] = True
        return connection

    def _with_all_tags(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request with the default tags that are ignored from then on, as pulumi-aws's requests have them."""
        tags = list(request.get("tags", ()))
        given = {tag["key"] for tag in tags}
        tags += [
            {"key": key, "value": value}
            for key, value in self._settings.default_tags or ()
            if self._settings.ignores_tag(key) and key not in given
        ]
        return {**request, "tags": tags}

    def delete(self, connection_id: str, environment_account_id: str) -> None:
        try:
            answer = self._call("DeleteEnvironmentAccountConnection", connection_id, id=connection_id)
        except ConnectionNotFoundError:
            answer = {}
        # AWS documents that deleting an absent connection succeeds. An answer without a connection means "not found".
        if not answer.get("environmentAccountConnection"):
            self.require_account(environment_account_id, connection_id)

    def accept(self, connection_id: str, log: Log) -> dict[str, Any]:
        """Accept the connection. Waits if the account does not see it yet (assumed)."""
        return _connection(
            repeat(
                lambda: self._call("AcceptEnvironmentAccountConnection", connection_id, id=connection_id),
                within=VISIBLE_WITHIN,
                may_succeed_later=lambda error: isinstance(error, ConnectionNotFoundError),
                log=lambda: log(
                    "info",
                    f"This account does not see {connection_id} yet. It may be new: waiting up to "
                    f"{VISIBLE_WITHIN:.0f} s.",
                ),
                advice="It did not appear within {waited:.0f} s.",
            )
        )

    def reject(self, connection_id: str, management_account_id: str) -> None:
        try:
            self._call("RejectEnvironmentAccountConnection", connection_id, id=connection_id)
        except ConnectionNotFoundError:
            self.require_account(management_account_id, connection_id)

    def list_connections(
        self, requested_by: str, *, environment_name: str | None = None
    ) -> list[dict[str, Any]]:
        parameters = {"environmentName": environment_name} if environment_name else {}
        target = f"those for the environment {environment_name}" if environment_name else "all"
        pages = self._pages(
            "ListEnvironmentAccountConnections", target, requestedBy=requested_by, **parameters
        )
        return [
            _with_iso_times(summary) for page in pages for summary in page["environmentAccountConnections"]
        ]

    def tags(self, arn: str) -> dict[str, str]:
        """All tags except those in `aws:ignoreTags`."""
        pages = self._pages("ListTagsForResource", arn, resourceArn=arn)
        tags = {tag["key"]: tag["value"] for page in pages for tag in page["tags"]}
        return {key: value for key, value in tags.items() if not self._settings.ignores_tag(key)}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        self._call("TagResource", arn, resourceArn=arn, tags=pairs)

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        if own := [key for key in keys if not self._settings.ignores_tag(key)]:
            self._call("UntagResource", arn, resourceArn=arn, tagKeys=own)

    def account(self) -> str:
        """The account of the credentials, asked once."""
        return self._caller.account()

    def require_account(self, account_id: str, connection_id: str) -> None:
        self._caller.require_account(account_id, connection_id)

    def _pages(self, operation: str, target: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All pages of a list. Each page is one call."""
        page = self._call(operation, target, **parameters)
        yield page
        seen = set[str]()
        while token := page.get("nextToken"):
            if token in seen:
                raise EndpointUnreachableError(
                    f"{operation} of {target} in {self._settings.region} failed: the endpoint gave the same nextToken "
                    "twice, so its list has no end. Run the command again, and report this to whoever runs the endpoint."
                )
            seen.add(token)
            page = self._call(operation, target, **parameters, nextToken=token)
            yield page

    def _call(self, operation: str, target: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an operation by AWS's name. A cancelled run does not wait for operations that only read."""
        self._caller.require_allowed_account()
        call = answers.Call(
            operation,
            target,
            self._settings.region,
            self._settings.endpoint_is_given,
            self._settings.use_fips,
        )
        with _translate_errors(call):
            method: Callable[..., dict[str, Any]] = getattr(self._client, self._methods[operation])
            if operation.startswith(("Get", "List")):
                answer = stopping.interruptible(lambda: method(**parameters), f"the answer to {operation}")
            else:
                answer = method(**parameters)
        # botocore treats every answer with HTTP status 200 as a success.
        shape = self._client.meta.service_model.operation_model(operation).output_shape
        for name in shape.required_members if shape else ():
            if name not in answer:
                raise answers.wrong_endpoint_error(name, call)
        return answer

    def _until_assumable(
        self, target: str, roles: Mapping[str, str], log: Log, call: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Repeat `call` while AWS refuses a role that may be new in IAM.

        Assumed: AWS answers ValidationException or AccessDeniedException, and names the role. The error for a missing
        `iam:PassRole` names the role too, but there a wait does not help.
        """
        refused: list[str] = []

        def may_succeed_later(error: ProtonError) -> bool:
            # The message has the properties' names, not the ARNs: an ARN may come from a secret of the program.
            refused[:] = [name for name, arn in roles.items() if arn in error.answer]
            return bool(refused) and answers.may_succeed_later(error)

        return repeat(
            call,
            within=ASSUMABLE_WITHIN,
            may_succeed_later=may_succeed_later,
            log=lambda: log(
                "info",
                f"{target} waits for {', '.join(refused)}: the role may be new in IAM; up to "
                f"{ASSUMABLE_WITHIN:.0f} s.",
            ),
            advice="Waited {waited:.0f} s in case the role is new in IAM. Check its trust policy.",
        )


@contextmanager
def _translate_errors(call: answers.Call) -> Iterator[None]:
    """Translate botocore's errors into ours."""
    try:
        yield
    except ClientError as error:
        raise answers.error_from_response(error, call) from None
    except (BotoConnectionError, HTTPClientError) as error:
        raise answers.unreachable_error(error, call) from None
    except ParamValidationError as error:
        raise RefusedError(
            f"{call.failed}: {answers.message_of(error)}. Correct the value that is named here."
        ) from None
    except BotoCoreError as error:
        raise no_credentials(error, call.failed) or answers.credentials_error(error, call.failed) from None


def _connection(answer: Mapping[str, Any]) -> dict[str, Any]:
    return _with_iso_times(answer["environmentAccountConnection"])


def _with_iso_times(connection: Mapping[str, Any]) -> dict[str, Any]:
    """A connection with its timestamps as ISO 8601 in UTC."""
    return {
        name: _iso(value) if isinstance(value, datetime) else value
        for name, value in connection.items()
        if value is not None
    }


def _is_older(answer: Mapping[str, Any], seconds: float) -> bool:
    """Whether the connection was requested more than `seconds` before the answer, by the server's clock.

    The server's time is the HTTP header Date, in whole seconds, rounded down. Without it the result is False.
    """
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    requested = answer["environmentAccountConnection"].get("requestedAt")
    try:
        answered = parsedate_to_datetime(headers.get("date"))
    except (TypeError, ValueError):
        return False
    return isinstance(requested, datetime) and (answered - requested).total_seconds() > seconds


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")

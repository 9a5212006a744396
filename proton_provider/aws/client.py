"""The calls to Proton in one account and Region."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as BotoConnectionError

from proton_provider.aws import answers
from proton_provider.aws.attempts import NoWholeAnswerError
from proton_provider.aws.bodies import NotAnAnswerError
from proton_provider.aws.caller import Caller
from proton_provider.aws.expected import Expected, as_far_as_known, checked, is_older
from proton_provider.aws.repeating import repeat
from proton_provider.aws.session import session
from proton_provider.errors import (
    ConfigurationError,
    ConnectionNotFoundError,
    EndpointUnreachableError,
    ProtonError,
    RefusedError,
    UnusableConnectionError,
)
from proton_provider.rules import REQUESTED_EARLIER, ROLES, account_of
from proton_provider.settings import Settings

T = TypeVar("T")
Log = Callable[[Literal["info", "warning"], str], None]

ASSUMABLE_WITHIN: Final = 30.0
"""The longest wait, in seconds, for a new role to become assumable (assumed: AWS gives no figure)."""

VISIBLE_WITHIN: Final = 10.0
"""The longest wait, in seconds, for the management account to see a new connection (assumed: AWS gives no figure)."""

_MOST_PAGES: Final = 1_000
"""The most further pages of a list: AWS allows 1,000 connections per environment account and Region (documented)."""


def make(settings: Settings) -> Proton:
    """The calls with these settings, for `Clients`.

    Raises `ConfigurationError` if boto3 does not accept the settings, and `CredentialsError` without credentials.
    """
    try:
        return Proton(settings)
    except (BotoCoreError, ValueError) as error:  # ValueError: an invalid address or number
        raise ConfigurationError(
            f"boto3 does not accept these settings: {answers.message_of(error)}. Correct the stack's config, AWS's "
            "shared configuration files or the AWS_ variables in the environment."
        ) from None


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

    def find(self, connection_id: str, environment_account_id: str | None = None) -> dict[str, Any]:
        operation = "GetEnvironmentAccountConnection"
        answer = self._call(operation, connection_id, id=connection_id)
        expected = {"id": connection_id, "environmentAccountId": environment_account_id}
        return self._connection(answer, operation, connection_id, expected)

    def find_unless_gone(self, connection_id: str, environment_account_id: str) -> dict[str, Any] | None:
        try:
            return self.find(connection_id, environment_account_id)
        except ConnectionNotFoundError:
            self.require_account(environment_account_id, connection_id)
            return None

    def set_roles(self, connection_id: str, roles: Mapping[str, str], log: Log) -> dict[str, Any]:
        operation = "UpdateEnvironmentAccountConnection"
        answer = self._until_assumable(
            connection_id, roles, log, lambda: self._call(operation, connection_id, id=connection_id, **roles)
        )
        expected = {"id": connection_id, "environmentAccountId": self._account_of(roles)}
        return self._connection(answer, operation, connection_id, expected)

    def request(self, request: Mapping[str, Any], log: Log) -> dict[str, Any]:
        target = f"a connection for the environment {request['environmentName']}"
        roles = {name: arn for name, arn in request.items() if name in ROLES}
        self._caller.require_own_roles(roles)
        began = time.monotonic()
        operation = "CreateEnvironmentAccountConnection"
        expected = {
            "environmentName": request["environmentName"],
            "managementAccountId": request["managementAccountId"],
            "environmentAccountId": self._account_of(roles),
        }
        try:
            answer = self._until_assumable(
                target, roles, log, lambda: self._call(operation, target, **self._with_all_tags(request))
            )
        except EndpointUnreachableError as error:
            if (known := as_far_as_known(error.unusable, expected, self._settings.region)) is None:
                raise
            raise UnusableConnectionError(str(error), known) from None
        connection = self._connection(answer, operation, target, expected)
        if is_older(answer, time.monotonic() - began):
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
        operation = "DeleteEnvironmentAccountConnection"
        try:
            answer = self._call(operation, connection_id, id=connection_id)
        except ConnectionNotFoundError:
            answer = {}
        # AWS documents that deleting an absent connection succeeds. An answer without a connection means "not found".
        if answer.get("environmentAccountConnection"):
            expected = {"id": connection_id, "environmentAccountId": environment_account_id}
            self._connection(answer, operation, connection_id, expected)
        else:
            self.require_account(environment_account_id, connection_id)

    def accept(self, connection_id: str, log: Log) -> dict[str, Any]:
        """Accept the connection. Waits if the account does not see it yet (assumed)."""
        operation = "AcceptEnvironmentAccountConnection"
        answer = repeat(
            lambda: self._call(operation, connection_id, id=connection_id),
            within=VISIBLE_WITHIN,
            may_succeed_later=lambda error: isinstance(error, ConnectionNotFoundError),
            log=lambda: log(
                "info",
                f"This account does not see {connection_id} yet. It may be new: waiting up to "
                f"{VISIBLE_WITHIN:.0f} s.",
            ),
            advice="It did not appear within {waited:.0f} s.",
        )
        expected = {
            "id": connection_id,
            "managementAccountId": self._caller.known_account,
            "status": "CONNECTED",
        }
        return self._connection(answer, operation, connection_id, expected)

    def reject(self, connection_id: str, management_account_id: str) -> None:
        operation = "RejectEnvironmentAccountConnection"
        try:
            answer = self._call(operation, connection_id, id=connection_id)
        except ConnectionNotFoundError:
            self.require_account(management_account_id, connection_id)
            return
        expected = {"id": connection_id, "managementAccountId": management_account_id, "status": "REJECTED"}
        self._connection(answer, operation, connection_id, expected)

    def list_connections(
        self, requested_by: str, *, environment_name: str | None = None
    ) -> list[dict[str, Any]]:
        operation = "ListEnvironmentAccountConnections"
        parameters = {"environmentName": environment_name} if environment_name else {}
        target = (
            f"the connections for the environment {environment_name}"
            if environment_name
            else "all connections"
        )
        account = "environmentAccountId" if requested_by == "ENVIRONMENT_ACCOUNT" else "managementAccountId"
        expected = {"environmentName": environment_name, account: self._caller.known_account}
        call = self._described(operation, target)
        return [
            checked(summary, expected, call)
            for page in self._pages(operation, target, requestedBy=requested_by, **parameters)
            for summary in page["environmentAccountConnections"]
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
        seen: set[str] = set()
        while token := page.get("nextToken"):
            if token in seen or len(seen) == _MOST_PAGES:
                raise answers.wrong_answer_error(
                    "is a list without an end", self._described(operation, target)
                )
            seen.add(token)
            page = self._call(operation, target, **parameters, nextToken=token)
            yield page

    def _call(self, operation: str, target: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an operation by AWS's name."""
        self._caller.require_allowed_account()
        with _translate_errors(self._described(operation, target)):
            method: Callable[..., dict[str, Any]] = getattr(self._client, self._methods[operation])
            return method(**parameters)

    def _described(self, operation: str, target: str) -> answers.Call:
        settings = self._settings
        return answers.Call(operation, target, settings.region, settings.endpoint_is_given, settings.use_fips)

    def _connection(
        self, answer: Mapping[str, Any], operation: str, target: str, expected: Expected
    ) -> dict[str, Any]:
        """The connection of an answer, which must be the expected one."""
        return checked(answer["environmentAccountConnection"], expected, self._described(operation, target))

    def _account_of(self, roles: Mapping[str, str]) -> str | None:
        """The account that a connection with these roles must have, if it is known."""
        return next(map(account_of, roles.values()), self._caller.known_account)

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
    except NotAnAnswerError as error:
        raise answers.wrong_answer_error(error.problem, call, error.body) from None
    except (BotoConnectionError, HTTPClientError, NoWholeAnswerError) as error:
        raise answers.unreachable_error(error, call) from None
    except ParamValidationError as error:
        raise RefusedError(
            f"{call.failed}: {answers.message_of(error)}. Correct the value that is named here."
        ) from None
    except BotoCoreError as error:
        raise answers.credentials_error(error, call.failed) from None

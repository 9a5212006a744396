"""How AWS's responses are interpreted: a client token that was used for another request, and a deletion without output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from accounts import (
    ABSENT,
    ENVIRONMENT_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    OTHER_ACCOUNT,
    calls,
    connect,
    settings_of,
)
from http_servers import Handler, serving

from proton_provider.errors import IdempotencyMismatchError, ProtonError, RefusedError, WrongAccountError
from proton_provider.local import LocalAws

CREATE = "CreateEnvironmentAccountConnection"
REQUEST = {
    "environmentName": "prod",
    "managementAccountId": MANAGEMENT_ACCOUNT,
    "clientToken": "t",
    "tags": [],
}


def refusal(aws: LocalAws, code: str, message: str) -> type[ProtonError]:
    """What a request raises where AWS answers so; it is sent once."""
    aws.fail_next(CREATE, code, message=message)
    before = len(calls(aws))
    with pytest.raises(ProtonError) as caught:
        connect(settings_of(aws)).request(REQUEST, lambda *_: None)
    assert len(calls(aws)) == before + 1
    return type(caught.value)


@pytest.mark.parametrize("code", ["ValidationException", "ConflictException"])
@pytest.mark.parametrize(
    "message",
    [
        "IdempotentParameterMismatch",
        "IdempotentParameterMismatch: the client token was used before with other parameters.",
        "Idempotent parameter mismatch",
        "Idempotency parameter mismatch for token t",
        "A request with the same client token but different parameters was made before.",
        "The client token was used with different parameters",
        "ClientToken t does not match the parameters of the first request: mismatched parameters",
        "Request with this idempotency token had other request parameters.",
    ],
)
def test_a_client_token_that_was_used_otherwise_is_known_by_meaning(
    aws: LocalAws, code: str, message: str
) -> None:
    """Whatever the spelling, and as Validation or Conflict (assumed: AWS documents the exception's name alone)."""
    assert refusal(aws, code, message) is IdempotencyMismatchError


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "The environment name has a different format."),
        ("ValidationException", "clientToken must match the pattern [!-~]*"),
        (
            "ValidationException",
            "1 validation error detected: Value at 'clientToken' failed to satisfy constraint",
        ),
        ("ValidationException", "The role in the parameters is in a different account."),
        ("ConflictException", "The connection is being changed by another request."),
        ("ConflictException", "A connection with different parameters exists."),
    ],
)
def test_any_other_refusal_takes_no_connection_over(aws: LocalAws, code: str, message: str) -> None:
    """Only what names the token and the difference is a mismatch; everything else stays a refusal."""
    assert refusal(aws, code, message) is RefusedError


class _Silent(Handler):
    """Answers every call with a success that holds nothing."""

    def do_POST(self) -> None:
        self.read_body()
        self.answer(b"{}", content_type="application/x-amz-json-1.0")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a Proton whose successes are empty, as AWS documents for the deletion of an absent connection."""
    with serving(_Silent) as url:
        yield url


def test_an_empty_success_of_a_deletion_is_judged_as_not_found_is(aws: LocalAws, silent: str) -> None:
    """It proves nothing with another account's credentials; with those of the right account the connection is gone."""
    connect(settings_of(aws, endpoint_url=silent)).delete(ABSENT, ENVIRONMENT_ACCOUNT)
    with pytest.raises(WrongAccountError, match=f"not {ENVIRONMENT_ACCOUNT}, so it may still exist there"):
        connect(settings_of(aws, OTHER_ACCOUNT, endpoint_url=silent)).delete(ABSENT, ENVIRONMENT_ACCOUNT)

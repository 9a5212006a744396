"""Translates AWS's errors, and missing answers, into our errors: what failed, on what, AWS's words, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from proton_provider.aws import remedies
from proton_provider.aws.attempts import NoWholeAnswerError
from proton_provider.aws.bodies import NotAnAnswerError
from proton_provider.errors import (
    AccessDeniedError,
    CredentialsError,
    EndpointUnreachableError,
    IdempotencyMismatchError,
    ProtonError,
    one_line,
)
from proton_provider.settings import DELETE_UNREACHABLE, ENDED, OTHER_ENDPOINT


@dataclass(frozen=True)
class Call:
    """One call to Proton, as an error message describes it."""

    operation: str
    target: str
    """The object of the call: a connection's id, or a phrase."""
    region: str | None
    endpoint_is_given: bool
    """Whether the endpoint is another one than AWS's own."""
    uses_fips: bool = False

    @property
    def failed(self) -> str:
        return f"{self.operation} of {self.target} in {self.region} failed"


def error_from_response(error: ClientError, call: Call) -> ProtonError:
    """The error for an error answer. AWS's own endpoint has ended, so its remedy is always `_ended_remedy`."""
    code = _code(error)
    said = f"{call.failed}: {_code_and_message(error)}."
    kind: type[ProtonError]
    if not code:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        said = f"{call.failed}: HTTP status {status}, and the answer is not one of AWS Proton."
        kind, remedy = EndpointUnreachableError, _CHECK_ENDPOINT
    elif code in remedies.DENIED:
        kind, remedy = AccessDeniedError, f"The credentials need {remedies.permissions(call.operation)}."
    elif call.operation.startswith("Create") and _is_idempotency_mismatch(code, _code_and_message(error)):
        kind, remedy = IdempotencyMismatchError, ""
    else:
        kind, remedy = remedies.proton_remedy(code, call.operation, str(error))
        remedy = f"{remedy}."
    raised = kind(f"{said} {remedy if call.endpoint_is_given else _ended_remedy(call)}".rstrip())
    raised.answer = _code_and_message(error)
    return raised


def unreachable_error(error: BotoCoreError, call: Call) -> ProtonError:
    """The error for a call to Proton without an answer."""
    between = _network_remedy(error)
    said = (
        f"{message_of(error)}. {between}"
        if between
        else f"the endpoint did not answer ({message_of(error)})."
    )
    if not call.endpoint_is_given:
        said += f" {_ended_remedy(call)}"
    elif not between:
        said += f" {_CHECK_ENDPOINT}"
        if isinstance(error, (ConnectTimeoutError, EndpointConnectionError)):
            said += f" If it no longer exists, run {_TAKE_APART}."
    return EndpointUnreachableError(f"{call.failed}: {said}")


def wrong_answer_error(problem: str, call: Call, unusable: bytes = b"{}") -> EndpointUnreachableError:
    """The error for an answer with HTTP status 200 that is not one of AWS Proton to this call."""
    remedy = _CHECK_ENDPOINT if call.endpoint_is_given else _ended_remedy(call)
    raised = EndpointUnreachableError(
        f"{call.failed}: the answer {problem}, so it is not one of AWS Proton. {remedy}"
    )
    raised.unusable = unusable
    return raised


def credentials_error(error: Exception, what: str) -> ProtonError:
    """The error for a failure to fetch credentials. `what` begins the sentence."""
    if isinstance(error, NoCredentialsError):
        return CredentialsError(f"{what}: {NO_CREDENTIALS}")
    if isinstance(error, ClientError):
        code = _code(error)
        if not code:
            return CredentialsError(f"{what}: {_NOT_STS}")
        kind, remedy = remedies.sts_remedy(code, error.operation_name, str(error))
        operation = "" if what.endswith(" failed") else f"{error.operation_name}: "
        return kind(f"{what}: {operation}{_code_and_message(error)}. {remedy}.")
    if isinstance(error, NotAnAnswerError):
        return CredentialsError(f"{what}: {_NOT_STS}")
    if isinstance(error, (BotoConnectionError, HTTPClientError, NoWholeAnswerError)):
        remedy = _network_remedy(error) or _CHECK_STS
        return CredentialsError(
            f"{what}: STS, or another source of the credentials, did not answer ({message_of(error)}). {remedy}"
        )
    remedy = _SIGN_IN if isinstance(error, (SSOError, TokenRetrievalError)) else _CHECK_SOURCE
    return CredentialsError(f"{what}: {message_of(error)}. {remedy}")


def message_of(error: Exception) -> str:
    """An exception's message in one short line, without a full stop at its end."""
    return one_line(str(error), _LONGEST).rstrip(".: ") or type(error).__name__


def may_succeed_later(error: ProtonError) -> bool:
    """Whether the call may succeed later, when a new role becomes assumable (assumed)."""
    return (
        error.answer.startswith(("ValidationException", *remedies.DENIED))
        and "iam:PassRole" not in error.answer
    )


_TAKE_APART: Final = f"{DELETE_UNREACHABLE}=true pulumi destroy"
NO_CREDENTIALS: Final = (
    "no credentials were found. Set proton:profile in the stack's config, AWS_PROFILE or keys in the environment, or "
    "profile in the resource's aws property (AwsSettings in Python)."
)


def _is_idempotency_mismatch(code: str, words: str) -> bool:
    """Whether AWS says that the client token was used with other parameters. AWS has several spellings (assumed).

    The answer must name both the token and the difference: no other error may lead to an adopted connection.
    """
    said = f"{code} {words}".lower()
    squeezed = re.sub(r"[^a-z]", "", said)
    if "idempotentparametermismatch" in squeezed or "idempotencyparametermismatch" in squeezed:
        return True
    names_token = re.search(r"(client ?request|client|idempotency|idempotent) ?-?token", said) is not None
    names_difference = re.search(
        r"(different|other|mismatch\w*|not match\w*) ?(request )?(parameter|payload|input)", said
    )
    return code in _CODES_OF_MISMATCH and names_token and (names_difference is not None or "mismatch" in said)


_CODES_OF_MISMATCH: Final = ("ValidationException", "ConflictException")


def _network_remedy(error: Exception) -> str | None:
    """The remedy for an error of the proxy or of TLS, or None for other errors."""
    if isinstance(error, ProxyConnectionError):
        return (
            "The proxy did not answer or refused the connection. Check HTTPS_PROXY and NO_PROXY in the environment, and "
            "aws:httpsProxy and aws:httpProxy in the stack's config."
        )
    if isinstance(error, SSLError):
        return (
            "The TLS connection could not be made. Check the certificate authority (AWS_CA_BUNDLE, "
            "aws:customCaBundle), a proxy that reads TLS, and whether the address should begin with http instead of https."
        )
    return None


def _ended_remedy(call: Call) -> str:
    """The remedy for every error of AWS's own endpoint."""
    fips = (
        " The FIPS endpoint was called (aws:useFipsEndpoint, AWS_USE_FIPS_ENDPOINT)."
        if call.uses_fips
        else ""
    )
    return f"{ENDED}.{fips} To take the stack apart, run {_TAKE_APART}. {OTHER_ENDPOINT}"


_CHECK_ENDPOINT: Final = (
    "Check that the endpoint runs and that its address is right (proton:endpointUrl, endpointUrl in the resource's aws "
    "property, AWS_ENDPOINT_URL_PROTON). The state was left as it was. After a change of the config run pulumi up or "
    "pulumi refresh --run-program: other commands use the config of the last up."
)


_CHECK_STS: Final = "Nothing else was called. Check the network, and the address of STS (AWS_ENDPOINT_URL_STS, aws:endpoints)."
_NOT_STS: Final = f"the answer is not from STS. {_CHECK_STS}"
_SIGN_IN: Final = "Nothing else was called. Sign in again with aws sso login."
_CHECK_SOURCE: Final = "Nothing else was called. Correct or renew the credential source that is named here."


def _code(error: ClientError) -> str:
    """AWS's error code. Empty if the answer has none; botocore gives the HTTP status, or nothing, in its place."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "" if code.isdigit() else code


def _code_and_message(error: ClientError) -> str:
    """AWS's error code and message in one short line, without a full stop at its end."""
    words = str(error.response.get("Error", {}).get("Message") or "no message")
    return f"{one_line(_code(error), _LONGEST_CODE)}: {one_line(words, _LONGEST)}".rstrip(". ")


_LONGEST: Final = 1000
_LONGEST_CODE: Final = 100
"""In characters. Messages and codes of AWS are shorter; an endpoint that is not AWS may send any."""

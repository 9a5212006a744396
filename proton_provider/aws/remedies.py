"""Tables: the error class and the remedy for each error code of Proton, and of STS and other sources of credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from proton_provider.errors import (
    ConnectionNotFoundError,
    CredentialsError,
    ProtonError,
    RefusedError,
    TryAgainLaterError,
)

DENIED: Final = ("AccessDeniedException", "AccessDenied")

_INVALID: Final = (
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
"""AWS's common error codes for credentials that it does not accept."""

_BUSY: Final = ("RequestLimitExceeded", "Throttling", "ThrottlingException")
_FAILING: Final = ("InternalFailure", "InternalServerException", "ServiceUnavailable")

_REMEDIES: Final[Mapping[str, tuple[type[ProtonError], str]]] = {
    "ResourceNotFoundException": (
        ConnectionNotFoundError,
        "Check the id and the Region. Use credentials of the {owner}",
    ),
    "ConflictException": (
        RefusedError,
        "Its status forbids this. Delete a rejected connection and request a new one",
    ),
    "ServiceQuotaExceededException": (
        RefusedError,
        "AWS allows 1,000 connections per environment account and Region. Delete connections that are not used",
    ),
    "ValidationException": (RefusedError, "Correct what AWS names"),
    **dict.fromkeys(
        _BUSY,
        (TryAgainLaterError, "AWS kept throttling this call. Run the command again in a few minutes"),
    ),
    **dict.fromkeys(
        _FAILING,
        (TryAgainLaterError, "AWS kept failing. Run the command again in a few minutes"),
    ),
    **dict.fromkeys(
        _INVALID,
        (CredentialsError, "The credentials are invalid or expired. Renew them and run the command again"),
    ),
}
"""The error class and the remedy by Proton's error code: the documented codes, and the common ones for credentials."""

_OPERATION_REMEDIES: Final[Mapping[tuple[str, str], tuple[type[ProtonError], str]]] = {
    ("RejectEnvironmentAccountConnection", "ConflictException"): (
        RefusedError,
        "Its status forbids this. An environment uses the connection: delete the environment in Proton first",
    ),
}
"""The same for an operation for which a code has another meaning (documented by AWS)."""

_REMEDIES_OF_STS: Final[Mapping[str, tuple[type[ProtonError], str]]] = {
    **dict.fromkeys(
        _INVALID,
        (CredentialsError, "The credentials that make this call are invalid or expired. Renew them"),
    ),
    **dict.fromkeys(
        _BUSY, (TryAgainLaterError, "STS kept throttling. Run the command again in a few minutes")
    ),
    **dict.fromkeys(
        (*_FAILING, "IDPCommunicationError"),
        (TryAgainLaterError, "STS kept failing. Run the command again in a few minutes"),
    ),
    "RegionDisabledException": (
        CredentialsError,
        "STS is not active in this Region for the account. Activate it there, or set aws:stsRegion to another Region",
    ),
    "IDPRejectedClaim": (CredentialsError, "The token has expired or is not for AWS: get a new one"),
    "InvalidIdentityToken": (
        CredentialsError,
        "Check the token, and that the account has an IAM identity provider for its issuer",
    ),
    "MalformedPolicyDocument": (CredentialsError, "Correct the session policy of the role"),
    "PackedPolicyTooLarge": (CredentialsError, "Shorten the session policy and the session tags of the role"),
    "UnauthorizedException": (CredentialsError, "Sign in again: aws sso login"),
}
"""The error class and the remedy by error code of STS and other sources of credentials (documented by AWS for STS)."""

_REMEDIES_OF_DENIED: Final[Mapping[str, str]] = {
    "AssumeRole": "The role's trust policy must let these credentials assume it, and they need sts:AssumeRole on it",
    "AssumeRoleWithWebIdentity": "The role's trust policy must let the token's issuer, audience and subject assume it",
    "GetCallerIdentity": "IAM cannot deny this call. Check the policy of the VPC endpoint that it goes through",
}
"""The remedy for denied access, by operation (documented by AWS)."""

_CLOCK: Final = "The clock of this machine is wrong. Set it, and run the command again"
_WORDS_OF_CLOCK: Final = ("Signature expired", "Signature not yet current")
_REMEDIES_BY_WORDS: Final = (
    *((words, _CLOCK) for words in _WORDS_OF_CLOCK),
    (
        "role chaining",
        "A role that another role assumes lasts one hour at most. Set its duration to 3,600 seconds or less",
    ),
    (
        "MaxSessionDuration",
        "Set a shorter durationSeconds (duration in aws:assumeRoles), or raise the role's maximum session duration",
    ),
)
"""The remedy by words in the message, where the code says less (words documented by AWS)."""


def proton_remedy(code: str, operation: str, words: str) -> tuple[type[ProtonError], str]:
    """The error class and the remedy for an error code of Proton, or for words in its message."""
    if any(part in words for part in _WORDS_OF_CLOCK):
        return CredentialsError, _CLOCK
    kind, remedy = _OPERATION_REMEDIES.get(
        (operation, code), _REMEDIES.get(code, (RefusedError, "Correct what AWS names"))
    )
    owner = (
        "management account that it names"
        if operation in _MANAGEMENT_OPERATIONS
        else "environment account that requested it"
    )
    return kind, remedy.format(owner=owner)


def sts_remedy(code: str, operation: str, words: str) -> tuple[type[ProtonError], str]:
    """The error class and the remedy for an error code of STS or of another source of credentials."""
    by_words = next((remedy for part, remedy in _REMEDIES_BY_WORDS if part in words), None)
    if by_words:
        return CredentialsError, by_words
    if code in DENIED and operation in _REMEDIES_OF_DENIED:
        return CredentialsError, _REMEDIES_OF_DENIED[operation]
    return _REMEDIES_OF_STS.get(code, (CredentialsError, "Correct what AWS names"))


_MANAGEMENT_OPERATIONS: Final = ("AcceptEnvironmentAccountConnection", "RejectEnvironmentAccountConnection")
"""Operations for the management account (documented by AWS)."""


def permissions(operation: str) -> str:
    """The IAM actions that an operation needs (AWS's service authorization reference)."""
    has_no_connection = operation.startswith(("Create", "List")) and "Tags" not in operation
    action = f"proton:{operation}" if has_no_connection else f"proton:{operation} on the connection"
    if operation.startswith(("Create", "Update")):
        return f"{action}, and iam:PassRole on the roles with iam:PassedToService proton.amazonaws.com"
    return action

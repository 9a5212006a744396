"""What to do about each of AWS's codes, and which error it is: those of Proton, and those of whoever gives out credentials."""

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
"""AWS's common codes for credentials that it does not take."""

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
"""What to do, by Proton's code: documented codes of the operations, and the common ones of credentials."""

_REMEDIES_OF_ONE: Final[Mapping[tuple[str, str], tuple[type[ProtonError], str]]] = {
    ("RejectEnvironmentAccountConnection", "ConflictException"): (
        RefusedError,
        "Its status forbids this. An environment uses the connection: delete the environment in Proton first",
    ),
}
"""The same where a code means something else for one operation (documented by AWS)."""

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
"""What to do, by the code of whoever gives out credentials (documented by AWS for STS)."""

_REMEDIES_OF_DENIED: Final[Mapping[str, str]] = {
    "AssumeRole": "The role's trust policy must let these credentials assume it, and they need sts:AssumeRole on it",
    "AssumeRoleWithWebIdentity": "The role's trust policy must let the token's issuer, audience and subject assume it",
    "GetCallerIdentity": "IAM cannot deny this call. Check the policy of the VPC endpoint that it goes through",
}
"""The same where access was denied, by operation (documented by AWS)."""

_REMEDIES_BY_WORDS: Final = (
    (
        "role chaining",
        "A role that another role assumes lasts one hour at most. Set its duration to 3,600 seconds or less",
    ),
    (
        "MaxSessionDuration",
        "Set a shorter durationSeconds (duration in aws:assumeRoles), or raise the role's maximum session duration",
    ),
)
"""The same where STS gives one code, ValidationError, for all (documented by AWS, whose words these are)."""


def of_proton(code: str, operation: str) -> tuple[type[ProtonError], str]:
    """The error for a code of Proton's, and what to do as a clause."""
    kind, remedy = _REMEDIES_OF_ONE.get(
        (operation, code), _REMEDIES.get(code, (RefusedError, "Correct what AWS names"))
    )
    owner = (
        "management account that it names"
        if operation in _OF_MANAGEMENT
        else "environment account that requested it"
    )
    return kind, remedy.format(owner=owner)


def of_sts(code: str, operation: str, words: str) -> tuple[type[ProtonError], str]:
    """The error for a code of whoever gives out credentials, and what to do as a clause."""
    by_words = next((remedy for part, remedy in _REMEDIES_BY_WORDS if part in words), None)
    if by_words:
        return CredentialsError, by_words
    if code in DENIED and operation in _REMEDIES_OF_DENIED:
        return CredentialsError, _REMEDIES_OF_DENIED[operation]
    return _REMEDIES_OF_STS.get(code, (CredentialsError, "Correct what AWS names"))


_OF_MANAGEMENT: Final = ("AcceptEnvironmentAccountConnection", "RejectEnvironmentAccountConnection")
"""Operations that are the management account's (documented by AWS)."""


def permissions(operation: str) -> str:
    """The IAM actions of an operation, as AWS's service authorization reference gives them."""
    of_no_connection = operation.startswith(("Create", "List")) and "Tags" not in operation
    action = f"proton:{operation}" if of_no_connection else f"proton:{operation} on the connection"
    if operation.startswith(("Create", "Update")):
        return f"{action}, and iam:PassRole on the roles with iam:PassedToService proton.amazonaws.com"
    return action

"""Reads the caller from a signed request: access key, Region and service.

Signatures are not verified, so a caller may use any access key. The error codes are those that AWS's JSON services are
publicly known to use. It is our choice to accept every name that has the form of a Region.
"""

import re
from dataclasses import dataclass

from .errors import ServiceError

_CREDENTIAL = re.compile(
    r"(?P<access_key>[\w.@+=-]{1,128})/\d{8}/(?P<region>[a-z]{2,4}(-[a-z]{2,10}){1,3}-\d{1,2})"
    r"/(?P<service>[\w.-]{1,64})/aws4_request",
    re.ASCII,
)
_HEADER = re.compile(r"AWS4-HMAC-SHA256 .*?Credential=([^,\s]+)", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """The credential scope of a signature. All three members are empty for an unsigned request."""

    access_key: str = ""
    region: str = ""
    service: str = ""


def read_authorization(header: str | None) -> Scope:
    """The scope of an ``Authorization`` header.

    Raises ``ServiceError``: ``MissingAuthenticationTokenException`` without a header, and
    ``IncompleteSignatureException`` for a header that is not Signature Version 4.
    """
    if not header:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = _HEADER.match(header)
    if found is None:
        raise ServiceError("IncompleteSignatureException", "The Authorization is not Signature Version 4.")
    return read_credential(found[1])


def read_credential(credential: str) -> Scope:
    """The scope in a credential: access key, date, Region, service and ``aws4_request``, with slashes between them.

    Raises the same errors as ``read_authorization``.
    """
    found = _CREDENTIAL.fullmatch(credential)
    if found is None:
        raise ServiceError(
            "IncompleteSignatureException", f"The credential '{credential[:256]}' can not be read."
        )
    return Scope(**found.groupdict())


def account_of(access_key: str) -> str | None:
    """The access key itself if it is an account id of twelve digits, else None."""
    return access_key if _ACCOUNT.fullmatch(access_key) else None

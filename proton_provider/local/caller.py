"""Reads the caller from a signed request: access key, Region and service.

Signatures are not verified, so a caller may use any access key. The error codes and texts are those that AWS's JSON
services are publicly known to use. It is our choice to accept every name that has the form of a Region.
"""

import re
from dataclasses import dataclass

from .errors import ServiceError

_ALGORITHM = "AWS4-HMAC-SHA256"
_FIELDS = ("Credential", "Signature", "SignedHeaders")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]{2,10}){1,3}-\d{1,2}", re.ASCII)
_SERVICE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_DATE = re.compile(r"\d{8}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ACCESS_KEY = re.compile(r"[\w.@+=-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """The credential scope of a signature. All three members are empty for an unsigned request."""

    access_key: str = ""
    region: str = ""
    service: str = ""


def read_authorization(header: str | None) -> Scope:
    """The scope of an ``Authorization`` header.

    Raises ``ServiceError``: ``MissingAuthenticationTokenException`` without a header,
    ``IncompleteSignatureException`` or ``InvalidSignatureException`` for a header that is not Signature Version 4.
    """
    if not header or not header.strip():
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != _ALGORITHM:
        raise ServiceError(
            "IncompleteSignatureException", f"Unsupported AWS 'algorithm': '{algorithm[:128]}'."
        )
    fields = dict(_name_and_value(part) for part in rest.split(","))
    missing = [name for name in _FIELDS if not fields.get(name)]
    if missing:
        text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise ServiceError("IncompleteSignatureException", text)
    return read_credential(fields["Credential"])


def account_of(access_key: str) -> str | None:
    """The access key itself if it is an account id of twelve digits, else None."""
    return access_key if _ACCOUNT.fullmatch(access_key) else None


def _name_and_value(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value


def read_credential(credential: str) -> Scope:
    """The scope in a credential, which is five parts with slashes between them.

    Raises the same errors as ``read_authorization``.
    """
    parts = credential.split("/")
    if len(parts) != 5:  # noqa: PLR2004  # key, date, Region, service, terminator
        raise ServiceError(
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential[:256]}'",
        )
    access_key, date, region, service, term = parts
    wrong = [
        sentence
        for good, sentence in (
            (_ACCESS_KEY.fullmatch(access_key), "Credential should begin with an access key id."),
            (_DATE.fullmatch(date), "Date in Credential scope should be of the form YYYYMMDD."),
            (_REGION.fullmatch(region), "Credential should be scoped to a valid region."),
            (_SERVICE.fullmatch(service), "Credential should be scoped to a valid service."),
            (term == "aws4_request", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        )
        if not good
    ]
    if wrong:
        raise ServiceError("InvalidSignatureException", " ".join(wrong))
    return Scope(access_key, region, service)

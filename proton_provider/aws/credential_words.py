"""Names a source of credentials in a user's words, and refuses keys that cannot be signed with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from proton_provider.errors import CredentialsError


def require_signable(source: str, access_key: str, secret_key: str | None, token: str | None) -> None:
    """Raise `CredentialsError`, without the value, for a part that has white space or a control character.

    Python refuses a header with a line end in a sentence that has the value. Other characters would be signed and sent.
    """
    for part, value in (("access key", access_key), ("secret key", secret_key), ("session token", token)):
        if value and not _SIGNABLE.fullmatch(value):
            raise CredentialsError(
                f"No credentials from {source}: the {part} has white space, a control character or a letter outside of "
                "ASCII. Nothing was called. Set it again as one line without blanks."
            )


_SIGNABLE: Final = re.compile(r"[!-~]+")


def with_source_profiles(profile: str | None, members: Callable[[str], Mapping[str, Any]]) -> list[str]:
    """The profile, its `source_profile`, the `source_profile` of that one, and so on."""
    names: list[str] = []
    following: str | None = profile or "default"
    while following and following not in names:
        names.append(following)
        following = members(following).get("source_profile")
    return names


def source_in_words(
    profile: str | None, members: Callable[[str], Mapping[str, Any]], environment: Mapping[str, str]
) -> str:
    """The profile with what it names, else the container, else the instance. `members` gives those of a profile."""
    names = with_source_profiles(profile, members)
    parts = [
        f"{member} {members(name)[member]}"
        for name in names
        for member in _SOURCE_MEMBERS
        if member in members(name)
    ]
    known = f" ({', '.join(parts)})" if parts else ""
    if parts or profile:
        return f"the profile {' and its source profile '.join(names)}{known}"
    container = next((name for name in _CONTAINER_VARIABLES if name in environment), None)
    return f"the container ({container} {environment[container]})" if container else "the instance's metadata"


_CONTAINER_VARIABLES = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

_SOURCE_MEMBERS = (
    "role_arn",
    "web_identity_token_file",
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_start_url",
    "login_session",
)
"""The members of a profile that name a source of credentials."""

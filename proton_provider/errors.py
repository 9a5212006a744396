"""The errors of this package. The message of each says what failed and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def one_line(text: str, at_most: int = 0) -> str:
    """The text in one line, without control characters, and cut if it is longer than `at_most` characters.

    What others wrote may hold any character, and may be of any length.
    """
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return f"{line[:at_most]}…" if 0 < at_most < len(line) else line


class ProtonError(Exception):
    """The base of every error that this package raises on purpose."""

    answer: str = ""
    """AWS's error code and message, if AWS answered."""


class ConfigurationError(ProtonError):
    """A setting is missing or invalid, contradicts another one, or names something that does not exist."""


class ConnectionNotFoundError(ProtonError):
    """AWS found no such connection in the account and Region of the call."""


class NotOneConnectionError(ProtonError):
    """None or several connections match where exactly one must."""


class WrongAccountError(ProtonError):
    """The credentials, or the roles, are those of another account than the resource needs."""


class AccessDeniedError(ProtonError):
    """AWS refused the call because a permission is missing."""


class CredentialsError(ProtonError):
    """No credentials were found, they have expired, a role could not be assumed, or STS did not answer."""


class EndpointUnreachableError(ProtonError):
    """The endpoint did not answer, or its answer is not one of AWS Proton."""

    unusable: bytes = b"{}"
    """The body of an answer that is a JSON object, but not one of AWS Proton."""


class UnusableConnectionError(EndpointUnreachableError):
    """A connection was requested, and the answer about it has its id, but is not one of AWS Proton."""

    def __init__(self, sentence: str, connection: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.connection = connection
        """The connection as far as it is known: enough to change and delete it."""


class EndpointGoneError(EndpointUnreachableError):
    """The endpoint is gone, and `deleteUnreachable` is set: only destroy and refresh work."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """The reason why the endpoint counts as gone, as a clause."""


class RefusedError(ProtonError):
    """AWS refused the call because of bad input, the status of the connection, or a quota."""


class IdempotencyMismatchError(RefusedError):
    """The client token was used before with other parameters."""


class TryAgainLaterError(ProtonError):
    """AWS throttled the call, or failed (HTTP 5xx), at every attempt."""


class StoppedError(ProtonError):
    """The run was cancelled during a wait."""


class OutOfTimeError(ProtonError):
    """The time limit of the resource (`custom_timeouts`) ended during a wait."""


class IncompleteError(ProtonError):
    """The resource was created, but a later call failed. The error has the resource's id and outputs."""

    def __init__(self, sentence: str, resource_id: str, outputs: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.resource_id = resource_id
        self.outputs = outputs


class EditedStateError(ProtonError):
    """An output in the state has another kind of value than this package writes."""

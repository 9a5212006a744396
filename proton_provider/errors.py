"""What can go wrong, by what happened; the text of each is one sentence that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class ProtonError(Exception):
    """The base of every error that this package raises on purpose."""

    answer: str = ""
    """AWS's code and words, where AWS answered."""


class ConfigurationError(ProtonError):
    """The settings contradict each other, name something that does not exist, or lack something."""


class ConnectionNotFoundError(ProtonError):
    """AWS knows no such connection in the account and Region that were asked."""


class NotOneConnectionError(ProtonError):
    """A data source function that must find exactly one connection found none or several."""


class WrongAccountError(ProtonError):
    """The credentials are those of another account than the one that the resource is about."""


class AccessDeniedError(ProtonError):
    """AWS refused the call because a permission is missing."""


class CredentialsError(ProtonError):
    """No credentials were found, they have expired, a role could not be assumed, or STS did not answer."""


class EndpointUnreachableError(ProtonError):
    """The endpoint did not answer, or what answered is not AWS Proton."""


class EndpointGoneError(EndpointUnreachableError):
    """The endpoint is gone, and the user has said that what is there counts as deleted then."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """Why the endpoint counts as gone, as a clause."""


class RefusedError(ProtonError):
    """AWS understood the call and refused it: bad input, a status that forbids it, a quota."""


class IdempotencyMismatchError(RefusedError):
    """The client token was used before with other parameters."""


class TryAgainLaterError(ProtonError):
    """AWS kept throttling the call, or kept failing (HTTP 5xx), until the last try."""


class ProtectedConnectionError(ProtonError):
    """Destroying a resource would undo what the program protects."""


class StoppedError(ProtonError):
    """The run was cancelled while this waited."""


class OutOfTimeError(ProtonError):
    """The time that the program gives a resource (`custom_timeouts`) was over while this waited."""


class IncompleteError(ProtonError):
    """A resource was made, and what was to follow failed; it says what there is now."""

    def __init__(self, sentence: str, resource_id: str, outputs: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.resource_id = resource_id
        self.outputs = outputs

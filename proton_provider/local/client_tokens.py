"""The client tokens of Create: which connection each has made, for as long as it is remembered."""

from dataclasses import dataclass

from .errors import ServiceError
from .shelves import Caller

TOKEN_LIFETIME = 8 * 60 * 60
"""Seconds that a client token is remembered."""


@dataclass(frozen=True, slots=True)
class _ClientToken:
    expires_at: float
    parameters: str
    connection_id: str


class ClientTokens:
    """What each account and Region has used so far. An empty token is none."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[Caller, str], _ClientToken] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def made(self, caller: Caller, token: str, parameters: str, now: float) -> str | None:
        """The id of the connection that the token has made, None if it is new or forgotten.

        Raises ``ServiceError`` if it was used with other parameters.
        """
        self._drop_expired(now)
        first = self._tokens.get((caller, token))
        if first is None:
            return None
        if first.parameters != parameters:
            raise ServiceError(
                "ValidationException",
                "IdempotentParameterMismatch: the client token was used before with other parameters.",
            )
        return first.connection_id

    def remember(self, caller: Caller, token: str, parameters: str, connection_id: str, now: float) -> None:
        """Note what a token has made."""
        if token:
            self._tokens[caller, token] = _ClientToken(now + TOKEN_LIFETIME, parameters, connection_id)

    def forget(self, caller: Caller, token: str, connection_id: str) -> None:
        """Let go of a token whose connection is deleted, unless it has made another one since."""
        first = self._tokens.get((caller, token))
        if first is not None and first.connection_id == connection_id:
            del self._tokens[caller, token]

    def _drop_expired(self, now: float) -> None:
        while self._tokens:
            oldest = next(iter(self._tokens))
            if self._tokens[oldest].expires_at > now:
                return
            del self._tokens[oldest]

"""Remembers which connection each client token of a Create request created."""

from dataclasses import dataclass

from .connections import Caller
from .errors import ServiceError

TOKEN_LIFETIME = 8 * 60 * 60
"""Seconds for which a client token is remembered."""


@dataclass(frozen=True, slots=True)
class _ClientToken:
    expires_at: float
    parameters: str
    connection_id: str


class ClientTokens:
    """The client tokens that each account has used in each Region. An empty token counts as no token."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[Caller, str], _ClientToken] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def connection_id(self, caller: Caller, token: str, parameters: str, now: float) -> str | None:
        """The id of the connection that this token created. None if the token is new or has expired.

        Raises ``ServiceError`` if the token was used with other parameters.
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
        """Remember that this token created this connection."""
        if token:
            self._tokens[caller, token] = _ClientToken(now + TOKEN_LIFETIME, parameters, connection_id)

    def forget(self, caller: Caller, token: str, connection_id: str) -> None:
        """Forget the token of a deleted connection, unless the token has created another connection since."""
        first = self._tokens.get((caller, token))
        if first is not None and first.connection_id == connection_id:
            del self._tokens[caller, token]

    def _drop_expired(self, now: float) -> None:
        while self._tokens:
            oldest = next(iter(self._tokens))
            if self._tokens[oldest].expires_at > now:
                return
            del self._tokens[oldest]

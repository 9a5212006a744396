"""Answers in pages: what a page token holds, and that it opens nothing but the list it was made for."""

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Iterable
from typing import Any

from .errors import ServiceError

DEFAULT_PAGE_SIZE = 100

_SEAL = 16


class Pages:
    """Cuts lists into pages. Its tokens are good as long as it lives."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def page(
        self,
        member: str,
        found: Iterable[tuple[Any, dict[str, Any]]],
        query: list[Any],
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """One page of what was found, each with its place in an order that inserts do not disturb.

        ``query`` is what a token is bound to; ``parameters`` may hold ``nextToken`` and ``maxResults``. Raises
        ``ServiceError`` for a token from elsewhere.
        """
        token, size = parameters.get("nextToken"), parameters.get("maxResults", DEFAULT_PAGE_SIZE)
        if token is not None:
            after = self._open(token, query)
            found = ((place, item) for place, item in found if place > after)
        page = list(itertools.islice(found, size + 1))
        answer: dict[str, Any] = {member: [item for _, item in page[:size]]}
        if len(page) > size:
            answer["nextToken"] = self._token(page[size - 1][0], query)
        return answer

    def _token(self, place: Any, query: list[Any]) -> str:
        text = json.dumps(place).encode()
        return base64.b64encode(self._seal(text, query) + text).decode()

    def _open(self, token: str, query: list[Any]) -> Any:
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        seal, text = raw[:_SEAL], raw[_SEAL:]
        if not hmac.compare_digest(seal, self._seal(text, query)):
            raise ServiceError("ValidationException", "The nextToken is invalid for this request.")
        return json.loads(text)

    def _seal(self, text: bytes, query: list[Any]) -> bytes:
        # A token is bound to its query: one from another account, Region or filter must not open.
        sealed = json.dumps(query).encode() + b"\0" + text
        return hmac.new(self._key, sealed, hashlib.sha256).digest()[:_SEAL]

"""Splits lists into pages and makes page tokens, each of which is valid only for its own list."""

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

_SIGNATURE_BYTES = 16


class Pages:
    """Splits lists into pages. A token is valid only for the object that made it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def page(
        self,
        member: str,
        found: Iterable[tuple[Any, dict[str, Any]]],
        query: list[Any],
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """One page of a list, as the value of ``member``, with a ``nextToken`` if more items follow.

        ``found`` has pairs of a sort key and an item. The sort key of an item does not change when others are added.
        ``query`` says which list it is: a token is valid only with the same query. ``parameters`` may have
        ``nextToken`` and ``maxResults``. Raises ``ServiceError`` for an invalid token.
        """
        token, size = parameters.get("nextToken"), parameters.get("maxResults", DEFAULT_PAGE_SIZE)
        if token is not None:
            after = self._read_token(token, query)
            found = ((place, item) for place, item in found if place > after)
        page = list(itertools.islice(found, size + 1))
        answer: dict[str, Any] = {member: [item for _, item in page[:size]]}
        if len(page) > size:
            answer["nextToken"] = self._token(page[size - 1][0], query)
        return answer

    def _token(self, place: Any, query: list[Any]) -> str:
        text = json.dumps(place).encode()
        return base64.b64encode(self._sign(text, query) + text).decode()

    def _read_token(self, token: str, query: list[Any]) -> Any:
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        signature, text = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(text, query)):
            raise ServiceError("ValidationException", "The nextToken is invalid for this request.")
        return json.loads(text)

    def _sign(self, text: bytes, query: list[Any]) -> bytes:
        # The signature covers the query, so a token from another account, Region or filter is invalid.
        signed = json.dumps(query).encode() + b"\0" + text
        return hmac.new(self._key, signed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]

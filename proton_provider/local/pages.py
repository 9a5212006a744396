"""Splits lists into pages. A page token is valid only for its own list."""

import base64
import itertools
import json
from collections.abc import Iterable
from typing import Any

from .errors import ServiceError

DEFAULT_PAGE_SIZE = 100


def page(
    member: str, found: Iterable[tuple[Any, dict[str, Any]]], query: list[Any], parameters: dict[str, Any]
) -> dict[str, Any]:
    """One page of a list, as the value of ``member``, with a ``nextToken`` if more items follow.

    ``found`` has pairs of a sort key and an item. The sort key of an item does not change when others are added.
    ``query`` says which list it is: a token is valid only with the same query. ``parameters`` may have ``nextToken`` and
    ``maxResults``. Raises ``ServiceError`` for an invalid token.
    """
    token, size = parameters.get("nextToken"), parameters.get("maxResults", DEFAULT_PAGE_SIZE)
    if token is not None:
        after = _read_token(token, query)
        found = ((place, item) for place, item in found if place > after)
    items = list(itertools.islice(found, size + 1))
    answer: dict[str, Any] = {member: [item for _, item in items[:size]]}
    if len(items) > size:
        answer["nextToken"] = base64.b64encode(json.dumps([query, items[size - 1][0]]).encode()).decode()
    return answer


def _read_token(token: str, query: list[Any]) -> Any:
    try:
        made_for, place = json.loads(base64.b64decode(token))
    except (ValueError, TypeError, RecursionError):
        made_for, place = None, None
    if made_for != query:
        raise ServiceError("ValidationException", "The nextToken is invalid for this request.")
    return place

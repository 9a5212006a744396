"""One attempt of a call: how long it may take, and how large its answer may be. botocore limits only each wait."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ConnectionClosedError, ReadTimeoutError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as URLLib3ReadTimeoutError

from proton_provider import stopping

LONGEST: Final = 60.0
"""In seconds, however slowly the answer comes."""

LARGEST: Final = 32 * 1024 * 1024
"""In bytes."""

_PIECE: Final = 64 * 1024


class NoWholeAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """An answer takes too long or is too large. botocore does not try such a call again."""

    fmt = "{endpoint_url} sent {problem}"


def limit(client: Any) -> None:
    """Limit every attempt of this client's calls.

    A cancelled run abandons a call that only reads. It waits for a call that changes something, for `LONGEST` at most.
    """
    http = client._endpoint.http_session  # botocore has no other way to its HTTP connections  # noqa: SLF001

    def send(request: Any, event_name: str, **_: Any) -> Any:
        service, operation = event_name.split(".")[1:3]
        reads = service != "proton" or operation.startswith(("Get", "List"))
        try:
            return stopping.interruptible(
                lambda: _answer(http, request),
                f"the answer to {operation}",
                within=LONGEST,
                ends_with_run=reads,
            )
        except TimeoutError:
            problem = f"no whole answer within {LONGEST:.0f} seconds"
            raise NoWholeAnswerError(endpoint_url=request.url, problem=problem) from None

    # botocore sends nothing itself if a handler returns a response.
    client.meta.events.register_last("before-send", send)


def _answer(http: Any, request: Any) -> Any:
    """The HTTP response with its body."""
    request.stream_output = True  # botocore would read a body of any size
    response = http.send(request)
    raw, body = response.raw, io.BytesIO()
    raw.enforce_content_length = True
    try:
        while piece := raw.read(_PIECE):
            body.write(piece)
            if body.tell() > LARGEST:
                raw.close()
                problem = f"an answer of more than {LARGEST // 1024 // 1024} MB"
                raise NoWholeAnswerError(endpoint_url=request.url, problem=problem)
    except URLLib3ReadTimeoutError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
    except (HTTPError, ValueError) as error:  # ValueError: a chunk with a size below zero
        raise ConnectionClosedError(endpoint_url=request.url, request=request, error=error) from error
    whole = body.getvalue()
    response.raw = SimpleNamespace(stream=lambda: [whole])
    return response

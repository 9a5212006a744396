"""A server before a local AWS: it hands each call on, and may change the answer after AWS has done what was asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from http_servers import Handler, serving

from proton_provider.local import LocalAws

JSON_1_0 = "application/x-amz-json-1.0"


@dataclass(frozen=True)
class Answer:
    """An answer of AWS."""

    status: int
    body: bytes
    content_type: str | None = JSON_1_0
    headers: dict[str, str] = field(default_factory=dict)

    def with_body(self, body: bytes) -> Answer:
        return replace(self, body=body)

    def with_members(self, **members: Any) -> Answer:
        """With other members of the connection, or of the first of a list. One that is `ABSENT` is taken out."""
        answer = json.loads(self.body)
        listed = answer.get("environmentAccountConnections")
        connection = listed[0] if listed else answer["environmentAccountConnection"]
        for name, value in members.items():
            connection[name] = value
            if value is ABSENT:
                del connection[name]
        return self.with_body(json.dumps(answer).encode())


ABSENT: Any = object()

Change = Callable[[Answer], Answer]


@dataclass
class Front:
    """The server. `changes` has what becomes of the answers to an operation, by AWS's name."""

    url: str = ""
    changes: dict[str, Change] = field(default_factory=dict)


@contextmanager
def before(aws: LocalAws) -> Iterator[Front]:
    """A front of this local AWS."""
    front = Front()

    class Forwarding(Handler):
        def do_POST(self) -> None:
            body = self.read_body()
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or _action(body)
            upstream = http.client.HTTPConnection(urlsplit(aws.url).netloc)
            upstream.request("POST", self.path, body, dict(self.headers))
            got = upstream.getresponse()
            headers = {"Date": got.headers["Date"]} if "Date" in got.headers else {}
            answer = Answer(got.status, got.read(), got.headers["Content-Type"], headers)
            upstream.close()
            if operation in front.changes:
                answer = front.changes[operation](answer)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.content_type is not None:
                self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    with serving(Forwarding) as front.url:
        yield front


def _action(body: bytes) -> str:
    """The operation of a call in AWS's query protocol."""
    parameters = dict(part.partition("=")[::2] for part in body.decode().split("&"))
    return parameters.get("Action", "")

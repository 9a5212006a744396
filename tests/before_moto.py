"""A server before a local AWS that answers, as AWS documents it, what moto does not know.

moto has no ListImports and no RoleLastUsed, and reads DescribeStackResources by the stack's name alone. All other requests
go on to the local AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from http_servers import Handler, serving

from proton_provider.local import LocalAws

_CLOUDFORMATION = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@dataclass
class Facts:
    """What the account has beside moto's."""

    imports: dict[str, list[str]] = field(default_factory=dict)
    """For each export, the names of the stacks that import it."""
    owners: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """For each physical id, the ARN of its stack, its type and its status."""
    last_used: dict[str, datetime] = field(default_factory=dict)
    """For each role's name."""
    pages: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """For each service as a request is signed for it, such as `iam`, or `cloudformation/eu-west-1`: a status and a body."""
    asked: list[str] = field(default_factory=list)
    """The operations that were answered here."""


@contextmanager
def answering(aws: LocalAws) -> Iterator[tuple[str, Facts]]:
    """The address of the server, and what it knows."""
    facts = Facts()

    class BeforeMoto(Handler):
        def do_POST(self) -> None:
            body = self.read_body()
            region, service = self.headers["Authorization"].split("/")[2:4]
            for key in (service, f"{service}/{region}"):
                if key in facts.pages:
                    status, page = facts.pages[key]
                    self.answer(page, status, "text/html")
                    return
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            known = _answer(facts, form, region)
            if known is not None:
                facts.asked.append(form["Action"])
                self.answer(known[1].encode(), known[0], "text/xml")
                return
            status, text = self._moto(body)
            used = facts.last_used.get(form.get("RoleName", "")) if form.get("Action") == "GetRole" else None
            if used is not None:
                seen = f"<RoleLastUsed><LastUsedDate>{used:%Y-%m-%dT%H:%M:%SZ}</LastUsedDate></RoleLastUsed>"
                text = re.sub(
                    rb"<RoleLastUsed ?/>|<RoleLastUsed></RoleLastUsed>", b"", text
                )  # moto knows no use
                text = text.replace(b"</Role>", seen.encode() + b"</Role>")
            self.answer(text, status, "text/xml")

        def _moto(self, body: bytes) -> tuple[int, bytes]:
            connection = HTTPConnection(aws.url.removeprefix("http://"))
            connection.request("POST", self.path, body, dict(self.headers))
            response = connection.getresponse()
            return response.status, response.read()

    with serving(BeforeMoto) as url:
        yield url, facts


def _answer(facts: Facts, form: dict[str, str], region: str) -> tuple[int, str] | None:
    """Status and body, or None for what moto knows."""
    if form.get("Action") == "ListImports":
        name = form["ExportName"]
        if not facts.imports.get(name):
            return _validation_error(f"Export '{name}' is not imported by any stack.")
        members = "".join(f"<member>{escape(each)}</member>" for each in facts.imports[name])
        return _result("ListImports", f"<Imports>{members}</Imports>")
    if form.get("Action") == "DescribeStackResources" and "PhysicalResourceId" in form:
        physical_id = form["PhysicalResourceId"]
        owner = facts.owners.get(physical_id)
        if owner is None or owner[0].split(":")[3] != region:
            return _validation_error(f"Stack for {physical_id} does not exist")
        arn, kind, status = owner
        return _result(
            "DescribeStackResources",
            "<StackResources><member>"
            f"<StackId>{arn}</StackId><StackName>{arn.split('/')[1]}</StackName><LogicalResourceId>It</LogicalResourceId>"
            f"<PhysicalResourceId>{physical_id}</PhysicalResourceId><ResourceType>{kind}</ResourceType>"
            f"<ResourceStatus>{status}</ResourceStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp>"
            "</member></StackResources>",
        )
    return None


def _result(operation: str, content: str) -> tuple[int, str]:
    result = f"<{operation}Result>{content}</{operation}Result>"
    return 200, f'<{operation}Response xmlns="{_CLOUDFORMATION}">{result}</{operation}Response>'


def _validation_error(message: str) -> tuple[int, str]:
    error = (
        f"<Error><Type>Sender</Type><Code>ValidationError</Code><Message>{escape(message)}</Message></Error>"
    )
    return 400, f'<ErrorResponse xmlns="{_CLOUDFORMATION}">{error}</ErrorResponse>'

"""Counts the requests that the local AWS answers in a second: Proton's Get, and for comparison moto's IAM GetRole."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.bare_calls import THREADS
from benchmarks.endpoint import client
from benchmarks.events import GET
from engine.harness import ENVIRONMENT_ACCOUNT, REGION

GET_ROLE: Final = "GetRole"
_OK: Final = 200


@dataclass(frozen=True)
class Rate:
    """So many requests of one operation, four at a time, took so many seconds."""

    operation: str
    requests: int
    seconds: float


def measure_rates(url: str, connection_id: str, requests: int, rounds: int) -> Iterator[Rate]:
    """Both operations in turn, by the barest client, so that the server's own time is what is measured."""
    client(url, "iam").create_role(RoleName="measured", AssumeRolePolicyDocument="{}")
    operations = {GET: _get(url, connection_id), GET_ROLE: _get_role(url)}
    for _ in range(rounds):
        for operation, request in operations.items():
            began = time.perf_counter()
            with ThreadPoolExecutor(THREADS) as pool:
                statuses = list(pool.map(lambda _, request=request: request(), range(requests)))
            seconds = time.perf_counter() - began
            if set(statuses) != {_OK}:
                raise RuntimeError(f"the local AWS answered {operation} with HTTP status {set(statuses)}")
            yield Rate(operation, requests, seconds)


def _get(url: str, connection_id: str) -> Callable[[], int]:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AwsProton20200720.{GET}",
    }
    return _post(url, "proton", headers, json.dumps({"id": connection_id}))


def _get_role(url: str) -> Callable[[], int]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"Action": GET_ROLE, "Version": "2010-05-08", "RoleName": "measured"})
    return _post(url, "iam", headers, body)


def _post(url: str, service: str, headers: dict[str, str], body: str) -> Callable[[], int]:
    """Sends the request anew each time. The local AWS reads who signed, and does not verify it."""
    scope = f"{ENVIRONMENT_ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
    signed = {
        **headers,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Date": "20260101T000000Z",
    }
    address = urlsplit(url).netloc

    def post() -> int:
        connection = http.client.HTTPConnection(address)
        try:
            connection.request("POST", "/", body, signed)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()

    return post

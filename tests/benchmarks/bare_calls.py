"""The calls of one event by boto3 alone, four at a time, in a fresh process: `python -m benchmarks.bare_calls`.

Reads a JSON object from standard input: url, region, account, ids, operations (boto3's names), roles. Prints the
seconds that it took as a number. Python's own start is not counted, since the floor has a provider process too;
importing boto3 and making the client are: nobody calls AWS from Python without.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

THREADS = 4
"""As many operations as a dynamic provider runs at once."""


def main() -> None:
    job: dict[str, Any] = json.load(sys.stdin)
    began = time.perf_counter()
    import boto3  # noqa: PLC0415  # its import is measured

    proton = boto3.client(
        "proton",
        endpoint_url=job["url"],
        region_name=job["region"],
        aws_access_key_id=job["account"],
        aws_secret_access_key="local",
    )
    parameters: dict[str, dict[str, str]] = {
        "get_environment_account_connection": {},
        "update_environment_account_connection": job["roles"],
    }

    def call(connection_id: str) -> None:
        for operation in job["operations"]:
            getattr(proton, operation)(id=connection_id, **parameters[operation])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(call, job["ids"]))
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()

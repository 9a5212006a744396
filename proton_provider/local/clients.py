"""Makes boto3 clients of a local AWS that ignore the user's environment variables and AWS files.

Importing this module imports boto3, so only what makes a client imports it.
"""

import functools
import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from proton_provider import service_model

from .caller import account_of

_FILES = ("config_file", "credentials_file")

# A boto3 session can not make two clients at the same time.
_client_lock = threading.Lock()


def client(url: str, service: str, account: str, region: str) -> Any:
    """A client of a service at the local AWS at ``url``. Raises ``ValueError`` if the account is not twelve digits."""
    if account_of(account) is None:
        raise ValueError(f"account must be twelve digits, not {account!r}")
    # A proxy can not reach this machine's loopback. The address takes no prefix with a name.
    config = Config(proxies={}, inject_host_prefix=False)
    with _client_lock:
        return session().client(
            service,
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="local",  # noqa: S106  # signatures are not verified
            config=config,
        )


@functools.cache
def session() -> Any:
    """A boto3 session with our model of Proton. It reads no environment variable and no AWS file."""
    variables = {
        name: (None, None, os.devnull if name in _FILES else default, convert)
        for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    bare = botocore.session.Session(session_vars=variables)
    service_model.add_to(bare)
    return boto3.Session(botocore_session=bare)

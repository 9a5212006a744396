"""Changes moto while a local AWS runs in this process, and undoes it when the last one stops.

- It asks boto3 for Regions without the user's environment and files.
- It answers no browser: it allows no other origin.
- It sends nothing to other addresses. What SNS, EventBridge, Firehose, API Gateway and Step Functions would send is
  dropped, as if the other end had answered with 503.
- It asks no Docker. Lambda and Batch answer without running the user's code.
- UpdateRole without a description keeps the role's description. AWS is publicly reported to do this.
- ``MOTO_ACCOUNT_ID``, which would replace every caller's account, is not in the environment.
"""

import contextlib
import io
import os
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from unittest import mock

import requests
from moto.core.base_backend import AccountSpecificBackend
from moto.core.config import default_user_config
from moto.iam.models import IAMBackend
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server import werkzeug_app
from moto.utilities.docker_utilities import DockerModel

from . import clients

_ACCOUNT_OVERRIDE = "MOTO_ACCOUNT_ID"
_WITHOUT_DOCKER: Any = {"lambda": {"use_docker": False}, "batch": {"use_docker": False}}

_users_lock = threading.Lock()
_users = 0
_changes = contextlib.ExitStack()


def acquire() -> None:
    """Count one more local AWS. For the first one, change moto and empty its state."""
    global _users  # noqa: PLW0603  # moto's state belongs to the process, so this does too
    with _users_lock:
        _users += 1
        if _users == 1:
            _changes.enter_context(_changed())
            reset()


def release() -> None:
    """Count one local AWS less. After the last one, undo the changes."""
    global _users  # noqa: PLW0603  # as above
    with _users_lock:
        _users -= 1
        if _users == 0:
            _changes.close()


def reset() -> None:
    """Delete all data of all services in moto."""
    moto_api_backend.reset()


@contextlib.contextmanager
def _changed() -> Iterator[None]:
    account = os.environ.pop(_ACCOUNT_OVERRIDE, None)
    try:
        with (
            mock.patch.object(AccountSpecificBackend, "get_session", clients.session),
            mock.patch.object(werkzeug_app, "DISABLE_GLOBAL_CORS", new=True),
            mock.patch.object(DockerModel, "docker_client", property(_no_docker)),
            mock.patch.dict(default_user_config, _WITHOUT_DOCKER),
            mock.patch.object(requests.Session, "request", _request(requests.Session.request)),
            mock.patch.object(IAMBackend, "update_role", _update_role(IAMBackend.update_role)),
        ):
            yield
    finally:
        if account is not None:
            os.environ[_ACCOUNT_OVERRIDE] = account


def _request(original: Any) -> Any:
    """``requests.Session.request`` for a process that may use the library beside moto: only moto's requests are dropped."""

    def request(session: requests.Session, *arguments: Any, **options: Any) -> requests.Response:
        frame = sys._getframe(1)  # noqa: SLF001  # the library's own frames are between moto and this one
        while frame.f_back is not None and _package(frame.f_globals) == "requests":
            frame = frame.f_back
        if _package(frame.f_globals) != "moto":
            response: requests.Response = original(session, *arguments, **options)
            return response
        dropped = requests.Response()
        dropped.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        dropped.raw = io.BytesIO()
        return dropped

    return request


def _package(module: dict[str, Any]) -> str:
    return str(module.get("__name__", "")).partition(".")[0]


def _no_docker(_: DockerModel) -> Any:
    raise RuntimeError("the local AWS uses no Docker.")


def _update_role(original: Any) -> Any:
    """``IAMBackend.update_role``, which gets None for a description that the request does not have."""

    def update_role(iam: IAMBackend, name: str, description: str | None, *rest: Any) -> Any:
        kept = iam.get_role(name).description if description is None else description
        return original(iam, name, kept, *rest)

    return update_role

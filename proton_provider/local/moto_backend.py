"""The rest of AWS beside Proton: moto's IAM, STS and other services, and what Proton asks IAM about.

Importing this module imports moto, so only a local AWS that is started imports it. moto keeps its state in the
process: all local AWSs of one process share it.

Not emulated, because moto does not: who may assume a role (anyone may assume anything, also a role that does not
exist), permissions, the end of temporary credentials, an account for the keys of GetSessionToken and
GetFederationToken.
"""

import datetime as dt
import functools
import io
import json
import logging
import os
import threading
from typing import Any
from urllib.parse import unquote

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from . import managed_policies
from .caller import Scope
from .errors import ServiceError
from .transport import Answer, HttpRequest

MAX_ACCOUNTS = 1000
"""Every account has tables of its own in moto, so there must be an end to them."""

# One lock for the process, as moto has one state for it. moto walks over shared tables in these without a lock, so that two calls at once could fail. Other services may
# call back into this server and must not be held.
_ONE_AT_A_TIME = frozenset({"iam", "sts"})
_ASSUMING = frozenset({"*", "sts:*", "sts:assumerole"})
# moto's own switches, a recorder that writes files among them, are no part of AWS.
_CLOSED_PATH = "/moto-api"
_ACCOUNT_OVERRIDE = "MOTO_ACCOUNT_ID"

logger = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()
_users_lock = threading.Lock()
_users = 0
_account_override: str | None = None


def acquire() -> None:
    """Prepare moto for the first local AWS of the process: nothing in it, no fixed account."""
    global _users, _account_override  # noqa: PLW0603  # one set for the process, as moto has one state for it
    with _users_lock:
        _users += 1
        if _users == 1:
            _account_override = os.environ.pop(_ACCOUNT_OVERRIDE, None)
            reset()


def release() -> None:
    """Put back what ``acquire`` changed, after the last local AWS of the process."""
    global _users  # noqa: PLW0603  # as above
    with _users_lock:
        _users -= 1
        if _users == 0 and _account_override is not None:
            os.environ[_ACCOUNT_OVERRIDE] = _account_override


def reset() -> None:
    """Forget everything in all of moto's services."""
    moto_api_backend.reset()


def role_problem(arn: str, principal: str, *, must_exist: bool, delay: float) -> str | None:
    """Why a service can not assume a role, or None if it can.

    With ``must_exist`` the role must be in the IAM of the ARN's account and its trust policy must allow
    ``sts:AssumeRole`` to the service; conditions in it are not looked at. A role that IAM made less than ``delay``
    seconds ago can not be assumed yet; alone, this says nothing about roles that IAM does not have.
    """
    _, partition, _, _, account, _ = arn.split(":", 5)
    # get() and not [], which would make the account.
    partitions = iam_backends.get(account)
    backend = partitions.get(partition) if partitions is not None else None
    roles = list(backend.roles.values()) if backend is not None else []
    role = next((role for role in roles if role.arn == arn), None)
    if role is None:
        return "the role does not exist." if must_exist else None
    if utcnow() - role.create_date < dt.timedelta(seconds=delay):
        return f"{principal} is not able to assume the role yet."
    if must_exist and not _trusts(role.assume_role_policy_document, principal):
        return f"its trust policy does not allow {principal} to assume it."
    return None


def _trusts(document: str, principal: str) -> bool:
    """Whether a trust policy allows, and nowhere denies, a service to assume its role."""
    try:
        policy = json.loads(document)
    except ValueError:
        return False  # moto keeps some documents that AWS would not
    statements = _as_list(policy.get("Statement", [])) if isinstance(policy, dict) else []
    effects = {str(statement.get("Effect")) for statement in statements if _is_about(statement, principal)}
    return effects == {"Allow"}


def _is_about(statement: Any, service: str) -> bool:
    if not isinstance(statement, dict):
        return False
    principal = statement.get("Principal")
    named = service in _as_list(principal.get("Service")) if isinstance(principal, dict) else principal == "*"
    actions = {str(action).lower() for action in _as_list(statement.get("Action"))}
    return named and not actions.isdisjoint(_ASSUMING)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class MotoBackend:
    """moto's services behind one function."""

    def __init__(self) -> None:
        self._dispatcher = _Dispatcher()

    def account_of(self, access_key: str) -> str | None:
        """The account that an access key of IAM, or of an assumed role, belongs to."""
        for account, partitions in list(iam_backends.items()):
            if any(access_key in backend.access_keys for backend in list(partitions.values())):
                return str(account)
        return None

    def answer(self, request: HttpRequest, scope: Scope, operation: str, account: str) -> Answer:
        """What moto answers to an operation that an account asks for.

        Raises ``ServiceError`` where moto has no answer: ``UnknownOperationException`` for what it can not route,
        ``NotImplemented`` for what it can not do, with the reason it gave.
        """
        if account not in iam_backends and len(iam_backends) >= MAX_ACCOUNTS:
            raise ServiceError(
                "LimitExceededException", f"The local AWS holds {MAX_ACCOUNTS} accounts at most."
            )
        if request.url.path.startswith(_CLOSED_PATH):
            raise ServiceError(
                "UnknownOperationException", f"The local AWS serves nothing at {_CLOSED_PATH}."
            )
        environ = _environ(request, account)
        try:
            application = self._dispatcher.get_application(environ)
        except ServiceError:
            raise
        except Exception as error:  # whatever moto stumbles over, the request is one that it can not route
            logger.info("moto could not route %s %s", request.method, request.raw_url, exc_info=True)
            raise ServiceError(
                "UnknownOperationException", f"No service takes this request: {error!r}"
            ) from error
        if scope.service in managed_policies.SERVICES:
            with _one_at_a_time:
                text = request.body or request.url.query.encode()
                managed_policies.provide(operation, text, account, scope.region)
        if scope.service in _ONE_AT_A_TIME:
            with _one_at_a_time:
                return _run(application, environ, request)
        return _run(application, environ, request)


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of a service: remembered, and a plain no where moto would print advice to its developers."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._remembered = functools.lru_cache(maxsize=1024)(self._find_backend)

    def get_backend_for_host(self, host: str | None) -> Any:
        return None if host is None else self._remembered(host)

    def _find_backend(self, host: str) -> Any:
        known = "." not in host or any(
            pattern.match(f"http://{host}") for _, pattern in self.backend_url_patterns
        )
        backend = super().get_backend_for_host(host) if known else None
        if backend is None:
            raise ServiceError("UnknownOperationException", f"The local AWS has no service at {host}.")
        return backend


def _environ(request: HttpRequest, account: str) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333), with the names of S3's metadata headers as moto wants them."""
    server, _, port = request.host.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.url.path).encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": request.url.query,
        "REQUEST_URI": request.raw_url,
        "RAW_URI": request.raw_url,
        "SERVER_NAME": server or request.host,
        "SERVER_PORT": port if server and port.isdigit() else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    preserved = {}
    for name, value in request.headers.items():
        key = environ_key_for_header(name)
        if "_" in name:
            # WSGI can not tell `_` from `-` in a name, so that one header could pose as another.
            if not should_preserve_original_header_name(name):
                continue
            preserved[key] = name
        if key not in {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}:
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["HTTP_HOST"] = request.host
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ


def _run(application: Any, environ: dict[str, Any], request: HttpRequest) -> Answer:
    try:
        pieces, status, headers = run_wsgi_app(application, environ, buffered=True)
        body = b"".join(pieces)
    except Exception as error:  # moto raises whatever it stumbles over, and has no end of it
        logger.info("moto failed on %s %s", request.method, request.raw_url, exc_info=True)
        raise ServiceError(
            "NotImplemented", f"moto, which emulates this service, failed: {error!r}"
        ) from error
    code = int(status.partition(" ")[0])
    if code >= 400 and request.method != "HEAD" and not _is_aws_error(body):  # noqa: PLR2004
        raise ServiceError(
            *_PLAIN_ERRORS.get(code, ("NotImplemented", f"moto answered with HTTP status {code}."))
        )
    # Of an answer without a body, the length is that of the body it would have.
    dropped = _HOP_BY_HOP - {"content-length"} if request.method == "HEAD" else _HOP_BY_HOP
    return Answer(code, [(name, value) for name, value in headers if name.lower() not in dropped], body)


_HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
_PLAIN_ERRORS = {
    400: ("ValidationError", "The request can not be read."),
    403: ("AccessDenied", "The request is not allowed."),
    404: ("UnknownOperationException", "No operation takes this request."),
    405: ("UnknownOperationException", "No operation takes a request with this method."),
}


def _is_aws_error(body: bytes) -> bool:
    start = body.lstrip()[:15].lower()
    return start.startswith((b"{", b"<")) and not start.startswith((b"<!doctype html", b"<html"))

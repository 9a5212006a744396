"""Runs moto, which emulates IAM, STS and all other services except Proton, and checks roles in its IAM.

Importing this module imports moto, so it is imported only when a local AWS starts. moto keeps its state in the
process. All local AWSs of one process share that state.

One difference from moto: an UpdateRole request without a description keeps the role's description. AWS is publicly
reported to do this. An empty description clears it.

moto does not emulate these, so the local AWS does not either:

- who may assume a role: every caller may assume every role, even one that does not exist,
- permissions,
- the expiry of temporary credentials,
- the account of keys from GetSessionToken and GetFederationToken.
"""

import contextlib
import datetime as dt
import functools
import json
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

from moto.core.base_backend import AccountSpecificBackend
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from . import clients, managed_policies
from .caller import Scope
from .errors import ServiceError, readable

MAX_ACCOUNTS = 1000
"""The limit of accounts. Each account takes memory in moto."""

# These services handle one request at a time: moto reads shared tables in them without a lock, so two calls at once
# could fail. Other services get no lock, because they may call back into this server.
_ONE_AT_A_TIME = frozenset({"iam", "sts"})
_ASSUME_ACTIONS = frozenset({"*", "sts:*", "sts:assumerole"})
# moto's own API is not part of AWS. It can even write files.
_CLOSED_PATH = "/moto-api"
_ACCOUNT_OVERRIDE = "MOTO_ACCOUNT_ID"

logger = logging.getLogger(__name__)

# moto asks boto3 for the names of Regions. Its own session fails if the shell names a profile that does not exist.
AccountSpecificBackend.get_session = clients.session  # type: ignore[method-assign]

_one_at_a_time = threading.Lock()
_users_lock = threading.Lock()
_users = 0
_account_override: str | None = None


def acquire() -> None:
    """Count one more local AWS. For the first one, empty moto's state and remove ``MOTO_ACCOUNT_ID``."""
    global _users, _account_override  # noqa: PLW0603  # moto's state belongs to the process, so these do too
    with _users_lock:
        _users += 1
        if _users == 1:
            _account_override = os.environ.pop(_ACCOUNT_OVERRIDE, None)
            reset()


def release() -> None:
    """Count one local AWS less. After the last one, set ``MOTO_ACCOUNT_ID`` again."""
    global _users  # noqa: PLW0603  # as above
    with _users_lock:
        _users -= 1
        if _users == 0 and _account_override is not None:
            os.environ[_ACCOUNT_OVERRIDE] = _account_override


def reset() -> None:
    """Delete all data of all services in moto."""
    moto_api_backend.reset()


def role_problem(arn: str, principal: str, *, must_exist: bool, delay: float) -> str | None:
    """Why a service can not assume a role, or None if it can.

    With ``must_exist``, the role must exist in the IAM of the ARN's account, and its trust policy must allow the
    service ``sts:AssumeRole``. Conditions in the policy are ignored. A role that IAM created less than ``delay``
    seconds ago can not be assumed yet. Without ``must_exist``, a role that does not exist has no problem.
    """
    _, partition, _, _, account, _ = arn.split(":", 5)
    # [] would create the account; get() does not.
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
    """Whether a trust policy allows a service to assume its role, and no statement denies it."""
    try:
        policy = json.loads(document)
    except ValueError:
        return False  # moto accepts some documents that AWS refuses
    statements = _as_list(policy.get("Statement", [])) if isinstance(policy, dict) else []
    effects = {str(statement.get("Effect")) for statement in statements if _is_about(statement, principal)}
    return effects == {"Allow"}


def _is_about(statement: Any, service: str) -> bool:
    if not isinstance(statement, dict):
        return False
    principal = statement.get("Principal")
    named = service in _as_list(principal.get("Service")) if isinstance(principal, dict) else principal == "*"
    actions = {str(action).lower() for action in _as_list(statement.get("Action"))}
    return named and not actions.isdisjoint(_ASSUME_ACTIONS)


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

    def answer(self, request: Request, scope: Scope, operation: str, account: str) -> Response:
        """Return moto's response to a request of an account.

        Raises ``ServiceError`` with the code ``UnknownOperationException`` if moto finds no service or operation for
        the request, and with ``NotImplemented`` and moto's reason if moto fails.
        """
        if account not in iam_backends and len(iam_backends) >= MAX_ACCOUNTS:
            raise ServiceError(
                "LimitExceededException", f"The local AWS can have {MAX_ACCOUNTS} accounts at most."
            )
        if request.path.startswith(_CLOSED_PATH):
            raise ServiceError(
                "UnknownOperationException", f"The local AWS serves nothing at {_CLOSED_PATH}."
            )
        environ = {**request.environ, "HTTP_X_MOTO_ACCOUNT_ID": account}
        try:
            application = self._dispatcher.get_application(environ)
        except ServiceError:
            raise
        except Exception as error:  # moto raises many kinds of errors for a request that it can not route
            logger.info("moto could not route %s %s", request.method, request.path, exc_info=True)
            raise ServiceError(
                "UnknownOperationException", f"No service takes this request: {error!r}"
            ) from error
        if scope.service in managed_policies.SERVICES:
            with _one_at_a_time:
                text = request.get_data() or request.query_string
                managed_policies.provide(operation, text, account, scope.region)
        if scope.service in _ONE_AT_A_TIME:
            with _one_at_a_time, _kept_description(request, scope, operation, account):
                return _run(application, environ)
        return _run(application, environ)


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of a service for a host, with a cache. An unknown host gets an error without moto's advice."""

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


@contextlib.contextmanager
def _kept_description(request: Request, scope: Scope, operation: str, account: str) -> Iterator[None]:
    """Keep a role's description when UpdateRole does not give one."""
    role = None
    if scope.service == "iam" and operation == "UpdateRole" and "Description" not in request.values:
        name = request.values.get("RoleName")
        roles = list(iam_backends[account][get_partition(scope.region)].roles.values())
        role = next((role for role in roles if role.name == name), None)
    if role is None:
        yield
        return
    description = role.description
    yield
    role.description = description


def _run(application: Any, environ: dict[str, Any]) -> Response:
    method = environ["REQUEST_METHOD"]
    try:
        answer = Response.from_app(application, environ, buffered=True)
        str(answer.headers).encode("latin-1")  # other headers can not be sent
    except Exception as error:  # moto raises many kinds of errors
        logger.info("moto failed on %s %s", method, environ["PATH_INFO"], exc_info=True)
        raise ServiceError(
            "NotImplemented", f"moto, which emulates this service, failed: {error!r}"
        ) from error
    # The server sets the headers that mark the end of the body. Only a response to HEAD keeps moto's length.
    for name in _FRAMING - {"Content-Length"} if method == "HEAD" else _FRAMING:
        answer.headers.remove(name)
    code = answer.status_code
    if code >= 400 and method != "HEAD" and not _is_aws_error(answer.get_data()):  # noqa: PLR2004
        raise ServiceError(
            *_PLAIN_ERRORS.get(code, ("NotImplemented", f"moto answered with HTTP status {code}."))
        )
    if code >= 400 and answer.get_data().lstrip().startswith(b"<"):  # noqa: PLR2004  # moto repeats what was sent
        answer.set_data(readable(answer.get_data(as_text=True)))
    return answer


_FRAMING = frozenset({"Connection", "Content-Length", "Transfer-Encoding"})
_PLAIN_ERRORS = {
    400: ("ValidationError", "The request can not be read."),
    403: ("AccessDenied", "The request is not allowed."),
    404: ("UnknownOperationException", "No operation takes this request."),
    405: ("UnknownOperationException", "No operation takes a request with this method."),
}


def _is_aws_error(body: bytes) -> bool:
    start = body.lstrip()[:15].lower()
    return start.startswith((b"{", b"<")) and not start.startswith((b"<!doctype html", b"<html"))

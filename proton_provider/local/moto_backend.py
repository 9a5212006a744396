"""Runs moto, which emulates IAM, STS and all other services except Proton, and checks roles in its IAM.

Importing this module imports moto, so it is imported only when a local AWS starts. moto keeps its state in the
process. All local AWSs of one process share that state.

moto does not emulate these, so the local AWS does not either:

- who may assume a role: every caller may assume every role, even one that does not exist,
- permissions,
- the expiry of temporary credentials,
- the account of keys from GetSessionToken and GetFederationToken.
"""

import contextlib
import datetime as dt
import json
import logging
import threading
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from . import managed_policies
from .caller import Scope
from .errors import ServiceError

# These services handle one request at a time: moto reads shared tables in them without a lock, so two calls at once
# could fail. Other services get no lock, because they may call back into this server.
_ONE_AT_A_TIME = frozenset({"iam", "sts"})
_ASSUME_ACTIONS = frozenset({"*", "sts:*", "sts:assumerole"})
# moto's own API is not part of AWS. It can even write files.
_CLOSED_PATH = "/moto-api"

logger = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()


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


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of a service for a host. moto would print advice about an unknown host; here it is an error."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)

    def get_backend_for_host(self, host: str | None) -> Any:
        if host is None or "." not in host:
            return super().get_backend_for_host(host)
        for backend, pattern in self.backend_url_patterns:
            if pattern.match(f"http://{host}"):
                return backend
        raise ServiceError("UnknownOperationException", f"The local AWS has no service at {host}.")


_dispatcher = _Dispatcher()


def answer(request: Request, scope: Scope, operation: str, account: str) -> Response:
    """Return moto's response to a request of an account.

    Raises ``ServiceError`` if moto has no such service or operation, and with moto's reason if moto fails.
    """
    if request.path.startswith(_CLOSED_PATH):
        raise ServiceError("UnknownOperationException", f"The local AWS serves nothing at {_CLOSED_PATH}.")
    environ = {**request.environ, "HTTP_X_MOTO_ACCOUNT_ID": account}
    lock = _one_at_a_time if scope.service in _ONE_AT_A_TIME else contextlib.nullcontext()
    try:
        application = _dispatcher.get_application(environ)
        if scope.service in managed_policies.SERVICES:
            with _one_at_a_time:
                text = request.get_data() or request.query_string
                managed_policies.provide(operation, text, account, scope.region)
        with lock:
            response = Response.from_app(application, environ, buffered=True)
        str(response.headers).encode("latin-1")  # other headers can not be sent
    except ServiceError:
        raise
    except Exception as error:  # moto raises many kinds of errors
        logger.info("moto failed on %s %s", request.method, request.path, exc_info=True)
        raise ServiceError(
            "NotImplemented", f"moto, which emulates this service, failed: {error!r}"
        ) from error
    return response

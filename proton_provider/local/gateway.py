"""Reads each request's caller and operation, and has Proton's store or moto answer it."""

import contextlib
import json
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from .caller import Scope, account_of, read_authorization, read_credential
from .connections import Caller
from .control import CONNECTION_RESET, LOGGED_BODY, Faults, Request, RequestLog, memory_of
from .errors import ServiceError
from .moto_backend import MotoBackend
from .store import ProtonStore
from .transport import read_request

DEFAULT_ACCOUNT = "123456789012"
"""The account of every access key that belongs to no other account."""

PROTON_BODY_LIMIT = 1024 * 1024
BODY_LIMIT = 64 * 1024 * 1024
"""The largest body of a request in bytes: to Proton, and to any other service."""

_PROTON = "proton"
_TARGET_PREFIX = "AwsProton20200720."
_CONTENT_TYPE = "application/x-amz-json-1.0"
_FORM = "application/x-www-form-urlencoded"
_LOGGED_NAME = 256
_FIRST_ERROR_STATUS = 400
_ERROR_CODE = re.compile(rb"<Code>([^<]{1,128})</Code>")

logger = logging.getLogger(__name__)


class _Call:
    """A request with its caller, operation and parameters."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.body = request.get_data()
        self.request_id = str(uuid.uuid4())
        self.scope = Scope()
        self.account = ""
        self.parameters: dict[str, Any] = {}
        self.target = request.headers.get("X-Amz-Target")
        self.is_proton = self.target is not None and self.target.startswith(_TARGET_PREFIX)
        if self.target is not None:
            self.operation, self._protocol = self.target.rpartition(".")[2], "json"
        elif "Action" in (form := _read_form(request)):
            self.operation, self._protocol = form.pop("Action"), "query"
            self.parameters = form
        else:
            self.operation, self._protocol = f"{request.method} {request.path}", "rest"

    def identify(self, account_of_key: Callable[[str], str | None]) -> None:
        """Read the caller. Raises ``ServiceError`` for an unreadable signature, and for Proton also for a missing one."""
        authorization = self.request.headers.get("Authorization")
        if self.is_proton or (authorization is not None and authorization.startswith("AWS4-")):
            self.scope = read_authorization(authorization)
        elif (credential := self.request.args.get("X-Amz-Credential")) is not None:
            self.scope = read_credential(credential)
        self.is_proton = self.is_proton or self.scope.service == _PROTON
        key = self.scope.access_key
        self.account = account_of(key) or account_of_key(key) or DEFAULT_ACCOUNT

    def error_response(self, error: ServiceError) -> Response:
        """The error as a response in the protocol of the service."""
        if self._protocol == "rest":
            protocol = "rest-xml" if self.scope.service in {"", "s3"} else "json"
        else:
            protocol = "ec2" if self.scope.service == "ec2" else self._protocol
        return _error_response(error, protocol, self.request_id)

    def record(self, status: int, error: str | None) -> Request:
        """The entry of this request in the log."""
        return Request(
            service=_PROTON if self.is_proton else self.scope.service,
            operation=self.operation[:_LOGGED_NAME],
            account=self.account,
            region=self.scope.region,
            parameters=self.parameters if len(self.body) <= LOGGED_BODY else {},
            status=status,
            error=error,
        )


class Gateway:
    """Has Proton's store or moto answer each request. Adds errors in our own code to ``unexpected``."""

    def __init__(
        self, store: ProtonStore, log: RequestLog, faults: Faults, unexpected: list[BaseException]
    ) -> None:
        self._store = store
        self._moto = MotoBackend()
        self._log = log
        self._faults = faults
        self._unexpected = unexpected

    def answer(self, environ: dict[str, Any]) -> Response | None:
        """The response to a request, given as a WSGI environment. None: reset the connection."""
        is_proton = environ.get("HTTP_X_AMZ_TARGET", "").startswith(_TARGET_PREFIX)
        try:
            request = read_request(environ, PROTON_BODY_LIMIT if is_proton else BODY_LIMIT)
        except ServiceError as error:
            return _error_response(error, "json", str(uuid.uuid4()))
        call = _Call(request)
        answer: Response | None
        code: str | None
        try:
            call.identify(self._moto.account_of)
            answer, code = self._perform(call)
        except ServiceError as error:
            answer, code = call.error_response(error), error.code
        except (
            Exception
        ) as error:  # an error in our code: tell the caller, and raise it again in LocalAws.stop
            logger.exception("the local AWS failed on %s %s", call.scope.service, call.operation)
            self._unexpected.append(error)
            failure = ServiceError("InternalServerException", "The local AWS failed; its log says why.")
            answer, code = call.error_response(failure), failure.code
        record = call.record(0 if answer is None else answer.status_code, code)
        self._log.add(record, memory_of(call.body + environ["RAW_URI"].encode()) if record.parameters else 0)
        logger.info("%s", record.line)
        self._faults.wait(call.operation, proton=call.is_proton)
        if answer is not None:
            answer.headers.setdefault("x-amzn-RequestId", call.request_id)
        return answer

    def _perform(self, call: _Call) -> tuple[Response | None, str | None]:
        """The response to a call, and moto's error code in it. Our own errors are raised as ``ServiceError``."""
        perform = self._proton(call) if call.is_proton else self._moto_service(call)
        fault = self._faults.next_fault(call.operation)
        if fault is None:
            return perform()
        if fault.after_effect:
            with contextlib.suppress(ServiceError):  # the caller never sees this response, whatever it is
                perform()
        if fault.code == CONNECTION_RESET:
            return None, CONNECTION_RESET
        raise ServiceError(fault.code, fault.message)

    def _moto_service(self, call: _Call) -> Callable[[], tuple[Response, str | None]]:
        def perform() -> tuple[Response, str | None]:
            answer = self._moto.answer(call.request, call.scope, call.operation, call.account)
            return answer, _error_code(answer) if answer.status_code >= _FIRST_ERROR_STATUS else None

        return perform

    def _proton(self, call: _Call) -> Callable[[], tuple[Response, str | None]]:
        self._check_is_proton_operation(call)
        parameters = _read_json(call.body)
        if isinstance(parameters, dict):
            call.parameters = parameters
        caller = Caller(call.account, call.scope.region)

        def perform() -> tuple[Response, str | None]:
            output = self._store.call(call.operation, caller, parameters)
            return Response(json.dumps(output), content_type=_CONTENT_TYPE), None

        return perform

    def _check_is_proton_operation(self, call: _Call) -> None:
        """Raise ``ServiceError`` for an unknown operation, and for a request in the wrong form."""
        request, target = call.request, call.target or ""
        if not target.startswith(_TARGET_PREFIX):
            raise ServiceError(
                "UnknownOperationException", f"AWS Proton has no operation '{target[:_LOGGED_NAME]}'."
            )
        if call.scope.service != _PROTON:
            raise ServiceError(
                "InvalidSignatureException", f"Credential should be scoped to correct service: '{_PROTON}'."
            )
        if request.method != "POST" or request.path != "/":
            raise ServiceError("UnknownOperationException", "AWS Proton is called with POST to /.")
        if call.operation not in self._store.operations:
            raise ServiceError(
                "UnknownOperationException",
                f"The local AWS does not emulate {call.operation[:_LOGGED_NAME]}. It emulates these operations of AWS "
                f"Proton: {', '.join(sorted(self._store.operations))}.",
            )
        if request.mimetype != _CONTENT_TYPE:
            raise ServiceError("SerializationException", f"The Content-Type must be {_CONTENT_TYPE}.")


def _read_form(request: HttpRequest) -> dict[str, str]:
    """The parameters of AWS's query protocol, from the body or the query string. Empty for another protocol."""
    is_form = request.mimetype == _FORM and len(request.get_data()) <= PROTON_BODY_LIMIT
    parameters = request.values if is_form else request.args
    return parameters.to_dict() if "Action" in parameters else {}


def _error_response(error: ServiceError, protocol: str, request_id: str) -> Response:
    headers, body = error.render(protocol, request_id)
    return Response(body, error.status, [*headers, ("x-amzn-RequestId", request_id)])


def _read_json(body: bytes) -> Any:
    if not body:
        return {}
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ServiceError("SerializationException", f"The body is not JSON: {reason}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _error_code(answer: Response) -> str:
    """The error code in a response of moto, or the HTTP status if it has no code."""
    body = answer.get_data()
    if (found := _ERROR_CODE.search(body)) is not None:
        return found[1].decode("utf-8", "replace")
    try:
        return str(json.loads(body)["__type"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)

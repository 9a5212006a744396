"""Reads each request's caller and operation, and has Proton's store or moto answer it."""

import contextlib
import json
import logging
import re
import uuid
from collections import deque
from typing import Any

from moto.iam.models import get_account_id_from
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from . import browsers, moto_backend
from .caller import Scope, account_of, read_authorization, read_credential
from .connections import Caller
from .control import CONNECTION_RESET, LOGGED_BODY, Faults, Request
from .errors import ServiceError
from .store import ProtonStore
from .transport import read_body

_PROTON = "proton"
_TARGET_PREFIX = "AwsProton20200720."
_CONTENT_TYPE = "application/x-amz-json-1.0"
_ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type": *"([^"]+)"')

logger = logging.getLogger(__name__)


class _Call:
    """A request with its caller, operation and parameters."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.body = b""
        self._values: dict[str, str] = {}
        self.request_id = str(uuid.uuid4())
        self.scope = Scope()
        self.account = ""
        self.parameters: dict[str, Any] = {}
        target = request.headers.get("X-Amz-Target", "")
        self.is_proton = target.startswith(_TARGET_PREFIX)
        if target:
            self.operation, self._protocol = target.rpartition(".")[2], "json"
        else:
            self.operation, self._protocol = f"{request.method} {request.path}", "rest"

    def read(self) -> None:
        """Read the body. It may name the operation and the caller."""
        self.body = read_body(self.request)
        self._values = self.request.values.to_dict()
        self.request.close()  # the files of a form
        if self._protocol == "rest" and "Action" in self._values:
            self.operation, self._protocol = self._values["Action"], "query"
            self.parameters = {name: value for name, value in self._values.items() if name != "Action"}

    def identify(self) -> None:
        """Read the caller. Raises ``ServiceError`` for an unreadable signature, and for Proton also for a missing one."""
        authorization = self.request.headers.get("Authorization")
        if self.is_proton or (authorization is not None and authorization.startswith("AWS4-")):
            self.scope = read_authorization(authorization)
        elif (credential := self._value("X-Amz-Credential")) is not None:
            self.scope = read_credential(credential)
        elif (key := self._value("AWSAccessKeyId")) is not None:
            self.scope = Scope(key, service="s3")  # a presigned request of S3 in its older form
        self.is_proton = self.is_proton or self.scope.service == _PROTON
        access_key = self.scope.access_key
        self.account = account_of(access_key) or get_account_id_from(access_key)

    def _value(self, name: str) -> str | None:
        """A value of the query or form. Presigned forms have some names in small letters."""
        return self._values.get(name, self._values.get(name.lower()))

    def error_response(self, error: ServiceError) -> Response:
        """The error as a response in the protocol of the service."""
        if self._protocol == "rest":
            protocol = "rest-xml" if self.scope.service in {"", "s3"} else "json"
        else:
            protocol = "ec2" if self.scope.service == "ec2" else self._protocol
        headers, body = error.render(protocol, self.request_id)
        return Response(body, error.status, headers)

    def record(self, status: int, error: str | None) -> Request:
        """The entry of this request in the log."""
        return Request(
            service=_PROTON if self.is_proton else self.scope.service,
            operation=self.operation,
            account=self.account,
            region=self.scope.region,
            parameters=self.parameters if len(self.body) <= LOGGED_BODY else {},
            status=status,
            error=error,
        )


class Gateway:
    """Has Proton's store or moto answer each request.

    ``any_host``: a request may name any host. Otherwise only those that ``browsers`` expects.
    """

    def __init__(self, store: ProtonStore, log: deque[Request], faults: Faults, *, any_host: bool) -> None:
        self._store = store
        self._log = log
        self._faults = faults
        self._any_host = any_host

    def answer(self, request: HttpRequest) -> Response | None:
        """The response to a request. None: reset the connection."""
        call = _Call(request)
        answer: Response | None
        code: str | None
        try:
            browsers.check(request.environ, any_host=self._any_host)  # a page could send a body without end
            call.read()
            call.identify()
            answer, code = self._perform(call)
        except ServiceError as error:
            answer, code = call.error_response(error), error.code
        record = call.record(0 if answer is None else answer.status_code, code)
        self._log.append(record)
        logger.info("%s", record.line)
        self._faults.wait(call.operation, proton=call.is_proton)
        if answer is not None:
            answer.headers.setdefault("x-amzn-RequestId", call.request_id)
        return answer

    def _perform(self, call: _Call) -> tuple[Response | None, str | None]:
        """The response to a call, and moto's error code in it. Our own errors are raised as ``ServiceError``."""
        if call.is_proton:
            self._read_proton(call)  # a request that can not be read uses up no fault
        fault = self._faults.next_fault(call.operation)
        if fault is None:
            return self._do(call)
        if fault.after_effect:
            with contextlib.suppress(ServiceError):  # the caller never sees this response, whatever it is
                self._do(call)
        if fault.code == CONNECTION_RESET:
            return None, CONNECTION_RESET
        raise ServiceError(fault.code, fault.message)

    def _do(self, call: _Call) -> tuple[Response, str | None]:
        if call.is_proton:
            caller = Caller(call.account, call.scope.region)
            output = self._store.call(call.operation, caller, call.parameters)
            return Response(json.dumps(output), content_type=_CONTENT_TYPE), None
        answer = moto_backend.answer(call.request, call.scope, call.operation, call.account)
        return answer, _error_code(answer)

    def _read_proton(self, call: _Call) -> None:
        """Read the parameters. Raises ``ServiceError`` for an unknown operation, and for what is no JSON object."""
        if call.operation not in self._store.operations:
            raise ServiceError(
                "UnknownOperationException",
                f"The local AWS does not emulate {call.operation}. It emulates these operations of AWS "
                f"Proton: {', '.join(sorted(self._store.operations))}.",
            )
        try:
            parameters = json.loads(call.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise ServiceError("SerializationException", f"The body is not JSON: {error}") from error
        if not isinstance(parameters, dict):
            raise ServiceError("SerializationException", "The body is not a JSON object.")
        call.parameters = parameters


def _error_code(answer: Response) -> str | None:
    """The error code in a response of moto, or the HTTP status of an error without a code."""
    if answer.status_code < 400:  # noqa: PLR2004  # HTTP's first status of an error
        return None
    found = _ERROR_CODE.search(answer.get_data())
    return str(answer.status_code) if found is None else (found[1] or found[2]).decode()

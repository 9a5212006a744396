"""A local AWS: which request is whose, what answers it, and the whole as an object to start and stop."""

import contextlib
import json
import logging
import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import validation
from .caller import Scope, account_of, read_authorization, read_query
from .control import CONNECTION_RESET, LOGGED_BODY, Fault, Faults, Request, RequestLog
from .errors import ServiceError
from .store import Caller, ProtonStore
from .transport import Answer, HttpRequest, HttpServer

if TYPE_CHECKING:
    from email.message import Message

    from .moto_backend import MotoBackend

DEFAULT_ACCOUNT = "123456789012"
"""The account of every access key that names no other."""

PROTON_BODY_LIMIT = 1024 * 1024
BODY_LIMIT = 64 * 1024 * 1024
"""The most bytes in the body of a request to Proton, and to any other service."""

_PROTON = "proton"
_TARGET_PREFIX = "AwsProton20200720."
_CONTENT_TYPE = "application/x-amz-json-1.0"
_FORM = "application/x-www-form-urlencoded"
_LOGGED_NAME = 256
_FIRST_ERROR_STATUS = 400
_ERROR_CODE = re.compile(rb"<Code>([^<]{1,128})</Code>")

logger = logging.getLogger(__name__)


class LocalAws:
    """One address on which a whole account, or many, can be used: Proton's connections, and moto's IAM, STS and more.

    A context manager; or ``start`` and ``stop``. The account is the caller's: an access key of twelve digits is that
    account, keys made by IAM's CreateAccessKey and credentials of STS's AssumeRole belong to theirs, anything else is
    123456789012. The Region is that of the signature; signatures are not verified. Everything is in memory, and all
    local AWSs of one process share the state of moto's services (not of Proton); the first to start finds it empty.
    While one runs, ``MOTO_ACCOUNT_ID`` is taken out of the environment: it would override every caller's account.

    ``host`` and ``port``: where to listen; port 0 is any free one. ``check_roles``: Create and Update refuse role
    ARNs that are not in the IAM of the ARN's account, or that the service in question can not assume by their trust
    policy (without its conditions). ``iam_delay``: seconds during which a new role can not be assumed, so that Create
    and Update refuse it; without ``check_roles`` roles that IAM does not have are still taken. Both can be changed
    while it runs. Which answer AWS gives in these cases is assumed: a ValidationException that names the ARN.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, check_roles: bool = False, iam_delay: float = 0.0
    ) -> None:
        self.check_roles = check_roles
        self.iam_delay = iam_delay
        self._host = host
        self._port = port
        self._store = ProtonStore(check_role=self._role_problem)
        self._log = RequestLog()
        self._faults = Faults()
        self._unexpected: list[BaseException] = []
        self._http: HttpServer | None = None

    def start(self) -> "LocalAws":
        """Listen. Raises ``OSError`` if the address can not be had, ``ImportError`` if moto is not installed."""
        if self._http is not None:
            raise RuntimeError(f"the local AWS is running already, at {self.url}")
        try:
            from . import moto_backend  # noqa: PLC0415  # moto is an extra, and slow to import
        except ImportError as error:
            raise ImportError(
                f"The local AWS needs moto's server: pip install 'proton-provider[local]' ({error})"
            ) from error
        validation.service_model()
        service = _Gateway(self._store, moto_backend.MotoBackend(), self._log, self._faults, self._unexpected)
        self._http = HttpServer(self._host, self._port, service, self._unexpected.append)
        moto_backend.acquire()
        self._http.start()
        return self

    def stop(self) -> None:
        """Close the address and wait for the threads. Raises the first error of ours that a request has met, if any."""
        self._close()
        if self._unexpected:
            first = self._unexpected[0]
            self._unexpected.clear()
            raise first

    def __enter__(self) -> "LocalAws":  # noqa: PYI034  # Self needs Python 3.11
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self._close()  # the error that ends the block matters more than one of ours

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:4600``: an endpoint for every service."""
        return self._running.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._running.server_port

    @property
    def requests(self) -> list[Request]:
        """What was answered so far, of every service, oldest first; the latest hundred thousand."""
        return self._log.snapshot()

    def fail_next(
        self,
        operation: str,
        code: str,
        times: int = 1,
        message: str | None = None,
        *,
        after_effect: bool = False,
    ) -> None:
        """Have the next ``times`` requests of an operation fail, whoever sends them.

        ``operation`` is AWS's name, of any service (``UpdateEnvironmentAccountConnection``, ``AssumeRole``), or as
        ``Request`` has it for services without names; ``code`` AWS's, or ``CONNECTION_RESET`` for no answer at all. With ``after_effect`` the operation is done first and
        only its answer is lost. Failures that are asked for one after the other come one after the other. Requests
        that can not be read (no caller, no JSON) do not count.
        """
        text = f"{operation} failed with {code}, as fail_next was told." if message is None else message
        self._faults.fail_next(operation, Fault(code, text, after_effect), times)

    def delay(self, seconds: float, operation: str | None = None) -> None:
        """Hold back every answer of Proton, or those of one operation of any service; 0 ends it.

        The operation takes effect first. Other requests go on meanwhile.
        """
        self._faults.delay(seconds, operation)

    def reset(self) -> None:
        """Forget everything: connections, tags, tokens, faults, delays, the log of requests, and moto's state."""
        from . import moto_backend  # noqa: PLC0415  # as in start

        self._faults.clear()
        self._store.reset()
        moto_backend.reset()
        self._log.clear()

    @property
    def _running(self) -> HttpServer:
        if self._http is None:
            raise RuntimeError(
                "the local AWS is not running: use it in a with statement, or call start() first"
            )
        return self._http

    def _close(self) -> None:
        if self._http is None:
            return
        from . import moto_backend  # noqa: PLC0415  # as in start

        self._faults.clear()
        self._http.stop()
        self._http = None
        moto_backend.release()

    def _role_problem(self, arn: str, principal: str) -> str | None:
        if not self.check_roles and not self.iam_delay:
            return None
        from . import moto_backend  # noqa: PLC0415  # as in start

        return moto_backend.role_problem(arn, principal, must_exist=self.check_roles, delay=self.iam_delay)


class _Call:
    """What is known of a request before it is answered."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
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
            self.operation, self._protocol = f"{request.method} {request.url.path}", "rest"

    def identify(self, account_of_key: Callable[[str], str | None]) -> None:
        """Read who is calling. Raises ``ServiceError`` if a signature is there, or must be, and can not be read."""
        authorization = self.request.headers.get("Authorization")
        if self.is_proton or (authorization is not None and authorization.startswith("AWS4-")):
            self.scope = read_authorization(authorization)
        else:
            self.scope = read_query(self.request.url.query)
        self.is_proton = self.is_proton or self.scope.service == _PROTON
        key = self.scope.access_key
        self.account = account_of(key) or account_of_key(key) or DEFAULT_ACCOUNT

    def refuse(self, error: ServiceError) -> Answer:
        """The error as an answer, in the protocol of the service."""
        if self._protocol == "rest":
            protocol = "rest-xml" if self.scope.service in {"", "s3"} else "json"
        else:
            protocol = "ec2" if self.scope.service == "ec2" else self._protocol
        headers, body = error.render(protocol, self.request.request_id)
        return Answer(error.status, headers, body)

    def record(self, status: int, error: str | None) -> Request:
        """What the log keeps of it."""
        return Request(
            service=_PROTON if self.is_proton else self.scope.service,
            operation=self.operation[:_LOGGED_NAME],
            account=self.account,
            region=self.scope.region,
            parameters=self.parameters if len(self.request.body) <= LOGGED_BODY else {},
            status=status,
            error=error,
        )


class _Gateway:
    """Reads who asks for what, and has it answered by Proton's store or by moto."""

    def __init__(
        self,
        store: ProtonStore,
        moto: "MotoBackend",
        log: RequestLog,
        faults: Faults,
        unexpected: list[BaseException],
    ) -> None:
        self._store = store
        self._moto = moto
        self._log = log
        self._faults = faults
        self._unexpected = unexpected

    def body_limit(self, headers: "Message[str, str]") -> int:
        is_proton = headers.get("X-Amz-Target", "").startswith(_TARGET_PREFIX)
        return PROTON_BODY_LIMIT if is_proton else BODY_LIMIT

    def answer(self, request: HttpRequest) -> Answer | None:
        call = _Call(request)
        answer: Answer | None
        code: str | None
        try:
            call.identify(self._moto.account_of)
            answer, code = self._perform(call)
        except ServiceError as error:
            answer, code = call.refuse(error), error.code
        except Exception as error:  # a mistake of ours must reach both the caller and whoever runs this
            logger.exception("the local AWS failed on %s %s", call.scope.service, call.operation)
            self._unexpected.append(error)
            failure = ServiceError("InternalServerException", "The local AWS failed; its log says why.")
            answer, code = call.refuse(failure), failure.code
        record = call.record(0 if answer is None else answer.status, code)
        self._log.add(record, min(len(request.body), LOGGED_BODY) + len(request.raw_url))
        logger.info("%s", record.line)
        self._faults.wait(call.operation, proton=call.is_proton)
        return answer

    def _perform(self, call: _Call) -> tuple[Answer | None, str | None]:
        """The answer to a call and the error code in it; a code of our own is raised as a ``ServiceError``."""
        perform = self._proton(call) if call.is_proton else self._other(call)
        fault = self._faults.take(call.operation)
        if fault is None:
            return perform()
        if fault.after_effect:
            with contextlib.suppress(ServiceError):  # whatever came of it, its answer is lost
                perform()
        if fault.code == CONNECTION_RESET:
            return None, CONNECTION_RESET
        raise ServiceError(fault.code, fault.message)

    def _other(self, call: _Call) -> Callable[[], tuple[Answer, str | None]]:
        def perform() -> tuple[Answer, str | None]:
            answer = self._moto.answer(call.request, call.scope, call.operation, call.account)
            return answer, _error_code(answer) if answer.status >= _FIRST_ERROR_STATUS else None

        return perform

    def _proton(self, call: _Call) -> Callable[[], tuple[Answer, str | None]]:
        self._route(call)
        parameters = _read_json(call.request.body)
        if isinstance(parameters, dict):
            call.parameters = parameters
        caller = Caller(call.account, call.scope.region)

        def perform() -> tuple[Answer, str | None]:
            output = self._store.call(call.operation, caller, parameters)
            return Answer(200, [("Content-Type", _CONTENT_TYPE)], json.dumps(output).encode()), None

        return perform

    def _route(self, call: _Call) -> None:
        """Refuse what is not one of Proton's operations, or not the way to call one."""
        request, target = call.request, call.target or ""
        if (
            not target.startswith(_TARGET_PREFIX)
            or call.operation not in validation.service_model().operation_names
        ):
            raise ServiceError(
                "UnknownOperationException", f"AWS Proton has no operation '{target[:_LOGGED_NAME]}'."
            )
        if call.scope.service != _PROTON:
            raise ServiceError(
                "InvalidSignatureException", f"Credential should be scoped to correct service: '{_PROTON}'."
            )
        if request.method != "POST" or request.url.path != "/":
            raise ServiceError("UnknownOperationException", "AWS Proton is called with POST to /.")
        if call.operation not in self._store.operations:
            raise ServiceError(
                "UnknownOperationException",
                f"The local AWS does not emulate {call.operation}. Of AWS Proton it has environment account "
                f"connections and tags: {', '.join(sorted(self._store.operations))}.",
            )
        content_type = request.headers.get("Content-Type", "")
        if content_type.partition(";")[0].strip().lower() != _CONTENT_TYPE:
            raise ServiceError("SerializationException", f"The Content-Type must be {_CONTENT_TYPE}.")


def _read_form(request: HttpRequest) -> dict[str, str]:
    """The parameters of AWS's query protocol, from the body or the query string; empty if it is not that protocol."""
    text = request.url.query
    if (
        request.headers.get("Content-Type", "").lower().startswith(_FORM)
        and len(request.body) <= PROTON_BODY_LIMIT
    ):
        text = f"{text}&{request.body.decode('latin-1')}"
    if "Action=" not in text:
        return {}
    return dict(parse_qsl(text, keep_blank_values=True))


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


def _error_code(answer: Answer) -> str:
    """The error code in an answer of moto's, for the log; the status if there is none."""
    if (found := _ERROR_CODE.search(answer.body)) is not None:
        return found[1].decode("utf-8", "replace")
    try:
        return str(json.loads(answer.body)["__type"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status)

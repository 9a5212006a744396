"""The local AWS as one object: to start and to stop, to ask what it was asked, to have it fail."""

from types import TracebackType
from typing import TYPE_CHECKING, Any

from .control import Fault, Faults, Request, RequestLog
from .store import ProtonStore

if TYPE_CHECKING:
    from .transport import HttpServer


class LocalAws:
    """One address on which a whole account, or many, can be used: Proton's connections, and moto's IAM, STS and more.

    A context manager; or ``start`` and ``stop``. The account is the caller's: an access key of twelve digits is that
    account, keys made by IAM's CreateAccessKey and credentials of STS's AssumeRole belong to theirs, anything else is
    123456789012. The Region is that of the signature; signatures are not verified. Everything is in memory, and all
    local AWSs of one process share the state of moto's services (not of Proton); the first to start finds it empty.
    While one runs, ``MOTO_ACCOUNT_ID`` is taken out of the environment: it would override every caller's account.

    ``client`` makes a boto3 client of it, whichever service and account.

    ``host`` and ``port``: where to listen; port 0 is any free one. ``check_roles``: Create and Update refuse role
    ARNs that are not in the IAM of the ARN's account, or that the service in question can not assume by their trust
    policy (without its conditions). ``iam_delay``: seconds during which a new role can not be assumed, so that Create
    and Update refuse it; without ``check_roles`` roles that IAM does not have are still taken. Which answer AWS gives
    in these cases is assumed: a ValidationException that names the ARN. ``connection_delay``: seconds during which the
    management account does not find a new connection (Accept, Reject, List). All three can be changed while it runs.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        check_roles: bool = False,
        iam_delay: float = 0.0,
        connection_delay: float = 0.0,
    ) -> None:
        self.check_roles = check_roles
        self.iam_delay = iam_delay
        self.connection_delay = connection_delay
        self._host = host
        self._port = port
        self._store = ProtonStore(
            check_role=self._role_problem, connection_delay=lambda: self.connection_delay
        )
        self._log = RequestLog()
        self._faults = Faults()
        self._unexpected: list[BaseException] = []
        self._http: HttpServer | None = None

    def start(self) -> "LocalAws":
        """Listen. Raises ``OSError`` if the address can not be had, ``ImportError`` if moto is not installed."""
        if self._http is not None:
            raise RuntimeError(f"the local AWS is running already, at {self.url}")
        try:
            from . import gateway, moto_backend, transport  # noqa: PLC0415  # moto is an extra, and slow to import
        except ImportError as error:
            raise ImportError(
                f"The local AWS needs moto's server: pip install 'proton-provider[local]' ({error})"
            ) from error
        answering = gateway.Gateway(self._store, self._log, self._faults, self._unexpected)
        self._http = transport.HttpServer(self._host, self._port, answering.answer, self._unexpected.append)
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
        return self._running.port

    def client(self, service: str, *, account: str = "123456789012", region: str = "us-east-1") -> Any:
        """A new boto3 client of a service of the local AWS, as an account of twelve digits.

        ``service`` is boto3's name (``proton``, ``iam``). The client knows Proton's connection and tag operations
        whether or not this boto3 still does, and takes nothing from the environment or from AWS's files. Raises
        ``ValueError`` for any other account.
        """
        from . import clients  # noqa: PLC0415  # boto3 is slow to import

        return clients.client(self.url, service, account, region)

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
        ``Request`` has it for services without names; ``code`` AWS's, or ``CONNECTION_RESET`` for no answer at all.
        With ``after_effect`` the operation is done first and only its answer is lost. Failures that are asked for one
        after the other come one after the other. Requests that can not be read (no caller, no JSON) do not count.
        Raises ``ValueError`` if ``times`` is not positive.
        """
        text = f"{operation} failed with {code}, as fail_next was told." if message is None else message
        self._faults.fail_next(operation, Fault(code, text, after_effect), times)

    def fail_every(
        self, operation: str, code: str, every: int, *, offset: int = 0, after_effect: bool = False
    ) -> None:
        """Have every ``every``-th request of an operation fail from now on, until ``reset``: a storm of faults.

        The count begins at ``offset``, so that storms of several codes on one operation can take turns; of two that
        meet in a request the older one has it, and ``fail_next`` comes before both. Everything else is as in
        ``fail_next``. Raises ``ValueError`` if ``every`` is not positive.
        """
        text = f"{operation} failed with {code}, as fail_every was told."
        self._faults.fail_every(operation, Fault(code, text, after_effect), every, offset)

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
    def _running(self) -> "HttpServer":
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

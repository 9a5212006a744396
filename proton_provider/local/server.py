"""``LocalAws``: starts and stops the local AWS, lists its requests, and makes calls fail or wait."""

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .browsers import is_loopback
from .control import KEPT_REQUESTS, Fault, Faults, Request
from .store import ProtonStore

if TYPE_CHECKING:
    from .transport import HttpServer


class LocalAws:
    """A local AWS on one address: Proton's connections, and moto's IAM, STS and other services, for many accounts.

    Use it in a ``with`` statement, or call ``start`` and ``stop``. ``client`` makes a boto3 client of any service.

    Arguments. The last three are also attributes that can be changed while it runs:

    - ``host`` and ``port``: the address to listen on. Port 0 takes any free port.
    - ``check_roles``: Create and Update refuse a role that does not exist in its account's IAM. They also refuse a role
      whose trust policy does not allow the right service to assume it. Conditions in the policy are ignored.
    - ``iam_delay``: seconds for which a new role can not be assumed. Create and Update refuse it until then. Without
      ``check_roles``, a role that does not exist is still accepted.
    - ``connection_delay``: seconds for which the management account does not find a new connection, in Accept, Reject
      and List.

    A refused role is a ValidationException that names the ARN. This is assumed: AWS does not document its response.

    The access key of a call selects its account. A key of twelve digits is an account id. A key from IAM's
    CreateAccessKey and the credentials from STS's AssumeRole belong to the account of that user or role. Any other key
    selects 123456789012. The signature names the Region. Signatures are not verified.

    What a web page in a browser could send is refused. Nothing is sent to other addresses, and Docker is not used: SNS
    drops what it would post, and Lambda answers without running the function.

    All data is in memory. All local AWSs of one process share the data of moto's services, but not of Proton. The first
    one to start begins with no data. While one runs, moto is changed in this process, and ``MOTO_ACCOUNT_ID`` is removed
    from the environment, because it would replace every caller's account. Both are put back at the end.
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
        self._log: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self._faults = Faults()
        self._unexpected: list[BaseException] = []
        self._http: HttpServer | None = None

    def start(self) -> "LocalAws":
        """Start to listen.

        Raises ``OSError`` if the address can not be used, and ``ImportError`` if moto is not installed.
        """
        if self._http is not None:
            raise RuntimeError(f"the local AWS is running already, at {self.url}")
        try:
            from . import gateway, moto_changes, transport  # noqa: PLC0415  # moto is an extra, and slow to import
        except ImportError as error:
            raise ImportError(
                f"The local AWS needs moto's server: pip install 'proton-provider[local]' ({error})"
            ) from error
        any_host = not is_loopback(self._host)
        answer = gateway.Gateway(self._store, self._log, self._faults, any_host=any_host).answer
        self._http = transport.HttpServer(self._host, self._port, answer, self._unexpected.append)
        moto_changes.acquire()
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop listening and wait for the threads. If a request met an error in our code, raise the first one."""
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
            self._close()  # the error that ended the block is more important than an error in our code

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:4600``. It is the endpoint of every service."""
        return self._running.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._running.port

    def client(self, service: str, *, account: str = "123456789012", region: str = "us-east-1") -> Any:
        """Make a boto3 client of a service of the local AWS, for an account id of twelve digits.

        ``service`` is boto3's name, such as ``proton`` or ``iam``. The client has Proton's connection and tag
        operations even if this boto3 no longer has them. It reads no environment variable and no AWS file. Raises
        ``ValueError`` if the account is not twelve digits.
        """
        from . import clients  # noqa: PLC0415  # boto3 is slow to import

        return clients.client(self.url, service, account, region)

    @property
    def requests(self) -> list[Request]:
        """The requests that were answered, of all services, oldest first. Only the latest 100,000 are kept."""
        return list(self._log)

    def fail_next(
        self,
        operation: str,
        code: str,
        times: int = 1,
        message: str | None = None,
        *,
        after_effect: bool = False,
    ) -> None:
        """Make the next ``times`` requests of an operation fail, from every caller.

        - ``operation``: AWS's name in any service, such as ``UpdateEnvironmentAccountConnection`` or ``AssumeRole``. For
          a service without operation names: method and path, as in ``Request``.
        - ``code``: an error code of AWS, or ``CONNECTION_RESET`` for no response at all.
        - ``after_effect``: the operation is done first, and only its response is lost.

        Several calls of this method add up: their failures come in the order of the calls. A request that can not be
        read (no caller, no JSON) does not count. Raises ``ValueError`` if ``times`` is not positive.
        """
        text = f"{operation} failed with {code}, as fail_next asked for." if message is None else message
        self._faults.fail_next(operation, Fault(code, text, after_effect), times)

    def fail_every(
        self, operation: str, code: str, every: int, *, offset: int = 0, after_effect: bool = False
    ) -> None:
        """Make every ``every``-th request of an operation fail from now on, until ``reset``.

        Counting begins at ``offset``. With different offsets, several codes can take turns on one operation. If two
        failures fall on one request, the one that was asked for first wins. ``fail_next`` wins over both. The other
        arguments are those of ``fail_next``. Raises ``ValueError`` if ``every`` is not positive.
        """
        text = f"{operation} failed with {code}, as fail_every asked for."
        self._faults.fail_every(operation, Fault(code, text, after_effect), every, offset)

    def delay(self, seconds: float, operation: str | None = None) -> None:
        """Delay every response of Proton, or of one operation of any service. 0 ends the delay.

        The operation takes effect before the delay. Other requests are not delayed.
        """
        self._faults.delay(seconds, operation)

    def reset(self) -> None:
        """Delete all data: connections, tags, tokens, failures, delays, the log of requests, and moto's data."""
        from . import moto_changes  # noqa: PLC0415  # as in start

        self._faults.clear()
        self._store.reset()
        moto_changes.reset()
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
        from . import moto_changes  # noqa: PLC0415  # as in start

        self._faults.clear()
        self._http.stop()
        self._http = None
        moto_changes.release()

    def _role_problem(self, arn: str, principal: str) -> str | None:
        if not self.check_roles and not self.iam_delay:
            return None
        from . import moto_backend  # noqa: PLC0415  # as in start

        return moto_backend.role_problem(arn, principal, must_exist=self.check_roles, delay=self.iam_delay)

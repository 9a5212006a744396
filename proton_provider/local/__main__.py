"""The command ``proton-local``, also ``python -m proton_provider.local``: runs a local AWS until it is stopped."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence

from .browsers import is_loopback
from .server import LocalAws

DEFAULT_PORT = 4600

_DESCRIPTION = """\
Serve AWS Proton's environment account connections and their tags, and moto's IAM, STS and
other services, on one address of this machine. All data is in memory. It is lost when the
command stops.
"""
_EPILOG = """\
use it from the AWS CLI, boto3 or any SDK:
  export AWS_ENDPOINT_URL=http://127.0.0.1:4600 AWS_DEFAULT_REGION=eu-west-1
  export AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=any
  aws proton list-environment-account-connections --requested-by ENVIRONMENT_ACCOUNT

The access key of a call selects its account. A key of twelve digits is an account id. A key
that its IAM created, and the credentials of an assumed role, belong to the account of that
user or role. Any other key selects account 123456789012. Signatures are not verified:
everybody who can reach the address can use every account in it.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM, then return 0. Exit with 2 if the local AWS can not start."""
    parser = _parser()
    options = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING, format="%(message)s", stream=sys.stderr
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    aws = LocalAws(
        options.host,
        options.port,
        check_roles=options.check_roles,
        iam_delay=options.iam_delay,
        connection_delay=options.connection_delay,
    )
    try:
        aws.start()
    except ImportError as error:
        parser.exit(2, f"proton-local: {error}\n")
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # Python repeats the address
        parser.exit(
            2,
            f"proton-local: can not listen on {options.host} port {options.port}: {reason}. "
            "Choose another port with --port. With --port 0 it takes any free one.\n",
        )
    print(f"listening on {aws.url}", flush=True)
    if not is_loopback(options.host):
        print(
            f"warning: other machines can reach {options.host}, and signatures are not verified",
            file=sys.stderr,
        )
    while not stopped.wait(0.2):  # without a time-out, a signal that arrives as wait() begins would be missed
        pass
    aws.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proton-local",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--check-roles",
        action="store_true",
        help="refuse role ARNs that do not exist in its IAM or do not trust the right service",
    )
    parser.add_argument(
        "--iam-delay",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="refuse roles that IAM created less than SECONDS ago (default: 0)",
    )
    parser.add_argument(
        "--connection-delay",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="hide a new connection from the management account for SECONDS (default: 0)",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="write a line for each request to standard error"
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:  # noqa: PLR2004  # what TCP has
        raise ValueError
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError
    return seconds


_port.__name__, _seconds.__name__ = "port", "number of seconds"  # argparse puts these into its messages


if __name__ == "__main__":
    sys.exit(main())

"""Makes the clients, and records what could not be read: a failed call costs only what it was to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from proton_provider.aws.bodies import NotAnAnswerError
from proton_provider.errors import ConfigurationError, one_line

from .found import Unread
from .progress import Progress

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass
class Calls:
    """The calls of one run of the command."""

    session: boto3.Session
    progress: Progress
    unread: list[Unread] = field(default_factory=list)

    def client(self, service: str, region: str) -> Any:
        """A client of boto3. Raises `ConfigurationError` for an endpoint that is not a valid address."""
        try:
            return self.session.client(service, region_name=region, config=_CONFIG)
        except (
            ValueError
        ) as error:  # botocore raises it for a wrong endpoint in the environment or the profile
            raise ConfigurationError(f"{error}.") from None

    def attempt(
        self, call: Callable[[], None], what: str, region: str | None, *actions: str
    ) -> Unread | None:
        """Make a call, and show what is read. If it fails, add the problem to `unread` and return it."""
        self.count(what, region)
        try:
            call()
        except ClientError as error:
            denied = error.response["Error"].get("Code") in _DENIED
            problem = Unread(what, region, sentence(error), actions if denied else ())
        except BotoCoreError as error:
            problem = Unread(what, region, sentence(error))
        except KeyError as error:  # the service model does not require all that is used here
            problem = Unread(what, region, f"The answer has no {error.args[0]}.")
        else:
            return None
        self.unread.append(problem)
        return problem

    def count(self, what: str, region: str | None, count: int = 0) -> None:
        """Show how much of something was read so far, in a Region or in the whole account."""
        place = f" in {region}" if region else ""
        self.progress.step(f"reading {what}{place}" + (f": {count:,} so far" if count else ""))


def sentence(error: ClientError | BotoCoreError) -> str:
    """The text of the error on one line, in AWS's or the SDK's words, without botocore's frame around it."""
    if isinstance(error, NotAnAnswerError):
        text = f"HTTP status 200, but {error}"
    elif isinstance(error, ClientError):
        answer = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        text = f"{answer['Code']}: {answer.get('Message') or 'no message'}"
        if not answer["Code"]:
            text = f"HTTP status {status}, and the answer is not from AWS"
    else:
        text = str(error)
    return one_line(text).rstrip(".") + "."


def is_validation_error(error: ClientError) -> bool:
    """Whether CloudFormation says that there is no such thing. It has no other code for that (documented)."""
    return bool(error.response["Error"].get("Code") == "ValidationError")

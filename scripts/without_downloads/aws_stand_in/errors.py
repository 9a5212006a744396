"""The stand-in's kinds of failure, each one sentence for the user, and how botocore's errors become one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

VERSION = version("pulumi-aws")
"""The version of the plugin that this one stands in for: the engine asks for the one that the Python package names."""


class StandInError(Exception):
    """A failure whose text is one sentence for the user; trying again does no harm."""


class UnknownOutcomeError(StandInError):
    """AWS did not answer, so whether the change was made is not known."""


class GoneError(StandInError):
    """IAM has no such thing."""


def unsupported(what: str) -> str:
    """The sentence for what only the real plugin can do; `what` begins it."""
    return (
        f"{what} is not supported by the stand-in for the pulumi-aws plugin that is in use here; "
        f"the real plugin comes with `pulumi plugin install resource aws {VERSION} --reinstall`."
    )


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Turns botocore's errors into ours; `what` begins the sentence, as in "creating IAM role web".

    Raises StandInError where AWS refused or nothing was sent, UnknownOutcomeError where the answer is missing.
    """
    from botocore import exceptions  # noqa: PLC0415 - a preview that asks AWS nothing must not pay for botocore

    try:
        yield
    except exceptions.ClientError as error:
        answer = error.response.get("Error", {})
        kind = GoneError if answer.get("Code") == "NoSuchEntity" else StandInError
        raise kind(f"{what}: {answer.get('Code')}: {answer.get('Message')}") from error
    except (exceptions.HTTPClientError, exceptions.IncompleteReadError) as error:
        raise UnknownOutcomeError(f"{what}: {error}") from error
    except exceptions.NoCredentialsError as error:
        raise StandInError(
            f"{what}: no AWS credentials were found; set aws:profile, or aws:accessKey and aws:secretKey, "
            "or the AWS_* variables of the environment."
        ) from error
    except exceptions.BotoCoreError as error:
        raise StandInError(f"{what}: {error}") from error

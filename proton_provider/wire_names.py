"""Names on the wire, as AWS and Pulumi spell them (`roleArn`), and in Python (`role_arn`)."""

from __future__ import annotations

import functools
import re


@functools.cache
def wire_name(name: str) -> str:
    """A name of Python's as AWS and Pulumi spell it: `role_arn` as `roleArn`; one that is so already stays."""
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda match: match[1].upper(), name)


@functools.cache
def python_name(name: str) -> str:
    """A name of the wire's as Python spells it: `roleArn` as `role_arn`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)

"""Converts names between the form of AWS and Pulumi (`roleArn`, "wire name") and the form of Python (`role_arn`)."""

from __future__ import annotations

import functools
import re


@functools.cache
def wire_name(name: str) -> str:
    """The wire name of a Python name: `roleArn` for `role_arn`. A wire name is returned unchanged."""
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda match: match[1].upper(), name)


@functools.cache
def python_name(name: str) -> str:
    """The Python name of a wire name: `role_arn` for `roleArn`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)

"""Reads a resource's arguments in either of Pulumi's two forms, and makes outputs of what the program only awaits."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Mapping
from dataclasses import fields, is_dataclass
from inspect import isawaitable
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from pulumi import Output, ResourceOptions

T = TypeVar("T")

_outputs: Final[WeakKeyDictionary[Awaitable[Any], Output[Any]]] = WeakKeyDictionary()
"""The output of each coroutine and future. Several resources may share an argument, and a coroutine is awaited once."""


def read_arguments(
    kind: type[T], positional: tuple[Any, ...], named: dict[str, Any]
) -> tuple[T, ResourceOptions | None]:
    """The arguments of a constructor after the resource's name: an object of type `kind`, and the resource options.

    Raises `TypeError` for both forms at once, for other values, and for missing or unknown arguments.
    """
    keywords = dict(named)
    opts = keywords.pop("opts", None)
    values = list(positional)
    args = keywords.pop("args", values.pop(0) if values and isinstance(values[0], kind) else None)
    if values:
        opts = values.pop(0)
    if args is not None and not isinstance(args, kind):
        raise TypeError(f"args must be {kind.__name__}(…); it is {args!r}.")
    if opts is not None and not isinstance(opts, ResourceOptions):
        raise TypeError(
            f"After the name come {kind.__name__}(…), or ResourceOptions(…) and keyword arguments; this is {opts!r}."
        )
    if values or (args is not None and keywords):
        raise TypeError(f"Give {kind.__name__}(…) or keyword arguments, not both.")
    return with_outputs(kind(**keywords) if args is None else args), opts


def with_outputs(value: T) -> T:
    """The value, with an output in place of each coroutine and future in it. Nothing of the caller's is changed."""
    converted: Any = value
    if isawaitable(value):
        if value not in _outputs:
            _outputs[value] = Output.from_input(value)
        converted = _outputs[value]
    elif isinstance(value, Mapping):
        converted = {key: with_outputs(member) for key, member in value.items()}
    elif isinstance(value, (list, tuple)):
        converted = [with_outputs(member) for member in value]
    elif is_dataclass(value):
        converted = copy.copy(value)
        for field in fields(value):
            object.__setattr__(converted, field.name, with_outputs(getattr(value, field.name)))
    result: T = converted
    return result

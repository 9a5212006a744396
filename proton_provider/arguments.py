"""Reads a resource's arguments in either of Pulumi's two forms: one object, or keyword arguments."""

from __future__ import annotations

from typing import Any, TypeVar

from pulumi import ResourceOptions

T = TypeVar("T")


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
    return (kind(**keywords) if args is None else args), opts

"""A resource's arguments in either of Pulumi's two forms: one object, or keyword arguments."""

from __future__ import annotations

from typing import Any, TypeVar

from pulumi import ResourceOptions

T = TypeVar("T")


def arguments(
    kind: type[T], positional: tuple[Any, ...], named: dict[str, Any]
) -> tuple[T, ResourceOptions | None]:
    """The arguments, as a `kind`, and the options of a constructor's call after the resource's name.

    Raises `TypeError` for both forms at once, and as Python does for arguments that are missing or unknown.
    """
    given = dict(named)
    opts = given.pop("opts", None)
    values = list(positional)
    args = given.pop("args", values.pop(0) if values and isinstance(values[0], kind) else None)
    if values:
        opts = values.pop(0)
    if values or (args is not None and given):
        raise TypeError(f"Give {kind.__name__}(…) or keyword arguments, not both.")
    return (kind(**given) if args is None else args), opts

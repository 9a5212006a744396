"""Checks the parameters of a request to Proton against our service model.

- Read off the model: the members, their types, which are required, lengths, ranges, patterns and enumerations.
- AWS's JSON protocol: unknown members are ignored, and ``null`` is the same as absent.
- A value of a wrong type is a ``SerializationException``. All other problems are listed in one
  ``ValidationException``.
- Assumed: the exact wording of the errors, and that a number with a fraction is no integer.

The model is compiled once into nested functions, so that a request does not have to read the model.
"""

import functools
import re
import reprlib
from collections.abc import Callable
from typing import Any

from proton_provider.aws import service_model

from .errors import ServiceError

# Takes a value, its path and a list, to which it adds problems. Returns the value to keep.
_Check = Callable[[Any, str, list[str]], Any]

_JSON_NAMES = {
    dict: "START_OBJECT",
    list: "START_ARRAY",
    str: "STRING_VALUE",
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
}


# Limits that keep a message readable.
_SHOWN_PROBLEMS = 20
_SHOWN_TEXT = 512


def check(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters, and return those that the operation has.

    Raises ``ServiceError`` (``SerializationException`` or ``ValidationException``) if they do not match the model.
    """
    problems: list[str] = []
    known: dict[str, Any] = _compiled(operation)(parameters, "", problems)
    if problems:
        found = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ServiceError("ValidationException", found + "; ".join(problems[:_SHOWN_PROBLEMS]))
    return known


@functools.cache
def _compiled(operation: str) -> _Check:
    return _structure(service_model.model().operation_model(operation).input_shape)


def _compile(shape: Any) -> _Check:
    return _COMPILERS[shape.type_name](shape)


def _structure(shape: Any) -> _Check:
    members = [
        (name, _compile(member), name in shape.required_members) for name, member in shape.members.items()
    ]

    def check_structure(value: Any, path: str, problems: list[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong_type(value, "a structure", path)
        kept = {}
        for name, check_member, required in members:
            member = value.get(name)
            at = f"{path}.{name}" if path else name
            if member is not None:
                kept[name] = check_member(member, at, problems)
            elif required:
                problems.append(_failed(None, at, "Member must not be null"))
        return kept

    return check_structure


def _list(shape: Any) -> _Check:
    check_member = _compile(shape.member)
    minimum, maximum = shape.metadata.get("min", 0), shape.metadata.get("max")

    def check_list(value: Any, path: str, problems: list[str]) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong_type(value, "a list", path)
        if (problem := _length(len(value), minimum, maximum)) is not None:
            problems.append(_failed(value, path, problem))
            return []
        kept = []
        for number, member in enumerate(value, 1):
            at = f"{path}.{number}.member"
            if member is None:
                problems.append(_failed(None, at, "Member must not be null"))
            else:
                kept.append(check_member(member, at, problems))
        return kept

    return check_list


def _string(shape: Any) -> _Check:
    minimum, maximum = shape.metadata.get("min", 0), shape.metadata.get("max")
    pattern = shape.metadata.get("pattern")
    # fullmatch, because `$` accepts a final newline. ASCII, because `\d` and `\w` accept other scripts.
    matches = re.compile(pattern, re.ASCII).fullmatch if pattern else None
    enum = shape.enum

    def check_string(value: Any, path: str, problems: list[str]) -> str:
        if not isinstance(value, str):
            raise _wrong_type(value, "a String", path)
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ServiceError(
                "SerializationException", f"The value at '{path}' holds half of a surrogate pair"
            )
        if enum and value not in enum:
            problems.append(_failed(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]"))
        if (problem := _length(len(value), minimum, maximum)) is not None:
            problems.append(_failed(value, path, problem))
        elif matches is not None and not matches(value):
            problems.append(
                _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")
            )
        return value

    return check_string


def _integer(shape: Any) -> _Check:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")

    def check_integer(value: Any, path: str, problems: list[str]) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(value, "an Integer", path)
        if maximum is not None and value > maximum:
            problems.append(_failed(value, path, f"Member must have value less than or equal to {maximum}"))
        if minimum is not None and value < minimum:
            problems.append(
                _failed(value, path, f"Member must have value greater than or equal to {minimum}")
            )
        return value

    return check_integer


_COMPILERS: dict[str, Callable[[Any], _Check]] = {
    "structure": _structure,
    "list": _list,
    "string": _string,
    "integer": _integer,
}


def _length(length: int, minimum: int, maximum: int | None) -> str | None:
    if maximum is not None and length > maximum:
        return f"Member must have length less than or equal to {maximum}"
    if length < minimum:
        return f"Member must have length greater than or equal to {minimum}"
    return None


def _failed(value: Any, path: str, constraint: str) -> str:
    text = (
        reprlib.repr(value) if isinstance(value, list) else str(value)
    )  # repr limits the depth of a nested list
    shown = "null" if value is None else f"'{text[:_SHOWN_TEXT]}{'...' if len(text) > _SHOWN_TEXT else ''}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _wrong_type(value: Any, wanted: str, path: str) -> ServiceError:
    sort = _JSON_NAMES.get(type(value), "NUMBER_VALUE")
    where = f" (at '{path}')" if path else ""
    return ServiceError("SerializationException", f"{sort} can not be converted to {wanted}{where}")

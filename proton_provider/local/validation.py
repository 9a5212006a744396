"""Checks the parameters of a request to Proton against our service model.

- Read off the model: the members, their types, which are required, lengths, ranges, patterns and enumerations.
- AWS's JSON protocol: unknown members are ignored, and ``null`` is the same as absent.
- A value of a wrong type, which no SDK sends, is a ``SerializationException``. All other problems are listed in one
  ``ValidationException``.
- Assumed: the exact wording of the errors, and that a number with a fraction is no integer.
"""

import re
from collections.abc import Iterator
from typing import Any

from proton_provider import service_model

from .errors import ServiceError

_TYPES: dict[str, type] = {"structure": dict, "list": list, "string": str, "integer": int}


def check(operation: str, parameters: Any) -> dict[str, Any]:
    """Check the parameters, and return those that the operation has.

    Raises ``ServiceError`` (``SerializationException`` or ``ValidationException``) if they do not match the model.
    """
    problems: list[str] = []
    shape = service_model.model().operation_model(operation).input_shape
    known: dict[str, Any] = _read(shape, parameters, "", problems)
    if problems:
        found = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ServiceError("ValidationException", found + "; ".join(problems))
    return known


def _read(shape: Any, value: Any, path: str, problems: list[str]) -> Any:
    """The value without the members that the shape does not have. Adds to ``problems``."""
    found: type = type(value)
    if found is not _TYPES[shape.type_name]:  # a bool is no integer
        raise ServiceError("SerializationException", f"The value at '{path}' is no {shape.type_name}")
    if shape.type_name == "structure":
        required = dict.fromkeys(shape.required_members)
        members = {name: item for name, item in value.items() if name in shape.members and item is not None}
        return {
            name: _read_member(shape.members[name], item, f"{path}.{name}".lstrip("."), problems)
            for name, item in {**required, **members}.items()
        }
    problems.extend(
        f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
        for constraint in _failed(shape, value)
    )
    if shape.type_name == "list":
        return [
            _read_member(shape.member, item, f"{path}.{number}.member", problems)
            for number, item in enumerate(value, 1)
        ]
    return value


def _read_member(shape: Any, value: Any, path: str, problems: list[str]) -> Any:
    if value is None:
        problems.append(f"Value null at '{path}' failed to satisfy constraint: Member must not be null")
        return None
    return _read(shape, value, path, problems)


def _failed(shape: Any, value: Any) -> Iterator[str]:
    """AWS's sentence for each constraint of the shape that the value does not satisfy."""
    noun, size = ("value", value) if shape.type_name == "integer" else ("length", len(value))
    limits, enum = shape.metadata, shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"Member must satisfy enum value set: [{', '.join(enum)}]"
    if size > limits.get("max", size):
        yield f"Member must have {noun} less than or equal to {limits['max']}"
    elif size < limits.get("min", size):
        yield f"Member must have {noun} greater than or equal to {limits['min']}"
    # fullmatch, because `$` accepts a final newline. ASCII, because `\d` and `\w` accept other scripts.
    elif "pattern" in limits and not re.fullmatch(limits["pattern"], value, re.ASCII):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"

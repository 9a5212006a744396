"""Reads parts of the schema from the package's source: members of classes, arguments of functions, types and docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, TypeAlias

from proton_provider.wire_names import wire_name

Schema: TypeAlias = dict[str, Any]

PACKAGE = "proton"
TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "Mapping[str, str]": {"type": "object", "additionalProperties": {"type": "string"}},
    "Sequence[str]": {"type": "array", "items": {"type": "string"}},
    "AwsSettings": {"$ref": f"#/types/{PACKAGE}:index:AwsSettings"},
    "RoleArns": {"$ref": f"#/types/{PACKAGE}:index:RoleArns"},
}


def outputs(kind: type[Any]) -> Iterator[tuple[str, Schema]]:
    """The outputs of a resource class: its properties that have a wire name."""
    for base in kind.__mro__:
        if not base.__module__.startswith("proton_provider."):
            continue
        for member in _class(base).body:
            if not isinstance(member, ast.FunctionDef) or member.returns is None:
                continue
            if "wire_property" in map(ast.unparse, member.decorator_list):
                kind_of = ast.unparse(member.returns).removeprefix("Output[").removesuffix("]")
                kind_of = kind_of.replace("dict[str, Any]", "AwsSettings").replace("dict[", "Mapping[")
                yield (
                    wire_name(member.name),
                    {**_type(kind_of), "description": _words(ast.get_docstring(member) or "")},
                )


def fields(kind: type[Any]) -> Iterator[tuple[str, Schema]]:
    """The members of a dataclass, each with the docstring that follows it."""
    body = _class(kind).body
    for member, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            described = {}
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                described = {"description": _words(inspect.cleandoc(str(after.value.value)))}
            yield wire_name(member.target.id), {**_type(ast.unparse(member.annotation)), **described}


def required(kind: type[Any]) -> list[str]:
    return [
        wire_name(member.target.id)
        for member in _class(kind).body
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name) and member.value is None
    ]


def signature(function: Any) -> Schema:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    arguments = {
        wire_name(argument.arg): _type(ast.unparse(argument.annotation))
        for argument in (*tree.args.args, *tree.args.kwonlyargs)
        if argument.arg != "opts" and argument.annotation is not None
    }
    purpose = inspect.cleandoc(function.__doc__).partition("Raises ")[0].strip()
    return {"description": _words(purpose), "inputs": {"properties": arguments}}


def _type(annotation: str) -> Schema:
    """The schema's type for a Python annotation. In the schema every input may be an output."""
    plain = annotation.replace(" | None", "")
    while (simpler := re.sub(r"\bInput\[([^\[\]]*(?:\[[^\[\]]*\])?)\]", r"\1", plain)) != plain:
        plain = simpler
    return dict(TYPES[plain])


def _class(kind: type[Any]) -> ast.ClassDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return tree


def description(kind: type[Any]) -> str:
    return _words(inspect.cleandoc(kind.__doc__ or ""))


def _words(docstring: str) -> str:
    """A docstring in the plugin's words, with wire names, and one line for each paragraph."""
    paragraphs = [" ".join(part.split()) for part in docstring.split("\n\n")]
    named = re.sub(r"\bNone\b", "null", "\n\n".join(paragraphs)).replace("`aws:", "`proton:")
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: wire_name(found[0]), named)

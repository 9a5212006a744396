"""Makes the native plugin's schema from the typed arguments, the outputs and their docstrings."""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, TypeAlias

from clone import HERE

from proton_provider import functions, resources
from proton_provider.aws_settings import AwsSettings
from proton_provider.lifecycle.declared import Declared
from proton_provider.plugin.servicer import RESOURCES, SCHEMA
from proton_provider.wire_names import wire_name

Schema: TypeAlias = dict[str, Any]

PACKAGE = "proton"
_DYNAMIC = "pulumi-python:dynamic/"
_FILLED_IN = ("onDelete", "adoptExisting", "tags", "tagsAll", "region")
"""Members that are in every state, even if the program does not give them."""
_TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "Mapping[str, str]": {"type": "object", "additionalProperties": {"type": "string"}},
    "Sequence[str]": {"type": "array", "items": {"type": "string"}},
    "AwsSettings": {"$ref": f"#/types/{PACKAGE}:index:AwsSettings"},
    "RoleArns": {"$ref": f"#/types/{PACKAGE}:index:RoleArns"},
}
_OF_PROVIDER: dict[str, Schema] = {
    "defaultTags": {
        **_TYPES["Mapping[str, str]"],
        "description": "Default tags of every connection. The connection's own tags override them.",
    },
    "deleteUnreachable": {
        "type": "boolean",
        "description": "Count resources as deleted if their endpoint is gone, as PULUMI_PROTON_DELETE_UNREACHABLE does.",
    },
}


def make() -> Schema:
    """The schema in Pulumi's format."""
    settings = dict(_fields(AwsSettings))
    config = {**settings, **_OF_PROVIDER}
    made = {token: _resource(token) for token in RESOURCES}
    return {
        "name": PACKAGE,
        "displayName": "AWS Proton",
        "version": importlib.metadata.version("proton-provider"),
        "description": "AWS Proton's environment account connections, their roles and their acceptance.",
        "keywords": ["pulumi", "aws", "proton", "category/cloud"],
        "license": "Apache-2.0",
        "publisher": "proton-provider",
        "meta": {"supportPack": True},
        "language": {"nodejs": {"respectSchemaVersion": True}, "python": {"respectSchemaVersion": True}},
        "config": {"variables": config},
        "provider": {"description": _described(AwsSettings), "inputProperties": config, "properties": config},
        "types": {
            f"{PACKAGE}:index:AwsSettings": {
                "type": "object",
                "description": _described(AwsSettings),
                "properties": settings,
            },
            f"{PACKAGE}:index:RoleArns": _role_arns(made),
            f"{PACKAGE}:index:Connection": {"type": "object", **_result()},
        },
        "resources": made,
        "functions": {
            f"{PACKAGE}:index:getEnvironmentAccountConnection": {
                **_function(functions.get_environment_account_connection),
                "outputs": _result(),
            },
            f"{PACKAGE}:index:getEnvironmentAccountConnections": {
                **_function(functions.get_environment_account_connections),
                "outputs": {
                    "properties": {
                        "connections": {
                            "type": "array",
                            "items": {"$ref": f"#/types/{PACKAGE}:index:Connection"},
                            "description": "The connections that match.",
                        }
                    },
                    "required": ["connections"],
                },
            },
        },
    }


def text() -> str:
    """The text of the schema file."""
    return json.dumps(make(), indent=2, sort_keys=True) + "\n"


def _resource(token: str) -> Schema:
    name = token.rpartition(":")[2]
    kind, args = getattr(resources, name), getattr(resources, f"{name}Args")
    inputs, required = dict(_fields(args)), _required(args)
    outputs = {**dict(_outputs(kind)), **{name: inputs[name] for name in inputs if name == "aws"}}
    always = {*RESOURCES[token](Declared()).outputs, *required, *_FILLED_IN}
    return {
        "description": _described(kind),
        "aliases": [{"type": f"{_DYNAMIC}{PACKAGE}:{name}"}],
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": outputs,
        "required": [name for name in outputs if name in always],
    }


def _outputs(kind: type[Any]) -> Iterator[tuple[str, Schema]]:
    """The outputs of a resource class: its properties that have a wire name."""
    for base in kind.__mro__:
        if not base.__module__.startswith("proton_provider."):
            continue
        for member in _class(base).body:
            if isinstance(member, ast.FunctionDef) and (name := _wire_name(member)) and member.returns:
                kind_of = ast.unparse(member.returns).removeprefix("Output[").removesuffix("]")
                kind_of = kind_of.replace("dict[str, Any]", "AwsSettings").replace("dict[", "Mapping[")
                yield name, {**_type(kind_of), "description": _words(ast.get_docstring(member) or "")}


def _wire_name(function: ast.FunctionDef) -> str | None:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "wire_property":
            return str(ast.literal_eval(decorator.args[0]))
    return None


def _fields(kind: type[Any]) -> Iterator[tuple[str, Schema]]:
    """The members of a dataclass, each with the docstring that follows it."""
    body = _class(kind).body
    for member, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            described = {}
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                described = {"description": _words(inspect.cleandoc(str(after.value.value)))}
            yield wire_name(member.target.id), {**_type(ast.unparse(member.annotation)), **described}


def _required(kind: type[Any]) -> list[str]:
    return [
        wire_name(member.target.id)
        for member in _class(kind).body
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name) and member.value is None
    ]


def _function(function: Any) -> Schema:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    arguments = {
        wire_name(argument.arg): _type(ast.unparse(argument.annotation))
        for argument in (*tree.args.args, *tree.args.kwonlyargs)
        if argument.arg != "opts" and argument.annotation is not None
    }
    purpose = inspect.cleandoc(function.__doc__).partition("Raises ")[0].strip()
    return {"description": _words(purpose), "inputs": {"properties": arguments}}


def _result() -> Schema:
    result = functions.EnvironmentAccountConnectionResult
    return {"properties": dict(_fields(result)), "required": _required(result)}


def _role_arns(made: Schema) -> Schema:
    inputs = made[f"{PACKAGE}:index:EnvironmentAccountConnectionRoles"]["inputProperties"]
    members = {wire_name(name): inputs[wire_name(name)] for name in resources.RoleArns.__annotations__}
    return {"type": "object", "description": _described(resources.RoleArns), "properties": members}


def _type(annotation: str) -> Schema:
    """The schema's type for a Python annotation. In the schema every input may be an output."""
    plain = annotation.replace(" | None", "")
    while (simpler := re.sub(r"\bInput\[([^\[\]]*(?:\[[^\[\]]*\])?)\]", r"\1", plain)) != plain:
        plain = simpler
    return dict(_TYPES[plain])


def _class(kind: type[Any]) -> ast.ClassDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return tree


def _described(kind: type[Any]) -> str:
    return _words(inspect.cleandoc(kind.__doc__ or ""))


def _words(docstring: str) -> str:
    """A docstring with wire names, and one line for each paragraph."""
    paragraphs = [" ".join(part.split()) for part in docstring.split("\n\n")]
    named = "\n\n".join(paragraphs)
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: wire_name(found[0]), named)


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python scripts/plugin_schema.py", description=__doc__).parse_args(arguments)
    SCHEMA.write_text(text(), encoding="utf-8")
    print(f"{SCHEMA.relative_to(HERE.root)} is made")
    return 0


if __name__ == "__main__":
    sys.exit(main())

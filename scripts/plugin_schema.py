"""Makes the native plugin's schema from the package's source: members of classes, arguments, types and docstrings."""

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

import proton_provider
from proton_provider.lifecycle import Lifecycle
from proton_provider.operations import Process
from proton_provider.plugin.servicer import SCHEMA, TOKENS
from proton_provider.program import functions
from proton_provider.settings.aws_settings import AwsSettings
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

_DYNAMIC = "pulumi-python:dynamic/"
_FILLED_IN = ("onDelete", "adoptExisting", "tags", "tagsAll", "region")
"""Members that are in every state, even if the program does not give them."""
_SETTINGS = (
    "AWS settings of the provider, or of one resource or function, where they override the provider's.\n\n"
    "Every member is optional. A member that neither gives comes from the environment, then from AWS's shared files. The state "
    "saves these settings in clear. So there is no member for keys: name a profile or a role."
)
"""Not the docstring of `AwsSettings`: the plugin sees no `aws:…` in the stack's config, and no `aws.Provider`."""
_OF_PROVIDER: dict[str, Schema] = {
    "defaultTags": {
        **TYPES["Mapping[str, str]"],
        "description": "Default tags of every connection. The connection's own tags override them.",
    },
    "deleteUnreachable": {
        "type": "boolean",
        "description": "Count resources as deleted if their endpoint is gone, as PULUMI_PROTON_DELETE_UNREACHABLE does.",
    },
}


def make() -> Schema:
    """The schema in Pulumi's format."""
    settings = members(AwsSettings)[0]
    config = {**settings, **_OF_PROVIDER}
    made = {f"{TOKENS}{name}": _resource(name, each) for name, each in Process().lifecycles.items()}
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
        "provider": {
            "description": _SETTINGS,
            "inputProperties": config,
            "properties": config,
        },
        "types": {
            f"{PACKAGE}:index:AwsSettings": {
                "type": "object",
                "description": _SETTINGS,
                "properties": settings,
            },
            f"{PACKAGE}:index:RoleArns": _role_arns(made),
            f"{PACKAGE}:index:Connection": {"type": "object", **_result()},
        },
        "resources": made,
        "functions": {
            f"{PACKAGE}:index:getEnvironmentAccountConnection": {
                **signature(functions.get_environment_account_connection),
                "outputs": _result(),
            },
            f"{PACKAGE}:index:getEnvironmentAccountConnections": {
                **signature(functions.get_environment_account_connections),
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


def _resource(name: str, lifecycle: Lifecycle) -> Schema:
    kind, args = getattr(proton_provider, name), getattr(proton_provider, f"{name}Args")
    inputs, required = members(args)
    made = {**dict(outputs(kind)), **{name: inputs[name] for name in inputs if name == "aws"}}
    always = {*lifecycle.outputs, *required, *_FILLED_IN}
    return {
        "description": f"{description(kind)}\n\n## Example Usage\n\n```yaml\n{_example(name)}\n```",
        "aliases": [{"type": f"{_DYNAMIC}{PACKAGE}:{name}"}],
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": made,
        "required": [name for name in made if name in always],
    }


def _example(name: str) -> str:
    """The resource in the YAML example, whose program a test runs."""
    program = (HERE.root / "examples" / "yaml" / "Pulumi.yaml").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=  \S|\S)", program)
    entry = next(entry for entry in entries if f"type: {PACKAGE}:{name}\n" in entry)
    return f"resources:\n{entry}"


def _result() -> Schema:
    properties, required = members(functions.EnvironmentAccountConnectionResult)
    return {"properties": properties, "required": required}


def _role_arns(made: Schema) -> Schema:
    inputs = made[f"{PACKAGE}:index:EnvironmentAccountConnectionRoles"]["inputProperties"]
    names = [wire_name(name) for name in proton_provider.RoleArns.__annotations__]
    return {
        "type": "object",
        "description": description(proton_provider.RoleArns),
        "properties": {name: inputs[name] for name in names},
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
                described = {"description": _words(ast.get_docstring(member) or "")}
                yield wire_name(member.name), {**_type(kind_of), **described}


def members(kind: type[Any]) -> tuple[Schema, list[str]]:
    """The members of a dataclass, each with the docstring that follows it, and the names of those that are required."""
    properties, required = {}, []
    body = _class(kind).body
    for member, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            name = wire_name(member.target.id)
            properties[name] = _type(ast.unparse(member.annotation))
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                properties[name]["description"] = _words(inspect.cleandoc(str(after.value.value)))
            if member.value is None:
                required.append(name)
    return properties, required


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


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python scripts/plugin_schema.py", description=__doc__).parse_args(arguments)
    SCHEMA.write_text(text(), encoding="utf-8")
    print(f"{SCHEMA.relative_to(HERE.root)} is made")
    return 0


if __name__ == "__main__":
    sys.exit(main())

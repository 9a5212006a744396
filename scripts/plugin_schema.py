"""Makes the native plugin's schema: what it says of each resource and function is read by schema_parts.py."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys

import schema_parts
from clone import HERE
from schema_parts import PACKAGE, Schema

import proton_provider
from proton_provider.lifecycle import Lifecycle
from proton_provider.operations import Process
from proton_provider.plugin.servicer import SCHEMA, TOKENS
from proton_provider.program import functions
from proton_provider.settings.aws_settings import AwsSettings
from proton_provider.wire_names import wire_name

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
        **schema_parts.TYPES["Mapping[str, str]"],
        "description": "Default tags of every connection. The connection's own tags override them.",
    },
    "deleteUnreachable": {
        "type": "boolean",
        "description": "Count resources as deleted if their endpoint is gone, as PULUMI_PROTON_DELETE_UNREACHABLE does.",
    },
}


def make() -> Schema:
    """The schema in Pulumi's format."""
    settings = dict(schema_parts.fields(AwsSettings))
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
                **schema_parts.signature(functions.get_environment_account_connection),
                "outputs": _result(),
            },
            f"{PACKAGE}:index:getEnvironmentAccountConnections": {
                **schema_parts.signature(functions.get_environment_account_connections),
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
    inputs, required = dict(schema_parts.fields(args)), schema_parts.required(args)
    outputs = {**dict(schema_parts.outputs(kind)), **{name: inputs[name] for name in inputs if name == "aws"}}
    always = {*lifecycle.outputs, *required, *_FILLED_IN}
    return {
        "description": f"{schema_parts.description(kind)}\n\n## Example Usage\n\n```yaml\n{_example(name)}\n```",
        "aliases": [{"type": f"{_DYNAMIC}{PACKAGE}:{name}"}],
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": outputs,
        "required": [name for name in outputs if name in always],
    }


def _example(name: str) -> str:
    """The resource in the YAML example, whose program a test runs."""
    program = (HERE.root / "examples" / "yaml" / "Pulumi.yaml").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=  \S|\S)", program)
    entry = next(entry for entry in entries if f"type: {PACKAGE}:{name}\n" in entry)
    return f"resources:\n{entry}"


def _result() -> Schema:
    result = functions.EnvironmentAccountConnectionResult
    return {"properties": dict(schema_parts.fields(result)), "required": schema_parts.required(result)}


def _role_arns(made: Schema) -> Schema:
    inputs = made[f"{PACKAGE}:index:EnvironmentAccountConnectionRoles"]["inputProperties"]
    members = {wire_name(name): inputs[wire_name(name)] for name in proton_provider.RoleArns.__annotations__}
    return {
        "type": "object",
        "description": schema_parts.description(proton_provider.RoleArns),
        "properties": members,
    }


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python scripts/plugin_schema.py", description=__doc__).parse_args(arguments)
    SCHEMA.write_text(text(), encoding="utf-8")
    print(f"{SCHEMA.relative_to(HERE.root)} is made")
    return 0


if __name__ == "__main__":
    sys.exit(main())

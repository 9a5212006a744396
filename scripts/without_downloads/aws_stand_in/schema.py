"""The stand-in's schema: with it Pulumi checks programs in YAML and finds the full names of resources and functions."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from without_downloads.aws_stand_in import kinds
from without_downloads.aws_stand_in.errors import VERSION
from without_downloads.aws_stand_in.resource import Resource
from without_downloads.aws_stand_in.settings import READERS

_ANY = {"$ref": "pulumi.json#/Any"}
_TEXT = {"type": "string"}
_TYPES = {str: _TEXT, int: {"type": "integer"}, dict: {"type": "object", "additionalProperties": _TEXT}}
_FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": ("accountId", "arn", "id", "userId"),
    "aws:index/getPartition:getPartition": ("dnsSuffix", "id", "partition", "reverseDnsPrefix"),
}


def schema(resources: Iterable[Resource]) -> str:
    """The schema as JSON text."""
    described = {
        "name": "aws",
        "version": VERSION,
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},  # aws:iam/role:Role is aws:iam:Role in a program
        "provider": {"inputProperties": dict.fromkeys(READERS, _ANY)},
        "resources": {resource.resource_type: _described(resource) for resource in resources},
        "functions": {
            token: {"outputs": {"properties": dict.fromkeys(names, _TEXT)}}
            for token, names in _FUNCTIONS.items()
        },
    }
    return json.dumps(described)


def _described(resource: Resource) -> Mapping[str, Any]:
    # A document is text or the object that it stands for.
    every = {
        item.name: _ANY if item.kind is kinds.DOCUMENT else _TYPES[item.kind.type]
        for item in resource.properties
    }
    return {
        "inputProperties": {name: kind for name, kind in every.items() if name != "tagsAll"},
        "requiredInputs": [item.name for item in resource.properties if item.required],
        "properties": {**every, **dict.fromkeys(resource.outputs, _ANY)},
    }

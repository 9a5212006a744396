"""Writes the content of the file for ``pulumi import --file``, with what pulumi-aws can import.

Pulumi documents the form: a member ``resources``, which is a list of ``type``, ``name`` and ``id``. pulumi-aws documents
the ids: the name of a role, a stack or a project, and the ARN of a service-linked role. The id of something in a Region
ends with ``@REGION``, which pulumi-aws reads since 7.0.0 (its guide "Enhanced Region Support").

Left out are nested stacks and the projects that a stack created, because that stack manages them. Stacks that are being
deleted are left out too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from .rules import PROJECT, ROLE, SERVICE_LINKED_ROLE, STACK, Leftover

_TYPES = {
    ROLE: "aws:iam/role:Role",
    SERVICE_LINKED_ROLE: "aws:iam/serviceLinkedRole:ServiceLinkedRole",
    STACK: "aws:cloudformation/stack:Stack",
    PROJECT: "aws:codebuild/project:Project",
}


def import_file(leftovers: Sequence[Leftover]) -> dict[str, Any]:
    """The content of the file. Resources have their names in AWS. Where two have the same name, the Region is added."""
    taken = [each for each in leftovers if not each.is_part_of and each.status != "DELETE_IN_PROGRESS"]
    count = Counter((each.kind, each.name) for each in taken)
    return {
        "resources": [
            {
                "type": _TYPES[each.kind],
                "name": f"{each.name}-{each.region}" if count[each.kind, each.name] > 1 else each.name,
                "id": _id(each),
            }
            for each in taken
        ]
    }


def _id(leftover: Leftover) -> str:
    if leftover.kind == SERVICE_LINKED_ROLE:
        return leftover.arn
    return f"{leftover.name}@{leftover.region}" if leftover.region else leftover.name

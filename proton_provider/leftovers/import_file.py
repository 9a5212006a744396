"""The file that ``pulumi import --file`` reads, with what pulumi-aws can take over.

The form is Pulumi's: a member ``resources``, a list of ``type``, ``name`` and ``id``. The ids are pulumi-aws's (its
documentation): a role, a stack and a project have their name, a service-linked role its ARN. What is in a Region has
``@REGION`` at the end, which pulumi-aws reads since 7.0.0 (its guide "Enhanced Region Support").

Left out, because something else manages it: nested stacks and projects that a stack made; and stacks that are being deleted.
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
    """The content of the file; resources are named as in AWS, with the Region where two would have one name."""
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

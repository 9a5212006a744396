"""Saves the templates, parameters and tags of Proton's stacks: Proton's own copies of the templates are gone.

GetTemplate with the stage ``Original`` returns the template as it was given (documented), as JSON or YAML. A nested stack is
a stack of its own, so it is saved too. The value of a NoEcho parameter is ``****``: CloudFormation shows it to nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from botocore.handlers import json_decode_template_body

from . import belongs
from .calls import Calls
from .found import TEMPLATES, Inventory, Stack

HIDDEN = "****"
"""What CloudFormation shows for the value of a NoEcho parameter."""

PERMISSION = "cloudformation:GetTemplate"


def stacks_to_save(inventory: Inventory) -> list[Stack]:
    """Proton's stacks that have a template."""
    return [
        stack
        for stack in inventory.stacks
        if belongs.is_stack(stack) and stack.status != "REVIEW_IN_PROGRESS"
    ]


def already_there(stacks: Iterable[Stack], folder: Path) -> list[Path]:
    """The files that would be overwritten."""
    return [path for stack in stacks for path in sorted((folder / stack.region).glob(f"{stack.name}.*.*"))]


def save(calls: Calls, stacks: Iterable[Stack], folder: Path) -> int:
    """Write the files, and give the number of the stacks that were saved. Raises `OSError`."""
    saved = 0
    denied: set[str] = set()
    for stack in stacks:
        if stack.region in denied:
            continue
        save_one = partial(_save, calls, stack, folder)
        problem = calls.attempt(save_one, f"{TEMPLATES} {stack.name}", stack.region, PERMISSION)
        if problem is None:
            saved += 1
        elif problem.actions:
            denied.add(stack.region)
    return saved


def _save(calls: Calls, stack: Stack, folder: Path) -> None:
    client = calls.client("cloudformation", stack.region)
    # botocore would parse a JSON template, and lose how it was written.
    client.meta.events.unregister("after-call.cloudformation.GetTemplate", json_decode_template_body)
    template = client.get_template(StackName=stack.arn, TemplateStage="Original")["TemplateBody"]
    ending = "json" if template.lstrip().startswith("{") else "yaml"
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters]
    tags = [{"Key": key, "Value": value} for key, value in stack.tags]
    of_region = folder / stack.region
    of_region.mkdir(parents=True, exist_ok=True)
    for what, text in (
        (f"template.{ending}", template),
        ("parameters.json", json.dumps(parameters, indent=2) + "\n"),
        ("tags.json", json.dumps(tags, indent=2) + "\n"),
    ):
        (of_region / f"{stack.name}.{what}").write_text(text, encoding="utf-8")

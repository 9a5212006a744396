"""Writes the command's output: a report for people, or JSON for programs."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from .advice import INFERRED
from .found import Inventory, Tagged, Unread
from .rules import PROJECT, ROLE, SERVICE_LINKED_ROLE, STACK, Leftover, completeness

_KINDS = {
    STACK: "CloudFormation stack",
    PROJECT: "CodeBuild project",
    ROLE: "IAM role",
    SERVICE_LINKED_ROLE: "service-linked role",
}
_NARROW = 60
_WIDE = 120
"""Sentences are wrapped at the width of the terminal, within these limits. Names and ARNs are never cut."""
_COMMAND = re.compile(r"(.*?:?)(?:(?<=:) ((?:aws|proton-leftovers) .*))?")
"""A sentence, and the command at its end."""
_TAGGED = f"Keep or delete it with the tool that made it. {INFERRED}"
_HOLDERS = 5
"""The largest number of holders of one thing in the report. JSON lists all."""


def as_json(leftovers: Sequence[Leftover], inventory: Inventory) -> str:
    """A list of objects in the order of deletion, then what is tagged. `advice` has one line for each sentence."""
    return json.dumps(
        [
            {
                "kind": each.kind,
                "name": each.name,
                "arn": each.arn,
                "region": each.region,
                "account": inventory.account,
                "status": each.status,
                "heldBy": list(each.held_by),
                "advice": "\n".join(each.advice_about(each.name, each.region or "")),
            }
            for each in leftovers
        ]
        + [
            {
                "kind": "tagged",
                "name": each.arn.split(":", 5)[-1],
                "arn": each.arn,
                "region": each.region,
                "account": inventory.account,
                "status": None,
                "heldBy": [],
                "advice": _TAGGED,
            }
            for each in inventory.tagged
        ],
        indent=2,
    )


def as_report(leftovers: Sequence[Leftover], inventory: Inventory, width: int) -> str:
    """The table, then what to do with each thing, then what could not be read."""
    terminal, width = width, min(max(width, _NARROW), _WIDE)
    where = f"account {inventory.account}, Regions {', '.join(inventory.regions)}"
    lines: list[str] = []
    if leftovers:
        lines += _wrapped(f"Left behind by AWS Proton in {where}.", width)
        lines += ["Keep or delete each. Delete in this order:"]
        lines += ["", *_table(leftovers, terminal), ""]
        for note in _notes(leftovers):
            lines += [*_wrapped(note, width), ""]
        lines += ["What to do with each", ""]
        lines += _advice(leftovers, width)
        lines += _wrapped("AWS documents all of this, except sentences that are marked (inferred).", width)
    else:
        lines += _wrapped(f"Nothing of AWS Proton was found in {where}.", width)
    if inventory.tagged:
        lines += ["", "Deployed by Proton outside its own stacks, by the tags proton:…", ""]
        lines += [*_tagged(inventory.tagged), *_wrapped(_TAGGED, width)]
    if inventory.unread:
        lines += ["", *could_not_read(inventory, width)]
    return "\n".join(lines)


def _tagged(tagged: Sequence[Tagged]) -> Iterator[str]:
    """What has Proton's tags, by Region and service."""
    for (region, service), group in groupby(tagged, lambda each: (each.region, each.service)):
        yield f"{region}  {service}"
        for each in group:
            yield f"  {each.arn}" + (f"  (stack {each.stack})" if each.stack else "")
        yield ""


def _notes(leftovers: Sequence[Leftover]) -> Iterator[str]:
    """What is to be known of all stacks."""
    stacks = Counter(each.region for each in leftovers if each.kind == STACK)
    if any(count > 1 for count in stacks.values()):
        yield (
            "In a Region, newer stacks come first, because they may use older ones. This is wrong for components, whose "
            "policies are attached to a role of an older stack. If a deletion ends in DELETE_FAILED, delete that stack again "
            f"after the others. {INFERRED}"
        )
    if stacks:
        yield "A resource whose template says DeletionPolicy: Retain stays when its stack is deleted."


def could_not_read(inventory: Inventory, width: int) -> list[str]:
    """What could not be read, why, and the permissions to ask for. Empty if everything was read."""
    if not inventory.unread:
        return []
    width = min(max(width, _NARROW), _WIDE)
    lines = ["Could not be read", ""]
    for problem in inventory.unread:
        lines += _wrapped(_problem(problem), width, "  ")
    if lacking := completeness(inventory):
        lines += ["", *_wrapped(" ".join(lacking), width)]
    if actions := list(dict.fromkeys(action for problem in inventory.unread for action in problem.actions)):
        lines += ["", "Permissions to ask for:", *(f"  {action}" for action in actions)]
    return lines


def _problem(problem: Unread) -> str:
    return f"{problem.place}: {problem.reason}"


def _table(leftovers: Sequence[Leftover], width: int) -> list[str]:
    """A line for each thing, or two lines if one does not fit into the terminal. Names are never cut."""
    rows = [("#", "what", "Region", "status", "name")]
    rows += [
        (str(number), _KINDS[each.kind], each.region or "-", each.status or "-", each.name)
        for number, each in enumerate(leftovers, 1)
    ]
    first, *others = (max(len(row[column]) for row in rows) for column in range(4))
    lines = [
        "  ".join(
            [
                row[0].rjust(first),
                *(text.ljust(wide) for text, wide in zip(row[1:4], others, strict=True)),
                row[4],
            ]
        )
        for row in rows
    ]
    if max(map(len, lines)) <= width:
        return lines
    cut = len(lines[0]) - len(rows[0][4])
    return [part for line in lines for part in (line[:cut].rstrip(), " " * (first + 2) + line[cut:])]


def _advice(leftovers: Sequence[Leftover], width: int) -> Iterator[str]:
    """The advice for each thing. Neighbours with the same advice and the same holders share it."""
    labels = {each.arn: f"{number} {each.name}" for number, each in enumerate(leftovers, 1)}
    numbered = enumerate(leftovers, 1)
    for (held_by, _), group in groupby(numbered, lambda pair: (pair[1].held_by, pair[1].advice)):
        items = list(group)
        first, last = items[0], items[-1]
        if len(items) == 1:
            yield f"{first[0]}  {first[1].name}"
            sentences = first[1].advice_about(first[1].name, first[1].region or "")
        else:
            yield f"{first[0]}-{last[0]}  {first[1].name} … {last[1].name}"
            sentences = first[1].advice_about("NAME", "REGION")
        yield from _holders(held_by, labels)
        for sentence in sentences:
            yield from _sentence(sentence, width)
        yield ""


def _sentence(sentence: str, width: int) -> Iterator[str]:
    """A sentence, and its command on a separate line, where it is easy to copy."""
    text, command = _COMMAND.fullmatch(sentence).groups()  # type: ignore[union-attr]  # it matches everything
    yield from _wrapped(text, width, "   ")
    if command:
        yield f"     {command}"


def _holders(held_by: Sequence[str], labels: dict[str, str]) -> Iterator[str]:
    if not held_by:
        return
    yield "   held by"
    for arn in held_by[:_HOLDERS]:
        yield f"     {labels.get(arn, arn)}"
    if len(held_by) > _HOLDERS:
        yield f"     and {len(held_by) - _HOLDERS:,} more; --json names them all"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )

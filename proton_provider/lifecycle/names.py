"""A resource's name among all of its stack: with the types of its parents, as in a URN."""

from __future__ import annotations

from typing import Final

from proton_provider.lifecycle import Properties

NAME: Final = "__name"
"""Internal input: the resource's name among all of its stack, as `full_name` makes it.

Earlier states have another form: the type of the direct parent alone, `::` and the name. An update writes the new form.
"""

_END: Final = "$::"
"""The end of the parents in a full name."""


def full_name(parents: str, name: str) -> str:
    """The name of a resource that no other resource of its type in the stack has.

    `parents` are the types of all its parents, joined by `$` as in a URN. It is empty if the resource has no parent.
    """
    return f"{parents}{_END}{name}" if parents else name


def name_key(inputs: Properties) -> str:
    """A key that no other resource of the same type has.

    `ignore_changes=["*"]` keeps the inputs of an earlier state, in which two resources may have the same name.
    """
    name = str(inputs.get(NAME, ""))
    if name and (_END in name or "::" not in name):
        return name
    return f"{name} {inputs.get('__clientToken') or inputs.get('connectionId')}"


def own_name(name: str) -> str:
    """The name without the parents, of either form."""
    _, end, own = name.partition(_END)
    return own if end else name.rpartition("::")[2]


def shown_name(name: str) -> str:
    """The name with its parents, for a message."""
    return name.replace(_END, "::", 1)


def earlier_form(name: str) -> str:
    """The form of a full name in earlier states, which have only the type of the direct parent."""
    parents, end, own = name.partition(_END)
    return f"{parents.rpartition('$')[2]}::{own}" if end else name

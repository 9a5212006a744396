"""The directives `about`, `inputs` and `outputs`, which show the docstrings of a class and its members.

They read the source. autodoc would also show the SDK's members and constructors, and types that only a type checker needs.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).resolve().parents[2] / "proton_provider"


@dataclass(frozen=True)
class Member:
    """An input or an output."""

    name: str
    kind: str
    """Its type, in the short form for readers."""
    default: str | None
    """The source of its default value, or None if it has none."""
    text: str


class _Directive(SphinxDirective):
    required_arguments = 1

    @property
    def subject(self) -> str:
        name: str = self.arguments[0]
        if name not in _classes():
            raise self.error(f"There is no class {name} in {PACKAGE.name}.")
        for path in PACKAGE.rglob("*.py"):
            self.env.note_dependency(str(path))
        return name

    def parsed(self, text: str) -> list[nodes.Node]:
        found: list[nodes.Node] = self.parse_text_to_nodes(text)
        return found

    def described(self, members: list[Member], *, are_inputs: bool) -> list[nodes.Node]:
        """A list of definitions. Each one has an anchor."""
        if not members:
            raise self.error(f"{self.subject} has no members.")
        found = nodes.definition_list(classes=["members"])
        for member in members:
            if not member.text:
                raise self.error(f"{self.subject}.{member.name} has no docstring.")
            anchor = nodes.make_id(f"{self.subject}-{member.name.replace('_', '-')}")
            term = nodes.term(ids=[anchor])
            term += [
                nodes.literal(text=member.name),
                nodes.Text(" "),
                nodes.inline(text=member.kind, classes=["kind"]),
            ]
            if are_inputs:
                need = "required" if member.default is None else "optional"
                if member.default not in (None, "None", "{}"):
                    need = f"default {member.default}"
                term += [nodes.Text(" "), nodes.inline(text=need, classes=["need"])]
            found += nodes.definition_list_item("", term, nodes.definition("", *self.parsed(member.text)))
        return [found]


class About(_Directive):
    """The docstring of a class."""

    def run(self) -> list[nodes.Node]:
        return self.parsed(inspect.cleandoc(ast.get_docstring(_classes()[self.subject]) or ""))


class Inputs(_Directive):
    """The members of a class of arguments, with their defaults."""

    def run(self) -> list[nodes.Node]:
        return self.described(list(_members(self.subject)), are_inputs=True)


class Outputs(_Directive):
    """The outputs of a resource, or the members of a result; those of bases come first.

    One without a docstring means what the input of its name means, or the output of its name of a connection.
    """

    def run(self) -> list[nodes.Node]:
        elsewhere = {
            member.name: member.text
            for name in ("EnvironmentAccountConnection", f"{self.subject}Args")
            if name in _classes()
            for member in _members(name)
            if member.text
        }
        members = {
            member.name: member if member.text else replace(member, text=elsewhere.get(member.name, ""))
            for member in _members(self.subject)
        }
        return self.described(list(members.values()), are_inputs=False)


@cache
def _classes() -> dict[str, ast.ClassDef]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


def _members(name: str) -> Iterator[Member]:
    """The public members of a class of ours; those of its bases come first."""
    node = _classes()[name]
    for base in node.bases:
        of = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(of, ast.Name) and of.id in _classes():
            yield from _members(of.id)
    for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            default = None if statement.value is None else _default(statement.value)
            member = Member(statement.target.id, _kind(statement.annotation), default, _text(after))
        elif (
            isinstance(statement, ast.FunctionDef)
            and _is_property(statement)
            and statement.returns is not None
        ):
            text = ast.get_docstring(statement) or ""
            member = Member(statement.name, _kind(statement.returns), None, text)
        else:
            continue
        if not member.name.startswith("_") and "ClassVar" not in member.kind:
            yield member


def _text(node: ast.stmt | None) -> str:
    """The text, where the statement is nothing but one."""
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return inspect.cleandoc(node.value.value)
    return ""


def _is_property(function: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "property" for each in function.decorator_list)


def _default(value: ast.expr) -> str:
    text = ast.unparse(value)
    return "{}" if text == "field(default_factory=dict)" else text


def _kind(annotation: ast.expr) -> str:
    """A type without what is the same of all: any input may be an output, and one that is not required may be None."""
    text = ast.unparse(annotation)
    while (
        simpler := re.sub(r"\b(?:Input|Output|_Of\w+)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1", text)
    ) != text:
        text = simpler
    text = text.removesuffix(" | None") if not text.startswith("Output") else text
    return re.sub(
        r"Literal\[([^\]]*)\]", lambda found: found[1].replace(", ", " or ").replace("'", '"'), text
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("about", About)
    app.add_directive("inputs", Inputs)
    app.add_directive("outputs", Outputs)
    return {"version": "1", "parallel_read_safe": True}

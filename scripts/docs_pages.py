"""Writes what the pages in docs/ take from elsewhere: docstrings, programs, texts of --help. So the pages read well where they are.

A part begins with `<!-- made: KIND ARGUMENTS -->` and ends with `<!-- end -->`. All else on a page is written by hand.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from clone import HERE

from proton_provider import __all__

DOCS: Final = HERE.root / "docs"
PACKAGE: Final = HERE.root / "proton_provider"
PART: Final = re.compile(
    r"(?P<begin>^<!-- made: (?P<kind>\w+) (?P<arguments>.*?) -->\n).*?(?P<end>^<!-- end -->$)",
    re.MULTILINE | re.DOTALL,
)
_LANGUAGES: Final = {".py": "python", ".yaml": "yaml"}
RESOURCES: Final = {
    "EnvironmentAccountConnectionRoles": "one_stack",
    "EnvironmentAccountConnection": "handshake",
    "EnvironmentAccountConnectionAccepter": "handshake",
}
"""Each resource, and the example in Python that has it."""


@dataclass(frozen=True)
class Member:
    """An input or an output."""

    name: str
    kind: str
    """Its type, in the short form for readers."""
    default: str | None
    """The source of its default value, or None if it has none."""
    text: str


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with parts that are made, and its text as it has to be."""
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if PART.search(text):
            yield path, PART.sub(_made, text)


def _made(part: re.Match[str]) -> str:
    return f"{part['begin']}\n{_KINDS[part['kind']](part['arguments']).strip()}\n\n{part['end']}"


# Programs and commands


def _fence(text: str, language: str) -> str:
    return f"```{language}\n{text.strip()}\n```"


def _file(path: str) -> str:
    """A program."""
    return _fence(_text(path), _LANGUAGES[Path(path).suffix])


def _block(arguments: str, *, fenced: bool = True) -> str:
    """The code block of another page in this language that holds this text."""
    path, language, holding = arguments.split(maxsplit=2)
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", _text(path), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if holding in block)
    return _fence(found, language) if fenced else found


def _between(arguments: str) -> str:
    """What another page has between these two texts. Nothing for the second: up to the end."""
    path, begin, end = (part.strip() for part in f"{arguments} |".split("|")[:3])
    after = _text(path).partition(begin)[2]
    assert after, f"{path} has no {begin!r}"
    return after.partition(end)[0] if end else after


def _help(module: str) -> str:
    """What a command of the package prints for --help."""
    command = [sys.executable, "-m", module, "--help"]
    env = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, env=env, cwd=HERE.root, capture_output=True, text=True, check=True)
    return _fence(done.stdout, "none")


def _example(name: str) -> str:
    """A resource in Python, YAML and TypeScript, each from a program that the tests run."""
    example = RESOURCES[name]
    return "\n\n".join(
        (
            f"In Python (from the [example `{example}`](examples.md#{example})):",
            _python(f"{example} {name}"),
            "In YAML (from the [example `yaml`](examples.md#yaml)):",
            _yaml(name),
            "In TypeScript ([whole programs](other-languages.md#in-typescript-and-go)):",
            _typescript(name),
        )
    )


def _python(arguments: str) -> str:
    """The statement of an example that uses this class or function, below its import."""
    example, name = arguments.split()
    statement = _paragraph(_text(f"examples/{example}/__main__.py"), f"{name}(")
    used = ", ".join(each for each in __all__ if re.search(rf"\b{each}\(", statement))
    return _fence(f"from proton_provider import {used}\n\n{statement}", "python")


def _yaml(name: str) -> str:
    entries = re.split(r"\n(?=  \S|\S)", _text("examples/yaml/Pulumi.yaml"))
    (entry,) = (each for each in entries if f"type: proton:{name}\n" in each)
    return _fence(f"resources:\n{entry}", "yaml")


def _typescript(name: str) -> str:
    made = f"new proton.{name}("
    statement = _paragraph(_block(f"docs/other-languages.md typescript {made}", fenced=False), made)
    return _fence(f'import * as proton from "@pulumi/proton";\n\n{statement}', "typescript")


def _paragraph(program: str, holding: str) -> str:
    (found,) = (part for part in program.split("\n\n") if holding in part and "import" not in part)
    return found


# Docstrings


def _about(name: str) -> str:
    """The docstring of a class, a function or a module."""
    if "." in name:
        tree: ast.Module | ast.ClassDef = ast.parse(_text(f"{name.replace('.', '/')}.py"))
    else:
        tree = _classes()[name]
    return ast.get_docstring(tree) or ""


def _errors(module: str) -> str:
    """The classes of a module, each with its docstring."""
    tree = ast.parse(_text(f"{module.replace('.', '/')}.py"))
    return "\n".join(
        f"- `{node.name}` ({ast.unparse(node.bases[0])}): {_in_list(ast.get_docstring(node) or '')}"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    )


def _functions(module: str) -> str:
    """The public functions of a module: signature and docstring."""
    source = _text(f"{module.replace('.', '/')}.py")
    return "\n\n".join(
        f"## {node.name}\n\n{_fence(_signature(source, node), 'python')}\n\n{ast.get_docstring(node)}"
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    )


def _signature(source: str, function: ast.FunctionDef) -> str:
    lines = source.splitlines()[function.lineno - 1 : function.body[0].lineno - 1]
    return "\n".join(re.sub(r"\s*# noqa.*", "", line) for line in lines).removesuffix(":")


def _methods(name: str) -> str:
    """The public methods and members of a class that have a docstring."""
    return "\n\n".join(
        f"- **`{_call(each)}`**\n\n  {_in_list(text)}"
        for each in _classes()[name].body
        if isinstance(each, ast.FunctionDef)
        and not each.name.startswith("_")
        and (text := ast.get_docstring(each))
    )


def _call(function: ast.FunctionDef) -> str:
    if _is_property(function):
        return function.name
    arguments = function.args
    arguments.args = [each for each in arguments.args if each.arg != "self"]
    return f"{function.name}({ast.unparse(arguments)})"


def _inputs(name: str) -> str:
    """The members of a class of arguments, with their defaults."""
    return _described(name, list(_members(name)), are_inputs=True)


def _settings(package: str) -> str:
    """The settings of the native plugin, as its schema has them."""
    schema = json.loads(_text("proton_provider/plugin/schema.json"))
    assert schema["name"] == package
    return "\n\n".join(
        f"- **`{package}:{name}`**\n\n  {_in_list(about['description'])}"
        for name, about in schema["config"]["variables"].items()
    )


def _outputs(name: str) -> str:
    """The outputs of a resource, or the members of a result; those of bases come first.

    One without a docstring means what the input of its name means, or the output of its name of a connection.
    """
    elsewhere = {
        member.name: member.text
        for other in ("EnvironmentAccountConnection", f"{name}Args")
        if other in _classes()
        for member in _members(other)
        if member.text
    }
    members = {
        member.name: member if member.text else replace(member, text=elsewhere.get(member.name, ""))
        for member in _members(name)
    }
    return _described(name, list(members.values()), are_inputs=False)


def _described(name: str, members: list[Member], *, are_inputs: bool) -> str:
    assert members, f"{name} has no members"
    items = []
    for member in members:
        assert member.text, f"{name}.{member.name} has no docstring"
        need = ""
        if are_inputs:
            need = ", required" if member.default is None else ", optional"
            if member.default not in (None, "None", "{}"):
                need = f", default `{member.default}`"
        items.append(f"- **`{member.name}`** (`{member.kind}`{need})\n\n  {_in_list(member.text)}")
    return "\n\n".join(items)


def _in_list(text: str) -> str:
    """The text below an item of a list."""
    return re.sub(r"\n(?=.)", "\n  ", text)


@cache
def _classes() -> dict[str, ast.ClassDef]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


@cache
def _text(path: str) -> str:
    return (HERE.root / path).read_text(encoding="utf-8")


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
            member = Member(statement.target.id, _kind(statement.annotation), default, _docstring(after))
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


def _docstring(node: ast.stmt | None) -> str:
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
    while (simpler := re.sub(r"\b(?:Input|Output|_\w+)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1", text)) != text:
        text = simpler
    text = text.removesuffix(" | None") if not text.startswith("Output") else text
    return re.sub(
        r"Literal\[([^\]]*)\]", lambda found: found[1].replace(", ", " or ").replace("'", '"'), text
    )


_KINDS: Final[dict[str, Callable[[str], str]]] = {
    "about": _about,
    "between": _between,
    "block": _block,
    "errors": _errors,
    "example": _example,
    "file": _file,
    "functions": _functions,
    "help": _help,
    "inputs": _inputs,
    "methods": _methods,
    "outputs": _outputs,
    "python": _python,
    "settings": _settings,
}


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python scripts/docs_pages.py", description=__doc__).parse_args(arguments)
    for path, text in pages():
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(HERE.root)} is made")
    return 0


if __name__ == "__main__":
    sys.exit(main())

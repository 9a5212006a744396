"""Which module imports which, which modules use third-party packages, and that everything public is documented."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import proton_provider

PACKAGE = Path(proton_provider.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

OWN = {
    "__init__": {"aws_settings", "components", "errors", "functions", "plugin", "resources", "role_args"},
    "resources": {
        "arguments",
        "aws_settings",
        "dynamic",
        "internals",
        "providers",
        "resources",
        "wire_names",
    },
    "components": {"arguments", "policy_documents", "role_args", "rules"},
    "role_args": {"rules"},
    "policy_documents": set(),
    "functions": {
        "arguments",
        "aws",
        "aws_settings",
        "errors",
        "internals",
        "invokes",
        "lifecycle",
        "providers",
        "sealing",
        "search",
        "stack_config",
        "wire_names",
    },
    "internals": {"lifecycle", "providers", "wire_names"},
    "invokes": {"errors", "stack_config", "wire_names"},
    "providers": {"errors"},
    "dynamic": {"door", "engine_log", "errors", "lifecycle", "sealing", "stopping"},
    "__main__": {"plugin.__main__"},
    "plugin.__main__": {"plugin", "plugin.server", "plugin.servicer"},
    "plugin.servicer": {
        "door",
        "errors",
        "lifecycle",
        "plugin",
        "plugin.config",
        "plugin.diffs",
        "plugin.functions",
        "plugin.server",
        "sealing",
        "stopping",
    },
    "plugin.server": {"engine_log", "stopping"},
    "plugin.diffs": {"lifecycle", "plugin"},
    "plugin.config": {"aws_settings", "errors", "lifecycle", "stack_config", "wire_names"},
    "plugin.functions": {"lifecycle", "sealing", "search", "wire_names"},
    "door": {
        "aws",
        "aws_settings",
        "errors",
        "lifecycle",
        "sealing",
        "settings",
        "stack_config",
    },
    "search": {"errors", "lifecycle", "rules", "wire_names"},
    "sealing": {"errors", "lifecycle"},
    "aws_settings": {"errors", "rules", "wire_names"},
    "arguments": set(),
    "stack_config": {"config_sources", "config_values", "credential_sources", "settings"},
    "credential_sources": {"config_sources", "config_values", "errors", "settings"},
    "config_sources": {"aws", "config_values", "errors"},
    "config_values": {"errors", "rules"},
    "leftovers": {"aws", "errors", "leftovers", "rules"},
    "aws": {"aws", "aws.service_model", "errors", "rules", "settings", "stopping"},
    "lifecycle": {"errors", "lifecycle", "rules", "settings"},
    "settings": set(),
    "rules": set(),
    "stopping": {"errors"},
    "engine_log": set(),
    "wire_names": set(),
    "plugin": {"errors", "plugin"},
    "errors": set(),
    "local": {"aws.service_model", "local"},
    "aws.service_model": set(),
}
"""What each module, or package, may import of the others: those further down, and a package its own parts."""

THIRD_PARTY = {
    "boto3": {"aws", "leftovers", "local"},
    "botocore": {"aws", "aws.service_model", "leftovers", "local"},
    "google": {"dynamic", "plugin", "plugin.server", "plugin.servicer"},
    "grpc": {"engine_log", "plugin", "plugin.server", "plugin.servicer"},
    "moto": {"local"},
    "pulumi": {
        "arguments",
        "components",
        "dynamic",
        "engine_log",
        "functions",
        "internals",
        "invokes",
        "providers",
        "resources",
        "role_args",
        "plugin",
        "plugin.diffs",
        "plugin.server",
        "plugin.servicer",
    },
    "pulumi_aws": {"components"},
    "requests": {"local"},  # what moto sends with
    "urllib3": {"aws"},
    "werkzeug": {"local"},
}
"""The doors: which modules may import which package of others."""


class Import(NamedTuple):
    """One imported module, by its full name."""

    module: str
    at_run_time: bool


def imports(name: str) -> Iterator[Import]:
    """What a module of the package imports, anywhere in it."""
    tree = MODULES[name]
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        at_run_time = node not in for_types
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, at_run_time) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = ["proton_provider", *name.split(".")][: -node.level]
                module = ".".join([*package, *([module] if module else [])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield Import(
                    inner if module == "proton_provider" or is_module(inner) else module, at_run_time
                )


def is_module(name: str) -> bool:
    """Whether a name is that of a module or a package of ours."""
    own = name.removeprefix("proton_provider.")
    return own in MODULES or f"{own}.__init__" in MODULES


def layer(name: str) -> str:
    """The row of the table that `name`, without `proton_provider.`, belongs to: the longest that begins it."""
    rows = [row for row in OWN if f"{name}.".startswith(f"{row}.")]
    return max(rows, key=len, default=name)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down_only(name: str) -> None:
    """Each module imports only what the table above lets it; a new one needs its row."""
    found = {
        layer(imported.module.removeprefix("proton_provider."))
        for imported in imports(name)
        if imported.module.startswith("proton_provider.")
    }
    assert found <= OWN[layer(name)]


def test_the_table_of_imports_has_a_bottom() -> None:
    """Every row names only rows below it, so that there is no circle."""
    order = list(OWN)
    for name, below in OWN.items():
        assert below - {name} <= set(order[order.index(name) + 1 :])


@pytest.mark.parametrize("name", MODULES)
def test_third_parties_come_in_by_their_doors(name: str) -> None:
    """boto3 is that of aws, leftovers and local, pulumi is the outer ring's, pulumi-aws is components' alone; types may be anywhere."""
    foreign = {
        imported.module.partition(".")[0]
        for imported in imports(name)
        if imported.at_run_time and not imported.module.startswith("proton_provider")
    } - set(sys.stdlib_module_names)
    assert {package for package in foreign if layer(name) not in THIRD_PARTY.get(package, set())} == set()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("proton_provider", {"boto3", "botocore", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.lifecycle.roles", {"boto3", "botocore", "moto", "pulumi_aws"}),
        ("proton_provider.components", {"boto3", "botocore", "moto"}),
        ("proton_provider.leftovers.__main__", {"grpc", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.local.__main__", {"boto3", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.aws.service_model", {"boto3", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.aws.client", {"moto", "pulumi_aws"}),
        ("proton_provider.stack_config", {"boto3", "botocore", "pulumi", "pulumi_aws"}),
    ],
)
def test_importing_it_imports_no_more_than_it_needs(module: str, absent: set[str]) -> None:
    """A program waits for pulumi-aws only if it uses the component, for boto3 not at all; the commands not for pulumi."""
    program = f"import sys, {module}; print(sorted({absent!r} & {{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


# What is public


def test_public_names_are_all_there_and_sorted() -> None:
    """`__all__` is what the package brings in from its modules, in order, and all of it can be had."""
    brought = {
        alias.name
        for node in ast.walk(MODULES["__init__"])
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("proton_provider.")
        for alias in node.names
    }
    assert set(proton_provider.__all__) == brought
    assert proton_provider.__all__ == sorted(proton_provider.__all__)
    assert all(hasattr(proton_provider, name) for name in proton_provider.__all__)
    assert dir(proton_provider) == proton_provider.__all__
    assert not set(proton_provider.__all__) & vars(proton_provider).keys()  # Pulumi's runner looks there


def test_other_names_can_not_be_had() -> None:
    """A name that the package does not have is an AttributeError, as of any module."""
    assert not hasattr(proton_provider, "ServiceRole")


@pytest.mark.parametrize("name", MODULES)
def test_each_module_says_its_one_job_in_line_1(name: str) -> None:
    """Line 1 of each module is the beginning of a docstring."""
    first = MODULES[name].body[0]
    assert first.lineno == 1
    assert ast.get_docstring(MODULES[name])


CLASSES = {
    node.name: node for tree in MODULES.values() for node in tree.body if isinstance(node, ast.ClassDef)
}
FUNCTIONS = {
    node.name: node for tree in MODULES.values() for node in tree.body if isinstance(node, ast.FunctionDef)
}


def ancestry(name: str) -> list[ast.ClassDef]:
    """A class and those of its bases that are ours."""
    node = CLASSES[name]
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in CLASSES]
    return [node, *(above for base in bases for above in ancestry(base))]


def members(node: ast.ClassDef) -> dict[str, bool]:
    """The public members of a class, and whether each is documented."""
    found = {}
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = isinstance(following, ast.Expr) and isinstance(
                following.value, ast.Constant
            )
        elif isinstance(statement, ast.FunctionDef):
            found[statement.name] = bool(ast.get_docstring(statement))
    of_the_sdk = {"translate_input_property", "translate_output_property"}
    return {
        name: documented for name, documented in found.items() if name[0] != "_" and name not in of_the_sdk
    }


DOCUMENTED = {
    name
    for public in proton_provider.__all__
    if public in CLASSES
    for node in ancestry(public)
    for name, documented in members(node).items()
    if documented
}
"""Members that are documented somewhere: an output like the argument of its name, a result like the output."""


@pytest.mark.parametrize("public", proton_provider.__all__)
def test_everything_public_is_documented(public: str) -> None:
    """Each class and function has a docstring, and each argument, output and member of a result its own."""
    if public in FUNCTIONS:
        assert ast.get_docstring(FUNCTIONS[public])
        return
    assert ast.get_docstring(CLASSES[public])
    undocumented = {
        name
        for node in ancestry(public)
        for name, documented in members(node).items()
        if not documented and name not in DOCUMENTED
    }
    assert undocumented == set()

"""Which module imports which, which modules use third-party packages, and that everything public is documented."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import proton_provider

PACKAGE = Path(proton_provider.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

PARTS: dict[str, dict[str, str]] = {
    "__init__": {
        "program": "the public classes and functions, each imported when it is first used",
        "settings": "the public `AwsSettings`",
        "errors": "the public `ProtonError`",
    },
    "__main__": {"plugin": "`python -m proton_provider`, which Pulumi's runner of plugins starts"},
    "program": {
        "dynamic": "a resource names its provider class",
        "lifecycle": "the data source functions search, and inputs have internal names",
        "settings": "the settings of data source functions, which run in the program",
        "aws": "the clients of data source functions; boto3 is imported at the first call",
        "masking": "errors of data source functions have no secret arguments",
        "rules": "arguments are checked where they are written",
        "errors": "",
        "wire_names": "",
    },
    "plugin": {
        "operations": "runs the events of a resource",
        "masking": "errors of data source functions have no values of arguments",
        "lifecycle": "one life cycle for each type of resource",
        "settings": "the provider's own config is settings",
        "engine_log": "lines for the user",
        "stopping": "the engine cancels a run",
        "errors": "",
        "wire_names": "",
    },
    "dynamic": {
        "operations": "runs the events of a resource",
        "lifecycle": "one life cycle for each type of resource",
        "engine_log": "lines for the user",
        "stopping": "the engine cancels a run",
        "errors": "",
    },
    "operations": {
        "lifecycle": "calls its events",
        "settings": "resolves the settings of a resource",
        "aws": "the clients of a provider process; boto3 is imported at the first call",
        "masking": "remembers secrets, and hides them in what leaves",
        "errors": "",
    },
    "masking": {"lifecycle": "which outputs come from secret inputs", "errors": ""},
    "lifecycle": {
        "rules": "the rules of AWS for values",
        "errors": "",
        "wire_names": "conditions of searches",
    },
    "leftovers": {
        "aws": "judges credentials and answers as the provider does",
        "rules": "the names of Proton's Regions",
        "errors": "",
    },
    "aws": {
        "settings": "says who calls what",
        "service_model": "botocore may not know Proton any more",
        "rules": "which member of an answer may be missing",
        "stopping": "waits end with the run",
        "errors": "",
    },
    "settings": {"rules": "settings are checked as inputs are", "errors": "", "wire_names": ""},
    "local": {"service_model": "the referee of requests and answers"},
    "engine_log": {},
    "stopping": {"errors": ""},
    "service_model": {},
    "rules": {},
    "wire_names": {},
    "errors": {},
}
"""Which parts (packages, and modules beside them) each part may import, and why. Those further down have no reason to give."""

THIRD_PARTY = {
    "boto3": {"aws", "leftovers", "local"},
    "botocore": {"aws", "leftovers", "local", "service_model", "settings.shared_files"},
    "google": {"dynamic", "plugin.failures", "plugin.server", "plugin.servicer", "plugin.values"},
    "grpc": {"dynamic", "engine_log", "plugin.failures", "plugin.server", "plugin.servicer"},
    "moto": {"local"},
    "pulumi": {"dynamic", "engine_log", "plugin", "program"},
    "pulumi_aws": {"program.service_roles"},
    "requests": {"local.moto_changes"},  # what moto sends with
    "urllib3": {"aws"},
    "werkzeug": {"local"},
}
"""Which packages or modules may import which third-party package."""


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


def part(name: str) -> str:
    """The part of a module, by its name without `proton_provider.`."""
    return name.partition(".")[0]


@pytest.mark.parametrize("name", MODULES)
def test_a_room_imports_only_what_it_has_a_reason_for(name: str) -> None:
    """Each part imports only what the table lets it; a new one needs its row."""
    found = {
        part(imported.module.removeprefix("proton_provider."))
        for imported in imports(name)
        if imported.module.startswith("proton_provider.")
    }
    assert found - {part(name)} <= PARTS[part(name)].keys()


def test_the_table_has_a_bottom_and_no_row_in_vain() -> None:
    """Every row names only rows below it, so that there is no circle, and only parts that it does import."""
    order = list(PARTS)
    for name, below in PARTS.items():
        assert below.keys() <= set(order[order.index(name) + 1 :])
        modules = [module for module in MODULES if part(module) == name]
        imported = {
            part(found.module.removeprefix("proton_provider."))
            for module in modules
            for found in imports(module)
        }
        assert below.keys() <= imported


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Nor is there a circle inside a part."""
    sorter = TopologicalSorter(
        {
            name: {
                found.module.removeprefix("proton_provider.")
                for found in imports(name)
                if found.at_run_time and found.module.removeprefix("proton_provider.") in MODULES
            }
            for name in MODULES
        }
    )
    sorter.prepare()


@pytest.mark.parametrize("name", MODULES)
def test_third_parties_are_imported_where_they_may_be(name: str) -> None:
    """boto3 is that of aws, leftovers and local, pulumi is the outer ring's, pulumi-aws is ServiceRoles' alone; types may be anywhere."""
    foreign = {
        imported.module.partition(".")[0]
        for imported in imports(name)
        if imported.at_run_time and not imported.module.startswith("proton_provider")
    } - set(sys.stdlib_module_names)
    assert {
        package for package in foreign if not {part(name), name} & THIRD_PARTY.get(package, set())
    } == set()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("proton_provider", {"boto3", "botocore", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.lifecycle.roles", {"boto3", "botocore", "moto", "pulumi_aws"}),
        ("proton_provider.program.service_roles", {"boto3", "botocore", "moto"}),
        ("proton_provider.program.roles", {"boto3", "botocore", "moto", "pulumi_aws"}),
        ("proton_provider.program.functions", {"boto3", "botocore", "moto", "pulumi_aws"}),
        ("proton_provider.leftovers.__main__", {"grpc", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.local.__main__", {"boto3", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.service_model", {"boto3", "moto", "pulumi", "pulumi_aws"}),
        ("proton_provider.aws.client", {"moto", "pulumi_aws"}),
        ("proton_provider.aws.clients", {"boto3", "botocore", "moto", "pulumi"}),
        ("proton_provider.dynamic", {"boto3", "botocore", "moto", "pulumi_aws"}),
        ("proton_provider.settings.resolve", {"boto3", "botocore", "pulumi", "pulumi_aws"}),
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


def arguments(public: str) -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
    """The type and default of each argument in the class of a resource's arguments, and its help, which it must have."""
    body = CLASSES[f"{public}Args"].body
    kinds, helped = {}, {}
    for member, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            default = ast.unparse(member.value) if member.value else None
            kinds[member.target.id] = (ast.unparse(member.annotation), default)
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            helped[member.target.id] = " ".join(str(after.value.value).split())
    return kinds, helped


def keywords(of_class: ast.ClassDef) -> Iterator[dict[str, tuple[str, str | None]]]:
    """The type and default of each keyword argument of a class's constructors."""
    for node in ast.walk(of_class):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and node.args.kwonlyargs:
            yield {
                argument.arg: (
                    ast.unparse(argument.annotation),
                    ast.unparse(default) if default else None,
                )
                for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                if argument.annotation
            }


@pytest.mark.parametrize(
    "public",
    [
        name
        for name in proton_provider.__all__
        if f"{name}Args" in proton_provider.__all__ and name != "ServiceRoles"
    ],
)
def test_an_argument_is_the_same_in_each_place(public: str) -> None:
    """As a keyword, in the class of arguments and in the constructor's help; schema and page are made from the class."""
    of_class, helped = arguments(public)
    assert list(keywords(CLASSES[public])) == [of_class]
    methods = [node for node in CLASSES[public].body if isinstance(node, ast.FunctionDef)]
    *_, constructor = (node for node in methods if node.name == "__init__")
    help_of_all = " ".join((ast.get_docstring(constructor) or "").split())
    params = dict(found.split(": ", 1) for found in help_of_all.split(" :param ")[1:])
    assert {name: params[name] for name in of_class} == helped
    assert params.keys() - of_class.keys() == {"resource_name", "args", "opts"}


def test_an_argument_of_service_roles_is_the_same_in_each_place() -> None:
    """Its help is in the class of arguments alone, from which the page is made. The roles have a type for each constructor."""
    of_class, _ = arguments("ServiceRoles")
    found = [*keywords(CLASSES["ServiceRoles"]), *keywords(CLASSES["ServiceRolesArgs"])]
    assert len(found) == 2
    for each in found:
        assert {name: default for name, (_, default) in each.items()} == {
            name: default for name, (_, default) in of_class.items()
        }
        differ = {name for name in of_class if each[name] != of_class[name]}
        assert differ == {"role", "component_role", "codebuild_role"}


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

"""aws:iam/getPolicyDocument: statements in Pulumi's form into the JSON text of a policy document."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_stand_in import documents
from aws_stand_in.errors import StandInError
from aws_stand_in.wire import Properties

_DEFAULT_VERSION = "2012-10-17"
_VERSIONS = ("2008-10-17", _DEFAULT_VERSION)
_SID = re.compile(r"[a-zA-Z0-9]*")

_ARGUMENTS = frozenset(
    {"overridePolicyDocuments", "policyId", "sourcePolicyDocuments", "statements", "version"}
)


def get_policy_document(arguments: Properties) -> Properties:
    """The answer of the function: `json`, `minifiedJson` and the arguments. Raises StandInError.

    The statements follow those of `sourcePolicyDocuments`; `overridePolicyDocuments` come last. A statement replaces an
    earlier one of the same Sid.
    """
    if unknown := sorted(arguments.keys() - _ARGUMENTS):
        raise StandInError(f"getPolicyDocument takes no {unknown[0]}")
    version = arguments.get("version") or _DEFAULT_VERSION
    if version not in _VERSIONS:
        raise StandInError(f"version must be {' or '.join(_VERSIONS)}, not {version}")
    own = [
        _statement(statement, index, version)
        for index, statement in enumerate(arguments.get("statements") or [])
    ]
    _unique(own, "statements")
    sources = [
        _parsed(text, "sourcePolicyDocuments") for text in arguments.get("sourcePolicyDocuments") or []
    ]
    _unique(
        [item for source in sources for item in _listed(source.get("Statement"))], "sourcePolicyDocuments"
    )
    overrides = [
        _parsed(text, "overridePolicyDocuments") for text in arguments.get("overridePolicyDocuments") or []
    ]

    document: dict[str, Any] = {}
    statements: list[dict[str, Any]] = []
    for part in (
        *sources,
        {"Version": version, "Id": arguments.get("policyId"), "Statement": own},
        *overrides,
    ):
        document["Version"] = max(document.get("Version", ""), part.get("Version", ""))
        if part.get("Id"):
            document["Id"] = part["Id"]
        for statement in _listed(part.get("Statement")):
            _merge(statements, statement)
    if statements:
        document["Statement"] = statements
    indented = json.dumps(document, indent=2, ensure_ascii=False)
    return {
        **arguments,
        "version": version,
        "id": str(zlib.crc32(indented.encode())),
        "json": indented,
        "minifiedJson": json.dumps(document, separators=(",", ":"), ensure_ascii=False),
    }


def _statement(given: Mapping[str, Any], index: int, version: str) -> dict[str, Any]:
    _shaped(given, index)
    sid, effect = given.get("sid") or "", given.get("effect") or "Allow"
    if not _SID.fullmatch(sid):
        raise StandInError(f"statements[{index}].sid may hold only letters and digits, not {sid}")
    if effect not in {"Allow", "Deny"}:
        raise StandInError(f"statements[{index}].effect must be Allow or Deny, not {effect}")

    def variables(text: str) -> str:
        """AWS's ${...} is written &{...}, as in pulumi-aws; documents of 2008 have none."""
        if "&{" in text and version != _DEFAULT_VERSION:
            raise StandInError(
                f"statements[{index}]: &{{ is not supported in a document of version {version}"
            )
        return text.replace("&{", "${")

    result: dict[str, Any] = {"Sid": sid} if sid else {}
    result["Effect"] = effect
    for source, target, convert in _ELEMENTS:
        if given.get(source):
            result[target] = convert(given[source], variables)
    return result


def _shaped(given: Mapping[str, Any], index: int) -> None:
    """Refuses what is not in the form that the SDK's types prescribe: a string instead of a list, a part left out."""
    for name, value in given.items():
        if name not in _SHAPES:
            raise StandInError(f"statements[{index}] takes no {name}")
        parts = _SHAPES[name]
        if parts is None or value is None:
            continue
        if not isinstance(value, list):
            raise StandInError(f"statements[{index}].{name} must be a list")
        for place, item in enumerate(value):
            lacking = sorted(parts - item.keys()) if isinstance(item, dict) else sorted(parts)
            if lacking:
                raise StandInError(f"statements[{index}].{name}[{place}] needs {lacking[0]}")


def _plain(values: Iterable[str], _variables: Callable[[str], str]) -> Any:
    return _one_or_sorted(values)


def _with_variables(values: Iterable[str], variables: Callable[[str], str]) -> Any:
    return _one_or_sorted([variables(value) for value in values])


def _principals(given: list[Mapping[str, Any]], variables: Callable[[str], str]) -> Any:
    if len(given) == 1 and given[0]["type"] == "*" and given[0]["identifiers"] == ["*"]:
        return "*"
    found: dict[str, list[str]] = {}
    for principal in given:
        found.setdefault(principal["type"], []).extend(variables(item) for item in principal["identifiers"])
    return {kind: _one_or_sorted(identifiers) for kind, identifiers in sorted(found.items())}


def _conditions(given: list[Mapping[str, Any]], variables: Callable[[str], str]) -> Any:
    found: dict[str, dict[str, list[str]]] = {}
    for condition in given:
        keys = found.setdefault(condition["test"], {})
        keys.setdefault(condition["variable"], []).extend(variables(value) for value in condition["values"])
    return {
        test: {key: _one_or_all(keys[key]) for key in sorted(keys)} for test, keys in sorted(found.items())
    }


def _one_or_sorted(values: Iterable[str]) -> Any:
    """One value as itself; more of them once each, in the reverse order of pulumi-aws, so that texts are the same."""
    return _one_or_all(sorted(set(values), reverse=True))


def _one_or_all(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


# The properties of a statement: None for text, else what each item of the list consists of.
_SHAPES: Mapping[str, set[str] | None] = {
    "sid": None,
    "effect": None,
    "actions": set(),
    "notActions": set(),
    "resources": set(),
    "notResources": set(),
    "principals": {"type", "identifiers"},
    "notPrincipals": {"type", "identifiers"},
    "conditions": {"test", "values", "variable"},
}

# In the order in which pulumi-aws writes them.
_ELEMENTS: tuple[tuple[str, str, Callable[[Any, Callable[[str], str]], Any]], ...] = (
    ("actions", "Action", _plain),
    ("notActions", "NotAction", _plain),
    ("resources", "Resource", _with_variables),
    ("notResources", "NotResource", _with_variables),
    ("principals", "Principal", _principals),
    ("notPrincipals", "NotPrincipal", _principals),
    ("conditions", "Condition", _conditions),
)


def _parsed(text: str, argument: str) -> dict[str, Any]:
    if reason := documents.problem(text):
        raise StandInError(f"a document of {argument} {reason}")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _listed(statements: Any) -> list[dict[str, Any]]:
    return statements if isinstance(statements, list) else [statements] if statements else []


def _unique(statements: list[dict[str, Any]], where: str) -> None:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if repeated := sorted({sid for sid in sids if sids.count(sid) > 1}):
        raise StandInError(
            f"the Sid {repeated[0]} occurs more than once in {where}; make Sids unique, or leave them out"
        )


def _merge(statements: list[dict[str, Any]], new: dict[str, Any]) -> None:
    for index, statement in enumerate(statements):
        if new.get("Sid") and statement.get("Sid") == new["Sid"]:
            statements[index] = new
            return
    statements.append(new)

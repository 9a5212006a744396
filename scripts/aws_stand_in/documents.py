"""IAM policy documents as JSON text: valid, in one form, and equal where IAM sees no difference."""

from __future__ import annotations

import json
import re
from typing import Any

_ACCOUNT_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root", re.ASCII)

# Elements whose value is one string or a list of them, in any order (IAM's policy grammar).
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def problem(text: str) -> str | None:
    """Why the text is no policy document, as the end of a sentence; None if it is one."""
    try:
        document = json.loads(text)
    except ValueError as error:
        return f"contains invalid JSON: {error}"
    return None if isinstance(document, dict) else "must be a JSON object"


def normal(text: str) -> str:
    """The document without white space and with sorted keys, the form in which pulumi-aws keeps it in state."""
    return json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def version_first(text: str) -> str:
    """As `normal`, with `Version` in front: the form in which pulumi-aws keeps inline policies."""
    document = json.loads(normal(text))
    version = {"Version": document.pop("Version")} if "Version" in document else {}
    return json.dumps({**version, **document}, separators=(",", ":"), ensure_ascii=False)


def same(one: str, other: str) -> bool:
    """Whether IAM sees no difference.

    White space, the order of keys, statements and list items, and a list of one item against that item do not count.
    Text that is no JSON is only equal to itself.
    """
    if one == other:
        return True
    if problem(one) or problem(other):
        return False
    return bool(_canonical(json.loads(one)) == _canonical(json.loads(other)))


def worded(known: str | None, live: Any) -> str:
    """AWS's answer, which botocore has parsed, as text: the `known` text where it means the same.

    So AWS's order of keys and lists, and a program's, are no change.
    """
    text = json.dumps(live)
    return known if known is not None and same(known, text) else text


def _canonical(document: dict[str, Any]) -> Any:
    statements = [_statement(item) for item in _listed(document.get("Statement", []))]
    return {**document, "Statement": sorted(statements, key=_text)}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    result = dict(statement)
    for name in _LISTS:
        if name in result:
            result[name] = _sorted(result[name])
    for name in _PRINCIPALS:
        # IAM's reference: "*" and {"AWS": "*"} mean the same, as do an account's id and its root ARN.
        principals = {"AWS": "*"} if result.get(name) == "*" else result.get(name)
        if isinstance(principals, dict):
            result[name] = {kind: _sorted(_accounts(ids)) for kind, ids in principals.items()}
    if isinstance(tests := result.get("Condition"), dict):
        result["Condition"] = {test: _keys(keys) for test, keys in tests.items()}
    return result


def _keys(keys: Any) -> Any:
    """Condition keys and values: the case of a key and the order of its values do not count (IAM's reference)."""
    if not isinstance(keys, dict):
        return keys
    return {key.lower(): _sorted(_words(values)) for key, values in keys.items()}


def _accounts(ids: Any) -> list[Any]:
    return [_ACCOUNT_ROOT.sub(r"\1", item) if isinstance(item, str) else item for item in _listed(ids)]


def _words(values: Any) -> list[str]:
    """Condition values as IAM compares them: true is "true", 5 is "5"."""
    return [value if isinstance(value, str) else json.dumps(value) for value in _listed(values)]


def _sorted(values: Any) -> list[Any]:
    return sorted(_listed(values), key=_text)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

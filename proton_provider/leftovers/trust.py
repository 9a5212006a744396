"""Reads from a role's trust policy who may assume the role, in every form that AWS accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

_ASSUME = "sts:assumerole"


def principals(document: Any) -> frozenset[str]:
    """The principals that a trust policy allows to assume the role: service names, ARNs, account ids.

    `document` is the policy as a map, or as a JSON string, URL-encoded or not. boto3 decodes the response of ListRoles;
    IAM and some other SDKs return the encoded string. The result is empty if the document is not a policy.

    - Conditions are ignored: the role does not show who meets them.
    - A Deny statement is ignored: if somebody disabled the role that way, Proton still left it behind.
    - `*` is returned as it is, and `NotPrincipal` adds nothing. Both allow everybody, and say nothing about Proton
      (inferred).
    """
    policy = _parsed(document)
    return frozenset(
        principal
        for statement in _as_list(policy.get("Statement"))
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow" and _assumes(statement)
        for principal in _names(statement.get("Principal"))
    )


def _parsed(document: Any) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document if document.lstrip().startswith("{") else unquote(document))
        except ValueError:
            return {}
    return document if isinstance(document, Mapping) else {}


def _assumes(statement: Mapping[str, Any]) -> bool:
    """Whether the statement covers `sts:AssumeRole`. Action names ignore case and may have wildcards (documented)."""
    if "NotAction" in statement:
        return not _matches(statement["NotAction"])
    return _matches(statement.get("Action"))


def _matches(actions: Any) -> bool:
    return any(
        fnmatchcase(_ASSUME, action.lower()) for action in _as_list(actions) if isinstance(action, str)
    )


def _names(principal: Any) -> Iterator[str]:
    groups = principal.values() if isinstance(principal, Mapping) else [principal]
    for group in groups:
        yield from (name for name in _as_list(group) if isinstance(name, str))


def _as_list(value: Any) -> list[Any]:
    """The value as a list. In a policy, a value and a list with that one value mean the same (documented)."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

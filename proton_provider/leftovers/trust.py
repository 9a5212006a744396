"""Reads from a role's trust policy who may assume the role, in every form that AWS accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

_ASSUME = "sts:assumerole"
_ALL_ASSUME = (_ASSUME, "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
EVERYBODY = "*"


@dataclass(frozen=True)
class Trust:
    """Whom a trust policy lets in: service names, ARNs, account ids, and `*` for everybody.

    Conditions are ignored: the role does not show who meets them.
    """

    services: frozenset[str] = frozenset()
    """Those that may call `sts:AssumeRole`, as AWS's services do."""
    all: frozenset[str] = frozenset()
    """Those that may assume the role in any way, also with a web identity (OIDC) or SAML."""
    denied: frozenset[str] = frozenset()
    """Those that a Deny statement keeps out."""

    def lets_in(self, service: str) -> bool:
        """Whether a service may assume the role. A Deny with a condition counts too: nobody sees when it applies."""
        return service in self.services and self.denied.isdisjoint({service, EVERYBODY})


def read(document: Any) -> Trust:
    """Whom a trust policy lets in.

    `document` is the policy as a map, or as a JSON string, URL-encoded or not. boto3 decodes the response of ListRoles;
    IAM and some other SDKs return the encoded string. Nobody is let in if the document is not a policy.
    """
    statements = [each for each in _as_list(_parsed(document).get("Statement")) if isinstance(each, Mapping)]
    return Trust(
        services=_principals(statements, "Allow", (_ASSUME,)),
        all=_principals(statements, "Allow", _ALL_ASSUME),
        denied=_principals(statements, "Deny", _ALL_ASSUME),
    )


def _principals(statements: list[Mapping[str, Any]], effect: str, actions: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        principal
        for statement in statements
        if statement.get("Effect") == effect and any(_covers(statement, action) for action in actions)
        for principal in _names(statement)
    )


def _parsed(document: Any) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document if document.lstrip().startswith("{") else unquote(document))
        except ValueError:
            return {}
    return document if isinstance(document, Mapping) else {}


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    """Whether the statement covers the action. Action names ignore case and may have wildcards (documented)."""
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action"), action)


def _matches(patterns: Any, action: str) -> bool:
    return any(
        fnmatchcase(action, pattern.lower()) for pattern in _as_list(patterns) if isinstance(pattern, str)
    )


def _names(statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotPrincipal" in statement:  # everybody but those
        yield EVERYBODY
    principal = statement.get("Principal")
    groups = principal.values() if isinstance(principal, Mapping) else [principal]
    for group in groups:
        yield from (name for name in _as_list(group) if isinstance(name, str))


def _as_list(value: Any) -> list[Any]:
    """The value as a list. In a policy, a value and a list with that one value mean the same (documented)."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

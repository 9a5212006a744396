"""Whom a role's trust policy lets in, of the ways in which AWS allows to write one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

_ASSUME = "sts:assumerole"


def principals(document: Any) -> frozenset[str]:
    """The principals that a trust policy names as allowed to assume the role: service names, ARNs, account ids.

    `document` is a policy as a map, or as JSON text, URL-encoded or not: boto3 decodes ListRoles' answer, IAM itself and
    some other SDKs give the encoded text. A document that is no policy lets nobody in.

    Conditions are not judged: who meets them is no property of the role. A Deny beside an Allow is not subtracted: a role
    that somebody switched off in this way is still what Proton left behind. A Deny alone lets nobody in. `*` stands for
    itself and `NotPrincipal` for nobody: both let in whoever there is and say nothing about Proton (inferred).
    """
    policy = _parsed(document)
    return frozenset(
        principal
        for statement in _listed(policy.get("Statement"))
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow" and _assumes(statement)
        for principal in _named(statement.get("Principal"))
    )


def _parsed(document: Any) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document if document.lstrip().startswith("{") else unquote(document))
        except ValueError:
            return {}
    return document if isinstance(document, Mapping) else {}


def _assumes(statement: Mapping[str, Any]) -> bool:
    """Whether the statement is about `sts:AssumeRole`; action names have no case and may hold wildcards (documented)."""
    if "NotAction" in statement:
        return not _matches(statement["NotAction"])
    return _matches(statement.get("Action"))


def _matches(actions: Any) -> bool:
    return any(fnmatchcase(_ASSUME, action.lower()) for action in _listed(actions) if isinstance(action, str))


def _named(principal: Any) -> Iterator[str]:
    groups = principal.values() if isinstance(principal, Mapping) else [principal]
    for group in groups:
        yield from (name for name in _listed(group) if isinstance(name, str))


def _listed(value: Any) -> list[Any]:
    """A policy's one or many: AWS takes a list of one and the one itself for the same (documented)."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

"""IAM policy documents as JSON text: valid, in one form, and equal where IAM sees no difference."""

import json
import re
from typing import Any

_ACCOUNT_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root", re.ASCII)


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


def _canonical(value: Any) -> Any:
    """IAM's reference: "*" and {"AWS": "*"} are one principal, an account's id and its root ARN too, true is "true"."""
    if isinstance(value, dict):
        everyone = {key: {"AWS": "*"} for key in ("Principal", "NotPrincipal") if value.get(key) == "*"}
        return {key: _canonical(item) for key, item in {**value, **everyone}.items()}
    if isinstance(value, list):
        items = sorted(
            (_canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True)
        )
        return items[0] if len(items) == 1 else items
    return _ACCOUNT_ROOT.sub(r"\1", value) if isinstance(value, str) else json.dumps(value)

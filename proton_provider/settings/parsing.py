"""Converts one setting from the stack's config, the environment or `AwsSettings`, or raises an error that names it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from proton_provider import rules
from proton_provider.errors import ConfigurationError


def parse_json(name: str, text: str | None) -> Any:
    """The list, map or boolean in the JSON string `text`. None and an empty string give None."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        raise ConfigurationError(f"{name} in the stack's config is not valid JSON.") from None


def string(name: str, value: Any) -> str | None:
    """A string, or digits: `pulumi config set --path` writes them as a number. None and an empty string give None."""
    return str(int(value)) if rules.is_whole(value) else word(name, value)


def word(name: str, value: Any) -> str | None:
    """A string that is never digits alone. None and an empty string give None."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a string; this is {rules.kind_of(value)}.")
    return text(name, value)


def text(name: str, value: str) -> str:
    """The string. Raises `ConfigurationError` for one that nothing can be done with."""
    if problem := rules.problem_with_text(value):
        raise ConfigurationError(f"{name} {problem}.")
    return value


def strings(name: str, value: Any, items: str = "strings") -> tuple[str, ...]:
    """A list of strings; None gives an empty one. `items` are they in a user's words."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ConfigurationError(f"{name} must be a list of {items}; this is {rules.kind_of(value)}.")
    return tuple(string(f"{name}[{number}]", item) or "" for number, item in enumerate(value))


def account_ids(name: str, value: Any) -> tuple[str, ...]:
    """A list of account ids."""
    accounts = strings(name, value, "account ids")
    for number, (item, account) in enumerate(zip(value or (), accounts, strict=True)):
        if problem := rules.problem_with_account_id(account):
            hint = "" if isinstance(item, str) else " (quote it: a number loses its leading zeros)"
            raise ConfigurationError(f"{name}[{number}] {problem}{hint}.")
    return accounts


def role_arn(name: str, value: Any) -> str:
    """The ARN of an IAM role."""
    if problem := rules.problem_with_role_arn(value):
        raise ConfigurationError(f"{name} {problem}.")
    return str(value)


def maps(name: str, value: Any, known: Collection[str] = ()) -> list[dict[str, Any]]:
    """A list of maps; None gives an empty one. `known` has the keys that a map may have, if not all are allowed."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ConfigurationError(f"{name} must be a list of maps; this is {rules.kind_of(value)}.")
    for entry in value:
        _require_known(name, entry, known)
    return value


def members(name: str, value: Any, known: Collection[str] = ()) -> dict[str, Any]:
    """A map; None gives an empty one. `known` has the keys that it may have, if not all are allowed."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} must be a map; this is {rules.kind_of(value)}.")
    _require_known(name, value, known)
    return value


def _require_known(name: str, value: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise `ConfigurationError` for a key that nobody would read, such as `role_arn` for `roleArn`."""
    if known and (others := sorted(key for key in value if key not in known)):
        raise ConfigurationError(
            f"{name} has no member {', '.join(others)}; its members are {', '.join(sorted(known))}. An aws.Provider in "
            "Python needs the class for it, such as ProviderAssumeRoleArgs(...), not a dict."
        )


def tags(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Tags, sorted by key. Numbers and booleans are converted to the strings that AWS needs; None is left out."""
    return _tags(name, value, rules.problem_with_tag_map)


def default_tags(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Tags as `tags` gives them, of which AWS may refuse some: only resources with tags need all to be valid."""
    return _tags(name, value, rules.problem_with_tag_form)


def _tags(name: str, value: Any, problem_with: Callable[[Any], str | None]) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if problem := problem_with(value):
        raise ConfigurationError(f"{name} {problem}.")
    return tuple(sorted(rules.as_tags(value).items()))


def boolean(name: str, value: Any) -> bool | None:
    """A boolean, or a string such as `true` in any case. None and an empty string give None."""
    if value is None or value == "":
        return None
    known = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
    if known is None:
        raise ConfigurationError(f"{name} must be true or false; this is {rules.kind_of(value)}.")
    return known


_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+\S*")


def address(name: str, value: Any) -> str | None:
    """An HTTP address. None and an empty string give None."""
    if value is None or value == "":
        return None
    if not _ADDRESS.fullmatch(str(value)):
        raise ConfigurationError(
            f"{name} must be an address such as http://127.0.0.1:4600; this is {rules.kind_of(value)}."
        )
    return str(value)


def expand_path(path: str) -> str:
    """A path with `~` and environment variables expanded."""
    return os.path.expandvars(os.path.expanduser(path))  # noqa: PTH111  # botocore needs a string


def readable_file(name: str, value: Any) -> str | None:
    """The path of an existing file. None and an empty string give None."""
    if value is None or value == "":
        return None
    path = expand_path(str(value))
    if not os.path.isfile(path):  # noqa: PTH113  # as above
        raise ConfigurationError(f"{name} must be the path of a file; there is none at {path}.")
    return path


def split_list(text: str | None) -> tuple[str, ...]:
    """The items of a comma-separated string. None gives no items."""
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def choice(name: str, value: Any, choices: tuple[str, ...]) -> str | None:
    """One of `choices`. None and an empty string give None."""
    if value is None or value == "":
        return None
    if value not in choices:
        raise ConfigurationError(
            f"{name} must be one of {', '.join(choices)}; this is {rules.kind_of(value)}."
        )
    return str(value)


def integer(name: str, value: Any, *, least: int = 1) -> int | None:
    """An integer. Resources have numbers as floats, config and environment have them as strings."""
    if value is None or value == "":
        return None
    try:
        number = -1 if isinstance(value, bool) else int(value)
        is_whole = float(value) == number
    except (OverflowError, TypeError, ValueError):
        is_whole = False
    if not is_whole or number < least:
        raise ConfigurationError(
            f"{name} must be a whole number of at least {least}; this is {rules.kind_of(value)}."
        )
    return number


_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS: Final[Mapping[str, float]] = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}


def seconds(name: str, value: Any) -> int | None:
    """The seconds of a duration in Go's notation, such as `1.5h`, `90m` or `1h30m10s`: pulumi-aws uses Go's notation."""
    if value is None or value == "":
        return None
    text = str(value).removeprefix("+")
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise ConfigurationError(
            f"{name} must be a duration such as 1h30m or 900s; this is {rules.kind_of(value)}."
        )
    return int(sum(float(part[1]) * _UNITS[part[2]] for part in parts) + 1e-6)

"""What is secret stands in no message: in no form in which others may hand it back, nor cut."""

from __future__ import annotations

import html
import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from proton_provider import rules
from proton_provider.errors import one_line
from proton_provider.lifecycle.secrets import derived_from, newly_secret, values_in
from proton_provider.masking import Secrets

SECRET = 'Köln\'s  "quoted" & <tagged>\n\x1b/external-id.'
ROLE = "arn:aws:iam::222222222222:role/hidden-role"


def hidden(*values: object, label: str = "[secret]") -> Secrets:
    secrets = Secrets()
    secrets.remember_values(*values, label=label)
    return secrets


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        one_line,
        lambda text: " ".join(text.split()),
        lambda text: repr(text)[1:-1],
        lambda text: repr(text.encode())[2:-1],
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        escape,
        html.escape,
        lambda text: one_line(escape(text)),
        lambda text: quote(text, safe=""),
        lambda text: one_line(text).rstrip("."),
        lambda text: f"{text[:16]}...",
        lambda text: f"{one_line(text)[:20]}... is not allowed",
        lambda text: f"{text[:17]}",
        lambda text: f"'{text[:17]}'. Check it.",
    ],
)
def test_every_form_of_a_secret_is_hidden(form: Callable[[str], str]) -> None:
    """AWS, Python, JSON, XML and ourselves change what they hand back; a beginning of 16 characters is hidden where it was cut."""
    shown = hidden(SECRET).hide(f"external id {form(SECRET)}")
    assert shown.startswith("external id ")
    assert "[secret]" in shown
    assert "Köln" not in shown
    assert "K\\xf6ln" not in shown
    assert "external-id" not in shown


def test_what_only_begins_like_a_secret_is_shown() -> None:
    """Other roles of the account begin with the same characters."""
    other = "arn:aws:iam::222222222222:role/other"
    text = f"{other} cannot be assumed; {ROLE} can."
    assert hidden(ROLE).hide(text) == f"{other} cannot be assumed; [secret] can."


def test_values_are_found_at_any_depth() -> None:
    """A map, a list, and a number as a dynamic provider gets it; short values are no use to anybody."""
    secrets = hidden(
        {"tags": [{"team": "hidden-value"}, 1234567.0, "abc", True, None, float("inf"), float("nan")]}
    )
    assert secrets.hide("hidden-value 1234567 abc True inf") == "[secret] [secret] abc True inf"


def test_the_longest_secret_is_hidden_whole_and_a_label_names_it() -> None:
    secrets = hidden("name")
    secrets.remember_values("name-of-the-environment", label="[environmentName]")
    assert secrets.hide("name, name-of-the-environment") == "[secret], [environmentName]"


@pytest.fixture
def _eager_threads() -> Iterator[None]:
    """Threads take turns after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_eager_threads")
def test_operations_that_remember_at_once_lose_no_secret() -> None:
    """The operations of a provider process run in many threads, and each may bring new secrets."""
    threads, rounds = 8, 100
    secrets, together = Secrets(), threading.Barrier(threads)

    def remember(thread: int) -> list[str]:
        own = [f"secret-{thread}-of-round-{number}" for number in range(rounds)]
        for value in own:
            together.wait()
            secrets.remember_values(value)
        return own

    with ThreadPoolExecutor(threads) as pool:
        values = [value for own in pool.map(remember, range(threads)) for value in own]
    assert {secrets.hide(value) for value in values} == {"[secret]"}


def test_secret_inputs_and_default_tags_are_remembered() -> None:
    """Secret default tags are those of all tags that are not the program's own."""
    secrets = Secrets()
    properties = {
        "tags": {"own": "own-value"},
        "tagsAll": {"own": "own-value", "cost": "hidden-value"},
        "roleArn": ROLE,
    }
    secrets.remember({**properties, "__secrets": ["aws:defaultTags", "roleArn", "absent"]})
    assert secrets.hide(f"own-value hidden-value {ROLE}") == "own-value [secret] [secret]"


def test_what_comes_from_a_secret_is_secret() -> None:
    """Outputs by the inputs that they come from. A key of the config from which no output comes marks none anew."""
    arns = {"managedRoleArns", "previousRoleArns", "liveRoleArns"}
    derived = {
        "connectionId": {"arn"},
        "tags": {"tagsAll"},
        "aws:defaultTags": {"tagsAll"},
        **dict.fromkeys(rules.ROLES, arns),
        "environmentName": set(),
    }
    assert {name: set(derived_from([name])) for name in derived} == derived
    news = {"__secrets": ["aws:defaultTags", "aws:token", "environmentName", "roleArn"]}
    assert newly_secret(news, {"__secrets": ["roleArn"]}) == {"aws:defaultTags", "environmentName"}
    assert values_in({"tagsAll": {"cost": "x"}, "roleArn": ROLE, "__secrets": ["roleArn"]}) == [ROLE]

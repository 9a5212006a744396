"""Generates values that AWS accepts and values that it just refuses, and checks each against the service model."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from proton_provider import service_model

MODEL: Any = service_model.loader().load_service_model("proton", "service-2")
SHAPES: Any = MODEL["shapes"]

_TROUBLE = "\n\r\t \x00/:+=,.@-_*'\"\\aZ09\N{ARABIC-INDIC DIGIT THREE}\N{LATIN SMALL LETTER E WITH ACUTE}\N{KELVIN SIGN}\ud800"


def accepted(shape: str, value: object) -> bool:
    """Whether the service model takes `value` as `shape`: its pattern for the whole of the value and for ASCII."""
    model = SHAPES[shape]
    if not isinstance(value, str):
        return False
    matches = re.compile(model["pattern"], re.ASCII).fullmatch(value)
    return bool(matches) and model.get("min", 0) <= len(value) <= model.get("max", len(value))


def near(good: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Good values, those with a small piece of them taken out, put in or replaced, and any text."""

    @st.composite
    def damaged(draw: st.DrawFn) -> str:
        value = draw(good)
        start = draw(st.integers(0, len(value)))
        end = draw(st.integers(start, min(len(value), start + 3)))
        return value[:start] + draw(st.text(_TROUBLE, max_size=3)) + value[end:]

    return good | damaged() | st.text() | good.map(lambda value: value + "\n")


ACCOUNT_IDS = st.text("0123456789", min_size=12, max_size=12)
CONNECTION_IDS = st.uuids().map(str)
ENVIRONMENT_NAMES = st.text("azAZ09_-", min_size=1, max_size=8) | st.integers(98, 102).map(
    lambda length: "e" * length
)
ROLE_ARNS = st.builds(
    "arn:{}:iam::{}:role/{}".format,
    st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    ACCOUNT_IDS,
    # Paths whose parts are about as long as they may be, and the whole, too.
    st.lists(st.sampled_from([1, 9, 63, 64, 65, 511, 512, 513]), min_size=1, max_size=5).map(
        lambda lengths: "/".join("r" * length for length in lengths)
    ),
)

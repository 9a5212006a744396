"""Values of the plugin protocol: how they are read, and that they are written back without a loss."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from proton_provider.plugin import values
from proton_provider.plugin.values import UNKNOWN, Path, PropertyMap, ValueOfWrongKindError, decode, encode

KIND = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
URN = "urn:pulumi:dev::shop::aws:iam/role:Role::web"


def on_the_wire(**properties: Any) -> struct_pb2.Struct:
    """Properties as the engine writes them: the forms of the protocol are maps like all others."""
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


NAMES = st.text(max_size=5).filter(lambda name: name != KIND)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False).map(lambda number: number + 0.0)  # -0.0 arrives as 0, which is the same
    | st.text(max_size=8)
    | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def paths(value: Any, path: Path) -> list[Path]:
    """All places in a value, its own first."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(place for step, item in inner for place in paths(item, (*path, step)))]


@st.composite
def property_maps(draw: st.DrawFn) -> PropertyMap:
    """Any values, of which any are secret, secrets within secrets too."""
    properties = draw(st.dictionaries(NAMES, PLAIN, max_size=4))
    places = [place for name, value in properties.items() for place in paths(value, (name,))]
    secret = draw(st.frozensets(st.sampled_from(places))) if places else frozenset()
    return PropertyMap(
        properties, frozenset(place for place in places if at(properties, place) is UNKNOWN), secret
    )


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


@given(property_maps())
def test_what_is_sent_arrives(properties: PropertyMap) -> None:
    """Values, unknowns and secrets come back equal, each at its place, through the bytes of the wire."""
    sent = encode(properties.values, properties.secret).SerializeToString()
    assert decode(struct_pb2.Struct.FromString(sent)) == properties


@given(property_maps())
def test_what_arrives_goes_back_as_it_came(properties: PropertyMap) -> None:
    """Properties that are decoded and encoded again are the same to the engine."""
    wire = encode(properties.values, properties.secret)
    arrived = decode(wire)
    assert encode(arrived.values, arrived.secret) == wire


@given(property_maps())
def test_names_say_what_holds_unknowns_and_secrets(properties: PropertyMap) -> None:
    """A property with an unknown or a secret anywhere in it is named, and `known` is what has no unknown."""
    arrived = decode(encode(properties.values, properties.secret))
    assert arrived.unknown_names == {
        name for name, value in properties.values.items() if values.contains_unknown(value)
    }
    assert arrived.known.keys() == properties.values.keys() - arrived.unknown_names
    assert arrived.secret_names == {path[0] for path in properties.secret}


@pytest.mark.parametrize(
    ("wired", "plain"),
    [
        (3600.0, 3600),
        (-0.0, 0),
        (0.5, 0.5),
        (True, True),
        (None, None),
        ({}, {}),
        ([None, {"a": None}], [None, {"a": None}]),
        ({KIND: SECRET, "value": "x"}, "x"),
        ({KIND: OUTPUT, "value": ["x"]}, ["x"]),
        ({KIND: OUTPUT, "value": "x", "secret": True, "dependencies": [URN]}, "x"),
        ({KIND: RESOURCE, "urn": URN, "id": "web", "packageVersion": "7.1.0"}, "web"),
        ({KIND: RESOURCE, "urn": URN}, URN),
    ],
)
def test_every_form_of_the_wire_is_a_plain_value(wired: Any, plain: Any) -> None:
    """Whole numbers are int, wrapped values are what they hold, a resource is its id or else its URN."""
    properties = decode(on_the_wire(it=wired))
    assert properties.values == {"it": plain}
    assert type(properties.values["it"]) is type(plain)
    assert properties.unknown == frozenset()


@pytest.mark.parametrize(
    "wired",
    [
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
        {KIND: OUTPUT},
        {KIND: SECRET, "value": UNKNOWN_TEXT},
        {KIND: RESOURCE, "urn": URN, "id": ""},
        {KIND: RESOURCE, "urn": URN, "id": UNKNOWN_TEXT},
        {KIND: RESOURCE, "urn": URN, "id": {KIND: OUTPUT}},
    ],
)
def test_every_way_to_say_unknown_is_understood(wired: Any) -> None:
    """Whatever kind of value is not known yet, it is UNKNOWN, named at the top and found at its place within."""
    properties = decode(on_the_wire(it=wired, aws={"region": wired, "profile": "dev"}, known="x"))
    assert properties.values == {"it": UNKNOWN, "aws": {"region": UNKNOWN, "profile": "dev"}, "known": "x"}
    assert properties.unknown == {("it",), ("aws", "region")}
    assert properties.known == {"known": "x"}


def test_secrets_are_found_however_deep() -> None:
    """A secret is named with its property; a secret output counts, one that is not secret does not."""
    properties = decode(
        on_the_wire(
            whole={KIND: SECRET, "value": {"a": {KIND: SECRET, "value": "b"}}},
            within=[{"a": {KIND: OUTPUT, "secret": True}}],
            clear={KIND: OUTPUT, "value": "x", "secret": False},
        )
    )
    assert properties.secret == {("whole",), ("whole", "a"), ("within", 0, "a")}
    assert properties.secret_names == {"whole", "within"}
    assert properties.unknown == {("within", 0, "a")}


@pytest.mark.parametrize(
    ("wired", "words"),
    [
        ({KIND: "c44067f5952c0a294b673a41bacd8c17", "path": "a"}, 'tags["my key"][0] is an asset'),
        ({KIND: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "a"}, 'tags["my key"][0] is an archive'),
        ({KIND: "something new"}, 'tags["my key"][0] is of a kind that this plugin does not support'),
    ],
)
def test_what_is_no_plain_data_is_refused_where_it_stands(wired: Any, words: str) -> None:
    """An asset, or a kind of value from a later engine, is an error that names its place."""
    with pytest.raises(ValueOfWrongKindError, match=r"^") as refused:
        decode(on_the_wire(tags={"my key": [wired]}))
    assert str(refused.value) == f"{words}. Use plain data."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a"}, "it[0].b is a set. Pulumi has no such value."),
        (b"x", "it[0].b is a bytes. Pulumi has no such value."),
        (
            2**53 + 1,
            "it[0].b is 9007199254740993. Pulumi cannot store it exactly, as its numbers are floats.",
        ),
        (10**400, "Pulumi cannot store it exactly, as its numbers are floats."),
    ],
)
def test_what_cannot_travel_is_refused_where_it_stands(value: Any, words: str) -> None:
    """A value that the wire would change or has no form for is an error that names its place."""
    with pytest.raises(ValueOfWrongKindError) as refused:
        encode({"it": [{"b": value}]})
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("tags",), "tags"),
        (("tags", "team"), "tags.team"),
        (("tags", "a.b"), 'tags["a.b"]'),
        (("tags", 'a"b\\'), r'tags["a\"b\\"]'),
        (("roles", 0, "name"), "roles[0].name"),
    ],
)
def test_paths_are_in_pulumis_notation(path: Path, text: str) -> None:
    """Dots and brackets as in `ignoreChanges` and in the failures of a check."""
    assert values.path_text(path) == text


def test_unknown_says_what_it_is() -> None:
    """A message that shows the marker by mistake can be understood."""
    assert repr(UNKNOWN) == "UNKNOWN"

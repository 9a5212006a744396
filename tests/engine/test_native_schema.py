"""The native plugin's schema: made from the typed arguments, printed by the engine, taken by its binder."""

from __future__ import annotations

import json

import plugin_schema
from engine.native import MakeNative

from proton_provider.plugin.servicer import SCHEMA


def test_the_schema_is_what_the_arguments_say() -> None:
    """The shipped file is as `python scripts/plugin_schema.py` makes it from the typed arguments and their docstrings."""
    assert SCHEMA.read_text(encoding="utf-8") == plugin_schema.text()


def test_every_property_is_described() -> None:
    """Each input and output of a resource, and each setting, says what it is."""
    schema = plugin_schema.make()
    silent = [
        f"{token} {name}"
        for token, resource in [*schema["resources"].items(), ("provider", schema["provider"])]
        for kind in ("inputProperties", "properties")
        for name, prop in resource[kind].items()
        if not prop.get("description")
    ]
    assert silent == []


def test_it_has_what_a_page_of_a_registry_shows() -> None:
    """A name and an example of each resource; no place to download from, because there is no release."""
    schema = plugin_schema.make()
    assert schema["displayName"] == "AWS Proton"
    assert not {"repository", "pluginDownloadURL"} & schema.keys()
    for token, resource in schema["resources"].items():
        _, _, example = resource["description"].partition("## Example Usage\n\n```yaml\nresources:\n")
        assert f"type: {token.replace(':index', '')}\n" in example


def test_no_credentials_can_be_configured() -> None:
    """The provider's config has no room for keys: it would be in the stack's state."""
    names = {name.lower() for name in plugin_schema.make()["config"]["variables"]}
    assert not any("key" in name or "token" in name or "secret" in name for name in names)


def test_pulumi_takes_the_schema(make_native: MakeNative) -> None:
    """`pulumi package get-schema` prints it, and Pulumi's binder has nothing to say about it."""
    stack = make_native({})
    printed = stack.run("package", "get-schema", "proton").text
    printed = printed[printed.index("{") : printed.rindex("}") + 1]
    assert json.loads(printed)["resources"].keys() == plugin_schema.make()["resources"].keys()
    (stack.folder / "schema.json").write_text(SCHEMA.read_text(encoding="utf-8"))
    checked = stack.run("schema", "check", "schema.json").text
    assert checked.strip() == ""

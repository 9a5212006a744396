"""The native door: a plugin of its own, which speaks Pulumi's provider protocol.

- `servicer`: each call of the engine as an event of a life cycle; `config`, `diffs` and `functions` are its parts.
- `schema.json`: what the engine and the SDKs know of it, made by `scripts/plugin_schema.py`.
- `install`: the command `proton-plugin`; `__main__`: the executable.
- `values`: property bags of the protocol as plain Python values, and back.
- `server`: the process: one port on the loopback, one line of output, an end with the engine's.
- `failures`: failures as the engine shows them, one sentence each.
- `bare_packages`: the modules of the protocol without the rest of the SDK.

The last four know no resource.
"""

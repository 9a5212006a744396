"""The native door: what a plugin of its own needs to speak Pulumi's provider protocol.

- `values`: property bags of the protocol as plain Python values, and back.
- `server`: the process: one port on the loopback, one line of output, an end with the engine's.
- `failures`: failures as the engine shows them, one sentence each.

Nothing in here knows a resource: `scripts/without_downloads/aws_stand_in` is built on the same modules.
"""

"""A stand-in for the pulumi-aws plugin: Pulumi's plugin protocol on one side, real IAM calls on the other.

It is for machines that cannot download the plugin itself. What it covers, it covers as pulumi-aws does: the same
property names, defaults, state, replacements and ids, so that a stack can move to the real plugin and back.

It covers what the examples and `ServiceRoles` use: four resources (role, role policy, role policy attachment, policy)
and two functions (caller identity, partition). Everything else is refused with one sentence that names the real plugin.
"""

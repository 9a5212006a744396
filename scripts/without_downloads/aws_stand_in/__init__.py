"""A stand-in for the pulumi-aws plugin, for machines that cannot download it: a Pulumi plugin that calls IAM.

It has what the examples, the documentation and `ServiceRoles` use: four resources (role, role policy, role policy attachment,
policy) and two functions (caller identity, partition). Everything else fails with an error that names the real plugin. Do not
move a stack between the two.
"""

"""A stand-in for the pulumi-aws plugin: Pulumi's plugin protocol on one side, real IAM calls on the other.

It is for machines that cannot download the plugin itself. What it covers, it covers as pulumi-aws does: the same
property names, defaults, state, replacements and ids, so that a stack can move to the real plugin and back.

It covers four resources (role, role policy, role policy attachment, policy) and four functions (caller identity,
partition, Region, policy document). Everything else is refused with one sentence that names the real plugin.

The modules, from the engine down to AWS:

- `server`: the process: one port on the loopback, one line of output, a graceful end.
- `provider`: one method a call of the protocol; failures become one sentence.
- `protocol`: the protocol's generated modules.
- `wire`: property bags of the protocol as plain Python values.
- `check`, `diff`, `preview`: what can be said without asking AWS.
- `resource`, `kinds`: how a resource and its properties are described.
- `role`, `role_policy`, `role_policy_attachment`, `policy`: the four, each with its IAM calls.
- `functions`, `policy_document`: the four functions.
- `settings`, `account`: the provider's configuration, and the AWS account that it leads to.
- `documents`, `naming`, `tags`: rules that several resources share.
- `errors`: failures as sentences.
"""

"""Checks the inputs of a resource, and finds at most one problem for each of them."""

from __future__ import annotations

from collections.abc import Callable

from proton_provider import rules
from proton_provider.lifecycle import CheckSettings, Properties
from proton_provider.lifecycle.properties import managed_roles, with_defaults


class Checks:
    """The checks of one resource's inputs. An input whose name is in `unknown` is not known yet, and has no problem."""

    def __init__(
        self, news: Properties, defaults: Properties, unknown: frozenset[str], settings: CheckSettings
    ) -> None:
        self.inputs = with_defaults(news, defaults)
        self.unknown = unknown
        self.problems: dict[str, str] = {}
        self._settings = settings

    def value(self, name: str, problem_with: Callable[[object], str | None]) -> None:
        """Check an input with a rule, which gives its problem or None."""
        if name not in self.unknown and (problem := problem_with(self.inputs.get(name))):
            self.problems[name] = problem

    def choice(self, name: str, *choices: str) -> None:
        """Check that an input is one of `choices`."""
        self.value(name, lambda value: None if value in choices else f"must be one of {', '.join(choices)}")

    def region(self) -> None:
        """Check the Region."""
        self.value("region", lambda value: rules.problem_with_region(value, self._settings.endpoint_is_given))

    def role_arns(self, account: tuple[str, str] | None = None) -> None:
        """Check the roles: AWS's pattern, one account, and the partition of the Region.

        `account` is the account id that all must have, and the reason. None takes the account of the first valid role. If
        the Region is not known yet, the partition is that of the first valid role.
        """
        region = self.inputs.get("region")
        partition = (rules.partition_of_region(region), f"as the Region {region} is") if region else None
        for role, arn in managed_roles(self.inputs).items():
            if problem := rules.problem_with_role_arn(arn):
                self.problems[role] = problem
                continue
            own_account, own_partition = rules.account_of(arn), rules.partition_of(arn)
            account = account or (own_account, f"as {role} is")
            partition = partition or (own_partition, f"as {role} is")
            if own_account != account[0]:
                wanted = f"a role in account {account[0]}, {account[1]}; this is in {own_account}"
                self.problems[role] = f"must be {wanted}"
            elif own_partition != partition[0]:
                wanted = f"in the partition {partition[0]}, {partition[1]}; this is in {own_partition}"
                self.problems[role] = f"must be {wanted}"

    def tags(self) -> set[str]:
        """Check the tags, and add all tags to the inputs, or return their name if they are not known yet.

        As for pulumi-aws, a request has the ignored tags too, but they are not part of all tags: no update sets or
        removes them (read off the Terraform provider).
        """
        inputs, defaults = self.inputs, self._settings.default_tags
        inputs.pop("tagsAll", None)
        if "tags" in self.unknown:
            del inputs["tags"]
            return {"tagsAll"}
        if problem := rules.problem_with_tag_map(inputs["tags"]):
            self.problems["tags"] = problem
            return set()
        own = inputs["tags"] = rules.as_tags(inputs["tags"])
        if defaults is None:
            return {"tagsAll"}
        requested = {**dict(defaults), **own}
        if problem := rules.problem_with_tags(requested):
            self.problems["tags"] = f"default tags: {problem}"
        ignores = self._settings.ignores_tag
        inputs["tagsAll"] = {key: value for key, value in requested.items() if not ignores(key)}
        return set()

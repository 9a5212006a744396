"""The outputs of the resources, with their wire names and their documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

import pulumi
from pulumi import Output

from proton_provider.wire_names import python_name, wire_name

F = TypeVar("F", bound=Callable[..., Any])


class RoleArns(TypedDict, total=False):
    """ARNs of a connection's roles. A role that is not set is absent."""

    role_arn: str
    component_role_arn: str
    codebuild_role_arn: str


def wire_property(function: F) -> F:
    """Marks the property of an output with its wire name.

    The annotation is removed: the SDK would convert values by it, and its conversion does not know these types.
    """
    marked: F = pulumi.getter(name=wire_name(function.__name__))(function)
    marked.__annotations__ = {}
    return marked


class ConnectionOutputs:
    """The outputs of all resources."""

    _arguments: Mapping[str, Any]
    """The arguments of the resource."""

    @property
    @wire_property
    def arn(self) -> Output[str]:
        """The connection's ARN."""
        return self._output("arn")

    @property
    @wire_property
    def environment_account_id(self) -> Output[str]:
        """The account of the environment and of the roles."""
        return self._output("environment_account_id")

    @property
    @wire_property
    def environment_name(self) -> Output[str]:
        """The environment's name. The environment itself may not exist yet."""
        return self._output("environment_name")

    @property
    @wire_property
    def management_account_id(self) -> Output[str]:
        """The account that runs Proton."""
        return self._output("management_account_id")

    @property
    @wire_property
    def status(self) -> Output[str]:
        """`PENDING`, `CONNECTED` or `REJECTED`."""
        return self._output("status")

    @property
    @wire_property
    def requested_at(self) -> Output[str]:
        """When the connection was requested: ISO 8601, UTC."""
        return self._output("requested_at")

    @property
    @wire_property
    def last_modified_at(self) -> Output[str]:
        """When the connection was last changed: ISO 8601, UTC."""
        return self._output("last_modified_at")

    @property
    @wire_property
    def region(self) -> Output[str]:
        """The Region of the connection."""
        return self._output("region")

    @property
    @wire_property
    def live_role_arns(self) -> Output[RoleArns]:
        """All roles of the connection, as AWS last returned them.

        In the management account the CodeBuild role is missing: AWS's list does not have it (read off the model).
        """
        return self._converted("live_role_arns", _with_python_names)

    @property
    @wire_property
    def aws(self) -> Output[dict[str, Any] | None]:
        """The settings that were given for this resource."""
        return self._output_or("aws", lambda: Output.from_input(None), _with_python_names)

    def _output(self, name: str) -> Output[Any]:
        """The output `name`. None while transformations run: the SDK makes the outputs afterwards."""
        output: Output[Any] = pulumi.get(self, name)
        return output

    def _converted(self, name: str, convert: Callable[[Any], Any]) -> Output[Any]:
        """The output `name`, converted if it has a value. A unit test's mock may leave it out."""
        output = self._output(name)
        if output is None:
            return output
        return output.apply(lambda value: None if value is None else convert(value))

    def _output_or(
        self,
        name: str,
        otherwise: Callable[[], Output[Any]],
        convert: Callable[[Any], Any] = lambda value: value,
    ) -> Output[Any]:
        """The output `name`, or `otherwise` if the program gives no value (or None) for it.

        An output that is missing in state would be unknown in every preview, and so would everything that uses it.
        """
        argument = self._arguments.get(name)
        if argument is None:
            return otherwise()
        output = self._converted(name, convert)
        if not isinstance(argument, Output):
            return output
        return argument.apply(lambda value: otherwise() if value is None else output)

    def _live_role(self, name: str) -> Output[str | None]:
        live: Output[Any] = self.live_role_arns
        return live if live is None else live.apply(lambda arns: (arns or {}).get(name))


class ExistingConnectionOutputs(ConnectionOutputs):
    """More outputs of a resource for an existing connection, which the program names by its id."""

    @property
    @wire_property
    def connection_id(self) -> Output[str]:
        """The id of the connection."""
        return self._output("connection_id")

    @property
    @wire_property
    def on_delete(self) -> Output[str]:
        """The effect of a destroy on the connection."""
        return self._output("on_delete")


class RoleOutputs(ConnectionOutputs):
    """More outputs of a resource that sets roles."""

    @property
    @wire_property
    def managed_role_arns(self) -> Output[RoleArns]:
        """The role ARNs that this resource last set. The keys are the roles that it manages."""
        return self._converted("managed_role_arns", _with_python_names)

    @property
    @wire_property
    def previous_role_arns(self) -> Output[RoleArns]:
        """The ARN that each managed role had before this resource first set it. A role that had none is absent.

        For an `EnvironmentAccountConnection` it is empty if the connection is new, and has the earlier roles if the
        connection was adopted.
        """
        return self._converted("previous_role_arns", _with_python_names)

    @property
    @wire_property
    def role_arn(self) -> Output[str | None]:
        """The role for CloudFormation provisioning, also if this resource does not manage it."""
        return self._role("role_arn")

    @property
    @wire_property
    def component_role_arn(self) -> Output[str | None]:
        """The role for directly defined components, also if this resource does not manage it."""
        return self._role("component_role_arn")

    @property
    @wire_property
    def codebuild_role_arn(self) -> Output[str | None]:
        """The role for CodeBuild provisioning, also if this resource does not manage it."""
        return self._role("codebuild_role_arn")

    def _role(self, name: str) -> Output[str | None]:
        return self._output_or(name, lambda: self._live_role(name))


CONNECTION_OUTPUTS = (
    "arn",
    "environment_account_id",
    "environment_name",
    "management_account_id",
    "status",
    "requested_at",
    "last_modified_at",
    "region",
    "live_role_arns",
)
ROLE_OUTPUTS = ("managed_role_arns", "previous_role_arns")


def _with_python_names(members: Mapping[str, Any]) -> dict[str, Any]:
    return {python_name(name): value for name, value in members.items()}

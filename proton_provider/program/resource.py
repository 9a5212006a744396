"""Base classes of the resources: the properties that they send to the engine, and their outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, TypedDict, TypeVar

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider

from proton_provider.program import inputs
from proton_provider.program.arguments import read_arguments, with_outputs
from proton_provider.program.aws_provider import (
    find_provider,
    require_default_host,
    with_provider,
)
from proton_provider.program.inputs import inputs_type, with_wire_paths
from proton_provider.settings.aws_settings import AwsSettings
from proton_provider.wire_names import python_name, wire_name

F = TypeVar("F", bound=Callable[..., Any])


class RoleArns(TypedDict, total=False):
    """ARNs of a connection's roles. A role that is not set is absent."""

    role_arn: str
    component_role_arn: str
    codebuild_role_arn: str


def wire_property(name: str) -> Callable[[F], F]:
    """Marks the property of an output with its wire name.

    The annotation is removed: the SDK would convert values by it, and its conversion does not know these types.
    """

    def named(function: F) -> F:
        marked: F = pulumi.getter(name=name)(function)
        marked.__annotations__ = {}
        return marked

    return named


class ConnectionResource(Resource):
    """The base class of all resources. Property names are AWS's own on the wire, and snake_case in Python."""

    pulumi_type: ClassVar[str]
    """The type token, as in the stack's state."""

    def __init_subclass__(cls, module: str = "", name: str = "", **named: Any) -> None:
        if name:
            super().__init_subclass__(module=module, name=name, **named)
            cls.pulumi_type = f"pulumi-python:{cls._resource_type_name}"
        else:  # the SDK would give a user's subclass another type, which would replace existing resources
            super(Resource, cls).__init_subclass__(**named)

    def __init__(
        self,
        provider: ResourceProvider,
        name: str,
        args: Any,
        outputs: tuple[str, ...],
        opts: ResourceOptions | None,
        **internal: Any,
    ) -> None:
        arguments = {field.name: getattr(args, field.name) for field in fields(args)}
        arguments["aws"] = _settings_with_wire_names(arguments["aws"])
        self._arguments = arguments
        self._internal = internal
        declared: dict[str, Any] = {**dict.fromkeys(outputs), **arguments}
        properties = inputs_type(tuple(declared))(declared)
        if (
            declared["aws"] is None
        ):  # the output would always be empty, and each output costs the SDK half a millisecond
            del properties["aws"]
        super().__init__(provider, name, properties, opts)
        if not self._is_complete:
            raise RuntimeError(
                "This version of proton-provider does not work with the installed version of pulumi."
            )

    @property
    def _transformations(self) -> list[pulumi.ResourceTransformation]:
        """All transformations of the resource; the SDK runs them one after the other.

        The resource's own runs last, so that it sees the properties and options that the others leave. The SDK sets and
        reads this attribute of its own.
        """
        return self._all_transformations

    @_transformations.setter
    def _transformations(self, of_program: list[pulumi.ResourceTransformation]) -> None:
        self._all_transformations = [*of_program, self._complete]

    _is_complete = False

    def _complete(
        self, args: pulumi.ResourceTransformationArgs
    ) -> pulumi.ResourceTransformationResult | None:
        """Add the settings of the `aws.Provider`, defaults and internal inputs to the properties."""
        if args.resource is not self:  # a child has the transformations of its parent
            return None
        self._is_complete = True
        user = f"{type(self).__name__} {args.name!r}"
        require_default_host(user, args.opts)
        provider = find_provider(user, args.opts)
        properties = with_outputs({**args.props})
        arguments = {name: properties.get(name) for name in self._arguments}
        arguments["aws"] = _settings_with_wire_names(arguments["aws"])
        if provider is not None:
            arguments["aws"] = with_provider(user, arguments["aws"], provider)
        if arguments["aws"] is not None:
            properties["aws"] = arguments["aws"]
        self._arguments = arguments
        if not is_only_read(args.opts):
            properties |= inputs.defaults(arguments)
            properties |= inputs.name_and_secrets(args.name, arguments, args.opts, provider)
        properties |= {f"__{key}": value for key, value in self._internal.items()}
        return pulumi.ResourceTransformationResult(properties, with_wire_paths(args.opts) or args.opts)

    @property
    @wire_property("arn")
    def arn(self) -> Output[str]:
        """The connection's ARN."""
        return self._output("arn")

    @property
    @wire_property("environmentAccountId")
    def environment_account_id(self) -> Output[str]:
        """The account of the environment and of the roles."""
        return self._output("environment_account_id")

    @property
    @wire_property("environmentName")
    def environment_name(self) -> Output[str]:
        """The environment's name. The environment itself may not exist yet."""
        return self._output("environment_name")

    @property
    @wire_property("managementAccountId")
    def management_account_id(self) -> Output[str]:
        """The account that runs Proton."""
        return self._output("management_account_id")

    @property
    @wire_property("status")
    def status(self) -> Output[str]:
        """`PENDING`, `CONNECTED` or `REJECTED`."""
        return self._output("status")

    @property
    @wire_property("requestedAt")
    def requested_at(self) -> Output[str]:
        """When the connection was requested: ISO 8601, UTC."""
        return self._output("requested_at")

    @property
    @wire_property("lastModifiedAt")
    def last_modified_at(self) -> Output[str]:
        """When the connection was last changed: ISO 8601, UTC."""
        return self._output("last_modified_at")

    @property
    @wire_property("region")
    def region(self) -> Output[str]:
        """The Region of the connection."""
        return self._output("region")

    @property
    @wire_property("liveRoleArns")
    def live_role_arns(self) -> Output[RoleArns]:
        """All roles of the connection, as AWS last returned them.

        In the management account the CodeBuild role is missing: AWS's list does not have it (read off the model).
        """
        return self._converted("live_role_arns", _with_python_names)

    @property
    @wire_property("aws")
    def aws(self) -> Output[dict[str, Any] | None]:
        """The settings that were given for this resource."""
        return self._output_or("aws", lambda: Output.from_input(None), _settings_of_state)

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


class ExistingConnectionResource(ConnectionResource):
    """The base class of resources for an existing connection, which the program names by its id."""

    @property
    @wire_property("connectionId")
    def connection_id(self) -> Output[str]:
        """The id of the connection."""
        return self._output("connection_id")

    @property
    @wire_property("onDelete")
    def on_delete(self) -> Output[str]:
        """The effect of a destroy on the connection."""
        return self._output("on_delete")


class RolesResource(ConnectionResource):
    """The base class of resources that set roles."""

    @property
    @wire_property("managedRoleArns")
    def managed_role_arns(self) -> Output[RoleArns]:
        """The role ARNs that this resource last set. The keys are the roles that it manages."""
        return self._converted("managed_role_arns", _with_python_names)

    @property
    @wire_property("previousRoleArns")
    def previous_role_arns(self) -> Output[RoleArns]:
        """The ARN that each managed role had before this resource first set it. A role that had none is absent.

        For an `EnvironmentAccountConnection` it is empty if the connection is new, and has the earlier roles if the
        connection was adopted.
        """
        return self._converted("previous_role_arns", _with_python_names)

    @property
    @wire_property("roleArn")
    def role_arn(self) -> Output[str | None]:
        """The role for CloudFormation provisioning, also if this resource does not manage it."""
        return self._role("role_arn")

    @property
    @wire_property("componentRoleArn")
    def component_role_arn(self) -> Output[str | None]:
        """The role for directly defined components, also if this resource does not manage it."""
        return self._role("component_role_arn")

    @property
    @wire_property("codebuildRoleArn")
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


def args_and_options(
    kind: type[Any], positional: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, ResourceOptions | None]:
    """The arguments, as one object, and the options of a constructor's call."""
    return read_arguments(kind, positional, named)


def with_id(opts: ResourceOptions | None, resource_id: Input[str]) -> ResourceOptions:
    """The options of a `get`."""
    return ResourceOptions.merge(opts, ResourceOptions(id=with_outputs(resource_id)))


def is_only_read(opts: ResourceOptions | None) -> bool:
    """Whether these are the options of a `get`: the resource exists, and the program does not manage it."""
    return opts is not None and opts.id is not None


def _settings_with_wire_names(aws: Any) -> Any:
    """The settings as a map with wire names. An output stays as it is."""
    if isinstance(aws, AwsSettings):
        return aws.to_properties()
    return {wire_name(name): value for name, value in aws.items()} if isinstance(aws, Mapping) else aws


def _with_python_names(arns: Mapping[str, str]) -> dict[str, str]:
    return {python_name(name): value for name, value in arns.items()}


def _settings_of_state(aws: Mapping[str, Any]) -> dict[str, Any]:
    return _with_python_names(aws)

"""The base class of the resources: what they send to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

import pulumi
from pulumi import Input, ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider

from proton_provider.program import inputs
from proton_provider.program.arguments import with_outputs
from proton_provider.program.aws_provider import find_provider, require_default_host, with_provider
from proton_provider.program.inputs import inputs_type, with_wire_paths
from proton_provider.program.outputs import ConnectionOutputs
from proton_provider.settings.aws_settings import AwsSettings
from proton_provider.wire_names import wire_name


class ConnectionResource(ConnectionOutputs, Resource):
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
        if declared["aws"] is None:
            # The output would always be empty, and each output costs the SDK half a millisecond.
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
        reads this attribute of its own. Under another name, the resource's own would not run, which raises an error.
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

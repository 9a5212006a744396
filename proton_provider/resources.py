"""What users declare: the resources, their typed arguments and their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, overload

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider

from proton_provider import dynamic
from proton_provider.arguments import arguments
from proton_provider.aws_settings import AwsSettings, tag_list
from proton_provider.wire_names import python_name, wire_name


class RoleArns(TypedDict, total=False):
    """ARNs of a connection's roles; a role that is not set is absent."""

    role_arn: str
    component_role_arn: str
    codebuild_role_arn: str


# Outputs are annotated in these bases: the SDK evaluates the annotations of a resource's own class anew for every
# resource, which takes a third of a millisecond each.


class _ConnectionResource(Resource):
    """What every resource of a connection is: named as AWS names on the wire, in snake_case in Python."""

    arn: Output[str]
    """The connection's ARN."""
    environment_account_id: Output[str]
    """The account that holds the environment, and the roles."""
    environment_name: Output[str]
    """The environment's name; the environment itself need not exist yet."""
    management_account_id: Output[str]
    """The account that runs Proton."""
    status: Output[str]
    """`PENDING`, `CONNECTED` or `REJECTED`."""
    requested_at: Output[str]
    """When the connection was requested: ISO 8601, UTC."""
    last_modified_at: Output[str]
    """When the connection was last changed: ISO 8601, UTC."""
    region: Output[str]
    """The Region of the connection."""
    live_role_arns: Output[RoleArns]
    """All roles of the connection, as AWS last answered; its list for the management account lacks the CodeBuild
    role (read off the model)."""

    def __init__(
        self,
        provider: ResourceProvider,
        name: str,
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
        opts: ResourceOptions | None,
    ) -> None:
        if opts is not None and opts.provider is not None:
            raise ValueError(
                f"{type(self).__name__} {name!r} takes no provider: it follows the stack's config, or its argument "
                "aws=AwsSettings(...). Take provider out of its ResourceOptions."
            )
        aws = inputs.get("aws")
        if isinstance(aws, AwsSettings):
            inputs = {**inputs, "aws": aws.to_properties()}
        self._given = inputs
        declared = {**dict.fromkeys(outputs), **inputs}
        if aws is None:  # nothing would ever be in it, and the SDK takes half a millisecond over each output
            del declared["aws"]
        super().__init__(provider, name, declared, opts)

    def translate_input_property(self, prop: str) -> str:
        return wire_name(prop)

    def translate_output_property(self, prop: str) -> str:
        return python_name(prop)

    @property
    def aws(self) -> Output[dict[str, Any] | None]:
        """The settings that were given for this resource."""
        return self._if_given("aws", Output.from_input(None))

    def _if_given(self, name: str, otherwise: Output[Any]) -> Output[Any]:
        """The output `name`, or `otherwise` where the program gives nothing (or None) for it.

        An output that the state lacks would be unknown in every preview, and so would all that depends on it.
        """
        if self._given.get(name) is None:
            return otherwise
        output: Output[Any] = pulumi.get(self, name)
        return Output.from_input(self._given[name]).apply(
            lambda given: otherwise if given is None else output
        )


class _OfGivenConnection(_ConnectionResource):
    """What the resources of a connection that was made elsewhere are besides."""

    connection_id: Output[str]
    on_delete: Output[str]


class _RolesOfConnection(_ConnectionResource):
    """What the resources that set roles are besides."""

    managed_role_arns: Output[RoleArns]
    """What this resource last set; its keys are the roles that it manages."""
    previous_role_arns: Output[RoleArns]
    """What each managed role was before this resource first set it; a role that was not set is absent. Of a requested
    connection: empty where it is new, the roles that were found where it was taken over."""

    @property
    def role_arn(self) -> Output[str | None]:
        """The role for CloudFormation provisioning, also where this resource does not manage it."""
        return self._role("role_arn")

    @property
    def component_role_arn(self) -> Output[str | None]:
        """The role for directly defined components, also where this resource does not manage it."""
        return self._role("component_role_arn")

    @property
    def codebuild_role_arn(self) -> Output[str | None]:
        """The role for CodeBuild provisioning, also where this resource does not manage it."""
        return self._role("codebuild_role_arn")

    def _role(self, name: str) -> Output[str | None]:
        return self._if_given(name, self.live_role_arns.apply(lambda live: live.get(name)))


@dataclass(kw_only=True)
class EnvironmentAccountConnectionRolesArgs:
    """The arguments of `EnvironmentAccountConnectionRoles` as one object."""

    connection_id: Input[str]
    """The id of the connection, the part of its ARN after the last `/`. Another id replaces the resource."""
    role_arn: Input[str] | None = None
    """The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes."""
    component_role_arn: Input[str] | None = None
    """The role for directly defined components, which `proton.amazonaws.com` assumes."""
    codebuild_role_arn: Input[str] | None = None
    """The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes."""
    on_delete: Input[Literal["retain", "restore"]] | None = None
    """What destroying the resource does to the connection: `retain` (default) leaves its roles, `restore` puts
    back those from before, where they are still this resource's."""
    aws: AwsSettings | None = None
    """AWS settings for this resource. They override the stack's config."""


class EnvironmentAccountConnectionRoles(
    _OfGivenConnection, _RolesOfConnection, module="proton", name="EnvironmentAccountConnectionRoles"
):
    """The roles of an environment account connection that may have been made elsewhere.

    At least one role must be given; roles that are not given are left alone. AWS documents that
    `UpdateEnvironmentAccountConnection` can set a role; there is no way to take one away (read off the service
    model), so a role that is taken out of the program stays on the connection, and a preview says so.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionRolesArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        connection_id: Input[str],
        role_arn: Input[str] | None = None,
        component_role_arn: Input[str] | None = None,
        codebuild_role_arn: Input[str] | None = None,
        on_delete: Input[Literal["retain", "restore"]] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        given, opts = _arguments(EnvironmentAccountConnectionRolesArgs, args, kwargs)
        super().__init__(
            dynamic.EnvironmentAccountConnectionRolesProvider(),
            resource_name,
            given,
            (*_CONNECTION_OUTPUTS, *_ROLE_OUTPUTS),
            opts,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnectionRoles:
        """Read the roles of the connection `id` without managing them; at preview, too.

        An absent connection is an error. `managed_role_arns` and `previous_role_arns` are empty.
        """
        return EnvironmentAccountConnectionRoles(
            resource_name, ResourceOptions.merge(opts, ResourceOptions(id=id)), connection_id=id, aws=aws
        )


@dataclass(kw_only=True)
class EnvironmentAccountConnectionArgs:
    """The arguments of `EnvironmentAccountConnection` as one object."""

    environment_name: Input[str]
    """The name of the environment in the management account: 1 to 100 characters. A change replaces the resource."""
    management_account_id: Input[str]
    """The account that runs Proton: twelve digits, as text. A change replaces the resource."""
    role_arn: Input[str] | None = None
    """The role for CloudFormation provisioning, which `proton.amazonaws.com` assumes."""
    component_role_arn: Input[str] | None = None
    """The role for directly defined components, which `proton.amazonaws.com` assumes."""
    codebuild_role_arn: Input[str] | None = None
    """The role for CodeBuild provisioning, which `codebuild.amazonaws.com` assumes."""
    tags: Input[Mapping[str, Input[str]]] | None = None
    """Tags of the connection, at most 50 with those of `aws:defaultTags`, which these override."""
    adopt_existing: Input[bool] | None = None
    """Take over the one connection of the same environment and management account that is not rejected, where
    there is one, instead of requesting another. Several are an error that lists them."""
    aws: AwsSettings | None = None
    """AWS settings for this resource (of the environment account). They override the stack's config."""


class EnvironmentAccountConnection(_RolesOfConnection, module="proton", name="EnvironmentAccountConnection"):
    """A connection requested from the environment account, for the management account to accept.

    Creating it is safe to repeat: a request whose answer was lost is answered with the first connection (AWS
    remembers the client token for 8 hours, documented by AWS). Destroying it deletes the connection, also one
    that was taken over. Manage the roles of one connection here or in `EnvironmentAccountConnectionRoles`, not
    in both: each would undo the other at every `up`.
    """

    adopt_existing: Output[bool]

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        environment_name: Input[str],
        management_account_id: Input[str],
        role_arn: Input[str] | None = None,
        component_role_arn: Input[str] | None = None,
        codebuild_role_arn: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        adopt_existing: Input[bool] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        given, opts = _arguments(EnvironmentAccountConnectionArgs, args, kwargs)
        given["tags"] = tag_list(given["tags"])
        if opts is None or opts.id is None:
            given["requester"] = _requester(resource_name, opts)
        super().__init__(
            dynamic.EnvironmentAccountConnectionProvider(),
            resource_name,
            given,
            (*_CONNECTION_OUTPUTS, *_ROLE_OUTPUTS, "tags_all"),
            opts,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnection:
        """Read the connection `id` without managing it; at preview, too. An absent connection is an error."""
        return EnvironmentAccountConnection(  # type: ignore[no-any-return, call-overload]  # what must be given is read
            resource_name,
            ResourceOptions.merge(opts, ResourceOptions(id=id)),
            environment_name=None,
            management_account_id=None,
            aws=aws,
        )

    @property
    def tags(self) -> Output[dict[str, str]]:
        """The connection's tags, without those that only `aws:defaultTags` gives it."""
        return self._tag_map("tags")

    @property
    def tags_all(self) -> Output[dict[str, str]]:
        """The connection's tags, those of `aws:defaultTags` included."""
        return self._tag_map("tags_all")

    def _tag_map(self, name: str) -> Output[dict[str, str]]:
        pairs: Output[list[dict[str, str]]] = pulumi.get(self, name)
        return pairs.apply(lambda pairs: {pair["key"]: pair["value"] for pair in pairs})


@dataclass(kw_only=True)
class EnvironmentAccountConnectionAccepterArgs:
    """The arguments of `EnvironmentAccountConnectionAccepter` as one object."""

    connection_id: Input[str]
    """The id of the connection to accept. Another id replaces the resource."""
    on_delete: Input[Literal["retain", "reject"]] | None = None
    """What destroying the resource does: `retain` (default) leaves the connection accepted, `reject` rejects it,
    after which nobody can accept it again; AWS refuses that while an environment uses it (documented by AWS)."""
    aws: AwsSettings | None = None
    """AWS settings for this resource (of the management account). They override the stack's config."""


class EnvironmentAccountConnectionAccepter(
    _OfGivenConnection, module="proton", name="EnvironmentAccountConnectionAccepter"
):
    """The acceptance of a connection, in the management account.

    It needs the permissions `proton:AcceptEnvironmentAccountConnection` and
    `proton:ListEnvironmentAccountConnections`, and with `on_delete="reject"`
    `proton:RejectEnvironmentAccountConnection`: AWS documents no other view of a connection for this account.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        args: EnvironmentAccountConnectionAccepterArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        connection_id: Input[str],
        on_delete: Input[Literal["retain", "reject"]] | None = None,
        aws: AwsSettings | None = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        given, opts = _arguments(EnvironmentAccountConnectionAccepterArgs, args, kwargs)
        super().__init__(
            dynamic.EnvironmentAccountConnectionAccepterProvider(),
            resource_name,
            given,
            (*_CONNECTION_OUTPUTS, "live_role_arns"),
            opts,
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002  # the name that every Pulumi resource has
        opts: ResourceOptions | None = None,
        *,
        aws: AwsSettings | None = None,
    ) -> EnvironmentAccountConnectionAccepter:
        """Read how the management account sees the connection `id`; at preview, too. An absent one is an error."""
        return EnvironmentAccountConnectionAccepter(
            resource_name, ResourceOptions.merge(opts, ResourceOptions(id=id)), connection_id=id, aws=aws
        )

    @property
    def role_arn(self) -> Output[str | None]:
        """The role for CloudFormation provisioning."""
        return self.live_role_arns.apply(lambda live: live.get("role_arn"))

    @property
    def component_role_arn(self) -> Output[str | None]:
        """The role for directly defined components."""
        return self.live_role_arns.apply(lambda live: live.get("component_role_arn"))


_CONNECTION_OUTPUTS = (
    "arn",
    "environment_account_id",
    "environment_name",
    "management_account_id",
    "status",
    "requested_at",
    "last_modified_at",
    "region",
)
_ROLE_OUTPUTS = ("managed_role_arns", "previous_role_arns", "live_role_arns")


def _arguments(
    kind: type[Any], positional: tuple[Any, ...], named: dict[str, Any]
) -> tuple[dict[str, Any], ResourceOptions | None]:
    """The inputs and the options of a constructor's call."""
    args, opts = arguments(kind, positional, named)
    return dict(vars(args)), opts


def _requester(resource_name: str, opts: ResourceOptions | None) -> str:
    """Who requests a connection, the same at every try: what tells a resource's URN from every other."""
    parent = opts.parent.pulumi_resource_type if opts is not None and opts.parent is not None else ""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    return f"{stack}/{parent}/{resource_name}"

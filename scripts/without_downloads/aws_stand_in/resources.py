"""The four resource types: their properties and their IAM calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from proton_provider.plugin.values import Properties
from without_downloads.aws_stand_in.account import Account


@dataclass(frozen=True)
class Property:
    """An input. Its value is also an output."""

    type: str = "string"
    """A type of the schema, or "document": a JSON string or an object."""
    required: bool = False
    default: Any = None
    replaces: bool = False
    """Whether a change replaces the resource."""
    computed: bool = False
    """Whether the value is unknown until creation if the program does not set it."""
    in_place: bool = False
    """Whether `update` can change it."""


_NAMES = dict.fromkeys(("name", "namePrefix"), Property(replaces=True, computed=True))
_PATH = Property(default="/", replaces=True)
_ROLE = Property(required=True, replaces=True)


class Resource:
    """A resource type. Its methods raise botocore's errors. `state` is the last outputs and the id."""

    type: ClassVar[str]
    properties: ClassVar[Mapping[str, Property]]
    outputs: ClassVar[tuple[str, ...]] = ()
    """Outputs that only AWS sets."""
    deleted_first: ClassVar[bool] = False
    """Whether a replacement always deletes the old resource first."""

    def create(self, account: Account, inputs: Properties) -> str:
        """Create the resource and return its id. `inputs` include a name."""
        raise NotImplementedError

    def read(self, account: Account, known: Properties) -> Properties | None:
        """The live outputs, or None if the resource does not exist. `known` is the state, updated with the inputs."""
        raise NotImplementedError

    def update(self, account: Account, state: Properties, inputs: Properties) -> None:
        """Update the resource to match `inputs`. Only those with a property that is changed in place can."""
        raise NotImplementedError

    def delete(self, account: Account, state: Properties) -> None:
        """Delete the resource."""
        raise NotImplementedError


class Role(Resource):
    """A role. Its id is its name."""

    type = "aws:iam/role:Role"
    properties: ClassVar = {
        "assumeRolePolicy": Property("document", required=True, in_place=True),
        "description": Property(in_place=True),
        "maxSessionDuration": Property("integer", default=3600, in_place=True),
        **_NAMES,
        "path": _PATH,
        "permissionsBoundary": Property(in_place=True),
        "tags": Property("object", in_place=True),
        "tagsAll": Property("object", computed=True, in_place=True),
    }
    outputs = ("arn", "createDate", "inlinePolicies", "managedPolicyArns", "uniqueId")

    def create(self, account: Account, inputs: Properties) -> str:
        request = {
            "RoleName": inputs["name"],
            "AssumeRolePolicyDocument": inputs["assumeRolePolicy"],
            "Path": inputs["path"],
            "MaxSessionDuration": inputs["maxSessionDuration"],
            "Description": inputs.get("description"),
            "PermissionsBoundary": inputs.get("permissionsBoundary"),
            "Tags": _listed(inputs["tagsAll"]),
        }
        account.client("iam").create_role(**{key: value for key, value in request.items() if value})
        return str(inputs["name"])

    def read(self, account: Account, known: Properties) -> Properties | None:
        iam, name = account.client("iam"), known["id"]
        role = iam.get_role(RoleName=name)["Role"]
        if "arn" in known:  # a refresh reads no policies: a role policy is a resource of its own
            policies = {key: known[key] for key in ("inlinePolicies", "managedPolicyArns")}
        else:
            inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
            policies = {
                "inlinePolicies": [{"name": each} for each in inline],
                "managedPolicyArns": _attached(iam, name),
            }
        return {
            **policies,
            "arn": role["Arn"],
            "assumeRolePolicy": _document(known.get("assumeRolePolicy"), role["AssumeRolePolicyDocument"]),
            "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": role.get("Description", ""),
            "forceDetachPolicies": False,
            "maxSessionDuration": role["MaxSessionDuration"],
            "name": role["RoleName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "uniqueId": role["RoleId"],
            **_tags(account, role, known),
        }

    def update(self, account: Account, state: Properties, inputs: Properties) -> None:
        iam, name = account.client("iam"), state["id"]
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=inputs["assumeRolePolicy"])
        duration, description = inputs["maxSessionDuration"], inputs.get("description", "")
        iam.update_role(RoleName=name, MaxSessionDuration=duration, Description=description)
        if boundary := inputs.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif state.get("permissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=name)
        if removed := sorted((state.get("tagsAll") or {}).keys() - inputs["tagsAll"].keys()):
            iam.untag_role(RoleName=name, TagKeys=removed)
        if inputs["tagsAll"]:
            iam.tag_role(RoleName=name, Tags=_listed(inputs["tagsAll"]))

    def delete(self, account: Account, state: Properties) -> None:
        iam, name = account.client("iam"), state["id"]
        # As pulumi-aws: the policies of an imported role go with it.
        for arn in state["managedPolicyArns"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        for policy in state["inlinePolicies"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy["name"])
        iam.delete_role(RoleName=name)


class RolePolicy(Resource):
    """An inline policy of a role. Its id is ROLE:NAME."""

    type = "aws:iam/rolePolicy:RolePolicy"
    properties: ClassVar = {
        **_NAMES,
        "policy": Property("document", required=True, in_place=True),
        "role": _ROLE,
    }

    def create(self, account: Account, inputs: Properties) -> str:
        role, name = inputs["role"], inputs["name"]
        account.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
        return f"{role}:{name}"

    def read(self, account: Account, known: Properties) -> Properties | None:
        role, _, name = known["id"].partition(":")
        live = account.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        policy = _document(known.get("policy"), live)
        return {"name": name, "namePrefix": known.get("namePrefix", ""), "policy": policy, "role": role}

    def update(self, account: Account, state: Properties, inputs: Properties) -> None:
        self.create(account, {**inputs, "role": state["role"], "name": state["name"]})

    def delete(self, account: Account, state: Properties) -> None:
        account.client("iam").delete_role_policy(RoleName=state["role"], PolicyName=state["name"])


class RolePolicyAttachment(Resource):
    """A managed policy on a role. Its id is ROLE/POLICY_ARN."""

    type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    properties: ClassVar = {"policyArn": _ROLE, "role": _ROLE}
    deleted_first = True  # both may be the same attachment

    def create(self, account: Account, inputs: Properties) -> str:
        role, arn = inputs["role"], inputs["policyArn"]
        account.client("iam").attach_role_policy(RoleName=role, PolicyArn=arn)
        return f"{role}/{arn}"

    def read(self, account: Account, known: Properties) -> Properties | None:
        role, _, arn = known["id"].partition("/")
        return {"policyArn": arn, "role": role} if arn in _attached(account.client("iam"), role) else None

    def delete(self, account: Account, state: Properties) -> None:
        account.client("iam").detach_role_policy(RoleName=state["role"], PolicyArn=state["policyArn"])


class Policy(Resource):
    """A managed policy. Its id is its ARN."""

    type = "aws:iam/policy:Policy"
    properties: ClassVar = {
        "description": Property(replaces=True),
        **_NAMES,
        "path": _PATH,
        "policy": Property("document", required=True),
        "tags": Property("object"),
        "tagsAll": Property("object", computed=True),
    }
    outputs = ("arn", "attachmentCount", "policyId")

    def create(self, account: Account, inputs: Properties) -> str:
        made = account.client("iam").create_policy(
            PolicyName=inputs["name"],
            Path=inputs["path"],
            PolicyDocument=inputs["policy"],
            Description=inputs.get("description", ""),
            Tags=_listed(inputs["tagsAll"]),
        )
        return str(made["Policy"]["Arn"])

    def read(self, account: Account, known: Properties) -> Properties | None:
        iam, arn = account.client("iam"), known["id"]
        policy = iam.get_policy(PolicyArn=arn)["Policy"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "description": policy.get("Description", ""),
            "name": policy["PolicyName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": policy["Path"],
            "policy": _document(known.get("policy"), version["Document"]),
            "policyId": policy["PolicyId"],
            **_tags(account, policy, known),
        }

    def delete(self, account: Account, state: Properties) -> None:
        account.client("iam").delete_policy(PolicyArn=state["id"])


RESOURCES: Mapping[str, Resource] = {
    resource.type: resource for resource in (Role(), RolePolicy(), RolePolicyAttachment(), Policy())
}


def _attached(iam: Any, role: str) -> list[str]:
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in attached]


def _document(known: str | None, live: Any) -> str:
    """The live document as a JSON string. If the known string is equivalent, that one."""
    return known if known is not None and json.loads(known) == live else json.dumps(live)


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tags(account: Account, answer: Any, known: Properties) -> Properties:
    """`tags` and `tagsAll`. A default tag is in `tags` only if the program repeats it."""
    every = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}
    defaults, mine = account.default_tags, known.get("tags") or {}
    own = {key: value for key, value in every.items() if key in mine or defaults.get(key) != value}
    return {"tags": own or None, "tagsAll": every}

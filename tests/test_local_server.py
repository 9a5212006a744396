"""The local AWS over real HTTP: wire format, callers, faults, the log, and moto's services beside Proton."""

import concurrent.futures
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from werkzeug.wrappers import Response
from wire import (
    ABSENT,
    CREATE,
    ENVIRONMENT,
    FORM,
    GET,
    MANAGEMENT,
    MODEL,
    OTHER,
    ROLE,
    UNKNOWN,
    UNREADABLE,
    UPDATE,
    assert_aws_error,
    head,
    headers,
    judge_answer,
    send,
    signature,
    with_length,
)

from proton_provider.local import (
    CONNECTION_RESET,
    LocalAws,
    Request,
    clients,
    control,
    gateway,
    moto_backend,
    server,
    transport,
)

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")


def client(
    aws: LocalAws,
    service: str,
    key: str = ENVIRONMENT,
    *,
    region: str = "eu-west-1",
    retries: int = 0,
    **more: Any,
) -> Any:
    """A real client; every answer it gets from Proton is judged."""
    secret, token = more.pop("secret", "any"), more.pop("token", None)
    mode = "standard" if retries else "legacy"
    made = clients.session().client(
        service,
        endpoint_url=aws.url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": retries, "mode": mode}, **more),
    )
    made.meta.events.register("before-parse.proton", judge_answer)
    return made


@pytest.fixture
def environment(aws: LocalAws) -> Any:
    return client(aws, "proton")


@pytest.fixture
def management(aws: LocalAws) -> Any:
    return client(aws, "proton", MANAGEMENT)


def call(proton: Any, operation: str, **members: Any) -> dict[str, Any]:
    """The connection that an operation on connections answers with."""
    answer = getattr(proton, f"{operation}_environment_account_connection")(**members)
    connection: dict[str, Any] = answer["environmentAccountConnection"]
    return connection


def create(proton: Any, **members: Any) -> dict[str, Any]:
    """A new connection."""
    return call(
        proton, "create", **{"environmentName": "production", "managementAccountId": MANAGEMENT, **members}
    )


def listed(proton: Any, requested_by: str = "ENVIRONMENT_ACCOUNT") -> list[str]:
    """The ids of all connections of a caller."""
    pages = proton.get_paginator("list_environment_account_connections").paginate(requestedBy=requested_by)
    return [item["id"] for page in pages for item in page["environmentAccountConnections"]]


def error(operation: Any, *arguments: Any, **members: Any) -> dict[str, str]:
    """The error of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        operation(*arguments, **members)
    found: dict[str, str] = caught.value.response["Error"]
    return found


# The ten operations


def test_all_ten_operations_by_a_real_client(environment: Any, management: Any) -> None:
    """A connection is made, found, listed, accepted, updated, tagged, rejected and deleted, each answer as modelled."""
    made = create(environment, roleArn=ROLE, tags=[{"key": "team", "value": "a"}])
    connection_id, arn = made["id"], made["arn"]
    assert isinstance(made["requestedAt"], dt.datetime)
    assert call(environment, "get", id=connection_id) == made
    assert listed(management, "MANAGEMENT_ACCOUNT") == [connection_id]
    assert call(management, "accept", id=connection_id)["status"] == "CONNECTED"
    updated = call(environment, "update", id=connection_id, codebuildRoleArn=ROLE)
    assert updated["codebuildRoleArn"] == ROLE
    environment.tag_resource(resourceArn=arn, tags=[{"key": "x", "value": ""}])
    environment.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert environment.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "x", "value": ""}]
    assert call(management, "reject", id=connection_id)["status"] == "REJECTED"
    assert call(environment, "delete", id=connection_id)["id"] == connection_id
    assert listed(environment) == []


def test_a_paginator_sees_every_connection_once(environment: Any) -> None:
    """Botocore's own paginators work on both paged operations."""
    ids = [create(environment)["id"] for _ in range(7)]
    pages = environment.get_paginator("list_environment_account_connections").paginate(
        requestedBy="ENVIRONMENT_ACCOUNT", PaginationConfig={"PageSize": 3}
    )
    assert [item["id"] for page in pages for item in page["environmentAccountConnections"]] == ids
    arn = create(environment, tags=[{"key": str(number), "value": ""} for number in range(5)])["arn"]
    tags = environment.get_paginator("list_tags_for_resource").paginate(
        resourceArn=arn, PaginationConfig={"PageSize": 2}
    )
    assert [tag["key"] for page in tags for tag in page["tags"]] == list("01234")


def test_unset_roles_are_absent_and_times_are_numbers(aws: LocalAws) -> None:
    """In the raw JSON nothing is null, and times are seconds since 1970 with a fraction."""
    before = time.time()
    members = {"environmentName": "e", "managementAccountId": MANAGEMENT}
    status, _, body = send(aws, body=json.dumps(members), given=headers(CREATE))
    answer = json.loads(body)["environmentAccountConnection"]
    assert status == 200
    assert not {"roleArn", "componentRoleArn", "codebuildRoleArn"} & set(answer)
    assert b"null" not in body
    assert isinstance(answer["requestedAt"], float)
    assert before - 1 < answer["requestedAt"] < time.time() + 1


def test_a_real_client_gets_modelled_errors(
    environment: Any, management: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore turns each kind of refusal into the exception class that the model names, with a sentence."""
    made = create(environment, clientToken="t")
    assert create(environment, clientToken="t")["id"] == made["id"]
    management.reject_environment_account_connection(id=made["id"])
    monkeypatch.setattr("proton_provider.local.store.CONNECTIONS_PER_ACCOUNT", 1)
    new = {"environmentName": "other", "managementAccountId": MANAGEMENT}
    absent_arn = made["arn"].replace(made["id"], ABSENT)
    for proton, operation, members, code, text in (
        (environment, "get_environment_account_connection", {"id": ABSENT}, "ResourceNotFound", ABSENT),
        (environment, "get_environment_account_connection", {"id": "no-id"}, "Validation", "at 'id'"),
        (environment, "update_environment_account_connection", {"id": ABSENT, "roleArn": "x"}, "Validation", "at 'roleArn'"),
        (environment, "list_environment_account_connections", {"requestedBy": "ME"}, "Validation", "MANAGEMENT_ACCOUNT"),
        (environment, "list_tags_for_resource", {"resourceArn": absent_arn}, "ResourceNotFound", ABSENT),
        (environment, "create_environment_account_connection", {**new, "clientToken": "t"}, "Validation", "IdempotentParameterMismatch"),
        (environment, "create_environment_account_connection", new, "ServiceQuotaExceeded", "quota"),
        (management, "accept_environment_account_connection", {"id": made["id"]}, "Conflict", "REJECTED"),
    ):  # fmt: skip
        with pytest.raises(getattr(proton.exceptions, f"{code}Exception"), match=text):
            getattr(proton, operation)(**members)


# What is not a request to Proton


def test_other_operations_of_proton_say_that_they_are_not_emulated(aws: LocalAws) -> None:
    """The answer names the operation and lists those that there are."""
    ours = set(MODEL.operation_names)
    assert len(ours) == 10
    for operation in ("CreateEnvironment", "GetAccountSettings", "ListServices", "UpdateServicePipeline"):
        answer = send(aws, given=headers(operation))
        assert assert_aws_error(answer) == "UnknownOperationException"
        message = json.loads(answer[2])["message"]
        assert f"does not emulate {operation}." in message
        assert ours <= set(re.findall(r"\w+", message))


def signed(old: str, new: str) -> dict[str, Any]:
    """The parts of a request with another Authorization header."""
    return {"given": headers(Authorization=signature().replace(old, new))}


INVALID = "ValidationException"
INCOMPLETE, UNSIGNED = "IncompleteSignatureException", "MissingAuthenticationTokenException"
MISSIGNED = "InvalidSignatureException"
REFUSED = [
    ("an operation that nobody has", {"given": headers("Nope")}, UNKNOWN, "Nope"),
    ("an operation in lower case", {"given": headers(GET.lower())}, UNKNOWN, "does not emulate"),
    ("no target", {"given": headers(X_Amz_Target=None)}, UNKNOWN, "no operation"),
    ("another service's target", {"given": headers(X_Amz_Target="Other.Get")}, UNKNOWN, "Other.Get"),
    ("GET", {"method": "GET"}, UNKNOWN, "POST"),
    ("PUT", {"method": "PUT"}, UNKNOWN, "POST"),
    ("a path", {"path": "/connections"}, UNKNOWN, "POST"),
    ("no content type", {"given": headers(Content_Type=None)}, UNREADABLE, "Content-Type"),
    ("JSON 1.1", {"given": headers(Content_Type="application/x-amz-json-1.1")}, UNREADABLE, "json-1.0"),
    ("a form", {"given": headers(Content_Type=FORM)}, UNREADABLE, "Content-Type"),
    ("no JSON", {"body": b"id=1"}, UNREADABLE, "not JSON"),
    ("half of JSON", {"body": b'{"id":'}, UNREADABLE, "not JSON"),
    ("bytes that are not UTF-8", {"body": b'{"id":"\xff"}'}, UNREADABLE, "not JSON"),
    ("a byte order mark", {"body": b"\xef\xbb\xbf{}"}, UNREADABLE, "not JSON"),
    ("NaN", {"body": b'{"maxResults":NaN}'}, UNREADABLE, "NaN"),
    ("Infinity", {"body": b'{"maxResults":-Infinity}'}, UNREADABLE, "Infinity"),
    ("a number of 10,000 digits", {"body": b'{"maxResults":' + b"9" * 10_000 + b"}"}, UNREADABLE, "not JSON"),
    ("half of a surrogate pair", {"body": b'{"id":"\\ud800"}'}, UNREADABLE, "surrogate"),
    ("a list", {"body": b"[]"}, UNREADABLE, "START_ARRAY"),
    ("null", {"body": b"null"}, UNREADABLE, "a structure"),
    ("a string", {"body": b'"id"'}, UNREADABLE, "STRING_VALUE"),
    ("deep nesting", {"body": b"[" * 100_000}, UNREADABLE, "deep"),
    ("deep nesting of objects", {"body": b'{"a":' * 100_000}, UNREADABLE, "deep"),
    ("no body", {"body": b""}, INVALID, "at 'id'"),
    ("an empty object", {"body": b"{}"}, INVALID, "at 'id'"),
    ("a body in chunks", {"body": [b'{"id"', b':"x"}']}, INVALID, "'x' at 'id'"),
    ("a media type with a charset", {"given": headers(Content_Type="Application/X-Amz-Json-1.0; charset=UTF-8")}, INVALID, "at 'id'"),
    ("no signature", {"given": headers(Authorization=None)}, UNSIGNED, "Missing Authentication Token"),
    ("an empty signature", {"given": headers(Authorization=" ")}, UNSIGNED, "Missing Authentication Token"),
    ("a bearer token", {"given": headers(Authorization="Bearer abc")}, INCOMPLETE, "Unsupported AWS 'algorithm': 'Bearer'"),
    ("Version 2", {"given": headers(Authorization="AWS key:signature")}, INCOMPLETE, "Unsupported AWS 'algorithm': 'AWS'"),
    ("an algorithm alone", {"given": headers(Authorization="AWS4-HMAC-SHA256")}, INCOMPLETE, "requires 'Credential' parameter"),
    ("no Signature", signed("Signature=0", ""), INCOMPLETE, "requires 'Signature' parameter"),
    ("no SignedHeaders", signed("SignedHeaders=host", ""), INCOMPLETE, "requires 'SignedHeaders'"),
    ("a scope of four", signed("/20260101", ""), INCOMPLETE, "exactly 5 slash-delimited elements"),
    ("no access key", signed(ENVIRONMENT, ""), MISSIGNED, "access key id"),
    ("no date", signed("20260101", "today"), MISSIGNED, "YYYYMMDD"),
    ("no Region", signed("eu-west-1", "moon"), MISSIGNED, "valid region"),
    ("another terminator", signed("aws4_request", "aws5_request"), MISSIGNED, "'aws4_request'"),
    ("another service", signed("proton", "iam"), MISSIGNED, "correct service: 'proton'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "code", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_proton_can_not_take_gets_awss_error(
    aws: LocalAws, parts: dict[str, Any], code: str, text: str
) -> None:
    """Wrong methods, paths, types, bodies and signatures each get a code of AWS's JSON services, also in the log."""
    answer = send(aws, **parts)
    assert assert_aws_error(answer) == code
    assert text in json.loads(answer[2])["message"]
    assert aws.requests[-1].error == code


@pytest.mark.parametrize(
    "region", ["eu-west-1", "us-east-1", "us-gov-west-1", "mx-central-1", "xx-nowhere-99"]
)
def test_every_region_shaped_name_is_a_region(aws: LocalAws, region: str) -> None:
    """Proton's end in the Region of the signature, whatever AWS offers there."""
    assert f":proton:{region}:" in create(client(aws, "proton", region=region))["arn"]


# Callers


def test_a_key_of_twelve_digits_is_that_account(aws: LocalAws) -> None:
    """Proton, STS and IAM agree on it; any other key is the default account."""
    for key, account in (
        (OTHER, OTHER),
        ("AKIAIOSFODNN7EXAMPLE", "123456789012"),
        ("test", "123456789012"),
    ):
        assert create(client(aws, "proton", key))["environmentAccountId"] == account
        assert client(aws, "sts", key).get_caller_identity()["Account"] == account
        role = client(aws, "iam", key).create_role(RoleName=key, AssumeRolePolicyDocument="{}")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{account}:role/{key}"


def test_keys_of_an_iam_user_belong_to_the_users_account(aws: LocalAws) -> None:
    """An access key made by CreateAccessKey is its account's, until it is deleted."""
    iam = client(aws, "iam", OTHER)
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys: dict[str, Any] = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    assert create(client(aws, "proton", **keys))["environmentAccountId"] == OTHER
    assert client(aws, "sts", **keys).get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER}:user/ann"
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    assert create(client(aws, "proton", **keys))["environmentAccountId"] == gateway.DEFAULT_ACCOUNT


def assume(sts: Any, role_arn: str) -> dict[str, Any]:
    """The credentials of an assumed role, as ``client`` takes them."""
    given = sts.assume_role(RoleArn=role_arn, RoleSessionName="ann")["Credentials"]
    return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}


def test_an_assumed_role_belongs_to_the_roles_account(aws: LocalAws) -> None:
    """Credentials of AssumeRole across accounts act in the account of the role, on Proton and everywhere else."""
    client(aws, "iam", MANAGEMENT).create_role(RoleName="admin", AssumeRolePolicyDocument="{}")
    keys = assume(client(aws, "sts"), f"arn:aws:iam::{MANAGEMENT}:role/admin")
    assert create(client(aws, "proton", **keys))["environmentAccountId"] == MANAGEMENT
    identity = client(aws, "sts", **keys).get_caller_identity()
    assert identity["Account"] == MANAGEMENT
    assert identity["Arn"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/admin/ann"
    roles = client(aws, "iam", **keys).list_roles()["Roles"]
    assert [role["RoleName"] for role in roles] == ["admin"]


def test_a_presigned_request_is_its_signers(aws: LocalAws) -> None:
    """The account of a presigned URL is that of the key in its query."""
    url = client(aws, "sts", OTHER).generate_presigned_url("get_caller_identity")
    send(aws, "GET", url.removeprefix(aws.url), b"", {})
    assert (aws.requests[-1].account, aws.requests[-1].service) == (OTHER, "sts")


@pytest.mark.parametrize("header", ["x-moto-account-id", "x_moto_account_id"])
def test_a_client_can_not_choose_another_account_by_header(aws: LocalAws, header: str) -> None:
    """Moto's own header for that is overwritten."""
    given = {"Authorization": signature("sts", OTHER), "Content-Type": FORM, header: "444444444444"}
    _, _, body = send(aws, body=b"Action=GetCallerIdentity&Version=2011-06-15", given=given)
    assert f"<Account>{OTHER}</Account>".encode() in body


def test_there_is_an_end_to_accounts(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound moto takes no new account; those that are there go on."""
    client(aws, "iam").list_roles()
    monkeypatch.setattr(moto_backend, "MAX_ACCOUNTS", 1)
    assert error(client(aws, "iam", "444444444444").list_roles)["Code"] == "LimitExceededException"
    client(aws, "iam").list_roles()


# moto's services


def test_an_update_of_a_role_keeps_the_description_that_it_says_nothing_of(aws: LocalAws) -> None:
    """A session duration alone leaves the text as it is, an empty text clears it, of this role and of no other."""
    iam = client(aws, "iam")
    for name in ("kept", "other"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", Description=f"why {name}")
    iam.update_role(RoleName="kept", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="kept")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("why kept", 7200)
    iam.update_role(RoleName="kept", Description="")
    assert not iam.get_role(RoleName="kept")["Role"].get("Description")
    iam.update_role(RoleName="kept", Description="new")
    assert iam.get_role(RoleName="kept")["Role"]["Description"] == "new"
    assert iam.get_role(RoleName="other")["Role"]["Description"] == "why other"
    assert error(iam.update_role, RoleName="absent", MaxSessionDuration=7200)["Code"] == "NoSuchEntity"


def test_iam_has_awss_managed_policies(aws: LocalAws) -> None:
    """They can be attached by ARN, and are found by listing, beside those of the account."""
    iam = client(aws, "iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    arn = "arn:aws:iam::aws:policy/AWSProtonCodeBuildProvisioningBasicAccess"
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"][0]["PolicyArn"] == arn
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own = iam.create_policy(PolicyName="own", PolicyDocument=document)["Policy"]["Arn"]
    pages = iam.get_paginator("list_policies").paginate()
    arns = [policy["Arn"] for page in pages for policy in page["Policies"]]
    assert len(arns) == len(set(arns)) > 1000
    assert {own, "arn:aws:iam::aws:policy/AWSProtonFullAccess"} <= set(arns)
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    assert [policy["Arn"] for page in pages for policy in page["Policies"]] == [own]


def test_other_services_work_on_the_same_address(aws: LocalAws) -> None:
    """S3 with a path and metadata, DynamoDB with JSON, SQS: one endpoint is a whole account."""
    s3 = client(aws, "s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="bucket", Key="a key/ü", Body=b"x" * 3_000_000, Metadata={"my_name": "v"})
    found = s3.get_object(Bucket="bucket", Key="a key/ü")
    assert (len(found["Body"].read()), found["Metadata"]) == (3_000_000, {"my_name": "v"})
    assert s3.head_object(Bucket="bucket", Key="a key/ü")["ContentLength"] == 3_000_000
    unsendable = {"Bucket": "bucket", "Key": "a key/ü", "ResponseContentDisposition": "€"}
    assert error(s3.get_object, **unsendable)["Code"] == "NotImplemented"
    assert client(aws, "dynamodb").list_tables()["TableNames"] == []
    assert "QueueUrl" in client(aws, "sqs").create_queue(QueueName="q")


def test_errors_of_moto_come_through(aws: LocalAws) -> None:
    """A client sees moto's own codes, and the log has them."""
    assert error(client(aws, "iam").get_role, RoleName="nope")["Code"] == "NoSuchEntity"
    assert (aws.requests[-1].operation, aws.requests[-1].error) == ("GetRole", "NoSuchEntity")
    found = error(client(aws, "dynamodb").describe_table, TableName="nope")
    assert found["Code"] == "ResourceNotFoundException"
    assert str(aws.requests[-1].error).endswith("ResourceNotFoundException")


NOT_ROUTED = [
    ("an unknown service", "POST", "/", {"Authorization": signature("nope")}, b""),
    ("an unknown service with a target", "POST", "/", {"Authorization": signature("nope"), "X-Amz-Target": "A.B"}, b"{}"),
    ("DynamoDB without a target", "POST", "/", {"Authorization": signature("dynamodb")}, b"{}"),
    ("IAM without an action", "POST", "/", {"Authorization": signature("iam")}, b""),
    ("a target and no signature", "POST", "/", {"X-Amz-Target": "no-dot"}, b""),
    ("half a credential scope", "POST", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b"}, b""),
    ("moto's own switches", "POST", "/moto-api/reset", {}, b""),
    ("moto's own switches in disguise", "POST", "//%6doto-api/reset", {}, b""),
    ("moto's dashboard", "GET", "/moto-api/", {}, b""),
    ("an action that IAM has not", "POST", "/?Action=Nope", {"Authorization": signature("iam")}, b""),
    ("a path that Lambda has not", "GET", "/nope", {"Authorization": signature("lambda")}, b""),
    ("AssumeRole without a role", "POST", "/?Action=AssumeRole", {"Authorization": signature("sts")}, b""),
    ("a form that is no text", "POST", "/", {"Authorization": signature("iam"), "Content-Type": FORM}, b"Action=\xff"),
    ("a picture for browsers", "GET", "/favicon.ico", {}, b""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "given", "body"), [row[1:] for row in NOT_ROUTED], ids=[r[0] for r in NOT_ROUTED]
)
def test_what_moto_can_not_answer_gets_an_aws_error(
    aws: LocalAws, method: str, path: str, given: Any, body: Any
) -> None:
    """There is no page for browsers and no stack trace, whatever moto makes of a request."""
    assert_aws_error(send(aws, method, path, body, given))


def test_errors_are_in_the_protocol_of_the_service(aws: LocalAws) -> None:
    """Query services get XML, EC2 its own kind, JSON services JSON: real clients read the code of each."""
    for service, call_name, operation in (
        ("iam", "list_roles", "ListRoles"),
        ("ec2", "describe_vpcs", "DescribeVpcs"),
        ("dynamodb", "list_tables", "ListTables"),
        ("s3", "list_buckets", "GET /"),
        ("lambda", "list_functions", "GET /2015-03-31/functions"),
    ):
        aws.fail_next(operation, "AccessDenied", message="not <you> & \x01")
        found = error(getattr(client(aws, service), call_name))
        assert found["Code"] == "AccessDenied"
        assert found["Message"].startswith("not <you> & ")


# Roles


def trust(*services: str, effect: str = "Allow", action: Any = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy for services."""
    statement = {"Effect": effect, "Principal": {"Service": list(services)}, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(aws: LocalAws, name: str, policy: str, account: str = ENVIRONMENT) -> str:
    """The ARN of a new role."""
    iam = client(aws, "iam", account)
    role = iam.create_role(RoleName=name, Path="/service/", AssumeRolePolicyDocument=policy)["Role"]
    return str(role["Arn"])


PROTON, CODEBUILD = "proton.amazonaws.com", "codebuild.amazonaws.com"
TRUST = [
    ("roleArn", trust(PROTON), True),
    ("componentRoleArn", trust(PROTON), True),
    ("codebuildRoleArn", trust(CODEBUILD), True),
    ("roleArn", trust(CODEBUILD), False),
    ("componentRoleArn", trust(CODEBUILD), False),
    ("codebuildRoleArn", trust(PROTON), False),
    ("roleArn", trust("ec2.amazonaws.com", PROTON), True),
    ("roleArn", trust(PROTON, action=["sts:TagSession", "sts:AssumeRole"]), True),
    ("roleArn", trust(PROTON, action="sts:*"), True),
    ("roleArn", trust(PROTON, action="sts:TagSession"), False),
    ("roleArn", trust(PROTON, effect="Deny"), False),
    ("roleArn", trust(PROTON, Condition={"StringEquals": {"aws:SourceAccount": ENVIRONMENT}}), True),
    ("roleArn", trust(Principal={"Service": PROTON}), True),
    ("roleArn", trust(Principal="*"), True),
    ("roleArn", trust(Principal={"AWS": "*"}), False),
    ("roleArn", json.dumps({"Statement": ["text", {"Principal": 1, "Action": 2}]}), False),
    ("roleArn", json.dumps({"Statement": json.loads(trust(PROTON))["Statement"][0]}), True),
    ("roleArn", "{}", False),
    ("roleArn", "[]", False),
    ("roleArn", "no JSON", False),
]


@pytest.mark.parametrize(("member", "policy", "usable"), TRUST)
def test_checked_roles_must_trust_the_service_that_uses_them(
    aws: LocalAws, environment: Any, member: str, policy: str, usable: bool
) -> None:
    """Create and Update take a role whose trust policy lets the right service assume it, and refuse others by ARN."""
    role = {member: make_role(aws, "r", policy)}
    connection_id = create(environment)["id"]
    aws.check_roles = True
    if usable:
        assert create(environment, **role)[member] == role[member]
        return
    for found in (
        error(create, environment, **role),
        error(call, environment, "update", id=connection_id, **role),
    ):
        assert found["Code"] == "ValidationException"
        assert role[member] in found["Message"]


def test_checked_roles_must_exist_in_the_account_of_the_arn(aws: LocalAws, environment: Any) -> None:
    """A role that is nowhere or under another path is refused; unchecked, both are taken."""
    arn = make_role(aws, "r", trust(PROTON))
    others = [ROLE, arn.replace("/service/", "/")]
    for other in others:
        create(environment, roleArn=other)
    aws.check_roles = True
    for other in others:
        found = error(create, environment, roleArn=other)
        assert found["Code"] == "ValidationException"
        assert f"{other} can not be used: the role does not exist." in found["Message"]
    assert create(environment, roleArn=arn)["roleArn"] == arn


@pytest.mark.parametrize("check_roles", [False, True])
def test_roles_of_another_account_or_partition_are_refused(
    aws: LocalAws, environment: Any, check_roles: bool
) -> None:
    """Checked or not, and without the words of a role that is merely not assumable yet: nobody should wait for it."""
    aws.check_roles = check_roles
    connection_id = create(environment)["id"]
    for other in (ROLE.replace(ENVIRONMENT, MANAGEMENT), ROLE.replace("aws", "aws-cn", 1)):
        for found in (
            error(create, environment, roleArn=other),
            error(call, environment, "update", id=connection_id, roleArn=other),
        ):
            assert found["Code"] == "ValidationException"
            assert f"must be a role of account {ENVIRONMENT} in partition aws;" in found["Message"]
            assert other not in found["Message"]


def test_a_new_role_can_not_be_used_until_the_delay_is_over(aws: LocalAws, environment: Any) -> None:
    """With ``iam_delay`` Update refuses a young role by ARN; roles that IAM does not have are still taken."""
    connection_id = create(environment)["id"]
    arn = make_role(aws, "r", "{}")
    aws.iam_delay = 3600.0
    found = error(call, environment, "update", id=connection_id, roleArn=arn)
    assert found["Code"] == "ValidationException"
    assert arn in found["Message"]
    call(environment, "update", id=connection_id, roleArn=ROLE)
    aws.iam_delay = 0.01
    time.sleep(0.02)
    call(environment, "update", id=connection_id, roleArn=arn)


# Faults, delays, the log


def outcomes(aws: LocalAws, operation: str) -> list[tuple[int, str | None]]:
    """Status and error of each request of an operation so far."""
    return [(request.status, request.error) for request in aws.requests if request.operation == operation]


def test_the_next_calls_fail_as_told(aws: LocalAws, environment: Any) -> None:
    """So many of one operation fail with the code and message that were given, in the order they were asked for."""
    connection_id = create(environment)["id"]
    aws.fail_next(UPDATE, "AccessDeniedException", message="no iam:PassRole")
    aws.fail_next(UPDATE, "ThrottlingException", times=2)
    call(environment, "get", id=connection_id)
    found = [error(call, environment, "update", id=connection_id, roleArn=ROLE) for _ in range(3)]
    assert [each["Code"] for each in found] == ["AccessDeniedException", *["ThrottlingException"] * 2]
    assert found[0]["Message"] == "no iam:PassRole"
    assert "roleArn" not in call(environment, "get", id=connection_id)
    call(environment, "update", id=connection_id, roleArn=ROLE)


def test_every_so_many_calls_fail_until_reset(aws: LocalAws, environment: Any) -> None:
    """Storms of two codes take turns, what is asked for next comes first, and a reset ends them."""
    aws.fail_every(GET, "ThrottlingException", 3)
    aws.fail_every(GET, "InternalServerException", 4, offset=2)
    found = [error(call, environment, "get", id=ABSENT)["Code"].removesuffix("Exception") for _ in range(6)]
    absent, slow, broken = "ResourceNotFound", "Throttling", "InternalServer"
    assert found == [absent, broken, slow, absent, absent, slow]
    aws.fail_next(GET, "AccessDeniedException")
    found = [error(call, environment, "get", id=ABSENT)["Code"].removesuffix("Exception") for _ in range(4)]
    assert found == ["AccessDenied", absent, slow, broken]
    connection_id = create(environment)["id"]
    aws.fail_every(UPDATE, CONNECTION_RESET, 1, after_effect=True)
    for _ in range(2):
        with pytest.raises(ConnectionClosedError):
            call(environment, "update", id=connection_id, roleArn=ROLE)
    assert call(environment, "get", id=connection_id)["roleArn"] == ROLE
    aws.reset()
    assert error(call, environment, "update", id=ABSENT, roleArn=ROLE)["Code"] == "ResourceNotFoundException"


def test_a_client_retries_what_aws_lets_it_retry(aws: LocalAws) -> None:
    """Throttling, an internal error and resets are retried by botocore, which then gets its answer."""
    proton = client(aws, "proton", retries=3)
    connection_id = create(proton)["id"]
    wanted = []
    for status, code in (
        (400, "ThrottlingException"),
        (500, "InternalServerException"),
        (0, CONNECTION_RESET),
    ):
        aws.fail_next(GET, code)
        call(proton, "get", id=connection_id)
        wanted += [(status, code), (200, None)]
    assert outcomes(aws, GET) == wanted


def test_a_reset_is_one_on_the_wire(aws: LocalAws) -> None:
    """The caller's socket fails; it does not just end without an answer."""
    aws.fail_next(GET, CONNECTION_RESET)
    with socket.create_connection(("127.0.0.1", aws.port)) as connection:
        connection.sendall(head() + with_length(b"{}"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize("code", ["InternalServerException", CONNECTION_RESET])
@pytest.mark.parametrize("after_effect", [False, True])
def test_a_failure_can_come_before_or_after_the_effect(
    aws: LocalAws, environment: Any, code: str, after_effect: bool
) -> None:
    """``after_effect`` decides whether the operation was done; the caller can't tell."""
    connection_id = create(environment)["id"]
    aws.fail_next(UPDATE, code, after_effect=after_effect)
    with pytest.raises((ClientError, ConnectionClosedError)):
        call(environment, "update", id=connection_id, roleArn=ROLE)
    assert ("roleArn" in call(environment, "get", id=connection_id)) is after_effect


def test_a_lost_create_is_made_good_by_its_client_token(aws: LocalAws) -> None:
    """Botocore repeats the token when it retries, so that a lost answer makes no second connection."""
    proton = client(aws, "proton", retries=3)
    aws.fail_next(CREATE, CONNECTION_RESET, times=2, after_effect=True)
    made = create(proton)
    assert listed(proton) == [made["id"]]


def test_only_requests_that_can_be_read_use_up_a_fault(aws: LocalAws, environment: Any) -> None:
    """Bad JSON and missing signatures are refused as ever; an operation that fails anyway has its answer lost."""
    aws.fail_next(GET, "ThrottlingException", after_effect=True)
    assert assert_aws_error(send(aws, body=b"no json")) == "SerializationException"
    assert assert_aws_error(send(aws, given=headers(Authorization=None))) == UNSIGNED
    for code in ("ThrottlingException", "ResourceNotFoundException"):
        assert error(call, environment, "get", id=ABSENT)["Code"] == code


def test_sts_and_iam_can_fail_too(aws: LocalAws) -> None:
    """``fail_next`` knows operations of every service, connection resets included."""
    sts, iam = client(aws, "sts"), client(aws, "iam")
    aws.fail_next("AssumeRole", "AccessDenied", message="not you")
    aws.fail_next("AssumeRole", CONNECTION_RESET)
    assert error(assume, sts, ROLE) == {"Type": "Sender", "Code": "AccessDenied", "Message": "not you"}
    with pytest.raises(ConnectionClosedError):
        assume(sts, ROLE)
    assume(sts, ROLE)
    aws.fail_next("CreateRole", "ServiceFailure", after_effect=True)
    assert error(iam.create_role, RoleName="r", AssumeRolePolicyDocument="{}")["Code"] == "ServiceFailure"
    assert iam.get_role(RoleName="r")["Role"]["RoleName"] == "r"


def test_faults_for_no_request_are_a_mistake(aws: LocalAws) -> None:
    """``times`` and ``every`` are at least one, seconds are not negative."""
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="times must be at least 1"):
            aws.fail_next(GET, "ThrottlingException", times=wrong)
        with pytest.raises(ValueError, match="every must be at least 1"):
            aws.fail_every(GET, "ThrottlingException", wrong)
    with pytest.raises(ValueError, match="negative"):
        aws.delay(-1)


def test_answers_of_proton_can_be_held_back(aws: LocalAws, environment: Any) -> None:
    """The operation takes effect at once, its answer comes later, and nobody else has to wait."""
    connection_id = create(environment)["id"]
    slow = client(aws, "proton", read_timeout=0.3)
    aws.delay(3600)
    with pytest.raises(ReadTimeoutError):
        call(slow, "update", id=connection_id, roleArn=ROLE)
    client(aws, "iam").list_roles()
    while not outcomes(aws, UPDATE):
        time.sleep(0.01)
    aws.delay(0)
    assert call(environment, "get", id=connection_id)["roleArn"] == ROLE


def test_one_operation_can_be_held_back(aws: LocalAws, environment: Any) -> None:
    """A delay may be for a single operation, of any service."""
    aws.delay(3600, UPDATE)
    aws.delay(3600, "ListRoles")
    call(environment, "get", id=create(environment)["id"])
    with pytest.raises(ReadTimeoutError):
        client(aws, "iam", read_timeout=0.2).list_roles()


def test_a_reset_ends_a_delay_that_runs(aws: LocalAws, environment: Any) -> None:
    """Requests that wait are answered when ``reset`` is called."""
    aws.delay(3600)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(listed, environment)
        while not aws.requests:
            time.sleep(0.01)
        aws.reset()
        assert waiting.result() == []


def test_the_log_has_every_request(aws: LocalAws, environment: Any) -> None:
    """Service, operation, account, Region, parameters, status and error of each, oldest first."""
    connection_id = create(environment, clientToken="t")["id"]
    error(call, client(aws, "proton", MANAGEMENT, region="us-east-1"), "accept", id=connection_id)
    client(aws, "sts").get_caller_identity()
    members = {"environmentName": "production", "managementAccountId": MANAGEMENT, "clientToken": "t"}
    assert aws.requests == [
        Request("proton", CREATE, ENVIRONMENT, "eu-west-1", members, 200, None),
        Request(
            "proton", "AcceptEnvironmentAccountConnection", MANAGEMENT, "us-east-1", {"id": connection_id}, 400,
            "ResourceNotFoundException",
        ),
        Request("sts", "GetCallerIdentity", ENVIRONMENT, "eu-west-1", {"Version": "2011-06-15"}, 200, None),
    ]  # fmt: skip


def test_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many requests, or so many bytes, the oldest are forgotten."""
    log = control.RequestLog()
    entries = [Request("proton", str(number), "", "", {}, 200, None) for number in range(10)]
    monkeypatch.setattr(control, "KEPT_REQUESTS", 5)
    for entry in entries[:6]:
        log.add(entry, 10)
    assert log.snapshot() == entries[1:6]
    monkeypatch.setattr(control, "KEPT_BYTES", 25)
    log.add(entries[6], 10)
    assert log.snapshot() == entries[5:7]


def test_parameters_of_large_requests_are_not_kept(aws: LocalAws) -> None:
    """The log stays small, whatever is sent."""
    body = json.dumps({"id": ABSENT, "unknown": "x" * control.LOGGED_BODY})
    assert assert_aws_error(send(aws, body=body)) == "ResourceNotFoundException"
    assert aws.requests[-1].parameters == {}
    assert assert_aws_error(send(aws, given=headers("x" * 10_000))) == UNKNOWN
    assert len(aws.requests[-1].operation) < 1000


def test_reset_forgets_everything(aws: LocalAws, environment: Any) -> None:
    """Connections, roles, faults and requests of before are gone."""
    create(environment)
    make_role(aws, "r", "{}")
    aws.fail_next("ListRoles", "AccessDenied")
    aws.reset()
    assert aws.requests == []
    assert client(aws, "iam").list_roles()["Roles"] == []
    assert listed(environment) == []


# Threads, life and death


def test_many_threads_lose_nothing(aws: LocalAws, environment: Any) -> None:
    """Connections made, updated and listed at once by eight threads are all there, each once."""

    def work(number: int) -> str:
        made = create(environment, environmentName=f"e{number}")
        return str(call(environment, "update", id=made["id"], roleArn=ROLE)["id"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(150)))
    assert sorted(listed(environment)) == sorted(ids)
    assert outcomes(aws, CREATE) == outcomes(aws, UPDATE) == [(200, None)] * 150
    assert all(call(environment, "get", id=connection_id)["roleArn"] == ROLE for connection_id in ids[::10])


def test_many_threads_make_roles_at_once(aws: LocalAws) -> None:
    """Moto's IAM answers all of them, and assumed roles keep to their accounts."""
    iam = {account: client(aws, "iam", account) for account in (ENVIRONMENT, MANAGEMENT)}
    sts = client(aws, "sts")

    def work(number: int) -> tuple[str, str]:
        account = (ENVIRONMENT, MANAGEMENT)[number % 2]
        iam[account].create_role(RoleName=f"r{number}", AssumeRolePolicyDocument="{}")
        keys = assume(sts, iam[account].get_role(RoleName=f"r{number}")["Role"]["Arn"])
        return account, client(aws, "sts", **keys).get_caller_identity()["Account"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for wanted, found in pool.map(work, range(40)):
            assert found == wanted


def test_stop_ends_threads_and_connections() -> None:
    """Afterwards no thread is left, idle and waiting connections are closed, and the port is free."""
    before = set(threading.enumerate())
    aws = LocalAws().start()
    port = aws.port
    proton = client(aws, "proton")
    listed(proton)
    aws.delay(3600)
    with (
        concurrent.futures.ThreadPoolExecutor() as pool,
        socket.create_connection(("127.0.0.1", port)) as idle,
    ):
        waiting = pool.submit(listed, proton)
        while len(aws.requests) < 2:
            time.sleep(0.01)
        aws.stop()
        assert idle.recv(1) == b""
        concurrent.futures.wait([waiting])
    assert set(threading.enumerate()) <= before
    LocalAws(port=port).start().stop()


def test_one_that_does_not_run_says_so() -> None:
    """Asking for its address, or starting it twice, is a RuntimeError with a sentence; stopping it is not."""
    aws = LocalAws()
    aws.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = aws.url
    with aws, pytest.raises(RuntimeError, match="running already"):
        aws.start()
    with aws:
        assert send(aws)[0] == 400


def test_a_port_that_is_taken_is_an_os_error(aws: LocalAws, capfd: pytest.CaptureFixture[str]) -> None:
    """Two do not listen on one port; nothing is printed about it."""
    with pytest.raises(OSError, match="in use"):
        LocalAws(port=aws.port).start()
    assert capfd.readouterr() == ("", "")


def test_two_share_motos_state_but_not_protons(aws: LocalAws, environment: Any) -> None:
    """All local AWSs of a process have one IAM; each has connections of its own."""
    create(environment)
    make_role(aws, "r", "{}")
    with LocalAws() as other:
        assert [role["RoleName"] for role in client(other, "iam").list_roles()["Roles"]] == ["r"]
        assert listed(client(other, "proton")) == []
    assert client(aws, "iam").get_role(RoleName="r")


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")])
def test_the_address_of_an_ipv6_host_is_in_brackets(host: str, url: str) -> None:
    """A URL is one that clients can read, for hosts of both kinds."""
    assert transport.url_of(host, 80) == url


def test_a_mistake_of_ours_is_told_to_the_caller_and_raised_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The caller gets InternalServerException without a trace, ``stop`` raises the error, a failing test keeps its own."""

    class MistakeError(Exception):
        pass

    def fail(*_: object) -> None:
        raise MistakeError

    def fail_within(other: LocalAws) -> None:
        with other:
            other._unexpected.append(MistakeError())
            raise KeyError

    aws = LocalAws().start()
    monkeypatch.setattr(aws._store, "call", fail)
    status, _, body = send(aws)
    assert (status, json.loads(body)["__type"]) == (500, "InternalServerException")
    assert b"Mistake" not in body
    with pytest.raises(MistakeError):
        aws.stop()
    with pytest.raises(KeyError):
        fail_within(LocalAws())


def test_what_a_connections_thread_dies_of_is_reported_unless_the_client_left() -> None:
    """An error beyond the reach of an answer is handed on; a client that goes away is no error. Nothing is printed."""

    def answer(environ: Any) -> Any:
        if environ["PATH_INFO"] == "/broken":
            raise LookupError
        return Response(b"x" * 50_000_000)

    errors: list[BaseException] = []
    serving = transport.HttpServer("127.0.0.1", 0, answer, errors.append)
    serving.start()
    for path in ("/broken", "/large"):
        with socket.create_connection(("127.0.0.1", serving.port)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            connection.recv(1)
    serving.stop()
    assert [type(error) for error in errors] == [LookupError]


def run(program: str, **environ: str) -> Any:
    """The output of a Python program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr


def test_importing_it_imports_neither_moto_nor_werkzeug() -> None:
    """Moto and its server are an extra and slow to import: they are there when one is started, not before."""
    program = (
        "import sys\n"
        "from proton_provider.local import LocalAws\n"
        "import proton_provider.local.__main__\n"
        "aws = LocalAws()\n"
        "print({'moto', 'werkzeug', 'flask'} & set(sys.modules))\n"
        "aws.start().stop()\n"
        "print({'moto', 'werkzeug'} <= set(sys.modules))\n"
    )
    assert run(program)[0].splitlines() == ["set()", "True"]


def test_without_the_extra_it_says_what_to_install() -> None:
    """A missing moto is an ImportError with the command that installs it."""
    program = (
        "import sys\n"
        "sys.modules['moto'] = None\n"
        "from proton_provider.local import LocalAws\n"
        "LocalAws().start()\n"
    )
    assert "needs moto's server: pip install 'proton-provider[local]'" in run(program)[1].splitlines()[-1]


def test_the_users_own_environment_does_not_matter() -> None:
    """It works with an absent profile and an unreadable configuration; ``MOTO_ACCOUNT_ID`` is back at the end."""
    program = (
        "import os, urllib.request\n"
        "from proton_provider.local import LocalAws\n"
        "with LocalAws() as aws:\n"
        "    asked = urllib.request.Request(aws.url, b'Action=GetCallerIdentity&Version=2011-06-15',\n"
        f"        {{'Authorization': {signature('sts', OTHER)!r}}})\n"
        f"    print(b'<Account>{OTHER}<' in urllib.request.urlopen(asked).read())\n"
        "print(os.environ['MOTO_ACCOUNT_ID'])\n"
    )
    out, err = run(program, AWS_PROFILE="nobody", AWS_CONFIG_FILE=__file__, MOTO_ACCOUNT_ID="999999999999")
    assert (out.split(), err) == (["True", "999999999999"], "")


def test_it_imports_nothing_else_of_the_package_but_the_service_model() -> None:
    """The provider's mistakes can't be repeated by what it is tested against; the model is the referee of both."""
    for path in Path(server.__file__).parent.glob("*.py"):
        imported = re.findall(
            r"^\s*(?:from|import) +([\w.]+.*)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        others = {module for module in imported if module.startswith(("..", "proton_provider"))}
        assert others <= {"proton_provider.aws import service_model"}, path

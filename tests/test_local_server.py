"""The local AWS over real HTTP: wire format, refusals, callers, roles, and moto's services beside Proton."""

import datetime as dt
import http.client
import json
import re
import time
from typing import Any

import pytest
from local_client import (
    CODEBUILD,
    PROTON,
    UNSIGNED,
    assume,
    call,
    client,
    create,
    error,
    listed,
    make_role,
    trust,
)
from wire import (
    ABSENT,
    CREATE,
    ENVIRONMENT,
    FORM,
    MANAGEMENT,
    MODEL,
    OTHER,
    ROLE,
    UNKNOWN,
    UNREADABLE,
    assert_aws_error,
    head,
    headers,
    send,
    send_raw,
    signature,
)

from proton_provider.local import LocalAws

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")


@pytest.fixture
def environment(aws: LocalAws) -> Any:
    return client(aws, "proton")


@pytest.fixture
def management(aws: LocalAws) -> Any:
    return client(aws, "proton", MANAGEMENT)


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


INVALID = "ValidationException"
INCOMPLETE = "IncompleteSignatureException"
REFUSED = [
    ("no target", {"given": headers(X_Amz_Target=None)}, UNKNOWN, "does not emulate"),
    ("no JSON", {"body": b"id=1"}, UNREADABLE, "not JSON"),
    ("deep nesting", {"body": b"[" * 100_000}, UNREADABLE, "not JSON"),
    ("a list", {"body": b"[]"}, UNREADABLE, "not a JSON object"),
    ("no body", {"body": b""}, INVALID, "at 'id'"),
    ("a body in chunks", {"body": [b'{"id"', b':"x"}']}, INVALID, "'x' at 'id'"),
    ("no signature", {"given": headers(Authorization=None)}, UNSIGNED, "Missing Authentication Token"),
    ("a bearer token", {"given": headers(Authorization="Bearer abc")}, INCOMPLETE, "not Signature Version 4"),
    ("no Region", {"given": headers(Authorization=signature(region="moon"))}, INCOMPLETE, "/moon/proton/aws4_request' can not"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "code", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_proton_can_not_take_gets_awss_error(
    aws: LocalAws, parts: dict[str, Any], code: str, text: str
) -> None:
    """Wrong operations, bodies and signatures each get a code of AWS's JSON services, also in the log."""
    answer = send(aws, **parts)
    assert assert_aws_error(answer) == code
    assert text in json.loads(answer[2])["message"]
    assert aws.requests[-1].error == code


def test_every_region_shaped_name_is_a_region(aws: LocalAws) -> None:
    """The Region of the signature, even if AWS has no such Region."""
    for region in ("us-gov-west-1", "mx-central-1", "xx-nowhere-99"):
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
    assert create(client(aws, "proton", **keys))["environmentAccountId"] == "123456789012"


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


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_post_uploads_a_file_to_its_signers_bucket(aws: LocalAws, version: str) -> None:
    """A form of boto3's ``generate_presigned_post`` is served, for the account of the key in it."""
    s3 = client(aws, "s3", OTHER, region="us-east-1", signature_version=version)
    s3.create_bucket(Bucket="bucket")
    form = s3.generate_presigned_post("bucket", "key")
    fields = {**form["fields"], 'file"; filename="a': "text"}
    parts = [
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join([*parts, "--limit--\r\n"])
    given = {"Content-Type": "multipart/form-data; boundary=limit"}
    assert send(aws, "POST", form["url"].removeprefix(aws.url), body, given)[0] == 204
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"text"
    post = next(request for request in aws.requests if request.operation == "POST /bucket")
    assert (post.service, post.account, post.error) == ("s3", OTHER, None)


BODY = json.dumps({"environmentName": "e", "managementAccountId": MANAGEMENT}).encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b"


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: %d\r\n\r\n%b" % (len(BODY) + 1, BODY),
        CHUNKED % (len(BODY) + 1, BODY),
        CHUNKED % (len(BODY), BODY) + b"\r\n",
    ],
    ids=["a body that ends early", "a chunk that ends early", "a chunk after which nothing comes"],
)
def test_a_body_that_does_not_arrive_whole_does_nothing(aws: LocalAws, environment: Any, rest: bytes) -> None:
    """A connection that breaks off creates no connection in Proton."""
    with pytest.raises((http.client.HTTPException, OSError)):
        send_raw(aws, head(CREATE) + rest)
    assert listed(environment) == []


def test_what_is_not_http_gets_a_plain_answer(aws: LocalAws, capfd: pytest.CaptureFixture[str]) -> None:
    """No SDK sends it. Nothing is printed of it, and the next request is served."""
    assert send_raw(aws, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n")[0] == 431
    assert capfd.readouterr() == ("", "")
    assert send(aws)[0] == 400


@pytest.mark.parametrize("header", ["x-moto-account-id", "x_moto_account_id"])
def test_a_client_can_not_choose_another_account_by_header(aws: LocalAws, header: str) -> None:
    """Moto's own header for that is overwritten."""
    given = {"Authorization": signature("sts", OTHER), "Content-Type": FORM, header: "444444444444"}
    _, _, body = send(aws, body=b"Action=GetCallerIdentity&Version=2011-06-15", given=given)
    assert f"<Account>{OTHER}</Account>".encode() in body


# moto's services


def test_an_update_of_a_role_keeps_the_description_that_it_says_nothing_of(aws: LocalAws) -> None:
    """A request with a session duration alone keeps the description. An empty description clears it."""
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
    assert error(client(aws, "s3").head_bucket, Bucket="nope")["Code"] == "404"
    assert aws.requests[-1].error == "404"


NOT_ROUTED = [
    ("an unknown service", "/", {"Authorization": signature("nope")}),
    ("an unknown service with a target", "/", {"Authorization": signature("nope"), "X-Amz-Target": "A.B"}),
    ("half a credential scope", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b"}),
    ("moto's own switches", "/moto-api/reset", {}),
    ("moto's own switches in disguise", "//%6doto-api/reset", {}),
    ("an action that IAM has not", "/?Action=Nope", {"Authorization": signature("iam")}),
    ("AssumeRole without a role", "/?Action=AssumeRole", {"Authorization": signature("sts")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "given"), [row[1:] for row in NOT_ROUTED], ids=[row[0] for row in NOT_ROUTED]
)
def test_what_moto_can_not_answer_gets_an_aws_error(aws: LocalAws, path: str, given: Any) -> None:
    """No stack trace comes back, and moto's own switches are closed."""
    assert_aws_error(send(aws, "POST", path, b"", given))


def test_errors_are_in_the_protocol_of_the_service(aws: LocalAws) -> None:
    """Query services get XML, EC2 its own kind, JSON services JSON: real clients read the code of each."""
    for service, call_name, operation in (
        ("iam", "list_roles", "ListRoles"),
        ("ec2", "describe_vpcs", "DescribeVpcs"),
        ("dynamodb", "list_tables", "ListTables"),
        ("s3", "list_buckets", "GET /"),
        ("lambda", "list_functions", "GET /2015-03-31/functions"),
    ):
        aws.fail_next(operation, "AccessDenied", message="not <you> & me")
        found = error(getattr(client(aws, service), call_name))
        assert found["Code"] == "AccessDenied"
        assert found["Message"] == "not <you> & me"


# Roles


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
    """A role that does not exist, or has another path, is refused. Without the check, both are accepted."""
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


def test_a_new_role_can_not_be_used_until_the_delay_is_over(aws: LocalAws, environment: Any) -> None:
    """With ``iam_delay`` Update refuses a new role by ARN. Roles that IAM does not have are still accepted."""
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

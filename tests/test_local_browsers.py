"""The local AWS refuses what a web page in a browser can send, and serves what programs send."""

from __future__ import annotations

import json
import socket

import boto3
import pytest
import requests
from botocore.config import Config
from http_servers import Handler, serving
from local_client import client, listed
from moto.utilities.docker_utilities import DockerModel
from wire import CREATE, FORM, MANAGEMENT, assert_aws_error, headers, send, signature

from proton_provider.local import LocalAws

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")

NEW_USER = b"Action=CreateUser&Version=2010-05-08&UserName=mallory"
NEW_CONNECTION = json.dumps({"environmentName": "e", "managementAccountId": MANAGEMENT}).encode()
IAM = {"Authorization": signature("iam"), "Content-Type": FORM}
PRESIGNED = f"/?{NEW_USER.decode()}&X-Amz-Credential=111111111111/20260101/eu-west-1/iam/aws4_request"
CALLS: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "IAM": ("POST", "/", NEW_USER, IAM),
    "Proton": ("POST", "/", NEW_CONNECTION, headers(CREATE)),
    "a form without a preflight": ("POST", "/", NEW_USER, {"Content-Type": FORM}),
    "the address of a picture": ("GET", PRESIGNED, b"", {}),
    "S3": ("PUT", "/bucket", b"", {}),
    "a preflight": ("OPTIONS", "/", b"", {"Access-Control-Request-Method": "POST"}),
}
BROWSERS = {
    "another origin": {"Origin": "http://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:8000"},
    "a page without an origin": {"Origin": "null"},
    "our own origin": {"Origin": "http://127.0.0.1:4600"},
    "an empty origin": {"Origin": ""},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "the same site": {"Sec-Fetch-Site": "same-site"},
    "the same origin": {"Sec-Fetch-Site": "same-origin"},
    "two sites": {"Sec-Fetch-Site": "none, cross-site"},
    "a name that leads here": {"Host": "evil.example:4600"},
    "a name that begins as ours": {"Host": "localhost.evil.example"},
    "a name that ends nearly as AWS's": {"Host": "evilamazonaws.com"},
    "an address of a network": {"Host": "192.168.0.1:4600"},
    "another address in IPv6": {"Host": "[fe80::1]:4600"},
    "no host": {"Host": ""},
    "a host that can not be read": {"Host": "localhost:4600:80"},
    "two hosts": {"Host": "localhost, evil.example"},
}


@pytest.mark.parametrize("browser", BROWSERS)
def test_what_a_web_page_sends_is_refused_and_does_nothing(aws: LocalAws, browser: str) -> None:
    """With an origin, from another page or for another host: 403 in AWS's form, and no header lets a page read it."""
    for method, path, body, given in CALLS.values():
        answer = send(aws, method, path, body, {**given, **BROWSERS[browser]})
        assert (answer[0], assert_aws_error(answer)) == (403, "AccessDenied")
        assert not [name for name in answer[1] if name.lower().startswith("access-control-")]
    assert {request.error for request in aws.requests} == {"AccessDenied"}
    assert client(aws, "iam").list_users()["Users"] == []
    assert client(aws, "s3").list_buckets()["Buckets"] == []
    assert listed(client(aws, "proton")) == []


def test_the_body_that_a_web_page_sends_is_not_awaited(aws: LocalAws) -> None:
    """The refusal comes before the body, which may have no end."""
    start = b"POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nContent-Length: 99999999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", aws.port), timeout=30) as connection:
        connection.sendall(start)
        assert connection.recv(12) == b"HTTP/1.1 403"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:4600", "127.0.0.1:1", "127.1.2.3", "[::1]:4600", "bucket.localhost:4600", "iam.amazonaws.com"],
)  # fmt: skip
def test_programs_may_name_each_host_that_is_this_machine_or_aws(aws: LocalAws, host: str) -> None:
    """Names and addresses of the loopback, and the names that AWS's SDKs send."""
    assert send(aws, body=NEW_USER, given={**IAM, "Host": host})[0] == 200


def test_an_address_typed_into_a_browser_is_served(aws: LocalAws) -> None:
    """Such as a presigned URL: no page sent it."""
    assert send(aws, "GET", PRESIGNED, b"", {"Sec-Fetch-Site": "none"})[0] == 200


def test_a_local_aws_for_other_machines_takes_any_host() -> None:
    """Other machines may call it by any name. It still refuses what a page sends."""
    with LocalAws("0.0.0.0") as aws:  # noqa: S104  # what this is about
        given = {**IAM, "Host": "build-machine:4600"}
        assert send(aws, body=NEW_USER, given=given)[0] == 200
        assert send(aws, body=NEW_USER, given={**given, "Origin": "http://build-machine"})[0] == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_boto3_works_at_each_name_of_the_loopback(aws: LocalAws, name: str) -> None:
    """IAM, and S3 with the bucket before the host name."""
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "any", "region_name": "us-east-1"}
    url = f"http://{name}:{aws.port}"
    virtual = Config(s3={"addressing_style": "virtual" if name == "localhost" else "auto"})
    s3 = boto3.client("s3", endpoint_url=url, config=virtual, **keys)
    iam = boto3.client("iam", endpoint_url=url, **keys)
    assert iam.create_user(UserName="ann")["User"]["UserName"] == "ann"
    assert s3.list_buckets()["Buckets"] == []


def test_no_preflight_is_answered_for_any_service(aws: LocalAws) -> None:
    """Moto allows no other origin, also without an Origin header."""
    for path, given in (("/", IAM), ("/bucket", {})):
        answer = send(aws, "OPTIONS", path, b"", given)
        assert not [name for name in answer[1] if name.lower().startswith("access-control-")]


# What moto would do beyond its answer


class Receiver(Handler):
    """Counts what arrives."""

    arrived: list[str] = []  # noqa: RUF012  # one server, one list

    def do_POST(self) -> None:
        self.arrived.append(self.path)
        self.answer(self.read_body())

    def do_GET(self) -> None:
        self.arrived.append(self.path)
        self.answer(b"")


def test_what_sns_publishes_is_sent_to_no_address(aws: LocalAws) -> None:
    """Publish succeeds, and nothing is sent. The program's own requests with the same library are sent."""
    sns = client(aws, "sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    with serving(Receiver) as url:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{url}/sns")
        assert sns.publish(TopicArn=topic, Message="text")["MessageId"]
        requests.post(f"{url}/ours", data=b"x", timeout=30)
    assert Receiver.arrived == ["/ours"]


def test_firehose_sends_nothing_either(aws: LocalAws) -> None:
    """A record succeeds, and nothing is sent."""
    firehose = client(aws, "firehose")
    with serving(Receiver) as url:
        before = list(Receiver.arrived)
        firehose.create_delivery_stream(
            DeliveryStreamName="stream",
            HttpEndpointDestinationConfiguration={
                "EndpointConfiguration": {"Url": f"{url}/firehose"},
                "S3Configuration": {
                    "RoleARN": "arn:aws:iam::111111111111:role/r",
                    "BucketARN": "arn:aws:s3:::b",
                },
            },
        )
        firehose.put_record(DeliveryStreamName="stream", Record={"Data": b"x"})
        assert Receiver.arrived == before


def test_lambda_answers_without_running_the_code(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker is not used, even if the shell has its address."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    role = client(aws, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = client(aws, "lambda")
    functions.create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="f.f", Code={"ZipFile": b"no archive"}
    )
    answer = functions.invoke(FunctionName="f")
    assert (answer["StatusCode"], answer.get("FunctionError")) == (200, None)
    with pytest.raises(RuntimeError, match="uses no Docker"):
        _ = DockerModel().docker_client

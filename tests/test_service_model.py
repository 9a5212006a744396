"""Our service model of Proton: against botocore's for as long as there is one, and on a botocore that has none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import botocores
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError, DataNotFoundError
from botocore.loaders import Loader

from proton_provider import service_model

OURS: Any = service_model.loader().load_service_model("proton", "service-2")
PARTITIONS: Any = Loader().load_data("partitions")

TEXTS = {"documentation", "deprecated", "deprecatedMessage"}
"""What botocore's model has for readers alone: nothing of it changes a request or an answer."""

REGIONS = [
    *(region for partition in PARTITIONS["partitions"] for region in partition["regions"]),
    *("us-east-9", "cn-west-9", "us-gov-north-9", "mars-north-1", "local", "x"),
]


def without_texts(value: Any) -> Any:
    """A part of a model without what is for readers alone; members may well be called `documentation`."""
    if isinstance(value, list):
        return [without_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_texts(item)
        for name, item in value.items()
        if name not in TEXTS or not isinstance(item, str | bool)
    }


def reachable(model: Any, operations: set[str]) -> set[str]:
    """The shapes that some operations of a model need."""
    found: set[str] = set()
    shapes = model["shapes"]
    waiting = [
        shape["shape"]
        for name in operations
        for operation in [model["operations"][name]]
        for shape in (operation["input"], operation["output"], *operation["errors"])
    ]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            inner = [*shapes[name].get("members", {}).values(), shapes[name].get("member", {})]
            waiting.extend(shape["shape"] for shape in inner if shape)
    return found


# The model against botocore's


def test_it_has_all_operations_on_connections_and_tags_and_no_other() -> None:
    """Whatever botocore's model has for connections and tags, ours has; ten operations in all."""
    assert len(OURS["operations"]) == 10
    theirs = botocores.own(botocores.DATA, "service-2")
    if theirs is not None:
        assert set(OURS["operations"]) == {
            name
            for name in theirs["operations"]
            if "EnvironmentAccountConnection" in name or "tag" in name.lower()
        }


def test_each_operation_and_each_shape_is_botocores() -> None:
    """Members and which are required, lengths, patterns, enumerations, tokens, errors: all but the order of what is required."""

    def compared(model: Any) -> dict[str, Any]:
        shapes = {
            name: {**shape, "required": sorted(shape.get("required", []))}
            for name, shape in model["shapes"].items()
            if name in OURS["shapes"]
        }
        return {
            "operations": {name: model["operations"][name] for name in OURS["operations"]},
            "shapes": shapes,
        }

    theirs = botocores.own(botocores.DATA, "service-2")
    if theirs is not None:
        assert compared(OURS) == compared(without_texts(theirs))


def test_every_shape_is_needed_and_every_needed_shape_is_there() -> None:
    """The model is whole, and holds nothing of Proton's other operations."""
    assert reachable(OURS, set(OURS["operations"])) == set(OURS["shapes"])


def test_how_proton_is_called_is_botocores() -> None:
    """Protocol, signing name, target prefix, version; botocore may come to say more, never otherwise."""
    theirs = botocores.own(botocores.DATA, "service-2")
    if theirs is not None:
        assert OURS["metadata"].items() <= theirs["metadata"].items()
        assert OURS["version"] == theirs["version"]


def test_the_pages_are_botocores() -> None:
    """Both lists come in pages, by the same members."""
    ours = service_model.loader().load_service_model("proton", "paginators-1")["pagination"]
    theirs = botocores.own(botocores.DATA, "paginators-1")
    if theirs is not None:
        assert ours == {
            name: pages for name, pages in theirs["pagination"].items() if name in OURS["operations"]
        }
    assert set(ours) == {name for name in OURS["operations"] if name.startswith("List")}


def test_it_has_no_texts() -> None:
    """Nothing was copied from AWS's documentation."""
    for path in Path(service_model.FOLDER).rglob("*.json"):
        model = json.loads(path.read_text(encoding="utf-8"))
        assert model == without_texts(model)


# Endpoints


def resolved(rules: Any, **parameters: Any) -> str:
    """The address that a rule set gives, or what it says instead."""
    try:
        endpoint = EndpointProvider(rules, PARTITIONS).resolve_endpoint(**parameters)
    except BotoCoreError as error:
        return str(error)
    assert (endpoint.properties, endpoint.headers) == ({}, {})
    return str(endpoint.url)


@pytest.mark.parametrize("endpoint", [{}, {"Endpoint": "http://127.0.0.1:4600"}])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual_stack", [False, True])
def test_every_endpoint_is_botocores(endpoint: dict[str, str], fips: bool, dual_stack: bool) -> None:
    """In every Region of every partition, in Regions still to come, and without one: the same address or refusal."""
    theirs = botocores.own(botocores.DATA, "endpoint-rule-set-1")
    ours = service_model.loader().load_service_model("proton", "endpoint-rule-set-1")
    switches = {"UseFIPS": fips, "UseDualStack": dual_stack}
    found = {
        region: resolved(ours, **endpoint, **switches, **({"Region": region} if region else {}))
        for region in (*REGIONS, None)
    }
    assert len(found) > 30
    if theirs is not None:
        assert found == {
            region: resolved(theirs, **endpoint, **switches, **({"Region": region} if region else {}))
            for region in found
        }
        assert ours["parameters"] == without_texts(theirs["parameters"])


# How botocore finds it


def loader_of(data: Path) -> Any:
    """A loader of a botocore's own data."""
    return Loader(extra_search_paths=[str(data)], include_default_search_paths=False)


@pytest.fixture(scope="module")
def bereft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A botocore without Proton, to be put on PYTHONPATH."""
    return botocores.without_proton(tmp_path_factory.mktemp("bereft"))


@pytest.fixture(params=["as it is installed", "without Proton"])
def data(request: pytest.FixtureRequest, bereft: Path, no_aws_in_shell: Path) -> Path:
    """The data of either botocore."""
    return botocores.DATA if request.param == "as it is installed" else bereft / "botocore" / "data"


@pytest.fixture
def bare(data: Path) -> Any:
    """A botocore session that knows what that botocore knows."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader_of(data))
    return session


def test_the_copy_without_proton_has_none(bereft: Path) -> None:
    """What the other tests here run without is really not there, and nothing else is missing."""
    data = bereft / "botocore" / "data"
    with pytest.warns(UserWarning, match="no model of Proton"):
        assert botocores.own(data, "service-2") is None
    services, all_services = (
        set(loader_of(folder).list_available_services("service-2")) for folder in (data, botocores.DATA)
    )
    assert services == all_services - {"proton"}
    assert len(services) > 100


def knows_ours(client: Any) -> bool:
    """Whether a client has the ten operations, pages, and no waiters of others."""
    operations = set(client.meta.service_model.operation_names)
    return (
        operations == set(OURS["operations"])
        and client.can_paginate("list_tags_for_resource")
        and not client.waiter_names
    )


def client_of(session: Any, **more: Any) -> Any:
    """A client of Proton from a botocore session, as boto3 makes it."""
    given = {"region_name": "us-east-1", **more}
    return boto3.Session("222222222222", "any", botocore_session=session).client("proton", **given)


def test_a_session_finds_ours(bare: Any) -> None:
    """Its clients have our model, whatever it knew before and however often ours was added; other services stay."""
    known = "proton" in bare.get_available_services()
    (path,) = bare.get_component("data_loader").search_paths
    assert known == (Path(path) / "proton").exists()
    if known:
        assert not knows_ours(client_of(bare))
    service_model.add_to(bare)
    service_model.add_to(bare)
    paths = bare.get_component("data_loader").search_paths
    assert (paths.index(service_model.FOLDER), paths.count(service_model.FOLDER)) == (0, 1)
    assert knows_ours(client_of(bare))
    assert "proton" in bare.get_available_services()
    assert "CreateRole" in bare.get_service_model("iam").operation_names


def test_a_loader_finds_ours(data: Path) -> None:
    """A bare loader, too, and everything else where it would by itself."""
    found = service_model.loader(loader_of(data))
    assert set(found.load_service_model("proton", "service-2")["operations"]) == set(OURS["operations"])
    assert found.load_service_model("iam", "service-2") == loader_of(data).load_service_model(
        "iam", "service-2"
    )
    for absent in ("waiters-2", "examples-1", "nonsense"):
        with pytest.raises(DataNotFoundError):
            found.load_service_model("proton", absent)


def test_no_other_model_on_any_search_path_comes_in(data: Path, tmp_path: Path) -> None:
    """Neither a later version, nor extras, nor what ours has not, of the user's own folder of models."""
    for version in ("2020-07-20", "2099-01-01"):
        folder = tmp_path / "proton" / version
        folder.mkdir(parents=True)
        (folder / "service-2.json").write_text('{"operations": {}}', encoding="utf-8")
        (folder / "service-2.sdk-extras.json").write_text('{"merge": {"shapes": {}}}', encoding="utf-8")
        (folder / "waiters-2.json").write_text('{"waiters": {}}', encoding="utf-8")
    users = Loader(extra_search_paths=[str(tmp_path), str(data)], include_default_search_paths=False)
    assert users.load_service_model("proton", "service-2")["operations"] == {}
    found = service_model.loader(users)
    assert found.load_service_model("proton", "service-2") == OURS
    assert found.load_service_model("proton", "service-2", "2020-07-20") == OURS
    with pytest.raises(DataNotFoundError):
        found.load_service_model("proton", "waiters-2")


def sent(client: Any) -> Any:
    """The request that a client would send."""
    requests = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        raw = type("Raw", (), {"stream": lambda *_: iter([b'{"tags": []}'])})()
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register("before-send.proton", answer)
    arn = "arn:aws:proton:us-east-1:222222222222:environment-account-connection/x"
    client.list_tags_for_resource(resourceArn=arn)
    return requests[-1]


ENDPOINTS = [
    ("us-east-1", {}, "https://proton.us-east-1.amazonaws.com/"),
    (
        "us-east-1",
        {"use_fips_endpoint": True, "use_dualstack_endpoint": True},
        "https://proton-fips.us-east-1.api.aws/",
    ),
    ("cn-north-1", {}, "https://proton.cn-north-1.amazonaws.com.cn/"),
    ("mars-north-1", {}, "https://proton.mars-north-1.amazonaws.com/"),
]
"""The addresses of all Regions are compared above."""


@pytest.mark.parametrize(("region", "switches", "url"), ENDPOINTS)
def test_clients_call_the_endpoint_of_their_region(
    bare: Any, region: str, switches: dict[str, bool], url: str
) -> None:
    """The address, the signature's Region and service: as botocore's own client has them, on either botocore."""
    service_model.add_to(bare)
    request = sent(client_of(bare, region_name=region, config=Config(**switches)))
    scope = f"/{region}/proton/aws4_request,".encode()
    assert request.url == url
    assert scope in request.headers["Authorization"]
    assert request.headers["X-Amz-Target"] == b"AwsProton20200720.ListTagsForResource"
    if botocores.own(botocores.DATA, "service-2") is not None:
        plain = botocore.session.Session()
        own = sent(client_of(plain, region_name=region, config=Config(**switches)))
        assert (own.url, own.body, scope in own.headers["Authorization"]) == (url, request.body, True)


def test_a_given_endpoint_is_called_whatever_the_region(bare: Any) -> None:
    """Any name of a Region goes with an address of one's own."""
    service_model.add_to(bare)
    request = sent(client_of(bare, region_name="local", endpoint_url="http://127.0.0.1:4600"))
    assert request.url == "http://127.0.0.1:4600/"
    assert b"/local/proton/aws4_request," in request.headers["Authorization"]


# A whole process without botocore's model


@pytest.fixture
def run(bereft: Path, no_aws_in_shell: Path, tmp_path: Path) -> Callable[[str], str]:
    """Runs a program on the botocore without Proton; what it printed."""
    here = Path(service_model.FOLDER).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(bereft), str(here)])}

    def started(program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return started


def test_the_local_aws_works_where_botocore_has_no_proton(run: Callable[[str], str], bereft: Path) -> None:
    """`LocalAws` starts, its clients request and accept; boto3 by itself knows no such service."""
    program = """
import boto3, botocore
from botocore.exceptions import UnknownServiceError
from proton_provider.local import LocalAws
print(botocore.__file__)
try:
    boto3.client("proton", region_name="us-east-1")
except UnknownServiceError:
    print("unknown to boto3")
with LocalAws() as aws:
    theirs = aws.client("proton", account="222222222222")
    made = theirs.create_environment_account_connection(environmentName="e", managementAccountId="111111111111")
    ours = aws.client("proton", account="111111111111")
    done = ours.accept_environment_account_connection(id=made["environmentAccountConnection"]["id"])
    print(done["environmentAccountConnection"]["status"])
"""
    printed = run(program).splitlines()
    assert printed == [str(bereft / "botocore" / "__init__.py"), "unknown to boto3", "CONNECTED"]


def test_the_command_works_where_botocore_has_no_proton(run: Callable[[str], str]) -> None:
    """`proton-local` starts and answers a client."""
    program = """
import os, subprocess, sys
from proton_provider.local import clients
command = [sys.executable, "-m", "proton_provider.local", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
    url = process.stdout.readline().removeprefix("listening on ").strip()
    proton = clients.client(url, "proton", "222222222222", "us-east-1")
    print(proton.list_environment_account_connections(requestedBy="ENVIRONMENT_ACCOUNT")["environmentAccountConnections"])
    process.terminate()
print(process.returncode)
"""
    assert run(program) == "[]\n0\n"

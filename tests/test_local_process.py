"""The local AWS as a part of a process: threads, start and end, ports, its own mistakes, what importing it takes."""

import concurrent.futures
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from local_client import assume, call, client, create, listed, make_role, outcomes
from werkzeug.wrappers import Response
from wire import CREATE, ENVIRONMENT, MANAGEMENT, ROLE, UPDATE, send

from proton_provider.local import LocalAws, transport

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")


@pytest.fixture
def environment(aws: LocalAws) -> Any:
    return client(aws, "proton")


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


def test_a_mistake_of_ours_ends_the_connection_and_is_raised_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """``stop`` raises the error, which is also logged. A failing test keeps its own error."""

    class MistakeError(Exception):
        pass

    def fail(*_: object) -> None:
        raise MistakeError

    def fail_within(aws: LocalAws) -> None:
        with aws:
            with pytest.raises(http.client.RemoteDisconnected):
                send(aws)
            raise KeyError

    aws = LocalAws().start()
    monkeypatch.setattr(aws._store, "call", fail)
    with pytest.raises(http.client.RemoteDisconnected):
        send(aws)
    assert "MistakeError" in caplog.text
    with pytest.raises(MistakeError):
        aws.stop()
    with pytest.raises(KeyError):
        fail_within(aws)


def test_a_client_that_leaves_is_no_mistake() -> None:
    """An answer that nobody reads to its end fails nothing."""
    found: list[BaseException] = []
    serving = transport.HttpServer("127.0.0.1", 0, lambda _: Response(b"x" * 50_000_000), found.append)
    serving.start()
    with socket.create_connection(("127.0.0.1", serving.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.recv(1)
    serving.stop()
    assert found == []


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


def test_moto_and_the_process_are_as_before_when_the_last_one_has_stopped() -> None:
    """What is changed of moto, ``requests`` and the environment is put back when the last one stops."""
    program = (
        "import copy, os, requests\n"
        "from moto.core.base_backend import AccountSpecificBackend\n"
        "from moto.core.config import default_user_config\n"
        "from moto.moto_server import werkzeug_app\n"
        "from moto.utilities.docker_utilities import DockerModel\n"
        "from proton_provider.local import LocalAws\n"
        "def found():\n"
        "    owners = ((AccountSpecificBackend, 'get_session'), (werkzeug_app, 'DISABLE_GLOBAL_CORS'),\n"
        "        (DockerModel, 'docker_client'), (requests.Session, 'request'))\n"
        "    return [*(vars(owner)[name] for owner, name in owners),\n"
        "        copy.deepcopy(default_user_config), os.environ.get('MOTO_ACCOUNT_ID')]\n"
        "before = found()\n"
        "with LocalAws():\n"
        "    with LocalAws():\n"
        "        pass\n"
        "    print(sum(map(lambda a, b: a != b, found(), before)))\n"
        "print(found() == before)\n"
    )
    assert run(program, MOTO_ACCOUNT_ID="999999999999")[0].split() == ["6", "True"]
